package lint

import (
	"regexp"
	"strings"
)

var snake = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

var s501 = &schemaRule{
	Rule: Rule{
		Code: "S501", Slug: "identifier-style", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title:     "identifier that is not snake_case",
		Rationale: "PostgreSQL folds what is not quoted to lower case, so a name with a capital, a blank or a sign must be quoted in each statement for ever, and the one that forgets it fails.",
		FixText:   `StorageKey("{snake}") in Ent; ALTER … RENAME TO {snake} in SQL`,
		Source:    "PostgreSQL wiki, Don't Do This: Don't use upper case table or column names",
	},
	check: func(p *pass) {
		p.eachName(func(at place, kind, name string) {
			if !snake.MatchString(name) {
				f := p.report(at, "rename it to "+snakeCase(name), "%s %q is not snake_case", kind, name)
				if t, c := p.split(at.object); kind == "column" && t != nil {
					f.fix(t.builder(c, Edit{Append: []string{`.StorageKey("` + snakeCase(name) + `")`}})...)
				}
			}
		})
	},
}

// eachName visits the names a person chose: of tables, columns, indexes and constraints.
func (p *pass) eachName(visit func(at place, kind, name string)) {
	for _, t := range p.tables {
		visit(p.onTable(t), "table", t.Table.Name)
		for _, c := range t.Columns {
			visit(p.onColumn(t, c.Name), "column", c.Name)
		}
		for _, i := range t.indexes {
			if i.Name != "" && (p.postgres() || !i.constraint) {
				visit(p.onIndex(t, i), "index", i.Name)
			}
		}
		for _, fk := range t.ForeignKeys {
			if fk.Symbol != "" && !isDigits(fk.Symbol) {
				visit(p.onFK(t, fk), "foreign key", fk.Symbol)
			}
		}
		for _, k := range t.checks {
			if k.Name != "" {
				visit(p.onCheck(t, k), "check", k.Name)
			}
		}
	}
}

// split finds the table of a column's object.
func (p *pass) split(object string) (*table, string) {
	for _, t := range p.tables {
		if c, ok := strings.CutPrefix(object, t.name+"."); ok {
			return t, c
		}
	}
	return nil, ""
}

func snakeCase(name string) string {
	s := ""
	for i, w := range words(name) {
		if i > 0 {
			s += "_"
		}
		s += w
	}
	return s
}

var s502 = &schemaRule{
	Rule: Rule{
		Code: "S502", Slug: "reserved-word", Severity: Error, Fix: FixProposed, Since: "0.1",
		Title:     "table or column named by a reserved word",
		Rationale: "It works as long as every statement quotes it. Some do not fail without the quotes but mean something else: SELECT user gives the session's user. Judged by PostgreSQL's own list, the words that cannot name a column or a table unquoted.",
		FixText:   "another name, or the plural",
		Source:    "PostgreSQL manual, appendix C; pg_get_keywords(), categories R and T",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			if reserved[toLower(t.Table.Name)] {
				p.report(p.onTable(t), "name the table "+t.Table.Name+"s, or otherwise", "table %q is a reserved word", t.Table.Name)
			}
			for _, c := range t.Columns {
				if reserved[toLower(c.Name)] {
					p.report(p.onColumn(t, c.Name), p.pick(`StorageKey("…")`, "ALTER TABLE "+t.name+" RENAME COLUMN \""+c.Name+"\" TO …;"), "column %q of %s is a reserved word", c.Name, t.name)
				}
			}
		}
	},
}

var s503 = &schemaRule{
	Rule: Rule{
		Code: "S503", Slug: "identifier-63", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title:     "identifier longer than 63 bytes",
		Rationale: "PostgreSQL cuts it without an error, so two names may become one, and each comparison of the schema with the database finds a difference. Names that are derived (of foreign keys, unique columns) count, and bytes, not letters.",
		FixText:   `a shorter name: StorageKey("…") in Ent`,
		Source:    "PostgreSQL manual, 4.1.1 Identifiers and Key Words: NAMEDATALEN",
	},
	needs: needPostgres,
	check: func(p *pass) {
		p.eachName(func(at place, kind, name string) {
			if len(name) > 63 {
				p.report(at, p.pick(`StorageKey("…")`, "choose a shorter name"), "%s %q has %d bytes; PostgreSQL cuts it to %q", kind, name, len(name), cut63(name))
			}
		})
	},
}

func cut63(name string) string {
	n := 63
	for n > 0 && name[n]&0xC0 == 0x80 {
		n--
	}
	return name[:n]
}
