package plan

import (
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// A column whose change of type would rewrite the table under a lock is replaced instead, by expand and contract: a
// new column beside it, a trigger that keeps both alike, the rows filled in batches, indexes and checks made for the
// new column, and then the two swapped by name in one brief step. The old column is dropped last.

// unswappable says why a column cannot be replaced that way; "" where it can.
func (a *alteration) unswappable(cc *columnChange) string {
	name := cc.to.Name
	for _, c := range []*schema.Column{cc.from, cc.to} {
		_, generated := attr[*schema.GeneratedExpr](c.Attrs)
		_, identity := attr[*postgres.Identity](c.Attrs)
		if generated || identity || isSerial(c) {
			return "it is computed by the server"
		}
	}
	for _, t := range []*schema.Table{a.from, a.to} {
		if partitioned(t) {
			return "the table is partitioned"
		}
		if t.PrimaryKey != nil && indexUses(t.PrimaryKey, name) {
			return "it is part of the primary key"
		}
		for _, idx := range t.Indexes {
			if _, ok := constraint(idx); ok && indexUses(idx, name) {
				return "it is part of constraint " + idx.Name
			}
		}
		for _, fk := range t.ForeignKeys {
			if slices.ContainsFunc(fk.Columns, func(c *schema.Column) bool { return c.Name == name }) {
				return "it is part of foreign key " + fk.Symbol
			}
		}
		for _, c := range t.Columns {
			if g, ok := attr[*schema.GeneratedExpr](c.Attrs); ok && mentions(g.Expr, name) {
				return "column " + c.Name + " is computed from it"
			}
		}
	}
	for _, g := range []*schemagraph.Graph{a.d.from, a.d.to} {
		for _, t := range g.Tables() {
			for _, fk := range t.ForeignKeys {
				if tableKey(fk.RefTable) == tableKey(a.to) && slices.ContainsFunc(fk.RefColumns, func(c *schema.Column) bool { return c.Name == name }) {
					return "foreign key " + fk.Symbol + " refers to it"
				}
			}
		}
		for _, c := range g.Companions {
			if (c.Table == tableKey(a.to) || slices.Contains(c.DependsOn, tableKey(a.to))) && mentions(c.Create, name) {
				return c.Kind + " " + c.Name + " depends on it"
			}
		}
	}
	return ""
}

// swapped says whether a column is replaced by a new one.
func (a *alteration) swapped(column string) bool {
	return slices.ContainsFunc(a.swaps, func(cc *columnChange) bool { return cc.to.Name == column })
}

func newName(c string) string { return fit(c, "__new") }
func oldName(c string) string { return fit(c, "__old") }

// shadow is a table in which the replaced columns have another name, in every expression as well.
func (a *alteration) shadow(t *schema.Table, rename func(string) string) *schema.Table {
	s := &schema.Schema{Tables: []*schema.Table{t}}
	if t.Schema != nil {
		s.Name = t.Schema.Name
	}
	c := (&schemagraph.Graph{Realm: &schema.Realm{Schemas: []*schema.Schema{s}}}).Clone().Realm.Schemas[0].Tables[0]
	for _, cc := range a.swaps {
		rewriteExprs(c, cc.to.Name, rename(cc.to.Name))
		if col, ok := c.Column(cc.to.Name); ok {
			col.Name = rename(cc.to.Name)
		}
	}
	return c
}

// takeSwapped takes the indexes and checks of replaced columns out of the other changes.
func (a *alteration) takeSwapped() {
	if len(a.swaps) == 0 {
		return
	}
	idx := func(i *schema.Index) bool {
		return slices.ContainsFunc(a.swaps, func(cc *columnChange) bool { return indexUses(i, cc.to.Name) })
	}
	pair := func(p indexPair) bool { return idx(p.from) || idx(p.to) }
	for _, p := range append(slices.Clone(a.swapIdx), a.nameIdx...) {
		if pair(p) && !(idx(p.from) && idx(p.to)) { // one side has nothing to do with the column
			if !idx(p.from) {
				a.dropIdx = append(a.dropIdx, p.from)
			} else {
				a.addIdx = append(a.addIdx, p.to)
			}
		}
	}
	a.dropIdx, a.addIdx = slices.DeleteFunc(a.dropIdx, idx), slices.DeleteFunc(a.addIdx, idx)
	a.swapIdx, a.nameIdx = slices.DeleteFunc(a.swapIdx, pair), slices.DeleteFunc(a.nameIdx, pair)
	a.dropCk, a.addCk = slices.DeleteFunc(a.dropCk, a.swapsCheck), slices.DeleteFunc(a.addCk, a.swapsCheck)
	a.renames = slices.DeleteFunc(a.renames, func(r [3]string) bool {
		return r[0] == "check" && slices.ContainsFunc(a.from.Checks(), func(c *schema.Check) bool { return c.Name == r[1] && a.swapsCheck(c) })
	})
}

func (a *alteration) swapsCheck(ck *schema.Check) bool {
	return slices.ContainsFunc(a.swaps, func(cc *columnChange) bool { return mentions(ck.Expr, cc.to.Name) })
}

func (a *alteration) swapsIndex(idx *schema.Index) bool {
	return slices.ContainsFunc(a.swaps, func(cc *columnChange) bool { return indexUses(idx, cc.to.Name) })
}

// swap places the steps that replace columns.
func (a *alteration) swap() error {
	if len(a.swaps) == 0 {
		return nil
	}
	w := &swapping{alteration: a, table: "ALTER TABLE " + qualified(a.to) + " ", next: a.shadow(a.to, newName), prev: a.shadow(a.from, oldName)}
	for _, f := range []func() error{w.expand, w.sync, w.guards, w.indexes, w.exchange, w.contract} {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// swapping is the replacement of a table's columns: next is the table with the new columns beside the old ones' names,
// prev with the old ones set aside.
type swapping struct {
	*alteration
	table      string
	next, prev *schema.Table
}

func (w *swapping) expand() error {
	for _, cc := range w.swaps {
		c := *cc.to
		typ := *cc.to.Type
		typ.Null = true
		c.Name, c.Type, c.Default = newName(cc.to.Name), &typ, nil
		up, err := addColumn(w.to, &c)
		if err != nil {
			return err
		}
		w.clause(clause{up: up, down: "DROP COLUMN " + ident(c.Name), what: fmt.Sprintf("add column %q, which will replace %q", c.Name, cc.to.Name), change: &schema.AddColumn{C: &c}})
	}
	return nil
}

// value is the new column's value, from a row called row ("" for the row at hand).
func (w *swapping) value(cc *columnChange, row string) (string, error) {
	x, err := w.d.using(w.to, cc.from, cc.to)
	if err != nil || row == "" {
		return x, err
	}
	for _, c := range w.from.Columns {
		x = qualify(x, c.Name, row)
	}
	return x, nil
}

// qualify writes a row's name before a column's.
func qualify(x, column, row string) string {
	var b strings.Builder
	ts := tokens(x)
	for i, t := range ts {
		if t.ident == column && !called(ts, i) && (i == 0 || ts[i-1].text != ".") {
			b.WriteString(row + ".")
		}
		b.WriteString(t.text)
	}
	return b.String()
}

func (w *swapping) functionName() string { return fit(w.to.Name, "__sync") }

func (w *swapping) triggerStatements() (create, drop []string, err error) {
	var sets []string
	for _, cc := range w.swaps {
		x, err := w.value(cc, "NEW")
		if err != nil {
			return nil, nil, err
		}
		sets = append(sets, "  NEW."+ident(newName(cc.to.Name))+" := "+x+";")
	}
	fn := inSchema(w.to.Schema, w.functionName())
	create = []string{
		"CREATE FUNCTION " + fn + "() RETURNS trigger LANGUAGE plpgsql AS $plinth$\nBEGIN\n" + strings.Join(sets, "\n") + "\n  RETURN NEW;\nEND\n$plinth$",
		"CREATE TRIGGER " + ident(w.functionName()) + " BEFORE INSERT OR UPDATE ON " + qualified(w.to) + " FOR EACH ROW EXECUTE FUNCTION " + fn + "()",
	}
	drop = []string{
		"DROP TRIGGER " + ident(w.functionName()) + " ON " + qualified(w.to),
		"DROP FUNCTION " + fn + "()",
	}
	return create, drop, nil
}

// sync keeps the new columns alike from now on, and fills the rows there are.
func (w *swapping) sync() error {
	create, drop, err := w.triggerStatements()
	if err != nil {
		return err
	}
	w.d.tx(keepAlike, w.to, fmt.Sprintf("keep the old and the new columns of table %q alike", w.to.Name), &Step{Up: create[0], Down: drop[1:]})
	w.d.tx(keepAlike, w.to, "from the next write on", &Step{Up: create[1], Down: drop[:1]})
	for _, cc := range w.swaps {
		x, err := w.value(cc, "")
		if err != nil {
			return err
		}
		n := ident(newName(cc.to.Name))
		w.fillWhere(newName(cc.to.Name), x, n+" IS NULL AND "+ident(cc.to.Name)+" IS NOT NULL AND ("+x+") IS NOT NULL")
	}
	return nil
}

// guards adds the new columns' checks without a scan, and has them validated.
func (w *swapping) guards() error {
	var ups, downs []string
	add := func(name, definition string) {
		ups = append(ups, "ADD CONSTRAINT "+ident(name)+" "+definition+" NOT VALID")
		downs = append(downs, "DROP CONSTRAINT "+ident(name))
		w.d.tx(validate, w.to, fmt.Sprintf("validate constraint %q of table %q", name, w.to.Name), &Step{
			Up: w.table + "VALIDATE CONSTRAINT " + ident(name), Hazards: []Hazard{{"data", "fails when rows break the constraint; correct them and apply again"}},
		})
	}
	for _, cc := range w.swaps {
		if !cc.to.Type.Null {
			add(w.helper(cc), "CHECK ("+ident(newName(cc.to.Name))+" IS NOT NULL)")
		}
	}
	for i, ck := range w.to.Checks() {
		if w.swapsCheck(ck) {
			add(newName(ck.Name), strings.SplitN(addCheck(w.next.Checks()[i], false), "CONSTRAINT "+ident(ck.Name)+" ", 2)[1])
		}
	}
	if len(ups) > 0 {
		slices.Reverse(downs)
		w.d.tx(guard, w.to, fmt.Sprintf("check the new columns of table %q from now on", w.to.Name), &Step{Up: w.statement(ups), Down: []string{w.statement(downs)}})
	}
	return nil
}

func (w *swapping) helper(cc *columnChange) string {
	return fit(w.to.Name+"_"+cc.to.Name, "_not_null")
}

// indexes builds what the new columns need under names of their own.
func (w *swapping) indexes() error {
	for i, idx := range w.to.Indexes {
		if w.swapsIndex(idx) {
			if err := w.buildIndex(w.next.Indexes[i], newName(idx.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// exchange swaps old and new by name: catalogue changes on one table, all of them brief.
func (w *swapping) exchange() error {
	create, drop, err := w.triggerStatements()
	if err != nil {
		return err
	}
	var first []clause
	for _, ck := range w.from.Checks() {
		if w.swapsCheck(ck) {
			first = append(first, clause{up: "DROP CONSTRAINT " + ident(ck.Name), down: addCheck(ck, false)})
		}
	}
	for _, cc := range w.swaps {
		was, is := "ALTER COLUMN "+ident(cc.to.Name)+" ", "ALTER COLUMN "+ident(newName(cc.to.Name))+" "
		d1, err := defaultClause(w.from, cc.from)
		if err != nil {
			return err
		}
		d2, err := defaultClause(w.to, cc.to)
		if err != nil {
			return err
		}
		if d1 != "" {
			first = append(first, clause{up: was + "DROP DEFAULT", down: was + "SET DEFAULT " + d1})
		}
		if d2 != "" {
			first = append(first, clause{up: is + "SET DEFAULT " + d2, down: is + "DROP DEFAULT"})
		}
		if !cc.from.Type.Null {
			first = append(first, clause{up: was + "DROP NOT NULL", down: was + "SET NOT NULL"})
		}
		if !cc.to.Type.Null {
			first = append(first, clause{up: is + "SET NOT NULL", down: is + "DROP NOT NULL"})
		}
	}
	step := func(what, up string, down ...string) *placed {
		return w.d.tx(finish, w.to, what, &Step{Up: up, Down: down})
	}
	what := fmt.Sprintf("let the new columns of table %q take the old ones' place", w.to.Name)
	step(what, drop[0], create[1])
	step("", drop[1], create[0])
	if len(first) > 0 {
		var ups, downs []string
		for _, c := range first {
			ups, downs = append(ups, c.up), append(downs, c.down)
		}
		slices.Reverse(downs)
		p := step("", w.statement(ups), w.statement(downs))
		if slices.ContainsFunc(w.from.Checks(), w.swapsCheck) {
			p.Allow = []Allow{{"M307", "the new column has its own check, validated already"}}
		}
	}
	rename := func(kind, from, to string) *placed {
		return step("", w.table+"RENAME "+kind+ident(from)+" TO "+ident(to), w.table+"RENAME "+kind+ident(to)+" TO "+ident(from))
	}
	for _, cc := range w.swaps {
		n := cc.to.Name
		rename("COLUMN ", n, oldName(n)).Allow = []Allow{{"M402", "the new column takes the name in the same transaction"}}
		p := rename("COLUMN ", newName(n), n)
		p.Change = &schema.ModifyColumn{From: cc.from, To: cc.to, Change: cc.kind}
		if text := commentOf(cc.to.Attrs); text != "" {
			w.d.tx(remark_, nil, fmt.Sprintf("describe table %q", w.to.Name), &Step{Up: commentOn("COLUMN", qualified(w.to)+"."+ident(n), text)})
		}
	}
	for _, idx := range w.from.Indexes {
		if w.swapsIndex(idx) {
			w.renameIndex(idx.Name, oldName(idx.Name))
		}
	}
	for _, idx := range w.to.Indexes {
		if w.swapsIndex(idx) {
			w.renameIndex(newName(idx.Name), idx.Name)
			if text := commentOf(idx.Attrs); text != "" {
				w.d.tx(remark_, nil, fmt.Sprintf("describe table %q", w.to.Name), &Step{Up: commentOn("INDEX", inSchema(w.to.Schema, idx.Name), text)})
			}
		}
	}
	for _, ck := range w.to.Checks() {
		if w.swapsCheck(ck) {
			rename("CONSTRAINT ", newName(ck.Name), ck.Name)
		}
	}
	for _, cc := range w.swaps {
		if !cc.to.Type.Null {
			h := ident(w.helper(cc))
			step("", w.table+"DROP CONSTRAINT "+h, w.table+"ADD CONSTRAINT "+h+" CHECK ("+ident(cc.to.Name)+" IS NOT NULL) NOT VALID")
		}
	}
	return nil
}

func (w *swapping) renameIndex(from, to string) {
	w.d.tx(finish, w.to, "", &Step{
		Up:   "ALTER INDEX " + inSchema(w.to.Schema, from) + " RENAME TO " + ident(to),
		Down: []string{"ALTER INDEX " + inSchema(w.to.Schema, to) + " RENAME TO " + ident(from)},
	})
}

// contract drops what has been replaced. Undoing brings the old column back with the values of the new one.
func (w *swapping) contract() error {
	for i, idx := range w.from.Indexes {
		if w.swapsIndex(idx) {
			old := *w.prev.Indexes[i]
			if err := w.dropIndex(dropSpare, &old, oldName(idx.Name)); err != nil {
				return err
			}
		}
	}
	for _, cc := range w.swaps {
		c := *cc.from
		typ := *cc.from.Type
		typ.Null = true
		c.Name, c.Type, c.Default = oldName(cc.from.Name), &typ, nil
		add, err := addColumn(w.from, &c)
		if err != nil {
			return err
		}
		back, err := usingText(cc.to, cc.from)
		if err != nil {
			return err
		}
		down := []string{w.table + add, "UPDATE " + qualified(w.to) + " SET " + ident(c.Name) + " = " + back}
		if text := commentOf(cc.from.Attrs); text != "" {
			down = append(down, commentOn("COLUMN", qualified(w.to)+"."+ident(c.Name), text))
		}
		w.d.tx(dropColumns, w.to, fmt.Sprintf("drop the replaced column %q of table %q", c.Name, w.to.Name), &Step{
			Up: w.table + "DROP COLUMN " + ident(c.Name), Down: down,
			Allow: []Allow{{"M303", "its values live on in " + cc.to.Name}},
		})
	}
	return nil
}
