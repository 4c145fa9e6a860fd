package requirement

import (
	"fmt"
	"go/token"
	gotypes "go/types"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/go-openapi/inflect"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

var (
	entityName  = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	fieldName   = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	queryName   = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	projectName = regexp.MustCompile(`^[a-z][a-z0-9]*([-_][a-z0-9]+)*$`)
	enumValue   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:/-]*$`)
	ruleCode    = regexp.MustCompile(`^[SM][0-9]{3}$`)
	kindName    = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)
)

// rules are those by which Ent names tables.
var rules = func() *inflect.Ruleset {
	r := inflect.NewDefaultRuleset()
	for _, w := range strings.Fields("ACL API ASCII AWS CPU CSS DNS EOF GB GUID HCL HTML HTTP HTTPS ID IP JSON KB LHS MAC " +
		"MB QPS RAM RHS RPC SLA SMTP SQL SSH SSO TCP TLS TTL UDP UI UID URI URL UTF8 UUID VM XML XMPP XSRF XSS") {
		r.AddAcronym(w)
	}
	return r
}()

// snake is Ent's snake_case: HTTPCode gives http_code.
func snake(s string) string {
	var (
		j int
		b strings.Builder
	)
	for i := range len(s) {
		r := rune(s[i])
		if i > 0 && i < len(s)-1 && unicode.IsUpper(r) {
			if unicode.IsLower(rune(s[i-1])) ||
				j != i-1 && unicode.IsLower(rune(s[i+1])) && unicode.IsLetter(rune(s[i-1])) {
				j = i
				b.WriteString("_")
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// plural is the table, or the edge to many, of an entity.
func plural(entity string) string { return snake(rules.Pluralize(entity)) }

// pascal turns snake_case into an exported Go name.
func pascal(s string) string {
	var b strings.Builder
	for _, w := range strings.Split(s, "_") {
		if w != "" {
			b.WriteString(strings.ToUpper(w[:1]) + w[1:])
		}
	}
	return b.String()
}

// entityOf proposes an entity's name for a table's.
func entityOf(table string) string {
	words := strings.Split(strings.ToLower(table), "_")
	words[len(words)-1] = rules.Singularize(words[len(words)-1])
	return pascal(strings.Join(words, "_"))
}

// entNames are what Ent's generated package declares or imports itself, in lower case.
var entNames = strings.Fields("aggregatefunc as asc client config count debug desc driver hook interceptor log mutatefunc mutation " +
	"mutator op option orderfunc max mean min schema sum policy query traversefunc tx value " +
	"context errors fmt math strings time ent dialect field migrate predicate runtime enttest internal intercept privacy " +
	"edge sql sqlgraph sqljson uuid reflect json")

// fieldNames are struct fields, methods and functions that Ent generates for every entity.
var fieldNames = strings.Fields("edges string update unwrap and or not columns valid_column")

// reserved are PostgreSQL's reserved words, which every hand-written statement would have to quote.
var reserved = strings.Fields("all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate " +
	"collation column concurrently constraint create cross current_catalog current_date current_role current_schema current_time " +
	"current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze from full " +
	"grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit localtime " +
	"localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references returning right " +
	"select session_user similar some symmetric system_user table tablesample then to trailing true union unique user using " +
	"variadic verbose when where window with")

// badEntity says why name cannot be an entity's, or nothing.
func badEntity(name string) string {
	pkg := strings.ToLower(name)
	switch {
	case !entityName.MatchString(name):
		want := pascal(snake(strings.Map(func(r rune) rune {
			if r == '-' || r == ' ' || r == '.' {
				return '_'
			}
			return r
		}, name)))
		if entityName.MatchString(want) {
			return fmt.Sprintf("an entity's name begins with a capital and has letters and digits only: %s", want)
		}
		return "an entity's name begins with a capital and has letters and digits only"
	case token.Lookup(pkg).IsKeyword(), gotypes.Universe.Lookup(pkg) != nil:
		return fmt.Sprintf("%q is a word of Go, and Ent names a package so; choose another name", pkg)
	case slices.Contains(entNames, pkg):
		return fmt.Sprintf("Ent's generated code uses %q itself; choose another name", name)
	case len(plural(name)) > 63:
		return "the table's name would be longer than PostgreSQL's 63 bytes"
	}
	return ""
}

// badField says why name cannot be an attribute's or relationship's of entity, or nothing.
func badField(entity, name string) string {
	switch {
	case !fieldName.MatchString(name):
		if want := snake(strings.ReplaceAll(name, "-", "_")); fieldName.MatchString(want) {
			return fmt.Sprintf("names are snake_case: %s", want)
		}
		return "names are snake_case: lower-case words joined by one underscore"
	case slices.Contains(fieldNames, name), strings.HasPrefix(name, "by_"):
		return fmt.Sprintf("Ent's generated code uses that name itself; for instance %s_%s", snake(entity), name)
	case slices.Contains(reserved, name):
		return fmt.Sprintf("it is a reserved word of SQL; for instance %s_%s", snake(entity), name)
	case len(name) > 63:
		return "it is longer than PostgreSQL's 63 bytes"
	}
	return ""
}

// badEdge says why name cannot be a relationship's of entity, or nothing. It may be a word of SQL: it is no column.
func badEdge(entity, name string) string {
	if slices.Contains(reserved, name) {
		return ""
	}
	return badField(entity, name)
}

// TableOf is the table that Ent gives an entity which does not name one.
func TableOf(entity string) string { return plural(entity) }

// CheckName is the name of a check's constraint.
func CheckName(t *Type, c *Check) string { return schemagraph.Name("ck", t.Table, c.Name) }
