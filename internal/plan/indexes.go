package plan

import (
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
)

// partitioned says whether a table is partitioned: its indexes cannot be built or dropped concurrently.
func partitioned(t *schema.Table) bool {
	_, ok := attr[*postgres.Partition](t.Attrs)
	return ok
}

// concurrent says whether the indexes of the table are built and dropped without blocking it.
func (a *alteration) concurrent() bool { return !a.direct && !partitioned(a.to) }

// dropIndexes drops the indexes that are gone, and sets those aside that get another definition.
func (a *alteration) dropIndexes() error {
	for _, idx := range a.dropIdx {
		if err := a.dropIndex(dropIndexes, idx, idx.Name); err != nil {
			return err
		}
	}
	for _, p := range a.swapIdx {
		_, c1 := constraint(p.from)
		_, c2 := constraint(p.to)
		stays := a.concurrent() && !c1 && !c2
		for _, c := range a.from.Columns {
			if a.retyped(c.Name) && indexUses(p.from, c.Name) {
				stays = false
			}
		}
		if !stays {
			if err := a.dropIndex(dropIndexes, p.from, p.from.Name); err != nil {
				return err
			}
			continue
		}
		spare := fit(p.from.Name, "__old")
		a.d.tx(rename, a.to, fmt.Sprintf("set index %q aside until its new form is built", p.from.Name), &Step{
			Up:   "ALTER INDEX " + inSchema(a.to.Schema, p.from.Name) + " RENAME TO " + ident(spare),
			Down: []string{"ALTER INDEX " + inSchema(a.to.Schema, spare) + " RENAME TO " + ident(p.from.Name)},
		})
		if err := a.dropIndex(dropSpare, p.from, spare); err != nil {
			return err
		}
	}
	return nil
}

// dropIndex places the drop of an index known by a name.
func (a *alteration) dropIndex(ph phase, idx *schema.Index, name string) error {
	if con, ok := constraint(idx); ok {
		add, err := action(a.to, &schema.AddIndex{I: withoutComment(idx)})
		if err != nil {
			return err
		}
		c := clause{up: "DROP CONSTRAINT " + ident(con), down: add, what: fmt.Sprintf("drop constraint %q", con), change: &schema.DropIndex{I: idx}}
		a.clause(c)
		return nil
	}
	named := withoutComment(idx)
	named.Name = name
	up := dropIndex(a.to, name, a.concurrent())
	create, err := createIndex(a.from, named, a.concurrent())
	if err != nil {
		return err
	}
	s := &Step{Up: up, Down: []string{create}, Change: &schema.DropIndex{I: idx}}
	if text := commentOf(idx.Attrs); text != "" {
		s.Down = append(s.Down, commentOn("INDEX", inSchema(a.to.Schema, name), text))
	}
	title := fmt.Sprintf("drop index %q", name)
	if a.concurrent() {
		a.d.alone(ph, a.to, name, title, s)
		return nil
	}
	a.d.tx(ph, a.to, title, s)
	return nil
}

// addIndexes builds what is new.
func (a *alteration) addIndexes() error {
	add := slices.Clone(a.addIdx)
	for _, p := range a.swapIdx {
		add = append(add, p.to)
	}
	for _, idx := range add {
		if _, ok := constraint(idx); ok {
			if err := a.addUnique(idx); err != nil {
				return err
			}
			continue
		}
		if err := a.buildIndex(idx, idx.Name); err != nil {
			return err
		}
		if text := commentOf(idx.Attrs); text != "" {
			ph := buildIndexes
			if a.concurrent() {
				ph = remark_
			}
			a.d.tx(ph, a.to, fmt.Sprintf("describe index %q", idx.Name), &Step{Up: commentOn("INDEX", inSchema(a.to.Schema, idx.Name), text)})
		}
	}
	return nil
}

// buildIndex places the build of an index under a name.
func (a *alteration) buildIndex(idx *schema.Index, name string) error {
	named := withoutComment(idx)
	named.Name = name
	up, err := createIndex(a.to, named, a.concurrent())
	if err != nil {
		return err
	}
	title := fmt.Sprintf("create index %q on table %q", name, a.to.Name)
	s := &Step{Up: up, Down: []string{dropIndex(a.to, name, a.concurrent())}, Change: &schema.AddIndex{I: idx}}
	if idx.Unique {
		s.Hazards = append(s.Hazards, Hazard{"data", "fails when rows repeat: " + duplicates(a.to, idx)})
	}
	if !a.concurrent() {
		if partitioned(a.to) && !a.direct {
			s.Hazards = append(s.Hazards, Hazard{"lock", "writes wait until the index is built on every partition: a partitioned index cannot be built concurrently"})
		}
		a.d.tx(buildIndexes, a.to, title, s)
		return nil
	}
	// A build that failed leaves an invalid index behind, which the next attempt takes away first.
	a.d.alone(buildIndexes, a.to, name, title, &Step{
		Up: strings.Replace(dropIndex(a.to, name, true), "CONCURRENTLY ", "CONCURRENTLY IF EXISTS ", 1),
	}, s)
	return nil
}

