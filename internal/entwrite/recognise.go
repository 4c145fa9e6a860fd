package entwrite

import (
	"strings"

	"github.com/dave/dst"
)

// typeOf gives "pkg.Type" of a type expression, or "Type".
func typeOf(t dst.Expr) string {
	switch x := t.(type) {
	case *dst.SelectorExpr:
		if p, ok := x.X.(*dst.Ident); ok {
			return p.Name + "." + x.Sel.Name
		}
	case *dst.Ident:
		if x.Path != "" {
			return x.Path[strings.LastIndex(x.Path, "/")+1:] + "." + x.Name
		}
		return x.Name
	}
	return ""
}

// typeNames names a mixin by its type: mixin.ID{}, &mixin.ID{}.
func typeNames(e dst.Expr) []string {
	if u, ok := e.(*dst.UnaryExpr); ok {
		e = u.X
	}
	if c, ok := e.(*dst.CompositeLit); ok {
		if n := typeOf(c.Type); n != "" {
			return []string{n}
		}
	}
	return nil
}

// calls unrolls a chain a("x").B().C("y") from the inside out.
func calls(e dst.Expr) []*dst.CallExpr {
	var out []*dst.CallExpr
	for {
		c, ok := e.(*dst.CallExpr)
		if !ok {
			return out
		}
		out = append([]*dst.CallExpr{c}, out...)
		s, ok := c.Fun.(*dst.SelectorExpr)
		if !ok {
			return out
		}
		e = s.X
	}
}

func called(c *dst.CallExpr) string {
	if s, ok := c.Fun.(*dst.SelectorExpr); ok {
		return s.Sel.Name
	}
	return ""
}

// builderNames are the names a field or edge builder declares: the first argument of field.X, edge.To, edge.From and
// of a .From further on.
func builderNames(e dst.Expr) []string {
	chain := calls(e)
	if len(chain) == 0 {
		return nil
	}
	if pkg := typeOf(chain[0].Fun); !strings.HasPrefix(pkg, "field.") && !strings.HasPrefix(pkg, "edge.") {
		return nil
	}
	var names []string
	for i, c := range chain {
		if i == 0 || called(c) == "From" {
			if len(c.Args) > 0 {
				if n := text(c.Args[0]); n != "" {
					names = append(names, n)
				}
			}
		}
	}
	return names
}

// indexNames names an index by its fields and whether it is unique.
func indexNames(e dst.Expr) []string {
	chain := calls(e)
	if len(chain) == 0 || !strings.HasPrefix(typeOf(chain[0].Fun), "index.") {
		return nil
	}
	var parts []string
	unique := ""
	for _, c := range chain {
		switch called(c) {
		case "Fields", "Edges":
			for _, a := range c.Args {
				parts = append(parts, text(a))
			}
		case "Unique":
			unique = "unique "
		}
	}
	return []string{unique + strings.Join(parts, ",")}
}

// annotationNames names an annotation by its type; those that may be there more than once, by what they are about.
func annotationNames(e dst.Expr) []string {
	if u, ok := e.(*dst.UnaryExpr); ok {
		e = u.X
	}
	switch x := e.(type) {
	case *dst.CompositeLit:
		name := typeOf(x.Type)
		key := map[string]string{"annotation.Allow": "Rule", "annotation.Determines": "To"}[name]
		for _, el := range x.Elts {
			kv, ok := el.(*dst.KeyValueExpr)
			if k, is := keyName(kv, ok); !is || key == "" || k != key {
				continue
			}
			if v := text(kv.Value); v != "" {
				return []string{name + " " + v}
			}
			if c, ok := kv.Value.(*dst.CompositeLit); ok {
				var to []string
				for _, t := range c.Elts {
					to = append(to, text(t))
				}
				return []string{name + " " + strings.Join(to, ",")}
			}
		}
		if name == "entsql.Annotation" {
			for _, el := range x.Elts {
				kv, ok := el.(*dst.KeyValueExpr)
				if k, is := keyName(kv, ok); is && k == "Table" {
					return []string{name, "entsql.Table"}
				} else if is && k == "Checks" {
					return append([]string{name, "entsql.Checks"}, checkNames(kv.Value)...)
				}
			}
		}
		return []string{name}
	case *dst.CallExpr:
		names := []string{typeOf(x.Fun)}
		if names[0] == "entsql.Checks" && len(x.Args) == 1 {
			names = append(names, checkNames(x.Args[0])...)
		}
		if names[0] == "entsql.Check" && len(x.Args) == 1 {
			names = append(names, "entsql.Check "+text(x.Args[0]))
		}
		return names
	}
	return nil
}

// checkNames are the names of the checks in a map.
func checkNames(e dst.Expr) []string {
	var out []string
	if c, ok := e.(*dst.CompositeLit); ok {
		for _, el := range c.Elts {
			if kv, ok := el.(*dst.KeyValueExpr); ok {
				out = append(out, "entsql.Checks "+text(kv.Key))
			}
		}
	}
	return out
}
