package plan

import (
	"fmt"
	"slices"

	"ariga.io/atlas/sql/schema"
)

// postgres plans for PostgreSQL.
func (d *differ) postgres() (*Plan, error) {
	if err := d.applyRenames(); err != nil {
		return nil, err
	}
	d.planRenames()
	d.planSchemas()
	if err := d.planTypes(); err != nil {
		return nil, err
	}
	if err := d.planTables(); err != nil {
		return nil, err
	}
	if err := d.planCompanions(); err != nil {
		return nil, err
	}
	d.plan.Files = d.files()
	return d.plan, nil
}

// planSchemas creates the schemas that are new. A schema that is gone stays, empty.
func (d *differ) planSchemas() {
	for _, s := range d.to.Realm.Schemas {
		if _, ok := d.from.Realm.Schema(s.Name); ok || s.Name == "" {
			continue
		}
		d.tx(install, nil, fmt.Sprintf("create schema %q", s.Name), &Step{
			Up:     "CREATE SCHEMA " + ident(s.Name),
			Down:   []string{"DROP SCHEMA " + ident(s.Name)},
			Change: &schema.AddSchema{S: s},
		})
		if c := commentOf(s.Attrs); c != "" {
			d.tx(install, nil, "", &Step{Up: commentOn("SCHEMA", ident(s.Name), c)})
		}
	}
}

// planRenames writes the statements for the renames that applyRenames carried out on the graph. Tables come first,
// so that columns are renamed in the table of the new name.
func (d *differ) planRenames() {
	for _, r := range d.renamed {
		why := r.Why
		if why == "" {
			why = "asked for"
		}
		if r.Table != "" {
			alter := "ALTER TABLE " + qualified(r.table) + " RENAME COLUMN "
			d.tx(rename, r.table, fmt.Sprintf("rename column %q of %q to %q (%s)", r.From, r.table.Name, r.To, why), &Step{
				Up:    alter + ident(r.From) + " TO " + ident(r.To),
				Down:  []string{alter + ident(r.To) + " TO " + ident(r.From)},
				Allow: []Allow{{"M402", "the rename is wanted: " + why}},
			})
			continue
		}
		old := inSchema(r.table.Schema, r.From)
		d.tx(rename, r.table, fmt.Sprintf("rename table %q to %q (%s)", r.From, r.To, why), &Step{
			Up:    "ALTER TABLE " + old + " RENAME TO " + ident(r.To),
			Down:  []string{"ALTER TABLE " + qualified(r.table) + " RENAME TO " + ident(r.From)},
			Allow: []Allow{{"M401", "the rename is wanted: " + why}},
		})
		if r.table.PrimaryKey != nil && r.table.PrimaryKey.Name == "" {
			// The server keeps the old name, while everything else derives it from the table's.
			r.table.PrimaryKey.Name = fit(r.From, "_pkey")
		}
		d.renameSequences(r)
	}
}

// planTables compares the tables of every schema.
func (d *differ) planTables() error {
	var created, dropped []*schema.Table
	for _, s := range d.to.Realm.Schemas {
		for _, t := range s.Tables {
			if _, ok := d.find(d.from, tableKey(t)); !ok {
				d.fresh[tableKey(t)] = true
				created = append(created, t)
			}
		}
	}
	for _, s := range d.from.Realm.Schemas {
		for _, t := range s.Tables {
			if _, ok := d.find(d.to, tableKey(t)); !ok {
				dropped = append(dropped, t)
			}
		}
	}
	d.tableAmbiguities(dropped, created)
	var alters []*alteration
	for _, s := range d.to.Realm.Schemas {
		for _, t := range s.Tables {
			old, ok := d.find(d.from, tableKey(t))
			if !ok {
				continue
			}
			a, err := d.compare(old, t)
			if err != nil {
				return err
			}
			alters = append(alters, a)
		}
	}
	d.spreadForeignKeys(alters)
	if err := d.createTables(created); err != nil {
		return err
	}
	for _, a := range alters {
		if err := a.plan(); err != nil {
			return err
		}
	}
	return d.dropTables(dropped)
}

