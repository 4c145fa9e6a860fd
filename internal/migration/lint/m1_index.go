package lint

import (
	"fmt"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/migration/lint/catalog"
	"github.com/plinth-go/plinth/internal/migration/lint/effect"
)

var m101 = rule{
	Rule: lint.Rule{
		Code: "M101", Slug: "index-not-concurrent", Title: "index built under a lock that blocks every write", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`CREATE INDEX` holds a Share lock from the start of the build to the end of the transaction: every insert, update and delete on the table waits. `CONCURRENTLY` builds in the background; it cannot run in a transaction, so it needs a file of its own.\n\nNot reported for a table made in the same batch, a table declared small, temporary and unlogged tables, and `ON ONLY` a partitioned table.",
		FixText:   "CREATE INDEX CONCURRENTLY {name} ON {table} …, in a file of its own with -- atlas:txmode none; if it fails, DROP INDEX CONCURRENTLY IF EXISTS {name} and retry",
		Source:    "PostgreSQL manual, CREATE INDEX, Building Indexes Concurrently; measured on 11 to 18", Aliases: []string{"PG101"}, Class: "concurrent_index",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.CreateIndex || a.Concurrent || !a.Build || !p.hot(a.Table) || a.Table.Unlogged {
			return
		}
		n := a.Node.GetIndexStmt()
		p.report(s, finding{object: qualified(a.Table, a.Name), within: within2(a), state: true,
			message: fmt.Sprintf("Writes to %s wait until the index is built.%s", a.Table, p.rows(a.Table)),
			fix:     onlineIndex(n, a)})
	},
}

func within2(a *effect.Action) []string {
	var list []string
	for _, c := range a.Columns {
		list = append(list, a.Table.String()+"."+c)
	}
	return append(list, a.Table.String())
}

// qualified is an object of a table, "orders.ix_orders_status"; the table where it has no name.
func qualified(t *catalog.Table, name string) string {
	if name == "" {
		return t.String()
	}
	return t.String() + "." + name
}

// onlineIndex is the form of CREATE INDEX that lets writes through.
func onlineIndex(n *pg.IndexStmt, a *effect.Action) string {
	if a.Table.Kind != catalog.Partitioned {
		return online(indexSQL(n, func(s *pg.IndexStmt) { s.Concurrent, s.IfNotExists = true, false }))
	}
	name := a.Name
	if name == "" {
		name = "ix_" + a.Table.Name
	}
	files := []string{indexSQL(n, func(s *pg.IndexStmt) { s.Relation.Inh, s.Idxname = false, name })}
	var attach []string
	for _, part := range a.Table.Partitions {
		ix := short(name + "_" + part.Name)
		files = append(files, online(indexSQL(n, func(s *pg.IndexStmt) {
			s.Relation, s.Idxname, s.Concurrent = relation(part), ix, true
		})))
		attach = append(attach, "ALTER INDEX "+ident(name)+" ATTACH PARTITION "+ident(ix)+";")
	}
	if len(attach) == 0 {
		return files[0] + "\n-- then for each partition CREATE INDEX CONCURRENTLY, and ALTER INDEX " + ident(name) + " ATTACH PARTITION it"
	}
	return steps(append(files, lines(attach...))...)
}

var m102 = rule{
	Rule: lint.Rule{
		Code: "M102", Slug: "drop-index-not-concurrent", Title: "index dropped under a lock that blocks everything", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`DROP INDEX` takes an AccessExclusive lock on the table. It is brief, but it waits for every running query, and everything that comes after waits behind it. `CONCURRENTLY` does not.\n\nAn index that backs a constraint cannot be dropped at all: drop the constraint. A partitioned index cannot be dropped concurrently. Not reported for an index or a table made in the same batch.",
		FixText:   "DROP INDEX CONCURRENTLY {name}, in a file of its own with -- atlas:txmode none",
		Source:    "PostgreSQL manual, DROP INDEX; measured on 11 to 18", Aliases: []string{"PG102"}, Class: "concurrent_index",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.DropIndex || a.Concurrent || a.Refused != "" || a.Index != nil && (!p.hot(a.Table) || a.Index.New) {
			return
		}
		if a.Index != nil && a.Table.Kind == catalog.Partitioned {
			return
		}
		ifExists := ""
		if a.IfExists {
			ifExists = "IF EXISTS "
		}
		f := finding{object: a.Object, message: "Reads and writes of the index's table wait for this, and this waits for every query that runs.",
			fix: online("DROP INDEX CONCURRENTLY " + ifExists + a.Object + ";"), state: a.Index != nil}
		if a.Index != nil {
			f.object, f.message = qualified(a.Table, a.Name), fmt.Sprintf("Reads and writes of %s wait for this, and this waits for every query that runs on it.", a.Table)
		}
		p.report(s, f)
	},
}

var m103 = rule{
	Rule: lint.Rule{
		Code: "M103", Slug: "reindex-not-concurrent", Title: "index rebuilt under a lock that blocks writes and its use", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`REINDEX` holds a Share lock on the table and an AccessExclusive lock on each index while it builds: writes wait, and so does every query that would use the index. From PostgreSQL 12 `CONCURRENTLY` avoids both; on 11 build a new index beside the old one and swap.",
		FixText:   "REINDEX INDEX CONCURRENTLY {name}, in a file of its own with -- atlas:txmode none",
		Source:    "PostgreSQL manual, REINDEX; measured on 11 to 18",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.Reindex || a.Concurrent || a.Table != nil && !p.hot(a.Table) || a.Kind == "system" {
			return
		}
		what := map[string]string{"index": "INDEX ", "table": "TABLE ", "schema": "SCHEMA ", "database": "DATABASE "}[a.Kind]
		fix := online("REINDEX " + what + "CONCURRENTLY " + a.Object + ";")
		if p.opt.Version < 12 {
			fix = "-- PostgreSQL 11: CREATE INDEX CONCURRENTLY a new one, DROP INDEX CONCURRENTLY the old one, ALTER INDEX … RENAME"
		}
		p.report(s, finding{object: a.Object, message: "Writes wait until the rebuild ends, and so does every query that would use the index.", fix: fix, state: a.Table != nil})
	},
}

var m214 = rule{
	Rule: lint.Rule{
		Code: "M214", Slug: "cic-if-not-exists", Title: "CREATE INDEX CONCURRENTLY IF NOT EXISTS hides an invalid index", Severity: lint.Warn, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "A concurrent build that failed leaves an index of that name behind, marked invalid: queries do not use it, writes maintain it. `IF NOT EXISTS` then succeeds without building anything, and the migration counts as done.",
		FixText:   "DROP INDEX CONCURRENTLY IF EXISTS {name}; CREATE INDEX CONCURRENTLY {name} …",
		Source:    "PostgreSQL manual, CREATE INDEX; measured",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.CreateIndex || !a.Concurrent || !a.IfNotExists || a.Name == "" {
			return
		}
		for _, before := range s.file.stmts[:s.index] {
			for _, b := range before.actions {
				if b.Op == effect.DropIndex && b.Name == a.Name && b.IfExists {
					return
				}
			}
		}
		n := a.Node.GetIndexStmt()
		p.report(s, finding{object: qualified(a.Table, a.Name), message: "If an earlier attempt failed, an invalid index of this name is there: this statement then does nothing, and reports success.",
			fix: online("DROP INDEX CONCURRENTLY IF EXISTS "+catalog.Display(a.Table.Schema, a.Name)+";", indexSQL(n, func(s *pg.IndexStmt) { s.IfNotExists = false }))})
	},
}
