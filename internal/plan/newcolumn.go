package plan

import (
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
)

// steady are functions whose result is computed once for all existing rows, so that a column's default is stored in
// the catalogue and no row is written.
var steady = []string{
	"now", "transaction_timestamp", "statement_timestamp", "current_timestamp", "localtimestamp", "localtime",
	"current_date", "current_time", "current_setting", "current_database", "make_interval", "make_date", "to_timestamp",
	"lower", "upper", "date_trunc", "coalesce", "greatest", "least", "timezone", "json_build_object", "jsonb_build_object",
	"jsonb_build_array", "to_jsonb", "array", "interval", "nullif", "length", "md5", "decode", "encode",
	"varchar", "numeric", "decimal", "char", "bit", "timestamp", "timestamptz", "time", "row", "cast",
}

// volatile says whether a default gives every row a value of its own. Functions that are not known are taken to.
func volatile(c *schema.Column) bool {
	x, ok := c.Default.(*schema.RawExpr)
	if !ok {
		return false
	}
	return slices.ContainsFunc(functions(x.X), func(f string) bool { return !slices.Contains(steady, f) })
}

func (d *differ) backfillOf(t *schema.Table, c *schema.Column) (string, bool) {
	for _, k := range []string{t.Name + "." + c.Name, tableKey(t) + "." + c.Name} {
		if x, ok := d.opts.Backfill[k]; ok {
			return x, true
		}
	}
	return "", false
}

// addColumns adds what is new. On a table with users no row is written: a value for each row comes in batches, and a
// column that must not be null becomes so when it is filled.
func (a *alteration) addColumns() error {
	for _, c := range a.added {
		if err := a.addColumn(c); err != nil {
			return err
		}
	}
	return nil
}

func (a *alteration) addColumn(c *schema.Column) error {
	var (
		fillWith, given = a.d.backfillOf(a.to, c)
		full            = clause{down: "DROP COLUMN " + ident(c.Name), what: fmt.Sprintf("add column %q", c.Name), change: &schema.AddColumn{C: c}}
		_, generated    = attr[*schema.GeneratedExpr](c.Attrs)
		_, identity     = attr[*postgres.Identity](c.Attrs)
		rewrites        = generated || identity || isSerial(c)
		err             error
	)
	if rewrites && !a.d.mayRewrite(a.to, c.Name) {
		return &RefusedError{
			Object: "column " + a.to.Name + "." + c.Name,
			Reason: "adding a generated, identity or serial column writes every row anew under a lock that blocks everything",
			Fix: fmt.Sprintf("add a plain column, fill it and then change it, or accept the rewrite with --rewrite %s.%s",
				a.to.Name, c.Name),
		}
	}
	if full.up, err = addColumn(a.to, c); err != nil {
		return fmt.Errorf("planning column %s.%s: %w", a.to.Name, c.Name, err)
	}
	required := !c.Type.Null && c.Default == nil && !rewrites
	switch {
	case a.direct || rewrites:
		if required && !given {
			full.hazards = append(full.hazards, Hazard{"data", "fails when the table has rows: they would have no " + c.Name})
		}
		if rewrites && !a.direct {
			full.hazards = append(full.hazards, Hazard{"lock", "every row is written anew; readers and writers wait"})
			full.allow = append(full.allow, Allow{map[bool]string{true: "M114", false: "M113"}[generated], "the rewrite was accepted for " + a.to.Name + "." + c.Name})
		}
		a.clause(full)
		return nil
	case volatile(c):
		if !given {
			fillWith, given = c.Default.(*schema.RawExpr).X, true
		}
	case !required && !given:
		a.clause(full)
		return nil
	}
	// In steps: the column may be null until it is filled.
	plain := *c
	typ := *c.Type
	typ.Null = true
	plain.Type, plain.Default = &typ, nil
	if full.up, err = addColumn(a.to, &plain); err != nil {
		return fmt.Errorf("planning column %s.%s: %w", a.to.Name, c.Name, err)
	}
	a.clause(full)
	if c.Default != nil {
		def, err := defaultClause(a.to, c)
		if err != nil {
			return err
		}
		a.clause(clause{up: "ALTER COLUMN " + ident(c.Name) + " SET DEFAULT " + def})
	}
	if given {
		a.fill(c, fillWith)
	}
	if !c.Type.Null {
		a.forbidNull(c, &schema.ModifyColumn{From: &plain, To: c, Change: schema.ChangeNull}, guard)
	}
	return nil
}

// fill gives existing rows a value, in batches that are committed one by one and can be taken up again.
func (a *alteration) fill(c *schema.Column, value string) {
	a.fillWhere(c.Name, value, ident(c.Name)+" IS NULL")
}

