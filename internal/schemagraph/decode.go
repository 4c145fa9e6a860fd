package schemagraph

import (
	"fmt"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
)

// decoder builds a realm from its wire form: first the schemas and their types, then tables, then foreign keys.
type decoder struct {
	dialect string
	realm   *schema.Realm
	tables  map[[2]string]*schema.Table
	types   map[[2]string]schema.Type
}

func (w *wireGraph) decodeRealm() (*schema.Realm, error) {
	d := &decoder{
		dialect: w.Dialect,
		realm:   &schema.Realm{},
		tables:  map[[2]string]*schema.Table{},
		types:   map[[2]string]schema.Type{},
	}
	if w.Collation != "" {
		d.realm.Attrs = append(d.realm.Attrs, &schema.Collation{V: w.Collation})
	}
	if w.Charset != "" {
		d.realm.Attrs = append(d.realm.Attrs, &schema.Charset{V: w.Charset})
	}
	for _, ws := range w.Schemas {
		s := &schema.Schema{Name: ws.Name, Realm: d.realm}
		text(&s.Attrs, ws.Comment)
		words(&s.Attrs, ws.Collation, ws.Charset)
		d.realm.Schemas = append(d.realm.Schemas, s)
	}
	for i, ws := range w.Schemas {
		if err := d.defineTypes(ws, d.realm.Schemas[i]); err != nil {
			return nil, fmt.Errorf("schema %q: %w", ws.Name, err)
		}
	}
	for i, ws := range w.Schemas {
		if err := d.decodeSchema(ws, d.realm.Schemas[i]); err != nil {
			return nil, fmt.Errorf("schema %q: %w", ws.Name, err)
		}
	}
	for i, ws := range w.Schemas {
		for j, wt := range ws.Tables {
			if err := d.foreignKeys(wt, d.realm.Schemas[i].Tables[j]); err != nil {
				return nil, fmt.Errorf("table %q: %w", wt.Name, err)
			}
		}
	}
	return d.realm, nil
}

func (d *decoder) decodeSchema(ws *wireSchema, s *schema.Schema) error {
	for _, wt := range ws.Tables {
		t := &schema.Table{Name: wt.Name, Schema: s}
		if err := d.table(wt, t); err != nil {
			return fmt.Errorf("table %q: %w", wt.Name, err)
		}
		s.Tables = append(s.Tables, t)
		d.tables[[2]string{s.Name, t.Name}] = t
	}
	for _, wv := range ws.Views {
		v := &schema.View{Name: wv.Name, Def: wv.Def, Schema: s}
		text(&v.Attrs, wv.Comment)
		for _, wc := range wv.Columns {
			c, err := d.column(wc, s)
			if err != nil {
				return fmt.Errorf("view %q: %w", wv.Name, err)
			}
			v.Columns = append(v.Columns, c)
		}
		s.Views = append(s.Views, v)
	}
	return nil
}

func (d *decoder) table(w *wireTable, t *schema.Table) error {
	text(&t.Attrs, w.Comment)
	if o := w.Options; o != nil {
		words(&t.Attrs, o.Collation, o.Charset)
		if o.Identity != nil {
			t.Attrs = append(t.Attrs, o.Identity.decode())
		}
		if o.WithoutRowID {
			t.Attrs = append(t.Attrs, &sqlite.WithoutRowID{})
		}
		if o.Strict {
			t.Attrs = append(t.Attrs, &sqlite.Strict{})
		}
		if o.AutoIncrement != nil {
			t.Attrs = append(t.Attrs, &sqlite.AutoIncrement{Seq: *o.AutoIncrement})
		}
	}
	byName := make(map[string]*schema.Column, len(w.Columns))
	for _, wc := range w.Columns {
		c, err := d.column(wc, t.Schema)
		if err != nil {
			return err
		}
		t.Columns = append(t.Columns, c)
		byName[c.Name] = c
	}
	for _, wc := range w.Checks {
		t.Attrs = append(t.Attrs, wc.decode())
	}
	if w.Partition != nil {
		p := &postgres.Partition{T: w.Partition.Type}
		for _, wp := range w.Partition.Parts {
			part, err := d.part(wp, byName)
			if err != nil {
				return err
			}
			p.Parts = append(p.Parts, &postgres.PartitionPart{C: part.C, X: part.X, Attrs: part.Attrs})
		}
		t.Attrs = append(t.Attrs, p)
	}
	if w.PrimaryKey != nil {
		pk, err := d.index(w.PrimaryKey, t, byName)
		if err != nil {
			return fmt.Errorf("primary key: %w", err)
		}
		t.PrimaryKey = pk
	}
	for _, wi := range w.Indexes {
		idx, err := d.index(wi, t, byName)
		if err != nil {
			return fmt.Errorf("index %q: %w", wi.Name, err)
		}
		t.Indexes = append(t.Indexes, idx)
	}
	return nil
}

