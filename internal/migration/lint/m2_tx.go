package lint

import (
	"fmt"
	"strings"

	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/migration/lint/catalog"
	"github.com/plinth-go/plinth/internal/migration/lint/effect"
)

// refuses says whether the server refuses a statement in a transaction.
func refuses(s *stmt) bool {
	for _, a := range s.actions {
		if a.NoTx {
			return true
		}
	}
	return false
}

// real are the statements of a file that do more than set, select or comment.
func real(f *file) (plain, outside []*stmt) {
	for _, s := range f.stmts {
		for _, a := range s.actions {
			if a.NoTx {
				outside = append(outside, s)
				break
			}
			if a.Schema() || a.DML() || a.Op == effect.Do {
				plain = append(plain, s)
				break
			}
		}
	}
	return plain, outside
}

var m201 = rule{
	Rule: lint.Rule{
		Code: "M201", Slug: "concurrently-in-transaction", Title: "statement that cannot run in a transaction stands in one", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`CREATE INDEX CONCURRENTLY`, `VACUUM` and their like end with error 25001 inside of a transaction block: between BEGIN and COMMIT, in a DO block, or in a migration file that runs in one transaction together with other statements.",
		FixText:   "alone in a file with -- atlas:txmode none",
		Source:    "PostgreSQL error 25001; measured",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if !a.NoTx {
			return
		}
		plain, _ := real(s.file)
		if !s.begun && !s.inner && (s.file.none || len(plain) == 0) {
			return
		}
		p.report(s, finding{object: a.Object, message: "The server refuses this inside of a transaction block (25001).", fix: online(strings.TrimSpace(s.Text) + ";")})
	},
}

var m202 = rule{
	Rule: lint.Rule{
		Code: "M202", Slug: "txmode-missing", Title: "migration file needs -- atlas:txmode none", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "A migration file runs in one transaction unless it says otherwise. One whose statements cannot run in a transaction has to say so in its first lines.",
		FixText:   "-- atlas:txmode none, and an empty line, at the top of the file",
		Source:    "Atlas, transaction modes; PostgreSQL error 25001", Aliases: []string{"PG103"}, Class: "concurrent_index",
	},
	file: func(p *pass, f *file) {
		plain, outside := real(f)
		if !f.Migration || f.none || len(plain) > 0 || len(outside) == 0 || outside[0].begun {
			return
		}
		p.report(outside[0], finding{object: outside[0].actions[0].Object, message: "The file runs in a transaction, in which the server refuses this statement (25001).",
			fix: noTx + strings.TrimSpace(outside[0].Text) + ";"})
	},
}

var m203 = rule{
	Rule: lint.Rule{
		Code: "M203", Slug: "mixed-tx-kinds", Title: "file mixes statements that need a transaction with ones that refuse it", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "With `-- atlas:txmode none` nothing in the file is undone when a statement fails: a failed concurrent build leaves the other statements applied, and the file can be neither finished nor repeated. Give the statements that refuse a transaction a file of their own.",
		FixText:   "split the file",
		Source:    "house rule",
	},
	file: func(p *pass, f *file) {
		plain, outside := real(f)
		if !f.declared || len(plain) == 0 || len(outside) == 0 {
			return
		}
		for _, s := range plain {
			if s.begun {
				continue
			}
			if own := indexRecipe(s, outside); own {
				continue
			}
			p.report(s, finding{object: s.actions[0].Object, message: fmt.Sprintf("Nothing undoes this when line %d fails.", outside[0].Line),
				fix: strings.TrimSpace(s.Text) + ";\n" + nextFile + "\n" + noTx + strings.TrimSpace(outside[0].Text) + ";"})
			return
		}
	},
}

// indexRecipe says whether a statement only attaches what the others build.
func indexRecipe(s *stmt, outside []*stmt) bool {
	for _, a := range s.actions {
		if a.Op != effect.AlterOther || a.Kind != "index" {
			return false
		}
	}
	return len(outside) > 0
}

var m204 = rule{
	Rule: lint.Rule{
		Code: "M204", Slug: "nested-or-open-transaction", Title: "BEGIN or COMMIT in a file that already runs in a transaction", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "The runner owns the transaction of a migration file. A COMMIT in the file ends it early, so that what follows is not undone on failure and the revision may be recorded wrongly; a BEGIN is only a warning, and its COMMIT ends the runner's. A file with `-- atlas:txmode none` may have its own; it has to close what it opens.",
		FixText:   "remove BEGIN and COMMIT",
		Source:    "PostgreSQL manual, BEGIN; Atlas, transaction modes", Class: "nestedtx",
	},
	file: func(p *pass, f *file) {
		var open *stmt
		for _, s := range f.stmts {
			switch transaction(s.Node) {
			case begins:
				if f.Migration && !f.none || open != nil {
					p.report(s, finding{message: "There is a transaction already.", fix: "-- remove " + strings.ToUpper(strings.TrimSpace(s.Text))})
				}
				open = s
			case ends:
				if f.Migration && !f.none && open == nil || open == nil && f.explicit {
					p.report(s, finding{message: "This ends a transaction that the file did not begin.", fix: "-- remove " + strings.ToUpper(strings.TrimSpace(s.Text))})
				}
				open = nil
			}
		}
		if open != nil && (!f.Migration || f.none) {
			p.report(open, finding{message: "The transaction is never ended, so everything behind it is undone.", fix: "COMMIT;"})
		}
	},
}

