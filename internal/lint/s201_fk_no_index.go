package lint

import (
	"slices"
	"strings"
)

var s201 = &schemaRule{
	Rule: Rule{
		Code: "S201", Slug: "fk-no-index", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title: "foreign key without an index",
		Rationale: "Neither PostgreSQL nor Ent indexes the referring side. Each delete of a parent, and each change of its key, then reads the whole child table, once per parent row, " +
			"and so does every join from the parent.\n\n" +
			"The key's columns must be the first columns of a full, valid B-tree or hash index, in any order. The primary key and unique indexes count. A partial index does not, since the check looks at all rows " +
			"(measured: 21 sequential scans for 21 deleted parents), except one whose only condition is that the key is not null, which the check itself implies.",
		FixText: `index.Fields("{column}") in Ent; CREATE INDEX ix_{table}_{column} ON {table} ({column}) in SQL`,
		Source:  "PostgreSQL manual, 5.5.5 Foreign Keys; measured with EXPLAIN and pg_stat_user_tables",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			seen := make(map[string]bool)
			for _, fk := range t.ForeignKeys {
				cols := columnNames(fk.Columns)
				key := strings.Join(slices.Sorted(slices.Values(cols)), ",")
				if seen[key] || t.covers(cols) != nil {
					continue
				}
				seen[key] = true
				note := ""
				for _, i := range t.indexes {
					if i.predicate != "" && len(i.keys) >= len(cols) && sameSet(i.keys[:len(cols)], cols) {
						note = "; " + i.Name + " is partial, and the check reads all rows"
					}
				}
				p.report(p.onFK(t, fk), p.pick(t.indexText(cols), "CREATE INDEX ix_"+t.Table.Name+"_"+strings.Join(cols, "_")+" ON "+t.name+" ("+quoteAll(cols)+");"),
					"%s (%s) refers to %s, and no index begins with it: each delete there reads all of %s%s", t.name, quoteAll(cols), fk.RefTable.Name, t.name, note).fix(t.addIndex(cols, "")...)
			}
		}
	},
}

// indexText says how an Ent schema gets an index over columns: a column without a field is reached by its edge, and one
// that only the other side's edge makes needs an edge, or an entity, of its own first.
func (t *table) indexText(cols []string) string {
	if e := t.addIndex(cols, ""); len(e) > 0 {
		return e[0].Index
	}
	d := t.edge(cols...)
	switch {
	case d == nil:
	case d.edge.Rel == "M2M":
		name, to := d.edge.Name, d.edge.To
		if d.edge.Inverse && d.edge.Ref != "" {
			name, to = d.edge.Ref, d.entity.Name
		}
		return `edge.To("` + name + `", ` + to + `.Type).Through("…", ….Type), and index.Fields("` + strings.Join(cols, `", "`) + `") in that edge schema`
	case t.entity != nil:
		return `edge.From("…", ` + d.entity.Name + `.Type).Ref("` + d.edge.Name + `").Unique() in ` + t.entity.Name + `, and index.Edges("…")`
	}
	return `index.Fields("` + strings.Join(t.fieldNames(cols), `", "`) + `")`
}

// covers finds the index that answers equality on all the columns, for any row.
func (t *table) covers(cols []string) *index {
	for _, i := range t.indexes {
		if !i.valid || i.method != "btree" && (i.method != "hash" || len(cols) > 1) || len(i.keys) < len(cols) || !sameSet(i.keys[:len(cols)], cols) {
			continue
		}
		if i.predicate == "" || onlyNotNull(i.predicate, cols) {
			return i
		}
	}
	return nil
}

// onlyNotNull says that a predicate asks no more than that some of the columns are not null.
func onlyNotNull(pred string, cols []string) bool {
	for _, c := range conjuncts(pred) {
		name, ok := strings.CutSuffix(c, " is not null")
		if !ok || !slices.ContainsFunc(cols, func(s string) bool { return strings.EqualFold(s, name) }) {
			return false
		}
	}
	return true
}

// fieldNames are the Ent names of columns, where they have one.
func (t *table) fieldNames(cols []string) []string {
	names := make([]string, len(cols))
	for n, c := range cols {
		names[n] = c
		if f := t.field(c); f != nil {
			names[n] = f.Name
		}
	}
	return names
}
