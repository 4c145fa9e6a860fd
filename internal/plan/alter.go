package plan

import (
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
)

// plan places the steps of a table's alteration.
func (a *alteration) plan() error {
	a.renameConstraints()
	for _, f := range []func() error{
		a.dropForeignKeys, a.dropIndexes, a.primaryKey, a.dropChecks, a.modifyColumns, a.addColumns, a.remakeColumns,
		a.addChecks, a.addForeignKeys, a.swap,
	} {
		if err := f(); err != nil {
			return err
		}
	}
	a.alter()
	if err := a.addIndexes(); err != nil {
		return err
	}
	if err := a.dropColumns(); err != nil {
		return err
	}
	for i := range a.comments {
		a.d.tx(remark_, nil, fmt.Sprintf("describe table %q", a.to.Name), &Step{Up: a.comments[i], Down: a.undone[i : i+1]})
	}
	return nil
}

func (a *alteration) clause(c clause) { a.clauses = append(a.clauses, c) }

// alter places the one ALTER TABLE that holds every brief change.
func (a *alteration) alter() {
	for _, c := range a.before {
		a.alterTable(release, []clause{c})
	}
	a.alterTable(alterTables, a.clauses)
	for _, c := range a.after {
		a.alterTable(guard, []clause{c})
	}
	for _, s := range a.later {
		a.d.tx(guard, a.to, s.Comment, s)
	}
	for _, c := range a.added {
		if text := commentOf(c.Attrs); text != "" {
			a.d.tx(alterTables, a.to, "", &Step{Up: commentOn("COLUMN", qualified(a.to)+"."+ident(c.Name), text)})
		}
	}
}

func (a *alteration) alterTable(ph phase, clauses []clause) {
	if len(clauses) == 0 {
		return
	}
	var (
		ups, downs []string
		what       []string
		s          = &Step{}
		changes    []schema.Change
	)
	for _, c := range clauses {
		ups = append(ups, c.up)
		if c.down != "" {
			downs = append(downs, c.down)
		}
		if c.what != "" {
			what = append(what, c.what)
		}
		if c.change != nil {
			changes = append(changes, c.change)
		}
		s.Hazards = append(s.Hazards, c.hazards...)
		s.Allow = append(s.Allow, c.allow...)
	}
	slices.Reverse(downs)
	s.Up = a.statement(ups)
	if len(downs) > 0 {
		s.Down = []string{a.statement(downs)}
	}
	s.Change = &schema.ModifyTable{T: a.to, Changes: changes}
	a.d.tx(ph, a.to, summary(a.to, what), s)
}

func (a *alteration) statement(clauses []string) string {
	if len(clauses) == 1 {
		return "ALTER TABLE " + qualified(a.to) + " " + clauses[0]
	}
	return "ALTER TABLE " + qualified(a.to) + "\n  " + strings.Join(clauses, ",\n  ")
}

func summary(t *schema.Table, what []string) string {
	switch {
	case len(what) == 0:
		return fmt.Sprintf("change table %q", t.Name)
	case len(what) <= 3:
		return fmt.Sprintf("change table %q: %s", t.Name, strings.Join(what, ", "))
	}
	return fmt.Sprintf("change table %q: %s, and %s", t.Name, what[0], plural(len(what)-1, "more change"))
}

// renameConstraints gives indexes and constraints that are otherwise unchanged their new names.
func (a *alteration) renameConstraints() {
	for _, p := range a.nameIdx {
		if _, ok := constraint(p.from); ok {
			a.renames = append(a.renames, [3]string{"constraint", p.from.Name, p.to.Name})
			continue
		}
		a.d.tx(rename, a.to, fmt.Sprintf("rename index %q to %q", p.from.Name, p.to.Name), &Step{
			Up:     "ALTER INDEX " + inSchema(a.to.Schema, p.from.Name) + " RENAME TO " + ident(p.to.Name),
			Down:   []string{"ALTER INDEX " + inSchema(a.to.Schema, p.to.Name) + " RENAME TO " + ident(p.from.Name)},
			Change: &schema.RenameIndex{From: p.from, To: p.to},
		})
	}
	for _, r := range a.renames {
		alter := "ALTER TABLE " + qualified(a.to) + " RENAME CONSTRAINT "
		a.d.tx(rename, a.to, fmt.Sprintf("rename %s %q to %q", r[0], r[1], r[2]), &Step{
			Up:   alter + ident(r[1]) + " TO " + ident(r[2]),
			Down: []string{alter + ident(r[2]) + " TO " + ident(r[1])},
		})
	}
}

func (a *alteration) dropForeignKeys() error {
	for _, fk := range a.dropFK {
		if err := a.d.dropFK(a.from, fk); err != nil {
			return err
		}
	}
	return nil
}

