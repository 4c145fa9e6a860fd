package lint

import (
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
)

var s219 = &schemaRule{
	Rule: Rule{
		Code: "S219", Slug: "unique-null-hole", Severity: Warn, Fix: FixProposed, Since: "0.1",
		Title: "unique index that NULL passes by",
		Rationale: "NULL is never equal to NULL, so rows that differ in nothing else are all accepted. NULLS NOT DISTINCT (PostgreSQL 15) closes the hole, NOT NULL does, and so does a partial index that says IS NOT NULL, " +
			"by saying that the others are not meant to be unique. A column that documents what its NULL means (annotation.Nullable), and the optional key of a one-to-one relation, are not judged.",
		FixText: "NOT NULL, UNIQUE NULLS NOT DISTINCT, or WHERE {column} IS NOT NULL",
		Source:  "PostgreSQL manual, 5.5.3 Unique Constraints",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, i := range t.indexes {
				if !i.Unique || i.pk || slices.ContainsFunc(i.Attrs, notDistinct) {
					continue
				}
				for _, k := range i.keys {
					c, ok := t.Column(k)
					if !ok || c.Type == nil || !c.Type.Null || p.nullMeant(t, i, c) {
						continue
					}
					p.report(p.onIndex(t, i), p.pick("Required, or entsql.IndexWhere(\""+k+" IS NOT NULL\")", "UNIQUE NULLS NOT DISTINCT ("+quoteAll(i.keys)+")"),
						"%s allows any number of rows of %s whose %s is null", i.label(), t.name, k)
					break
				}
			}
		}
	},
}

func notDistinct(a schema.Attr) bool {
	n, ok := a.(*postgres.IndexNullsDistinct)
	return ok && !n.V
}

// nullMeant says that the source shows that several nulls are wanted.
func (p *pass) nullMeant(t *table, i *index, c *schema.Column) bool {
	if i.predicate != "" && strings.Contains(bare(i.predicate), strings.ToLower(c.Name)+" is not null") {
		return true
	}
	if len(i.keys) == 1 && t.fkOn(c.Name) {
		return true
	}
	return t.nullReason(c.Name)
}

// nullReason says that the source explains why a column may be null.
func (t *table) nullReason(column string) bool {
	if f := t.field(column); f != nil && f.Facts.Nullable != nil && strings.TrimSpace(f.Facts.Nullable.Why) != "" {
		return true
	}
	if d := t.edge(column); d != nil && d.edge.Facts.Nullable != nil && strings.TrimSpace(d.edge.Facts.Nullable.Why) != "" {
		return true
	}
	if c, ok := t.Column(column); ok {
		return explainsNull(t.about(c))
	}
	return false
}

// explainsNull says that a comment speaks of the value's absence.
func explainsNull(comment string) bool {
	for _, w := range words(comment) {
		switch w {
		case "null", "nil", "none", "empty", "unset", "unknown", "until", "unless", "optional", "absent", "missing", "without", "undefined", "if", "when", "only", "not", "never":
			return true
		}
	}
	return false
}
