package lint

import "slices"

var s113 = &schemaRule{
	Rule: Rule{
		Code: "S113", Slug: "fk-self", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title:     "foreign key of a column to itself",
		Rationale: "A column that refers to itself is always satisfied: the constraint checks nothing and hides the one that was meant. A tree (parent_id to id) is another thing and not judged.",
		FixText:   "ALTER TABLE {table} DROP CONSTRAINT {name}, and write the one that was meant",
		Source:    "house rule",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, fk := range t.ForeignKeys {
				if fk.RefTable == t.Table && slices.Equal(columnNames(fk.Columns), columnNames(fk.RefColumns)) {
					p.report(p.onFK(t, fk), "ALTER TABLE "+t.name+" DROP CONSTRAINT "+fk.Symbol+";", "%s (%s) refers to itself, which is always true",
						t.name, quoteAll(columnNames(fk.Columns)))
				}
			}
		}
	},
}
