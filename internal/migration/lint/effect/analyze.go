package effect

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/plinth-go/plinth/internal/migration/lint/catalog"
	"github.com/plinth-go/plinth/internal/sqlparse"
)

// Apply finds a statement's actions and moves the catalogue on.
func (z *Analyzer) Apply(n *pg.Node, newer sqlparse.Newer) []*Action {
	var actions []*Action
	if s := n.GetAlterTableStmt(); s != nil {
		actions = z.alterTable(n, s, newer)
	} else {
		actions = z.actions(n)
		z.Catalog.Apply(n)
	}
	for _, a := range actions {
		a.Node = n
	}
	if why := z.tooNew(n, newer); why != "" && len(actions) > 0 {
		actions[0].Refused = why
	}
	return actions
}

// one makes an action on a table with one lock.
func one(op Op, t *catalog.Table, mode Mode) *Action {
	a := &Action{Op: op, Table: t, Object: t.String(), Sure: true}
	if t != nil && mode != None {
		a.Locks = []Lock{{t, mode}}
	}
	return a
}

func (z *Analyzer) actions(n *pg.Node) []*Action {
	c := z.Catalog
	switch s := n.GetNode().(type) {
	case *pg.Node_CreateStmt:
		return z.createTable(s.CreateStmt)
	case *pg.Node_CreateForeignTableStmt:
		return z.createTable(s.CreateForeignTableStmt.GetBaseStmt())
	case *pg.Node_CreateTableAsStmt:
		return []*Action{{Op: CreateTable, Object: name(s.CreateTableAsStmt.GetInto().GetRel()), Sure: true}}
	case *pg.Node_IndexStmt:
		return []*Action{z.createIndex(s.IndexStmt)}
	case *pg.Node_ReindexStmt:
		return []*Action{z.reindex(s.ReindexStmt)}
	case *pg.Node_DropStmt:
		return z.drop(s.DropStmt)
	case *pg.Node_DropdbStmt:
		return []*Action{{Op: DropDatabase, Object: s.DropdbStmt.GetDbname(), NoTx: true, Sure: true}}
	case *pg.Node_CreatedbStmt:
		return []*Action{{Op: Create, Kind: "database", NoTx: true, Sure: true}}
	case *pg.Node_CreateTableSpaceStmt:
		return []*Action{{Op: Create, Kind: "tablespace", NoTx: true, Sure: true}}
	case *pg.Node_DropTableSpaceStmt:
		return []*Action{{Op: DropObject, Kind: "tablespace", Object: s.DropTableSpaceStmt.GetTablespacename(), NoTx: true, Sure: true}}
	case *pg.Node_AlterSystemStmt:
		return []*Action{{Op: Other, NoTx: true, Sure: true}}
	case *pg.Node_CreateSubscriptionStmt:
		return []*Action{{Op: Create, Kind: "subscription", NoTx: true, Sure: true}}
	case *pg.Node_RenameStmt:
		return []*Action{z.rename(s.RenameStmt)}
	case *pg.Node_AlterObjectSchemaStmt:
		if s.AlterObjectSchemaStmt.GetRelation() == nil {
			return []*Action{{Op: RenameOther, Kind: objectKind(s.AlterObjectSchemaStmt.GetObjectType()), Sure: true,
				Object: strings.Join(catalog.NamesOf(s.AlterObjectSchemaStmt.GetObject()), "."), Name: s.AlterObjectSchemaStmt.GetNewschema()}}
		}
		a := one(RenameTable, c.Table(s.AlterObjectSchemaStmt.GetRelation()), AccessExclusive)
		a.Kind, a.Name = "schema", s.AlterObjectSchemaStmt.GetNewschema()+"."+a.Table.Name
		return []*Action{a}
	case *pg.Node_TruncateStmt:
		return z.truncate(s.TruncateStmt)
	case *pg.Node_VacuumStmt:
		return z.vacuum(s.VacuumStmt)
	case *pg.Node_ClusterStmt:
		if s.ClusterStmt.GetRelation() == nil {
			return []*Action{{Op: RewriteCommand, Kind: "CLUSTER", Rewrite: true, NoTx: true, Sure: true}}
		}
		a := one(RewriteCommand, c.Table(s.ClusterStmt.GetRelation()), AccessExclusive)
		a.Kind, a.Rewrite, a.Build = "CLUSTER", true, true
		return []*Action{a}
	case *pg.Node_RefreshMatViewStmt:
		t := c.Table(s.RefreshMatViewStmt.GetRelation())
		a := one(Refresh, t, AccessExclusive)
		a.Concurrent = s.RefreshMatViewStmt.GetConcurrent()
		if a.Concurrent {
			a.Locks[0].Mode = Exclusive
		} else if !s.RefreshMatViewStmt.GetSkipData() {
			a.Rewrite = true
		}
		return []*Action{a}
	case *pg.Node_LockStmt:
		return lockTables(c, s.LockStmt)
	case *pg.Node_CreateTrigStmt:
		a := one(CreateTrigger, c.Table(s.CreateTrigStmt.GetRelation()), ShareRowExclusive)
		a.Name = s.CreateTrigStmt.GetTrigname()
		return []*Action{a}
	case *pg.Node_RuleStmt:
		return []*Action{one(AlterOther, c.Table(s.RuleStmt.GetRelation()), AccessExclusive)}
	case *pg.Node_CreatePolicyStmt:
		return []*Action{one(AlterOther, c.Table(s.CreatePolicyStmt.GetTable()), AccessExclusive)}
	case *pg.Node_AlterPolicyStmt:
		return []*Action{one(AlterOther, c.Table(s.AlterPolicyStmt.GetTable()), AccessExclusive)}
	case *pg.Node_AlterEnumStmt:
		a := &Action{Op: AddValue, Object: strings.Join(catalog.Strings(s.AlterEnumStmt.GetTypeName()), "."), Name: s.AlterEnumStmt.GetNewVal(), Sure: true}
		if s.AlterEnumStmt.GetOldVal() != "" {
			a.Op, a.Kind = RenameOther, "enum value"
			a.Object += " " + s.AlterEnumStmt.GetOldVal()
		} else {
			a.NoTx = z.Version < 12
		}
		return []*Action{a}
	case *pg.Node_AlterDomainStmt:
		return []*Action{z.alterDomain(s.AlterDomainStmt)}
	case *pg.Node_TransactionStmt:
		return []*Action{{Op: Transaction, Kind: s.TransactionStmt.GetKind().String(), Sure: true}}
	case *pg.Node_VariableSetStmt:
		z.timezone(s.VariableSetStmt)
		return []*Action{{Op: Set, Name: strings.ToLower(s.VariableSetStmt.GetName()), Sure: true}}
	case *pg.Node_DoStmt:
		return []*Action{{Op: Do, Sure: true}}
	case *pg.Node_CommentStmt:
		return []*Action{z.comment(s.CommentStmt)}
	case *pg.Node_ExplainStmt, *pg.Node_VariableShowStmt, *pg.Node_DiscardStmt, *pg.Node_CheckPointStmt, *pg.Node_PrepareStmt,
		*pg.Node_ExecuteStmt, *pg.Node_DeallocateStmt, *pg.Node_CallStmt, *pg.Node_NotifyStmt, *pg.Node_ListenStmt, *pg.Node_UnlistenStmt:
		return []*Action{{Op: Other, Sure: true}}
	}
	if list, ok := z.dml(n); ok {
		return list
	}
	return []*Action{{Op: Create, Sure: true}}
}

