package lint

import (
	"regexp"
	"strings"

	"ariga.io/atlas/sql/schema"
)

var s504 = &schemaRule{
	Rule: Rule{
		Code: "S504", Slug: "unnamed", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title: "constraint or index whose name was left to the server",
		Rationale: "A name made by the server differs between servers and versions (a digit is added where it clashes), so a migration that drops it by name fails somewhere. An error message with a name somebody chose tells what was broken.\n\n" +
			"An inspected schema does not say who chose a name; there, the names that PostgreSQL makes ({table}_{columns}_key, _fkey, _check, _idx, _excl) are taken as the server's, as a warning. " +
			"Primary keys ({table}_pkey, which is always the same) and NOT NULL constraints are not judged.",
		FixText: "ix_{table}_{columns}, uq_{table}_{columns}, fk_{table}_{ref_table}, ck_{table}_{rule}",
		Source:  "PostgreSQL source, ChooseIndexName and ChooseConstraintName; house rule",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, i := range t.indexes {
				if i.pk || !p.postgres() && i.constraint {
					continue
				}
				prefix := "ix"
				if i.Unique {
					prefix = "uq"
				}
				if i.Name == "" || p.serverMade(t, i.Name, i.keys, "key", "idx", "excl") {
					p.unnamed(p.onIndex(t, i), i.Name, "index on ("+quoteAll(i.parts)+")", prefix+"_"+t.Table.Name+"_"+strings.Join(i.keys, "_"))
				}
			}
			for _, fk := range t.ForeignKeys {
				cols := columnNames(fk.Columns)
				if fk.Symbol == "" || p.serverMade(t, fk.Symbol, cols, "fkey") || isDigits(fk.Symbol) && p.postgres() {
					p.unnamed(p.onFK(t, fk), fk.Symbol, "foreign key ("+quoteAll(cols)+")", "fk_"+t.Table.Name+"_"+fk.RefTable.Name)
				}
			}
			for _, k := range t.checks {
				if k.Name == "" && p.postgres() || p.serverCheck(t, k) {
					p.unnamed(p.onCheck(t, k), k.Name, "check ("+k.Expr+")", "ck_"+t.Table.Name+"_…")
				}
			}
		}
	},
}

func (p *pass) unnamed(at place, name, what, want string) {
	if name != "" {
		what = name
	}
	f := p.report(at, p.pick(`StorageKey("`+want+`")`, "name it "+want), "%s has no name of its own", what)
	if !p.graph.Conventions {
		f.Severity = Warn
	}
}

// serverMade says that a name is what PostgreSQL makes of a table, columns and a suffix. An Ent schema's names are
// Ent's, and written down.
func (p *pass) serverMade(t *table, name string, cols []string, suffixes ...string) bool {
	if p.ent() || !p.postgres() {
		return false
	}
	base := t.Table.Name + "_"
	for _, c := range cols {
		if c == "" {
			c = "expr"
		}
		base += c + "_"
	}
	for _, s := range suffixes {
		rest, ok := strings.CutPrefix(name, base+s)
		if ok && (rest == "" || isDigits(rest)) {
			return true
		}
		if len(name) >= 60 && strings.HasPrefix(name, t.Table.Name[:min(len(t.Table.Name), 20)]) && strings.HasSuffix(strings.TrimRight(name, "0123456789"), "_"+s) {
			return true
		}
	}
	return false
}

var checkName = regexp.MustCompile(`_check\d*$`)

func (p *pass) serverCheck(t *table, k *schema.Check) bool {
	if p.ent() || !p.postgres() || !checkName.MatchString(k.Name) || !strings.HasPrefix(k.Name, t.Table.Name+"_") {
		return false
	}
	middle := strings.Trim(strings.TrimPrefix(checkName.ReplaceAllString(k.Name, ""), t.Table.Name), "_")
	_, column := t.Column(middle)
	return middle == "" || column
}

