package lint

import (
	"fmt"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/migration/lint/catalog"
	"github.com/plinth-go/plinth/internal/migration/lint/effect"
)

var m117 = rule{
	Rule: lint.Rule{
		Code: "M117", Slug: "rewrite-command", Title: "command rewrites the table under a lock that blocks everything", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`VACUUM FULL`, `CLUSTER`, `SET LOGGED`, `SET UNLOGGED`, `SET ACCESS METHOD` and `SET TABLESPACE` write the whole table and its indexes anew under an AccessExclusive lock. They are maintenance, not migration: pg_repack and pg_squeeze do the same while the table is in use. A plain `VACUUM` is fine.",
		FixText:   "pg_repack or pg_squeeze, outside of the migrations",
		Source:    "PostgreSQL manual, VACUUM, CLUSTER, ALTER TABLE; measured on 11 to 18",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.RewriteCommand || !a.Rewrite || a.Table != nil && !p.hot(a.Table) {
			return
		}
		what, object := "Every table", a.Object
		if a.Table != nil {
			what = a.Table.String()
		}
		p.report(s, finding{object: object, state: a.Table != nil, fix: "-- pg_repack or pg_squeeze, outside of the migrations",
			message: fmt.Sprintf("%s is written anew by %s while nothing else can read or write it.%s", what, a.Kind, rowsOf(p, a.Table))})
	},
}

func rowsOf(p *pass, t *catalog.Table) string {
	if t == nil {
		return ""
	}
	return p.rows(t)
}

var m118 = rule{
	Rule: lint.Rule{
		Code: "M118", Slug: "attach-partition-scan", Title: "attached partition is read under a lock that blocks it", Severity: lint.Warn, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`ATTACH PARTITION` reads the whole table that is attached, under an AccessExclusive lock, to see that every row is within the bound; and the default partition too, if there is one. A valid CHECK that says what the bound says spares the reading. Add it `NOT VALID`, validate it, attach, and drop it.\n\nNot reported where the table is made in the same batch, or such a CHECK is there.",
		FixText:   "ADD CONSTRAINT … CHECK ({bound}) NOT VALID; VALIDATE CONSTRAINT; ATTACH PARTITION; DROP CONSTRAINT",
		Source:    "PostgreSQL manual, ALTER TABLE, ATTACH PARTITION; measured on 11 to 18",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.Attach {
			return
		}
		for _, t := range a.Scan {
			if !p.hot(t) {
				continue
			}
			f := finding{object: t.String(), state: true, message: fmt.Sprintf("%s is read from end to end while nothing else can read or write it.%s", t, p.rows(t))}
			if t != a.Ref {
				f.message = fmt.Sprintf("The default partition %s is read from end to end while nothing else can read or write it.%s", t, p.rows(t))
			}
			f.fix = attachSteps(s, a, t)
			p.report(s, f)
		}
		if a.Build && p.hot(a.Ref) {
			p.report(s, finding{object: a.Ref.String(), state: true, fix: "-- before: CREATE INDEX CONCURRENTLY on " + a.Ref.String() + " what " + a.Table.String() + " has",
				message: fmt.Sprintf("%s lacks an index that %s has; it is built while nothing else can read or write %s.%s", a.Ref, a.Table, a.Ref, p.rows(a.Ref))})
		}
	},
}

func attachSteps(s *stmt, a *effect.Action, t *catalog.Table) string {
	bound := a.Cmd.GetDef().GetPartitionCmd().GetBound()
	check := ""
	if len(a.Table.PartitionBy) == 1 && a.Table.PartitionBy[0] != "" && t == a.Ref {
		key := ident(a.Table.PartitionBy[0])
		if bound.GetStrategy() == "r" && len(bound.GetLowerdatums()) == 1 && len(bound.GetUpperdatums()) == 1 {
			check = key + " IS NOT NULL AND " + key + " >= " + exprSQL(bound.GetLowerdatums()[0]) + " AND " + key + " < " + exprSQL(bound.GetUpperdatums()[0])
		}
		if bound.GetStrategy() == "l" && len(bound.GetListdatums()) > 0 {
			check = key + " IS NOT NULL AND " + key + " IN ("
			for i, d := range bound.GetListdatums() {
				if i > 0 {
					check += ", "
				}
				check += exprSQL(d)
			}
			check += ")"
		}
	}
	if check == "" {
		return "-- before: a CHECK on " + t.String() + " that says what the bound says, NOT VALID and then VALIDATE CONSTRAINT"
	}
	name := ident(short("ck_" + t.Name + "_bound"))
	return steps("ALTER TABLE "+t.String()+" ADD CONSTRAINT "+name+" CHECK ("+check+") NOT VALID;",
		"ALTER TABLE "+t.String()+" VALIDATE CONSTRAINT "+name+";", s.Text+";\nALTER TABLE "+t.String()+" DROP CONSTRAINT "+name+";")
}

