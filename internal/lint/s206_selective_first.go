package lint

import "slices"

var s206 = &schemaRule{
	Rule: Rule{
		Code: "S206", Slug: "selective-first", Severity: Info, Fix: FixProposed, Since: "0.1",
		Title: "equality columns with the less selective first",
		Rationale: "For one query the order of equality columns does not matter. It does for every other that has only some of them: the column with more values is the more useful one to begin with. " +
			"It is judged only by declared numbers of values (annotation.NDistinct), and the tenant always comes first. Where another query or a foreign key uses the beginning as it is, that wins.",
		FixText: "put the column with more distinct values first",
		Source:  "PostgreSQL manual, 11.3 Multicolumn Indexes; house rule",
	},
	needs: needEnt | needQueries,
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, i := range t.indexes {
				rs := p.served()[i]
				if len(rs) != 1 || i.constraint || i.Unique {
					continue
				}
				r := rs[0]
				var run []string
				for _, k := range i.keys {
					if k == p.tenancy && p.tenancy != "" {
						continue
					}
					if !slices.Contains(r.eq, k) || r.distinct(k) == 0 {
						break
					}
					run = append(run, k)
				}
				for n := 1; n < len(run); n++ {
					if r.distinct(run[n]) > r.distinct(run[n-1]) && !t.fkOn(run[n-1]) {
						p.report(p.onIndex(t, i), r.idealText(p.model), "%s begins with %s (%d values) before %s (%d values)",
							i.Name, run[n-1], r.distinct(run[n-1]), run[n], r.distinct(run[n]))
						break
					}
				}
			}
		}
	},
}
