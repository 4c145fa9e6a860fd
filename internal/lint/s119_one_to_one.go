package lint

var s119 = &schemaRule{
	Rule: Rule{
		Code: "S119", Slug: "one-to-one-not-unique", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title:     "one-to-one edge that the database does not keep",
		Rationale: "Only a unique index keeps a second row from referring to the same parent; without it the edge is one-to-one in the client and one-to-many in the data.",
		FixText:   "a unique index on the foreign key's column",
		Source:    "Ent documentation, Edges: O2O",
	},
	needs: needEnt,
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, fk := range t.ForeignKeys {
				cols := columnNames(fk.Columns)
				d := t.edge(cols...)
				if d == nil || d.edge.Rel != "O2O" || t.unique(cols) {
					continue
				}
				p.report(p.onFK(t, fk), `index.Fields("`+cols[0]+`").Unique()`, "edge %s is one-to-one, but %s.%s is not unique", d.edge.Name, t.name, quoteAll(cols)).fix(t.addIndex(cols, ".Unique()")...)
			}
		}
	},
}

// unique says that a unique index holds the columns apart, for all rows or for those not deleted. A tenant may be in it.
func (t *table) unique(cols []string) bool {
	for _, i := range t.indexes {
		if i.Unique || i.pk {
			if subset(i.keys, cols) {
				return true
			}
			if f := i.keys; len(f) == len(cols)+1 && subset(cols, f) && hasAny(words(f[0]), "tenant") {
				return true
			}
		}
	}
	return false
}
