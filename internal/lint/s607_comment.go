package lint

var s607 = &schemaRule{
	Rule: Rule{
		Code: "S607", Slug: "comment-missing", Severity: Info, Fix: FixProposed, Since: "0.1",
		Title: "table, column or function without a comment",
		Rationale: "The catalogue is what analysts, tools and the next owner read. One sentence on what a row is, and on each column whose name does not say all, spares them the source. " +
			"Keys, timestamps and foreign keys explain themselves.",
		FixText: `schema.Comment("…") and Comment("…") in Ent; COMMENT ON … IS '…' in SQL`,
		Source:  "PostgreSQL manual, COMMENT",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			if comment(t.Attrs) == "" && (t.entity == nil || t.entity.Comment == "") && (!t.join() || !p.ent()) {
				p.report(p.onTable(t), p.pick(`schema.Comment("…")`, "COMMENT ON TABLE "+t.name+" IS '…';"), "%s has no comment", t.name)
			}
			pk := t.pkColumns()
			for _, c := range t.Columns {
				if t.about(c) != "" || bookkeeping(c.Name) || t.fkOn(c.Name) || len(pk) == 1 && pk[0] == c.Name || t.hasRole(c.Name) || c.Name == p.tenancy {
					continue
				}
				p.report(p.onColumn(t, c.Name), p.pick(`Comment("…")`, "COMMENT ON COLUMN "+t.name+"."+c.Name+" IS '…';"), "%s.%s has no comment", t.name, c.Name)
			}
		}
		if p.live == nil {
			return
		}
		for _, f := range p.live.Functions {
			if !f.Comment {
				p.report(place{object: short(f.Name)}, "COMMENT ON FUNCTION "+short(f.Name)+" IS '…';", "function %s has no comment", short(f.Name))
			}
		}
	},
}

var s608 = &schemaRule{
	Rule: Rule{
		Code: "S608", Slug: "too-wide", Severity: Info, Fix: FixNone, Since: "0.1",
		Title:     "table of very many columns",
		Rationale: "Each update writes the whole row, and a table of that width usually holds several things: some rows use one half of the columns, some the other.",
		FixText:   "a table for each thing, one-to-one where needed",
		Source:    "SchemaSpy, anomalies; PostgreSQL manual, 52.6: rows must fit a page",
		Options:   []Option{{Name: "max", Default: "40", Doc: "columns a table may have"}},
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			if n := len(t.Columns); n > p.int("max") {
				p.report(p.onTable(t), "", "%s has %d columns", t.name, n)
			}
		}
	},
}

var s609 = &schemaRule{
	Rule: Rule{
		Code: "S609", Slug: "one-column", Severity: Info, Fix: FixNone, Since: "0.1",
		Title:     "table of one column, or none",
		Rationale: "A row of such a table says only that it exists. It is a list of values that a CHECK could hold, or an entity whose attributes are still to come.",
		FixText:   "a CHECK with the values, or the attributes",
		Source:    "SchemaSpy, anomalies: tables that contain a single column",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			if n := len(t.Columns); n < 2 {
				p.report(p.onTable(t), "", "%s has %s", t.name, map[int]string{0: "no column", 1: "one column"}[n])
			}
		}
	},
}
