package effect

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/plinth-go/plinth/internal/migration/lint/catalog"
)

func (z *Analyzer) drop(s *pg.DropStmt) []*Action {
	var list []*Action
	c := z.Catalog
	for _, o := range s.GetObjects() {
		names := catalog.NamesOf(o)
		schema, n := catalog.Split(names)
		a := &Action{Op: DropObject, Kind: objectKind(s.GetRemoveType()), Name: n, Object: catalog.Display(schema, n), Sure: true,
			Cascade: s.GetBehavior() == pg.DropBehavior_DROP_CASCADE, IfExists: s.GetMissingOk(), Concurrent: s.GetConcurrent()}
		switch s.GetRemoveType() {
		case pg.ObjectType_OBJECT_TABLE, pg.ObjectType_OBJECT_FOREIGN_TABLE:
			z.dropTable(a, c.Named(schema, n))
		case pg.ObjectType_OBJECT_VIEW, pg.ObjectType_OBJECT_MATVIEW, pg.ObjectType_OBJECT_SEQUENCE:
			a.Table = c.Named(schema, n)
			a.Locks = []Lock{{a.Table, AccessExclusive}}
		case pg.ObjectType_OBJECT_INDEX:
			z.dropIndex(a, c.Index(schema, n))
		case pg.ObjectType_OBJECT_SCHEMA:
			a.Op = DropSchema
			if c.SchemaMade(n) {
				a.Why = "new"
			}
		case pg.ObjectType_OBJECT_TRIGGER, pg.ObjectType_OBJECT_RULE, pg.ObjectType_OBJECT_POLICY:
			if len(names) > 1 {
				a.Table = c.Named(catalog.Split(names[:len(names)-1]))
				a.Object = a.Table.String() + "." + n
				a.Locks = []Lock{{a.Table, AccessExclusive}}
			}
		case pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN:
			if t := c.Type(schema, n); t != nil && t.New {
				a.Why = "new"
			}
		case pg.ObjectType_OBJECT_FUNCTION, pg.ObjectType_OBJECT_PROCEDURE, pg.ObjectType_OBJECT_ROUTINE:
			if c.Made("function", n) {
				a.Why = "new"
			}
		}
		list = append(list, a)
	}
	return list
}

// dropTable also locks what the table's foreign keys lead to, and the partitioned table it is a part of.
func (z *Analyzer) dropTable(a *Action, t *catalog.Table) {
	a.Op, a.Table = DropTable, t
	a.Locks = []Lock{{t, AccessExclusive}}
	for _, k := range t.Constraints {
		if k.Ref != nil && k.Ref != t {
			a.Locks = append(a.Locks, Lock{k.Ref, AccessExclusive})
		}
	}
	if t.Parent != nil {
		a.Locks = append(a.Locks, Lock{t.Parent, AccessExclusive})
		for _, p := range t.Parent.Partitions {
			if p.Default && p != t {
				a.Locks = append(a.Locks, Lock{p, AccessExclusive})
			}
		}
	}
	for _, p := range t.Partitions {
		a.Locks = append(a.Locks, Lock{p, AccessExclusive})
	}
	if a.Cascade {
		a.Locks = append(a.Locks, z.referring(t)...)
	}
}

func (z *Analyzer) dropIndex(a *Action, ix *catalog.Index) {
	a.Op, a.Index = DropIndex, ix
	a.NoTx = a.Concurrent
	if ix == nil {
		a.Sure = false
		return
	}
	a.Table = ix.Table
	mode := AccessExclusive
	if a.Concurrent {
		mode = ShareUpdateExclusive
	}
	a.Locks = []Lock{{ix.Table, mode}}
	for _, p := range ix.Table.Partitions {
		a.Locks = append(a.Locks, Lock{p, mode})
	}
	switch {
	case ix.Constraint != "":
		a.Refused = "cannot drop index " + a.Object + " because constraint " + ix.Constraint + " on table " + ix.Table.String() + " requires it"
	case a.Concurrent && ix.Table.Kind == catalog.Partitioned:
		a.Refused = "cannot drop partitioned index \"" + a.Name + "\" concurrently"
	}
}

