package lint

import (
	"strings"

	"ariga.io/atlas/sql/schema"
)

var s107 = &schemaRule{
	Rule: Rule{
		Code: "S107", Slug: "fk-missing", Severity: Warn, Fix: FixProposed, Since: "0.1",
		Title: "column that looks like a foreign key and is none",
		Rationale: "Without the constraint, rows that refer to nothing appear sooner or later, and each query has to expect them.\n\n" +
			"It is found only where the name leads to a table of the same design whose key has the same type: customer_id where there are customers. Identifiers of other systems " +
			"(stripe_customer_id of type text beside a uuid), the two columns of a polymorphic reference (S611) and columns of the primary key are not judged.",
		FixText: "an edge in Ent; ALTER TABLE {table} ADD FOREIGN KEY ({column}) REFERENCES {parent} in SQL",
		Source:  "Karwin, SQL Antipatterns, chapter 5: Keyless Entry",
	},
	check: func(p *pass) {
		parents := p.parents()
		for _, t := range p.tables {
			pk := t.pkColumns()
			for _, c := range t.Columns {
				if t.fkOn(c.Name) || len(pk) == 1 && pk[0] == c.Name || p.graph.Conventions && c.Name == p.tenancy {
					continue
				}
				parent := p.parentOf(t, c, parents)
				if parent == nil || t.hasTypeTwin(c.Name) {
					continue
				}
				ref := parent.surrogate()
				p.report(p.onColumn(t, c.Name),
					p.pick(`an edge to `+entityName(parent)+` with Field("`+c.Name+`")`, "ALTER TABLE "+t.name+" ADD FOREIGN KEY ("+c.Name+") REFERENCES "+parent.name+" ("+ref.Name+");"),
					"%s.%s has the name and type of a reference to %s.%s, but no foreign key", t.name, c.Name, parent.name, ref.Name)
			}
		}
	},
}

// parents are the tables with a key of one column, by the singular of their names.
func (p *pass) parents() map[string][]*table {
	by := make(map[string][]*table)
	for _, t := range p.tables {
		if t.surrogate() == nil {
			continue
		}
		w := words(t.Table.Name)
		if len(w) == 0 {
			continue
		}
		w[len(w)-1] = singular(w[len(w)-1])
		name := strings.Join(w, "_")
		by[name] = append(by[name], t)
	}
	return by
}

// parentOf finds the table that a column's name and type lead to: customer_id and shipping_customer_id to customers,
// parent_id to the table itself.
func (p *pass) parentOf(t *table, c *schema.Column, parents map[string][]*table) *table {
	w := words(c.Name)
	if len(w) < 2 || w[len(w)-1] != "id" {
		return nil
	}
	w = w[:len(w)-1]
	if len(w) == 1 && w[0] == "parent" && p.refersTo(c, t) {
		return t
	}
	for from := range w {
		for _, parent := range parents[strings.Join(w[from:], "_")] {
			if parent.Schema != t.Schema || !p.refersTo(c, parent) || parent == t && from == 0 {
				continue
			}
			return parent
		}
	}
	return nil
}

// refersTo says that the column's type is that of the table's key.
func (p *pass) refersTo(c *schema.Column, parent *table) bool {
	key := parent.surrogate()
	if key == nil {
		return false
	}
	a, b := p.typeOf(c), p.typeOf(key)
	if a.fam == famText && b.fam == famText {
		return !a.array && !p.isCode(parent, key)
	}
	return a.fam == b.fam && a.name == b.name && a.array == b.array && a.fam != famOther
}

// hasTypeTwin says that x_id has an x_type beside it.
func (t *table) hasTypeTwin(column string) bool {
	stem, ok := strings.CutSuffix(strings.ToLower(column), "_id")
	if !ok {
		stem, ok = strings.CutSuffix(column, "Id")
	}
	if !ok {
		return false
	}
	for _, c := range t.Columns {
		n := strings.ToLower(c.Name)
		stem := strings.ToLower(stem)
		if n == stem+"_type" || n == stem+"type" || n == stem+"_kind" || n == stem+"_class" || n == stem+"_table" {
			return true
		}
	}
	return false
}

func entityName(t *table) string {
	if t.entity != nil {
		return t.entity.Name
	}
	return t.name
}