// createTables orders new tables so that each follows those it refers to. Foreign keys that close a cycle, and those
// whose target is made later in the plan, are added afterwards.
func (d *differ) createTables(tables []*schema.Table) error {
	type late struct {
		t  *schema.Table
		fk *schema.ForeignKey
	}
	var lates []late
	done := map[*schema.Table]bool{}
	for _, t := range dependencyOrder(tables) {
		var inline []*schema.ForeignKey
		for _, fk := range t.ForeignKeys {
			ref := tableKey(fk.RefTable)
			switch {
			case fk.RefTable == t || done[fk.RefTable] || !d.fresh[ref] && d.keyExists(fk) && !d.touched[ref]:
				inline = append(inline, fk)
			default:
				lates = append(lates, late{t, fk})
			}
		}
		done[t] = true
		if err := d.createTable(t, inline); err != nil {
			return err
		}
	}
	for _, l := range lates {
		clause, err := addFK(l.t, l.fk, false)
		if err != nil {
			return err
		}
		ph := createTables
		if !d.fresh[tableKey(l.fk.RefTable)] {
			ph = addForeignKeys
		}
		d.tx(ph, l.t, fmt.Sprintf("add foreign key %q", l.fk.Symbol), &Step{
			Up:     "ALTER TABLE " + qualified(l.t) + " " + clause,
			Down:   []string{"ALTER TABLE " + qualified(l.t) + " DROP CONSTRAINT " + ident(l.fk.Symbol)},
			Change: &schema.AddForeignKey{F: l.fk},
		})
	}
	return nil
}

func (d *differ) createTable(t *schema.Table, fks []*schema.ForeignKey) error {
	up, err := createTable(t, fks)
	if err != nil {
		return err
	}
	d.tx(createTables, t, fmt.Sprintf("create table %q", t.Name), &Step{
		Up:     up,
		Down:   []string{"DROP TABLE " + qualified(t)},
		Change: &schema.AddTable{T: t},
	})
	for _, idx := range t.Indexes {
		if _, ok := constraint(idx); ok {
			continue // written inside the table
		}
		up, err := createIndex(t, idx, false)
		if err != nil {
			return err
		}
		d.tx(createTables, t, fmt.Sprintf("create index %q", idx.Name), &Step{Up: up, Change: &schema.AddIndex{I: idx}})
	}
	for _, c := range tableComments(t) {
		d.place(&placed{Step: &Step{Up: c}, phase: createTables, key: tableKey(t)})
	}
	return nil
}

// tableComments are the statements for all comments of a table.
func tableComments(t *schema.Table) []string {
	var out []string
	if c := commentOf(t.Attrs); c != "" {
		out = append(out, commentOn("TABLE", qualified(t), c))
	}
	for _, col := range t.Columns {
		if c := commentOf(col.Attrs); c != "" {
			out = append(out, commentOn("COLUMN", qualified(t)+"."+ident(col.Name), c))
		}
	}
	for _, idx := range t.Indexes {
		if c := commentOf(idx.Attrs); c != "" {
			out = append(out, commentOn("INDEX", inSchema(t.Schema, idx.Name), c))
		}
	}
	return out
}