var m119 = rule{
	Rule: lint.Rule{
		Code: "M119", Slug: "detach-partition", Title: "partition detached under a lock that blocks the whole table", Severity: lint.Warn, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`DETACH PARTITION` takes an AccessExclusive lock on the partitioned table: every query on any partition waits. From PostgreSQL 14 `CONCURRENTLY` does not; it runs outside of a transaction, and not where there is a default partition.",
		FixText:   "ALTER TABLE {table} DETACH PARTITION {partition} CONCURRENTLY; in a file of its own with -- atlas:txmode none",
		Source:    "PostgreSQL manual, ALTER TABLE, DETACH PARTITION; measured on 14 to 18",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.Detach || a.Concurrent || !p.hot(a.Table) {
			return
		}
		for _, part := range a.Table.Partitions {
			if part.Default {
				return // there is no other way
			}
		}
		fix := "-- PostgreSQL before 14 has no other form: run it under a short lock_timeout, and retry"
		if p.opt.Version >= 14 {
			fix = online("ALTER TABLE " + a.Table.String() + " DETACH PARTITION " + a.Name + " CONCURRENTLY;")
		}
		p.report(s, finding{object: a.Object, state: a.Table.Known, fix: fix, message: fmt.Sprintf("Every query on %s waits, and this waits for every query that runs on it.", a.Table)})
	},
}

var m120 = rule{
	Rule: lint.Rule{
		Code: "M120", Slug: "refresh-matview", Title: "materialized view refreshed under a lock that blocks its readers", Severity: lint.Warn, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`REFRESH MATERIALIZED VIEW` takes an AccessExclusive lock for as long as the query runs. `CONCURRENTLY` lets reads through; it needs a unique index on the view, and cannot fill one that is empty.",
		FixText:   "REFRESH MATERIALIZED VIEW CONCURRENTLY {view}; with a unique index on it",
		Source:    "PostgreSQL manual, REFRESH MATERIALIZED VIEW; measured",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op == effect.Refresh && !a.Concurrent && a.Rewrite && p.hot(a.Table) {
			p.report(s, finding{object: a.Object, state: a.Table.Kind == catalog.MatView, fix: "REFRESH MATERIALIZED VIEW CONCURRENTLY " + a.Object + ";",
				message: fmt.Sprintf("Readers of %s wait until its query has run.", a.Table)})
		}
	},
}

var m121 = rule{
	Rule: lint.Rule{
		Code: "M121", Slug: "trigger-lock", Title: "trigger made or switched under a lock that blocks writes", Severity: lint.Warn, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "Making, enabling or disabling a trigger takes a ShareRowExclusive lock. It is brief, but it waits for every write that runs, and later writes wait behind it: keep it in a short transaction under a lock_timeout (it is then only information, as it is in a plain file). `DISABLE TRIGGER ALL` also switches off the triggers that enforce foreign keys, and rows that break them are never found again: an error.",
		FixText:   "SET LOCAL lock_timeout = '2s'; and nothing else in the transaction. Never DISABLE TRIGGER ALL: DISABLE TRIGGER USER",
		Source:    "PostgreSQL manual, ALTER TABLE, DISABLE TRIGGER; measured on 11 to 18",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.CreateTrigger && a.Op != effect.TriggerState || !used(a.Table) {
			return
		}
		f := finding{object: qualified(a.Table, a.Name), state: true, message: fmt.Sprintf("Writes to %s wait for this, and this waits for every write that runs on it.", a.Table),
			fix: "SET LOCAL lock_timeout = '2s';\n" + s.Text + ";"}
		if s.lockTimeout || p.opt.LockTimeout || !s.file.Migration {
			f.severity = lint.Info
		}
		if a.Cmd.GetSubtype() == pg.AlterTableType_AT_DisableTrigAll {
			f.severity, f.object = lint.Error, a.Table.String()
			f.message = fmt.Sprintf("The triggers that enforce the foreign keys of %s are switched off as well: rows that break them get in, and are never found.", a.Table)
			f.fix = "ALTER TABLE " + a.Table.String() + " DISABLE TRIGGER USER;"
		} else if !p.hot(a.Table) {
			return
		}
		p.report(s, f)
	},
}

var m122 = rule{
	Rule: lint.Rule{
		Code: "M122", Slug: "fk-drop-locks-parent", Title: "dropping a foreign key blocks both tables", Severity: lint.Warn, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "Dropping a foreign key, its column or the referencing table takes an AccessExclusive lock on the referenced table as well. It is brief, but it waits for every query on both, and everything after it waits behind it. Do it in a file of its own, under a lock_timeout; it is then not reported.",
		FixText:   "SET LOCAL lock_timeout = '2s'; and the statement alone in its file",
		Source:    "measured on 11 to 18",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		var ref *catalog.Table
		switch a.Op {
		case effect.DropConstraint, effect.DropColumn:
			ref = a.Ref
			if ref == nil && (a.Op != effect.DropConstraint || a.ConKind != catalog.ForeignKey || a.Sure) {
				return
			}
		case effect.DropTable:
			for _, l := range a.Locks[1:] {
				if l.Table != a.Table.Parent && p.hot(l.Table) {
					ref = l.Table
				}
			}
			if ref == nil {
				return
			}
		default:
			return
		}
		if !used(a.Table) || ref != nil && !p.hot(ref) || p.alone(s) && (s.lockTimeout || p.opt.LockTimeout) {
			return
		}
		other := "the table it refers to"
		if ref != nil {
			other = ref.String()
		}
		p.report(s, finding{object: a.Object, state: a.Sure, fix: "SET LOCAL lock_timeout = '2s';\n" + s.Text + ";",
			message: fmt.Sprintf("Reads and writes of %s wait as well as those of %s.", other, a.Table)})
	},
}

// alone says whether nothing but settings shares a statement's transaction.
func (p *pass) alone(s *stmt) bool {
	for _, o := range s.file.stmts {
		if o == s || o.tx != s.tx {
			continue
		}
		for _, a := range o.actions {
			if a.Op != effect.Set && a.Op != effect.Select && a.Op != effect.Transaction && a.Op != effect.Other {
				return false
			}
		}
	}
	return true
}
