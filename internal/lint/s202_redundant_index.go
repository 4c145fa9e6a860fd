package lint

import "slices"

var s202 = &schemaRule{
	Rule: Rule{
		Code: "S202", Slug: "index-duplicate", Severity: Warn, Fix: FixAuto, Since: "0.1",
		Title: "index that another one repeats",
		Rationale: "Both are written on every insert and update; only one is read. Usual causes are Unique() on a primary key and an index beside a unique constraint.\n\n" +
			"Two indexes are the same when method, columns, order, operator classes, collations, included columns and predicate are; a plain index repeats a unique one, not the other way round.",
		FixText: "DROP INDEX {name}; in Ent remove the index or the Unique()",
		Source:  "PostgreSQL wiki, Index Maintenance: Duplicate indexes",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			gone := make(map[*index]bool)
			for n, a := range t.indexes {
				for _, b := range t.indexes[:n] {
					if gone[a] || gone[b] || !a.sameAs(b) {
						continue
					}
					drop, keep := weaker(a, b)
					gone[drop] = true
					fix := p.pick("remove the index "+drop.Name, "DROP INDEX "+drop.Name+";")
					if drop.constraint && !p.ent() {
						fix = "ALTER TABLE " + t.name + " DROP CONSTRAINT " + drop.Name + ";"
					}
					if keep.pk && len(drop.keys) == 1 && p.ent() {
						fix = "remove Unique() from " + drop.keys[0]
					}
					p.report(p.onIndex(t, drop), fix, "%s repeats %s: (%s) of %s", drop.label(), keep.label(), quoteAll(drop.parts), t.name).fix(t.dropIndex(drop)...)
				}
			}
		}
	},
}

var s203 = &schemaRule{
	Rule: Rule{
		Code: "S203", Slug: "index-redundant-prefix", Severity: Warn, Fix: FixAuto, Since: "0.1",
		Title: "index that is the beginning of another one",
		Rationale: "A B-tree on (a, b) answers everything that one on (a) does. The shorter one costs a write for each row and is seldom worth its smaller size.\n\n" +
			"Not redundant: a unique index, a partial one, one with another method, operator class, collation, sort order, or with included columns.",
		FixText: "DROP INDEX {name}; in Ent remove the index",
		Source:  "PostgreSQL manual, 11.3 Multicolumn Indexes",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, a := range t.indexes {
				if a.Unique || a.constraint || a.method != "btree" || a.predicate != "" || len(a.include) > 0 {
					continue
				}
				for _, b := range t.indexes {
					if a == b || b.method != "btree" || b.predicate != "" || !b.valid || len(b.parts) <= len(a.parts) || !slices.Equal(b.parts[:len(a.parts)], a.parts) {
						continue
					}
					p.report(p.onIndex(t, a), p.pick("remove the index "+a.Name, "DROP INDEX "+a.Name+";"), "%s (%s) is the beginning of %s (%s)",
						a.label(), quoteAll(a.parts), b.label(), quoteAll(b.parts)).fix(a.step(Edit{Delete: true})...)
					break
				}
			}
		}
	},
}

// sameAs says that two indexes hold the same, apart from being unique.
func (i *index) sameAs(o *index) bool {
	return i.method == o.method && slices.Equal(i.parts, o.parts) && bare(i.predicate) == bare(o.predicate) && sameSet(i.include, o.include) && i.valid && o.valid
}

// weaker tells which of two equal indexes to drop.
func weaker(a, b *index) (drop, keep *index) {
	rank := func(i *index) int {
		switch {
		case i.pk:
			return 3
		case i.constraint:
			return 2
		case i.Unique:
			return 1
		}
		return 0
	}
	if rank(a) > rank(b) {
		return b, a
	}
	return a, b
}

func (i *index) label() string {
	if i.pk {
		return "the primary key"
	}
	if i.Name == "" {
		return "the index"
	}
	return i.Name
}

// dropIndex is the step that takes an index out of the schema: its element, or the Unique() that asks for it.
func (t *table) dropIndex(i *index) []Edit {
	if e := i.step(Edit{Delete: true}); e != nil {
		return e
	}
	if f := t.field(i.keys[0]); len(i.keys) == 1 && f != nil && f.Unique {
		return t.builder(i.keys[0], Edit{Remove: []string{"Unique"}})
	}
	return nil
}
