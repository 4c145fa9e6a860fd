package requirement

import (
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Difference is something that the requirements and a schema do not agree on.
type Difference struct {
	// Pos is where the schema, or else the requirements file, says it.
	Pos schemagraph.Pos `json:"pos,omitzero"`
	// Object is the entity, or "Entity.field".
	Object string `json:"object"`
	// Text says what the difference is.
	Text string `json:"text"`
	// Extra says that the schema has more than the requirements ask for.
	Extra bool `json:"extra,omitempty"`
}

// String gives one line.
func (d Difference) String() string {
	at := d.Pos.String()
	if at != "" {
		at += ": "
	}
	return at + d.Object + " " + d.Text
}

// Compare tells where a schema differs from the design, both ways: what the requirements ask and the schema does not
// have, and what the schema has and the requirements do not say. Names of indexes and comments do not count.
func (d *Design) Compare(have *schemagraph.Graph) []Difference {
	c := &comparer{want: d.Graph(), have: have}
	for _, w := range c.want.Entities {
		if h, ok := have.Entity(w.Name); ok {
			c.entity(w, h)
		} else {
			c.add(w.Pos, w.Name, false, "is required, but the schema has no such entity")
		}
	}
	for _, h := range have.Entities {
		if _, ok := c.want.Entity(h.Name); !ok {
			c.add(h.Pos, h.Name, true, "is in the schema, but not in the requirements")
		}
	}
	return c.out
}

type comparer struct {
	want, have *schemagraph.Graph
	out        []Difference
}

func (c *comparer) add(pos schemagraph.Pos, object string, extra bool, format string, args ...any) {
	c.out = append(c.out, Difference{Pos: pos, Object: object, Extra: extra, Text: fmt.Sprintf(format, args...)})
}

func (c *comparer) entity(w, h *schemagraph.Entity) {
	if w.Table != h.Table {
		c.add(h.Pos, w.Name, false, "is the table %q in the schema; the requirements say %q", h.Table, w.Table)
	}
	for _, f := range w.Fields {
		name := w.Name + "." + f.Name
		g, ok := h.Field(f.Name)
		if !ok {
			c.add(f.Pos, name, false, "is required, but the schema has no such field")
			continue
		}
		c.field(name, f, g)
	}
	for _, g := range h.Fields {
		if _, ok := w.Field(g.Name); !ok {
			c.add(g.Pos, w.Name+"."+g.Name, true, "is in the schema, but not in the requirements")
		}
	}
	for _, e := range w.Edges {
		name := w.Name + "." + e.Name
		x, ok := h.Edge(e.Name)
		switch {
		case !ok:
			c.add(w.Pos, name, false, "is required, but the schema has no such edge")
		case x.To != e.To || x.Rel != e.Rel:
			c.add(x.Pos, name, false, "leads to %s (%s) in the schema; the requirements say %s (%s)", x.To, x.Rel, e.To, e.Rel)
		case x.Rel != "M2M" && x.OnDelete != e.OnDelete:
			c.add(x.Pos, name, false, "is ON DELETE %s in the schema; the requirements say %s", orNone(x.OnDelete), orNone(e.OnDelete))
		case x.Required != e.Required && x.OwnsFK():
			c.add(x.Pos, name, false, "is %s in the schema; the requirements say %s", optional(!x.Required), optional(!e.Required))
		}
	}
	for _, x := range h.Edges {
		if _, ok := w.Edge(x.Name); !ok && !c.throughEdge(w, x) {
			c.add(x.Pos, w.Name+"."+x.Name, true, "is in the schema, but not in the requirements")
		}
	}
	c.queries(w, h)
	c.indexes(w, h)
	c.intent(w, h)
}

// throughEdge says whether the edge is one that Ent adds to reach the rows of a pair's entity.
func (c *comparer) throughEdge(w *schemagraph.Entity, x *schemagraph.Edge) bool {
	return slices.ContainsFunc(w.Edges, func(e *schemagraph.Edge) bool { return e.Through == x.To })
}

func orNone(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

func optional(yes bool) string {
	if yes {
		return "optional"
	}
	return "required"
}

func (c *comparer) field(name string, w, h *schemagraph.Field) {
	differ := func(what, have, want string) {
		c.add(h.Pos, name, false, "%s %s in the schema; the requirements say %s", what, have, want)
	}
	have := h.Type
	if len(h.Enum) > 0 {
		have = string(Enum) // whatever the Go type
	}
	switch {
	case w.Type != have:
		differ("is", have, w.Type)
	case w.Optional != h.Optional:
		differ("is", optional(h.Optional), optional(w.Optional))
	case w.MaxLen != h.MaxLen:
		differ("has the length", fmt.Sprint(h.MaxLen), fmt.Sprint(w.MaxLen))
	case !slices.Equal(w.Enum, h.Enum):
		differ("has the values", strings.Join(h.Enum, ", "), strings.Join(w.Enum, ", "))
	case w.Mixin == "" && w.Default != h.Default:
		have, want := "no default", "that it has one"
		if h.Default {
			have, want = "a default", "that it has none"
		}
		differ("has", have, want)
	case (w.Facts.Denormalized == nil) != (h.Facts.Denormalized == nil):
		differ("is", denormalized(h), denormalized(w))
	case w.Facts.Sensitive != nil && h.Facts.Sensitive == nil && !h.Sensitive:
		differ("is", "not marked as sensitive", "that it is "+w.Facts.Sensitive.Kind)
	}
}

func denormalized(f *schemagraph.Field) string {
	if f.Facts.Denormalized != nil {
		return "a justified denormalisation"
	}
	return "not a denormalisation"
}

func (c *comparer) queries(w, h *schemagraph.Entity) {
	for _, q := range w.Facts.Queries {
		i := -1
		for k, x := range h.Facts.Queries {
			if x.Name == q.Name {
				i = k
			}
		}
		name := w.Name + "." + q.Name
		if i < 0 {
			c.add(h.Pos, name, false, "is a required query that the schema does not declare")
			continue
		}
		x := h.Facts.Queries[i]
		a, b := fmt.Sprint(q.Eq, q.In, q.Range, q.Search, q.Prefix, q.Contains, q.Where, q.Sort, q.WithDeleted),
			fmt.Sprint(x.Eq, x.In, x.Range, x.Search, x.Prefix, x.Contains, x.Where, x.Sort, x.WithDeleted)
		if a != b {
			c.add(h.Pos, name, false, "is declared differently in the schema and in the requirements")
		}
	}
	for _, x := range h.Facts.Queries {
		if !slices.ContainsFunc(w.Facts.Queries, func(q annotation.Query) bool { return q.Name == x.Name }) {
			c.add(h.Pos, w.Name+"."+x.Name, true, "is a declared query that the requirements do not name")
		}
	}
}

// indexes compares the indexes of the two tables by what they are, not by name.
func (c *comparer) indexes(w, h *schemagraph.Entity) {
	wt, ok1 := c.want.Table(w.Table)
	ht, ok2 := c.have.Table(h.Table)
	if !ok1 || !ok2 {
		return
	}
	have, want := shapes(ht), shapes(wt)
	for _, s := range want {
		if !slices.Contains(have, s) {
			c.add(h.Pos, w.Name, false, "needs the index %s, which the schema does not have", s)
		}
	}
	for _, s := range have {
		if !slices.Contains(want, s) {
			c.add(h.Pos, w.Name, true, "has the index %s, which no requirement explains", s)
		}
	}
	for _, a := range wt.Attrs {
		ck, ok := a.(*schema.Check)
		if !ok {
			continue
		}
		if !slices.ContainsFunc(ht.Attrs, func(a schema.Attr) bool {
			x, ok := a.(*schema.Check)
			return ok && (x.Name == ck.Name || strings.Contains(x.Name, ck.Name))
		}) {
			c.add(h.Pos, w.Name, false, "needs the check %s (%s), which the schema does not have", ck.Name, ck.Expr)
		}
	}
}

// shapes describes each index of a table.
func shapes(t *schema.Table) []string {
	var out []string
	for _, ix := range t.Indexes {
		var b strings.Builder
		if ix.Unique {
			b.WriteString("unique ")
		}
		method, where := "", ""
		for _, a := range ix.Attrs {
			switch x := a.(type) {
			case *postgres.IndexType:
				if m := strings.ToLower(x.T); m != "btree" {
					method = m + " "
				}
			case *postgres.IndexPredicate:
				where = x.P
			case *sqlite.IndexPredicate:
				where = x.P
			}
		}
		b.WriteString(method + "(")
		for i, p := range ix.Parts {
			if i > 0 {
				b.WriteString(", ")
			}
			if p.C != nil {
				b.WriteString(p.C.Name)
			} else if r, ok := p.X.(*schema.RawExpr); ok {
				b.WriteString(r.X)
			}
			if p.Desc {
				b.WriteString(" DESC")
			}
		}
		b.WriteString(")")
		if where != "" {
			b.WriteString(" WHERE " + plain(where))
		}
		out = append(out, b.String())
	}
	return out
}

// plain takes the brackets and double spaces out of a predicate.
func plain(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("(", " ", ")", " ", "::text", "", "::character varying", "").Replace(s)), " ")
}

