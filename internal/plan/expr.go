package plan

import (
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
)

// token is a piece of an SQL expression: an identifier, or anything else.
type token struct {
	text  string
	ident string // the identifier's name, folded as PostgreSQL folds it; empty for other tokens
}

// tokens cuts an expression into identifiers, string literals and the rest. It is exact for what a default, check
// or predicate may hold; text it does not understand stays one piece and means nothing.
func tokens(x string) []token {
	var out []token
	for i := 0; i < len(x); {
		start := i
		switch c := x[i]; {
		case c == '\'':
			for i++; i < len(x); i++ {
				if x[i] == '\'' {
					if i+1 < len(x) && x[i+1] == '\'' {
						i++
						continue
					}
					break
				}
			}
			i = min(i+1, len(x))
			out = append(out, token{text: x[start:i]})
		case c == '"':
			for i++; i < len(x) && x[i] != '"'; i++ {
			}
			i = min(i+1, len(x))
			out = append(out, token{text: x[start:i], ident: strings.Trim(x[start:i], `"`)})
		case letter(c):
			for i < len(x) && (letter(x[i]) || x[i] >= '0' && x[i] <= '9' || x[i] == '$') {
				i++
			}
			out = append(out, token{text: x[start:i], ident: strings.ToLower(x[start:i])})
		case c >= '0' && c <= '9':
			for i < len(x) && (letter(x[i]) || x[i] >= '0' && x[i] <= '9' || x[i] == '.') {
				i++
			}
			out = append(out, token{text: x[start:i]})
		default:
			i++
			out = append(out, token{text: x[start:i]})
		}
	}
	return out
}

func letter(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// mentions says whether an expression refers to a column.
func mentions(x, column string) bool {
	ts := tokens(x)
	for i, t := range ts {
		if t.ident == column && !called(ts, i) {
			return true
		}
	}
	return false
}

// called says whether the token is a function's name or the type of a cast.
func called(ts []token, i int) bool {
	if strings.HasPrefix(ts[i].text, `"`) {
		return false
	}
	if i >= 2 && ts[i-1].text == ":" && ts[i-2].text == ":" {
		return true
	}
	for j := i + 1; j < len(ts); j++ {
		if strings.TrimSpace(ts[j].text) != "" {
			return ts[j].text == "("
		}
	}
	return false
}

// functions are the names of the functions an expression calls.
func functions(x string) []string {
	var out []string
	ts := tokens(x)
	for i, t := range ts {
		if t.ident != "" && called(ts, i) && (i == 0 || ts[i-1].text != ":") {
			out = append(out, t.ident)
		}
	}
	return out
}

// replaceIdent gives a column another name in an expression.
func replaceIdent(x, from, to string) string {
	var b strings.Builder
	ts := tokens(x)
	for i, t := range ts {
		switch {
		case t.ident != from || called(ts, i):
			b.WriteString(t.text)
		case strings.HasPrefix(t.text, `"`) || to != strings.ToLower(to):
			b.WriteString(ident(to))
		default:
			b.WriteString(to)
		}
	}
	return b.String()
}

// rewriteExprs gives a column another name in the expressions of its table, as the server does by itself.
func rewriteExprs(t *schema.Table, from, to string) {
	for i, a := range t.Attrs {
		if c, ok := a.(*schema.Check); ok {
			n := *c
			n.Expr = replaceIdent(c.Expr, from, to)
			t.Attrs[i] = &n
		}
	}
	for _, c := range t.Columns {
		for i, a := range c.Attrs {
			if g, ok := a.(*schema.GeneratedExpr); ok {
				c.Attrs[i] = &schema.GeneratedExpr{Expr: replaceIdent(g.Expr, from, to), Type: g.Type}
			}
		}
	}
	for _, idx := range t.Indexes {
		for i, a := range idx.Attrs {
			switch a := a.(type) {
			case *postgres.IndexPredicate:
				idx.Attrs[i] = &postgres.IndexPredicate{P: replaceIdent(a.P, from, to)}
			case *sqlite.IndexPredicate:
				idx.Attrs[i] = &sqlite.IndexPredicate{P: replaceIdent(a.P, from, to)}
			}
		}
		for _, p := range idx.Parts {
			if x, ok := p.X.(*schema.RawExpr); ok {
				p.X = &schema.RawExpr{X: replaceIdent(x.X, from, to)}
			}
		}
	}
}

// predicate is the condition of a partial index.
func predicate(idx *schema.Index) string {
	for _, a := range idx.Attrs {
		switch a := a.(type) {
		case *postgres.IndexPredicate:
			return a.P
		case *sqlite.IndexPredicate:
			return a.P
		}
	}
	return ""
}

// indexUses says whether an index has a column as a key, beside its keys, or in an expression.
func indexUses(idx *schema.Index, column string) bool {
	for _, p := range idx.Parts {
		if p.C != nil && p.C.Name == column {
			return true
		}
		if x, ok := p.X.(*schema.RawExpr); ok && mentions(x.X, column) {
			return true
		}
	}
	if inc, ok := attr[*postgres.IndexInclude](idx.Attrs); ok {
		for _, c := range inc.Columns {
			if c.Name == column {
				return true
			}
		}
	}
	return mentions(predicate(idx), column)
}

// indexParses says whether an index holds text that the server parsed against a column's type.
func indexParses(idx *schema.Index, column string) bool {
	for _, p := range idx.Parts {
		if x, ok := p.X.(*schema.RawExpr); ok && mentions(x.X, column) {
			return true
		}
	}
	return mentions(predicate(idx), column)
}
