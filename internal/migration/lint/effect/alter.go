package effect

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/plinth-go/plinth/internal/migration/lint/catalog"
	"github.com/plinth-go/plinth/internal/sqlparse"
)

// alterTable finds the actions of each command, with the catalogue moved on in between.
func (z *Analyzer) alterTable(n *pg.Node, s *pg.AlterTableStmt, newer sqlparse.Newer) []*Action {
	var list []*Action
	for _, c := range s.GetCmds() {
		cmd := c.GetAlterTableCmd()
		var a *Action
		switch {
		case s.GetObjtype() == pg.ObjectType_OBJECT_INDEX:
			a = z.alterIndex(s, cmd)
			z.Catalog.AlterTable(s, cmd)
		case s.GetObjtype() == pg.ObjectType_OBJECT_TYPE:
			a = &Action{Op: AlterOther, Kind: "type", Object: s.GetRelation().GetRelname(), Sure: true}
		default:
			a = z.command(s, cmd, newer)
		}
		a.Node, a.Cmd, a.Cascade = n, cmd, cmd.GetBehavior() == pg.DropBehavior_DROP_CASCADE
		list = append(list, a)
	}
	return list
}

func (z *Analyzer) alterIndex(s *pg.AlterTableStmt, cmd *pg.AlterTableCmd) *Action {
	a := &Action{Op: AlterOther, Kind: "index", Object: name(s.GetRelation()), Sure: true}
	if cmd.GetSubtype() == pg.AlterTableType_AT_SetTableSpace {
		a.Op, a.Kind, a.Rewrite = RewriteCommand, "SET TABLESPACE", true
		if ix := z.Catalog.Index(s.GetRelation().GetSchemaname(), s.GetRelation().GetRelname()); ix != nil {
			a.Table, a.Locks = ix.Table, []Lock{{ix.Table, AccessExclusive}}
		}
	}
	return a
}

// brief are the commands that only change the catalogue, with their lock.
var brief = map[pg.AlterTableType]Mode{
	pg.AlterTableType_AT_SetStatistics: ShareUpdateExclusive, pg.AlterTableType_AT_SetOptions: ShareUpdateExclusive,
	pg.AlterTableType_AT_ResetOptions: ShareUpdateExclusive, pg.AlterTableType_AT_SetRelOptions: ShareUpdateExclusive,
	pg.AlterTableType_AT_ResetRelOptions: ShareUpdateExclusive, pg.AlterTableType_AT_ClusterOn: ShareUpdateExclusive,
	pg.AlterTableType_AT_DropCluster: ShareUpdateExclusive,
	pg.AlterTableType_AT_EnableTrig:  ShareRowExclusive, pg.AlterTableType_AT_DisableTrig: ShareRowExclusive,
	pg.AlterTableType_AT_EnableAlwaysTrig: ShareRowExclusive, pg.AlterTableType_AT_EnableReplicaTrig: ShareRowExclusive,
	pg.AlterTableType_AT_EnableTrigAll: ShareRowExclusive, pg.AlterTableType_AT_DisableTrigAll: ShareRowExclusive,
	pg.AlterTableType_AT_EnableTrigUser: ShareRowExclusive, pg.AlterTableType_AT_DisableTrigUser: ShareRowExclusive,
}