var m205 = rule{
	Rule: lint.Rule{
		Code: "M205", Slug: "validate-in-same-tx", Title: "constraint validated in the transaction that added it", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`NOT VALID` spares the long lock only if `VALIDATE CONSTRAINT` runs in a later transaction: the strong lock of `ADD CONSTRAINT` is held until the transaction ends, so the whole table is read under it after all.",
		FixText:   "move VALIDATE CONSTRAINT to the next file",
		Source:    "PostgreSQL manual, ALTER TABLE, Notes; measured",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.Validate || a.Old == nil || !a.Old.New || a.Old.Tx != s.tx || !p.hot(a.Table) {
			return
		}
		p.report(s, finding{object: a.Object, state: true, fix: nextFile + "\n" + strings.TrimSpace(s.Text) + ";",
			message: fmt.Sprintf("The lock of ADD CONSTRAINT is still held, so %s is read from end to end under it.%s", a.Table, p.rows(a.Table))})
	},
}

var m206 = rule{
	Rule: lint.Rule{
		Code: "M206", Slug: "work-after-access-exclusive", Title: "long work in a transaction that already blocks a table", Severity: lint.Warn, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "Locks are held until the transaction ends. A statement that reads, writes or waits for long, after one that took an AccessExclusive lock, makes a brief lock a long one.",
		FixText:   "move the later statement to another file",
		Source:    "PostgreSQL manual, Explicit Locking",
	},
	file: func(p *pass, f *file) {
		held := map[int]*effect.Action{} // by transaction
		for _, s := range f.stmts {
			for _, a := range s.actions {
				if h := held[s.tx]; h != nil && works(a) && (a.Op != effect.Validate || a.Old == nil || a.Old.Tx != s.tx) {
					p.report(s, finding{object: a.Object, state: true, fix: nextFile + "\n" + strings.TrimSpace(s.Text) + ";",
						message: fmt.Sprintf("%s is blocked by an earlier statement of this transaction, and stays so until this is done.", h.Table)})
					break
				}
			}
			for _, a := range s.actions {
				for _, l := range a.Locks {
					if l.Mode == effect.AccessExclusive && p.hot(l.Table) && held[s.tx] == nil {
						held[s.tx] = &effect.Action{Table: l.Table}
					}
				}
			}
		}
	},
}

// works says whether an action takes time with the rows of a table that was there before. Changes of rows are M208's.
func works(a *effect.Action) bool { return a.Long() && a.Table != nil && !a.Table.New }

var m207 = rule{
	Rule: lint.Rule{
		Code: "M207", Slug: "wide-lock-window", Title: "one transaction blocks several tables", Severity: lint.Warn, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "Each AccessExclusive lock is held until the end of the transaction, while the next one is waited for: the tables are blocked together, for as long as the slowest takes to get, and two such transactions can deadlock. The two tables of a foreign key count as one.",
		FixText:   "one table per file",
		Source:    "PostgreSQL manual, Explicit Locking, Deadlocks",
	},
	file: func(p *pass, f *file) {
		first := map[int]*catalog.Table{}
		told := map[int]bool{}
		for _, s := range f.stmts {
			own := map[*catalog.Table]bool{}
			for _, a := range s.actions {
				if a.Lock(a.Table) == effect.AccessExclusive && p.hot(a.Table) {
					own[a.Table] = true
				}
			}
			for _, a := range s.actions {
				t := a.Table
				if !own[t] || told[s.tx] {
					continue
				}
				switch h := first[s.tx]; {
				case h == nil:
					first[s.tx] = t
				case h != t && !related(h, t):
					told[s.tx] = true
					p.report(s, finding{object: t.String(), state: true, fix: nextFile + "\n" + strings.TrimSpace(s.Text) + ";",
						message: fmt.Sprintf("%s is blocked already when %s is waited for; both stay blocked until the transaction ends.", h, t)})
				}
			}
		}
	},
}

// related says whether a foreign key or partitioning ties two tables together.
func related(a, b *catalog.Table) bool {
	for _, k := range a.Constraints {
		if k.Ref == b {
			return true
		}
	}
	for _, k := range b.Constraints {
		if k.Ref == a {
			return true
		}
	}
	return a.Parent == b || b.Parent == a
}

var m208 = rule{
	Rule: lint.Rule{
		Code: "M208", Slug: "ddl-plus-backfill", Title: "schema change and data change in one transaction", Severity: lint.Warn, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "A backfill takes as long as there are rows, and the schema change's locks are held as long. It also cannot be repeated alone when it fails. Give it a file or a job of its own, in batches.\n\nNot reported for rows written to tables made in the same batch, and INSERT … VALUES.",
		FixText:   "the backfill in a file or job of its own, in batches",
		Source:    "house rule: schema changes and data changes never share a file",
	},
	file: func(p *pass, f *file) {
		ddl := map[int]*stmt{}
		for _, s := range f.stmts {
			for _, a := range s.actions {
				if a.Schema() && (used(a.Table) || a.Ref != nil && used(a.Ref)) && a.Lock(a.Table) >= effect.Share && ddl[s.tx] == nil {
					ddl[s.tx] = s
				}
			}
		}
		for _, s := range f.stmts {
			for _, a := range s.actions {
				if d := ddl[s.tx]; d != nil && d != s && a.DML() && a.Op != effect.Copy && p.hot(a.Table) && (a.Op != effect.Insert || !a.Batched) {
					p.report(s, finding{object: a.Object, state: true, fix: nextFile + "\n" + strings.TrimSpace(s.Text) + ";",
						message: fmt.Sprintf("The lock of line %d is held until these rows are changed.", d.Line)})
					break
				}
			}
		}
	},
}
