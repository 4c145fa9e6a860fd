package lint

var s108 = &schemaRule{
	Rule: Rule{
		Code: "S108", Slug: "fk-type-mismatch", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title: "foreign key whose type is not that of the key it refers to",
		Rationale: "The narrower side overflows or cuts first, each join converts one of them, and an index may not be used. " +
			"varchar(n) beside text, and two domains over one base type, store the same and are not judged.",
		FixText: "give both columns one type",
		Source:  "PostgreSQL manual, 5.5.5 Foreign Keys: number and type of the constrained columns need to match",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, fk := range t.ForeignKeys {
				for n, c := range fk.Columns {
					if n >= len(fk.RefColumns) || p.byTable[fk.RefTable] == nil {
						continue
					}
					a, b := p.typeOf(c), p.typeOf(fk.RefColumns[n])
					if !p.differ(a, b) {
						continue
					}
					p.report(p.onColumn(t, c.Name), p.pick("declare "+c.Name+" with the type of "+fk.RefTable.Name+"."+fk.RefColumns[n].Name, "ALTER TABLE "+t.name+" ALTER COLUMN "+c.Name+" TYPE "+b.String()+";"),
						"%s.%s is %s, but refers to %s.%s, which is %s", t.name, c.Name, a, fk.RefTable.Name, fk.RefColumns[n].Name, b)
				}
			}
		}
	},
}

// differ says whether two types store different things.
func (p *pass) differ(a, b typ) bool {
	if a.name == "?" || b.name == "?" {
		return false
	}
	if !p.postgres() { // SQLite stores by affinity, whatever is written
		return a.fam != b.fam && a.fam != famOther && b.fam != famOther
	}
	if a.fam == famText && b.fam == famText {
		open := func(t typ) bool { return t.name == "text" || t.name == "citext" || t.name == "varchar" && t.size == 0 }
		if a.name != "bpchar" && b.name != "bpchar" && a.name != "citext" && b.name != "citext" && (open(a) || open(b)) {
			return false
		}
	}
	a.serial, b.serial, a.domain, b.domain = false, false, "", ""
	return a != b
}
