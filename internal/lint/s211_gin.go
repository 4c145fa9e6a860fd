package lint

import "slices"

var s211 = &schemaRule{
	Rule: Rule{
		Code: "S211", Slug: "json-needs-gin", Severity: Warn, Fix: FixAuto, Since: "0.1",
		Title:     "containment in JSON without a GIN index",
		Rationale: "Only GIN answers @>; a B-tree on a jsonb column compares whole documents. Equality on one value taken out with ->> wants a B-tree on that expression instead.",
		FixText:   `index.Fields("{field}").Annotations(entsql.IndexType("GIN"), entsql.OpClass("jsonb_path_ops"))`,
		Source:    "PostgreSQL manual, 8.14.4 jsonb Indexing",
	},
	needs: needEnt | needQueries | needPostgres,
	check: func(p *pass) {
		p.gin(func(r *read) []string { return r.contains }, `entsql.IndexType("GIN"), entsql.OpClass("jsonb_path_ops")`, "asks what %s contains, and no GIN index of %s answers that")
	},
}

var s212 = &schemaRule{
	Rule: Rule{
		Code: "S212", Slug: "trigram-needs-gin", Severity: Warn, Fix: FixAuto, Since: "0.1",
		Title:     "search inside text without a trigram index",
		Rationale: "ILIKE '%word%' reads every row unless a GIN (or GiST) index with the trigram operator class is there. It needs the extension pg_trgm in the database.",
		FixText:   `index.Fields("{field}").Annotations(entsql.IndexType("GIN"), entsql.OpClass("gin_trgm_ops"))`,
		Source:    "PostgreSQL manual, F.35 pg_trgm",
	},
	needs: needEnt | needQueries | needPostgres,
	check: func(p *pass) {
		p.gin(func(r *read) []string { return r.search }, `entsql.IndexType("GIN"), entsql.OpClass("gin_trgm_ops")`, "searches inside %s, and no trigram index of %s answers that")
	},
}

// gin reports, once a column, the searched columns of declared queries that no GIN index answers.
func (p *pass) gin(of func(*read) []string, marks, text string) {
	seen := make(map[string]bool)
	for _, r := range p.reads() {
		for _, c := range of(r) {
			object := r.table.name + "." + c
			only := &read{search: []string{c}, contains: []string{c}, table: r.table}
			if seen[object] || r.table.small || slices.ContainsFunc(r.table.indexes, only.searchedBy) {
				continue
			}
			seen[object] = true
			p.report(p.onColumn(r.table, c), `index.Fields("`+r.fieldName(c)+`").Annotations(`+marks+`)`, "query %s "+text, r.Name, c, r.table.name).
				fix(r.table.addIndex([]string{c}, ".Annotations("+marks+")")...)
		}
	}
}

var s213 = &schemaRule{
	Rule: Rule{
		Code: "S213", Slug: "btree-on-array-json", Severity: Warn, Fix: FixAuto, Since: "0.1",
		Title:     "B-tree on an array or a JSON document",
		Rationale: "A B-tree compares the whole value; what is asked of arrays and documents is what they contain, and only GIN answers that. A unique index, which does compare whole values, is not judged.",
		FixText:   "CREATE INDEX … USING gin ({column})",
		Source:    "PostgreSQL manual, 11.2 Index Types; 8.14.4 jsonb Indexing",
	},
	needs: needPostgres,
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, i := range t.indexes {
				if i.method != "btree" || i.Unique || i.pk {
					continue
				}
				for _, k := range i.keys {
					c, ok := t.Column(k)
					if !ok {
						continue
					}
					if ty := p.typeOf(c); ty.array || ty.fam == famJSON {
						p.report(p.onIndex(t, i), p.pick(`entsql.IndexType("GIN")`, "CREATE INDEX "+i.Name+" ON "+t.name+" USING gin ("+k+");"), "%s is a B-tree on %s, which is %s", i.Name, k, ty).
							fix(i.step(Edit{Annotate: []string{`entsql.IndexType("GIN")`}})...)
						break
					}
				}
			}
		}
	},
}

var s214 = &schemaRule{
	Rule: Rule{
		Code: "S214", Slug: "hash-index", Severity: Info, Fix: FixAuto, Since: "0.1",
		Title:     "hash index",
		Rationale: "It answers equality on one column only: no order, no range, no uniqueness, no second column. A B-tree does the same about as fast and more besides; a hash index pays only for long values.",
		FixText:   "CREATE INDEX … USING btree",
		Source:    "PostgreSQL manual, 11.2.2 Hash",
	},
	needs: needPostgres,
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, i := range t.indexes {
				if i.method == "hash" {
					p.report(p.onIndex(t, i), p.pick("remove IndexType", "CREATE INDEX "+i.Name+" ON "+t.name+" ("+quoteAll(i.keys)+");"), "%s is a hash index", i.Name)
				}
			}
		}
	},
}
