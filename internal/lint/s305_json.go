package lint

var s305 = &schemaRule{
	Rule: Rule{
		Code: "S305", Slug: "json-not-jsonb", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title:     "json column",
		Rationale: "json keeps the text as it came and parses it again at each access; it has no equality, no GIN, and keeps duplicate keys. Only an archive that must return the very bytes wants it (allow it there, with that reason).",
		FixText:   "ALTER TABLE {table} ALTER COLUMN {column} TYPE jsonb",
		Source:    "PostgreSQL manual, 8.14 JSON Types",
	},
	needs: needPostgres,
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, c := range t.Columns {
				if p.typeOf(c).name == "json" {
					p.report(p.onColumn(t, c.Name), p.pick("field.JSON without SchemaType", "ALTER TABLE "+t.name+" ALTER COLUMN "+c.Name+" TYPE jsonb;"), "%s.%s is json, not jsonb", t.name, c.Name).fix(t.builder(c.Name, Edit{Remove: []string{"SchemaType"}})...)
				}
			}
		}
	},
}

var s306 = &schemaRule{
	Rule: Rule{
		Code: "S306", Slug: "int4-overflow", Severity: Warn, Fix: FixAuto, Since: "0.1",
		Title:     "counter of 32 bits or less",
		Rationale: "A sequence or a count of views grows without anybody deciding so, and at 2,147,483,647 each write fails. Primary keys and the columns that refer to them are S103's.",
		FixText:   "bigint: field.Int64 in Ent",
		Source:    "PostgreSQL manual, 8.1.1 Integer Types",
		Options:   []Option{{Name: "names", Default: "counter, views, hits, impressions, clicks, downloads, plays, seq, sequence", Doc: "words that make a name a counter's"}},
	},
	check: func(p *pass) {
		names := p.list("names")
		for _, t := range p.tables {
			pk := t.pkColumns()
			for _, c := range t.Columns {
				ty := p.typeOf(c)
				if ty.name != "int4" && ty.name != "int2" || t.small || t.fkOn(c.Name) || len(pk) == 1 && pk[0] == c.Name {
					continue
				}
				w := words(c.Name)
				grows := len(w) > 1 && w[len(w)-1] == "count" && hasAny(w, "view", "hit", "click", "download", "play", "request", "impression", "visit", "read")
				if !p.postgres() || !ty.serial && !identity(c) && !hasAny(w, names...) && !grows {
					continue
				}
				p.report(p.onColumn(t, c.Name), p.pick(`field.Int64("`+c.Name+`")`, widen(t.name, c.Name)), "%s.%s counts up in %s, which ends at %s", t.name, c.Name, ty, limit(ty)).fix(t.wide(c.Name)...)
			}
		}
	},
}

var s307 = &schemaRule{
	Rule: Rule{
		Code: "S307", Slug: "large-object", Severity: Warn, Fix: FixNone, Since: "0.1",
		Title:     "reference to a large object",
		Rationale: "Large objects live outside the table: deleting the row leaves them behind, they have permissions of their own, and logical replication passes them by. Keep bytes in bytea, or files in an object store.",
		FixText:   "bytea, or a key into an object store",
		Source:    "PostgreSQL manual, chapter 35 Large Objects; 31.6 Restrictions",
	},
	needs: needPostgres,
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, c := range t.Columns {
				if n := p.typeOf(c).name; n == "oid" || n == "lo" {
					p.report(p.onColumn(t, c.Name), "bytea", "%s.%s is %s, a reference to a large object", t.name, c.Name, n)
				}
			}
		}
	},
}

var s308 = &schemaRule{
	Rule: Rule{
		Code: "S308", Slug: "pg-enum", Severity: Info, Fix: FixProposed, Since: "0.1",
		Title: "native enum type",
		Rationale: "A value of an enum type cannot be removed, and a new one cannot be used in the transaction that adds it. A CHECK over a varchar is changed like any other constraint. " +
			"It is a matter of policy: switch the rule off where enum types are yours.",
		FixText: "varchar with CHECK ({column} IN (…)), or a lookup table",
		Source:  "PostgreSQL manual, ALTER TYPE; 8.7 Enumerated Types",
	},
	needs: needPostgres,
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, c := range t.Columns {
				if ty := p.typeOf(c); ty.fam == famEnum {
					p.report(p.onColumn(t, c.Name), p.pick("field.Enum without SchemaType", c.Name+" varchar(…) CHECK ("+c.Name+" IN (…))"), "%s.%s is of the enum type %s", t.name, c.Name, ty.name)
				}
			}
		}
	},
}
