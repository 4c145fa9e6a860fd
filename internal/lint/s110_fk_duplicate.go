package lint

import (
	"slices"

	"ariga.io/atlas/sql/schema"
)

var s110 = &schemaRule{
	Rule: Rule{
		Code: "S110", Slug: "fk-duplicate", Severity: Warn, Fix: FixAuto, Since: "0.1",
		Title:     "two foreign keys that say the same",
		Rationale: "Each insert and update checks both, each delete of a parent runs both triggers, and if their actions differ nobody knows which wins.",
		FixText:   "ALTER TABLE {table} DROP CONSTRAINT {name}",
		Source:    "pg_constraint; PostgreSQL does not refuse the second one",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for n, fk := range t.ForeignKeys {
				for _, old := range t.ForeignKeys[:n] {
					if old.RefTable == fk.RefTable && samePairs(old, fk) {
						p.report(p.onFK(t, fk), "ALTER TABLE "+t.name+" DROP CONSTRAINT "+fk.Symbol+";", "%s.%s repeats %s: (%s) to %s",
							t.name, fk.Symbol, old.Symbol, quoteAll(columnNames(fk.Columns)), fk.RefTable.Name)
						break
					}
				}
			}
		}
	},
}

var s111 = &schemaRule{
	Rule: Rule{
		Code: "S111", Slug: "fk-overlap", Severity: Warn, Fix: FixAuto, Since: "0.1",
		Title: "foreign key that another one includes",
		Rationale: "A foreign key on (a, b) to a table already says what one on (a) to the same table says. " +
			"A foreign key that adds only the tenant to a simple one is legitimate: the two guard different things.",
		FixText: "ALTER TABLE {table} DROP CONSTRAINT {name}",
		Source:  "house rule",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, fk := range t.ForeignKeys {
				for _, wide := range t.ForeignKeys {
					if wide.RefTable != fk.RefTable || len(wide.Columns) <= len(fk.Columns) || !includesPairs(wide, fk) || p.addsTenant(wide, fk) {
						continue
					}
					p.report(p.onFK(t, fk), "ALTER TABLE "+t.name+" DROP CONSTRAINT "+fk.Symbol+";", "%s.%s on (%s) is part of %s on (%s)",
						t.name, fk.Symbol, quoteAll(columnNames(fk.Columns)), wide.Symbol, quoteAll(columnNames(wide.Columns)))
					break
				}
			}
		}
	},
}

func pairs(fk *schema.ForeignKey) []string {
	var ps []string
	for n, c := range fk.Columns {
		ref := ""
		if n < len(fk.RefColumns) {
			ref = fk.RefColumns[n].Name
		}
		ps = append(ps, c.Name+"="+ref)
	}
	return ps
}

func samePairs(a, b *schema.ForeignKey) bool     { return sameSet(pairs(a), pairs(b)) }
func includesPairs(a, b *schema.ForeignKey) bool { return subset(pairs(b), pairs(a)) }

// addsTenant says that all a wide foreign key adds to a narrow one is the tenant.
func (p *pass) addsTenant(wide, narrow *schema.ForeignKey) bool {
	have := columnNames(narrow.Columns)
	for _, c := range columnNames(wide.Columns) {
		if !slices.Contains(have, c) && c != p.tenancy && !hasAny(words(c), "tenant", "org", "organization", "organisation", "account", "workspace") {
			return false
		}
	}
	return true
}
