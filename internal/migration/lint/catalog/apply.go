package catalog

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Apply changes the state by one statement. ALTER TABLE may also be applied command by command with AlterTable.
func (c *Catalog) Apply(n *pg.Node) {
	switch s := n.GetNode().(type) {
	case *pg.Node_CreateStmt:
		c.createTable(s.CreateStmt, Ordinary)
	case *pg.Node_CreateForeignTableStmt:
		c.createTable(s.CreateForeignTableStmt.GetBaseStmt(), Foreign)
	case *pg.Node_CreateTableAsStmt:
		c.createTableAs(s.CreateTableAsStmt)
	case *pg.Node_ViewStmt:
		if c.Find(s.ViewStmt.GetView().GetSchemaname(), s.ViewStmt.GetView().GetRelname()) == nil {
			c.add(s.ViewStmt.GetView(), View)
		}
	case *pg.Node_CreateSeqStmt:
		c.add(s.CreateSeqStmt.GetSequence(), Sequence)
	case *pg.Node_SelectStmt:
		c.sel(s.SelectStmt)
	case *pg.Node_RefreshMatViewStmt:
		c.Table(s.RefreshMatViewStmt.GetRelation()).EmptyMatView = s.RefreshMatViewStmt.GetSkipData()
	case *pg.Node_AlterTableStmt:
		for _, cmd := range s.AlterTableStmt.GetCmds() {
			c.AlterTable(s.AlterTableStmt, cmd.GetAlterTableCmd())
		}
	case *pg.Node_IndexStmt:
		c.CreateIndex(s.IndexStmt)
	case *pg.Node_RenameStmt:
		c.rename(s.RenameStmt)
	case *pg.Node_AlterObjectSchemaStmt:
		c.move(s.AlterObjectSchemaStmt)
	case *pg.Node_DropStmt:
		c.drop(s.DropStmt)
	case *pg.Node_CreateEnumStmt:
		t := c.addType(Strings(s.CreateEnumStmt.GetTypeName()), 'e')
		t.Values = Strings(s.CreateEnumStmt.GetVals())
	case *pg.Node_AlterEnumStmt:
		c.alterEnum(s.AlterEnumStmt)
	case *pg.Node_CreateDomainStmt:
		c.createDomain(s.CreateDomainStmt)
	case *pg.Node_AlterDomainStmt:
		c.alterDomain(s.AlterDomainStmt)
	case *pg.Node_CompositeTypeStmt:
		rv := s.CompositeTypeStmt.GetTypevar()
		c.addType([]string{rv.GetSchemaname(), rv.GetRelname()}, 'c')
	case *pg.Node_CreateRangeStmt:
		c.addType(Strings(s.CreateRangeStmt.GetTypeName()), 'r')
	case *pg.Node_CreateFunctionStmt:
		c.createFunction(s.CreateFunctionStmt)
	case *pg.Node_AlterFunctionStmt:
		if v := volatilityOf(s.AlterFunctionStmt.GetActions()); v != 0 {
			schema, name := Split(Strings(s.AlterFunctionStmt.GetFunc().GetObjname()))
			c.funcs[c.key(schema, name)] = v
		}
	case *pg.Node_CreateSchemaStmt:
		c.createSchema(s.CreateSchemaStmt)
	case *pg.Node_CreateTrigStmt:
		t := c.Table(s.CreateTrigStmt.GetRelation())
		t.Triggers = append(t.Triggers, s.CreateTrigStmt.GetTrigname())
	case *pg.Node_VariableSetStmt:
		c.set(s.VariableSetStmt)
	}
}

// add makes a relation, new where a batch is applied.
func (c *Catalog) add(rv *pg.RangeVar, kind Kind) *Table {
	schema := rv.GetSchemaname()
	if schema == "" {
		schema = c.Path
	}
	t := &Table{Schema: schema, Name: rv.GetRelname(), Kind: kind, New: c.Batch, Tx: c.Tx,
		Temp: rv.GetRelpersistence() == "t", Unlogged: rv.GetRelpersistence() == "u"}
	c.tables[c.key(schema, t.Name)] = t
	return t
}

