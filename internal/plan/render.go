package plan

import (
	"context"
	"fmt"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
)

// render has Atlas write the statements of one change.
func render(c schema.Change) ([]*migrate.Change, error) {
	p, err := postgres.DefaultPlan.PlanChanges(context.Background(), "", []schema.Change{c}, func(o *migrate.PlanOptions) {
		o.Indent = "  "
		o.Mode = migrate.PlanModeUnsortedDump // one change: nothing to sort
	})
	if err != nil {
		return nil, err
	}
	return p.Changes, nil
}

// action is one clause of an ALTER TABLE, without the table.
func action(t *schema.Table, c schema.Change) (string, error) {
	cs, err := render(&schema.ModifyTable{T: t, Changes: []schema.Change{c}})
	if err != nil {
		return "", err
	}
	prefix := "ALTER TABLE " + qualified(t) + " "
	for _, ch := range cs {
		if s, ok := strings.CutPrefix(ch.Cmd, prefix); ok {
			return oneLine(s), nil
		}
	}
	return "", fmt.Errorf("planning table %q: no statement for %T", t.Name, c)
}

// oneLine takes out the line breaks that Atlas puts around a lone foreign key.
func oneLine(s string) string {
	if strings.HasPrefix(s, "ADD\n") || strings.HasPrefix(s, "ADD \n") {
		return "ADD " + strings.TrimSpace(s[3:])
	}
	return s
}

// createTable is the statement for a table; the foreign keys given are written inside it.
func createTable(t *schema.Table, fks []*schema.ForeignKey) (string, error) {
	c := *t
	c.ForeignKeys = fks
	c.Columns = make([]*schema.Column, len(t.Columns))
	for i, col := range t.Columns {
		c.Columns[i] = renderable(col)
	}
	cs, err := render(&schema.AddTable{T: &c})
	if err != nil {
		return "", fmt.Errorf("planning table %q: %w", t.Name, err)
	}
	s := cs[0].Cmd
	if t.PrimaryKey != nil && t.PrimaryKey.Name != "" && t.PrimaryKey.Name != fit(t.Name, "_pkey") {
		// Atlas never names a primary key.
		const mark = "\n  PRIMARY KEY "
		if i := strings.LastIndex(s, mark); i >= 0 {
			s = s[:i] + "\n  CONSTRAINT " + ident(t.PrimaryKey.Name) + " PRIMARY KEY " + s[i+len(mark):]
		}
	}
	return s, nil
}

// renderable is a column as Atlas writes it right.
func renderable(c *schema.Column) *schema.Column {
	n := *c
	if id, ok := attr[*postgres.Identity](c.Attrs); ok && id.Generation == "" {
		n.Attrs = nil
		for _, a := range c.Attrs {
			if a == schema.Attr(id) {
				i := *id
				i.Generation = "BY DEFAULT"
				a = &i
			}
			n.Attrs = append(n.Attrs, a)
		}
	}
	return &n
}

// createIndex is the statement for an index that is no constraint.
func createIndex(t *schema.Table, idx *schema.Index, concurrently bool) (string, error) {
	add := &schema.AddIndex{I: withoutComment(idx)}
	if concurrently {
		add.Extra = append(add.Extra, &postgres.Concurrently{})
	}
	cs, err := render(&schema.ModifyTable{T: t, Changes: []schema.Change{add}})
	if err != nil {
		return "", fmt.Errorf("planning index %q: %w", idx.Name, err)
	}
	return cs[0].Cmd, nil
}

func withoutComment(idx *schema.Index) *schema.Index {
	c := *idx
	c.Attrs = nil
	for _, a := range idx.Attrs {
		if _, ok := a.(*schema.Comment); !ok {
			c.Attrs = append(c.Attrs, a)
		}
	}
	return &c
}

func dropIndex(t *schema.Table, name string, concurrently bool) string {
	if concurrently {
		return "DROP INDEX CONCURRENTLY " + inSchema(t.Schema, name)
	}
	return "DROP INDEX " + inSchema(t.Schema, name)
}

// addFK is the clause that adds a foreign key.
func addFK(t *schema.Table, fk *schema.ForeignKey, notValid bool) (string, error) {
	s, err := action(t, &schema.AddForeignKey{F: fk})
	if err != nil {
		return "", err
	}
	if notValid {
		s += " NOT VALID"
	}
	return s, nil
}

// addCheck is the clause that adds a check.
func addCheck(c *schema.Check, notValid bool) string {
	s := "ADD "
	if c.Name != "" {
		s += "CONSTRAINT " + ident(c.Name) + " "
	}
	s += "CHECK " + wrapped(c.Expr)
	if _, ok := attr[*postgres.NoInherit](c.Attrs); ok {
		s += " NO INHERIT"
	}
	if notValid {
		s += " NOT VALID"
	}
	return s
}

// wrapped puts parentheses around an expression that has none around all of it.
func wrapped(x string) string {
	x = strings.TrimSpace(x)
	if !strings.HasPrefix(x, "(") {
		return "(" + x + ")"
	}
	depth := 0
	ts := tokens(x)
	for i, t := range ts {
		switch t.text {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 && i < len(ts)-1 {
				return "(" + x + ")"
			}
		}
	}
	return x
}

// addColumn is the clause that adds a column.
func addColumn(t *schema.Table, c *schema.Column) (string, error) {
	return action(t, &schema.AddColumn{C: withoutColumnComment(renderable(c))})
}

func withoutColumnComment(c *schema.Column) *schema.Column {
	n := *c
	n.Attrs = nil
	for _, a := range c.Attrs {
		if _, ok := a.(*schema.Comment); !ok {
			n.Attrs = append(n.Attrs, a)
		}
	}
	return &n
}

// defaultClause is the text after DEFAULT, or "" for none.
func defaultClause(t *schema.Table, c *schema.Column) (string, error) {
	if c.Default == nil {
		return "", nil
	}
	s, err := action(t, &schema.ModifyColumn{From: c, To: c, Change: schema.ChangeDefault})
	if err != nil {
		return "", err
	}
	_, s, ok := strings.Cut(s, " SET DEFAULT ")
	if !ok {
		return "", nil // the default of a serial column is the sequence's
	}
	return s, nil
}

// typeName is a type as statements write it.
func typeName(t schema.Type) (string, error) {
	switch t := t.(type) {
	case *schema.EnumType:
		return inSchema(t.Schema, t.T), nil
	case *postgres.ArrayType:
		if e, ok := t.Type.(*schema.EnumType); ok {
			return inSchema(e.Schema, e.T) + "[]", nil
		}
	case *postgres.SerialType:
		return postgres.FormatType(t.IntegerType())
	}
	return postgres.FormatType(t)
}

func commentOn(kind, object, text string) string {
	if text == "" {
		return "COMMENT ON " + kind + " " + object + " IS NULL"
	}
	return "COMMENT ON " + kind + " " + object + " IS " + str(text)
}
