package catalog

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// AlterTable changes the state by one command of an ALTER TABLE.
func (c *Catalog) AlterTable(s *pg.AlterTableStmt, cmd *pg.AlterTableCmd) {
	if s.GetObjtype() == pg.ObjectType_OBJECT_INDEX || s.GetObjtype() == pg.ObjectType_OBJECT_TYPE {
		c.alterIndex(s, cmd)
		return
	}
	t := c.Table(s.GetRelation())
	switch cmd.GetSubtype() {
	case pg.AlterTableType_AT_AddColumn:
		c.AddColumn(t, cmd.GetDef().GetColumnDef())
		for _, p := range t.Partitions {
			c.AddColumn(p, cmd.GetDef().GetColumnDef())
		}
	case pg.AlterTableType_AT_DropColumn:
		c.dropColumn(t, cmd.GetName())
	case pg.AlterTableType_AT_AddConstraint:
		c.AddConstraint(t, cmd.GetDef().GetConstraint(), nil)
	case pg.AlterTableType_AT_ValidateConstraint:
		if k := t.Constraint(cmd.GetName()); k != nil {
			k.Valid = true
			if k.Kind == NotNull {
				for _, name := range k.Columns {
					if col := t.Column(name); col != nil {
						col.NotNull = true
					}
				}
			}
		}
	case pg.AlterTableType_AT_DropConstraint:
		c.dropConstraint(t, cmd.GetName())
	case pg.AlterTableType_AT_AttachPartition:
		c.attach(t, cmd.GetDef().GetPartitionCmd())
	case pg.AlterTableType_AT_DetachPartition:
		p := c.Table(cmd.GetDef().GetPartitionCmd().GetName())
		p.Parent = nil
		t.Partitions = without(t.Partitions, p)
	case pg.AlterTableType_AT_SetLogged:
		t.Unlogged = false
	case pg.AlterTableType_AT_SetUnLogged:
		t.Unlogged = true
	default:
		alterColumn(c.column(t, cmd.GetName()), cmd)
	}
}

// column finds a column; of a table that was never seen the column is taken to exist.
func (c *Catalog) column(t *Table, name string) *Column {
	col := t.Column(name)
	if col == nil && !t.Known && name != "" {
		col = &Column{Name: name}
		t.Columns = append(t.Columns, col)
	}
	return col
}

func alterColumn(col *Column, cmd *pg.AlterTableCmd) {
	if col == nil {
		return
	}
	switch cmd.GetSubtype() {
	case pg.AlterTableType_AT_AlterColumnType:
		col.Type = TypeOf(cmd.GetDef().GetColumnDef().GetTypeName())
	case pg.AlterTableType_AT_SetNotNull:
		col.NotNull = true
	case pg.AlterTableType_AT_DropNotNull:
		col.NotNull = false
	case pg.AlterTableType_AT_ColumnDefault:
		col.Default = cmd.GetDef()
	case pg.AlterTableType_AT_AddIdentity:
		col.Identity = true
	case pg.AlterTableType_AT_DropIdentity:
		col.Identity = false
	case pg.AlterTableType_AT_DropExpression:
		col.Generated = 0
	}
}

func (c *Catalog) alterIndex(s *pg.AlterTableStmt, cmd *pg.AlterTableCmd) {
	if cmd.GetSubtype() != pg.AlterTableType_AT_AttachPartition {
		return
	}
	if ix := c.Index(s.GetRelation().GetSchemaname(), s.GetRelation().GetRelname()); ix != nil {
		ix.Only = false
	}
}

func (c *Catalog) dropColumn(t *Table, name string) {
	for i, col := range t.Columns {
		if col.Name == name {
			t.Columns = append(t.Columns[:i:i], t.Columns[i+1:]...)
			break
		}
	}
	kept := t.Constraints[:0:0]
	for _, k := range t.Constraints {
		if contains(k.Columns, name) {
			delete(c.indexes, c.key(t.Schema, k.Index))
			continue
		}
		kept = append(kept, k)
	}
	t.Constraints = kept
	for key, ix := range c.indexes {
		if ix.Table == t && contains(ix.Columns, name) {
			delete(c.indexes, key)
		}
	}
}

func (c *Catalog) dropConstraint(t *Table, name string) {
	for i, k := range t.Constraints {
		if k.Name == name {
			if k.Kind == NotNull {
				for _, n := range k.Columns {
					if col := t.Column(n); col != nil {
						col.NotNull = false
					}
				}
			}
			if k.Index != "" {
				delete(c.indexes, c.key(t.Schema, k.Name))
			}
			t.Constraints = append(t.Constraints[:i:i], t.Constraints[i+1:]...)
			return
		}
	}
}

func (c *Catalog) attach(t *Table, cmd *pg.PartitionCmd) {
	p := c.Table(cmd.GetName())
	t.Kind = Partitioned
	p.Parent, p.Default = t, cmd.GetBound().GetIsDefault()
	t.Partitions = append(without(t.Partitions, p), p)
}

