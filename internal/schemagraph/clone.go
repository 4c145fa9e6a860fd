package schemagraph

import (
	"slices"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
)

// Clone copies the graph's structure, so that the copy's names, lists and references may be changed without
// touching the original. Types, expressions and attributes that refer to nothing are shared, and so is the intent.
func (g *Graph) Clone() *Graph {
	c := *g
	if g.Realm != nil {
		c.Realm = (&cloner{
			tables:  map[*schema.Table]*schema.Table{},
			columns: map[*schema.Column]*schema.Column{},
			objects: map[any]any{},
		}).realm(g.Realm)
	}
	c.Companions = slices.Clone(g.Companions)
	return &c
}

type cloner struct {
	tables  map[*schema.Table]*schema.Table
	columns map[*schema.Column]*schema.Column
	objects map[any]any // schemas, types and indexes
}

func (k *cloner) realm(r *schema.Realm) *schema.Realm {
	to := &schema.Realm{Attrs: slices.Clone(r.Attrs), Objects: slices.Clone(r.Objects)}
	for _, s := range r.Schemas {
		c := &schema.Schema{Name: s.Name, Realm: to, Attrs: slices.Clone(s.Attrs)}
		k.objects[s] = c
		to.Schemas = append(to.Schemas, c)
	}
	for i, s := range r.Schemas {
		for _, o := range s.Objects {
			if t, ok := o.(schema.Type); ok {
				o, _ = k.typ(t).(schema.Object)
			}
			to.Schemas[i].Objects = append(to.Schemas[i].Objects, o)
		}
		for _, t := range s.Tables {
			to.Schemas[i].Tables = append(to.Schemas[i].Tables, k.table(t, to.Schemas[i]))
		}
		for _, v := range s.Views {
			c := *v
			c.Schema = to.Schemas[i]
			to.Schemas[i].Views = append(to.Schemas[i].Views, &c)
		}
	}
	for _, s := range r.Schemas {
		for _, t := range s.Tables {
			k.foreignKeys(t)
		}
	}
	return to
}

func (k *cloner) schema(s *schema.Schema) *schema.Schema {
	if s == nil {
		return nil
	}
	if c, ok := k.objects[s]; ok {
		return c.(*schema.Schema)
	}
	c := &schema.Schema{Name: s.Name, Attrs: s.Attrs}
	k.objects[s] = c
	return c
}

func (k *cloner) table(t *schema.Table, in *schema.Schema) *schema.Table {
	c := &schema.Table{Name: t.Name, Schema: in, Deps: t.Deps, Refs: t.Refs}
	k.tables[t] = c
	for _, col := range t.Columns {
		c.Columns = append(c.Columns, k.column(col))
	}
	if t.PrimaryKey != nil {
		c.PrimaryKey = k.index(t.PrimaryKey, c)
	}
	for _, idx := range t.Indexes {
		c.Indexes = append(c.Indexes, k.index(idx, c))
	}
	for _, a := range t.Attrs {
		switch a := a.(type) {
		case *postgres.Partition:
			p := *a
			p.Parts = make([]*postgres.PartitionPart, len(a.Parts))
			for i, part := range a.Parts {
				p.Parts[i] = &postgres.PartitionPart{X: part.X, C: k.columns[part.C], Attrs: part.Attrs}
			}
			c.Attrs = append(c.Attrs, &p)
		case *schema.Check:
			ck := *a
			c.Attrs = append(c.Attrs, &ck)
		default:
			c.Attrs = append(c.Attrs, a)
		}
	}
	return c
}

func (k *cloner) column(col *schema.Column) *schema.Column {
	c := &schema.Column{Name: col.Name, Default: col.Default, Attrs: slices.Clone(col.Attrs)}
	if col.Type != nil {
		t := *col.Type
		t.Type = k.typ(t.Type)
		c.Type = &t
	}
	k.columns[col] = c
	return c
}

// typ copies the types that know their schema.
func (k *cloner) typ(t schema.Type) schema.Type {
	switch t := t.(type) {
	case *schema.EnumType:
		if c, ok := k.objects[t]; ok {
			return c.(schema.Type)
		}
		c := *t
		k.objects[t] = &c
		c.Schema = k.schema(t.Schema)
		return &c
	case *postgres.DomainType:
		if c, ok := k.objects[t]; ok {
			return c.(schema.Type)
		}
		c := *t
		k.objects[t] = &c
		c.Schema = k.schema(t.Schema)
		return &c
	case *postgres.CompositeType:
		if c, ok := k.objects[t]; ok {
			return c.(schema.Type)
		}
		c := *t
		k.objects[t] = &c
		c.Schema = k.schema(t.Schema)
		return &c
	case *postgres.ArrayType:
		c := *t
		if t.Type != nil {
			c.Type = k.typ(t.Type)
		}
		return &c
	}
	return t
}

func (k *cloner) index(idx *schema.Index, t *schema.Table) *schema.Index {
	c := &schema.Index{Name: idx.Name, Unique: idx.Unique, Table: t}
	for _, p := range idx.Parts {
		part := &schema.IndexPart{SeqNo: p.SeqNo, Desc: p.Desc, X: p.X, C: k.columns[p.C], Attrs: slices.Clone(p.Attrs)}
		c.Parts = append(c.Parts, part)
		if part.C != nil && !slices.Contains(part.C.Indexes, c) {
			part.C.Indexes = append(part.C.Indexes, c)
		}
	}
	for _, a := range idx.Attrs {
		if inc, ok := a.(*postgres.IndexInclude); ok {
			to := &postgres.IndexInclude{}
			for _, col := range inc.Columns {
				to.Columns = append(to.Columns, k.columns[col])
			}
			a = to
		}
		c.Attrs = append(c.Attrs, a)
	}
	return c
}

func (k *cloner) foreignKeys(t *schema.Table) {
	to := k.tables[t]
	for _, fk := range t.ForeignKeys {
		c := &schema.ForeignKey{
			Symbol: fk.Symbol, Table: to, OnUpdate: fk.OnUpdate, OnDelete: fk.OnDelete, Attrs: slices.Clone(fk.Attrs),
			RefTable: k.referenced(fk),
		}
		for _, col := range fk.Columns {
			cc := k.columns[col]
			c.Columns = append(c.Columns, cc)
			cc.ForeignKeys = append(cc.ForeignKeys, c)
		}
		for _, col := range fk.RefColumns {
			cc, ok := k.columns[col]
			if !ok { // a column object of its own: the same name is what is meant
				cc, ok = c.RefTable.Column(col.Name)
			}
			if !ok {
				cc = k.column(col)
			}
			c.RefColumns = append(c.RefColumns, cc)
		}
		to.ForeignKeys = append(to.ForeignKeys, c)
	}
}

// referenced is the copy of the table a foreign key refers to; a table outside the realm is copied on its own.
func (k *cloner) referenced(fk *schema.ForeignKey) *schema.Table {
	if fk.RefTable == nil {
		return nil
	}
	if c, ok := k.tables[fk.RefTable]; ok {
		return c
	}
	c := &schema.Table{Name: fk.RefTable.Name, Schema: k.schema(fk.RefTable.Schema)}
	k.tables[fk.RefTable] = c
	for _, col := range fk.RefTable.Columns {
		c.Columns = append(c.Columns, k.column(col))
	}
	return c
}
