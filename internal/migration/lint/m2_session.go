package lint

import (
	"fmt"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/migration/lint/catalog"
	"github.com/plinth-go/plinth/internal/migration/lint/effect"
)

var m209 = rule{
	Rule: lint.Rule{
		Code: "M209", Slug: "enum-value-used-in-same-tx", Title: "enum value used in the transaction that added it", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "From PostgreSQL 12 `ALTER TYPE … ADD VALUE` may run in a transaction, but the new value must not be used before that is committed (55P04). On 11 it is refused in any transaction (25001).\n\nNot reported where the type itself is made in the same transaction.",
		FixText:   "ADD VALUE alone in a file, use it in the next one",
		Source:    "PostgreSQL manual, ALTER TYPE, Notes; errors 55P04 and 25001",
	},
	stmt: func(p *pass, s *stmt) {
		if len(s.enums) == 0 || s.Node == nil || s.alone {
			return
		}
		if s.Node.GetAlterEnumStmt() != nil || s.Node.GetCommentStmt() != nil {
			return
		}
		for value, t := range s.enums {
			if mentions(s, value) {
				p.report(s, finding{object: catalog.Display(t.Schema, t.Name), state: true, fix: nextFile + "\n" + strings.TrimSpace(s.Text) + ";",
					message: fmt.Sprintf("The value %q is added in this transaction and cannot be used in it (55P04).", value)})
				return
			}
		}
	},
}

// mentions says whether a statement uses a string constant where it is evaluated at once.
func mentions(s *stmt, value string) bool {
	if s.Node.GetCreateFunctionStmt() != nil || s.Node.GetDoStmt() != nil {
		return false
	}
	found := false
	catalog.Walk(s.Node, func(n *pg.Node) bool {
		if c := n.GetAConst(); c.GetSval() != nil && c.GetSval().GetSval() == value {
			found = true
		}
		return !found
	})
	return found
}

// blocks says whether an action takes a lock on a table in use that makes others wait.
func (p *pass) blocks(a *effect.Action) *catalog.Table {
	for _, l := range a.Locks {
		if l.Mode >= effect.Share && p.hot(l.Table) && a.Op != effect.Refresh && a.Op != effect.RewriteCommand {
			return l.Table
		}
	}
	return nil
}

// once calls check for the statements of a file until it says that it has reported.
func once(check func(*pass, *stmt, *effect.Action) bool) func(*pass, *file) {
	return func(p *pass, f *file) {
		for _, s := range f.stmts {
			for _, a := range s.actions {
				if check(p, s, a) {
					return
				}
			}
		}
	}
}

// elsewhere says whether the current rule is configured to trust that the timeout is set elsewhere.
func (p *pass) elsewhere() bool { return p.opt.Config.Bool(&p.cur.Rule, "set_elsewhere") }

var m210 = rule{
	Rule: lint.Rule{
		Code: "M210", Slug: "lock-timeout", Title: "strong lock is waited for without a limit", Severity: lint.Warn, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "A statement that waits for a strong lock blocks everything that comes after it, even if it would be brief itself: one long-running query is enough to stop a table. A lock_timeout makes it give up, and it can be tried again.\n\nSatisfied where the role or the runner sets one, by configuration. Reported once a file; in a plain file, which says nothing of its session, only as information.",
		FixText:   "SET LOCAL lock_timeout = '2s'; at the top of the file (SET where there is no transaction)",
		Source:    "PostgreSQL manual, lock_timeout",
		Options:   []lint.Option{{Name: "set_elsewhere", Default: "false", Doc: "the role or the runner sets the timeout, so files need not"}},
	},
	milder: lint.Info,
	file: once(func(p *pass, s *stmt, a *effect.Action) bool {
		t := p.blocks(a)
		if t == nil || s.lockTimeout || p.opt.LockTimeout || p.elsewhere() {
			return false
		}
		set := "SET LOCAL lock_timeout = '2s';\n"
		if s.alone {
			set = "SET lock_timeout = '2s';\n"
		}
		p.report(s, finding{object: t.String(), state: true, fix: set + strings.TrimSpace(s.Text) + ";",
			message: fmt.Sprintf("While this waits for %s, every query that comes after it waits as well.", t)})
		return true
	}),
}