// AddNotNull records a NOT NULL that is a constraint of its own (PostgreSQL 18).
func (c *Catalog) AddNotNull(t *Table, name, column string, valid bool) {
	if name == "" {
		name = t.Name + "_" + column + "_not_null"
	}
	t.Constraints = append(t.Constraints, &Constraint{Name: name, Kind: NotNull, Columns: []string{column}, Valid: valid, New: c.Batch, Tx: c.Tx})
	if col := c.column(t, column); col != nil && valid {
		col.NotNull = true
	}
}

func without(list []*Table, t *Table) []*Table {
	out := list[:0:0]
	for _, v := range list {
		if v != t {
			out = append(out, v)
		}
	}
	return out
}

func (c *Catalog) rename(s *pg.RenameStmt) {
	rv, name := s.GetRelation(), s.GetNewname()
	switch s.GetRenameType() {
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW, pg.ObjectType_OBJECT_FOREIGN_TABLE, pg.ObjectType_OBJECT_SEQUENCE:
		if c.Index(rv.GetSchemaname(), rv.GetRelname()) != nil && c.Find(rv.GetSchemaname(), rv.GetRelname()) == nil {
			c.renameIndex(rv, name)
			return
		}
		t := c.Table(rv)
		delete(c.tables, c.key(t.Schema, t.Name))
		t.Name = name
		c.tables[c.key(t.Schema, name)] = t
	case pg.ObjectType_OBJECT_INDEX:
		c.renameIndex(rv, name)
	case pg.ObjectType_OBJECT_COLUMN, pg.ObjectType_OBJECT_ATTRIBUTE:
		if rv != nil {
			c.renameColumn(c.Table(rv), s.GetSubname(), name)
		}
	case pg.ObjectType_OBJECT_TABCONSTRAINT:
		if k := c.Table(rv).Constraint(s.GetSubname()); k != nil {
			if ix := c.indexes[c.key(c.Table(rv).Schema, k.Name)]; ix != nil {
				delete(c.indexes, c.key(ix.Schema, ix.Name))
				ix.Name, ix.Constraint = name, name
				c.indexes[c.key(ix.Schema, name)] = ix
			}
			k.Name = name
		}
	case pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN:
		schema, old := Split(Strings(s.GetObject().GetList().GetItems()))
		if t := c.Type(schema, old); t != nil {
			delete(c.types, c.key(t.Schema, t.Name))
			t.Name = name
			c.types[c.key(t.Schema, name)] = t
		}
	case pg.ObjectType_OBJECT_SCHEMA:
		c.renameSchema(s.GetSubname(), name)
	}
}

func (c *Catalog) renameIndex(rv *pg.RangeVar, name string) {
	ix := c.Index(rv.GetSchemaname(), rv.GetRelname())
	if ix == nil {
		return
	}
	delete(c.indexes, c.key(ix.Schema, ix.Name))
	if ix.Constraint != "" {
		if k := ix.Table.Constraint(ix.Constraint); k != nil {
			k.Name, ix.Constraint = name, name
		}
	}
	ix.Name = name
	c.indexes[c.key(ix.Schema, name)] = ix
}

func (c *Catalog) renameColumn(t *Table, from, to string) {
	swap := func(list []string) {
		for i := range list {
			if list[i] == from {
				list[i] = to
			}
		}
	}
	if col := t.Column(from); col != nil {
		col.Name = to
	}
	for _, k := range t.Constraints {
		swap(k.Columns)
		if k.Expr != nil {
			k.Expr = renamed(k.Expr, from, to)
		}
	}
	for _, ix := range c.indexes {
		if ix.Table == t {
			swap(ix.Columns)
		}
	}
	swap(t.PartitionBy)
}

func (c *Catalog) renameSchema(from, to string) {
	for key, t := range c.tables {
		if t.Schema == from {
			delete(c.tables, key)
			t.Schema = to
			c.tables[c.key(to, t.Name)] = t
		}
	}
	if c.objects["schema "+from] {
		c.objects["schema "+to] = true
	}
}

func (c *Catalog) move(s *pg.AlterObjectSchemaStmt) {
	if s.GetRelation() == nil {
		return
	}
	t := c.Table(s.GetRelation())
	delete(c.tables, c.key(t.Schema, t.Name))
	for _, ix := range c.Indexes(t) {
		delete(c.indexes, c.key(ix.Schema, ix.Name))
		ix.Schema = s.GetNewschema()
		c.indexes[c.key(ix.Schema, ix.Name)] = ix
	}
	t.Schema = s.GetNewschema()
	c.tables[c.key(t.Schema, t.Name)] = t
}