func (d *decoder) column(w *wireColumn, in *schema.Schema) (*schema.Column, error) {
	c := &schema.Column{Name: w.Name, Type: &schema.ColumnType{Raw: w.Raw, Null: w.Null}, Default: w.Default.decode()}
	if w.Kind != "" {
		t, err := d.typeOf(&w.wireType, in)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", w.Name, err)
		}
		c.Type.Type = t
	}
	if w.Identity != nil {
		c.Attrs = append(c.Attrs, w.Identity.decode())
	}
	if w.Generated != nil {
		c.Attrs = append(c.Attrs, &schema.GeneratedExpr{Expr: w.Generated.Expr, Type: w.Generated.Type})
	}
	if w.AutoIncrement != nil {
		c.Attrs = append(c.Attrs, &sqlite.AutoIncrement{Seq: *w.AutoIncrement})
	}
	words(&c.Attrs, w.Collation, w.Charset)
	for _, wc := range w.Checks {
		c.Attrs = append(c.Attrs, wc.decode())
	}
	text(&c.Attrs, w.Comment)
	return c, nil
}

func (d *decoder) index(w *wireIndex, t *schema.Table, byName map[string]*schema.Column) (*schema.Index, error) {
	idx := &schema.Index{Name: w.Name, Unique: w.Unique, Table: t}
	for i, wp := range w.Parts {
		p, err := d.part(wp, byName)
		if err != nil {
			return nil, err
		}
		p.SeqNo = i
		idx.Parts = append(idx.Parts, p)
		if p.C != nil && (len(p.C.Indexes) == 0 || p.C.Indexes[len(p.C.Indexes)-1] != idx) {
			p.C.Indexes = append(p.C.Indexes, idx)
		}
	}
	if w.Using != nil {
		idx.Attrs = append(idx.Attrs, &postgres.IndexType{T: *w.Using})
	}
	if w.Where != nil {
		if d.dialect == SQLite {
			idx.Attrs = append(idx.Attrs, &sqlite.IndexPredicate{P: *w.Where})
		} else {
			idx.Attrs = append(idx.Attrs, &postgres.IndexPredicate{P: *w.Where})
		}
	}
	if len(w.Include) > 0 {
		cs, err := columns(w.Include, byName)
		if err != nil {
			return nil, err
		}
		idx.Attrs = append(idx.Attrs, &postgres.IndexInclude{Columns: cs})
	}
	if w.NullsDistinct != nil {
		idx.Attrs = append(idx.Attrs, &postgres.IndexNullsDistinct{V: *w.NullsDistinct})
	}
	if s := w.Storage; s != nil {
		idx.Attrs = append(idx.Attrs, &postgres.IndexStorageParams{AutoSummarize: s.AutoSummarize, PagesPerRange: s.PagesPerRange})
	}
	for _, c := range w.Constraints {
		idx.Attrs = append(idx.Attrs, &postgres.Constraint{N: c.Name, T: c.Type})
	}
	if w.Origin != "" {
		idx.Attrs = append(idx.Attrs, &sqlite.IndexOrigin{O: w.Origin})
	}
	text(&idx.Attrs, w.Comment)
	return idx, nil
}