// command finds the action of one command and applies it.
func (z *Analyzer) command(s *pg.AlterTableStmt, cmd *pg.AlterTableCmd, newer sqlparse.Newer) *Action {
	c := z.Catalog
	t := c.Table(s.GetRelation())
	mode, ok := brief[cmd.GetSubtype()]
	if !ok {
		mode = AccessExclusive
	}
	a := one(AlterOther, t, mode)
	a.Name, a.Kind, a.IfExists, a.Cmd = cmd.GetName(), cmd.GetSubtype().String(), cmd.GetMissingOk(), cmd
	col := func() {
		a.Columns, a.Column = []string{cmd.GetName()}, column(t, cmd.GetName())
		a.Object = t.String() + "." + cmd.GetName()
	}
	switch cmd.GetSubtype() {
	case pg.AlterTableType_AT_AddColumn:
		z.addColumn(a, t, cmd, newer)
		return z.spread(s, a)
	case pg.AlterTableType_AT_AddConstraint:
		z.addConstraint(a, t, cmd, newer)
		return z.spread(s, a)
	case pg.AlterTableType_AT_DropColumn:
		a.Op = DropColumn
		col()
		for _, k := range t.Constraints {
			if k.Ref != nil && k.Ref != t && slices.Contains(k.Columns, cmd.GetName()) {
				a.Ref = k.Ref
				a.Locks = append(a.Locks, Lock{k.Ref, AccessExclusive})
			}
		}
	case pg.AlterTableType_AT_AlterColumnType:
		z.alterType(a, t, cmd)
		col()
	case pg.AlterTableType_AT_SetNotNull:
		a.Op = SetNotNull
		col()
		_, valid := t.ChecksNotNull(cmd.GetName())
		if !t.IsNotNull(cmd.GetName()) && (!valid || z.Version < 12) {
			a.Scan = []*catalog.Table{t}
		}
		a.Sure = t.Known
	case pg.AlterTableType_AT_DropNotNull:
		a.Op = DropNotNull
		col()
	case pg.AlterTableType_AT_ColumnDefault:
		a.Op = SetDefault
		if cmd.GetDef() == nil {
			a.Op = DropDefault
		}
		col()
	case pg.AlterTableType_AT_AddIdentity:
		a.Op = AddIdentity
		col()
	case pg.AlterTableType_AT_SetExpression:
		a.Op, a.Rewrite = SetExpression, true
		col()
		if a.Column != nil && a.Column.Generated == 'v' {
			a.Rewrite = false
		}
	case pg.AlterTableType_AT_ValidateConstraint:
		z.validate(a, t, cmd)
	case pg.AlterTableType_AT_DropConstraint:
		z.dropConstraint(a, t, cmd)
	case pg.AlterTableType_AT_AttachPartition:
		z.attach(a, t, cmd.GetDef().GetPartitionCmd())
	case pg.AlterTableType_AT_DetachPartition, pg.AlterTableType_AT_DetachPartitionFinalize:
		z.detach(a, t, cmd)
	case pg.AlterTableType_AT_SetLogged, pg.AlterTableType_AT_SetUnLogged:
		a.Op, a.Rewrite, a.Build = RewriteCommand, true, true
		a.Kind = "SET LOGGED"
		if cmd.GetSubtype() == pg.AlterTableType_AT_SetUnLogged {
			a.Kind = "SET UNLOGGED"
		}
		if t.Known && t.Unlogged == (cmd.GetSubtype() == pg.AlterTableType_AT_SetUnLogged) {
			a.Rewrite, a.Build = false, false // it is so already
		}
	case pg.AlterTableType_AT_SetTableSpace, pg.AlterTableType_AT_SetAccessMethod:
		standing := cmd.GetSubtype() == pg.AlterTableType_AT_SetAccessMethod && cmd.GetName() == "heap" ||
			cmd.GetSubtype() == pg.AlterTableType_AT_SetTableSpace && cmd.GetName() == "pg_default" && t.Known
		if t.Kind != catalog.Partitioned && !standing {
			a.Op, a.Rewrite = RewriteCommand, true
			a.Kind = "SET TABLESPACE"
			if cmd.GetSubtype() == pg.AlterTableType_AT_SetAccessMethod {
				a.Kind = "SET ACCESS METHOD"
			}
		}
	case pg.AlterTableType_AT_EnableTrig, pg.AlterTableType_AT_DisableTrig, pg.AlterTableType_AT_EnableAlwaysTrig, pg.AlterTableType_AT_EnableReplicaTrig,
		pg.AlterTableType_AT_EnableTrigAll, pg.AlterTableType_AT_DisableTrigAll, pg.AlterTableType_AT_EnableTrigUser, pg.AlterTableType_AT_DisableTrigUser:
		a.Op = TriggerState
	case pg.AlterTableType_AT_AddInherit, pg.AlterTableType_AT_DropInherit:
	}
	c.AlterTable(s, cmd)
	return z.spread(s, a)
}

