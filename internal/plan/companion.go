package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// planCompanions creates, replaces and drops the objects that Atlas does not model. Those that are gone or change
// are dropped before anything else and those that are new created after everything else, except what tables need:
// extensions, sequences and types come first and go last.
func (d *differ) planCompanions() error {
	from, err := sorted(d.from.Companions)
	if err != nil {
		return err
	}
	to, err := sorted(d.to.Companions)
	if err != nil {
		return err
	}
	if d.opts.Keep {
		have := byID(to)
		for _, c := range from {
			if _, ok := have[id(c)]; !ok {
				to = append(to, c)
			}
		}
		if to, err = sorted(to); err != nil {
			return err
		}
	}
	var (
		old   = byID(from)
		now   = byID(to)
		early = lowest(append(slices.Clone(from), to...))
		stale = map[string]bool{} // the same on both sides, but in the way of a table's change
	)
	for _, c := range from {
		if n, ok := now[id(c)]; ok && sameText(n.Create, c.Create) && !early(c) && c.Kind != "extension" {
			stale[c.Name] = slices.ContainsFunc(append(c.DependsOn, c.Table), func(on string) bool { return d.retyped[on] || stale[on] })
		}
	}
	for i := len(from) - 1; i >= 0; i-- {
		c := from[i]
		if n, ok := now[id(c)]; ok && sameText(n.Create, c.Create) && !stale[c.Name] || c.Drop == "" {
			continue
		}
		ph := dropOldCompanions
		if _, changed := now[id(c)]; early(c) && !changed {
			ph = dropLowCompanions
		}
		d.tx(ph, nil, fmt.Sprintf("drop %s %q", c.Kind, c.Name), &Step{Up: c.Drop, Down: []string{c.Create}})
	}
	for _, c := range to {
		if o, ok := old[id(c)]; ok && sameText(o.Create, c.Create) && !stale[c.Name] {
			continue
		}
		ph := createCompanions
		if early(c) {
			ph = setUp
			if c.Kind == "extension" {
				ph = install
			}
		}
		s := &Step{Up: c.Create}
		if c.Drop != "" {
			s.Down = []string{c.Drop}
		}
		d.tx(ph, nil, fmt.Sprintf("create %s %q", c.Kind, c.Name), s)
	}
	return nil
}

// lowest finds the companions that tables may need: they are created before tables and dropped after them.
func lowest(cs []schemagraph.Companion) func(schemagraph.Companion) bool {
	low := map[string]bool{}
	basic := func(c schemagraph.Companion) bool {
		return slices.Contains([]string{"extension", "domain", "type", "sequence"}, c.Kind)
	}
	for _, c := range cs {
		if basic(c) {
			low[c.Name] = true
		}
	}
	for range cs { // functions that use functions; each round settles at least one more
		before := len(low)
		for _, c := range cs {
			if c.Kind == "function" && !slices.ContainsFunc(c.DependsOn, func(on string) bool { return !low[on] }) {
				low[c.Name] = true
			}
		}
		if len(low) == before {
			break
		}
	}
	return func(c schemagraph.Companion) bool { return low[c.Name] && (c.Kind == "function" || basic(c)) }
}

func id(c schemagraph.Companion) string { return c.Kind + "\x00" + c.Table + "\x00" + c.Name }

func byID(cs []schemagraph.Companion) map[string]schemagraph.Companion {
	m := make(map[string]schemagraph.Companion, len(cs))
	for _, c := range cs {
		m[id(c)] = c
	}
	return m
}

// sameText compares two statements without regard to their white space.
func sameText(a, b string) bool {
	norm := func(s string) string {
		return strings.Join(strings.Fields(strings.TrimRight(strings.TrimSpace(s), ";")), " ")
	}
	return a == b || norm(a) == norm(b)
}

// sorted puts companions after those they depend on, extensions first, and keeps the order otherwise.
func sorted(cs []schemagraph.Companion) ([]schemagraph.Companion, error) {
	var (
		out   []schemagraph.Companion
		state = map[int]int{}
		named = map[string][]int{}
		visit func(i int, path []string) error
	)
	for i, c := range cs {
		named[c.Name] = append(named[c.Name], i)
	}
	visit = func(i int, path []string) error {
		switch state[i] {
		case 1:
			return fmt.Errorf("planning %s %q: it depends on itself: %s", cs[i].Kind, cs[i].Name, strings.Join(append(path, cs[i].Name), " → "))
		case 2:
			return nil
		}
		state[i] = 1
		for _, on := range cs[i].DependsOn {
			for _, j := range named[on] {
				if j == i {
					continue
				}
				if err := visit(j, append(path, cs[i].Name)); err != nil {
					return err
				}
			}
		}
		state[i] = 2
		out = append(out, cs[i])
		return nil
	}
	for _, ext := range []bool{true, false} {
		for i, c := range cs {
			if (c.Kind == "extension") == ext {
				if err := visit(i, nil); err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}