func (c *Catalog) createTable(s *pg.CreateStmt, kind Kind) {
	rv := s.GetRelation()
	if old := c.Find(rv.GetSchemaname(), rv.GetRelname()); old != nil && old.Known && s.GetIfNotExists() {
		return
	}
	if s.GetPartspec() != nil {
		kind = Partitioned
	}
	t := c.add(rv, kind)
	t.Known = true
	if p := s.GetPartspec(); p != nil {
		t.Strategy = strings.ToLower(strings.TrimPrefix(p.GetStrategy().String(), "PARTITION_STRATEGY_"))
		for _, k := range p.GetPartParams() {
			t.PartitionBy = append(t.PartitionBy, k.GetPartitionElem().GetName())
		}
	}
	for _, parent := range s.GetInhRelations() {
		p := c.Table(parent.GetRangeVar())
		t.Known = t.Known && p.Known
		for _, col := range p.Columns {
			cp := *col
			cp.New = c.Batch
			t.Columns = append(t.Columns, &cp)
		}
		if s.GetPartbound() != nil {
			t.Parent, t.Default = p, s.GetPartbound().GetIsDefault()
			p.Partitions = append(p.Partitions, t)
			p.Kind = Partitioned
		}
	}
	if of := s.GetOfTypename(); of != nil {
		t.Known = false
	}
	for _, e := range s.GetTableElts() {
		switch el := e.GetNode().(type) {
		case *pg.Node_ColumnDef:
			c.AddColumn(t, el.ColumnDef)
		case *pg.Node_Constraint:
			c.AddConstraint(t, el.Constraint, nil)
		case *pg.Node_TableLikeClause:
			src := c.Table(el.TableLikeClause.GetRelation())
			t.Known = t.Known && src.Known
			for _, col := range src.Columns {
				cp := *col
				cp.New = c.Batch
				t.Columns = append(t.Columns, &cp)
			}
		}
	}
	for _, e := range s.GetConstraints() {
		c.AddConstraint(t, e.GetConstraint(), nil)
	}
}

func (c *Catalog) createTableAs(s *pg.CreateTableAsStmt) {
	kind := Ordinary
	if s.GetObjtype() == pg.ObjectType_OBJECT_MATVIEW {
		kind = MatView
	}
	rv := s.GetInto().GetRel()
	if s.GetIfNotExists() && c.Find(rv.GetSchemaname(), rv.GetRelname()) != nil {
		return
	}
	t := c.add(rv, kind)
	t.EmptyMatView = s.GetInto().GetSkipData()
}

// sel follows SELECT INTO and set_config('search_path', …).
func (c *Catalog) sel(s *pg.SelectStmt) {
	if into := s.GetIntoClause(); into != nil {
		c.add(into.GetRel(), Ordinary)
	}
	for _, t := range s.GetTargetList() {
		call := t.GetResTarget().GetVal().GetFuncCall()
		if _, name := Split(Strings(call.GetFuncname())); name != "set_config" || len(call.GetArgs()) < 2 {
			continue
		}
		if StringOf(call.GetArgs()[0]) == "search_path" {
			c.setPath(strings.Split(StringOf(call.GetArgs()[1]), ","))
		}
	}
}

// StringOf is a string constant's value; empty for anything else.
func StringOf(n *pg.Node) string {
	if cast := n.GetTypeCast(); cast != nil {
		n = cast.GetArg()
	}
	return n.GetAConst().GetSval().GetSval()
}

func (c *Catalog) set(s *pg.VariableSetStmt) {
	if !strings.EqualFold(s.GetName(), "search_path") {
		return
	}
	if len(s.GetArgs()) == 0 {
		c.Path = "public"
		return
	}
	var path []string
	for _, a := range s.GetArgs() {
		path = append(path, strings.Split(StringOf(a), ",")...)
	}
	c.setPath(path)
}

func (c *Catalog) setPath(path []string) {
	c.Path = "public"
	for _, p := range path {
		if p = strings.Trim(strings.TrimSpace(p), `"`); p != "" && p != "$user" && p != "pg_catalog" {
			c.Path = p
			return
		}
	}
}

// AddColumn adds a column and the constraints written on it.
func (c *Catalog) AddColumn(t *Table, def *pg.ColumnDef) *Column {
	if t.Column(def.GetColname()) != nil {
		return t.Column(def.GetColname())
	}
	col := &Column{Name: def.GetColname(), Type: TypeOf(def.GetTypeName()), New: c.Batch, Tx: c.Tx, NotNull: def.GetIsNotNull()}
	if col.Type.Serial {
		col.NotNull = true
	}
	t.Columns = append(t.Columns, col)
	for _, k := range def.GetConstraints() {
		con := k.GetConstraint()
		switch con.GetContype() {
		case pg.ConstrType_CONSTR_NOTNULL:
			col.NotNull = true
		case pg.ConstrType_CONSTR_NULL:
			col.NotNull = false
		case pg.ConstrType_CONSTR_DEFAULT:
			col.Default = con.GetRawExpr()
		case pg.ConstrType_CONSTR_IDENTITY:
			col.Identity, col.NotNull = true, true
		case pg.ConstrType_CONSTR_GENERATED:
			col.Generated = 's'
		default:
			c.AddConstraint(t, con, []string{col.Name})
		}
	}
	return col
}