func name(rv *pg.RangeVar) string { return catalog.Display(rv.GetSchemaname(), rv.GetRelname()) }

// createTable takes no lock on what nobody can see yet, but one on each table a foreign key leads to.
func (z *Analyzer) createTable(s *pg.CreateStmt) []*Action {
	c, rv := z.Catalog, s.GetRelation()
	a := &Action{Op: CreateTable, Object: name(rv), Sure: true, IfNotExists: s.GetIfNotExists()}
	if old := c.Find(rv.GetSchemaname(), rv.GetRelname()); old != nil && old.Known && s.GetIfNotExists() {
		return []*Action{a}
	}
	for _, p := range s.GetInhRelations() {
		t := c.Table(p.GetRangeVar())
		mode := ShareUpdateExclusive
		if s.GetPartbound() != nil {
			a.Op, a.Table, mode = CreatePartition, t, AccessExclusive
			for _, d := range t.Partitions {
				if d.Default {
					a.Locks, a.Scan = append(a.Locks, Lock{d, AccessExclusive}), append(a.Scan, d)
				}
			}
		}
		a.Locks = append(a.Locks, Lock{t, mode})
	}
	each := func(k *pg.Constraint) {
		if k.GetContype() == pg.ConstrType_CONSTR_FOREIGN && !same(k.GetPktable(), rv) {
			a.Locks = append(a.Locks, Lock{c.Table(k.GetPktable()), ShareRowExclusive})
		}
	}
	for _, e := range s.GetTableElts() {
		if k := e.GetConstraint(); k != nil {
			each(k)
		}
		for _, k := range e.GetColumnDef().GetConstraints() {
			each(k.GetConstraint())
		}
	}
	return []*Action{a}
}

func same(a, b *pg.RangeVar) bool {
	return a.GetRelname() == b.GetRelname() && (a.GetSchemaname() == b.GetSchemaname() || a.GetSchemaname() == "" || b.GetSchemaname() == "")
}

