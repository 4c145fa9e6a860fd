package lint

import (
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
)

var s606 = &schemaRule{
	Rule: Rule{
		Code: "S606", Slug: "denorm-undocumented", Severity: Error, Fix: FixProposed, Since: "0.1",
		Title: "copied or derived column that nothing explains",
		Rationale: "A value that another row already says is right only as long as something keeps it so. annotation.Denormalized says what it is copied from, what keeps it true, and what would be slow without it.\n\n" +
			"Found are columns with the name and type of a column of the parent (customer_name beside customers.name) and counts of children (comments_count where comments refer to the table). Generated columns keep themselves.",
		FixText: `annotation.Denormalized{From: "{source}", KeptBy: "…", Why: "…"}, or remove the column`,
		Source:  "Date, Database Design and Relational Theory, chapter 8; house rule",
	},
	needs: needEnt,
	check: func(p *pass) {
		for _, t := range p.tables {
			if t.entity == nil {
				continue
			}
			for _, c := range t.Columns {
				f := t.field(c.Name)
				if f == nil || f.Facts.Denormalized != nil || f.PK || t.fkOn(c.Name) || generated(c) {
					continue
				}
				from := p.copyOf(t, c)
				if from == "" {
					from = p.countOf(t, c)
				}
				if from != "" {
					p.report(p.onColumn(t, c.Name), `annotation.Denormalized{From: "`+from+`", KeptBy: "…", Why: "…"}`, "%s.%s repeats what %s says", t.name, c.Name, from)
				}
			}
		}
	},
}

// copyOf finds the parent's column that a column copies: customer_name of customers.name.
func (p *pass) copyOf(t *table, c *schema.Column) string {
	for _, fk := range t.ForeignKeys {
		parent := p.byTable[fk.RefTable]
		if parent == nil || parent == t || len(fk.Columns) != 1 {
			continue
		}
		w := words(parent.Table.Name)
		if len(w) == 0 {
			continue
		}
		w[len(w)-1] = singular(w[len(w)-1])
		stems := []string{strings.Join(w, "_"), strings.TrimSuffix(toLower(fk.Columns[0].Name), "_id")}
		for _, stem := range stems {
			rest, ok := strings.CutPrefix(toLower(c.Name), stem+"_")
			if !ok {
				continue
			}
			o, ok := parent.Column(rest)
			if ok && !slices.Contains(parent.pkColumns(), o.Name) && !bookkeeping(o.Name) && !parent.fkOn(o.Name) && p.typeOf(o).fam == p.typeOf(c).fam {
				return parent.name + "." + o.Name
			}
		}
	}
	return ""
}

// countOf finds the children that a column counts.
func (p *pass) countOf(t *table, c *schema.Column) string {
	w := words(c.Name)
	if p.typeOf(c).fam != famInt || len(w) < 2 {
		return ""
	}
	var what string
	switch {
	case w[len(w)-1] == "count" || w[len(w)-1] == "total":
		what = strings.Join(w[:len(w)-1], "_")
	case w[0] == "num" || w[0] == "n":
		what = strings.Join(w[1:], "_")
	default:
		return ""
	}
	for _, fk := range t.refs {
		child := p.byTable[fk.Table]
		if child == nil || child == t {
			continue
		}
		name := toLower(child.Table.Name)
		cw := words(name)
		cw[len(cw)-1] = singular(cw[len(cw)-1])
		if what == name || what == strings.Join(cw, "_") {
			return "count(" + child.name + ")"
		}
	}
	return ""
}
