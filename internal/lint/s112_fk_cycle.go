package lint

import (
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
)

var s112 = &schemaRule{
	Rule: Rule{
		Code: "S112", Slug: "fk-cycle", Severity: Error, Fix: FixNone, Since: "0.1",
		Title: "tables that each need the other's row first",
		Rationale: "In a cycle of foreign keys whose columns are all NOT NULL no first row can be inserted, and a dump of the data cannot be loaded in any order. " +
			"One nullable or DEFERRABLE foreign key breaks the cycle. A table that refers to itself (a tree) is not judged.",
		FixText: "let one of the columns be null, or declare one foreign key DEFERRABLE INITIALLY DEFERRED",
		Source:  "PostgreSQL manual, SET CONSTRAINTS; measured: the first insert fails with 23503",
	},
	check: func(p *pass) {
		next := make(map[*table][]*schema.ForeignKey)
		for _, t := range p.tables {
			for _, fk := range t.ForeignKeys {
				to := p.byTable[fk.RefTable]
				if to != nil && to != t && t.notNull(columnNames(fk.Columns)) && !t.facts[fk.Symbol].Deferrable {
					next[t] = append(next[t], fk)
				}
			}
		}
		inCycle := make(map[*table]bool)
		for _, t := range p.tables {
			if inCycle[t] {
				continue
			}
			if path := p.cycle(t, next); path != nil {
				var names []string
				for _, fk := range path {
					from := p.byTable[fk.Table]
					inCycle[from] = true
					names = append(names, from.name+"."+strings.Join(columnNames(fk.Columns), "+"))
				}
				at := p.onFK(t, path[0])
				at.object = t.name
				p.report(at, "make one of "+quoteAll(names)+" nullable, or its foreign key DEFERRABLE INITIALLY DEFERRED",
					"no first row can be inserted: %s refer to one another and none may be null", and(names))
			}
		}
	},
}

// cycle is the shortest way from t back to t, or nil.
func (p *pass) cycle(t *table, next map[*table][]*schema.ForeignKey) []*schema.ForeignKey {
	came := make(map[*table]*schema.ForeignKey)
	queue := []*table{t}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, fk := range next[at] {
			to := p.byTable[fk.RefTable]
			if to == t {
				path := []*schema.ForeignKey{fk}
				for at != t {
					path = append(path, came[at])
					at = p.byTable[came[at].Table]
				}
				slices.Reverse(path)
				return path
			}
			if _, seen := came[to]; !seen {
				came[to] = fk
				queue = append(queue, to)
			}
		}
	}
	return nil
}
