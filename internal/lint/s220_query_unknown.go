package lint

import (
	"strings"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

var s220 = &schemaRule{
	Rule: Rule{
		Code: "S220", Slug: "query-unknown-name", Severity: Error, Fix: FixNone, Since: "0.1", Intent: true,
		Title: "declaration that does not hold against the schema",
		Rationale: "A query with a misspelt field or edge, or with an operator that does not fit the field's type, proves nothing and gets no repository method. " +
			"The same goes for a dependency, an aggregate or a role that names what is not there.",
		FixText: "correct the name, or the operator",
		Source:  "house rule",
	},
	needs: needEnt,
	check: func(p *pass) {
		for _, m := range schemagraph.Check(p.graph) {
			at := place{object: m.Object, pos: m.Pos}
			if name, rest, _ := strings.Cut(m.Object, "."); p.byType[name] != nil {
				at.within = append(at.within, p.byType[name].name)
				if rest != "" {
					at.within = append(at.within, p.byType[name].name+"."+rest)
				}
			}
			p.report(at, m.Fix, "%s", m.Message)
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
