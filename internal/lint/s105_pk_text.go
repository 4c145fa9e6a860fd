package lint

import "ariga.io/atlas/sql/schema"

var s105 = &schemaRule{
	Rule: Rule{
		Code: "S105", Slug: "pk-text", Severity: Warn, Fix: FixProposed, Since: "0.1",
		Title: "primary key of text",
		Rationale: "A text key is copied into every row and index that refers to it, compares by collation, and is usually a name that somebody will want to change. " +
			"A UUID kept as text takes 37 bytes where the type takes 16.\n\n" +
			"Codes of a standard (countries, currencies, languages) and other columns named code are legitimate: they are short and nobody renames them.",
		FixText: "a uuid primary key, and the text as a unique column",
		Source:  "PostgreSQL manual, 8.12 UUID Type; Celko, SQL Programming Style, chapter 3",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			c := t.surrogate()
			if c == nil || t.fkOn(c.Name) || p.typeOf(c).fam != famText || p.isCode(t, c) {
				continue
			}
			p.report(p.onColumn(t, c.Name), p.pick("mixin.ID{}, and "+c.Name+" as a Unique() field", "id uuid PRIMARY KEY DEFAULT gen_random_uuid(), UNIQUE ("+c.Name+")"),
				"the primary key %s.%s is %s", t.name, c.Name, p.typeOf(c))
		}
	},
}

// isCode says that a text column holds a short code that stays what it is.
func (p *pass) isCode(t *table, c *schema.Column) bool {
	if t.small {
		return true
	}
	if size := p.typeOf(c).size; size > 0 && size <= 5 {
		return true
	}
	w := words(c.Name)
	return hasAny(w, "code", "iso", "iso2", "iso3", "alpha", "currency", "country", "locale", "language", "lang", "timezone", "symbol")
}