func (d *decoder) part(w *wirePart, byName map[string]*schema.Column) (*schema.IndexPart, error) {
	p := &schema.IndexPart{Desc: w.Desc, X: w.Expr.decode()}
	if w.Column != "" {
		c, ok := byName[w.Column]
		if !ok {
			return nil, fmt.Errorf("column %q is missing", w.Column)
		}
		p.C = c
	}
	if o := w.OpClass; o != nil {
		oc := &postgres.IndexOpClass{Name: o.Name, Default: o.Default}
		for _, kv := range o.Params {
			oc.Params = append(oc.Params, struct{ N, V string }{kv[0], kv[1]})
		}
		p.Attrs = append(p.Attrs, oc)
	}
	if w.Nulls != nil {
		p.Attrs = append(p.Attrs, &postgres.IndexColumnProperty{NullsFirst: w.Nulls.First, NullsLast: w.Nulls.Last})
	}
	words(&p.Attrs, w.Collation, "")
	if o := w.Operator; o != nil {
		op := &postgres.Operator{Name: o.Name}
		if o.Schema != "" {
			op.Schema = &schema.Schema{Name: o.Schema}
			if s, ok := d.realm.Schema(o.Schema); ok {
				op.Schema = s
			}
		}
		p.Attrs = append(p.Attrs, op)
	}
	return p, nil
}

func (d *decoder) foreignKeys(w *wireTable, t *schema.Table) error {
	for _, wf := range w.ForeignKeys {
		fk := &schema.ForeignKey{
			Symbol:   wf.Symbol,
			Table:    t,
			OnUpdate: schema.ReferenceOption(wf.OnUpdate),
			OnDelete: schema.ReferenceOption(wf.OnDelete),
		}
		in := t.Schema.Name
		if wf.RefSchema != "" {
			in = wf.RefSchema
		}
		ref, ok := d.tables[[2]string{in, wf.RefTable}]
		if !ok {
			// A table outside the scope of the graph: its name and columns are all there is to know.
			ref = &schema.Table{Name: wf.RefTable, Schema: &schema.Schema{Name: in}}
			for _, name := range wf.RefColumns {
				ref.Columns = append(ref.Columns, &schema.Column{Name: name, Type: &schema.ColumnType{}})
			}
		}
		fk.RefTable = ref
		for _, name := range wf.Columns {
			c, ok := t.Column(name)
			if !ok {
				return fmt.Errorf("foreign key %q: column %q is missing", wf.Symbol, name)
			}
			fk.Columns = append(fk.Columns, c)
			c.ForeignKeys = append(c.ForeignKeys, fk)
		}
		for _, name := range wf.RefColumns {
			c, ok := ref.Column(name)
			if !ok {
				return fmt.Errorf("foreign key %q: column %q of %q is missing", wf.Symbol, name, ref.Name)
			}
			fk.RefColumns = append(fk.RefColumns, c)
		}
		text(&fk.Attrs, wf.Comment)
		t.ForeignKeys = append(t.ForeignKeys, fk)
	}
	return nil
}

func (d *decoder) defineTypes(ws *wireSchema, s *schema.Schema) error {
	for _, wt := range ws.Types {
		var o schema.Object
		switch wt.Kind {
		case "enum":
			e := &schema.EnumType{T: wt.Type, Values: wt.Values, Schema: d.schemaOf(wt, s)}
			text(&e.Attrs, wt.About)
			o = e
		case "domain":
			o = &postgres.DomainType{T: wt.Type, Schema: d.schemaOf(wt, s)}
		case "composite":
			o = &postgres.CompositeType{T: wt.Type, Schema: d.schemaOf(wt, s)}
		default:
			return fmt.Errorf("type %q: a %q cannot be defined", wt.Type, wt.Kind)
		}
		s.Objects = append(s.Objects, o)
		d.types[[2]string{s.Name, wt.Type}] = o.(schema.Type)
	}
	for i, wt := range ws.Types {
		var err error
		switch o := s.Objects[i].(type) {
		case *postgres.DomainType:
			o.Null, o.Default = wt.TypeNull, wt.TypeExpr.decode()
			for _, c := range wt.TypeCheck {
				o.Checks = append(o.Checks, c.decode())
			}
			text(&o.Attrs, wt.About)
			if wt.Elem != nil {
				o.Type, err = d.typeOf(wt.Elem, s)
			}
		case *postgres.CompositeType:
			text(&o.Attrs, wt.About)
			for _, wf := range wt.Fields {
				var c *schema.Column
				if c, err = d.column(wf, s); err != nil {
					break
				}
				o.Fields = append(o.Fields, c)
			}
		}
		if err != nil {
			return fmt.Errorf("type %q: %w", wt.Type, err)
		}
	}
	return nil
}

