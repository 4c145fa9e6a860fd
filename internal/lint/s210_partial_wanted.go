package lint

import (
	"maps"
	"slices"
)

var s210 = &schemaRule{
	Rule: Rule{
		Code: "S210", Slug: "partial-index-wanted", Severity: Warn, Fix: FixAuto, Since: "0.1",
		Title: "index of rows that its queries never read",
		Rationale: "All queries that use the index add the same constant condition, usually that the row is not deleted. With the condition as its predicate the index is smaller, and the condition is answered by it. " +
			"An index that a query for deleted rows uses, that keeps a constraint, or that a foreign key needs (S201) stays full.",
		FixText: `entsql.IndexWhere("{condition}")`,
		Source:  "PostgreSQL manual, 11.8 Partial Indexes",
	},
	needs: needEnt | needQueries,
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, i := range t.indexes {
				rs := p.served()[i]
				if len(rs) == 0 || i.constraint || i.Unique || i.predicate != "" || i.method != "btree" || t.small || p.coversFK(t, i) {
					continue
				}
				for _, c := range slices.Sorted(maps.Keys(rs[0].consts)) {
					if slices.Contains(i.keys, c) || !p.sharedConst(rs, c) {
						continue
					}
					only := &read{table: t, entity: rs[0].entity, consts: map[string]string{c: rs[0].consts[c]}, Query: rs[0].Query}
					_, _, where := only.ideal(p.model)
					p.report(p.onIndex(t, i), `entsql.IndexWhere("`+where+`")`, "every query that uses %s asks for %s, and the index holds all rows", i.Name, where).fix(i.step(Edit{Annotate: []string{`entsql.IndexWhere("` + where + `")`}})...)
					break
				}
			}
		}
	},
}

func (p *pass) sharedConst(rs []*read, column string) bool {
	v := rs[0].consts[column]
	for _, r := range rs {
		if got, ok := r.consts[column]; !ok || got != v || r.table != rs[0].table {
			return false
		}
	}
	return true
}

// coversFK says that a foreign key needs the index.
func (p *pass) coversFK(t *table, i *index) bool {
	for _, fk := range t.ForeignKeys {
		if t.covers(columnNames(fk.Columns)) == i {
			return true
		}
	}
	return false
}
