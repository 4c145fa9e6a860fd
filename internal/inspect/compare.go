package inspect

import (
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Difference is one thing that two states do not share.
type Difference struct {
	// Kind is that of the object: "table", "column", "index", "foreign key", "check", "primary key", "type", or a
	// companion's.
	Kind string `json:"kind"`
	// Object is its name, with the table's before it: "orders.total".
	Object string `json:"object"`
	// Attribute is what differs; empty where the object is on one side only.
	Attribute string `json:"attribute,omitempty"`
	// Want and Got are the first and the second state's values. An object on one side only has no value on the other.
	Want string `json:"want,omitempty"`
	Got  string `json:"got,omitempty"`
	// Companion says that the object is one that Atlas does not model.
	Companion bool `json:"companion,omitempty"`
}

// String says the difference as a sentence; the first state is what is wanted, the second what is there.
func (d Difference) String() string {
	name := d.Kind + " " + d.Object
	switch {
	case d.Attribute == "" && d.Got == "":
		return name + " is missing"
	case d.Attribute == "":
		return name + " is there and should not be"
	}
	return fmt.Sprintf("%s: %s is %s, should be %s", name, d.Attribute, orNone(d.Got), orNone(d.Want))
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// object is what a state holds, as texts by attribute.
type object struct {
	kind, name string
	attrs      [][2]string
	companion  bool
}

// Compare says how two states in normal form (see Normalize) differ: a is what is wanted, b what is there. The order
// of columns and of everything else is no difference.
func Compare(a, b *schemagraph.Graph) []Difference {
	var (
		out    []Difference
		wanted = objects(a)
		got    = map[string]object{}
		seen   = map[string]bool{}
	)
	for _, o := range objects(b) {
		got[o.kind+" "+o.name] = o
	}
	for _, w := range wanted {
		k := w.kind + " " + w.name
		seen[k] = true
		g, ok := got[k]
		if !ok {
			if !within(w.name, missing(out)) {
				out = append(out, Difference{Kind: w.kind, Object: w.name, Want: w.text(), Companion: w.companion})
			}
			continue
		}
		for i, at := range w.attrs {
			if at[1] != g.attrs[i][1] {
				out = append(out, Difference{Kind: w.kind, Object: w.name, Attribute: at[0], Want: at[1], Got: g.attrs[i][1], Companion: w.companion})
			}
		}
	}
	var extra []string
	for _, g := range objects(b) {
		if seen[g.kind+" "+g.name] || within(g.name, extra) {
			continue
		}
		if g.kind == "table" {
			extra = append(extra, g.name)
		}
		out = append(out, Difference{Kind: g.kind, Object: g.name, Got: g.text(), Companion: g.companion})
	}
	return out
}

// missing are the tables found missing: their parts need no mention.
func missing(ds []Difference) []string {
	var out []string
	for _, d := range ds {
		if d.Kind == "table" && d.Attribute == "" && d.Got == "" {
			out = append(out, d.Object)
		}
	}
	return out
}

func within(name string, tables []string) bool {
	return slices.ContainsFunc(tables, func(t string) bool { return strings.HasPrefix(name, t+".") })
}

func (o object) text() string {
	var parts []string
	for _, a := range o.attrs {
		if a[1] != "" {
			parts = append(parts, a[0]+" "+a[1])
		}
	}
	if len(parts) == 0 {
		return o.name
	}
	return strings.Join(parts, ", ")
}

// objects lists everything a state holds, tables before their parts.
func objects(g *schemagraph.Graph) []object {
	var out []object
	if g.Realm != nil {
		for _, s := range g.Realm.Schemas {
			ns := s.Name
			if ns == "main" {
				ns = ""
			}
			for _, o := range s.Objects {
				if e, ok := o.(*schema.EnumType); ok {
					out = append(out, object{kind: "type", name: name(ns, e.T), attrs: [][2]string{{"values", quoted(e.Values)}}})
				}
			}
			for _, t := range s.Tables {
				out = append(out, tableObjects(name(ns, t.Name), t, g.Dialect)...)
			}
		}
	}
	for _, c := range g.Companions {
		n := c.Name
		if c.Table != "" && c.Table != c.Name {
			n = c.Table + "." + c.Name
		}
		out = append(out, object{kind: c.Kind, name: n, companion: true, attrs: [][2]string{{"definition", strings.Join(strings.Fields(c.Create), " ")}}})
	}
	return out
}

func tableObjects(n string, t *schema.Table, dialect string) []object {
	out := []object{{kind: "table", name: n, attrs: [][2]string{{"comment", commentOf(t.Attrs)}, {"partitioning", partition(t)}}}}
	for _, c := range t.Columns {
		out = append(out, object{kind: "column", name: n + "." + c.Name, attrs: columnAttrs(c, dialect)})
	}
	if t.PrimaryKey != nil {
		out = append(out, object{kind: "primary key", name: n + "." + t.PrimaryKey.Name, attrs: [][2]string{{"columns", parts(t.PrimaryKey)}}})
	}
	for _, i := range t.Indexes {
		out = append(out, object{kind: "index", name: n + "." + i.Name, attrs: indexAttrs(i)})
	}
	for _, f := range t.ForeignKeys {
		out = append(out, object{kind: "foreign key", name: n + "." + f.Symbol, attrs: fkAttrs(f)})
	}
	for _, c := range t.Checks() {
		inherit := ""
		if has[*postgres.NoInherit](c.Attrs) {
			inherit = "no"
		}
		out = append(out, object{kind: "check", name: n + "." + c.Name, attrs: [][2]string{{"expression", c.Expr}, {"inherited", inherit}}})
	}
	return out
}

func columnAttrs(c *schema.Column, dialect string) [][2]string {
	null, typ := "NOT NULL", ""
	if c.Type.Null {
		null = "NULL"
	}
	if c.Type.Type != nil {
		typ = typeName(c.Type.Type, dialect)
	}
	identity, generated, collation := "", "", ""
	for _, a := range c.Attrs {
		switch a := a.(type) {
		case *postgres.Identity:
			identity = "GENERATED " + a.Generation
			if s := a.Sequence; s != nil {
				identity += fmt.Sprintf(" from %d by %d", s.Start, s.Increment)
			}
		case *schema.GeneratedExpr:
			generated = a.Expr
		case *schema.Collation:
			collation = a.V
		case *sqlite.AutoIncrement:
			identity = "AUTOINCREMENT"
		}
	}
	return [][2]string{
		{"type", typ}, {"nullability", null}, {"default", expr(c.Default)}, {"identity", identity},
		{"generated", generated}, {"collation", collation}, {"comment", commentOf(c.Attrs)},
	}
}

func indexAttrs(i *schema.Index) [][2]string {
	unique, method, where, include, nulls, constraint := "", "", "", "", "", ""
	if i.Unique {
		unique = "yes"
	}
	for _, a := range i.Attrs {
		switch a := a.(type) {
		case *postgres.IndexType:
			method = strings.ToLower(a.T)
		case *postgres.IndexPredicate:
			where = a.P
		case *sqlite.IndexPredicate:
			where = a.P
		case *postgres.IndexInclude:
			var names []string
			for _, c := range a.Columns {
				names = append(names, c.Name)
			}
			include = strings.Join(names, ", ")
		case *postgres.IndexNullsDistinct:
			if !a.V {
				nulls = "not distinct"
			}
		case *postgres.Constraint:
			constraint = "yes"
		}
	}
	return [][2]string{
		{"columns", parts(i)}, {"uniqueness", unique}, {"method", method}, {"predicate", where}, {"included columns", include},
		{"treatment of NULL", nulls}, {"being a constraint", constraint}, {"comment", commentOf(i.Attrs)},
	}
}

func fkAttrs(f *schema.ForeignKey) [][2]string {
	list := func(cs []*schema.Column) string {
		var names []string
		for _, c := range cs {
			names = append(names, c.Name)
		}
		return strings.Join(names, ", ")
	}
	action := func(o schema.ReferenceOption) string {
		if o == "" {
			return string(schema.NoAction)
		}
		return string(o)
	}
	ref := f.RefTable.Name
	if f.RefTable.Schema != nil {
		ref = name(f.RefTable.Schema.Name, ref)
	}
	return [][2]string{
		{"columns", list(f.Columns)}, {"target", ref + " (" + list(f.RefColumns) + ")"},
		{"ON DELETE", action(f.OnDelete)}, {"ON UPDATE", action(f.OnUpdate)},
	}
}
