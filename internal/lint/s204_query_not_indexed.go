package lint

import "strings"

var s204 = &schemaRule{
	Rule: Rule{
		Code: "S204", Slug: "query-not-indexed", Severity: Error, Fix: FixProposed, Since: "0.1",
		Title: "declared query that no index answers",
		Rationale: "The query reads its whole table, each time. An index answers it when its first columns are the query's equality columns (in any order, the tenant among them), and, for a query paged by key, " +
			"when the next ones are its sort columns in their directions. The index's predicate must follow from the query's conditions.\n\n" +
			"Not judged: tables declared small, searches inside text (S212) and containment in JSON (S211).",
		FixText: "declare the index: equality columns, then sort columns, then one range column",
		Source:  "PostgreSQL manual, 11.3 to 11.8; proven by plinth prove",
	},
	needs: needEnt | needQueries,
	check: func(p *pass) {
		for _, r := range p.reads() {
			if r.table.small || r.broken {
				continue
			}
			if len(r.wanted(p.tenancy))+len(r.rng)+len(r.prefix) == 0 && len(r.remote) > 0 {
				p.remoteUnindexed(r)
				continue
			}
			if !r.asks(p.model) || r.best(p.model) != nil || r.trigram() || p.misordered(r) != nil {
				continue
			}
			p.report(p.onQuery(r.entity, r.Name), r.idealText(p.model), "no index of %s answers %s%s", r.table.name, r.Name, r.describe(p.tenancy))
		}
	},
}

// remoteUnindexed reports conditions on another table that no index there begins with.
func (p *pass) remoteUnindexed(r *read) {
	for _, o := range r.remote {
		found := o.table.small
		for _, i := range o.table.indexes {
			lead := 0
			if len(i.keys) > 1 && i.keys[0] == p.tenancy {
				lead = 1
			}
			found = found || len(i.keys) > lead && (i.keys[0] == o.column || i.keys[lead] == o.column)
		}
		if !found {
			p.report(p.onQuery(r.entity, r.Name), `index.Fields("`+o.column+`") on `+entityName(o.table), "%s asks for %s.%s, and no index of %s begins with it",
				r.Name, o.table.name, o.column, o.table.name)
		}
	}
}

// trigram says that a trigram index answers the query's prefix search.
func (r *read) trigram() bool {
	if len(r.prefix)+len(r.search)+len(r.contains) == 0 {
		return false
	}
	for _, i := range r.table.indexes {
		if r.searchedBy(i) {
			return true
		}
	}
	return false
}

// describe says what the query filters and sorts by.
func (r *read) describe(tenant string) string {
	var parts []string
	add := func(what string, cols []string) {
		if len(cols) > 0 {
			parts = append(parts, what+" "+quoteAll(cols))
		}
	}
	add("eq", r.eq)
	add("in", r.in)
	add("range", r.rng)
	add("prefix", r.prefix)
	add("sort", r.Sort)
	if r.Page != "" {
		parts = append(parts, string(r.Page))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, "; ") + ")"
}