// spread puts the lock on a partitioned table on its partitions as well, where the command goes down to them.
func (z *Analyzer) spread(s *pg.AlterTableStmt, a *Action) *Action {
	t := a.Table
	if t == nil || t.Kind != catalog.Partitioned || !s.GetRelation().GetInh() || len(a.Locks) == 0 {
		return a
	}
	switch a.Op {
	case Attach, Detach, CreateTrigger:
		return a
	case AlterOther:
		switch a.Cmd.GetSubtype() {
		case pg.AlterTableType_AT_SetStatistics, pg.AlterTableType_AT_SetStorage, pg.AlterTableType_AT_SetOptions:
		default:
			return a
		}
	}
	for _, p := range t.Partitions {
		a.Locks = append(a.Locks, Lock{p, a.Locks[0].Mode})
	}
	return a
}

func (z *Analyzer) addColumn(a *Action, t *catalog.Table, cmd *pg.AlterTableCmd, newer sqlparse.Newer) {
	c, def := z.Catalog, cmd.GetDef().GetColumnDef()
	a.Op, a.Def, a.Loc = AddColumn, def, def.GetLocation()
	a.Columns, a.Object = []string{def.GetColname()}, t.String()+"."+def.GetColname()
	a.To, a.IfNotExists = catalog.TypeOf(def.GetTypeName()), cmd.GetMissingOk()
	if old := t.Column(def.GetColname()); old != nil {
		if !a.IfNotExists {
			a.Refused = "column \"" + def.GetColname() + "\" of relation \"" + t.Name + "\" already exists"
		}
		return
	}
	defer c.AlterTable(&pg.AlterTableStmt{Relation: rangeVar(t)}, cmd)
	if def.GetFdwoptions() != nil || t.Kind == catalog.Foreign {
		return
	}
	var expr *pg.Node
	defaulted := false
	for _, k := range def.GetConstraints() {
		con := k.GetConstraint()
		switch con.GetContype() {
		case pg.ConstrType_CONSTR_DEFAULT:
			expr, defaulted = con.GetRawExpr(), !isNull(con.GetRawExpr())
		case pg.ConstrType_CONSTR_IDENTITY:
			a.Rewrite, a.Why = true, "identity"
		case pg.ConstrType_CONSTR_GENERATED:
			if !newer.Virtual {
				a.Rewrite, a.Why = true, "stored"
			}
		case pg.ConstrType_CONSTR_CHECK:
			if !newer.NotEnforced && !con.GetSkipValidation() {
				a.Scan = append(a.Scan, t)
			}
		case pg.ConstrType_CONSTR_UNIQUE, pg.ConstrType_CONSTR_PRIMARY, pg.ConstrType_CONSTR_EXCLUSION:
			a.Build = true
		}
	}
	for _, k := range def.GetConstraints() {
		con := k.GetConstraint()
		if con.GetContype() != pg.ConstrType_CONSTR_FOREIGN {
			continue
		}
		a.Ref = c.Table(con.GetPktable())
		if a.Ref != t {
			a.Locks = append(a.Locks, Lock{a.Ref, ShareRowExclusive})
		}
		if defaulted && !con.GetSkipValidation() {
			a.Scan = append(a.Scan, t)
		}
	}
	if a.To.Serial {
		a.Rewrite, a.Why = true, "serial"
	}
	if expr == nil {
		if d := c.Domain(a.To); d != nil && d.Default != nil {
			expr = d.Default
		}
	}
	if f, sure := c.Volatile(expr); expr != nil && f != "" {
		a.Rewrite, a.Sure, a.Why = true, sure, f
	}
	if c.ConstrainedDomain(a.To) {
		a.Rewrite, a.Why = true, "domain"
	}
	if a.Rewrite {
		a.Scan = nil // one pass does both
	}
}

func isNull(n *pg.Node) bool {
	if cast := n.GetTypeCast(); cast != nil {
		return isNull(cast.GetArg())
	}
	return n.GetAConst() != nil && n.GetAConst().GetIsnull()
}

func rangeVar(t *catalog.Table) *pg.RangeVar {
	return &pg.RangeVar{Schemaname: t.Schema, Relname: t.Name, Inh: true}
}

