package lint

import (
	"slices"

	"ariga.io/atlas/sql/schema"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

var s404 = &schemaRule{
	Rule: Rule{
		Code: "S404", Slug: "enum-no-check", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title: "enumeration that the database does not check",
		Rationale: "Ent checks an enum's values in the client only: a migration, a script or another service can write anything, and the client then fails when it reads it. " +
			"A CHECK with the list, a native enum type, or a foreign key to a lookup table keeps it.\n\n" +
			"In a source that does not say what is an enumeration, text columns named status, state, type or kind are reported as information.",
		FixText: "CHECK ({column} IN ({values}))",
		Source:  "PostgreSQL manual, 5.5.1 Check Constraints; Ent documentation, Enum fields",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, c := range t.Columns {
				ty := p.typeOf(c)
				if ty.fam != famText || ty.array || t.fkOn(c.Name) || generated(c) || p.checked(t, c, ty) {
					continue
				}
				f := t.field(c.Name)
				switch {
				case f != nil && len(f.Enum) > 0:
					p.report(p.onColumn(t, c.Name), `entsql.Checks(map[string]string{"`+ckName(t, c)+`": "`+inList(c.Name, f.Enum)+`"})`, "%s.%s is an enum in the client and any text in the database", t.name, c.Name).
						fix(Edit{Entity: t.entity.Name, Annotation: `entsql.Checks(map[string]string{"` + ckName(t, c) + `": "` + inList(c.Name, f.Enum) + `"})`, Name: ckName(t, c)})
				case t.enumLike(c.Name) && f == nil:
					p.report(p.onColumn(t, c.Name), "ALTER TABLE "+t.name+" ADD CONSTRAINT ck_"+t.Table.Name+"_"+c.Name+" CHECK ("+c.Name+" IN (…)) NOT VALID;",
						"%s.%s looks like an enumeration, and the database accepts any text", t.name, c.Name).Severity = Info
				case t.enumLike(c.Name):
					p.report(p.onColumn(t, c.Name), `field.Enum("`+f.Name+`").Values(…)`, "%s.%s looks like an enumeration, and the database accepts any text", t.name, c.Name).Severity = Info
				}
			}
		}
	},
}

func (p *pass) checked(t *table, c *schema.Column, ty typ) bool {
	if slices.ContainsFunc(t.checks, func(k *schema.Check) bool { return p.listsValues(k.Expr, c.Name) }) {
		return true
	}
	d, ok := p.domains[toLower(ty.domain)]
	return ok && slices.ContainsFunc(d.Checks, func(k string) bool { return p.listsValues(k, "value") })
}

// enumLike says that a name's last word is that of an enumeration. content_type and mime_type are open lists.
// The state of an address is a place.
func (t *table) enumLike(name string) bool {
	w := words(name)
	if len(w) > 0 && w[len(w)-1] == "state" {
		for _, c := range t.Columns {
			if hasAny(words(c.Name), "city", "zip", "zipcode", "postal", "postcode", "street", "country", "province", "county") {
				return false
			}
		}
	}
	return len(w) > 0 && hasAny(w[len(w)-1:], "status", "state", "type", "kind") && !hasAny(w, "content", "mime", "media", "event", "file")
}

func ckName(t *table, c *schema.Column) string { return schemagraph.Name("ck", t.Table.Name, c.Name) }

func inList(column string, values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = "'" + v + "'"
	}
	return column + " IN (" + quoteAll(quoted) + ")"
}
