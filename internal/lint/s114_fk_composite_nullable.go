package lint

import "ariga.io/atlas/sql/schema"

var s114 = &schemaRule{
	Rule: Rule{
		Code: "S114", Slug: "fk-composite-nullable", Severity: Warn, Fix: FixAuto, Since: "0.1",
		Title: "composite foreign key that a NULL switches off",
		Rationale: "With MATCH SIMPLE, the default, a row with NULL in one of the columns is not checked at all, whatever the others hold. " +
			"MATCH FULL allows only all or none. Where the columns that cannot be null are the tenant, or have a foreign key of their own, nothing escapes and nothing is found.",
		FixText: "declare the columns NOT NULL, or the foreign key MATCH FULL",
		Source:  "PostgreSQL manual, CREATE TABLE: MATCH FULL, MATCH SIMPLE",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, fk := range t.ForeignKeys {
				if len(fk.Columns) < 2 || t.facts[fk.Symbol].MatchFull {
					continue
				}
				var null, loose []string
				for _, c := range fk.Columns {
					if c.Type != nil && c.Type.Null {
						null = append(null, c.Name)
					}
					if (c.Type != nil && c.Type.Null || c.Name != p.tenancy) && !t.ownFK(c.Name, fk) {
						loose = append(loose, c.Name)
					}
				}
				if len(null) == 0 || len(null) == 1 && sameSet(loose, null) {
					continue
				}
				p.report(p.onFK(t, fk), "ALTER TABLE "+t.name+" ALTER COLUMN "+null[0]+" SET NOT NULL; or MATCH FULL",
					"%s (%s) is not checked when %s is null", t.name, quoteAll(columnNames(fk.Columns)), null[0])
			}
		}
	},
}

// ownFK says that the column has a foreign key of its own, besides fk.
func (t *table) ownFK(column string, fk *schema.ForeignKey) bool {
	for _, o := range t.ForeignKeys {
		if o != fk && len(o.Columns) == 1 && o.Columns[0].Name == column {
			return true
		}
	}
	return false
}