// keyExists says whether the columns that a foreign key refers to are unique in the table as it is now.
func (d *differ) keyExists(fk *schema.ForeignKey) bool {
	ref, ok := d.find(d.from, tableKey(fk.RefTable))
	if !ok {
		return false
	}
	want := names(fk.RefColumns)
	covers := func(idx *schema.Index) bool {
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
	if ref.PrimaryKey != nil && covers(ref.PrimaryKey) {
		return true
	}
	return slices.ContainsFunc(ref.Indexes, func(idx *schema.Index) bool {
		return idx.Unique && predicate(idx) == "" && covers(idx)
	})
}

// names are the columns' names, sorted.
func names(cs []*schema.Column) []string {
	out := make([]string, len(cs))
	for i, c := range cs {
		out[i] = c.Name
	}
	slices.Sort(out)
	return out
}

// dependencyOrder sorts tables so that each follows those its foreign keys refer to, and otherwise keeps their order.
func dependencyOrder(tables []*schema.Table) []*schema.Table {
	var (
		out   []*schema.Table
		state = map[*schema.Table]int{} // 1 being visited, 2 placed
		in    = map[*schema.Table]bool{}
		visit func(*schema.Table)
	)
	for _, t := range tables {
		in[t] = true
	}
	visit = func(t *schema.Table) {
		if state[t] != 0 {
			return
		}
		state[t] = 1
		for _, fk := range t.ForeignKeys {
			if in[fk.RefTable] {
				visit(fk.RefTable)
			}
		}
		state[t] = 2
		out = append(out, t)
	}
	for _, t := range tables {
		visit(t)
	}
	return out
}

// dropTables drops tables before those they refer to, after the foreign keys that hold them.
func (d *differ) dropTables(tables []*schema.Table) error {
	gone := map[*schema.Table]bool{}
	for _, t := range tables {
		gone[t] = true
		name := ""
		if t.Schema != nil {
			name = t.Schema.Name
		}
		d.plan.Destructive = append(d.plan.Destructive, Loss{Kind: "table", Schema: name, Table: t.Name})
	}
	order := dependencyOrder(tables)
	slices.Reverse(order)
	placedAt := map[*schema.Table]int{}
	for i, t := range order {
		placedAt[t] = i
	}
	for i, t := range order {
		var inline []*schema.ForeignKey
		for _, fk := range t.ForeignKeys {
			// Undoing creates the tables in the reverse order: a key is written inside its table where the
			// table it refers to is there by then.
			if at, ok := placedAt[fk.RefTable]; fk.RefTable == t || !ok || at > i {
				if gone[fk.RefTable] || !d.dropsFirst(fk) {
					inline = append(inline, fk)
					continue
				}
			}
			if err := d.dropFK(t, fk); err != nil {
				return err
			}
		}
		down, err := d.recreate(t, inline)
		if err != nil {
			return err
		}
		d.tx(dropTables, t, fmt.Sprintf("drop table %q", t.Name), &Step{
			Up:      "DROP TABLE " + qualified(t),
			Down:    down,
			Change:  &schema.DropTable{T: t},
			Hazards: []Hazard{{"loss", "every row of " + t.Name + " is lost"}},
			Allow:   []Allow{{"M301", "the table is not in the schema any more and its loss was consented to"}},
		})
	}
	return nil
}

// dropsFirst says whether a dropped table's key on a remaining table is dropped in a file of its own: the drop locks
// both tables.
func (d *differ) dropsFirst(fk *schema.ForeignKey) bool {
	return !d.opts.Direct || d.touched[tableKey(fk.RefTable)]
}

// recreate gives the statements that bring a table back, empty.
func (d *differ) recreate(t *schema.Table, fks []*schema.ForeignKey) ([]string, error) {
	up, err := createTable(t, fks)
	if err != nil {
		return nil, err
	}
	out := []string{up}
	for _, idx := range t.Indexes {
		if _, ok := constraint(idx); ok {
			continue
		}
		s, err := createIndex(t, idx, false)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return append(out, tableComments(t)...), nil
}

// dropFK places the drop of a foreign key, which locks both its tables, on its own.
func (d *differ) dropFK(t *schema.Table, fk *schema.ForeignKey) error {
	clause, err := addFK(t, fk, false)
	if err != nil {
		return err
	}
	p := d.tx(dropForeignKeys, t, fmt.Sprintf("drop foreign key %q", fk.Symbol), &Step{
		Up:     "ALTER TABLE " + qualified(t) + " DROP CONSTRAINT " + ident(fk.Symbol),
		Down:   []string{"ALTER TABLE " + qualified(t) + " " + clause},
		Change: &schema.DropForeignKey{F: fk},
	})
	p.key = fk.Symbol
	if !d.fkReturns(t, fk) {
		p.Allow = []Allow{gone("M307", "foreign key")}
	}
	return nil
}

// gone is the suppression on the drop of what the schema does not have any more.
func gone(rule, what string) Allow {
	return Allow{rule, "the schema does not have the " + what + " any more"}
}

// fkReturns says whether the plan adds a foreign key of the same name or columns later.
func (d *differ) fkReturns(t *schema.Table, fk *schema.ForeignKey) bool {
	to, ok := d.find(d.to, tableKey(t))
	if !ok {
		return false
	}
	return slices.ContainsFunc(to.ForeignKeys, func(n *schema.ForeignKey) bool {
		return n.Symbol == fk.Symbol || slices.Equal(names(n.Columns), names(fk.Columns))
	})
}
