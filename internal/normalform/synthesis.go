package normalform

import "slices"

// Table is a relation of a decomposition.
type Table struct {
	// Attributes, in the order of the relation they come from.
	Attributes []string
	// Keys are the sides of the dependencies it was made for, each a key of it; the one declared first comes first.
	// The table added to hold a candidate key has that key.
	Keys [][]string
}

// Synthesize splits the relation into tables that are each in third normal form, lose no information when joined,
// and keep every dependency within one table. A relation in third normal form already may come back in one piece.
func (r *Relation) Synthesize() []Table {
	if r.Form() >= Third {
		t := Table{Attributes: r.Attributes()}
		for _, k := range r.keys {
			t.Keys = append(t.Keys, r.names(k))
		}
		return []Table{t}
	}
	groups := r.groups()
	hasKey := false
	for _, g := range groups {
		hasKey = hasKey || r.superkey(g.attrs)
	}
	if !hasKey {
		groups = append(groups, group{attrs: r.keys[0], keys: []set{r.keys[0]}})
	}
	// A table within another adds nothing.
	var out []Table
	for i, g := range groups {
		if slices.ContainsFunc(groups[:i], func(o group) bool { return g.attrs.in(o.attrs) }) ||
			slices.ContainsFunc(groups[i+1:], func(o group) bool { return g.attrs.within(o.attrs) }) {
			continue
		}
		t := Table{Attributes: r.names(g.attrs)}
		for _, k := range g.keys {
			t.Keys = append(t.Keys, r.names(k))
		}
		out = append(out, t)
	}
	return out
}

// group is the dependencies whose left sides determine each other.
type group struct {
	attrs set
	keys  []set
}

// groups puts together the dependencies of the cover with equivalent left sides. What becomes redundant when the
// equivalences themselves are stated is dropped (Bernstein's steps 3 to 5), so that no transitive dependency stays.
func (r *Relation) groups() []group {
	var classes [][]set // of equivalent left sides, in order
	var closures []set
	for _, d := range r.cover {
		c := r.closure(d.from, r.cover, -1)
		i := slices.IndexFunc(closures, c.equal)
		if i < 0 {
			classes, closures = append(classes, nil), append(closures, c)
			i = len(classes) - 1
		}
		if !slices.ContainsFunc(classes[i], d.from.equal) {
			classes[i] = append(classes[i], d.from)
		}
	}
	// The equivalences, as dependencies between the first left side of a class and the others.
	var equal []dep
	for _, c := range classes {
		for _, x := range c[1:] {
			equal = append(equal, dep{from: c[0], to: x}, dep{from: x, to: c[0]})
		}
	}
	rest := slices.DeleteFunc(slices.Clone(r.cover), func(d dep) bool {
		for _, c := range classes {
			if slices.ContainsFunc(c, d.from.equal) && slices.ContainsFunc(c, func(x set) bool { return d.to.in(x) }) {
				return true
			}
		}
		return false
	})
	for k := len(rest) - 1; k >= 0; k-- {
		if all := append(slices.Clone(rest), equal...); rest[k].to.in(r.closure(rest[k].from, all, k)) {
			rest = slices.Delete(rest, k, k+1)
		}
	}
	out := make([]group, len(classes))
	for i, c := range classes {
		out[i] = group{attrs: newSet(len(r.attrs)), keys: c}
		for _, x := range c {
			out[i].attrs = out[i].attrs.union(x)
		}
		for _, d := range rest {
			if slices.ContainsFunc(c, d.from.equal) {
				out[i].attrs = out[i].attrs.union(d.to)
			}
		}
	}
	return out
}

// Lossless says whether joining the parts always gives the relation back. The parts are lists of attributes; an
// unknown one is an error.
func (r *Relation) Lossless(parts [][]string) (bool, error) {
	n := len(r.attrs)
	rows := make([][]int, len(parts))
	for i, p := range parts {
		s, err := r.set(p)
		if err != nil {
			return false, err
		}
		rows[i] = make([]int, n)
		for a := range rows[i] {
			if !s.has(a) {
				rows[i][a] = i + 1 // a value of its own; 0 is the value shared by all
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for _, d := range r.cover {
			from, to := d.from.all(), d.to.all()[0]
			for i := range rows {
				for j := range rows[:i] {
					if rows[i][to] != rows[j][to] && agree(rows[i], rows[j], from) {
						low, high := min(rows[i][to], rows[j][to]), max(rows[i][to], rows[j][to])
						for k := range rows {
							if rows[k][to] == high {
								rows[k][to] = low
							}
						}
						changed = true
					}
				}
			}
		}
	}
	return slices.ContainsFunc(rows, func(row []int) bool {
		return !slices.ContainsFunc(row, func(v int) bool { return v != 0 })
	}), nil
}

func agree(a, b []int, at []int) bool {
	for _, i := range at {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// Preserves says whether every dependency can be checked within the parts, without a join.
func (r *Relation) Preserves(parts [][]string) (bool, error) {
	sets := make([]set, len(parts))
	for i, p := range parts {
		s, err := r.set(p)
		if err != nil {
			return false, err
		}
		sets[i] = s
	}
	for _, d := range r.cover {
		z := d.from
		for {
			before := z
			for _, s := range sets {
				z = z.union(r.closure(z.intersect(s), r.cover, -1).intersect(s))
			}
			if z.equal(before) {
				break
			}
		}
		if !d.to.in(z) {
			return false, nil
		}
	}
	return true, nil
}
