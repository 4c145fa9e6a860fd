package entload

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"slices"
	"strings"

	"entgo.io/ent/dialect/entsql"
	entschema "entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/entc/gen"
	"entgo.io/ent/schema/field"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// checks gives the table its CHECK constraints: those of entsql.Check and entsql.Checks with a name, one for each
// enum, and one for each field whose validators are literals in the source (Min, Max, Range, Positive, NonNegative,
// Negative, NotEmpty, MinLen).
//
// Expressions are written so that PostgreSQL's normal form of them is a fixed point: a comparison with a list on
// varchar is cast to text first.
func (c *completer) checks(n *gen.Type, t *entschema.Table) {
	ant := entsql.Annotation{}
	if t.Annotation != nil {
		ant = *t.Annotation
	}
	checks := map[string]string{}
	for name, expr := range ant.Checks {
		checks[name] = expr
	}
	if ant.Check != "" {
		checks[freeName(checks, schemagraph.Name("ck", t.Name, "row"))] = ant.Check
		ant.Check = ""
	}
	for i, f := range allFields(n) {
		column := f.StorageKey()
		if _, ok := t.Column(column); !ok {
			continue
		}
		name := schemagraph.Name("ck", t.Name, column)
		if a := f.EntSQL(); a != nil {
			if a.Check != "" {
				checks[freeName(checks, schemagraph.Name("ck", t.Name, column, "rule"))] = a.Check
			}
			for k, v := range a.Checks {
				checks[k] = v
			}
		}
		if _, byHand := checks[name]; byHand {
			continue
		}
		if f.IsEnum() {
			if mentioned(checks, column) {
				continue
			}
			values := f.EnumValues()
			for j, v := range values {
				values[j] = quoteLiteral(v)
			}
			checks[name] = fmt.Sprintf("CAST(%s AS text) IN (%s)", quoteIdent(column), strings.Join(values, ", "))
			continue
		}
		if expr := validatorCheck(c.fieldCall(n, f, i), f, quoteIdent(column)); expr != "" {
			checks[name] = expr
		}
	}
	if len(checks) > 0 {
		ant.Checks = checks
		t.Annotation = &ant
	}
}

// mentioned says whether an IN check on the column was written by hand.
func mentioned(checks map[string]string, column string) bool {
	for _, expr := range checks {
		low := strings.ToLower(expr)
		if strings.Contains(low, strings.ToLower(column)) && strings.Contains(low, " in ") {
			return true
		}
	}
	return false
}

func freeName(taken map[string]string, name string) string {
	free := name
	for i := 2; taken[free] != ""; i++ {
		free = schemagraph.Name(name, fmt.Sprint(i))
	}
	return free
}

// fieldCall is where the field is written, in the schema or in a mixin of the same package.
func (c *completer) fieldCall(n *gen.Type, f *gen.Field, i int) call {
	src := c.src.types[n.Name]
	if src == nil {
		return call{}
	}
	if f.Position != nil && f.Position.MixedIn {
		if m, ok := mixinSource(c.src, src, f.Position.MixinIndex); ok {
			found, _ := find(m.fields, f.Name, f.Position.Index, len(m.fields))
			return found
		}
		return call{}
	}
	found, _ := find(src.fields, f.Name, i, -1)
	return found
}

func mixinSource(s *source, t *typeSource, i int) (*typeSource, bool) {
	if i >= len(t.mixins) {
		return nil, false
	}
	m, ok := s.types[t.mixins[i].text]
	return m, ok
}

// validatorCheck is the condition that the literal validators of a field amount to.
func validatorCheck(c call, f *gen.Field, col string) string {
	var conds []string
	numeric := f.Type.Numeric()
	text := f.Type.Type == field.TypeString
	add := func(format string, args ...any) { conds = append(conds, fmt.Sprintf(format, args...)) }
	for _, l := range c.chain {
		args, ok := literals(l.args)
		switch {
		case !ok:
		case numeric && l.method == "Positive":
			add("%s > 0", col)
		case numeric && l.method == "NonNegative":
			add("%s >= 0", col)
		case numeric && l.method == "Negative":
			add("%s < 0", col)
		case numeric && l.method == "Min" && len(args) == 1:
			add("%s >= %s", col, args[0])
		case numeric && l.method == "Max" && len(args) == 1:
			add("%s <= %s", col, args[0])
		case numeric && l.method == "Range" && len(args) == 2:
			add("%s >= %s", col, args[0])
			add("%s <= %s", col, args[1])
		case text && l.method == "NotEmpty":
			add("%s <> ''", col)
		case text && l.method == "MinLen" && len(args) == 1:
			add("length(%s) >= %s", col, args[0])
		}
	}
	return strings.Join(conds, " AND ")
}

// literals writes number literals as SQL; false when an argument is something else.
func literals(args []ast.Expr) ([]string, bool) {
	out := make([]string, len(args))
	for i, a := range args {
		v := number(a)
		if v == nil {
			return nil, false
		}
		out[i] = v.ExactString()
		if v.Kind() == constant.Float {
			out[i] = v.String()
		}
		if strings.ContainsAny(out[i], "/e") {
			return nil, false
		}
		if strings.HasPrefix(out[i], "-") {
			out[i] = "(" + out[i] + ")"
		}
	}
	return out, true
}

func number(e ast.Expr) constant.Value {
	switch x := e.(type) {
	case *ast.BasicLit:
		if x.Kind == token.INT || x.Kind == token.FLOAT {
			return constant.MakeFromLiteral(x.Value, x.Kind, 0)
		}
	case *ast.UnaryExpr:
		if v := number(x.X); v != nil && (x.Op == token.SUB || x.Op == token.ADD) {
			return constant.UnaryOp(x.Op, v, 0)
		}
	}
	return nil
}

func quoteLiteral(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// quoteIdent quotes a column only where it must be, so that checks read well.
func quoteIdent(s string) string {
	plain := s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9')
	}) && !(s[0] >= '0' && s[0] <= '9')
	if plain && !slices.Contains(reserved, s) {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// reserved are PostgreSQL's fully reserved words (pg_get_keywords, catcode R and T, version 18).
var reserved = strings.Fields(`all analyse analyze and any array as asc asymmetric authorization binary both case cast
	check collate collation column concurrently constraint create cross current_catalog current_date current_role
	current_schema current_time current_timestamp current_user default deferrable desc distinct do else end except
	false fetch for foreign freeze from full grant group having ilike in initially inner intersect into is isnull join
	lateral leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer
	overlaps placing primary references returning right select session_user similar some symmetric system_user table
	tablesample then to trailing true union unique user using variadic verbose when where window with`)