// intent compares what is said about the entity as a whole.
func (c *comparer) intent(w, h *schemagraph.Entity) {
	if v := w.Facts.Volume; v != nil && (h.Facts.Volume == nil || *h.Facts.Volume != *v) {
		c.add(h.Pos, w.Name, false, "has another volume in the schema (%v) than in the requirements (%v)", volume(h), volume(w))
	}
	for _, d := range w.Facts.Determines {
		if !slices.ContainsFunc(h.Facts.Determines, func(x annotation.Determines) bool {
			return slices.Equal(x.From, d.From) && slices.Equal(x.To, d.To)
		}) {
			c.add(h.Pos, w.Name, false, "lacks the dependency %s → %s", strings.Join(d.From, ", "), strings.Join(d.To, ", "))
		}
	}
	if a := w.Facts.Aggregate; a != nil && (h.Facts.Aggregate == nil || !slices.Equal(a.Children, h.Facts.Aggregate.Children)) {
		c.add(h.Pos, w.Name, false, "is an aggregate with the children [%s] in the requirements, not so in the schema", strings.Join(a.Children, ", "))
	}
}

func volume(e *schemagraph.Entity) string {
	v := e.Facts.Volume
	switch {
	case v == nil:
		return "none"
	case v.Small:
		return fmt.Sprintf("%d rows, small", v.Rows)
	}
	return fmt.Sprintf("%d rows, %d a year", v.Rows, v.GrowthPerYear)
}
