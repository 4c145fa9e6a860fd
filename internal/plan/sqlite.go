package plan

import (
	"context"
	"fmt"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// sqlite plans for SQLite, which changes most of a table by copying it. The way back is the plan of the opposite
// direction, for the library gives no inverse of a copy.
func (d *differ) sqlite() (*Plan, error) {
	if err := d.applyRenames(); err != nil {
		return nil, err
	}
	f := &File{}
	if err := d.sqliteRenames(f); err != nil {
		return nil, err
	}
	up, err := d.sqliteStatements(d.from, d.to)
	if err != nil {
		return nil, err
	}
	down, err := d.sqliteStatements(d.to, d.from)
	if err != nil {
		return nil, err
	}
	drop, create, err := d.sqliteCompanions(len(up) > 0 || len(d.renamed) > 0)
	if err != nil {
		return nil, err
	}
	f.Steps = append(drop, f.Steps...)
	for i, s := range up {
		step := &Step{Up: s.Cmd, Comment: s.Comment, Change: s.Source}
		if i == 0 {
			for _, s := range down {
				step.Down = append(step.Down, s.Cmd)
			}
		}
		f.Steps = append(f.Steps, step)
	}
	f.Steps = append(f.Steps, create...)
	d.sqliteLosses()
	if len(f.Steps) > 0 {
		f.Title = title(f)
		// A table is copied with foreign keys off, and that switch does nothing inside a transaction.
		for _, s := range append(f.Reverse(), d.plan.Statements()...) {
			f.NoTx = f.NoTx || strings.HasPrefix(strings.ToUpper(s), "PRAGMA FOREIGN_KEYS")
		}
		for _, s := range f.Steps {
			f.NoTx = f.NoTx || strings.HasPrefix(strings.ToUpper(s.Up), "PRAGMA FOREIGN_KEYS")
		}
		d.plan.Files = []*File{f}
	}
	return d.plan, nil
}

// sqliteCompanions drops and creates views and triggers. When tables change all of them make way: a table cannot be
// copied or renamed under a view that names it.
func (d *differ) sqliteCompanions(tables bool) (drop, create []*Step, err error) {
	from, err := sorted(d.from.Companions)
	if err != nil {
		return nil, nil, err
	}
	to := d.to.Companions
	if d.opts.Keep {
		have := byID(to)
		for _, c := range from {
			if _, ok := have[id(c)]; !ok {
				to = append(to, c)
			}
		}
	}
	if to, err = sorted(to); err != nil {
		return nil, nil, err
	}
	old, now := byID(from), byID(to)
	for i := len(from) - 1; i >= 0; i-- {
		c := from[i]
		if n, ok := now[id(c)]; !ok || tables || !sameText(n.Create, c.Create) {
			drop = append(drop, &Step{Up: c.Drop, Down: []string{c.Create}, Comment: fmt.Sprintf("drop %s %q", c.Kind, c.Name)})
		}
	}
	for _, c := range to {
		if o, ok := old[id(c)]; !ok || tables || !sameText(o.Create, c.Create) {
			create = append(create, &Step{Up: c.Create, Down: []string{c.Drop}, Comment: fmt.Sprintf("create %s %q", c.Kind, c.Name)})
		}
	}
	return drop, create, nil
}

func (d *differ) sqliteRenames(f *File) error {
	for _, r := range d.renamed {
		s := &Step{}
		if r.Table != "" {
			alter := "ALTER TABLE " + tick(r.table.Name) + " RENAME COLUMN "
			s.Up, s.Down = alter+tick(r.From)+" TO "+tick(r.To), []string{alter + tick(r.To) + " TO " + tick(r.From)}
			s.Comment = fmt.Sprintf("rename column %q of %q to %q", r.From, r.table.Name, r.To)
		} else {
			s.Up = "ALTER TABLE " + tick(r.From) + " RENAME TO " + tick(r.To)
			s.Down = []string{"ALTER TABLE " + tick(r.To) + " RENAME TO " + tick(r.From)}
			s.Comment = fmt.Sprintf("rename table %q to %q", r.From, r.To)
		}
		f.Steps = append(f.Steps, s)
	}
	return nil
}

func tick(name string) string { return "`" + name + "`" }

// sqliteStatements are the statements from one graph to the other.
func (d *differ) sqliteStatements(from, to *schemagraph.Graph) ([]*migrate.Change, error) {
	from, to = from.Clone(), to.Clone()
	s1, s2 := theSchema(from), theSchema(to)
	changes, err := sqlite.DefaultDiff.SchemaDiff(s1, s2, schema.DiffNormalized())
	if err != nil {
		return nil, fmt.Errorf("planning: %w", err)
	}
	if len(changes) == 0 {
		return nil, nil
	}
	p, err := sqlite.DefaultPlan.PlanChanges(context.Background(), "", changes, func(o *migrate.PlanOptions) { o.Indent = "  " })
	if err != nil {
		return nil, fmt.Errorf("planning: %w", err)
	}
	return p.Changes, nil
}

// theSchema is the one schema of a SQLite database.
func theSchema(g *schemagraph.Graph) *schema.Schema {
	for _, s := range g.Realm.Schemas {
		if s.Name == "" {
			return s
		}
	}
	return &schema.Schema{}
}

func (d *differ) sqliteLosses() {
	var created, dropped []*schema.Table
	for _, t := range theSchema(d.to).Tables {
		if _, ok := d.find(d.from, tableKey(t)); !ok {
			created = append(created, t)
		}
	}
	for _, t := range theSchema(d.from).Tables {
		n, ok := d.find(d.to, tableKey(t))
		if !ok {
			dropped = append(dropped, t)
			d.plan.Destructive = append(d.plan.Destructive, Loss{Kind: "table", Table: t.Name})
			continue
		}
		a := &alteration{d: d, from: t, to: n}
		for _, c := range t.Columns {
			if _, ok := n.Column(c.Name); !ok {
				a.dropped = append(a.dropped, c)
				d.plan.Destructive = append(d.plan.Destructive, Loss{Kind: "column", Table: t.Name, Column: c.Name})
			}
		}
		for _, c := range n.Columns {
			if _, ok := t.Column(c.Name); !ok {
				a.added = append(a.added, c)
			}
		}
		a.columnAmbiguities()
	}
	d.tableAmbiguities(dropped, created)
}
