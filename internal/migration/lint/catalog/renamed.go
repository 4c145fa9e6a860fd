package catalog

import (
	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
)

// renamed is an expression with a column called otherwise; the tree it is given stays as it is.
func renamed(n *pg.Node, from, to string) *pg.Node {
	cp := proto.Clone(n).(*pg.Node)
	Walk(cp, func(n *pg.Node) bool {
		if ColumnOf(n) == from {
			fields := n.GetColumnRef().GetFields()
			fields[len(fields)-1].GetString_().Sval = to
		}
		return true
	})
	return cp
}
