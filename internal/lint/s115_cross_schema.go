package lint

var s115 = &schemaRule{
	Rule: Rule{
		Code: "S115", Slug: "fk-cross-schema", Severity: Info, Fix: FixNone, Since: "0.1",
		Title:     "foreign key that leaves its schema",
		Rationale: "Schemas are often the border along which a database is split, dumped or given to another team. A foreign key across it ties both sides together; it should be meant.",
		FixText:   "keep it if it is meant, and say so",
		Source:    "house rule",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, fk := range t.ForeignKeys {
				if fk.RefTable != nil && fk.RefTable.Schema != nil && t.Schema != nil && fk.RefTable.Schema.Name != t.Schema.Name {
					p.report(p.onFK(t, fk), "", "%s (%s) refers to %s.%s, in another schema",
						t.name, quoteAll(columnNames(fk.Columns)), fk.RefTable.Schema.Name, fk.RefTable.Name)
				}
			}
		}
	},
}
