package effect

import (
	"slices"
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/plinth-go/plinth/internal/migration/lint/catalog"
)

// attach locks the parent weakly from 12 on, the partition fully, and reads the partition, and the default partition
// if there is one, unless a valid CHECK says what the bound says.
func (z *Analyzer) attach(a *Action, t *catalog.Table, cmd *pg.PartitionCmd) {
	p := z.Catalog.Table(cmd.GetName())
	a.Op, a.Ref, a.Object, a.Name = Attach, p, p.String(), p.String()
	if z.Version >= 12 {
		a.Locks[0].Mode = ShareUpdateExclusive
	}
	a.Locks = append(a.Locks, Lock{p, AccessExclusive})
	a.Sure = p.Known
	if !implied(t, p, cmd.GetBound()) {
		a.Scan = append(a.Scan, p)
	}
	a.Build = z.missesIndex(t, p)
	for _, d := range t.Partitions {
		if d.Default && d != p {
			a.Locks, a.Scan = append(a.Locks, Lock{d, AccessExclusive}), append(a.Scan, d)
		}
	}
}

// missesIndex says whether a table to be attached lacks an index that the partitioned table has, so that it is built.
func (z *Analyzer) missesIndex(t, p *catalog.Table) bool {
	own := z.Catalog.Indexes(p)
	for _, ix := range z.Catalog.Indexes(t) {
		if !slices.ContainsFunc(own, func(o *catalog.Index) bool { return slices.Equal(o.Columns, ix.Columns) && (o.Unique || !ix.Unique) }) {
			return true
		}
	}
	return false
}

func (z *Analyzer) detach(a *Action, t *catalog.Table, cmd *pg.AlterTableCmd) {
	part := cmd.GetDef().GetPartitionCmd()
	p := z.Catalog.Table(part.GetName())
	a.Op, a.Ref, a.Object, a.Name = Detach, p, p.String(), p.String()
	a.Concurrent = part.GetConcurrent() || cmd.GetSubtype() == pg.AlterTableType_AT_DetachPartitionFinalize
	if a.Concurrent {
		a.Locks[0].Mode, a.NoTx = ShareUpdateExclusive, part.GetConcurrent()
	}
	a.Locks = append(a.Locks, Lock{p, AccessExclusive})
	for _, d := range t.Partitions {
		if d.Default && d != p {
			if !a.Concurrent {
				a.Locks = append(a.Locks, Lock{d, AccessExclusive})
			} else {
				a.Refused = "cannot detach partitions concurrently when a default partition exists"
			}
		}
	}
}

// implied says whether the valid CHECK and NOT NULL constraints of a table say that every row is within a bound.
func implied(parent, p *catalog.Table, bound *pg.PartitionBoundSpec) bool {
	if len(parent.PartitionBy) != 1 || parent.PartitionBy[0] == "" || bound.GetIsDefault() {
		return false
	}
	key := parent.PartitionBy[0]
	facts := factsOf(p, key)
	if _, valid := p.ChecksNotNull(key); !valid && !p.IsNotNull(key) {
		return false
	}
	switch bound.GetStrategy() {
	case "r":
		lower, lowOpen := edge(bound.GetLowerdatums())
		upper, highOpen := edge(bound.GetUpperdatums())
		low, high := lowOpen, highOpen
		for _, f := range facts {
			switch f.op {
			case ">=", ">":
				c, ok := compare(f.value, lower)
				low = low || ok && c >= 0
			case "<":
				c, ok := compare(f.value, upper)
				high = high || ok && c <= 0
			case "<=":
				c, ok := compare(f.value, upper)
				high = high || ok && c < 0
			}
		}
		return low && high
	case "l":
		var values []string
		for _, d := range bound.GetListdatums() {
			values = append(values, constant(d))
		}
		for _, f := range facts {
			if f.op == "in" && len(f.values) > 0 && !slices.ContainsFunc(f.values, func(v string) bool { return v == "" || !slices.Contains(values, v) }) {
				return true
			}
		}
	}
	return false
}

// edge is one end of a range bound; open for MINVALUE and MAXVALUE.
func edge(datums []*pg.Node) (value string, open bool) {
	if len(datums) != 1 {
		return "", false
	}
	if ref := catalog.ColumnOf(datums[0]); strings.EqualFold(ref, "minvalue") || strings.EqualFold(ref, "maxvalue") {
		return "", true
	}
	return constant(datums[0]), false
}