// dml reads statements that read or write rows.
func (z *Analyzer) dml(n *pg.Node) ([]*Action, bool) {
	c := z.Catalog
	switch s := n.GetNode().(type) {
	case *pg.Node_InsertStmt:
		a := one(Insert, c.Table(s.InsertStmt.GetRelation()), RowExclusive)
		sel := s.InsertStmt.GetSelectStmt().GetSelectStmt()
		a.Batched = sel == nil || len(sel.GetValuesLists()) > 0 || len(sel.GetFromClause()) == 0 || sel.GetLimitCount() != nil
		a.Where = a.Batched || sel.GetWhereClause() != nil
		return append([]*Action{a}, z.with(s.InsertStmt.GetWithClause())...), true
	case *pg.Node_UpdateStmt:
		a := one(Update, c.Table(s.UpdateStmt.GetRelation()), RowExclusive)
		for _, t := range s.UpdateStmt.GetTargetList() {
			a.Columns = append(a.Columns, t.GetResTarget().GetName())
		}
		z.limits(a, s.UpdateStmt.GetWhereClause(), s.UpdateStmt.GetFromClause(), s.UpdateStmt.GetWithClause())
		return append([]*Action{a}, z.with(s.UpdateStmt.GetWithClause())...), true
	case *pg.Node_DeleteStmt:
		a := one(Delete, c.Table(s.DeleteStmt.GetRelation()), RowExclusive)
		z.limits(a, s.DeleteStmt.GetWhereClause(), s.DeleteStmt.GetUsingClause(), s.DeleteStmt.GetWithClause())
		return append([]*Action{a}, z.with(s.DeleteStmt.GetWithClause())...), true
	case *pg.Node_MergeStmt:
		a := one(Merge, c.Table(s.MergeStmt.GetRelation()), RowExclusive)
		a.Where = true
		return []*Action{a}, true
	case *pg.Node_CopyStmt:
		if s.CopyStmt.GetRelation() == nil || !s.CopyStmt.GetIsFrom() {
			return []*Action{{Op: Select, Sure: true}}, true
		}
		a := one(Copy, c.Table(s.CopyStmt.GetRelation()), RowExclusive)
		a.Where, a.Batched = true, true
		return []*Action{a}, true
	case *pg.Node_SelectStmt:
		return append([]*Action{{Op: Select, Sure: true}}, z.with(s.SelectStmt.GetWithClause())...), true
	}
	return nil, false
}

// with reads data-changing statements in WITH.
func (z *Analyzer) with(w *pg.WithClause) []*Action {
	var list []*Action
	for _, e := range w.GetCtes() {
		q := e.GetCommonTableExpr().GetCtequery()
		if q.GetSelectStmt() != nil {
			continue
		}
		if l, ok := z.dml(q); ok {
			list = append(list, l...)
		}
	}
	return list
}

// limits says whether a statement's rows are limited, and to a bounded number: by LIMIT in a subquery, or by the
// primary key, a unique key or ctid.
func (z *Analyzer) limits(a *Action, where *pg.Node, from []*pg.Node, with *pg.WithClause) {
	a.Where = where != nil
	bounded := func(n *pg.Node) bool {
		found := false
		catalog.Walk(n, func(n *pg.Node) bool {
			found = found || n.GetSelectStmt().GetLimitCount() != nil
			return !found
		})
		return found
	}
	for _, n := range append([]*pg.Node{where}, from...) {
		a.Batched = a.Batched || n != nil && bounded(n)
	}
	for _, e := range with.GetCtes() {
		a.Batched = a.Batched || bounded(e.GetCommonTableExpr().GetCtequery())
	}
	a.Batched = a.Batched || z.byKey(a.Table, where)
}

// byKey says whether a condition pins a key to constants or to a range of them.
func (z *Analyzer) byKey(t *catalog.Table, where *pg.Node) bool {
	if where == nil {
		return false
	}
	keys := map[string]bool{"ctid": true}
	for _, k := range t.Constraints {
		if (k.Kind == catalog.PrimaryKey || k.Kind == catalog.Unique) && len(k.Columns) > 0 {
			keys[k.Columns[0]] = true
		}
	}
	if len(keys) == 1 && !t.Known {
		keys["id"] = true
	}
	if b := where.GetBoolExpr(); b != nil && b.GetBoolop() == pg.BoolExprType_AND_EXPR {
		lower, upper := false, false
		for _, arg := range b.GetArgs() {
			if z.byKey(t, arg) {
				return true
			}
			if e := arg.GetAExpr(); keys[catalog.ColumnOf(e.GetLexpr())] {
				switch op := strings.Join(catalog.Strings(e.GetName()), ""); op {
				case "<", "<=":
					upper = true
				case ">", ">=":
					lower = true
				}
			}
		}
		return lower && upper
	}
	e := where.GetAExpr()
	if e == nil || !keys[catalog.ColumnOf(e.GetLexpr())] {
		return false
	}
	switch e.GetKind() {
	case pg.A_Expr_Kind_AEXPR_IN, pg.A_Expr_Kind_AEXPR_BETWEEN:
		return true
	case pg.A_Expr_Kind_AEXPR_OP:
		return strings.Join(catalog.Strings(e.GetName()), "") == "=" && len(catalog.Columns(e.GetRexpr())) == 0
	}
	return false
}
