package lint

import "ariga.io/atlas/sql/schema"

var s401 = &schemaRule{
	Rule: Rule{
		Code: "S401", Slug: "nullable-undocumented", Severity: Error, Fix: FixProposed, Since: "0.1",
		Title: "nullable column without a reason",
		Rationale: "NULL means unknown, not yet, not applicable or forgotten, and only whoever wrote the schema knows which. Each nullable column says so: annotation.Nullable{Why: …} on the field or edge, " +
			"or a comment that speaks of the value's absence. Fields with a role that is null by nature (the time of a soft delete) need none.",
		FixText: "annotation.Nullable{Why: \"…\"}, or make it required",
		Source:  "Date, Database in Depth, chapter 3; house rule",
	},
	needs: needEnt,
	check: func(p *pass) {
		for _, t := range p.tables {
			if t.entity == nil {
				continue
			}
			for _, c := range t.Columns {
				if c.Type == nil || !c.Type.Null || t.nullReason(c.Name) || t.hasRole(c.Name) || generated(c) || c.Name == t.softDelete() {
					continue
				}
				p.report(p.onColumn(t, c.Name), `annotation.Nullable{Why: "…"}`, "%s.%s may be null, and nothing says what that means", t.name, c.Name)
			}
		}
	},
}

// hasRole says that a mixin or an annotation gives the column a role that explains it.
func (t *table) hasRole(column string) bool {
	f := t.field(column)
	return f != nil && f.Facts.Role != ""
}

var s402 = &schemaRule{
	Rule: Rule{
		Code: "S402", Slug: "nullable-boolean", Severity: Warn, Fix: FixAuto, Since: "0.1",
		Title:     "boolean that may be null",
		Rationale: "A flag with three values: NOT active leaves out the rows where nobody knows, and so does active. Where three values are meant, say so, in annotation.Nullable or in the column's comment.",
		FixText:   "NOT NULL DEFAULT false; in Ent remove Optional() and give a Default",
		Source:    "PostgreSQL manual, 9.1 Logical Operators: three-valued logic",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, c := range t.Columns {
				ty := p.typeOf(c)
				if ty.fam != famBool || ty.array || !c.Type.Null || t.nullReason(c.Name) || generated(c) {
					continue
				}
				p.report(p.onColumn(t, c.Name), p.pick(`field.Bool("`+c.Name+`").Default(false)`, "ALTER TABLE "+t.name+" ALTER COLUMN "+c.Name+" SET DEFAULT false, ALTER COLUMN "+c.Name+" SET NOT NULL;"),
					"%s.%s has three values: true, false and null", t.name, c.Name).fix(t.twoValued(c.Name)...)
			}
		}
	},
}

// twoValued is the step that makes a flag required, with false where nothing is given.
func (t *table) twoValued(column string) []Edit {
	e := Edit{Remove: []string{"Optional", "Nillable"}}
	if f := t.field(column); f != nil && !f.Default {
		e.Append = []string{".Default(false)"}
	}
	return t.builder(column, e)
}

var s403 = &schemaRule{
	Rule: Rule{
		Code: "S403", Slug: "all-nullable", Severity: Warn, Fix: FixNone, Since: "0.1",
		Title:     "table in which everything but the key may be null",
		Rationale: "A row that may consist of its key alone says nothing. Some column is what makes a row worth having; it is required.",
		FixText:   "make the columns required without which a row means nothing",
		Source:    "house rule",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			own := 0
			nullable := func(c *schema.Column) bool { return c.Type != nil && c.Type.Null }
			all := true
			for _, c := range t.Columns {
				key := false
				for _, k := range t.pkColumns() {
					key = key || k == c.Name
				}
				if key || generated(c) || bookkeeping(c.Name) {
					continue
				}
				own++
				all = all && nullable(c)
			}
			if own >= 2 && all && len(t.pkColumns()) > 0 {
				p.report(p.onTable(t), "", "all %d columns of %s besides its key may be null", own, t.name)
			}
		}
	},
}
