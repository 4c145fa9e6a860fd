package lint

import (
	"slices"

	"ariga.io/atlas/sql/schema"
)

var s207 = &schemaRule{
	Rule: Rule{
		Code: "S207", Slug: "index-low-selectivity", Severity: Warn, Fix: FixProposed, Since: "0.1",
		Title: "index that begins with a column of few values",
		Rationale: "Half of a table is not found faster through an index than by reading it, so an index on a flag is written on every change and hardly ever read. " +
			"What is asked for is nearly always the rare value, and a partial index on that is small and used.\n\n" +
			"Not judged: unique and partial indexes, those that a declared query needs as they are, and composite indexes that begin with an enumeration (equality first, then the sort: a queue).",
		FixText: `entsql.IndexWhere("…") on the rare value; CREATE INDEX … WHERE … in SQL`,
		Source:  "PostgreSQL manual, 11.8 Partial Indexes",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, i := range t.indexes {
				if i.Unique || i.constraint || i.predicate != "" || i.method != "btree" || len(i.keys) == 0 || i.keys[0] == "" {
					continue
				}
				c, _ := t.Column(i.keys[0])
				what := p.fewValues(t, i.keys[0])
				if c == nil || what == "" || what != "boolean" && len(i.keys) > 1 || t.fkOn(c.Name) || p.neededComposite(i) {
					continue
				}
				p.report(p.onIndex(t, i), p.pick(`entsql.IndexWhere("`+c.Name+` …")`, "CREATE INDEX … ON "+t.name+" (…) WHERE "+c.Name+" …;"),
					"%s of %s begins with %s, %s", i.Name, t.name, c.Name, article(what))
			}
		}
	},
}

func article(what string) string {
	if what == "enumeration" {
		return "an enumeration"
	}
	return "a " + what
}

// fewValues says what kind of column with few values it is, or nothing.
func (p *pass) fewValues(t *table, column string) string {
	c, ok := t.Column(column)
	if !ok {
		return ""
	}
	ty := p.typeOf(c)
	switch f := t.field(column); {
	case ty.fam == famBool:
		return "boolean"
	case ty.fam == famEnum, f != nil && len(f.Enum) > 0:
		return "enumeration"
	case ty.fam == famText && slices.ContainsFunc(t.checks, func(k *schema.Check) bool { return p.listsValues(k.Expr, column) }):
		return "enumeration"
	}
	return ""
}

// neededComposite says that a declared query uses more of the index than its first column.
func (p *pass) neededComposite(i *index) bool {
	for _, r := range p.served()[i] {
		if f, ok := r.try(p.model, i); ok && (f.keys > 1 || f.sorted && len(r.sort) > 0 || f.ranged) {
			return true
		}
	}
	return false
}