func (z *Analyzer) addConstraint(a *Action, t *catalog.Table, cmd *pg.AlterTableCmd, newer sqlparse.Newer) {
	c, con := z.Catalog, cmd.GetDef().GetConstraint()
	a.Op, a.Con, a.Name, a.Loc = AddConstraint, con, con.GetConname(), con.GetLocation()
	a.NotValid, a.UsingIndex = con.GetSkipValidation(), con.GetIndexname() != ""
	a.Columns = catalog.Strings(con.GetKeys())
	if con.GetContype() == pg.ConstrType_CONSTR_CHECK && len(newer.NotNull) > 0 {
		z.addNotNull(a, t, catalog.Columns(con.GetRawExpr()))
		return
	}
	if t.Constraint(a.Name) != nil && a.Name != "" {
		a.Refused = "constraint \"" + a.Name + "\" for relation \"" + t.Name + "\" already exists"
	}
	nullable := z.nullableKeys(a, t)
	switch con.GetContype() {
	case pg.ConstrType_CONSTR_CHECK:
		a.ConKind, a.Columns = catalog.Check, catalog.Columns(con.GetRawExpr())
		if !a.NotValid && !newer.NotEnforced {
			a.Scan = []*catalog.Table{t}
		}
	case pg.ConstrType_CONSTR_FOREIGN:
		z.addForeignKey(a, t, newer)
	case pg.ConstrType_CONSTR_UNIQUE:
		a.ConKind, a.Build = catalog.Unique, !a.UsingIndex
	case pg.ConstrType_CONSTR_PRIMARY:
		a.ConKind, a.Build = catalog.PrimaryKey, !a.UsingIndex
		if nullable {
			a.Scan = []*catalog.Table{t}
		}
	case pg.ConstrType_CONSTR_EXCLUSION:
		a.ConKind, a.Build = catalog.Exclude, true
		for _, e := range con.GetExclusions() {
			if items := e.GetList().GetItems(); len(items) > 0 && items[0].GetIndexElem().GetName() != "" {
				a.Columns = append(a.Columns, items[0].GetIndexElem().GetName())
			}
		}
	}
	if k := c.AddConstraint(t, con, nil); k != nil {
		a.Name, a.Object = k.Name, t.String()+"."+k.Name
		if newer.NotEnforced {
			k.Valid = false
		}
	}
}

// nullableKeys says whether a primary key would be made of columns that are not known to be NOT NULL. A valid CHECK
// does not help the server here before 12.
func (z *Analyzer) nullableKeys(a *Action, t *catalog.Table) bool {
	keys := a.Columns
	if a.UsingIndex {
		ix := z.Catalog.Index(t.Schema, a.Con.GetIndexname())
		if ix == nil {
			a.Sure = false
			return !t.Known
		}
		keys = ix.Columns
	}
	for _, k := range keys {
		if _, valid := t.ChecksNotNull(k); !t.IsNotNull(k) && (!valid || z.Version < 12) {
			a.Sure = t.Known
			return true
		}
	}
	return false
}

func (z *Analyzer) addForeignKey(a *Action, t *catalog.Table, newer sqlparse.Newer) {
	a.ConKind, a.Columns = catalog.ForeignKey, catalog.Strings(a.Con.GetFkAttrs())
	a.Ref = z.Catalog.Table(a.Con.GetPktable())
	a.Locks[0].Mode = ShareRowExclusive
	if a.Ref != t {
		a.Locks = append(a.Locks, Lock{a.Ref, ShareRowExclusive})
	}
	if !a.NotValid && !newer.NotEnforced {
		a.Scan = []*catalog.Table{t, a.Ref}
	}
	if a.NotValid && t.Kind == catalog.Partitioned && z.Version < 18 {
		a.Refused = "cannot add NOT VALID foreign key on partitioned table \"" + t.Name + "\" referencing relation \"" + a.Ref.Name + "\""
	}
}

func (z *Analyzer) addNotNull(a *Action, t *catalog.Table, columns []string) {
	a.ConKind, a.Columns = catalog.NotNull, columns
	for _, col := range columns {
		_, valid := t.ChecksNotNull(col)
		if !a.NotValid && !valid && !t.IsNotNull(col) {
			a.Scan = []*catalog.Table{t}
		}
		z.Catalog.AddNotNull(t, a.Name, col, !a.NotValid)
	}
	a.Object = t.String()
	if len(columns) == 1 {
		a.Object += "." + columns[0]
	}
}

func (z *Analyzer) validate(a *Action, t *catalog.Table, cmd *pg.AlterTableCmd) {
	a.Op, a.Locks[0].Mode = Validate, ShareUpdateExclusive
	a.Old, a.Object = t.Constraint(cmd.GetName()), t.String()+"."+cmd.GetName()
	a.Scan = []*catalog.Table{t}
	if a.Old != nil {
		old := *a.Old
		a.Old, a.ConKind = &old, old.Kind
		if old.Valid {
			a.Scan = nil
		}
		if old.Ref != nil && old.Ref != t {
			a.Ref, a.Locks = old.Ref, append(a.Locks, Lock{old.Ref, RowShare})
		}
	}
}

