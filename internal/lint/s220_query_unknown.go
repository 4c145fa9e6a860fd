package lint

var s220 = &schemaRule{
	Rule: Rule{
		Code: "S220", Slug: "query-unknown-name", Severity: Error, Fix: FixNone, Since: "0.1",
		Title:     "declared query that names what is not there",
		Rationale: "A query with a misspelt field or edge, or with an operator that does not fit the field's type, proves nothing and gets no repository method.",
		FixText:   "correct the name",
		Source:    "house rule",
	},
	needs: needEnt | needQueries,
	check: func(p *pass) {
		for _, r := range p.reads() {
			for _, m := range r.mistakes {
				p.report(p.onQuery(r.entity, r.Name), "", "query %q: %s", r.Name, m)
			}
		}
	},
}

var s221 = &schemaRule{
	Rule: Rule{
		Code: "S221", Slug: "index-repeats-column", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title:     "index with the same column twice",
		Rationale: "The second time adds bytes and nothing else. Usually another column was meant. Two operator classes of one column are another thing and not judged.",
		FixText:   "name each column once",
		Source:    "house rule",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, i := range t.indexes {
				seen := make(map[string]bool)
				for n, k := range i.keys {
					key := k + " " + i.opClass(n)
					if k != "" && seen[key] {
						p.report(p.onIndex(t, i), "", "%s of %s names %s twice", i.label(), t.name, k)
						break
					}
					seen[key] = true
				}
			}
		}
	},
}