func (a *alteration) fillWhere(column, value, where string) {
	title := fmt.Sprintf("fill %q of table %q", column, a.to.Name)
	table := qualified(a.to)
	up := strings.Join([]string{
		"DO $plinth$",
		"DECLARE",
		"  plinth_filled bigint;",
		"BEGIN",
		"  LOOP",
		"    UPDATE " + table + " SET " + ident(column) + " = " + value,
		"    WHERE ctid = ANY (ARRAY(SELECT ctid FROM " + table + " WHERE " + where + " LIMIT 5000));",
		"    GET DIAGNOSTICS plinth_filled = ROW_COUNT;",
		"    EXIT WHEN plinth_filled = 0;",
		"    COMMIT;",
		"  END LOOP;",
		"END",
		"$plinth$",
	}, "\n")
	a.d.place(&placed{
		Step:  &Step{Up: up, Comment: title, Table: tableKey(a.to)},
		phase: backfill, key: tableKey(a.to) + "_" + column, noTx: true, data: true, title: title,
		why: []string{"Rows are filled in batches of 5000, each committed by itself; when stopped, it goes on where it was."},
	})
}

// remakeColumns drops generated columns and adds them with their new expression: their values are computed anew.
func (a *alteration) remakeColumns() error {
	for _, cc := range a.remade {
		_, wasGenerated := attr[*schema.GeneratedExpr](cc.from.Attrs)
		if !wasGenerated {
			return &RefusedError{
				Object: "column " + a.to.Name + "." + cc.to.Name,
				Reason: "an ordinary column cannot become a generated one, and its values would be lost",
				Fix:    "add the generated column under a new name and drop the old one",
			}
		}
		if !a.d.mayRewrite(a.to, cc.to.Name) {
			return &RefusedError{
				Object: "column " + a.to.Name + "." + cc.to.Name,
				Reason: "another generation expression writes every row anew under a lock that blocks everything",
				Fix:    fmt.Sprintf("accept the rewrite with --rewrite %s.%s", a.to.Name, cc.to.Name),
			}
		}
		down, err := addColumn(a.from, cc.from)
		if err != nil {
			return err
		}
		up, err := addColumn(a.to, cc.to)
		if err != nil {
			return err
		}
		// Dropping and adding swap their order in the inverse by themselves: the server drops first.
		a.clause(clause{up: "DROP COLUMN " + ident(cc.to.Name), down: down, what: fmt.Sprintf("compute %q anew", cc.to.Name)})
		c := clause{up: up, down: "DROP COLUMN " + ident(cc.to.Name)}
		if !a.direct {
			c.hazards = []Hazard{{"lock", "every row is written anew; readers and writers wait"}}
			c.allow = []Allow{{"M114", "the rewrite was accepted for " + a.to.Name + "." + cc.to.Name}}
		}
		a.clause(c)
		if text := commentOf(cc.to.Attrs); text != "" {
			a.comments = append(a.comments, commentOn("COLUMN", qualified(a.to)+"."+ident(cc.to.Name), text))
			a.undone = append(a.undone, commentOn("COLUMN", qualified(a.to)+"."+ident(cc.to.Name), commentOf(cc.from.Attrs)))
		}
	}
	return nil
}

// restoreColumn is the clause that brings a dropped column back on a table with rows, and the statements that follow
// it: a required column without a default has one for the moment of its addition.
func (d *differ) restoreColumn(t *schema.Table, c *schema.Column) (string, []string, error) {
	add, err := addColumn(t, c)
	if err != nil {
		return "", nil, err
	}
	_, generated := attr[*schema.GeneratedExpr](c.Attrs)
	_, identity := attr[*postgres.Identity](c.Attrs)
	if c.Type.Null || c.Default != nil || generated || identity || isSerial(c) {
		return add, nil, nil
	}
	typ := c.Type.Type
	if e, ok := typ.(*schema.EnumType); ok {
		// The column comes back before its type does: a value that both forms of the type have.
		typ = &schema.EnumType{T: e.T, Values: slices.DeleteFunc(slices.Clone(e.Values), func(v string) bool {
			now, ok := findEnum(d.to, schemaName(e.Schema), e.T)
			return ok && !slices.Contains(now.Values, v)
		})}
	}
	zero, ok := zeroOf(typ)
	if !ok {
		return add, nil, nil
	}
	return add + " DEFAULT " + zero, []string{
		"ALTER TABLE " + qualified(t) + " ALTER COLUMN " + ident(c.Name) + " DROP DEFAULT",
	}, nil
}

// zeroOf is a value of the type that stands for no value.
func zeroOf(t schema.Type) (string, bool) {
	switch t := t.(type) {
	case *schema.StringType, *schema.BinaryType:
		return "''", true
	case *schema.IntegerType, *schema.DecimalType, *schema.FloatType:
		return "0", true
	case *schema.BoolType:
		return "false", true
	case *schema.JSONType:
		return "'{}'", true
	case *schema.UUIDType:
		return "'00000000-0000-0000-0000-000000000000'", true
	case *schema.TimeType:
		if family(t) == "timestamp" {
			return "'epoch'", true
		}
		return "'00:00'", true
	case *postgres.ArrayType:
		return "'{}'", true
	case *postgres.IntervalType:
		return "'0'", true
	case *postgres.NetworkType:
		if t.T == "inet" || t.T == "cidr" {
			return "'0.0.0.0'", true
		}
	case *schema.EnumType:
		if len(t.Values) > 0 {
			return str(t.Values[0]), true
		}
	}
	return "", false
}

func schemaName(s *schema.Schema) string {
	if s == nil {
		return ""
	}
	return s.Name
}