var m211 = rule{
	Rule: lint.Rule{
		Code: "M211", Slug: "statement-timeout", Title: "long statement under a strong lock without a limit", Severity: lint.Info, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "A statement that takes longer than expected keeps its lock as long. A statement_timeout ends it. `VALIDATE CONSTRAINT` and concurrent builds take weak locks and need a long one, or none.",
		FixText:   "SET LOCAL statement_timeout = '30s'; at the top of the file",
		Source:    "PostgreSQL manual, statement_timeout",
		Options:   []lint.Option{{Name: "set_elsewhere", Default: "false", Doc: "the role or the runner sets the timeout, so files need not"}},
	},
	file: once(func(p *pass, s *stmt, a *effect.Action) bool {
		t := p.blocks(a)
		if t == nil || !a.Long() || s.timeout || p.opt.StatementTimeout || p.elsewhere() {
			return false
		}
		p.report(s, finding{object: t.String(), state: true, fix: "SET LOCAL statement_timeout = '30s';",
			message: fmt.Sprintf("%s stays blocked for as long as this takes.", t)})
		return true
	}),
}

var m212 = rule{
	Rule: lint.Rule{
		Code: "M212", Slug: "explicit-table-lock", Title: "LOCK TABLE in a mode that blocks others", Severity: lint.Warn, Fix: lint.FixNone, Since: "0.1",
		Rationale: "`LOCK TABLE` without a mode takes an AccessExclusive lock and keeps it until the transaction ends. The statements of a migration take the locks they need themselves, in the weakest mode that does.",
		FixText:   "remove it, or name the weakest mode that does: LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE",
		Source:    "PostgreSQL manual, LOCK",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op == effect.LockTable && a.Lock(a.Table) >= effect.Share && p.hot(a.Table) {
			p.report(s, finding{object: a.Object, message: fmt.Sprintf("%s stays locked in %s mode until the transaction ends.", a.Table, a.Lock(a.Table)), fix: "-- remove the LOCK TABLE"})
		}
	},
}

var m213 = rule{
	Rule: lint.Rule{
		Code: "M213", Slug: "merge-alters", Title: "several ALTER TABLE of one table could be one", Severity: lint.Info, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "Each ALTER TABLE that reads or writes the whole table does so by itself; the actions of one statement share one pass. Never merge `NOT VALID` with `VALIDATE`, or `SET NOT NULL` with the `DROP CONSTRAINT` that follows it: their order is the point.",
		FixText:   "one ALTER TABLE with several actions",
		Source:    "PostgreSQL manual, ALTER TABLE, Notes",
	},
	file: func(p *pass, f *file) {
		for i := 1; i < len(f.stmts); i++ {
			a, b := f.stmts[i-1], f.stmts[i]
			if t := passes(p, a); t != nil && t == passes(p, b) && a.tx == b.tx {
				p.report(b, finding{object: t.String(), state: true, fix: "-- one ALTER TABLE " + t.String() + " with the actions of both",
					message: fmt.Sprintf("%s is worked through once for line %d and again for this one.", t, a.Line)})
			}
		}
	},
}

// passes is the table that an ALTER TABLE works through by reading or writing all of it.
func passes(p *pass, s *stmt) *catalog.Table {
	if s.Node.GetAlterTableStmt() == nil {
		return nil
	}
	for _, a := range s.actions {
		if p.hot(a.Table) && (a.Rewrite || slices.Contains(a.Scan, a.Table) && a.ConKind != catalog.ForeignKey) && a.Op != effect.Validate {
			return a.Table
		}
	}
	return nil
}

var m215 = rule{
	Rule: lint.Rule{
		Code: "M215", Slug: "idle-timeout", Title: "transaction may stay open and keep its locks", Severity: lint.Off, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "When the runner hangs or loses its network between two statements, its locks stay until the server notices. `idle_in_transaction_session_timeout` ends such a session. Off by default: it belongs to the role that migrates.",
		FixText:   "SET LOCAL idle_in_transaction_session_timeout = '10s'; or on the role",
		Source:    "PostgreSQL manual, idle_in_transaction_session_timeout",
	},
	file: once(func(p *pass, s *stmt, a *effect.Action) bool {
		if t := p.blocks(a); t != nil && !s.alone && !s.idleTimeout {
			p.report(s, finding{object: t.String(), message: "A session that hangs here keeps its lock.", fix: "SET LOCAL idle_in_transaction_session_timeout = '10s';"})
			return true
		}
		return false
	}),
}
