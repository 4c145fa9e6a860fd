package lint

var s215 = &schemaRule{
	Rule: Rule{
		Code: "S215", Slug: "over-indexed", Severity: Warn, Fix: FixNone, Since: "0.1",
		Title: "index without a purpose, or too many of them",
		Rationale: "Each index costs 11 to 19 % more write-ahead log per insert and makes heap-only updates rarer. An index serves a declared query, a foreign key or a constraint, or has a reason written down " +
			"(annotation.Reason). Where no queries are declared only the number of indexes is judged; those behind constraints do not count.",
		FixText: "remove it, or write what it is for: annotation.Reason{Why: \"…\"}",
		Source:  "measured with pg_stat_wal; PostgreSQL manual, 11.1",
		Options: []Option{{Name: "max", Default: "10", Doc: "indexes a table may have besides those of constraints"}},
	},
	check: func(p *pass) {
		declared := p.declaresQueries()
		meant := make(map[*index]bool) // for a query, though in the wrong order: S205
		for _, r := range p.reads() {
			if i := p.misordered(r); i != nil {
				meant[i] = true
			}
		}
		for _, t := range p.tables {
			n := 0
			for _, i := range t.indexes {
				if i.constraint || i.Unique {
					continue
				}
				n++
				if !declared || t.entity == nil || meant[i] || len(p.served()[i]) > 0 || p.coversFK(t, i) || i.written != nil && i.written.Facts.Reason != nil && i.written.Facts.Reason.Why != "" {
					continue
				}
				p.report(p.onIndex(t, i), `annotation.Reason{Why: "…"}, or remove it`, "no declared query, foreign key or constraint needs %s (%s) of %s", i.Name, quoteAll(i.parts), t.name)
			}
			if limit := p.int("max"); n > limit {
				p.report(p.onTable(t), "", "%s has %d indexes besides its constraints; each is written on every insert", t.name, n)
			}
		}
	},
}

func (p *pass) declaresQueries() bool { return len(p.reads()) > 0 }

var s216 = &schemaRule{
	Rule: Rule{
		Code: "S216", Slug: "index-too-wide", Severity: Info, Fix: FixNone, Since: "0.1",
		Title:     "index of more than three columns",
		Rationale: "Columns after the third are seldom used to narrow anything; where they only have to be returned, INCLUDE holds them more cheaply. Unique indexes and the tenant's column do not count.",
		FixText:   "shorten it, or move columns that are only returned to INCLUDE",
		Source:    "PostgreSQL manual, 11.3: indexes with more than three columns are unlikely to be helpful",
		Options:   []Option{{Name: "max", Default: "3", Doc: "key columns an index may have"}},
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, i := range t.indexes {
				n := len(i.keys)
				if n > 0 && i.keys[0] == p.tenancy && p.tenancy != "" {
					n--
				}
				if !i.Unique && !i.constraint && n > p.int("max") {
					p.report(p.onIndex(t, i), "", "%s has %d key columns: %s", i.Name, n, quoteAll(i.parts))
				}
			}
		}
	},
}
