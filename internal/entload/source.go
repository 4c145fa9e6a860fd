package entload

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// source is the schema package as text: where each type, field, edge and index is written, and what only the text
// says — doc comments and the arguments of validators such as Min(0).
type source struct {
	fset  *token.FileSet
	types map[string]*typeSource
	// order lists the exported struct types, sorted.
	order []string
}

// typeSource is one struct type: a schema or a mixin.
type typeSource struct {
	pos     schemagraph.Pos
	doc     string
	embeds  []string
	generic bool
	mixins  []call // elements of Mixin(), as written
	fields  []call
	edges   []call
	indexes []call
	// queries are the elements of annotation.Queries in Annotations(), by query name.
	annotations []call
}

// call is one builder chain: field.String("email").MaxLen(320).
type call struct {
	pos   schemagraph.Pos
	end   schemagraph.Pos
	text  string // the root as written: "field.String", "mixin.SoftDelete"
	name  string // first string argument of the root call
	args  []string
	chain []link
	expr  ast.Expr
}

type link struct {
	method string
	args   []ast.Expr
}

// parseSource reads the Go files of dir that the build would use. File names in positions are relative to base.
func parseSource(dir, base string) (*source, error) {
	s := &source{fset: token.NewFileSet(), types: map[string]*typeSource{}}
	names, err := goFiles(dir)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		f, err := parser.ParseFile(s.fset, n, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, syntaxError(err, base)
		}
		s.file(f, base)
	}
	for n, t := range s.types {
		if ast.IsExported(n) && !t.generic {
			s.order = append(s.order, n)
		}
	}
	sort.Strings(s.order)
	return s, nil
}

// goFiles are the non-test files of dir that match the build constraints.
func goFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		if ok, err := build.Default.MatchFile(dir, e.Name()); err == nil && !ok {
			continue
		}
		names = append(names, filepath.Join(dir, e.Name()))
	}
	return names, nil
}

func (s *source) at(p token.Pos, base string) schemagraph.Pos {
	pos := s.fset.Position(p)
	return schemagraph.Pos{File: relative(base, pos.Filename), Line: pos.Line, Column: pos.Column}
}

func relative(base, file string) string {
	if rel, err := filepath.Rel(base, file); err == nil && !strings.HasPrefix(rel, "..") {
		return filepath.ToSlash(rel)
	}
	return file
}

func (s *source) typ(name string) *typeSource {
	if s.types[name] == nil {
		s.types[name] = &typeSource{}
	}
	return s.types[name]
}

func (s *source) file(f *ast.File, base string) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			for _, sp := range d.Specs {
				ts, ok := sp.(*ast.TypeSpec)
				if !ok {
					continue
				}
				st, ok := ts.Type.(*ast.StructType)
				if !ok {
					continue
				}
				t := s.typ(ts.Name.Name)
				t.pos = s.at(ts.Name.Pos(), base)
				t.generic = ts.TypeParams != nil
				doc := ts.Doc
				if doc == nil && len(d.Specs) == 1 {
					doc = d.Doc
				}
				t.doc = strings.TrimSpace(doc.Text())
				for _, fl := range st.Fields.List {
					if len(fl.Names) == 0 {
						t.embeds = append(t.embeds, exprText(fl.Type))
					}
				}
			}
		case *ast.FuncDecl:
			if d.Recv == nil || len(d.Recv.List) != 1 || d.Body == nil {
				continue
			}
			recv := strings.TrimPrefix(exprText(d.Recv.List[0].Type), "*")
			t := s.typ(recv)
			switch d.Name.Name {
			case "Fields":
				t.fields = s.elements(d.Body, base)
			case "Edges":
				t.edges = s.elements(d.Body, base)
			case "Indexes":
				t.indexes = s.elements(d.Body, base)
			case "Mixin":
				t.mixins = s.elements(d.Body, base)
			case "Annotations":
				t.annotations = s.elements(d.Body, base)
			}
		}
	}
	for n, t := range s.types {
		if t.pos.File == "" { // methods of something that is no struct
			delete(s.types, n)
		}
	}
}

// elements are the builder chains of the slices a method returns, in order.
func (s *source) elements(body *ast.BlockStmt, base string) []call {
	var out []call
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CompositeLit:
			at, ok := n.Type.(*ast.ArrayType)
			if !ok || !isElementType(exprText(at.Elt)) {
				return true
			}
			for _, el := range n.Elts {
				out = append(out, s.call(el, base))
			}
			return false
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "append" && len(n.Args) > 1 && n.Ellipsis == token.NoPos {
				ast.Inspect(n.Args[0], func(ast.Node) bool { return true })
				for _, el := range n.Args[1:] {
					out = append(out, s.call(el, base))
				}
				return true
			}
		}
		return true
	})
	return out
}

func isElementType(t string) bool {
	for _, suffix := range []string{".Field", ".Edge", ".Index", ".Mixin", ".Annotation"} {
		if strings.HasSuffix(t, suffix) {
			return true
		}
	}
	return false
}

// call takes a builder chain apart.
func (s *source) call(e ast.Expr, base string) call {
	c := call{pos: s.at(e.Pos(), base), end: s.at(e.End(), base), expr: e}
	for {
		switch x := e.(type) {
		case *ast.CallExpr:
			sel, ok := x.Fun.(*ast.SelectorExpr)
			if ok {
				if _, isCall := sel.X.(*ast.CallExpr); isCall {
					c.chain = append([]link{{method: sel.Sel.Name, args: x.Args}}, c.chain...)
					e = sel.X
					continue
				}
			}
			c.text = exprText(x.Fun)
			for _, a := range x.Args {
				if v, ok := stringLit(a); ok {
					c.args = append(c.args, v)
				}
			}
			if len(x.Args) > 0 {
				c.name, _ = stringLit(x.Args[0])
			}
		case *ast.CompositeLit:
			c.text = exprText(x.Type)
		case *ast.UnaryExpr:
			e = x.X
			continue
		default:
			c.text = exprText(e)
		}
		return c
	}
}

func stringLit(e ast.Expr) (string, bool) {
	if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
		v, err := strconv.Unquote(l.Value)
		return v, err == nil
	}
	return "", false
}

// exprText writes a type or a selector as in the source.
func exprText(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return exprText(x.X) + "." + x.Sel.Name
	case *ast.StarExpr:
		return "*" + exprText(x.X)
	case *ast.IndexExpr:
		return exprText(x.X)
	case *ast.IndexListExpr:
		return exprText(x.X)
	case *ast.ParenExpr:
		return exprText(x.X)
	}
	return ""
}

// find gives the element with a name, or, where names are not literals, the i-th of exactly n.
func find(calls []call, name string, i, n int) (call, bool) {
	for _, c := range calls {
		if c.name == name && name != "" {
			return c, true
		}
	}
	for _, c := range calls { // edge.To("children", Node.Type).From("parent") is two edges
		for _, l := range c.chain {
			if l.method != "From" || len(l.args) == 0 {
				continue
			}
			if v, ok := stringLit(l.args[0]); ok && v == name {
				return c, true
			}
		}
	}
	if len(calls) == n && i < n && calls[i].name == "" {
		return calls[i], true
	}
	return call{}, false
}
