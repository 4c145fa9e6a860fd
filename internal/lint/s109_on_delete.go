package lint

import (
	"strings"

	"ariga.io/atlas/sql/schema"
)

var s109 = &schemaRule{
	Rule: Rule{
		Code: "S109", Slug: "fk-on-delete-implicit", Severity: Error, Fix: FixProposed, Since: "0.1",
		Title: "foreign key that does not say what a delete does",
		Rationale: "What happens to the children when a parent goes is a decision about the data. Left unsaid it is NO ACTION in PostgreSQL and in Ent it depends on whether the edge is required, " +
			"which nobody reads from the schema.\n\n" +
			"In Ent the action must be written on the edge, even where it equals the default. An action NO ACTION that SQL states counts; a live catalogue cannot tell it from silence, so there " +
			"state CASCADE, SET NULL or RESTRICT. The join tables that Ent makes for a many-to-many edge always cascade and cannot be told otherwise.",
		FixText: "Annotations(entsql.OnDelete(entsql.Restrict)) on the edge; ON DELETE RESTRICT, CASCADE or SET NULL in SQL",
		Source:  "PostgreSQL manual, 5.5.5 Foreign Keys",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, fk := range t.ForeignKeys {
				if p.saysOnDelete(t, fk) {
					continue
				}
				cols := columnNames(fk.Columns)
				p.report(p.onFK(t, fk), p.pick(onDeleteText(t, cols), "FOREIGN KEY ("+quoteAll(cols)+") REFERENCES "+fk.RefTable.Name+" ON DELETE "+suggestedSQL(t, cols)),
					"%s (%s) refers to %s without saying what deleting there does", t.name, quoteAll(cols), fk.RefTable.Name)
			}
		}
	},
}

// onDeleteText is the annotation, and where it goes when the key's own edge is an edge.From: Ent ignores it there.
func onDeleteText(t *table, cols []string) string {
	text := "Annotations(entsql.OnDelete(entsql." + suggested(t, cols) + "))"
	if d := t.edge(cols...); d != nil && d.edge.Inverse && d.edge.Ref != "" {
		return `edge.To("` + d.edge.Ref + `", …).` + text + " in " + d.edge.To
	}
	return text
}

// saysOnDelete says whether the source states an action for deletes.
func (p *pass) saysOnDelete(t *table, fk *schema.ForeignKey) bool {
	if d := t.edge(columnNames(fk.Columns)...); d != nil {
		if d.edge.Rel == "M2M" || d.edge.OnDelete != "" {
			return true
		}
		// The other side of the edge may hold the annotation.
		if o, ok := p.graph.Entity(d.edge.To); ok && d.edge.Ref != "" {
			if r, ok := o.Edge(d.edge.Ref); ok && r.OnDelete != "" {
				return true
			}
		}
		return false
	}
	if t.facts[fk.Symbol].Inherited || p.options.Stated[t.name+"."+fk.Symbol] || p.options.Stated[t.name+".("+strings.Join(columnNames(fk.Columns), ",")+")"] {
		return true
	}
	return fk.OnDelete != "" && fk.OnDelete != schema.NoAction
}

func suggested(t *table, cols []string) string {
	if t.notNull(cols) {
		return "Restrict"
	}
	return "SetNull"
}

func suggestedSQL(t *table, cols []string) string {
	return strings.ToUpper(strings.Replace(suggested(t, cols), "SetNull", "SET NULL", 1))
}