// addForeignKeys adds keys without a scan and has them validated later. A key whose target is ready joins the
// table's ALTER.
func (a *alteration) addForeignKeys() error {
	for _, fk := range a.addFK {
		early := a.ready(fk)
		online := !a.direct
		clauseUp, err := addFK(a.to, fk, online)
		if err != nil {
			return err
		}
		c := clause{
			up:     clauseUp,
			down:   "DROP CONSTRAINT " + ident(fk.Symbol),
			what:   fmt.Sprintf("add foreign key %q", fk.Symbol),
			change: &schema.AddForeignKey{F: fk},
		}
		if early {
			a.clause(c)
		} else {
			p := a.d.tx(addForeignKeys, a.to, fmt.Sprintf("add foreign key %q to table %q", fk.Symbol, a.to.Name), &Step{
				Up: a.statement([]string{c.up}), Down: []string{a.statement([]string{c.down})}, Change: c.change,
			})
			p.key = fk.Symbol
		}
		if online {
			ph := validate
			if !early {
				ph = validateForeignKeys
			}
			a.validate(ph, fk.Symbol, clauseUp)
		}
	}
	return nil
}

// ready says whether a foreign key can be added together with the table's other changes.
func (a *alteration) ready(fk *schema.ForeignKey) bool {
	for _, c := range fk.Columns {
		if a.retyped(c.Name) {
			return false
		}
	}
	ref := tableKey(fk.RefTable)
	if a.d.fresh[ref] {
		return true
	}
	return a.d.keyExists(fk) && !a.d.touched[ref]
}

// validate places the check of a constraint that was added without one. Its inverse leaves the constraint as it was.
func (a *alteration) validate(ph phase, name, added string) {
	a.d.tx(ph, a.to, fmt.Sprintf("validate constraint %q of table %q", name, a.to.Name), &Step{
		Up: "ALTER TABLE " + qualified(a.to) + " VALIDATE CONSTRAINT " + ident(name),
		Down: []string{a.statement([]string{
			"DROP CONSTRAINT " + ident(name), added,
		})},
		Hazards: []Hazard{{"data", "fails when rows break the constraint; correct them and apply again"}},
	})
}

func (a *alteration) dropChecks() error {
	for _, ck := range a.dropCk {
		c := clause{
			up:     "DROP CONSTRAINT " + ident(ck.Name),
			down:   addCheck(ck, false),
			what:   fmt.Sprintf("drop check %q", ck.Name),
			change: &schema.DropCheck{C: ck},
		}
		if !slices.ContainsFunc(a.addCk, func(n *schema.Check) bool {
			return n.Name == ck.Name || slices.Equal(a.mentioned(n), a.mentioned(ck))
		}) && !a.guarded(a.mentioned(ck)) {
			c.allow = []Allow{gone("M307", "check")}
		}
		a.clause(c)
	}
	return nil
}

// guarded says whether these columns are one that becomes NOT NULL by way of a check.
func (a *alteration) guarded(columns []string) bool {
	return len(columns) == 1 && !a.direct && a.d.opts.PGVersion < 18 && slices.ContainsFunc(a.modified, func(cc *columnChange) bool {
		return cc.to.Name == columns[0] && cc.kind.Is(schema.ChangeNull) && !cc.to.Type.Null
	})
}

// mentioned are the columns that a check is about.
func (a *alteration) mentioned(ck *schema.Check) []string {
	var out []string
	for _, t := range []*schema.Table{a.from, a.to} {
		for _, c := range t.Columns {
			if mentions(ck.Expr, c.Name) && !slices.Contains(out, c.Name) {
				out = append(out, c.Name)
			}
		}
	}
	slices.Sort(out)
	return out
}

func (a *alteration) addChecks() error {
	for _, ck := range a.addCk {
		online := !a.direct
		up := addCheck(ck, online)
		a.clause(clause{
			up: up, down: "DROP CONSTRAINT " + ident(ck.Name), what: fmt.Sprintf("add check %q", ck.Name),
			change: &schema.AddCheck{C: ck},
		})
		if online {
			a.validate(validate, ck.Name, up)
		}
	}
	return nil
}

// dropColumns drops what is gone. Undoing brings the columns back without their values.
func (a *alteration) dropColumns() error {
	if len(a.dropped) == 0 {
		return nil
	}
	var (
		ups, downs, comments []string
		changes              []schema.Change
		what                 []string
		lost                 []string
	)
	for _, c := range a.dropped {
		name := ""
		if a.to.Schema != nil {
			name = a.to.Schema.Name
		}
		a.d.plan.Destructive = append(a.d.plan.Destructive, Loss{Kind: "column", Schema: name, Table: a.to.Name, Column: c.Name})
		add, then, err := a.d.restoreColumn(a.from, c)
		if err != nil {
			return err
		}
		ups = append(ups, "DROP COLUMN "+ident(c.Name))
		downs = append(downs, add)
		comments = append(comments, then...)
		if text := commentOf(c.Attrs); text != "" {
			comments = append(comments, commentOn("COLUMN", qualified(a.to)+"."+ident(c.Name), text))
		}
		changes = append(changes, &schema.DropColumn{C: c})
		what = append(what, fmt.Sprintf("drop column %q", c.Name))
		lost = append(lost, c.Name)
	}
	s := &Step{
		Up:      a.statement(ups),
		Down:    append([]string{a.statement(downs)}, comments...),
		Change:  &schema.ModifyTable{T: a.to, Changes: changes},
		Hazards: []Hazard{{"loss", "the values of " + strings.Join(lost, ", ") + " are lost"}},
		Allow:   []Allow{{"M303", "the column is not in the schema any more and its loss was consented to"}},
	}
	a.d.tx(dropColumns, a.to, summary(a.to, what), s)
	return nil
}
