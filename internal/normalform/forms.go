package normalform

import "slices"

// Form is a normal form that dependencies decide.
type Form int

// The forms, each of which includes the ones before it.
const (
	First     Form = 1 + iota // any relation of atomic values
	Second                    // no attribute outside the keys depends on part of a key
	Third                     // … nor on anything else that is not a key
	BoyceCodd                 // every dependency starts from a key
)

// String gives "1NF", "2NF", "3NF" or "BCNF".
func (f Form) String() string {
	switch f {
	case First:
		return "1NF"
	case Second:
		return "2NF"
	case Third:
		return "3NF"
	}
	return "BCNF"
}

// Violation is a dependency that keeps the relation out of a normal form.
type Violation struct {
	// Form is the lowest form that the dependency violates.
	Form Form
	// Dependency is what violates it. To has all the attributes with the same left side and the same verdict.
	Dependency Dependency
	// Key is the candidate key of which From is a part (Second), or the shortest candidate key (otherwise).
	Key []string
	// Declared is the position, among the dependencies given to New, of the one it follows from.
	Declared int
}

// Form is the highest normal form the relation is in.
func (r *Relation) Form() Form {
	f := BoyceCodd
	for _, v := range r.Violations() {
		f = min(f, v.Form-1)
	}
	return f
}

// Violations lists the dependencies that keep the relation out of BoyceCodd, the ones against lower forms first and
// otherwise as declared. They are dependencies of the minimal cover: one that merely follows from two others is not
// reported beside them.
func (r *Relation) Violations() []Violation {
	type found struct {
		d    dep
		form Form
		key  set
	}
	var fs []found
	second := false
	for _, d := range r.cover {
		if r.superkey(d.from) {
			continue
		}
		f := found{d: d, form: BoyceCodd, key: r.keys[0]}
		if !d.to.in(r.prime) {
			f.form = Third
			for _, k := range r.keys {
				if d.from.within(k) {
					f.form, f.key, second = Second, k, true
					break
				}
			}
		}
		fs = append(fs, f)
	}
	if !second {
		// A part of a key may determine, by several steps, the left side of a dependency on an outside attribute.
		for i, f := range fs {
			if f.form != Third {
				continue
			}
			if k, ok := r.partOfKey(f.d.from); ok {
				fs[i].form, fs[i].key = Second, k
			}
		}
	}
	var out []Violation
	var froms []set
	for _, f := range fs {
		same := func(k int) bool { return froms[k].equal(f.d.from) && out[k].Form == f.form }
		k := 0
		for k < len(out) && !same(k) {
			k++
		}
		if k < len(out) {
			out[k].Dependency.To = append(out[k].Dependency.To, r.names(f.d.to)...)
			continue
		}
		froms = append(froms, f.d.from)
		out = append(out, Violation{Form: f.form, Dependency: r.dependency(f.d), Key: r.names(f.key), Declared: f.d.src})
	}
	slices.SortStableFunc(out, func(a, b Violation) int { return int(a.Form - b.Form) })
	return out
}

// partOfKey finds a candidate key of which a proper part determines s.
func (r *Relation) partOfKey(s set) (set, bool) {
	for _, k := range r.keys {
		for _, a := range k.all() {
			part := k.clone()
			part.del(a)
			if s.in(r.closure(part, r.cover, -1)) {
				return k, true
			}
		}
	}
	return nil, false
}
