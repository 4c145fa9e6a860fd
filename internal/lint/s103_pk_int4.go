package lint

import "slices"

var s103 = &schemaRule{
	Rule: Rule{
		Code: "S103", Slug: "pk-int4", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title: "primary key of 32 bits or less",
		Rationale: "An integer key ends at 2,147,483,647, a smallint at 32,767. On that day every insert fails, and widening the column rewrites the table " +
			"and every table that refers to it. Eight bytes cost nothing that alignment does not already cost.\n\n" +
			"The foreign keys that refer to such a key are found as well, since they have to be widened with it. Tables declared small (annotation.Volume{Small: true}, " +
			"or the option `small`) are not judged.",
		FixText: "use bigint (field.Int64) or uuid for the key and for every column that refers to it",
		Source:  "PostgreSQL wiki, Don't Do This; measured: ALTER TYPE integer to bigint rewrites table and indexes",
		Options: []Option{{Name: "small", Doc: "tables that stay small, besides those declared so"}},
	},
	needs: needPostgres,
	check: func(p *pass) {
		small := p.list("small")
		narrow := func(t *table, name string) (typ, bool) {
			c, ok := t.Column(name)
			if !ok || t.small || slices.Contains(small, t.name) {
				return typ{}, false
			}
			ty := p.typeOf(c)
			return ty, ty.name == "int4" || ty.name == "int2"
		}
		for _, t := range p.tables {
			pk := t.pkColumns()
			if len(pk) == 1 && !t.fkOn(pk[0]) {
				if ty, bad := narrow(t, pk[0]); bad {
					p.report(p.onColumn(t, pk[0]), p.pick(`field.Int64("`+pk[0]+`")`, widen(t.name, pk[0])),
						"the primary key %s.%s is %s and ends at %s", t.name, pk[0], ty, limit(ty)).fix(t.wide(pk[0])...)
				}
			}
			seen := make(map[string]bool)
			for _, fk := range t.ForeignKeys {
				parent := p.byTable[fk.RefTable]
				for n, c := range fk.Columns {
					if parent == nil || n >= len(fk.RefColumns) || seen[c.Name] || !sameSet(columnNames(fk.RefColumns), parent.pkColumns()) {
						continue
					}
					if _, bad := narrow(parent, fk.RefColumns[n].Name); !bad || len(fk.Columns) > 1 {
						continue
					}
					if ty := p.typeOf(c); ty.name == "int4" || ty.name == "int2" {
						seen[c.Name] = true
						p.report(p.onColumn(t, c.Name), p.pick(`field.Int64("`+c.Name+`")`, widen(t.name, c.Name)),
							"%s.%s is %s and refers to the %s key %s.%s; widen both", t.name, c.Name, ty, ty, parent.name, fk.RefColumns[n].Name).fix(t.wide(c.Name)...)
					}
				}
			}
		}
	},
}

func widen(table, column string) string {
	return "ALTER TABLE " + table + " ALTER COLUMN " + column + " TYPE bigint;"
}

func limit(t typ) string {
	if t.name == "int2" {
		return "32,767"
	}
	return "2,147,483,647"
}

// wide is the step that makes a field 64 bits wide; an id that no field declares has no builder.
func (t *table) wide(column string) []Edit {
	return t.builder(column, Edit{Head: "Int64", Remove: []string{"SchemaType"}})
}