func (c *Catalog) drop(s *pg.DropStmt) {
	for _, o := range s.GetObjects() {
		names := NamesOf(o)
		schema, name := Split(names)
		switch s.GetRemoveType() {
		case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW, pg.ObjectType_OBJECT_FOREIGN_TABLE, pg.ObjectType_OBJECT_SEQUENCE:
			c.dropTable(schema, name)
		case pg.ObjectType_OBJECT_INDEX:
			if ix := c.Index(schema, name); ix != nil && ix.Constraint == "" {
				delete(c.indexes, c.key(ix.Schema, ix.Name))
			}
		case pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN:
			if t := c.Type(schema, name); t != nil {
				delete(c.types, c.key(t.Schema, t.Name))
			}
		case pg.ObjectType_OBJECT_SCHEMA:
			for key, t := range c.tables {
				if t.Schema == name {
					delete(c.tables, key)
				}
			}
		}
	}
}

func (c *Catalog) dropTable(schema, name string) {
	t := c.Find(schema, name)
	if t == nil {
		return
	}
	for _, p := range t.Partitions {
		c.dropTable(p.Schema, p.Name)
	}
	if t.Parent != nil {
		t.Parent.Partitions = without(t.Parent.Partitions, t)
	}
	delete(c.tables, c.key(t.Schema, t.Name))
	for key, ix := range c.indexes {
		if ix.Table == t {
			delete(c.indexes, key)
		}
	}
	for _, o := range c.tables { // foreign keys that led here go with it
		kept := o.Constraints[:0:0]
		for _, k := range o.Constraints {
			if k.Ref != t {
				kept = append(kept, k)
			}
		}
		o.Constraints = kept
	}
}

// NamesOf reads the name of an object in a DROP or similar statement.
func NamesOf(o *pg.Node) []string {
	switch n := o.GetNode().(type) {
	case *pg.Node_List:
		return Strings(n.List.GetItems())
	case *pg.Node_String_:
		return []string{n.String_.GetSval()}
	case *pg.Node_TypeName:
		return Strings(n.TypeName.GetNames())
	case *pg.Node_ObjectWithArgs:
		return Strings(n.ObjectWithArgs.GetObjname())
	}
	return nil
}

func (c *Catalog) addType(names []string, kind byte) *Type {
	schema, name := Split(names)
	if schema == "" {
		schema = c.Path
	}
	t := &Type{Schema: schema, Name: name, Kind: kind, New: c.Batch, Tx: c.Tx}
	c.types[c.key(schema, name)] = t
	return t
}

func (c *Catalog) alterEnum(s *pg.AlterEnumStmt) {
	schema, name := Split(Strings(s.GetTypeName()))
	t := c.Type(schema, name)
	if t == nil {
		batch := c.Batch
		c.Batch = false // seen for the first time, so it exists
		t = c.addType(Strings(s.GetTypeName()), 'e')
		c.Batch = batch
	}
	if s.GetOldVal() != "" {
		for i, v := range t.Values {
			if v == s.GetOldVal() {
				t.Values[i] = s.GetNewVal()
			}
		}
		return
	}
	t.Values = append(t.Values, s.GetNewVal())
	if t.Added == nil {
		t.Added = map[string]int{}
	}
	if !t.New || t.Tx != c.Tx {
		t.Added[s.GetNewVal()] = c.Tx
	}
}

// AddedValues are the enum values that a transaction added to types that were there before, with their types.
func (c *Catalog) AddedValues(tx int) map[string]*Type {
	var out map[string]*Type
	for _, t := range c.types {
		for v, in := range t.Added {
			if in == tx {
				if out == nil {
					out = map[string]*Type{}
				}
				out[v] = t
			}
		}
	}
	return out
}

func (c *Catalog) createDomain(s *pg.CreateDomainStmt) {
	t := c.addType(Strings(s.GetDomainname()), 'd')
	t.Base = TypeOf(s.GetTypeName())
	for _, k := range s.GetConstraints() {
		switch con := k.GetConstraint(); con.GetContype() {
		case pg.ConstrType_CONSTR_NOTNULL:
			t.NotNull = true
		case pg.ConstrType_CONSTR_CHECK:
			t.Constrained = true
		case pg.ConstrType_CONSTR_DEFAULT:
			t.Default = con.GetRawExpr()
		}
	}
}

func (c *Catalog) alterDomain(s *pg.AlterDomainStmt) {
	schema, name := Split(Strings(s.GetTypeName()))
	t := c.Type(schema, name)
	if t == nil {
		return
	}
	switch s.GetSubtype() {
	case "C":
		t.Constrained = true
	case "O":
		t.NotNull = true
	case "N":
		t.NotNull = false
	case "T":
		t.Default = s.GetDef()
	}
}

func (c *Catalog) createFunction(s *pg.CreateFunctionStmt) {
	schema, name := Split(Strings(s.GetFuncname()))
	v := volatilityOf(s.GetOptions())
	if v == 0 {
		v = 'v'
	}
	if c.Batch {
		c.objects["function "+name] = true
	}
	c.funcs[c.key(schema, name)] = v
}

func volatilityOf(options []*pg.Node) byte {
	for _, o := range options {
		if d := o.GetDefElem(); d.GetDefname() == "volatility" {
			if v := strings.ToLower(d.GetArg().GetString_().GetSval()); v != "" {
				return v[0]
			}
		}
	}
	return 0
}
