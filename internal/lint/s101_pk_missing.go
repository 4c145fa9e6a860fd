package lint

var s101 = &schemaRule{
	Rule: Rule{
		Code: "S101", Slug: "pk-missing", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title: "table without a primary key",
		Rationale: "Rows that nothing identifies cannot be updated, referenced, or replicated one by one, and duplicates cannot be told apart. " +
			"A UNIQUE NOT NULL column is not a primary key: tools, logical replication and foreign keys look for the constraint. " +
			"Partitions, whose key is their parent's, views and materialised views are not judged.",
		FixText: "add a primary key: mixin.ID{} in an Ent schema, ALTER TABLE {table} ADD PRIMARY KEY ({columns}) in SQL",
		Source:  "PostgreSQL manual, 5.5.4 Primary Keys; 31.1 Publication (replica identity)",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			if len(t.pkColumns()) > 0 {
				continue
			}
			note := ""
			for _, i := range t.indexes {
				if i.Unique && i.plain() && i.predicate == "" && t.notNull(i.keys) {
					note = "; " + i.Name + " is unique, which is not the same"
				}
			}
			p.report(p.onTable(t), p.pick("mixin.ID{}", "ALTER TABLE "+t.name+" ADD PRIMARY KEY (…);"), "%s has no primary key%s", t.name, note)
		}
	},
}
