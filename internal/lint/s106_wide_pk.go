package lint

import "slices"

var s106 = &schemaRule{
	Rule: Rule{
		Code: "S106", Slug: "natural-or-wide-pk", Severity: Info, Fix: FixNone, Since: "0.1",
		Title: "primary key of many columns, or of values with a meaning",
		Rationale: "Every foreign key to the table repeats the whole key, and a value with a meaning (a date, an amount) changes some day, in all of them.\n\n" +
			"Not judged: join tables, tables whose key is made of foreign keys and one number within them, and partitioned tables, where the key must contain the partition's columns.",
		FixText: "a surrogate key, and the columns as a unique constraint",
		Source:  "Date, An Introduction to Database Systems, chapter 14",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			pk := slices.DeleteFunc(slices.Clone(t.pkColumns()), func(c string) bool { return c == p.tenancy })
			if len(pk) == 0 || t.join() || partitioned(t.Table) != nil {
				continue
			}
			switch natural := p.natural(t, pk); {
			case len(pk) > 2 && !p.allForeign(t, pk):
				p.report(p.onIndex(t, t.indexes[0]), "a surrogate key, and UNIQUE ("+quoteAll(pk)+")", "the primary key of %s has %d columns: %s", t.name, len(pk), quoteAll(pk))
			case natural != "":
				p.report(p.onIndex(t, t.indexes[0]), "a surrogate key, and UNIQUE ("+quoteAll(pk)+")", "the primary key of %s contains %s, a value that may change", t.name, natural)
			}
		}
	},
}

func (p *pass) allForeign(t *table, columns []string) bool {
	return !slices.ContainsFunc(columns, func(c string) bool { return !t.fkOn(c) })
}

// natural is the first column of a key whose type is that of a fact rather than of an identifier.
func (p *pass) natural(t *table, pk []string) string {
	for _, name := range pk {
		c, ok := t.Column(name)
		if !ok || t.fkOn(name) {
			continue
		}
		switch p.typeOf(c).fam {
		case famTime, famNumeric, famFloat, famMoney, famBool:
			return name
		case famText:
			if len(pk) > 1 && !p.isCode(t, c) {
				return name
			}
		}
	}
	return ""
}