func (z *Analyzer) createIndex(s *pg.IndexStmt) *Action {
	t := z.Catalog.Table(s.GetRelation())
	a := one(CreateIndex, t, Share)
	a.Name, a.Build, a.Concurrent, a.IfNotExists = s.GetIdxname(), true, s.GetConcurrent(), s.GetIfNotExists()
	for _, p := range s.GetIndexParams() {
		if n := p.GetIndexElem().GetName(); n != "" {
			a.Columns = append(a.Columns, n)
		} else {
			a.Columns = append(a.Columns, catalog.Columns(p.GetIndexElem().GetExpr())...)
		}
	}
	if s.GetUnique() {
		a.ConKind = catalog.Unique
	}
	if a.Concurrent {
		a.Locks[0].Mode, a.NoTx = ShareUpdateExclusive, true
		if t.Kind == catalog.Partitioned {
			a.Refused = "cannot create index on partitioned table \"" + t.Name + "\" concurrently"
		}
	}
	if t.Kind == catalog.Partitioned && !s.GetRelation().GetInh() {
		a.Build = false // ON ONLY makes an invalid stub
	}
	if t.Kind == catalog.Partitioned && s.GetRelation().GetInh() && !a.Concurrent {
		for _, p := range t.Partitions {
			a.Locks = append(a.Locks, Lock{p, Share})
		}
	}
	if s.GetIfNotExists() && s.GetIdxname() != "" {
		if ix := z.Catalog.Index(t.Schema, s.GetIdxname()); ix != nil && ix.Table == t {
			a.Build = false // it is there: a notice
		}
	}
	return a
}

func (z *Analyzer) reindex(s *pg.ReindexStmt) *Action {
	var concurrent bool
	for _, p := range s.GetParams() {
		concurrent = concurrent || p.GetDefElem().GetDefname() == "concurrently"
	}
	a := &Action{Op: Reindex, Sure: true, Build: true, Concurrent: concurrent, Kind: objectKindReindex(s.GetKind()), Name: s.GetName()}
	mode := Share
	switch s.GetKind() {
	case pg.ReindexObjectType_REINDEX_OBJECT_INDEX:
		a.Name = s.GetRelation().GetRelname()
		a.Object = name(s.GetRelation())
		if ix := z.Catalog.Index(s.GetRelation().GetSchemaname(), a.Name); ix != nil {
			a.Table, a.Index = ix.Table, ix
		} else {
			a.Sure = false
		}
	case pg.ReindexObjectType_REINDEX_OBJECT_TABLE:
		a.Table = z.Catalog.Table(s.GetRelation())
		a.Name, a.Object = a.Table.String(), a.Table.String()
	default:
		a.NoTx, a.Object = true, s.GetName()
	}
	if concurrent {
		mode, a.NoTx = ShareUpdateExclusive, true
	}
	if a.Table != nil {
		a.Locks = []Lock{{a.Table, mode}}
		if a.Table.Kind == catalog.Partitioned {
			a.NoTx = true
			for _, p := range a.Table.Partitions {
				a.Locks = append(a.Locks, Lock{p, mode})
			}
		}
	}
	return a
}

func objectKindReindex(k pg.ReindexObjectType) string {
	return strings.ToLower(strings.TrimPrefix(k.String(), "REINDEX_OBJECT_"))
}

func objectKind(k pg.ObjectType) string {
	switch k {
	case pg.ObjectType_OBJECT_MATVIEW:
		return "materialized view"
	case pg.ObjectType_OBJECT_FOREIGN_TABLE:
		return "foreign table"
	case pg.ObjectType_OBJECT_TABCONSTRAINT:
		return "constraint"
	}
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(k.String(), "OBJECT_"), "_", " "))
}

func (z *Analyzer) rename(s *pg.RenameStmt) *Action {
	c, rv := z.Catalog, s.GetRelation()
	a := &Action{Op: RenameOther, Kind: objectKind(s.GetRenameType()), Name: s.GetNewname(), Object: s.GetSubname(), Sure: true}
	if rv != nil {
		a.Table = c.Table(rv)
		a.Object = a.Table.String()
	} else if o := s.GetObject(); o != nil {
		names := catalog.NamesOf(o)
		if len(names) == 0 {
			names = catalog.Strings(o.GetList().GetItems())
		}
		a.Object = strings.Join(names, ".")
	}
	mode := AccessExclusive
	switch s.GetRenameType() {
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_FOREIGN_TABLE:
		a.Op = RenameTable
	case pg.ObjectType_OBJECT_COLUMN:
		a.Op, a.Columns = RenameColumn, []string{s.GetSubname()}
		a.Column = column(a.Table, s.GetSubname())
		a.Object += "." + s.GetSubname()
	case pg.ObjectType_OBJECT_INDEX:
		a.Table = nil
		if ix := c.Index(rv.GetSchemaname(), rv.GetRelname()); ix != nil {
			a.Index = ix
		}
		a.Object, mode = name(rv), None
	}
	if a.Table != nil && mode != None {
		a.Locks = []Lock{{a.Table, mode}}
	}
	return a
}

