package lint

import "slices"

var s205 = &schemaRule{
	Rule: Rule{
		Code: "S205", Slug: "index-order", Severity: Warn, Fix: FixProposed, Since: "0.1",
		Title: "index whose columns stand in the wrong order for its query",
		Rationale: "A B-tree is read from its first column on. Equality columns come first, in whatever order; then the sort columns, so that rows come out sorted; then one range column, after which nothing is narrowed any more. " +
			"An index that has the query's columns in another order reads too much, or sorts.",
		FixText: "reorder: equality, sort, range",
		Source:  "PostgreSQL manual, 11.3 and 11.4; Winand, SQL Performance Explained, chapters 2 and 6",
	},
	needs: needEnt | needQueries,
	check: func(p *pass) {
		reported := make(map[*index]bool)
		for _, r := range p.reads() {
			if r.table.small || r.broken {
				continue
			}
			if i := p.misordered(r); i != nil && !reported[i] {
				reported[i] = true
				p.report(p.onIndex(r.table, i), r.idealText(p.model), "%s (%s) has the columns of query %s in another order%s", i.Name, quoteAll(i.keys), r.Name, r.describe(p.tenancy))
			}
		}
	},
}

// misordered finds an index that holds the query's columns and nothing else, in an order that does not answer it,
// where no other index does and no other query wants that order.
func (p *pass) misordered(r *read) *index {
	var all []string
	for _, list := range [][]string{r.eq, r.in, r.sortColumns(), r.rng} {
		for _, c := range list {
			if !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	want, _, _ := r.ideal(p.model)
	for _, i := range r.table.indexes {
		if i.pk || i.Unique || i.method != "btree" || len(i.keys) < 2 || !i.plain() || !subset(i.keys, all) || !subset(r.wanted(p.tenancy), i.keys) || !r.implies(p.model, i) {
			continue
		}
		if r.inESR(p.model, i) || len(i.keys) < len(want) && len(i.keys) < len(all) {
			continue
		}
		if f := r.best(p.model); f != nil && f.index != i && r.inESR(p.model, f.index) || p.wantedBySomeone(r, i) {
			continue
		}
		return i
	}
	return nil
}

// inESR says that the index's keys stand as equality, sort, range.
func (r *read) inESR(m *model, i *index) bool {
	stage := 0
	sorts := r.sortColumns()
	for _, k := range i.keys {
		s := 2
		switch {
		case slices.Contains(r.eq, k):
			s = 0
		case slices.Contains(r.in, k) && len(sorts) == 0:
			s = 0
		case slices.Contains(sorts, k):
			s = 1
		}
		if s < stage {
			return false
		}
		stage = s
	}
	return true
}

func (p *pass) wantedBySomeone(but *read, i *index) bool {
	for _, r := range p.served()[i] {
		if r != but && r.inESR(p.model, i) {
			return true
		}
	}
	return false
}
