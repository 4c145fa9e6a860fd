package lint

import (
	"slices"

	"ariga.io/atlas/sql/schema"
)

var s610 = &schemaRule{
	Rule: Rule{
		Code: "S610", Slug: "padding", Severity: Info, Fix: FixNone, Since: "0.1",
		Title: "column order that wastes space on alignment",
		Rationale: "A bigint begins at a multiple of eight bytes: behind a boolean, seven are lost, in each row. With the widest columns first nothing is. It matters for tables of many rows only, and is free when a table is made. " +
			"Columns of fixed length are counted, up to the first of variable length.",
		FixText: "order: 8 bytes, 4 bytes, 2 bytes, 1 byte, then text",
		Source:  "PostgreSQL manual, 73.6.1 Table Row Layout; pg_type.typalign",
		Options: []Option{{Name: "bytes", Default: "8", Doc: "bytes lost in each row from which it is reported"}},
	},
	needs: needPostgres,
	check: func(p *pass) {
		for _, t := range p.tables {
			lost := p.padding(t.Columns) - p.padding(p.packed(t.Columns))
			if lost >= p.int("bytes") {
				p.report(p.onTable(t), "", "%d bytes in each row of %s are lost to alignment", lost, t.name)
			}
		}
	},
}

// layout is a type's size and alignment in bytes; size 0 means variable length.
func (p *pass) layout(c *schema.Column) (size, align int) {
	t := p.typeOf(c)
	if t.array {
		return 0, 4
	}
	switch t.name {
	case "int8", "timestamptz", "timestamp", "float8", "money", "time":
		return 8, 8
	case "timetz":
		return 12, 8
	case "int4", "date", "float4", "oid":
		return 4, 4
	case "int2":
		return 2, 2
	case "bool":
		return 1, 1
	case "uuid":
		return 16, 1
	case "name":
		return 64, 1
	}
	if t.fam == famEnum {
		return 4, 4
	}
	return 0, 1 // short values of variable length are not aligned
}

// padding is the number of bytes lost, when each value is there.
func (p *pass) padding(columns []*schema.Column) int {
	at, lost := 0, 0
	for _, c := range columns {
		size, align := p.layout(c)
		if size == 0 {
			// The length is unknown; on average nothing can be said of what follows.
			break
		}
		if gap := (align - at%align) % align; gap > 0 {
			lost += gap
			at += gap
		}
		at += size
	}
	return lost
}

func (p *pass) packed(columns []*schema.Column) []*schema.Column {
	var fixed []*schema.Column
	for _, c := range columns {
		if size, _ := p.layout(c); size == 0 {
			break
		}
		fixed = append(fixed, c)
	}
	slices.SortStableFunc(fixed, func(a, b *schema.Column) int {
		_, x := p.layout(a)
		_, y := p.layout(b)
		return y - x
	})
	return fixed
}

var s611 = &schemaRule{
	Rule: Rule{
		Code: "S611", Slug: "polymorphic", Severity: Warn, Fix: FixNone, Since: "0.1",
		Title:     "reference to one of several tables",
		Rationale: "An identifier whose table stands in a column beside it cannot have a foreign key, so nothing keeps it from pointing nowhere, and each join needs a CASE.",
		FixText:   "one nullable foreign key for each table with a CHECK that exactly one is set, or a common parent table",
		Source:    "Karwin, SQL Antipatterns, chapter 7: Polymorphic Associations",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, c := range t.Columns {
				w := words(c.Name)
				if len(w) < 2 || w[len(w)-1] != "id" || t.fkOn(c.Name) || !t.typeBeside(c.Name) {
					continue
				}
				p.report(p.onColumn(t, c.Name), "a foreign key for each table, and CHECK (num_nonnulls(…) = 1)", "%s.%s refers to the table that another column names", t.name, c.Name)
			}
		}
	},
}

// typeBeside says that an x_id has a text or number x_type beside it.
func (t *table) typeBeside(column string) bool {
	stem := snakeCase(column)
	stem = stem[:len(stem)-len("_id")]
	for _, c := range t.Columns {
		if n := snakeCase(c.Name); n == stem+"_type" && !t.fkOn(c.Name) {
			return true
		}
	}
	return false
}
