package plan

import (
	"fmt"
	"slices"
	"strconv"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// spreadForeignKeys takes off and puts back the foreign keys that a change of type, or of the key they refer to,
// would break, in whichever table they stand.
func (d *differ) spreadForeignKeys(alters []*alteration) {
	byTable := map[string]*alteration{}
	for _, a := range alters {
		byTable[tableKey(a.to)] = a
		types := slices.ContainsFunc(a.from.Columns, func(c *schema.Column) bool { return a.retyped(c.Name) })
		unique := func(idx *schema.Index) bool { return idx.Unique }
		if types {
			d.retyped[tableKey(a.to)] = true
		}
		if types || a.pk || slices.ContainsFunc(a.addIdx, unique) || slices.ContainsFunc(a.dropIdx, unique) ||
			slices.ContainsFunc(a.swapIdx, func(p indexPair) bool { return p.from.Unique || p.to.Unique }) {
			d.touched[tableKey(a.to)] = true
		}
	}
	for _, a := range alters {
		for _, old := range a.from.ForeignKeys {
			if slices.Contains(a.dropFK, old) {
				continue
			}
			ref, ok := byTable[tableKey(old.RefTable)]
			broken := ok && ref.breaks(old.RefColumns) ||
				slices.ContainsFunc(old.Columns, func(c *schema.Column) bool { return a.retyped(c.Name) })
			if !broken {
				continue
			}
			symbol := old.Symbol
			a.renames = slices.DeleteFunc(a.renames, func(r [3]string) bool {
				if r[0] == "foreign key" && r[1] == old.Symbol {
					symbol = r[2]
					return true
				}
				return false
			})
			a.dropFK = append(a.dropFK, old)
			if n, ok := a.to.ForeignKey(symbol); ok {
				a.addFK = append(a.addFK, n)
			}
		}
	}
}

// breaks says whether a key on these columns does not outlive the alteration as it is.
func (a *alteration) breaks(cs []*schema.Column) bool {
	if slices.ContainsFunc(cs, func(c *schema.Column) bool { return a.retyped(c.Name) }) {
		return true
	}
	want := names(cs)
	on := func(idx *schema.Index) bool {
		if idx == nil {
			return false
		}
		var have []string
		for _, p := range idx.Parts {
			if p.C == nil {
				return false
			}
			have = append(have, p.C.Name)
		}
		slices.Sort(have)
		return slices.Equal(have, want)
	}
	return a.pk && on(a.from.PrimaryKey) ||
		slices.ContainsFunc(a.dropIdx, func(i *schema.Index) bool { return i.Unique && on(i) }) ||
		slices.ContainsFunc(a.swapIdx, func(p indexPair) bool { return p.from.Unique && on(p.from) })
}

// nameConstraints gives the checks and foreign keys that have no name the one that PostgreSQL would choose.
func nameConstraints(t *schema.Table) {
	taken := map[string]bool{}
	for _, c := range t.Checks() {
		taken[c.Name] = true
	}
	choose := func(name string) string {
		n := name
		for i := 1; taken[n]; i++ {
			n = name + strconv.Itoa(i)
		}
		taken[n] = true
		return n
	}
	for _, ck := range t.Checks() {
		if ck.Name != "" {
			continue
		}
		var in []string
		for _, c := range t.Columns {
			if mentions(ck.Expr, c.Name) {
				in = append(in, c.Name)
			}
		}
		base := t.Name
		if len(in) == 1 {
			base += "_" + in[0]
		}
		ck.Name = choose(fit(base, "_check"))
	}
	for _, fk := range t.ForeignKeys {
		if fk.Symbol == "" && len(fk.Columns) > 0 {
			base := t.Name
			for _, c := range fk.Columns {
				base += "_" + c.Name
			}
			fk.Symbol = choose(fit(base, "_fkey"))
		}
	}
}

// renameSequences lets the sequences of a renamed table's serial columns follow it: wherever they are named, their
// names are derived from the table's. Those of identity columns are never named.
func (d *differ) renameSequences(r renamed) {
	for _, c := range r.table.Columns {
		if s, ok := c.Type.Type.(*postgres.SerialType); !ok || s.SequenceName != "" {
			continue
		}
		name := func(table string) string { return fit(table+"_"+c.Name, "_seq") }
		p := d.tx(rename, r.table, fmt.Sprintf("rename the sequence of %q", c.Name), &Step{
			Up:    "ALTER SEQUENCE IF EXISTS " + inSchema(r.table.Schema, name(r.From)) + " RENAME TO " + ident(name(r.To)),
			Down:  []string{"ALTER SEQUENCE IF EXISTS " + inSchema(r.table.Schema, name(r.To)) + " RENAME TO " + ident(name(r.From))},
			Allow: []Allow{{"M403", "a serial column's sequence is named after its table"}},
		})
		p.key = name(r.To)
	}
}

// tableAmbiguities notes the dropped tables that look like a new one under its former name.
func (d *differ) tableAmbiguities(dropped, created []*schema.Table) {
	for _, old := range dropped {
		var like []scored
		for _, n := range created {
			if s := similarity(old, n); s >= 0.5 {
				like = append(like, scored{n.Name, s})
			}
		}
		if len(like) > 0 {
			d.plan.Ambiguities = append(d.plan.Ambiguities, Ambiguity{Kind: "table", From: old.Name, To: best(like)})
		}
	}
}

type scored struct {
	name  string
	score float64
}

func best(like []scored) []string {
	slices.SortStableFunc(like, func(a, b scored) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	out := make([]string, len(like))
	for i, l := range like {
		out[i] = l.name
	}
	return out
}

// similarity is the part of two tables' columns that they share by name and type.
func similarity(a, b *schema.Table) float64 {
	same := 0
	for _, c := range a.Columns {
		if n, ok := b.Column(c.Name); ok && sameType(c, n) {
			same++
		}
	}
	return float64(2*same) / float64(len(a.Columns)+len(b.Columns))
}

func sameType(a, b *schema.Column) bool {
	if a.Type == nil || b.Type == nil {
		return false
	}
	return mustType(a) == mustType(b)
}

// columnAmbiguities notes the dropped columns that have the type of a new one.
func (a *alteration) columnAmbiguities() {
	for _, old := range a.dropped {
		var like []scored
		for _, n := range a.added {
			if !sameType(old, n) && family(old.Type.Type) != family(n.Type.Type) {
				continue
			}
			s := 1 - float64(schemagraph.Distance(old.Name, n.Name))/float64(max(len(old.Name), len(n.Name), 1))
			if sameType(old, n) {
				s += 0.5
			}
			like = append(like, scored{n.Name, s})
		}
		if len(like) > 0 {
			a.d.plan.Ambiguities = append(a.d.plan.Ambiguities, Ambiguity{Kind: "column", Table: a.to.Name, From: old.Name, To: best(like)})
		}
	}
}
