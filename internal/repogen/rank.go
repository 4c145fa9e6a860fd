package repogen

import (
	"regexp"

	"ariga.io/atlas/sql/schema"
)

// comparison is one of two columns in a check, as in "ends_at > starts_at".
var comparison = regexp.MustCompile(`"?\b([a-z_][a-z0-9_]*)\b"?\s*(<=|>=|<|>)\s*"?\b([a-z_][a-z0-9_]*)\b"?`)

// rank is the field's place in the order that checks of two columns put a row's values in: 0 for what is not to be
// greater than anything, 1 for what is to be greater than that, and so on. Test rows follow it.
func (f *fieldModel) rank() int { return f.rankBelow(6) }

func (f *fieldModel) rankBelow(depth int) int {
	t, ok := f.owner.design.graph.Table(f.owner.Type.Table())
	if !ok || depth == 0 {
		return 0
	}
	rank := 0
	for _, a := range t.Attrs {
		c, ok := a.(*schema.Check)
		if !ok {
			continue
		}
		for _, m := range comparison.FindAllStringSubmatch(c.Expr, -1) {
			greater, less := m[1], m[3]
			if m[2][0] == '<' {
				greater, less = less, greater
			}
			if greater != f.StorageKey() || less == greater {
				continue
			}
			for _, o := range f.owner.Fields {
				if o.StorageKey() == less {
					rank = max(rank, o.rankBelow(depth-1)+1)
				}
			}
		}
	}
	return rank
}
