package entwrite

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/astutil"
)

// packages are what schema files import, by the name they use it under.
var packages = map[string]string{
	"ent":        "entgo.io/ent",
	"dialect":    "entgo.io/ent/dialect",
	"entsql":     "entgo.io/ent/dialect/entsql",
	"schema":     "entgo.io/ent/schema",
	"edge":       "entgo.io/ent/schema/edge",
	"field":      "entgo.io/ent/schema/field",
	"index":      "entgo.io/ent/schema/index",
	"uuid":       "github.com/google/uuid",
	"time":       "time",
	"regexp":     "regexp",
	"annotation": "github.com/plinth-go/plinth/annotation",
	"mixin":      "github.com/plinth-go/plinth/mixin",
}

// selectors lists the packages that a source's selector expressions name.
func selectors(src string) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), "", src, 0)
	if err != nil {
		return nil, err
	}
	return used(f), nil
}

func used(n ast.Node) []string {
	var names []string
	ast.Inspect(n, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && packages[x.Name] != "" && !slices.Contains(names, x.Name) {
				names = append(names, x.Name)
			}
		}
		return true
	})
	return names
}

// importBlock groups imports as a person would: the standard library, other modules, plinth.
func importBlock(names []string) string {
	groups := make([][]string, 3)
	for _, n := range names {
		p := packages[n]
		g := 1
		switch {
		case !strings.Contains(p, "."):
			g = 0
		case strings.HasPrefix(p, "github.com/plinth-go/"):
			g = 2
		}
		groups[g] = append(groups[g], fmt.Sprintf("\t%q\n", p))
	}
	var out []string
	for _, g := range groups {
		if len(g) > 0 {
			slices.Sort(g)
			out = append(out, strings.Join(g, ""))
		}
	}
	return "import (\n" + strings.Join(out, "\n") + ")\n"
}

// complete adds the imports that a source uses and lacks.
func complete(src []byte) ([]byte, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", src, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, i := range f.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		name := path[strings.LastIndex(path, "/")+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		have[name] = true
	}
	added := false
	for _, n := range used(f) {
		if !have[n] {
			added = astutil.AddImport(fset, f, packages[n]) || added
		}
	}
	if !added {
		return format.Source(src)
	}
	var b bytes.Buffer
	if err := format.Node(&b, fset, f); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
