package lint

import (
	"fmt"
	"strings"

	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/migration/lint/effect"
	"github.com/plinth-go/plinth/internal/sqlparse"
)

var m801 = rule{
	Rule: lint.Rule{
		Code: m801Code, Slug: "does-not-execute", Title: "statement does not run", Severity: lint.Error, Fix: lint.FixNone, Since: "0.1",
		Rationale: "A syntax error, or an error the server gave when the statement was run on a throwaway server: a wrong type, an unknown object, a name that is taken. Without a trace only what the text and the replayed schema prove is reported. One bad statement does not hide the others.",
		FixText:   "correct the statement",
		Source:    "the server's own message",
	},
	stmt: func(p *pass, s *stmt) {
		if s.Kind == sqlparse.Meta {
			return
		}
		if s.Err != nil {
			p.found = append(p.found, lint.Finding{Code: p.cur.Code, File: s.file.Name, Line: s.Err.Line, Column: s.Err.Column, Statement: s.Text,
				Message: s.Err.Message, Fix: "-- correct the statement", Sources: []string{lint.Parsed}})
			return
		}
		if s.seen != nil && s.seen.Err != "" {
			if p.in.Open && undefined[s.seen.Code] {
				return
			}
			if s.seen.Code != inTransaction || !refuses(s) {
				message := s.seen.Err
				if s.seen.Code != "" {
					message = fmt.Sprintf("%s (%s)", message, s.seen.Code)
				}
				p.report(s, finding{message: message, fix: "-- correct the statement"})
			}
			return
		}
		for _, a := range s.actions {
			if a.Refused != "" && (s.seen == nil || !s.seen.Ran) {
				p.report(s, finding{object: a.Object, loc: a.Loc, state: true, message: a.Refused, fix: remedy(a)})
			}
		}
	},
}

// m801Code is the code of the rule that repeats the server's errors.
const m801Code = "M801"

// inTransaction is the server's code for a statement that cannot run in a transaction.
const inTransaction = "25001"

// undefined are the server's codes for what was never made: tables, columns, types, functions, schemas. Without a
// starting schema they prove nothing. The last is that of a statement behind one that failed.
var undefined = map[string]bool{"42P01": true, "42703": true, "42704": true, "42883": true, "3F000": true, "25P02": true}

// remedy is what to do about a statement the server refuses.
func remedy(a *effect.Action) string {
	switch {
	case a.Op == effect.DropIndex && a.Index != nil && a.Index.Constraint != "":
		return "ALTER TABLE " + a.Table.String() + " DROP CONSTRAINT " + ident(a.Index.Constraint) + ";"
	case a.Op == effect.CreateIndex:
		return onlineIndex(a.Node.GetIndexStmt(), a)
	case strings.Contains(a.Refused, "NOT VALID foreign key"):
		return "-- add it NOT VALID to each partition, VALIDATE each, and only then add it to " + a.Table.String()
	}
	return "-- correct the statement"
}
