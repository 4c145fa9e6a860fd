package lint

import (
	"regexp"
	"strings"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

var s405 = &schemaRule{
	Rule: Rule{
		Code: "S405", Slug: "app-only-default", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title: "default that only the client knows",
		Rationale: "Rows that arrive another way (a migration, COPY, another service, psql) get NULL or an error. A default computed by a Go function has a twin in the database: " +
			"time.Now is now(), uuid.New is gen_random_uuid().",
		FixText: "entsql.DefaultExpr(\"…\") or entsql.Default(\"…\") beside Default",
		Source:  "Ent documentation, Database Default Values",
	},
	needs: needEnt,
	check: func(p *pass) {
		for _, t := range p.tables {
			if t.entity == nil {
				continue
			}
			for _, f := range t.entity.Fields {
				c, ok := t.Column(f.Column)
				if !ok || !f.Default && !f.DefaultFunc || f.DBDefault || c.Default != nil || identity(c) || generated(c) || p.typeOf(c).serial {
					continue
				}
				p.report(p.onColumn(t, c.Name), p.twin(f.Type), "%s.%s has a default in the client, and none in the database", t.name, c.Name).fix(p.twinEdit(t, f)...)
			}
		}
	},
}

// twin is the database's form of the default that Go functions of a type usually compute.
func (p *pass) twin(entType string) string {
	switch {
	case entType == "time" && p.postgres():
		return `entsql.DefaultExpr("now()")`
	case entType == "time":
		return `entsql.DefaultExpr("CURRENT_TIMESTAMP")`
	case entType == "uuid" && p.postgres():
		return `entsql.DefaultExpr("gen_random_uuid()")`
	case entType == "json":
		return `entsql.Default("{}")`
	}
	return `entsql.DefaultExpr("…")`
}

// twinEdit is the step that gives a computed default its twin, where the twin is known.
func (p *pass) twinEdit(t *table, f *schemagraph.Field) []Edit {
	twin := p.twin(f.Type)
	if strings.Contains(twin, "…") || f.Type == "json" {
		return nil
	}
	return t.builder(f.Column, Edit{Annotate: []string{twin}})
}

var s406 = &schemaRule{
	Rule: Rule{
		Code: "S406", Slug: "volatile-default", Severity: Warn, Fix: FixNone, Since: "0.1",
		Title: "default or check that gives another answer each time",
		Rationale: "clock_timestamp() and random() differ from row to row of one statement, so rows written together do not agree, and adding such a column rewrites the table. A check that calls a volatile function may hold today and fail when a dump is loaded. " +
			"now() is stable and fine; functions that make identifiers are volatile by nature and not judged.",
		FixText: "now() for a moment; an immutable expression in a check",
		Source:  "PostgreSQL manual, 38.7 Function Volatility Categories; CREATE TABLE: CHECK",
	},
	check: func(p *pass) {
		user := make(map[string]bool)
		if p.live != nil {
			for _, f := range p.live.Functions {
				if f.Volatile {
					user[strings.ToLower(f.Plain)] = true
				}
			}
		}
		for _, t := range p.tables {
			for _, c := range t.Columns {
				if m := volatileCall.FindStringSubmatch(strings.ToLower(defaultText(c))); m != nil {
					p.report(p.onColumn(t, c.Name), "now()", "the default of %s.%s calls %s(), which is volatile", t.name, c.Name, m[1])
				}
			}
			for _, k := range t.checks {
				expr := stringPattern.ReplaceAllString(strings.ToLower(k.Expr), "''")
				for _, m := range anyCall.FindAllStringSubmatch(expr, -1) {
					if user[m[1]] || volatileCall.MatchString(m[0]) {
						p.report(p.onCheck(t, k), "declare the function IMMUTABLE if it is, or use another expression", "check %s of %s calls %s(), which is volatile", k.Name, t.name, m[1])
						break
					}
				}
			}
		}
	},
}

var (
	volatileCall = regexp.MustCompile(`\b(clock_timestamp|random|timeofday|random_normal|setval|pg_sleep)\s*\(`)
	anyCall      = regexp.MustCompile(`([a-z_][a-z0-9_]*)\s*\(`)
)
