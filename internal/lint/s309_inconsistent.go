package lint

import (
	"slices"
	"strings"
)

var s309 = &schemaRule{
	Rule: Rule{
		Code: "S309", Slug: "inconsistent-type", Severity: Warn, Fix: FixNone, Since: "0.1",
		Title: "columns of one name and different types",
		Rationale: "Whoever has read one table expects the same of the next; joins and copies between the two convert silently or fail. Found are the columns that differ from what most tables have. " +
			"Not judged: foreign keys (S108), lengths, names that mean another thing in each table (value, status, code, type …), and text beside varchar.",
		FixText: "one type for one name",
		Source:  "SchemaSpy, anomalies; house rule",
		Options: []Option{{Name: "generic", Default: "id, uuid, key, value, values, status, state, code, type, kind, name, data, version, level, position, content, payload, result, number, amount, count, size, total, score, rank, priority, order, parent, ref, reference, title, label, description, body, text, comment, note, notes, options, settings, config, metadata, meta, attributes, params, properties, from, to, start, end, min, max, date, time, duration, weight, height, width, length, rate, price, quantity, default, enabled, active, period, year, month, day, source, target, format, role, roles, permissions, scope, token, hash, scopes, tags, labels, category, language, location, address, method, message, error, errors, output, input, percentage, percent, discount, extra, details, info, rating, color, icon, image, file, url, path, phone", Doc: "names that may differ"}},
	},
	check: func(p *pass) {
		type use struct {
			t      *table
			column string
			ty     typ
		}
		var order []string
		uses := make(map[string][]use)
		generic := p.list("generic")
		for _, t := range p.tables {
			for _, c := range t.Columns {
				ty := p.typeOf(c)
				if slices.Contains(generic, strings.Join(words(c.Name), "_")) || t.fkOn(c.Name) || ty.fam == famOther || ty.fam == famEnum || slices.Contains(t.pkColumns(), c.Name) {
					continue
				}
				if len(uses[c.Name]) == 0 {
					order = append(order, c.Name)
				}
				uses[c.Name] = append(uses[c.Name], use{t, c.Name, ty})
			}
		}
		for _, name := range order {
			count, most := make(map[string]int), ""
			for _, u := range uses[name] {
				count[kindOf(u.ty)]++
			}
			if len(count) < 2 {
				continue
			}
			var with *table
			for _, u := range uses[name] {
				if k := kindOf(u.ty); most == "" || count[k] > count[most] {
					most, with = k, u.t
				}
			}
			for _, u := range uses[name] {
				if kindOf(u.ty) != most {
					p.report(p.onColumn(u.t, u.column), "", "%s.%s is %s; in %s it is %s", u.t.name, u.column, u.ty, with.name, most)
				}
			}
		}
	},
}

// kindOf is a type without what may differ: lengths, precisions, and which of the text types it is.
func kindOf(t typ) string {
	t.size, t.prec, t.scale = 0, 0, 0
	if t.fam == famText {
		t.name = "text"
	}
	return t.String()
}

var s310 = &schemaRule{
	Rule: Rule{
		Code: "S310", Slug: "inheritance", Severity: Error, Fix: FixNone, Since: "0.1", LiveOnly: true,
		Title:     "table inheritance",
		Rationale: "Primary keys, unique constraints and foreign keys do not reach over the children: two of them may hold the same key, and none can be referred to. Declarative partitions, which the catalogue keeps in the same place, are another thing and not judged.",
		FixText:   "declarative partitioning, or one table with a kind",
		Source:    "PostgreSQL manual, 5.10.1 Caveats; wiki, Don't Do This: Don't use table inheritance",
	},
	needs: needCatalog | needPostgres,
	check: func(p *pass) {
		for _, i := range p.live.Inherits {
			p.report(p.onLive(i.Child, ""), "declarative partitioning, or one table with a kind", "%s inherits from %s", short(i.Child), short(i.Parent))
		}
	},
}
