package lint

import "slices"

var s302 = &schemaRule{
	Rule: Rule{
		Code: "S302", Slug: "char-n", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title:     "char(n) column",
		Rationale: "char(n) pads with blanks that some operations count and others ignore, and it does not keep shorter values out. It saves nothing over varchar(n).",
		FixText:   "varchar({n}), with CHECK (char_length({column}) = {n}) where the length is fixed",
		Source:    "PostgreSQL wiki, Don't Do This: Don't use char(n)",
	},
	needs: needPostgres,
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, c := range t.Columns {
				if ty := p.typeOf(c); ty.name == "bpchar" {
					var edits []Edit
					if e := t.varying(c.Name, ty); len(e.Remove) > 0 {
						edits = t.builder(c.Name, e)
					}
					p.report(p.onColumn(t, c.Name), p.pick("SchemaType without char, and MaxLen("+itoa(max(ty.size, 1))+")", "ALTER TABLE "+t.name+" ALTER COLUMN "+c.Name+" TYPE varchar("+itoa(max(ty.size, 1))+");"),
						"%s.%s is %s, padded with blanks", t.name, c.Name, ty).fix(edits...)
				}
			}
		}
	},
}

// varying is the step that takes a fixed length for a greatest one; empty where there is none.
func (t *table) varying(column string, ty typ) Edit {
	f := t.field(column)
	if f != nil && f.Type != "string" { // without its schema type it would be no text at all
		return Edit{}
	}
	e := Edit{Remove: []string{"SchemaType"}}
	if f != nil && f.MaxLen == 0 {
		e.Append = []string{".MaxLen(" + itoa(max(ty.size, 1)) + ")"}
	}
	return e
}

var s303 = &schemaRule{
	Rule: Rule{
		Code: "S303", Slug: "timestamp-no-tz", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title: "timestamp without time zone",
		Rationale: "It stores what a clock showed, not a moment: two servers in two zones write different values for one event, and an hour exists twice each autumn. timestamptz stores the moment in the same eight bytes. " +
			"timetz has a zone but no date to give it a meaning. A column for the local time of an event, whose comment says so, is legitimate.",
		FixText: "timestamptz: ALTER TABLE {table} ALTER COLUMN {column} TYPE timestamptz USING {column} AT TIME ZONE 'UTC'",
		Source:  "PostgreSQL wiki, Don't Do This: Don't use timestamp (without time zone), timetz",
	},
	needs: needPostgres,
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, c := range t.Columns {
				ty := p.typeOf(c)
				if ty.name != "timestamp" && ty.name != "timetz" || slices.Contains(words(t.about(c)), "local") {
					continue
				}
				p.report(p.onColumn(t, c.Name), p.pick("field.Time without SchemaType", "ALTER TABLE "+t.name+" ALTER COLUMN "+c.Name+" TYPE timestamptz USING "+c.Name+" AT TIME ZONE 'UTC';"),
					"%s.%s is %s", t.name, c.Name, map[string]string{"timestamp": "timestamp without time zone", "timetz": "time with time zone"}[ty.name]).fix(t.builder(c.Name, Edit{Remove: []string{"SchemaType"}})...)
			}
		}
	},
}
