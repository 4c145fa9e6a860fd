package normalform

import "math/bits"

// set is a set of attributes, one bit each, by position in the relation.
type set []uint64

func newSet(n int) set { return make(set, (n+63)/64) }

func (s set) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }
func (s set) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s set) del(i int)      { s[i/64] &^= 1 << (i % 64) }

func (s set) clone() set { return append(set(nil), s...) }

func (s set) union(t set) set {
	u := s.clone()
	for i := range t {
		u[i] |= t[i]
	}
	return u
}

func (s set) minus(t set) set {
	u := s.clone()
	for i := range t {
		u[i] &^= t[i]
	}
	return u
}

func (s set) intersect(t set) set {
	u := s.clone()
	for i := range t {
		u[i] &= t[i]
	}
	return u
}

// in says whether s is a subset of t.
func (s set) in(t set) bool {
	for i := range s {
		if s[i]&^t[i] != 0 {
			return false
		}
	}
	return true
}

func (s set) equal(t set) bool {
	for i := range s {
		if s[i] != t[i] {
			return false
		}
	}
	return true
}

// within says whether s is a proper subset of t.
func (s set) within(t set) bool { return s.in(t) && !s.equal(t) }

func (s set) len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// all gives the positions in the set, ascending.
func (s set) all() []int {
	var is []int
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			is = append(is, i*64+bits.TrailingZeros64(w))
		}
	}
	return is
}

// key is a comparable form of the set.
func (s set) key() string {
	b := make([]byte, 0, len(s)*8)
	for _, w := range s {
		for i := 0; i < 64; i += 8 {
			b = append(b, byte(w>>i))
		}
	}
	return string(b)
}
