package lint

import (
	"strings"

	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/migration/lint/effect"
	"github.com/plinth-go/plinth/internal/sqlparse"
)

var m601 = rule{
	Rule: lint.Rule{
		Code: "M601", Slug: "not-idempotent", Title: "statement cannot be repeated", Severity: lint.Off, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "Without IF EXISTS or IF NOT EXISTS a second run fails. Off by default: a runner with a revisions table never runs a file twice, and IF NOT EXISTS hides that something else is there. For concurrent indexes it is wrong (M214).",
		FixText:   "IF EXISTS, IF NOT EXISTS",
		Source:    "house rule",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.IfExists || a.IfNotExists || a.Concurrent {
			return
		}
		word := "IF NOT EXISTS"
		switch a.Op {
		case effect.CreateTable, effect.CreateIndex, effect.AddColumn:
		case effect.DropTable, effect.DropIndex, effect.DropColumn, effect.DropConstraint, effect.DropObject:
			word = "IF EXISTS"
		default:
			return
		}
		p.report(s, finding{object: a.Object, message: "A second run of this statement fails.", fix: "-- " + word})
	},
}

var m602 = rule{
	Rule: lint.Rule{
		Code: "M602", Slug: "setting-leaks", Title: "setting outlives the migration file", Severity: lint.Info, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`SET` without LOCAL stays for the session: the files after this one, and the runner's own statements, see it, above all a changed search_path. In a file that runs in a transaction use `SET LOCAL`.",
		FixText:   "SET LOCAL …",
		Source:    "PostgreSQL manual, SET",
	},
	stmt: func(p *pass, s *stmt) {
		n := s.Node.GetVariableSetStmt()
		if n == nil || n.GetIsLocal() || !s.file.Migration || s.file.none || strings.HasPrefix(n.GetKind().String(), "VAR_RESET") {
			return
		}
		switch strings.ToLower(n.GetName()) {
		case "search_path", "role", "session_authorization", "session_replication_role", "lock_timeout", "statement_timeout":
		default:
			return
		}
		fix := s.Text + ";"
		if rest, ok := cutWord(s.Text, "SET"); ok {
			if after, ok := cutWord(rest, "SESSION"); ok {
				rest = after
			}
			fix = "SET LOCAL " + rest + ";"
		}
		p.report(s, finding{object: strings.ToLower(n.GetName()), message: "The files after this one run with this setting as well.", fix: fix})
	},
}

// cutWord takes a word off the front of a statement, whatever its case.
func cutWord(text, word string) (string, bool) {
	text = strings.TrimSpace(text)
	if len(text) > len(word) && strings.EqualFold(text[:len(word)], word) && strings.ContainsRune(" \t\r\n", rune(text[len(word)])) {
		return strings.TrimSpace(text[len(word):]), true
	}
	return text, false
}

var m603 = rule{
	Rule: lint.Rule{
		Code: "M603", Slug: "unnamed-object", Title: "index or constraint whose name the server chooses", Severity: lint.Off, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "A later migration has to name what it drops, and the server's choice depends on what is there already. Off by default here: S504 says it of the schema.",
		FixText:   "name it: ix_…, uq_…, fk_…, ck_…",
		Source:    "house rule",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		switch {
		case a.Op == effect.CreateIndex && a.Name == "":
		case a.Op == effect.AddConstraint && a.Con.GetConname() == "" && !a.UsingIndex:
		default:
			return
		}
		p.report(s, finding{object: a.Table.String(), loc: a.Loc, message: "The server chooses the name.", fix: "-- name it"})
	},
}

var m604 = rule{
	Rule: lint.Rule{
		Code: "M604", Slug: "psql-only", Title: "psql command in a migration", Severity: lint.Error, Fix: lint.FixNone, Since: "0.1",
		Rationale: "A line that begins with a backslash, and rows after COPY … FROM stdin, are understood by psql and not by the server: a runner fails on them. The rest of the file is judged all the same. In a plain file, which somebody may hand to psql, it is only information.",
		FixText:   "remove the command; write INSERT … VALUES for the rows",
		Source:    "PostgreSQL manual, psql",
	},
	stmt: func(p *pass, s *stmt) {
		f := finding{message: "The server does not know psql's commands.", fix: "-- remove the line"}
		switch {
		case s.Kind == sqlparse.Meta:
		case s.CopyData:
			f.message, f.fix = "The server does not find the rows of COPY … FROM stdin in the text of a migration.", "-- INSERT … VALUES for the rows"
		default:
			return
		}
		if !s.file.Migration {
			f.severity = lint.Info
		}
		p.report(s, f)
	},
}

var m605 = rule{
	Rule: lint.Rule{
		Code: "M605", Slug: "comment-missing", Title: "migration file does not say what it does", Severity: lint.Off, Fix: lint.FixNone, Since: "0.1",
		Rationale: "Whoever reviews or repairs a migration later needs to know what it is for. A comment at the top is enough; directives do not count. Off by default.",
		FixText:   "-- what the file does, and why",
		Source:    "house rule",
	},
	file: func(p *pass, f *file) {
		if !f.Migration || len(f.parsed.Stmts) == 0 {
			return
		}
		for _, c := range f.parsed.Comments {
			word, _, _ := strings.Cut(c.Text, " ")
			if c.Start < f.parsed.Stmts[0].Start && c.Text != "" && !strings.Contains(word, ":") && !strings.HasPrefix(word, "+") {
				return
			}
		}
		p.reportFile(f.Name, 1, "", "Nothing says what the file does, and why.", "-- what the file does, and why")
	},
}
