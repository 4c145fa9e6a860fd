package lint

import (
	"slices"

	"ariga.io/atlas/sql/schema"
)

var s117 = &schemaRule{
	Rule: Rule{
		Code: "S117", Slug: "fk-set-null-not-null", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title:     "ON DELETE SET NULL on a column that cannot be null",
		Rationale: "The delete of a parent that has children then always fails, with an error about a column nobody touched. The schema says two opposite things.",
		FixText:   "ON DELETE RESTRICT or CASCADE, or let the column be null",
		Source:    "PostgreSQL manual, 5.5.5 Foreign Keys; measured: 23502 at the delete",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, fk := range t.ForeignKeys {
				if fk.OnDelete != schema.SetNull {
					continue
				}
				only := t.facts[fk.Symbol].SetNullColumns
				for _, c := range fk.Columns {
					if c.Type == nil || c.Type.Null || len(only) > 0 && !slices.Contains(only, c.Name) {
						continue
					}
					p.report(p.onFK(t, fk), p.pick("entsql.OnDelete(entsql.Restrict)", "ON DELETE RESTRICT"),
						"deleting from %s would set %s.%s to NULL, which it cannot be", fk.RefTable.Name, t.name, c.Name)
					break
				}
			}
		}
	},
}