func (z *Analyzer) dropConstraint(a *Action, t *catalog.Table, cmd *pg.AlterTableCmd) {
	a.Op, a.Object = DropConstraint, t.String()+"."+cmd.GetName()
	if k := t.Constraint(cmd.GetName()); k != nil {
		old := *k
		a.Old, a.ConKind, a.Columns = &old, old.Kind, old.Columns
		if old.Ref != nil && old.Ref != t {
			a.Ref, a.Locks = old.Ref, append(a.Locks, Lock{old.Ref, AccessExclusive})
		}
		if (old.Kind == catalog.PrimaryKey || old.Kind == catalog.Unique) && cmd.GetBehavior() == pg.DropBehavior_DROP_CASCADE {
			a.Locks = append(a.Locks, z.referring(t)...)
		}
		return
	}
	a.Sure = false
	a.ConKind = kindByName(cmd.GetName())
}

func (z *Analyzer) alterType(a *Action, t *catalog.Table, cmd *pg.AlterTableCmd) {
	c, def := z.Catalog, cmd.GetDef().GetColumnDef()
	a.Op, a.Def, a.Loc = AlterType, def, def.GetLocation()
	a.To = catalog.TypeOf(def.GetTypeName())
	old := t.Column(cmd.GetName())
	if old != nil {
		a.From = old.Type
	}
	a.Sure = a.From.Name != ""
	using := def.GetRawDefault()
	plain := using == nil || catalog.ColumnOf(using) == cmd.GetName()
	if cast := using.GetTypeCast(); cast != nil && catalog.ColumnOf(cast.GetArg()) == cmd.GetName() {
		to := catalog.TypeOf(cast.GetTypeName())
		plain = to.String() == a.To.String()
	}
	switch {
	case !plain:
		a.Rewrite, a.Why = true, "using"
	default:
		switch c.Rewrites(a.From, a.To, z.Version) {
		case catalog.Rewritten:
			a.Rewrite = true
		case catalog.UTCOnly:
			a.Rewrite, a.UTCOnly = z.NotUTC, !z.NotUTC
		}
	}
	for _, r := range c.Referring(t) {
		for _, k := range r.Constraints {
			if k.Ref == t && (slices.Contains(k.RefColumns, cmd.GetName()) || len(k.RefColumns) == 0 && t.IsKey(cmd.GetName())) && a.Rewrite {
				a.Locks, a.Scan = append(a.Locks, Lock{r, AccessExclusive}), append(a.Scan, r) // the foreign key is made anew
				break
			}
		}
	}
	a.Build = a.Rewrite || z.rebuilds(a, t, cmd.GetName(), def.GetCollClause() != nil)
	if !a.Rewrite && old != nil && !a.From.Same(a.To) {
		for _, k := range t.Constraints {
			if k.Kind == catalog.Check && slices.Contains(k.Columns, cmd.GetName()) && k.Valid {
				a.Scan = []*catalog.Table{t} // made anew, so verified anew
			}
		}
	}
}

// referring are locks on the tables whose foreign keys lead to a table.
func (z *Analyzer) referring(t *catalog.Table) []Lock {
	var list []Lock
	for _, r := range z.Catalog.Referring(t) {
		list = append(list, Lock{r, AccessExclusive})
	}
	return list
}

// rebuilds says whether indexes on a column are built anew although the table is not written anew: the collation or
// the operator class changes.
func (z *Analyzer) rebuilds(a *Action, t *catalog.Table, col string, collation bool) bool {
	changes := collation || a.UTCOnly || family(a.From.Name) != family(a.To.Name)
	if !changes {
		return false
	}
	if !t.Known {
		return collation
	}
	for _, ix := range z.Catalog.Indexes(t) {
		if slices.Contains(ix.Columns, col) {
			return true
		}
	}
	return false
}

// family groups types whose default operator class is the same, so that an index stays as it is.
func family(name string) string {
	switch name {
	case "varchar", "text":
		return "text"
	case "cidr", "inet":
		return "inet"
	}
	return name
}