func (d *decoder) schemaOf(w *wireType, in *schema.Schema) *schema.Schema {
	switch w.Schema {
	case "":
		return in
	case "-":
		return nil
	}
	if s, ok := d.realm.Schema(w.Schema); ok {
		return s
	}
	return &schema.Schema{Name: w.Schema}
}

func (d *decoder) typeOf(w *wireType, in *schema.Schema) (schema.Type, error) {
	if f, ok := plainTypes[w.Kind]; ok {
		return f(w), nil
	}
	switch w.Kind {
	case "user":
		if d.dialect == SQLite {
			return &sqlite.UserDefinedType{T: w.Type}, nil
		}
		return &postgres.UserDefinedType{T: w.Type, C: w.Class}, nil
	case "array":
		a := &postgres.ArrayType{T: w.Type}
		if w.Elem == nil {
			return a, nil
		}
		var err error
		a.Type, err = d.typeOf(w.Elem, in)
		return a, err
	case "enum", "domain", "composite":
		s := d.schemaOf(w, in)
		if s != nil && w.Values == nil {
			if t, ok := d.types[[2]string{s.Name, w.Type}]; ok {
				return t, nil
			}
		}
		switch w.Kind {
		case "domain":
			return &postgres.DomainType{T: w.Type, Schema: s}, nil
		case "composite":
			return &postgres.CompositeType{T: w.Type, Schema: s}, nil
		}
		return &schema.EnumType{T: w.Type, Values: w.Values, Schema: s}, nil
	}
	return nil, fmt.Errorf("type of kind %q is not known to this version", w.Kind)
}

func (w *wireExpr) decode() schema.Expr {
	switch {
	case w == nil:
		return nil
	case w.Literal != nil:
		return &schema.Literal{V: *w.Literal}
	case w.Raw != nil:
		return &schema.RawExpr{X: *w.Raw}
	}
	return nil
}

func (w *wireCheck) decode() *schema.Check {
	c := &schema.Check{Name: w.Name, Expr: w.Expr}
	if w.NoInherit {
		c.Attrs = append(c.Attrs, &postgres.NoInherit{})
	}
	if len(w.Columns) > 0 {
		c.Attrs = append(c.Attrs, &postgres.CheckColumns{Columns: w.Columns})
	}
	text(&c.Attrs, w.Comment)
	return c
}

func (w *wireIdentity) decode() *postgres.Identity {
	i := &postgres.Identity{Generation: w.Generation}
	if s := w.Sequence; s != nil {
		i.Sequence = &postgres.Sequence{Start: s.Start, Increment: s.Increment, Last: s.Last}
	}
	return i
}

func columns(names []string, byName map[string]*schema.Column) ([]*schema.Column, error) {
	cs := make([]*schema.Column, len(names))
	for i, name := range names {
		c, ok := byName[name]
		if !ok {
			return nil, fmt.Errorf("column %q is missing", name)
		}
		cs[i] = c
	}
	return cs, nil
}

func text(attrs *[]schema.Attr, s *string) {
	if s != nil {
		*attrs = append(*attrs, &schema.Comment{Text: *s})
	}
}

func words(attrs *[]schema.Attr, collation, charset string) {
	if collation != "" {
		*attrs = append(*attrs, &schema.Collation{V: collation})
	}
	if charset != "" {
		*attrs = append(*attrs, &schema.Charset{V: charset})
	}
}
