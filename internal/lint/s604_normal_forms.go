package lint

import (
	"slices"

	"github.com/plinth-go/plinth/internal/normalform"
)

var s604 = &schemaRule{
	Rule: Rule{
		Code: "S604", Slug: "2nf", Severity: Error, Fix: FixNone, Since: "0.1", Intent: true,
		Title: "column that depends on a part of the key",
		Rationale: "What a part of the key determines is repeated in each row that shares that part, and the copies come to differ. " +
			"It is judged by the dependencies declared (annotation.Determines) and those that keys and unique indexes imply.",
		FixText: "a table for the part of the key and what it determines",
		Source:  "Codd 1971, second normal form; Date, Database Design and Relational Theory, chapter 4",
	},
	needs: needEnt | needDepends,
	check: func(p *pass) { p.normal(normalform.Second) },
}

var s605 = &schemaRule{
	Rule: Rule{
		Code: "S605", Slug: "3nf", Severity: Error, Fix: FixNone, Since: "0.1", Intent: true,
		Title: "column that depends on another that is not a key",
		Rationale: "A fact about something else than the row stands in it, as often as that thing is mentioned. A copy kept on purpose is marked annotation.Denormalized, with what keeps it true; it is then not judged, and neither are generated columns. " +
			"It is judged by the dependencies declared (annotation.Determines) and those that keys and unique indexes imply.",
		FixText: "a table for the determining columns and what they determine, or annotation.Denormalized",
		Source:  "Codd 1971, third normal form; Date, Database Design and Relational Theory, chapter 4",
	},
	needs: needEnt | needDepends,
	check: func(p *pass) { p.normal(normalform.Third) },
}

// normal reports the violations of a normal form in each entity with declared dependencies.
func (p *pass) normal(form normalform.Form) {
	for _, t := range p.tables {
		if t.entity == nil || len(t.entity.Facts.Determines) == 0 {
			continue
		}
		r := p.relation(t)
		if r == nil {
			continue
		}
		for _, v := range r.Violations() {
			if v.Form != form {
				continue
			}
			p.violation(t, v)
		}
	}
}

// relation is an entity's table with the dependencies that hold in it, over columns. Columns kept redundant on purpose
// are left out.
func (p *pass) relation(t *table) *normalform.Relation {
	var attrs []string
	for _, c := range t.Columns {
		if f := t.field(c.Name); f != nil && f.Facts.Denormalized != nil || generated(c) {
			continue
		}
		attrs = append(attrs, c.Name)
	}
	in := func(cols []string) []string {
		return slices.DeleteFunc(slices.Clone(cols), func(c string) bool { return !slices.Contains(attrs, c) })
	}
	var deps []normalform.Dependency
	for _, i := range t.indexes {
		if (i.pk || i.Unique) && i.plain() && t.keepsAll(i) && t.notNull(i.keys) && subset(i.keys, attrs) {
			deps = append(deps, normalform.Dependency{From: i.keys, To: attrs})
		}
	}
	for _, d := range t.entity.Facts.Determines {
		from, to := in(t.columnsOf(d.From)), in(t.columnsOf(d.To))
		if len(from) == len(d.From) && len(to) > 0 {
			deps = append(deps, normalform.Dependency{From: from, To: to})
		}
	}
	r, err := normalform.New(t.name, attrs, deps)
	if err != nil {
		return nil // a dependency on a name that is not there is an error when code is generated
	}
	return r
}

// columnsOf are the columns of Ent fields; a name that is none stays as it is.
func (t *table) columnsOf(fields []string) []string {
	cols := make([]string, len(fields))
	for n, name := range fields {
		cols[n] = name
		if f, ok := t.entity.Field(name); ok {
			cols[n] = f.Column
		} else if d, ok := t.entity.Edge(name); ok && d.OwnsFK() && len(d.Columns) == 1 {
			cols[n] = d.Columns[0]
		}
	}
	return cols
}

// violation says what depends on what, and how to take it apart.
func (p *pass) violation(t *table, v normalform.Violation) {
	from, to := quoteAll(v.Dependency.From), quoteAll(v.Dependency.To)
	at := p.onColumn(t, v.Dependency.To[0])
	for _, c := range v.Dependency.To[1:] {
		at.within = append(at.within, t.name+"."+c)
	}
	fix := "a table (" + from + ", " + to + ") with the key (" + from + "), and a foreign key to it from " + t.name
	if v.Form == normalform.Second {
		p.report(at, fix, "%s of %s depends on %s, a part of the key (%s)", to, t.name, from, quoteAll(v.Key))
		return
	}
	p.report(at, fix, "%s of %s depends on %s, which is no key", to, t.name, from)
}

// keepsAll says that a unique index holds for all rows, or for all that are not deleted.
func (t *table) keepsAll(i *index) bool {
	if i.predicate == "" {
		return true
	}
	c := conjuncts(i.predicate)
	return len(c) == 1 && t.softDelete() != "" && c[0] == toLower(t.softDelete())+" is null"
}
