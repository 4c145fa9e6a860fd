package lint

import (
	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/migration/lint/effect"
	"github.com/plinth-go/plinth/internal/sqlparse"
)

// innerStatements are the SQL statements that a DO block runs.
func innerStatements(s *sqlparse.Stmt) []*sqlparse.Stmt {
	if s.Node.GetDoStmt() == nil {
		return nil
	}
	list, _ := sqlparse.Inner(s)
	return list
}

var m802 = rule{
	Rule: lint.Rule{
		Code: "M802", Slug: "dynamic-sql", Title: "SQL put together at run time cannot be judged", Severity: lint.Info, Fix: lint.FixNone, Since: "0.1",
		Rationale: "What `EXECUTE` runs inside of a DO block is known only when it runs. Static statements in the block are judged like any others; the dynamic ones are a gap in the coverage. Traced on a throwaway server, their locks are seen all the same.",
		FixText:   "write the statements out, or lint with a trace",
		Source:    "PostgreSQL manual, 43.5.4 Executing Dynamic Commands",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.Do {
			return
		}
		if _, dynamic := sqlparse.Inner(s.Stmt); dynamic {
			p.gaps = append(p.gaps, s.place()+": dynamic SQL in a DO block was not read")
			p.report(s, finding{message: "The block runs SQL that it puts together at run time, so its locks and rewrites cannot be known from the text.",
				fix: "-- write the statements out one by one, or lint with a trace on a throwaway server"})
		}
	},
}