// fact is what a CHECK says of a column: a comparison, or that it is one of several values.
type fact struct {
	op     string
	value  string
	values []string
}

func factsOf(t *catalog.Table, key string) []fact {
	var list []fact
	var read func(n *pg.Node)
	read = func(n *pg.Node) {
		if b := n.GetBoolExpr(); b != nil && b.GetBoolop() == pg.BoolExprType_AND_EXPR {
			for _, arg := range b.GetArgs() {
				read(arg)
			}
			return
		}
		e := n.GetAExpr()
		if e == nil || catalog.ColumnOf(e.GetLexpr()) != key {
			return
		}
		switch op := strings.Join(catalog.Strings(e.GetName()), ""); e.GetKind() {
		case pg.A_Expr_Kind_AEXPR_OP:
			if op == "=" {
				list = append(list, fact{op: "in", values: []string{constant(e.GetRexpr())}})
			}
			list = append(list, fact{op: op, value: constant(e.GetRexpr())})
		case pg.A_Expr_Kind_AEXPR_IN:
			if op == "=" {
				f := fact{op: "in"}
				for _, v := range e.GetRexpr().GetList().GetItems() {
					f.values = append(f.values, constant(v))
				}
				list = append(list, f)
			}
		case pg.A_Expr_Kind_AEXPR_OP_ANY:
			f := fact{op: "in"}
			arr := e.GetRexpr()
			if cast := arr.GetTypeCast(); cast != nil {
				arr = cast.GetArg()
			}
			for _, v := range arr.GetAArrayExpr().GetElements() {
				f.values = append(f.values, constant(v))
			}
			list = append(list, f)
		case pg.A_Expr_Kind_AEXPR_BETWEEN:
			if items := e.GetRexpr().GetList().GetItems(); len(items) == 2 {
				list = append(list, fact{op: ">=", value: constant(items[0])}, fact{op: "<=", value: constant(items[1])})
			}
		}
	}
	for _, k := range t.Constraints {
		if k.Kind == catalog.Check && k.Valid {
			read(k.Expr)
		}
	}
	return list
}

// constant is a constant's text; empty for anything else.
func constant(n *pg.Node) string {
	switch c := n.GetNode().(type) {
	case *pg.Node_TypeCast:
		return constant(c.TypeCast.GetArg())
	case *pg.Node_AConst:
		switch v := c.AConst.GetVal().(type) {
		case *pg.A_Const_Ival:
			return strconv.Itoa(int(v.Ival.GetIval()))
		case *pg.A_Const_Fval:
			return v.Fval.GetFval()
		case *pg.A_Const_Sval:
			return v.Sval.GetSval()
		case *pg.A_Const_Boolval:
			return strconv.FormatBool(v.Boolval.GetBoolval())
		}
	case *pg.Node_AExpr:
		if e := c.AExpr; e.GetLexpr() == nil && strings.Join(catalog.Strings(e.GetName()), "") == "-" {
			if v := constant(e.GetRexpr()); v != "" {
				return "-" + v
			}
		}
	}
	return ""
}

// compare orders two constants: as numbers, or as text of one shape (dates and times as ISO writes them).
func compare(a, b string) (int, bool) {
	if a == "" || b == "" {
		return 0, false
	}
	if x, err := strconv.ParseFloat(a, 64); err == nil {
		if y, err := strconv.ParseFloat(b, 64); err == nil {
			switch {
			case x < y:
				return -1, true
			case x > y:
				return 1, true
			}
			return 0, true
		}
		return 0, false
	}
	return strings.Compare(a, b), true
}

// kindByName guesses what a constraint that was never seen is, by the names the server and people give; empty where
// the name does not tell.
func kindByName(name string) catalog.ConstraintKind {
	n := strings.ToLower(name)
	switch {
	case strings.HasPrefix(n, "fk_") || strings.HasSuffix(n, "_fkey") || strings.HasSuffix(n, "_fk"):
		return catalog.ForeignKey
	case strings.HasPrefix(n, "pk_") || strings.HasSuffix(n, "_pkey") || strings.HasSuffix(n, "_pk"):
		return catalog.PrimaryKey
	case strings.HasPrefix(n, "ck_") || strings.HasPrefix(n, "chk_") || strings.HasSuffix(n, "_check"):
		return catalog.Check
	case strings.HasPrefix(n, "uq_") || strings.HasPrefix(n, "uk_") || strings.HasSuffix(n, "_key") || strings.HasSuffix(n, "_uniq"):
		return catalog.Unique
	}
	return ""
}