// duplicates is the query that finds the rows a unique index would refuse.
func duplicates(t *schema.Table, idx *schema.Index) string {
	var keys []string
	for _, p := range idx.Parts {
		switch {
		case p.C != nil:
			keys = append(keys, ident(p.C.Name))
		case p.X != nil:
			if x, ok := p.X.(*schema.RawExpr); ok {
				keys = append(keys, wrapped(x.X))
			}
		}
	}
	list := strings.Join(keys, ", ")
	where := ""
	if p := predicate(idx); p != "" {
		where = " WHERE " + p
	}
	return "SELECT " + list + ", count(*) FROM " + qualified(t) + where + " GROUP BY " + list + " HAVING count(*) > 1"
}

// addUnique adds a unique or exclusion constraint; a unique one takes over an index that was built concurrently.
func (a *alteration) addUnique(idx *schema.Index) error {
	name, _ := constraint(idx)
	add, err := action(a.to, &schema.AddIndex{I: withoutComment(idx)})
	if err != nil {
		return err
	}
	c := clause{up: add, down: "DROP CONSTRAINT " + ident(name), what: fmt.Sprintf("add constraint %q", name), change: &schema.AddIndex{I: idx}}
	if !idx.Unique || !a.concurrent() {
		if !a.direct {
			c.hazards = []Hazard{{"lock", "everything waits until the constraint's index is built: it has no form that does not block"}}
		}
		p := a.d.tx(adoptIndexes, a.to, fmt.Sprintf("add constraint %q to table %q", name, a.to.Name), &Step{
			Up: a.statement([]string{c.up}), Down: []string{a.statement([]string{c.down})}, Change: c.change, Hazards: c.hazards,
		})
		_ = p
		return nil
	}
	plain := withoutComment(idx)
	plain.Attrs = slices.DeleteFunc(plain.Attrs, func(at schema.Attr) bool { _, ok := at.(*postgres.Constraint); return ok })
	if err := a.buildIndex(plain, name); err != nil {
		return err
	}
	// Undoing drops the constraint and with it the index, which the file before then expects: it is built again.
	rebuilt, err := createIndex(a.to, &schema.Index{Name: name, Unique: true, Table: a.to, Parts: plain.Parts, Attrs: plain.Attrs}, false)
	if err != nil {
		return err
	}
	a.d.tx(adoptIndexes, a.to, fmt.Sprintf("make index %q a constraint of table %q", name, a.to.Name), &Step{
		Up:     a.statement([]string{"ADD CONSTRAINT " + ident(name) + " UNIQUE USING INDEX " + ident(name)}),
		Down:   []string{a.statement([]string{c.down}), rebuilt},
		Change: c.change,
	})
	return nil
}

// primaryKey replaces a table's key.
func (a *alteration) primaryKey() error {
	if !a.pk {
		return nil
	}
	from, to := a.from.PrimaryKey, a.to.PrimaryKey
	var drop, add clause
	if from != nil {
		restore, err := a.addPK(a.from)
		if err != nil {
			return err
		}
		drop = clause{up: "DROP CONSTRAINT " + ident(pkName(a.from)), down: restore, what: "drop the primary key", change: &schema.DropPrimaryKey{P: from}}
	}
	if to != nil {
		up, err := a.addPK(a.to)
		if err != nil {
			return err
		}
		add = clause{up: up, down: "DROP CONSTRAINT " + ident(pkName(a.to)), what: "add the primary key", change: &schema.AddPrimaryKey{P: to}}
	}
	if to == nil {
		a.clause(drop)
		return nil
	}
	if !a.concurrent() {
		if from != nil {
			a.clause(drop)
		}
		if slices.ContainsFunc(to.Parts, func(p *schema.IndexPart) bool { return p.C == nil }) {
			return &RefusedError{Object: "primary key of " + a.to.Name, Reason: "it has no column"}
		}
		a.clause(add)
		return nil
	}
	spare := fit(a.to.Name, "_pkey__new")
	idx := withoutComment(to)
	idx.Unique = true
	if err := a.buildIndex(idx, spare); err != nil {
		return err
	}
	ups, downs := []string{}, []string{}
	if from != nil {
		ups = append(ups, drop.up)
	}
	ups = append(ups, "ADD CONSTRAINT "+ident(pkName(a.to))+" PRIMARY KEY USING INDEX "+ident(spare))
	downs = append(downs, add.down)
	if from != nil {
		downs = append(downs, drop.down)
	}
	rebuilt, err := createIndex(a.to, &schema.Index{Name: spare, Unique: true, Table: a.to, Parts: idx.Parts, Attrs: idx.Attrs}, false)
	if err != nil {
		return err
	}
	var nullable []string
	for _, p := range to.Parts {
		if p.C == nil {
			continue
		}
		if old, ok := a.from.Column(p.C.Name); ok && old.Type.Null && p.C.Type.Null {
			nullable = append(nullable, p.C.Name)
		}
	}
	s := &Step{Up: a.statement(ups), Down: []string{a.statement(downs), rebuilt}, Change: add.change}
	if len(nullable) > 0 {
		s.Hazards = append(s.Hazards, Hazard{"data", "fails when " + strings.Join(nullable, ", ") + " holds NULL"})
	}
	a.d.tx(finish, a.to, fmt.Sprintf("change the primary key of table %q", a.to.Name), s)
	return nil
}

func (a *alteration) addPK(t *schema.Table) (string, error) {
	s, err := action(t, &schema.AddPrimaryKey{P: withoutComment(t.PrimaryKey)})
	if err != nil {
		return "", err
	}
	return strings.Replace(s, "ADD PRIMARY KEY", "ADD CONSTRAINT "+ident(pkName(t))+" PRIMARY KEY", 1), nil
}
