package plan

import (
	"fmt"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
)

// modifyColumns changes the columns that stay.
func (a *alteration) modifyColumns() error {
	for _, cc := range a.modified {
		if err := a.modifyColumn(cc); err != nil {
			return fmt.Errorf("planning column %s.%s: %w", a.to.Name, cc.to.Name, err)
		}
	}
	return nil
}

func (a *alteration) modifyColumn(cc *columnChange) error {
	alter := "ALTER COLUMN " + ident(cc.to.Name) + " "
	if cc.identity {
		a.dropIdentity(cc)
	}
	if cc.kind.Is(schema.ChangeGenerated) { // the column becomes an ordinary one
		g, _ := attr[*schema.GeneratedExpr](cc.from.Attrs)
		a.d.tx(alterTables, a.to, fmt.Sprintf("make generated column %q of %q an ordinary one", cc.to.Name, a.to.Name), &Step{
			Up: a.statement([]string{alter + "DROP EXPRESSION"}),
			Down: []string{a.statement([]string{
				"DROP COLUMN " + ident(cc.to.Name), "ADD COLUMN " + ident(cc.to.Name) + " " + mustType(cc.from) + " GENERATED ALWAYS AS " + wrapped(g.Expr) + " STORED" + notNull(cc.from),
			})},
		})
	}
	if isSerial(cc.from) != isSerial(cc.to) {
		if err := a.serial(cc); err != nil {
			return err
		}
	}
	if err := a.typeAndDefault(cc); err != nil {
		return err
	}
	if cc.kind.Is(schema.ChangeNull) {
		a.nullability(cc)
	}
	if cc.identity {
		a.addIdentity(cc)
	}
	return nil
}

func (a *alteration) refuseRewrite(cc *columnChange, why string) error {
	from, to := mustType(cc.from), mustType(cc.to)
	return &RefusedError{
		Object: "column " + a.to.Name + "." + cc.to.Name,
		Reason: fmt.Sprintf("the change from %s to %s writes every row anew under a lock that blocks everything, and the column cannot be replaced by a new one because %s", from, to, why),
		Fix:    fmt.Sprintf("add a new column by hand and move the values over, or accept the rewrite with --rewrite %s.%s", a.to.Name, cc.to.Name),
	}
}

func mustType(c *schema.Column) string {
	n, err := typeName(c.Type.Type)
	if err != nil {
		return fmt.Sprintf("%T", c.Type.Type)
	}
	return n
}

func notNull(c *schema.Column) string {
	if c.Type.Null {
		return ""
	}
	return " NOT NULL"
}

func isSerial(c *schema.Column) bool { _, ok := c.Type.Type.(*postgres.SerialType); return ok }

// typeAndDefault changes the type with a conversion, and the default around it: the server cannot convert defaults.
func (a *alteration) typeAndDefault(cc *columnChange) error {
	alter := "ALTER COLUMN " + ident(cc.to.Name) + " "
	d1, err := defaultClause(a.from, cc.from)
	if err != nil {
		return err
	}
	d2, err := defaultClause(a.to, cc.to)
	if err != nil {
		return err
	}
	change := &schema.ModifyColumn{From: cc.from, To: cc.to, Change: cc.kind}
	switch {
	case cc.kind.Is(schema.ChangeType) && (mustType(cc.from) != mustType(cc.to) || cc.collation):
		up, err := a.typeClause(cc.from, cc.to, cc.cost != free)
		if err != nil {
			return err
		}
		down, err := a.typeClauseBack(cc.to, cc.from)
		if err != nil {
			return err
		}
		if d1 != "" && (cc.base || d1 != d2) {
			a.clause(clause{up: alter + "DROP DEFAULT", down: alter + "SET DEFAULT " + d1})
		}
		c := clause{up: alter + up, down: alter + down, what: fmt.Sprintf("change the type of %q to %s", cc.to.Name, mustType(cc.to)), change: change}
		if cc.cost != free {
			c.hazards = append(c.hazards, Hazard{"data", "fails on values of " + cc.to.Name + " that do not convert"})
			if !a.direct {
				c.hazards = append(c.hazards, Hazard{"lock", "every row is written anew; readers and writers wait"})
				c.allow = append(c.allow, Allow{"M110", "the rewrite was accepted for " + a.to.Name + "." + cc.to.Name})
			}
		}
		a.clause(c)
		if d2 != "" && (cc.base || d1 != d2) {
			a.clause(clause{up: alter + "SET DEFAULT " + d2, down: alter + "DROP DEFAULT"})
		}
	case d1 != d2:
		c := clause{up: alter + "DROP DEFAULT", down: alter + "DROP DEFAULT", what: fmt.Sprintf("change the default of %q", cc.to.Name), change: change}
		if d2 != "" {
			c.up = alter + "SET DEFAULT " + d2
		}
		if d1 != "" {
			c.down = alter + "SET DEFAULT " + d1
		}
		a.clause(c)
	}
	return nil
}