var s505 = &schemaRule{
	Rule: Rule{
		Code: "S505", Slug: "prefix", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title: "name without the prefix of its kind",
		Rationale: "fk_orders_users in an error message says what kind of thing was broken, and where, without a look at the catalogue. One scheme for all makes names predictable: pk_, fk_, uq_, ck_ and ix_.\n\n" +
			"Primary keys may keep PostgreSQL's own {table}_pkey. In a design that does not follow plinth's conventions it is information; such a project sets its own prefixes, or a baseline. Names left to the server are S504's.",
		FixText: "ix_{table}_{columns}, uq_{table}_{columns}, fk_{table}_{ref_table}, ck_{table}_{rule}",
		Source:  "house rule",
		Options: []Option{
			{Name: "index", Default: "ix_", Doc: "prefixes of indexes"},
			{Name: "unique", Default: "uq_", Doc: "prefixes of unique indexes and constraints"},
			{Name: "foreign_key", Default: "fk_", Doc: "prefixes of foreign keys"},
			{Name: "check", Default: "ck_", Doc: "prefixes of checks"},
			{Name: "primary_key", Default: "pk_", Doc: "prefixes of primary keys"},
		},
	},
	check: func(p *pass) {
		look := func(at place, kind, name, option, want string) {
			if name == "" || isDigits(name) {
				return
			}
			prefixes := p.list(option)
			for _, x := range prefixes {
				if strings.HasPrefix(name, x) {
					return
				}
			}
			f := p.report(at, p.pick(`StorageKey("`+want+`")`, "rename it to "+want), "%s %s does not begin with %s", kind, name, strings.Join(prefixes, " or "))
			if !p.graph.Conventions {
				f.Severity = Info
			}
		}
		for _, t := range p.tables {
			for _, i := range t.indexes {
				cols := strings.Join(i.keys, "_")
				switch {
				case i.pk:
					if !strings.HasSuffix(i.Name, "_pkey") && p.postgres() {
						look(p.onIndex(t, i), "primary key", i.Name, "primary_key", "pk_"+t.Table.Name)
					}
				case !p.postgres() && i.constraint, p.serverMade(t, i.Name, i.keys, "key", "idx", "excl"):
				case i.Unique:
					look(p.onIndex(t, i), "unique index", i.Name, "unique", "uq_"+t.Table.Name+"_"+cols)
				case i.method != "gist" || !i.constraint:
					look(p.onIndex(t, i), "index", i.Name, "index", "ix_"+t.Table.Name+"_"+cols)
				}
			}
			for _, fk := range t.ForeignKeys {
				if !p.serverMade(t, fk.Symbol, columnNames(fk.Columns), "fkey") {
					look(p.onFK(t, fk), "foreign key", fk.Symbol, "foreign_key", "fk_"+t.Table.Name+"_"+fk.RefTable.Name)
				}
			}
			for _, k := range t.checks {
				if !p.serverCheck(t, k) {
					look(p.onCheck(t, k), "check", k.Name, "check", "ck_"+t.Table.Name+"_…")
				}
			}
		}
	},
}

var s506 = &schemaRule{
	Rule: Rule{
		Code: "S506", Slug: "inflection", Severity: Info, Fix: FixProposed, Since: "0.1",
		Title:     "table name in the other number than the rest",
		Rationale: "orders beside customer: whoever writes a query has to look each name up. plinth's own convention, and Ent's, is the plural; in a design where most names are singular, the plural ones are reported.",
		FixText:   "one number for all: entsql.Annotation{Table: \"…\"} in Ent",
		Source:    "house rule",
	},
	check: func(p *pass) {
		var many, one []*table
		for _, t := range p.tables {
			w := words(t.Table.Name)
			if len(w) == 0 || t.join() {
				continue
			}
			if is, known := plural(w[len(w)-1]); known && is {
				many = append(many, t)
			} else if known {
				one = append(one, t)
			}
		}
		odd, what := one, "singular"
		if !p.graph.Conventions && len(one) > len(many) {
			odd, what = many, "plural"
		}
		if !p.graph.Conventions && len(odd) == len(p.tables) {
			return
		}
		for _, t := range odd {
			p.report(p.onTable(t), "", "%s is %s, unlike the other tables", t.name, what)
		}
	},
}
