package lint

import (
	"slices"

	"ariga.io/atlas/sql/schema"
)

var s118 = &schemaRule{
	Rule: Rule{
		Code: "S118", Slug: "cascade-hazard", Severity: Warn, Fix: FixNone, Since: "0.1",
		Title: "ON DELETE CASCADE into a big or soft-deleted table",
		Rationale: "One DELETE then removes millions of rows in one transaction, or really removes rows whose table promises that nothing is ever really removed. " +
			"It is not found where the parent itself is only soft-deleted, or where the child is declared part of the parent's aggregate.",
		FixText: "ON DELETE RESTRICT, and delete the children in batches first",
		Source:  "PostgreSQL manual, 5.5.5; measured: a cascade is one statement per parent row within one transaction",
		Options: []Option{{Name: "rows", Default: "1000000", Doc: "rows, declared or estimated, from which a table is big"}},
	},
	check: func(p *pass) {
		big := int64(p.int("rows"))
		for _, t := range p.tables {
			for _, fk := range t.ForeignKeys {
				parent := p.byTable[fk.RefTable]
				if fk.OnDelete != schema.Cascade || parent == nil || parent.softDelete() != "" || p.inAggregate(parent, t) {
					continue
				}
				switch {
				case t.softDelete() != "":
					p.report(p.onFK(t, fk), "ON DELETE RESTRICT", "deleting from %s really deletes from %s, which marks its rows in %s instead", parent.name, t.name, t.softDelete())
				case t.rows >= big:
					p.report(p.onFK(t, fk), "ON DELETE RESTRICT, and delete children in batches", "deleting from %s cascades into %s, which has %d rows", parent.name, t.name, t.rows)
				}
			}
		}
	},
}

func (p *pass) inAggregate(parent, child *table) bool {
	if parent.entity == nil || parent.entity.Facts.Aggregate == nil {
		return false
	}
	return slices.ContainsFunc(parent.entity.Facts.Aggregate.Children, func(name string) bool {
		e, ok := parent.entity.Edge(name)
		return ok && p.byType[e.To] == child
	})
}
