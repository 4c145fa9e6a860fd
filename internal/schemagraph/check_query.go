package schemagraph

import (
	"fmt"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/plinth-go/plinth/annotation"
)

// operators are the ways a query compares a field: the types they fit, and what to use for those they do not.
var operators = []struct {
	name   string
	fields func(annotation.Query) []string
	fits   func(typ string) bool
	or     string
}{
	{"Eq", func(q annotation.Query) []string { return q.Eq }, equatable, "compare JSON with Contains"},
	{"In", func(q annotation.Query) []string { return q.In }, equatable, "compare JSON with Contains"},
	{"Range", func(q annotation.Query) []string { return q.Range }, ordered, "a range needs a number, a time or a string: use Eq or In"},
	{"Search", func(q annotation.Query) []string { return q.Search }, textual, "text search needs a string: use Eq or In"},
	{"Prefix", func(q annotation.Query) []string { return q.Prefix }, textual, "a prefix needs a string: use Eq or In"},
	{"Contains", func(q annotation.Query) []string { return q.Contains }, func(t string) bool { return t == "json" || t == "other" }, "containment needs JSON: use Eq or In"},
	{"Sort", func(q annotation.Query) []string { return unsigned(q.Sort) }, equatable, "JSON has no order"},
	{"Select", func(q annotation.Query) []string { return q.Select }, func(string) bool { return true }, ""},
	{"Where", func(q annotation.Query) []string { return sorted(q.Where) }, func(string) bool { return true }, ""},
}

func equatable(t string) bool { return t != "json" }

func ordered(t string) bool { return !slices.Contains([]string{"json", "bool", "enum", "bytes"}, t) }

func textual(t string) bool { return t == "string" || t == "other" }

// unsigned drops the signs of sort fields.
func unsigned(fields []string) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = strings.TrimPrefix(f, "-")
	}
	return out
}

func (c *checker) queries(e *Entity) {
	names := make(map[string]bool)
	for i, q := range e.Facts.Queries {
		at := e.mark(object{e.Name, e.Pos}, "query "+q.Name)
		switch {
		case q.Name == "":
			c.add(at, "give it one, like ByStatus", "query %d has no name", i+1)
		case !token.IsIdentifier(q.Name) || !token.IsExported(q.Name):
			c.add(at, "write it like ByStatus", "query %q: the name is no exported Go identifier", q.Name)
		case names[q.Name]:
			c.add(at, "give one of them another name", "query %q is declared twice", q.Name)
		}
		names[q.Name] = true
		c.query(e, q, at)
	}
}

func (c *checker) query(e *Entity, q annotation.Query, at object) {
	used := make(map[string]string)
	for _, op := range operators {
		seen := make(map[string]bool)
		for _, path := range op.fields(q) {
			f, many, ok := c.path(e, q, at, op.name, path)
			if seen[path] {
				c.add(at, "name it once", "query %q: %s names %q twice", q.Name, op.name, path)
			}
			seen[path] = true
			if !ok {
				continue
			}
			if !op.fits(f.Type) {
				c.add(at, op.or, "query %q: %s does not fit %q, which is of type %s", q.Name, op.name, path, f.Type)
			}
			switch op.name {
			case "Sort", "Select":
				if many {
					c.add(at, "", "query %q: %s through %q, which leads to many rows, has no meaning", q.Name, op.name, path)
				}
			case "Where":
				c.constant(q, at, path, f, q.Where[path])
				fallthrough
			case "Eq", "In":
				if other := used[path]; other != "" {
					c.add(at, "keep one of them", "query %q: %q is fixed by %s and by %s", q.Name, path, other, op.name)
				}
				used[path] = op.name
			case "Range":
				if other := used[path]; other != "" {
					c.add(at, "keep one of them", "query %q: %q is fixed by %s, a range of it has no meaning", q.Name, path, other)
				}
			}
		}
	}
	c.paging(e, q, at)
}

// path follows the edges of a field path. Many says that it crosses an edge to many rows.
func (c *checker) path(e *Entity, q annotation.Query, at object, op, path string) (f *Field, many, ok bool) {
	steps := strings.Split(path, ".")
	for _, name := range steps[:len(steps)-1] {
		d, found := e.Edge(name)
		if !found {
			fix := suggest(name, edgeNames(e))
			if _, isField := e.Field(name); isField {
				fix = fmt.Sprintf("%q is a field; a path goes over edges", name)
			}
			c.add(at, fix, "query %q: %s: %s has no edge %q", q.Name, op, e.Name, name)
			return nil, false, false
		}
		many = many || d.Rel == "O2M" || d.Rel == "M2M"
		if e, found = c.graph.Entity(d.To); !found {
			return nil, false, false
		}
	}
	name := steps[len(steps)-1]
	if f, ok = e.Field(name); !ok {
		where := ""
		if len(steps) > 1 {
			where = " of " + e.Name
		}
		c.add(at, c.fieldHint(e, name), "query %q: %s: unknown field %q%s", q.Name, op, name, where)
	}
	return f, many, ok
}

