package inspect

import (
	"fmt"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// typeName is a type as a person writes it; never empty. SQLite's types have no length.
func typeName(t schema.Type, dialect string) string {
	if dialect == schemagraph.SQLite {
		if s, err := sqlite.FormatType(t); err == nil {
			return s
		}
	}
	if e, ok := t.(*schema.EnumType); ok {
		if e.Schema != nil {
			return name(e.Schema.Name, e.T)
		}
		return e.T
	}
	if s, err := postgres.FormatType(t); err == nil {
		return s
	}
	return fmt.Sprintf("%T", t)
}

func expr(x schema.Expr) string {
	switch x := x.(type) {
	case *schema.Literal:
		return x.V
	case *schema.RawExpr:
		return x.X
	}
	return ""
}

func commentOf(attrs []schema.Attr) string {
	for _, a := range attrs {
		if c, ok := a.(*schema.Comment); ok {
			return quote(c.Text)
		}
	}
	return ""
}

func quote(s string) string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf("%q", s)
}

func quoted(vs []string) string {
	out := make([]string, len(vs))
	for i, v := range vs {
		out[i] = fmt.Sprintf("%q", v)
	}
	return strings.Join(out, ", ")
}

func has[T schema.Attr](attrs []schema.Attr) bool {
	for _, a := range attrs {
		if _, ok := a.(T); ok {
			return true
		}
	}
	return false
}

// parts are an index's keys as CREATE INDEX writes them.
func parts(i *schema.Index) string {
	var out []string
	for _, p := range i.Parts {
		s := expr(p.X)
		if p.C != nil {
			s = p.C.Name
		}
		for _, a := range p.Attrs {
			switch a := a.(type) {
			case *schema.Collation:
				s += " COLLATE " + a.V
			case *postgres.IndexOpClass:
				if !a.Default {
					s += " " + a.String()
				}
			case *postgres.Operator:
				s += " WITH " + a.Name
			}
		}
		if p.Desc {
			s += " DESC"
		}
		for _, a := range p.Attrs {
			if n, ok := a.(*postgres.IndexColumnProperty); ok {
				switch {
				case p.Desc && n.NullsLast:
					s += " NULLS LAST"
				case !p.Desc && n.NullsFirst:
					s += " NULLS FIRST"
				}
			}
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func partition(t *schema.Table) string {
	for _, a := range t.Attrs {
		if p, ok := a.(*postgres.Partition); ok {
			var keys []string
			for _, part := range p.Parts {
				if part.C != nil {
					keys = append(keys, part.C.Name)
				} else {
					keys = append(keys, expr(part.X))
				}
			}
			return "by " + strings.ToLower(p.T) + " (" + strings.Join(keys, ", ") + ")"
		}
	}
	return ""
}
