package effect

import (
	"fmt"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/plinth-go/plinth/internal/sqlparse"
)

// needs says which major version a statement's syntax came with, and what of it; 0 for all that are supported.
func needs(n *pg.Node, newer sqlparse.Newer) (version int, what string) {
	most := func(v int, w string) {
		if v > version {
			version, what = v, w
		}
	}
	switch {
	case newer.Virtual:
		most(18, "a virtual generated column")
	case newer.NotEnforced:
		most(18, "NOT ENFORCED")
	case len(newer.NotNull) > 0:
		most(18, "a NOT NULL constraint of its own")
	}
	if s := n.GetReindexStmt(); s != nil {
		for _, p := range s.GetParams() {
			if p.GetDefElem().GetDefname() == "concurrently" {
				most(12, "REINDEX CONCURRENTLY")
			}
		}
	}
	if n.GetMergeStmt() != nil {
		most(15, "MERGE")
	}
	if n.GetIndexStmt().GetNullsNotDistinct() {
		most(15, "NULLS NOT DISTINCT")
	}
	for _, c := range n.GetAlterTableStmt().GetCmds() {
		cmd := c.GetAlterTableCmd()
		switch cmd.GetSubtype() {
		case pg.AlterTableType_AT_DetachPartition:
			if cmd.GetDef().GetPartitionCmd().GetConcurrent() {
				most(14, "DETACH PARTITION … CONCURRENTLY")
			}
		case pg.AlterTableType_AT_SetExpression:
			most(17, "SET EXPRESSION")
		case pg.AlterTableType_AT_DropExpression:
			most(13, "DROP EXPRESSION")
		case pg.AlterTableType_AT_SetAccessMethod:
			most(15, "SET ACCESS METHOD")
		case pg.AlterTableType_AT_SetCompression:
			most(14, "SET COMPRESSION")
		}
		if cmd.GetDef().GetConstraint().GetNullsNotDistinct() {
			most(15, "NULLS NOT DISTINCT")
		}
		generatedColumn(cmd.GetDef().GetColumnDef(), most)
	}
	for _, e := range n.GetCreateStmt().GetTableElts() {
		generatedColumn(e.GetColumnDef(), most)
		if e.GetConstraint().GetNullsNotDistinct() {
			most(15, "NULLS NOT DISTINCT")
		}
	}
	return version, what
}

func generatedColumn(def *pg.ColumnDef, most func(int, string)) {
	for _, k := range def.GetConstraints() {
		if k.GetConstraint().GetContype() == pg.ConstrType_CONSTR_GENERATED {
			most(12, "a generated column")
		}
	}
}

// tooNew is the reason why the server does not know a statement's syntax; empty where it does.
func (z *Analyzer) tooNew(n *pg.Node, newer sqlparse.Newer) string {
	if v, what := needs(n, newer); v > z.Version {
		return fmt.Sprintf("%s needs PostgreSQL %d; the server is %d", what, v, z.Version)
	}
	return ""
}
