// Package normalform judges a relation by its functional dependencies: what a set of attributes determines, which
// sets are candidate keys, which normal form the relation is in, which dependency says otherwise, and how to split
// it. A relation comes in as attribute names and dependencies; names go out, in the relation's order, so that the
// same input always gives the same output.
//
// The algorithms are the textbook ones: closures by counting (Beeri and Bernstein, 1979), candidate keys by
// Lucchesi and Osborn (1978), third normal form by synthesis (Bernstein, 1976; with a key relation added, as Biskup,
// Dayal and Bernstein showed in 1979), the lossless-join test by the chase (Aho, Beeri and Ullman, 1979).
// Finding every key takes exponential time in the worst case, so it is bounded; a relation whose keys were not all
// found is never accused of a violation that a missing key might excuse.
//
// First normal form is a matter of types and names, not of dependencies, and is judged elsewhere.
package normalform

import (
	"fmt"
	"slices"
	"strings"
)

// Dependency says that wherever the attributes From are equal, the attributes To are equal.
type Dependency struct {
	From, To []string
	// Why is carried along for reports.
	Why string
}

// String gives "a, b → c".
func (d Dependency) String() string {
	return strings.Join(d.From, ", ") + " → " + strings.Join(d.To, ", ")
}

// maxKeys bounds the candidate keys looked for. Real tables have a handful.
const maxKeys = 256

// Relation is a set of attributes with functional dependencies. Make one with New.
type Relation struct {
	name  string
	attrs []string
	pos   map[string]int
	deps  []dep // as declared

	cover    []dep // minimal cover, computed once
	keys     []set
	complete bool
	prime    set
}

// dep is a dependency as bits. src is the position of the declared dependency it comes from.
type dep struct {
	from, to set
	src      int
	why      string
}

// New makes the relation name with attrs and deps. A dependency on an attribute that is not there, or one without
// a left or right side, is an error, as is an attribute given twice. Dependencies that come earlier are preferred
// where one of two has to be called redundant: give those of the primary key first.
func New(name string, attrs []string, deps []Dependency) (*Relation, error) {
	r := &Relation{name: name, attrs: slices.Clone(attrs), pos: make(map[string]int, len(attrs))}
	for i, a := range attrs {
		if _, ok := r.pos[a]; ok {
			return nil, fmt.Errorf("relation %s has the attribute %q twice", name, a)
		}
		r.pos[a] = i
	}
	for i, d := range deps {
		if len(d.From) == 0 || len(d.To) == 0 {
			return nil, fmt.Errorf("dependency %s of relation %s has an empty side", d, name)
		}
		from, err := r.set(d.From)
		if err != nil {
			return nil, fmt.Errorf("dependency %s: %w", d, err)
		}
		to, err := r.set(d.To)
		if err != nil {
			return nil, fmt.Errorf("dependency %s: %w", d, err)
		}
		r.deps = append(r.deps, dep{from: from, to: to, src: i, why: d.Why})
	}
	r.cover = r.minimalCover()
	r.findKeys()
	return r, nil
}

// Name is the relation's name.
func (r *Relation) Name() string { return r.name }

// Attributes are the relation's attributes, in order.
func (r *Relation) Attributes() []string { return slices.Clone(r.attrs) }

func (r *Relation) set(names []string) (set, error) {
	s := newSet(len(r.attrs))
	for _, n := range names {
		i, ok := r.pos[n]
		if !ok {
			return nil, fmt.Errorf("relation %s has no attribute %q", r.name, n)
		}
		s.add(i)
	}
	return s, nil
}

func (r *Relation) names(s set) []string {
	is := s.all()
	out := make([]string, len(is))
	for k, i := range is {
		out[k] = r.attrs[i]
	}
	return out
}

func (r *Relation) everything() set {
	s := newSet(len(r.attrs))
	for i := range r.attrs {
		s.add(i)
	}
	return s
}

// Closure gives everything the attributes determine, themselves included. An unknown attribute is an error.
func (r *Relation) Closure(attrs ...string) ([]string, error) {
	s, err := r.set(attrs)
	if err != nil {
		return nil, err
	}
	return r.names(r.closure(s, r.deps, -1)), nil
}

// Determines says whether from determines to.
func (r *Relation) Determines(from, to []string) (bool, error) {
	f, err := r.set(from)
	if err != nil {
		return false, err
	}
	t, err := r.set(to)
	if err != nil {
		return false, err
	}
	return t.in(r.closure(f, r.deps, -1)), nil
}

// closure computes the closure of s under deps, leaving out the dependency at skip. Each dependency is looked at
// once for each attribute of its left side.
func (r *Relation) closure(s set, deps []dep, skip int) set {
	missing := make([]int, len(deps))
	uses := make([][]int, len(r.attrs))
	out := s.clone()
	var todo []int
	fire := func(k int) {
		for _, a := range deps[k].to.all() {
			if !out.has(a) {
				out.add(a)
				todo = append(todo, a)
			}
		}
	}
	var ready []int
	for k, d := range deps {
		if k == skip {
			continue
		}
		for _, a := range d.from.all() {
			if !s.has(a) {
				missing[k]++
				uses[a] = append(uses[a], k)
			}
		}
		if missing[k] == 0 {
			ready = append(ready, k)
		}
	}
	for _, k := range ready {
		fire(k)
	}
	for len(todo) > 0 {
		a := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, k := range uses[a] {
			if missing[k]--; missing[k] == 0 {
				fire(k)
			}
		}
	}
	return out
}

// MinimalCover gives an equivalent set of dependencies in which each has one attribute on the right, none is
// redundant, and no attribute on a left side is superfluous. Trivial dependencies are gone.
func (r *Relation) MinimalCover() []Dependency {
	out := make([]Dependency, len(r.cover))
	for i, d := range r.cover {
		out[i] = r.dependency(d)
	}
	return out
}

func (r *Relation) dependency(d dep) Dependency {
	return Dependency{From: r.names(d.from), To: r.names(d.to), Why: d.why}
}

func (r *Relation) minimalCover() []dep {
	reduced := make([]dep, 0, len(r.deps))
	seen := map[string]bool{}
	for _, d := range r.deps {
		// A left side is reduced once for each attribute on the right: different attributes may need different parts.
		for _, a := range d.to.minus(d.from).all() {
			from := d.from.clone()
			for _, b := range d.from.all() {
				from.del(b)
				if !r.closure(from, r.deps, -1).has(a) {
					from.add(b)
				}
			}
			to := newSet(len(r.attrs))
			to.add(a)
			if k := from.key() + to.key(); !seen[k] {
				seen[k] = true
				reduced = append(reduced, dep{from: from, to: to, src: d.src, why: d.why})
			}
		}
	}
	for k := len(reduced) - 1; k >= 0; k-- {
		if reduced[k].to.in(r.closure(reduced[k].from, reduced, k)) {
			reduced = slices.Delete(reduced, k, k+1)
		}
	}
	return reduced
}