func (a *alteration) typeClause(from, to *schema.Column, convert bool) (string, error) {
	return a.typeText(from, to, convert, a.d.using)
}

func (a *alteration) typeClauseBack(from, to *schema.Column) (string, error) {
	return a.typeText(from, to, true, func(_ *schema.Table, f, t *schema.Column) (string, error) { return usingText(f, t) })
}

func (a *alteration) typeText(from, to *schema.Column, convert bool, using func(*schema.Table, *schema.Column, *schema.Column) (string, error)) (string, error) {
	s := "TYPE " + mustType(to)
	if _, err := typeName(to.Type.Type); err != nil {
		return "", err
	}
	if c := collation(to); c != "" {
		s += " COLLATE " + ident(c)
	}
	if !convert {
		return s, nil
	}
	x, err := using(a.to, from, to)
	if err != nil {
		return "", err
	}
	if x == ident(to.Name)+"::"+mustType(to) && !strings.Contains(x, `""`) && family(from.Type.Type) == "string" && family(to.Type.Type) == "string" {
		return s, nil // the assignment the server makes by itself
	}
	return s + " USING " + x, nil
}

// nullability allows NULL at once; forbidding it goes by a check that is validated without blocking writes.
func (a *alteration) nullability(cc *columnChange) {
	alter := "ALTER COLUMN " + ident(cc.to.Name) + " "
	change := &schema.ModifyColumn{From: cc.from, To: cc.to, Change: schema.ChangeNull}
	switch {
	case cc.to.Type.Null:
		a.clause(clause{up: alter + "DROP NOT NULL", down: alter + "SET NOT NULL", what: fmt.Sprintf("allow NULL in %q", cc.to.Name), change: change})
	case a.direct:
		a.clause(clause{
			up: alter + "SET NOT NULL", down: alter + "DROP NOT NULL", what: fmt.Sprintf("forbid NULL in %q", cc.to.Name), change: change,
			hazards: []Hazard{{"data", "fails when " + cc.to.Name + " holds NULL"}},
		})
	default:
		if x, ok := a.d.backfillOf(a.to, cc.to); ok {
			a.fill(cc.to, x)
		}
		a.forbidNull(cc.to, change, alterTables)
	}
}

// forbidNull places the steps that make a column NOT NULL without a scan under a strong lock. The helper's first
// step joins the table's ALTER, or stands after a backfill.
func (a *alteration) forbidNull(c *schema.Column, change schema.Change, at phase) {
	var (
		helper = fit(a.to.Name+"_"+c.Name, "_not_null")
		add    = "ADD CONSTRAINT " + ident(helper) + " CHECK (" + ident(c.Name) + " IS NOT NULL) NOT VALID"
		drop   = "DROP CONSTRAINT " + ident(helper)
		native = a.d.opts.PGVersion >= 18
		what   = fmt.Sprintf("forbid NULL in %q from now on", c.Name)
		hazard = []Hazard{{"data", "fails when " + c.Name + " holds NULL: SELECT count(*) FROM " + qualified(a.to) + " WHERE " + ident(c.Name) + " IS NULL"}}
	)
	if native {
		add = "ADD CONSTRAINT " + ident(helper) + " NOT NULL " + ident(c.Name) + " NOT VALID"
	}
	if at == alterTables {
		a.clause(clause{up: add, down: drop, what: what})
	} else {
		a.d.tx(at, a.to, what, &Step{Up: a.statement([]string{add}), Down: []string{a.statement([]string{drop})}})
	}
	v := a.d.tx(validate, a.to, fmt.Sprintf("check that %q of table %q holds no NULL", c.Name, a.to.Name), &Step{
		Up: "ALTER TABLE " + qualified(a.to) + " VALIDATE CONSTRAINT " + ident(helper), Hazards: hazard,
	})
	if native {
		v.Change = change
		v.Down = []string{a.statement([]string{drop, add})}
		return
	}
	a.d.tx(finish, a.to, fmt.Sprintf("forbid NULL in %q of table %q; the validated check spares the scan", c.Name, a.to.Name), &Step{
		Up: a.statement([]string{"ALTER COLUMN " + ident(c.Name) + " SET NOT NULL"}), Change: change,
		Down: []string{a.statement([]string{"ALTER COLUMN " + ident(c.Name) + " DROP NOT NULL"})},
	})
	a.d.tx(finish, a.to, "the check has served", &Step{Up: a.statement([]string{drop}), Down: []string{a.statement([]string{add})}})
}

