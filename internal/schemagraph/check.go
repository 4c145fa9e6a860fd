package schemagraph

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/plinth-go/plinth/annotation"
)

// Problem is an annotation that does not hold against the design: where it stands, what is wrong, and the way out.
type Problem struct {
	Pos     Pos
	Object  string // "Order", "Order.status", "Order.items"
	Message string
	Fix     string // may be empty
}

// String gives place, object, message and fix in one line.
func (p Problem) String() string {
	s := p.Object + ": " + p.Message
	if at := p.Pos.String(); at != "" {
		s = at + ": " + s
	}
	if p.Fix != "" {
		s += "; " + p.Fix
	}
	return s
}

// Check holds the annotations of a design against its fields and edges: names that do not exist, operators that do
// not fit a type, declarations that contradict each other or stand where they mean nothing. Problems come in the order
// of the source.
func Check(g *Graph) []Problem {
	c := &checker{graph: g}
	for _, e := range g.Entities {
		c.entity(e)
	}
	slices.SortStableFunc(c.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
	return c.problems
}

type checker struct {
	graph    *Graph
	problems []Problem
}

// object is what an annotation is on, for the messages.
type object struct {
	name string
	pos  Pos
}

func (c *checker) add(o object, fix, format string, args ...any) {
	c.problems = append(c.problems, Problem{Pos: o.pos, Object: o.name, Message: fmt.Sprintf(format, args...), Fix: fix})
}

func (c *checker) entity(e *Entity) {
	at := object{e.Name, e.Pos}
	f := e.Facts
	c.misplaced(at, "an entity", "a field", map[string]bool{
		"Nullable": f.Nullable != nil, "Denormalized": f.Denormalized != nil, "NDistinct": f.NDistinct != nil,
		"Sensitive": f.Sensitive != nil, "Role": f.Role != "",
	})
	c.common(at, e, f)
	c.queries(e)
	for _, d := range f.Determines {
		c.determines(e, d)
	}
	if v := f.Volume; v != nil && (v.Rows < 0 || v.GrowthPerYear < 0) {
		c.add(e.mark(at, "Volume"), "", "a volume cannot be negative")
	}
	if f.Aggregate != nil {
		c.aggregate(e, f.Aggregate)
	}
	if f.RowSecurity != nil {
		c.rowSecurity(e.mark(at, "RowSecurity"), e, f.RowSecurity)
	}
	roles := make(map[annotation.RoleKind]string)
	for _, field := range e.Fields {
		c.field(e, field)
		if r := field.Facts.Role; r != "" {
			if other, twice := roles[r]; twice {
				c.add(object{e.Name + "." + field.Name, field.Pos}, "keep one of the two", "field %q has the role %q already", other, r)
			}
			roles[r] = field.Name
		}
	}
	for _, d := range e.Edges {
		c.edge(e, d)
	}
	for _, x := range e.Indexes {
		at := object{e.Name + " index " + x.Name, x.Pos}
		c.misplaced(at, "an index", "an entity or a field", entityOrFieldOnly(x.Facts))
		c.common(at, e, x.Facts)
	}
}

// mark is the place of one annotation of the entity, where the source told it.
func (e *Entity) mark(o object, key string) object {
	if p, ok := e.Marks[key]; ok {
		o.pos = p
	}
	return o
}

// entityOrFieldOnly names the annotations that say nothing about an edge or an index.
func entityOrFieldOnly(f annotation.Facts) map[string]bool {
	return map[string]bool{
		"Queries": len(f.Queries) > 0, "Determines": len(f.Determines) > 0, "Volume": f.Volume != nil, "Aggregate": f.Aggregate != nil, "RowSecurity": f.RowSecurity != nil,
		"Denormalized": f.Denormalized != nil, "NDistinct": f.NDistinct != nil, "Sensitive": f.Sensitive != nil, "Role": f.Role != "",
	}
}

func (c *checker) misplaced(o object, on, belongs string, given map[string]bool) {
	for _, name := range sorted(given) {
		if given[name] {
			c.add(o, "write it on "+belongs, "annotation.%s on %s has no meaning", name, on)
		}
	}
}

var ruleCode = regexp.MustCompile(`^[SM][0-9]{3}$`)

// common checks what any object may carry.
func (c *checker) common(o object, e *Entity, f annotation.Facts) {
	for _, a := range f.Allow {
		if !ruleCode.MatchString(a.Rule) {
			c.add(o, `a code looks like "S301"`, "annotation.Allow names no rule: %q", a.Rule)
		}
		if strings.TrimSpace(a.Why) == "" {
			c.add(o, "say in Why what makes it right here", "annotation.Allow of %s has no reason", a.Rule)
		}
	}
	if r := f.RenamedFrom; r != nil && strings.TrimSpace(r.Old) == "" {
		c.add(o, "say in Old what it was called", "annotation.RenamedFrom has no former name")
	}
	if r := f.Reason; r != nil {
		if strings.TrimSpace(r.Why) == "" && r.Query == "" {
			c.add(o, "say in Why what it is for, or name a declared query", "annotation.Reason has no reason")
		}
		c.queryName(o, e, "Reason", r.Query)
	}
}

func (c *checker) field(e *Entity, f *Field) {
	at := object{e.Name + "." + f.Name, f.Pos}
	facts := f.Facts
	c.misplaced(at, "a field", "the entity", map[string]bool{
		"Queries": len(facts.Queries) > 0, "Determines": len(facts.Determines) > 0, "Volume": facts.Volume != nil, "Aggregate": facts.Aggregate != nil,
		"RowSecurity": facts.RowSecurity != nil,
	})
	c.common(at, e, facts)
	if n := facts.Nullable; n != nil {
		c.nullable(at, n, f.Optional || f.Nillable, "make it Optional().Nillable(), or drop the annotation")
	}
	if d := facts.Denormalized; d != nil {
		c.required(at, "Denormalized", "From", d.From, "what it is copied or computed from")
		c.required(at, "Denormalized", "KeptBy", d.KeptBy, "what keeps it true")
		c.required(at, "Denormalized", "Why", d.Why, "what would be slower without it")
		c.queryName(at, e, "Denormalized", d.Query)
	}
	if n := facts.NDistinct; n != nil && n.Values < 1 {
		c.add(at, "", "annotation.NDistinct needs at least one value, not %d", n.Values)
	}
	if s := facts.Sensitive; s != nil {
		c.required(at, "Sensitive", "Kind", s.Kind, `"pii", "secret", "financial", "health" or a word of your own`)
	}
	if r := facts.RenamedFrom; r != nil {
		for _, other := range e.Fields {
			if other != f && (other.Name == r.Old || other.Column == r.Old) {
				c.add(at, "drop one of the two, or the annotation", "it cannot be renamed from %q: that field is there still", r.Old)
			}
		}
	}
	c.role(at, e, f)
}

func (c *checker) required(o object, annotation, field, value, what string) {
	if strings.TrimSpace(value) == "" {
		c.add(o, "say in "+field+" "+what, "annotation.%s has no %s", annotation, field)
	}
}

func (c *checker) nullable(o object, n *annotation.Nullable, mayBeNull bool, fix string) {
	switch {
	case !mayBeNull:
		c.add(o, fix, "annotation.Nullable gives a reason for NULL, but the column is NOT NULL")
	case strings.TrimSpace(n.Why) == "":
		c.add(o, "say in Why what NULL means there", "annotation.Nullable has no reason")
	}
}

// roleTypes are the types a field with a role may have.
var roleTypes = map[annotation.RoleKind][]string{
	annotation.SoftDelete: {"time"},
	annotation.Tenant:     {"uuid", "string", "int", "int32", "int64", "uint", "uint32", "uint64"},
	annotation.Version:    {"int", "int32", "int64", "uint", "uint32", "uint64"},
	annotation.CreatedAt:  {"time"},
	annotation.UpdatedAt:  {"time"},
	annotation.CreatedBy:  nil,
	annotation.UpdatedBy:  nil,
}

func (c *checker) role(o object, e *Entity, f *Field) {
	role := f.Facts.Role
	if role == "" {
		return
	}
	types, known := roleTypes[role]
	switch {
	case !known:
		c.add(o, suggest(string(role), sorted(roleTypes)), "unknown role %q", role)
		return
	case types != nil && !slices.Contains(types, f.Type):
		c.add(o, "", "a field with the role %q is of type %s, not %s", role, strings.Join(types, " or "), f.Type)
	case role == annotation.SoftDelete && !f.Optional && !f.Nillable:
		c.add(o, "make it Optional().Nillable()", "a field with the role %q must be able to be NULL", role)
	case role == annotation.Tenant && (f.Optional || f.Nillable):
		c.add(o, "drop Optional() and Nillable()", "a field with the role %q must not be able to be NULL", role)
	}
	if role != annotation.SoftDelete {
		return
	}
	for _, other := range c.graph.Entities {
		for _, d := range other.Edges {
			if d.Through == e.Name && !d.Inverse {
				c.add(o, "delete join rows for good, or make the relation two edges to "+e.Name,
					"%s is the join table of %s.%s, and a relation through it would still hold when its row is soft-deleted", e.Name, other.Name, d.Name)
			}
		}
	}
}

func (c *checker) edge(e *Entity, d *Edge) {
	at := object{e.Name + "." + d.Name, d.Pos}
	c.misplaced(at, "an edge", "an entity or a field", entityOrFieldOnly(d.Facts))
	c.common(at, e, d.Facts)
	if n := d.Facts.Nullable; n != nil {
		if !d.OwnsFK() {
			c.add(at, "write it where the column is", "annotation.Nullable on an edge whose column is not in this table")
			return
		}
		c.nullable(at, n, !d.Required, "drop Required(), or the annotation")
	}
}

func (c *checker) determines(e *Entity, d annotation.Determines) {
	at := e.mark(object{e.Name, e.Pos}, "Determines")
	if len(d.From) == 0 || len(d.To) == 0 {
		c.add(at, "", "annotation.Determines needs fields in From and in To")
	}
	for _, name := range slices.Concat(d.From, d.To) {
		if _, ok := e.Field(name); !ok {
			c.add(at, c.fieldHint(e, name), "annotation.Determines: unknown field %q", name)
		}
	}
	for _, name := range d.To {
		if slices.Contains(d.From, name) {
			c.add(at, "drop it from To", "annotation.Determines: %q determines itself", name)
		}
	}
}

func (c *checker) aggregate(e *Entity, a *annotation.Aggregate) {
	at := e.mark(object{e.Name, e.Pos}, "Aggregate")
	seen := make(map[string]bool)
	for _, name := range a.Children {
		d, ok := e.Edge(name)
		switch {
		case seen[name]:
			c.add(at, "name it once", "aggregate: the edge %q is named twice", name)
		case !ok:
			c.add(at, suggest(name, edgeNames(e)), "aggregate: unknown edge %q", name)
		case d.Rel == "M2M":
			c.add(at, "", "aggregate: %q is many-to-many: %s belongs to others as well", name, d.To)
		case d.OwnsFK():
			c.add(at, "", "aggregate: %q leads to what %s belongs to, not to a part of it", name, e.Name)
		}
		seen[name] = true
	}
}
