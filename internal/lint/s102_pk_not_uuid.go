package lint

import "ariga.io/atlas/sql/schema"

var s102 = &schemaRule{
	Rule: Rule{
		Code: "S102", Slug: "pk-not-uuid", Severity: Warn, Fix: FixProposed, Since: "0.1",
		Title: "primary key that is not a UUID",
		Rationale: "A UUID can be made by any client before the row exists, never collides when data of two databases meet, and tells nobody how many rows there are. " +
			"Version 7 is ordered by time, so a B-tree of it fills like one of a sequence.\n\n" +
			"Not judged: composite keys (join tables), keys that are a foreign key (their type is the parent's), and keys that are a text code (S105).",
		FixText: "mixin.ID{} in an Ent schema: a UUID version 7 with a database default",
		Source:  "RFC 9562, section 5.7; house rule, switch it off where sequences are the policy",
	},
	needs: needPostgres,
	check: func(p *pass) {
		for _, t := range p.tables {
			c := t.surrogate()
			if c == nil || t.fkOn(c.Name) || t.small {
				continue
			}
			switch ty := p.typeOf(c); ty.fam {
			case famInt, famFloat, famNumeric:
				p.report(p.onColumn(t, c.Name), p.pick("mixin.ID{}", c.Name+" uuid PRIMARY KEY DEFAULT gen_random_uuid()"),
					"the primary key %s.%s is %s, not uuid", t.name, c.Name, ty)
			}
		}
	},
}

// surrogate is the only column of the primary key, or nil.
func (t *table) surrogate() *schema.Column {
	pk := t.pkColumns()
	if len(pk) != 1 {
		return nil
	}
	c, _ := t.Column(pk[0])
	return c
}

// notNull says that none of the columns may be null.
func (t *table) notNull(columns []string) bool {
	for _, name := range columns {
		if c, ok := t.Column(name); !ok || c.Type == nil || c.Type.Null {
			return false
		}
	}
	return true
}

// pick is the fix in the language of the source.
func (p *pass) pick(goText, sqlText string) string {
	if p.ent() {
		return goText
	}
	return sqlText
}