func (a *alteration) dropIdentity(cc *columnChange) {
	if identityText(cc.from) == "" {
		return
	}
	alter := "ALTER COLUMN " + ident(cc.to.Name) + " "
	if identityText(cc.to) != "" { // changed in place
		a.clause(clause{up: alter + identityOptions(cc.to), down: alter + identityOptions(cc.from), what: fmt.Sprintf("change the identity of %q", cc.to.Name)})
		return
	}
	c := clause{up: alter + "DROP IDENTITY", down: alter + identityClause(cc.from), what: fmt.Sprintf("take the identity off %q", cc.to.Name)}
	if cc.kind.Is(schema.ChangeType) { // the server checks the new type before it drops the identity
		a.before = append(a.before, c)
		return
	}
	a.clause(c)
}

func (a *alteration) addIdentity(cc *columnChange) {
	if identityText(cc.from) != "" || identityText(cc.to) == "" {
		return
	}
	alter := "ALTER COLUMN " + ident(cc.to.Name) + " "
	c := clause{up: alter + identityClause(cc.to), down: alter + "DROP IDENTITY", what: fmt.Sprintf("make %q an identity", cc.to.Name)}
	if cc.kind.Is(schema.ChangeType) {
		a.after = append(a.after, c)
	} else {
		a.clause(c)
	}
	id, _ := attr[*postgres.Identity](cc.to.Attrs)
	_, start, inc := identityOf(id)
	a.later = append(a.later, &Step{Comment: fmt.Sprintf("let the identity of %s.%s go on after the rows there are", a.to.Name, cc.to.Name),
		Up: fmt.Sprintf("SELECT setval(pg_get_serial_sequence(%s, %s), GREATEST(max(%s) + %d, %d), false) FROM %s",
			str(qualified(a.to)), str(cc.to.Name), ident(cc.to.Name), inc, start, qualified(a.to)),
	})
}

func identityClause(c *schema.Column) string {
	id, _ := attr[*postgres.Identity](c.Attrs)
	gen, start, inc := identityOf(id)
	s := "ADD GENERATED " + gen + " AS IDENTITY"
	if start != 1 || inc != 1 {
		s += fmt.Sprintf(" (START WITH %d INCREMENT BY %d)", start, inc)
	}
	return s
}

func identityOptions(c *schema.Column) string {
	id, _ := attr[*postgres.Identity](c.Attrs)
	gen, start, inc := identityOf(id)
	return fmt.Sprintf("SET GENERATED %s SET START WITH %d SET INCREMENT BY %d", gen, start, inc)
}

// serial gives a column the sequence of a serial one, or takes it away.
func (a *alteration) serial(cc *columnChange) error {
	cs, err := render(&schema.ModifyTable{T: a.to, Changes: []schema.Change{&schema.ModifyColumn{From: cc.from, To: cc.to, Change: schema.ChangeType}}})
	if err != nil {
		return err
	}
	for _, c := range cs {
		s := &Step{Up: c.Cmd, Comment: c.Comment}
		if s.Down, err = c.ReverseStmts(); err != nil {
			return err
		}
		a.d.tx(alterTables, a.to, c.Comment, s)
	}
	if isSerial(cc.to) {
		a.d.tx(guard, a.to, fmt.Sprintf("let the sequence of %s.%s go on after the rows there are", a.to.Name, cc.to.Name), &Step{
			Up: fmt.Sprintf("SELECT setval(pg_get_serial_sequence(%s, %s), COALESCE(max(%s), 0) + 1, false) FROM %s",
				str(qualified(a.to)), str(cc.to.Name), ident(cc.to.Name), qualified(a.to)),
		})
	}
	return nil
}
