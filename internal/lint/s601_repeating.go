package lint

import (
	"regexp"
	"strings"

	"ariga.io/atlas/sql/schema"
)

var numbered = regexp.MustCompile(`^(.*?[a-zA-Z])_?(\d{1,2})$`)

var s601 = &schemaRule{
	Rule: Rule{
		Code: "S601", Slug: "1nf-repeating", Severity: Warn, Fix: FixNone, Since: "0.1",
		Title: "numbered columns: a list within a row",
		Rationale: "phone1, phone2, phone3 are a list with an end. The fourth phone needs a migration, each search asks three columns, and gaps mean nothing. A child table has no end.\n\n" +
			"Not judged: the lines of an address, names that contain a number of their own (sha256, ipv4, p95), and coordinates.",
		FixText: "a table of its own, with a foreign key and a position",
		Source:  "Codd 1970; Karwin, SQL Antipatterns, chapter 8: Multicolumn Attributes",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			groups, order := make(map[string][]*schema.Column), []string(nil)
			for _, c := range t.Columns {
				m := numbered.FindStringSubmatch(c.Name)
				if m == nil || ownNumber(m[1]) {
					continue
				}
				key := strings.ToLower(strings.TrimSuffix(m[1], "_")) + " " + string(p.typeOf(c).fam)
				if groups[key] == nil {
					order = append(order, key)
				}
				groups[key] = append(groups[key], c)
			}
			for _, key := range order {
				if g := groups[key]; len(g) > 1 {
					at := p.onColumn(t, g[0].Name)
					p.report(at, "a table "+singular(t.Table.Name)+"_"+strings.Fields(key)[0]+"s with a foreign key to "+t.name, "%s repeat one attribute of %s", and(columnNames(g)), t.name)
				}
			}
		}
	},
}

// ownNumber says that a number behind this name belongs to it.
func ownNumber(stem string) bool {
	w := words(stem)
	if len(w) == 0 {
		return true
	}
	switch w[len(w)-1] {
	case "line", "address", "addr", "street", "sha", "md", "ipv", "ip", "iso", "alpha", "utf", "base", "p", "x", "y", "z", "h", "s", "q", "int", "uint", "float", "crc",
		"lat", "lng", "lon", "latitude", "longitude", "v", "web", "oauth", "http", "l", "m", "t", "co", "pm", "vitamin", "mp", "d", "top", "last", "day", "days", "level", "factor", "percentile", "pct":
		return true
	}
	return false
}

var s602 = &schemaRule{
	Rule: Rule{
		Code: "S602", Slug: "1nf-array", Severity: Warn, Fix: FixNone, Since: "0.1",
		Title: "array column",
		Rationale: "An element of an array can have no foreign key, no constraint of its own and no order that lasts, and changing one rewrites all. " +
			"A list that is only searched for its elements (tags, with a GIN index) is legitimate, and so is one whose comment says why it is one.",
		FixText: "a child table, or a GIN index and a comment that says why",
		Source:  "Codd 1970; PostgreSQL manual, 8.15.5 Searching in Arrays: Tip",
	},
	needs: needPostgres,
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, c := range t.Columns {
				if !p.typeOf(c).array || t.about(c) != "" || t.hasGIN(c.Name) || generated(c) {
					continue
				}
				p.report(p.onColumn(t, c.Name), "a child table, or a GIN index and a comment that says why", "%s.%s is an array, %s", t.name, c.Name, p.typeOf(c))
			}
		}
	},
}

func (t *table) hasGIN(column string) bool {
	for _, i := range t.indexes {
		if i.method == "gin" && subset([]string{column}, i.keys) {
			return true
		}
	}
	return false
}

var s603 = &schemaRule{
	Rule: Rule{
		Code: "S603", Slug: "1nf-csv", Severity: Warn, Fix: FixNone, Since: "0.1",
		Title: "list kept as text",
		Rationale: "Identifiers separated by commas cannot have a foreign key, cannot be joined without taking the text apart, and LIKE '%12%' finds 112 as well. " +
			"It is found by the name of a text column (_ids, _list, _csv) or by a check that speaks of commas.",
		FixText: "a join table or a child table",
		Source:  "Karwin, SQL Antipatterns, chapter 2: Jaywalking",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, c := range t.Columns {
				if ty := p.typeOf(c); ty.fam != famText || ty.array || generated(c) {
					continue
				}
				w := words(c.Name)
				last := ""
				if len(w) > 0 {
					last = w[len(w)-1]
				}
				why := ""
				switch {
				case last == "ids" || last == "csv" || len(w) > 1 && last == "list":
					why = "its name says so"
				default:
					for _, k := range t.checks {
						if f := p.check(k.Expr); f.commas && mentions(f.text, c.Name) {
							why = "check " + k.Name + " speaks of commas"
						}
					}
				}
				if why != "" {
					p.report(p.onColumn(t, c.Name), "a table of its own, with a foreign key", "%s.%s holds a list as text: %s", t.name, c.Name, why)
				}
			}
		}
	},
}

// speaksOfCommas says that a check takes a text apart at commas, or matches it with a pattern that has one.
func speaksOfCommas(expr string) bool {
	if !textual.MatchString(expr) {
		return false
	}
	for _, lit := range stringPattern.FindAllString(expr, -1) {
		if strings.Contains(openRepeat.ReplaceAllString(lit, ""), ",") {
			return true
		}
	}
	return false
}

var textual = regexp.MustCompile(`~|\bsimilar to\b|\blike\b|string_to_array|regexp_|split_part`)

var openRepeat = regexp.MustCompile(`\{\d*,\d*\}`)
