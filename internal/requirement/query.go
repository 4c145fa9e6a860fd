package requirement

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plinth-go/plinth/annotation"
)

// query checks a query and adds it to the type.
func (r *resolver) query(t *Type, q *Query, path string) {
	if !queryName.MatchString(q.Name) {
		r.add(path, "%q is not a query's name: it begins with a capital and has letters and digits only", q.Name)
	}
	ops := []struct {
		key, verb string
		fields    []string
		kinds     []Kind
	}{
		{"eq", "compares", q.Eq, []Kind{String, Text, Bool, Int32, Int64, Float, Decimal, Time, Date, UUID, Enum, Bytes}},
		{"in", "compares", q.In, []Kind{String, Text, Int32, Int64, Float, Decimal, Time, Date, UUID, Enum}},
		{"range", "bounds", q.Range, []Kind{String, Int32, Int64, Float, Decimal, Time, Date, UUID}},
		{"search", "searches", q.Search, []Kind{String, Text}},
		{"prefix", "searches", q.Prefix, []Kind{String, Text}},
		{"contains", "looks into", q.Contains, []Kind{JSON, Strings}},
	}
	used := map[string]string{}
	for _, op := range ops {
		for i, name := range op.fields {
			at := fmt.Sprintf("%s.%s.%d", path, op.key, i)
			f := r.reach(t, q, name, op.verb, at)
			if f == nil {
				continue
			}
			if !slices.Contains(op.kinds, f.Kind) {
				r.add(at, "query %q has %q under %s, but it is a %s", q.Name, name, op.key, f.Kind)
			}
			if other, ok := used[name]; ok {
				r.add(at, "query %q has %q under both %s and %s", q.Name, name, other, op.key)
			}
			used[name] = op.key
		}
	}
	for name, value := range q.Where {
		at := path + ".where." + name
		f := r.reach(t, q, name, "filters", at)
		if f == nil {
			continue
		}
		switch {
		case strings.EqualFold(value, "null"), strings.EqualFold(value, "not null"):
			if !f.Null {
				r.add(at, "query %q asks whether %q is null, but it never is", q.Name, name)
			}
		case f.Kind == Enum && !slices.Contains(f.Values, value):
			r.add(at, "query %q asks for %s %q, which is none of its values%s", q.Name, name, value, didYouMean(value, f.Values))
		case f.Kind == Bool && value != "true" && value != "false":
			r.add(at, "query %q asks for %s %q; it is true or false", q.Name, name, value)
		case slices.Contains([]Kind{JSON, Strings, Bytes}, f.Kind):
			r.add(at, "query %q compares %q, a %s, with a constant", q.Name, name, f.Kind)
		}
	}
	for i, s := range q.Sort {
		at := fmt.Sprintf("%s.sort.%d", path, i)
		name := strings.TrimPrefix(s, "-")
		if f := r.reach(t, q, name, "sorts by", at); f != nil && slices.Contains([]Kind{JSON, Strings, Bytes}, f.Kind) {
			r.add(at, "query %q sorts by %q, a %s, which has no order", q.Name, name, f.Kind)
		}
	}
	for i, s := range q.Select {
		if strings.Contains(s, ".") {
			r.add(fmt.Sprintf("%s.select.%d", path, i), "query %q returns %q, a field of another entity", q.Name, s)
			continue
		}
		r.reach(t, q, s, "returns", fmt.Sprintf("%s.select.%d", path, i))
	}
	if q.Limit < 0 {
		r.add(path+".limit", "the limit of query %q is negative", q.Name)
	}
	if q.Page == "one" && !t.single(q.Eq) {
		r.add(path+".page", "query %q returns at most one row, but nothing it compares is unique; use page: all with a limit, or add the rule under \"unique\"", q.Name)
	}
	if q.Page == "keyset" && len(q.Sort) == 0 {
		r.add(path+".page", "query %q pages by keyset, which needs a sort order", q.Name)
	}
	if q.Page == "keyset" && slices.ContainsFunc(q.Sort, func(s string) bool { return strings.Contains(s, ".") }) {
		r.add(path+".page", "query %q pages by keyset over a field of another entity; use offset", q.Name)
	}
	if q.WithDeleted && !t.Has("SoftDelete") {
		r.add(path+".with_deleted", "query %q reads deleted rows, but %s is not soft-deleted", q.Name, t.Name)
	}
	r.rate(q.Rate, path)
	t.Queries = append(t.Queries, annotation.Query{
		Name: q.Name, Eq: q.Eq, In: q.In, Range: q.Range, Search: q.Search, Prefix: q.Prefix, Contains: q.Contains, Where: q.Where,
		Sort: q.Sort, Page: annotation.Page(q.Page), Limit: q.Limit, Select: q.Select, WithDeleted: q.WithDeleted, Rate: q.Rate,
		P95: r.latency(q.P95, path), Why: q.Why,
	})
}

// reach finds the field a query means, through edges where there are dots, and reports it where there is none.
func (r *resolver) reach(t *Type, q *Query, name, verb, path string) *Field {
	if _, f, ok := r.d.follow(t, name); ok {
		return f
	}
	parts := strings.Split(name, ".")
	at := t
	for _, p := range parts[:len(parts)-1] {
		e, ok := at.Edge(p)
		if !ok {
			r.add(path, "query %q %s %q, but %s has no relationship %q%s", q.Name, verb, name, at.Name, p, didYouMean(p, at.edgeNames()))
			return nil
		}
		if at, ok = r.d.Type(e.To); !ok {
			return nil
		}
	}
	last := parts[len(parts)-1]
	hint := r.near(at, last)
	r.add(path, "query %q %s %q, which %s does not have%s", q.Name, verb, last, at.Name, hint)
	return nil
}

// follow goes along the edges of a dotted name and finds the field at the end and the type that has it.
func (d *Design) follow(t *Type, name string) (*Type, *Field, bool) {
	for {
		first, rest, dotted := strings.Cut(name, ".")
		if !dotted {
			f, ok := t.Field(name)
			return t, f, ok
		}
		e, ok := t.Edge(first)
		if !ok {
			return nil, nil, false
		}
		if t, ok = d.Type(e.To); !ok {
			return nil, nil, false
		}
		name = rest
	}
}

// single says whether equality of the fields leaves at most one row.
func (t *Type) single(eq []string) bool {
	for _, name := range eq {
		if f, ok := t.Field(name); ok && (f.Name == "id" || f.Unique) {
			return true
		}
		if f, ok := t.Field(name); ok && f.Edge != nil && f.Edge.OneToOne {
			return true
		}
	}
	return slices.ContainsFunc(t.Unique, func(u *Unique) bool {
		return !slices.ContainsFunc(u.Fields, func(f string) bool { return f != "tenant_id" && !slices.Contains(eq, f) })
	})
}