// fieldHint is what to write instead of a name that is no field.
func (c *checker) fieldHint(e *Entity, name string) string {
	if d, ok := e.Edge(name); ok {
		if d.Field != "" {
			return fmt.Sprintf("%q is an edge; its field is %q", name, d.Field)
		}
		return fmt.Sprintf("%q is an edge; name a field behind it, like %q", name, name+".id")
	}
	if f, ok := e.FieldOf(name); ok {
		return fmt.Sprintf("%q is the column; the field is %q", name, f.Name)
	}
	return suggest(name, fieldNames(e))
}

// constant checks a value of Where against the field's type.
func (c *checker) constant(q annotation.Query, at object, path string, f *Field, value string) {
	var err error
	switch {
	case value == "null" || value == "not null":
		if !f.Optional && !f.Nillable {
			c.add(at, "drop the condition", "query %q: Where: %q is never null", q.Name, path)
		}
		return
	case f.Type == "enum":
		if !slices.Contains(f.Enum, value) {
			c.add(at, suggest(value, f.Enum), "query %q: Where: %q is no value of %q", q.Name, value, path)
		}
		return
	case f.Type == "bool":
		_, err = strconv.ParseBool(value)
	case strings.HasPrefix(f.Type, "int"):
		_, err = strconv.ParseInt(value, 10, 64)
	case strings.HasPrefix(f.Type, "uint"):
		_, err = strconv.ParseUint(value, 10, 64)
	case strings.HasPrefix(f.Type, "float"):
		_, err = strconv.ParseFloat(value, 64)
	case f.Type == "uuid":
		_, err = uuid.Parse(value)
	case f.Type == "time":
		if _, err = time.Parse(time.RFC3339, value); err != nil {
			_, err = time.Parse(time.DateOnly, value)
		}
	case f.Type == "json":
		c.add(at, "compare JSON with Contains", `query %q: Where: %q is JSON and can be only "null" or "not null"`, q.Name, path)
	}
	if err != nil {
		c.add(at, "", "query %q: Where: %q is no %s, the type of %q", q.Name, value, f.Type, path)
	}
}

var rate = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?/(s|min|h|d)$`)

// paging checks what a query says about its result and its cost.
func (c *checker) paging(e *Entity, q annotation.Query, at object) {
	pages := []string{string(annotation.All), string(annotation.One), string(annotation.Offset), string(annotation.Keyset)}
	switch {
	case q.Page != "" && !slices.Contains(pages, string(q.Page)):
		c.add(at, suggest(string(q.Page), pages), "query %q: unknown way to page %q", q.Name, q.Page)
	case q.Page == annotation.One && !uniqueBy(e, q):
		c.add(at, "compare the fields of a unique index with Eq, or page another way", "query %q returns at most one row, but what it compares is not unique", q.Name)
	}
	if q.Limit < 0 {
		c.add(at, "", "query %q: Limit is negative", q.Name)
	}
	if q.P95 < 0 {
		c.add(at, "", "query %q: P95 is negative", q.Name)
	}
	if q.Rate != "" && !rate.MatchString(q.Rate) {
		c.add(at, `write a number per s, min, h or d, like "80/s"`, "query %q: Rate %q is not understood", q.Name, q.Rate)
	}
	if _, soft := e.FieldWith(annotation.SoftDelete); q.WithDeleted && !soft {
		c.add(at, "drop WithDeleted", "query %q reads deleted rows, but %s is not soft-deleted", q.Name, e.Name)
	}
}

// uniqueBy says whether what a query compares with equality, and the tenant, hold all fields of something unique.
func uniqueBy(e *Entity, q annotation.Query) bool {
	fixed := append(sorted(q.Where), q.Eq...)
	if f, ok := e.FieldWith(annotation.Tenant); ok {
		fixed = append(fixed, f.Name)
	}
	all := func(names []string) bool {
		return len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(fixed, n) })
	}
	for _, f := range e.Fields {
		if (f.PK || f.Unique) && slices.Contains(fixed, f.Name) {
			return true
		}
	}
	for _, d := range e.Edges {
		if d.Rel == "O2O" && d.OwnsFK() && (all([]string{d.Field}) || slices.Contains(fixed, d.Name+".id")) {
			return true
		}
	}
	for _, x := range e.Indexes {
		names := slices.Clone(x.Fields)
		for _, name := range x.Edges {
			if d, ok := e.Edge(name); ok && d.Field != "" {
				name = d.Field
			} else {
				name += ".id"
			}
			names = append(names, name)
		}
		if x.Unique && all(names) {
			return true
		}
	}
	return false
}

// queryName checks the name of a declared query, "ByCustomer" or "Order.ByCustomer".
func (c *checker) queryName(o object, e *Entity, annotation, name string) {
	if name == "" {
		return
	}
	query := name
	if entity, rest, ok := strings.Cut(name, "."); ok {
		var found bool
		if e, found = c.graph.Entity(entity); !found {
			var all []string
			for _, x := range c.graph.Entities {
				all = append(all, x.Name)
			}
			c.add(o, suggest(entity, all), "annotation.%s: unknown entity %q", annotation, entity)
			return
		}
		query = rest
	}
	var declared []string
	for _, q := range e.Facts.Queries {
		declared = append(declared, q.Name)
	}
	if !slices.Contains(declared, query) {
		c.add(o, suggest(query, declared), "annotation.%s: %s declares no query %q", annotation, e.Name, query)
	}
}