// column is a copy of a column as it is now.
func column(t *catalog.Table, name string) *catalog.Column {
	if t == nil {
		return nil
	}
	if col := t.Column(name); col != nil {
		cp := *col
		return &cp
	}
	return nil
}

func (z *Analyzer) vacuum(s *pg.VacuumStmt) []*Action {
	full := false
	for _, o := range s.GetOptions() {
		d := o.GetDefElem()
		if d.GetDefname() == "full" {
			v := strings.ToLower(catalog.StringOf(d.GetArg()) + d.GetArg().GetString_().GetSval())
			full = v != "false" && v != "off" && v != "0"
		}
	}
	base := Action{Op: Maintenance, Kind: "ANALYZE", Sure: true, NoTx: s.GetIsVacuumcmd()}
	mode := ShareUpdateExclusive
	if s.GetIsVacuumcmd() {
		base.Kind = "VACUUM"
	}
	if full {
		base.Op, base.Kind, base.Rewrite, base.Build, mode = RewriteCommand, "VACUUM FULL", true, true, AccessExclusive
	}
	if len(s.GetRels()) == 0 {
		return []*Action{&base}
	}
	var list []*Action
	for _, r := range s.GetRels() {
		a := base
		a.Table = z.Catalog.Table(r.GetVacuumRelation().GetRelation())
		a.Object = a.Table.String()
		a.Locks = []Lock{{a.Table, mode}}
		list = append(list, &a)
	}
	return list
}

func (z *Analyzer) truncate(s *pg.TruncateStmt) []*Action {
	var list []*Action
	for _, r := range s.GetRelations() {
		a := one(Truncate, z.Catalog.Table(r.GetRangeVar()), AccessExclusive)
		a.Cascade = s.GetBehavior() == pg.DropBehavior_DROP_CASCADE
		if a.Cascade {
			a.Locks = append(a.Locks, z.referring(a.Table)...)
		}
		list = append(list, a)
	}
	return list
}

func lockTables(c *catalog.Catalog, s *pg.LockStmt) []*Action {
	var list []*Action
	for _, r := range s.GetRelations() {
		list = append(list, one(LockTable, c.Table(r.GetRangeVar()), Mode(s.GetMode())))
	}
	return list
}

func (z *Analyzer) alterDomain(s *pg.AlterDomainStmt) *Action {
	schema, n := catalog.Split(catalog.Strings(s.GetTypeName()))
	a := &Action{Op: AlterOther, Kind: "domain", Object: catalog.Display(schema, n), Sure: true, Name: s.GetName()}
	if s.GetSubtype() == "C" || s.GetSubtype() == "O" || s.GetSubtype() == "V" {
		a.Op, a.Con = DomainCheck, s.GetDef().GetConstraint()
		a.NotValid = a.Con.GetSkipValidation()
		if a.Con.GetConname() != "" {
			a.Name = a.Con.GetConname()
		}
		if s.GetSubtype() == "V" {
			a.Op = Validate
		}
		if !a.NotValid {
			a.Scan = z.Catalog.UsedBy(schema, n)
			for _, t := range a.Scan {
				a.Locks = append(a.Locks, Lock{t, Share})
			}
		}
	}
	if d := z.Catalog.Type(schema, n); d != nil && d.New {
		a.Why = "new"
	}
	return a
}

func (z *Analyzer) comment(s *pg.CommentStmt) *Action {
	a := &Action{Op: Other, Kind: "comment", Sure: true}
	names := catalog.NamesOf(s.GetObject())
	switch s.GetObjtype() {
	case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_MATVIEW:
		a.Table = z.Catalog.Named(catalog.Split(names))
	case pg.ObjectType_OBJECT_COLUMN:
		if len(names) > 1 {
			a.Table = z.Catalog.Named(catalog.Split(names[:len(names)-1]))
		}
	}
	if a.Table != nil {
		a.Object, a.Locks = a.Table.String(), []Lock{{a.Table, ShareUpdateExclusive}}
	}
	return a
}

// timezone follows SET TIME ZONE: a change between timestamp types is free only in UTC.
func (z *Analyzer) timezone(s *pg.VariableSetStmt) {
	if !strings.EqualFold(s.GetName(), "timezone") {
		return
	}
	z.NotUTC = false
	for _, a := range s.GetArgs() {
		switch strings.ToLower(catalog.StringOf(a)) {
		case "utc", "gmt", "etc/utc", "etc/gmt", "universal", "zulu", "uct", "0", "+00", "+00:00":
		default:
			z.NotUTC = true
		}
	}
}
