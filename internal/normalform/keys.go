package normalform

import (
	"cmp"
	"slices"
)

// Keys are the candidate keys, shortest first. complete is false where there are more than could be listed.
func (r *Relation) Keys() (keys [][]string, complete bool) {
	for _, k := range r.keys {
		keys = append(keys, r.names(k))
	}
	return keys, r.complete
}

// IsSuperkey says whether the attributes determine every other.
func (r *Relation) IsSuperkey(attrs ...string) (bool, error) {
	s, err := r.set(attrs)
	if err != nil {
		return false, err
	}
	return r.superkey(s), nil
}

// Prime are the attributes that belong to a candidate key.
func (r *Relation) Prime() []string { return r.names(r.prime) }

func (r *Relation) superkey(s set) bool {
	return r.everything().in(r.closure(s, r.cover, -1))
}

// shrink removes from a superkey what it does not need. Attributes that come later go first.
func (r *Relation) shrink(s set) set {
	s = s.clone()
	is := s.all()
	for k := len(is) - 1; k >= 0; k-- {
		s.del(is[k])
		if !r.superkey(s) {
			s.add(is[k])
		}
	}
	return s
}

// findKeys is the algorithm of Lucchesi and Osborn: from a key K and a dependency X → Y, X together with what K has
// beyond Y is a superkey; unless it contains a key already known, it leads to a new one.
func (r *Relation) findKeys() {
	r.complete = true
	r.prime = newSet(len(r.attrs))
	r.keys = []set{r.firstKey()}
	for i := 0; i < len(r.keys); i++ {
		for _, d := range r.cover {
			if d.to.intersect(r.keys[i]).len() == 0 {
				continue // would give a superset of the same key
			}
			s := d.from.union(r.keys[i].minus(d.to))
			if slices.ContainsFunc(r.keys, func(k set) bool { return k.in(s) }) {
				continue
			}
			if len(r.keys) == maxKeys {
				r.complete = false
				break
			}
			r.keys = append(r.keys, r.shrink(s))
		}
		if !r.complete {
			break
		}
	}
	for _, k := range r.keys {
		r.prime = r.prime.union(k)
	}
	if !r.complete {
		// What some dependency gives and some dependency needs may be part of a key not listed.
		left, right := newSet(len(r.attrs)), newSet(len(r.attrs))
		for _, d := range r.cover {
			left, right = left.union(d.from), right.union(d.to)
		}
		r.prime = r.prime.union(left).union(r.everything().minus(right))
	}
	slices.SortStableFunc(r.keys, func(a, b set) int { return cmp.Compare(a.len(), b.len()) })
}

// firstKey starts from what every key needs (attributes that nothing gives) and tries the left sides, so that a
// declared primary key is found rather than one of its rivals.
func (r *Relation) firstKey() set {
	core := r.everything()
	for _, d := range r.cover {
		core = core.minus(d.to)
	}
	if r.superkey(core) {
		return core
	}
	for _, d := range r.cover {
		if s := core.union(d.from); r.superkey(s) {
			return r.shrink(s)
		}
	}
	return r.shrink(r.everything())
}
