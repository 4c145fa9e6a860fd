package entload

import (
	"go/ast"
	"strings"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// marks finds where the annotations of an entity stand: "query ByCustomer" for a declared query, "Volume" for others.
func (s *source) marks(t *typeSource) map[string]schemagraph.Pos {
	marks := make(map[string]schemagraph.Pos)
	for _, c := range t.annotations {
		_, name, ok := strings.Cut(c.text, ".")
		if !ok {
			continue
		}
		if _, given := marks[name]; !given {
			marks[name] = c.pos
		}
		list, ok := c.expr.(*ast.CompositeLit)
		if !ok || name != "Queries" {
			continue
		}
		for _, el := range list.Elts {
			if q := queryName(el); q != "" {
				if _, given := marks["query "+q]; !given {
					marks["query "+q] = s.near(c.pos, el)
				}
			}
		}
	}
	return marks
}

// near is the place of a node in the file of another place.
func (s *source) near(at schemagraph.Pos, n ast.Node) schemagraph.Pos {
	pos := s.fset.Position(n.Pos())
	at.Line, at.Column = pos.Line, pos.Column
	return at
}

// queryName is the literal Name of an annotation.Query.
func queryName(e ast.Expr) string {
	lit, ok := e.(*ast.CompositeLit)
	if !ok {
		return ""
	}
	for i, el := range lit.Elts {
		value := el
		if kv, ok := el.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); !ok || id.Name != "Name" {
				continue
			}
			value = kv.Value
		} else if i > 0 {
			continue
		}
		name, _ := stringLit(value)
		return name
	}
	return ""
}