// AddConstraint adds a constraint; columns are those of a constraint written on a column. It gives nil for what is no
// constraint of its own.
func (c *Catalog) AddConstraint(t *Table, con *pg.Constraint, columns []string) *Constraint {
	if t.Constraint(con.GetConname()) != nil && con.GetConname() != "" {
		return nil
	}
	k := &Constraint{Name: con.GetConname(), Columns: columns, Valid: !con.GetSkipValidation(), New: c.Batch, Tx: c.Tx}
	if keys := Strings(con.GetKeys()); len(keys) > 0 {
		k.Columns = keys
	}
	suffix := ""
	switch con.GetContype() {
	case pg.ConstrType_CONSTR_CHECK:
		k.Kind, k.Expr, suffix = Check, con.GetRawExpr(), "check"
		if k.Columns == nil {
			k.Columns = Columns(k.Expr)
		}
	case pg.ConstrType_CONSTR_FOREIGN:
		k.Kind, suffix = ForeignKey, "fkey"
		if fk := Strings(con.GetFkAttrs()); len(fk) > 0 {
			k.Columns = fk
		}
		k.Ref, k.RefColumns = c.Table(con.GetPktable()), Strings(con.GetPkAttrs())
	case pg.ConstrType_CONSTR_UNIQUE:
		k.Kind, suffix = Unique, "key"
	case pg.ConstrType_CONSTR_PRIMARY:
		k.Kind, suffix = PrimaryKey, "pkey"
	case pg.ConstrType_CONSTR_EXCLUSION:
		k.Kind, suffix = Exclude, "excl"
	default:
		return nil
	}
	if ix := con.GetIndexname(); ix != "" { // USING INDEX
		k.Index = ix
		if found := c.Index(t.Schema, ix); found != nil {
			k.Columns = found.Columns
			delete(c.indexes, c.key(t.Schema, ix))
			name := k.Name
			if name == "" {
				name = ix
			}
			found.Name, found.Constraint = name, name
			c.indexes[c.key(t.Schema, name)] = found
		}
		if k.Name == "" {
			k.Name = ix
		}
	}
	if k.Name == "" {
		k.Name = serverName(t, k, suffix)
	}
	if k.Kind == PrimaryKey {
		for _, name := range k.Columns {
			if col := t.Column(name); col != nil {
				col.NotNull = true
			}
		}
	}
	if con.GetIndexname() == "" && (k.Kind == Unique || k.Kind == PrimaryKey || k.Kind == Exclude) {
		k.Index = k.Name
		c.indexes[c.key(t.Schema, k.Name)] = &Index{Schema: t.Schema, Name: k.Name, Table: t, Unique: k.Kind != Exclude,
			Columns: k.Columns, Constraint: k.Name, New: c.Batch, Tx: c.Tx, Method: "btree"}
	}
	t.Constraints = append(t.Constraints, k)
	return k
}

// serverName is the name the server chooses for a constraint without one.
func serverName(t *Table, k *Constraint, suffix string) string {
	parts := []string{t.Name}
	if k.Kind != PrimaryKey {
		if k.Kind == Check && len(k.Columns) > 1 {
			return free(t, t.Name+"_"+suffix)
		}
		parts = append(parts, k.Columns...)
	}
	return free(t, strings.Join(append(parts, suffix), "_"))
}

func free(t *Table, name string) string {
	try := name
	for i := 1; t.Constraint(try) != nil && i < 1000; i++ {
		try = name + itoa(i)
	}
	return try
}

func itoa(i int) string {
	if i < 10 {
		return string(rune('0' + i))
	}
	return itoa(i/10) + itoa(i%10)
}

// Columns are the columns an expression names, each once.
func Columns(n *pg.Node) []string {
	var out []string
	Walk(n, func(n *pg.Node) bool {
		if name := ColumnOf(n); name != "" && !contains(out, name) {
			out = append(out, name)
		}
		return true
	})
	return out
}

// CreateIndex adds an index.
func (c *Catalog) CreateIndex(s *pg.IndexStmt) *Index {
	t := c.Table(s.GetRelation())
	ix := &Index{Schema: t.Schema, Name: s.GetIdxname(), Table: t, Unique: s.GetUnique(), Partial: s.GetWhereClause() != nil,
		New: c.Batch, Tx: c.Tx, Method: s.GetAccessMethod(), Only: !s.GetRelation().GetInh()}
	for _, p := range s.GetIndexParams() {
		ix.Columns = append(ix.Columns, p.GetIndexElem().GetName())
	}
	if ix.Name == "" {
		ix.Name = t.Name + "_" + strings.Join(ix.Columns, "_") + "_idx"
	}
	if s.GetIfNotExists() && c.Index(t.Schema, ix.Name) != nil {
		return ix
	}
	c.indexes[c.key(t.Schema, ix.Name)] = ix
	return ix
}

func (c *Catalog) createSchema(s *pg.CreateSchemaStmt) {
	if c.Batch && !c.schemas[s.GetSchemaname()] {
		c.objects["schema "+s.GetSchemaname()] = true
	}
	c.schemas[s.GetSchemaname()] = true
	path := c.Path
	if s.GetSchemaname() != "" {
		c.Path = s.GetSchemaname()
	}
	for _, e := range s.GetSchemaElts() {
		c.Apply(e)
	}
	c.Path = path
}
