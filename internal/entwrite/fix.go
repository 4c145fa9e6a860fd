package entwrite

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/astutil"

	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Fix carries out mechanical repairs on the package whose Go files are given, by base name. It gives the files that
// change, how many repairs were made, and those that the source is not written plainly enough for: a builder that is
// not where it is said to be, or a list that is computed. Comments stay, and doing the same again changes nothing.
func Fix(files map[string][]byte, findings []lint.Finding) (changed map[string][]byte, done int, left []lint.Finding, err error) {
	now := make(map[string][]byte, len(files))
	for name, text := range files {
		now[name] = text
	}
	builders := make(map[schemagraph.Pos][]lint.Edit)
	adds := make(map[string]*Schema)
	var order []string
	for _, f := range findings {
		if !placed(files, f.Edits) {
			left = append(left, f)
			continue
		}
		done++
		for _, e := range f.Edits {
			if e.At.File != "" {
				builders[e.At] = append(builders[e.At], e)
				continue
			}
			if adds[e.Entity] == nil {
				adds[e.Entity] = &Schema{Name: e.Entity}
				order = append(order, e.Entity)
			}
			add(adds[e.Entity], e)
		}
	}
	for name, text := range files {
		fixed, err := fixFile(name, text, builders)
		if err != nil {
			return nil, 0, nil, err
		}
		now[name] = fixed
	}
	var schemas []Schema
	for _, name := range order {
		schemas = append(schemas, *adds[name])
	}
	res, err := Edit(now, schemas)
	if err != nil {
		return nil, 0, nil, err
	}
	for name, text := range res.Files {
		now[name] = text
	}
	changed = make(map[string][]byte)
	for name, text := range now {
		if string(text) != string(files[name]) {
			changed[name] = text
		}
	}
	return changed, done, left, nil
}

func add(s *Schema, e lint.Edit) {
	put := func(list *[]Item, name, expr string) {
		if expr != "" && !slices.ContainsFunc(*list, func(i Item) bool { return i.Name == name }) {
			*list = append(*list, Item{Name: name, Expr: expr})
		}
	}
	unique := ""
	if strings.Contains(e.Index, ".Unique()") {
		unique = "unique "
	}
	put(&s.Indexes, unique+e.Name, e.Index)
	put(&s.Mixins, e.Name, e.Mixin)
	put(&s.Fields, e.Name, e.Field)
	put(&s.Annotations, "entsql.Checks "+e.Name, e.Annotation)
}

// placed says that every builder an edit speaks of is where it is said to be.
func placed(files map[string][]byte, edits []lint.Edit) bool {
	for _, e := range edits {
		if e.At.File == "" {
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, e.At.File, files[filepath.Base(e.At.File)], 0)
		if err != nil || files[filepath.Base(e.At.File)] == nil {
			return false
		}
		b := find(fset, f, e.At)
		if b == nil || e.Delete && b.list == nil || e.Head != "" && b.call("GoType") != nil {
			return false
		}
	}
	return true
}

// builder is a chain of calls, field.String("email").MaxLen(320), and the list it stands in.
type builder struct {
	calls []*ast.CallExpr // from the last call to the first
	list  *ast.CompositeLit
}

func (b *builder) call(name string) *ast.CallExpr {
	for _, c := range b.calls {
		if s, ok := c.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == name {
			return c
		}
	}
	return nil
}

// find finds the builder that begins at a place.
func find(fset *token.FileSet, f *ast.File, at schemagraph.Pos) *builder {
	var found *builder
	var lists []*ast.CompositeLit
	ast.Inspect(f, func(n ast.Node) bool {
		if found != nil {
			return false
		}
		if l, ok := n.(*ast.CompositeLit); ok {
			lists = append(lists, l)
		}
		c, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if p := fset.Position(c.Pos()); p.Line != at.Line || at.Column > 0 && p.Column != at.Column {
			return true
		}
		b := &builder{}
		for e := ast.Expr(c); ; {
			call, ok := e.(*ast.CallExpr)
			if !ok {
				break
			}
			b.calls = append(b.calls, call)
			s, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			e = s.X
		}
		first := b.calls[len(b.calls)-1].Fun.(*ast.SelectorExpr)
		if x, ok := first.X.(*ast.Ident); !ok || x.Name != "field" && x.Name != "edge" && x.Name != "index" {
			return true
		}
		for _, l := range lists {
			if slices.Contains(l.Elts, ast.Expr(c)) {
				b.list = l
			}
		}
		found = b
		return false
	})
	return found
}

// splice is a stretch of text to replace.
type splice struct {
	from, to int
	text     string
}

func fixFile(name string, src []byte, builders map[schemagraph.Pos][]lint.Edit) ([]byte, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, src, parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("reading schema: %w", err)
	}
	var cuts []splice
	for at, edits := range builders {
		if filepath.Base(at.File) != name {
			continue
		}
		if b := find(fset, f, at); b != nil {
			cuts = append(cuts, b.splices(fset, src, edits)...)
		}
	}
	if len(cuts) == 0 {
		return src, nil
	}
	slices.SortStableFunc(cuts, func(a, b splice) int { return cmp.Or(cmp.Compare(b.from, a.from), cmp.Compare(b.to, a.to)) })
	out := string(src)
	for _, c := range cuts {
		out = out[:c.from] + c.text + out[c.to:]
	}
	done, err := complete([]byte(out))
	if err != nil {
		return nil, fmt.Errorf("editing %s: %w", name, err)
	}
	return dropImports(src, done)
}

// splices are the changes of text that edits of one builder come to.
func (b *builder) splices(fset *token.FileSet, src []byte, edits []lint.Edit) []splice {
	offset := func(p token.Pos) int { return fset.Position(p).Offset }
	last := b.calls[0]
	var (
		list   []splice
		tail   string
		notes  []string
		remove = make(map[string]bool)
		seen   = make(map[string]bool)
	)
	for _, e := range edits {
		if e.Delete {
			return []splice{b.without(fset, src)}
		}
		for _, r := range e.Remove {
			remove[r] = true
		}
		for _, a := range e.Append {
			name, _, _ := strings.Cut(strings.TrimPrefix(a, "."), "(")
			if !seen[a] && (b.call(name) == nil || remove[name]) {
				tail += a
			}
			seen[a] = true
		}
		for _, n := range e.Annotate {
			if !seen[n] && !strings.Contains(string(src[offset(last.Pos()):offset(last.End())]), n) {
				notes = append(notes, n)
			}
			seen[n] = true
		}
		if e.Head != "" {
			head := b.calls[len(b.calls)-1].Fun.(*ast.SelectorExpr).Sel
			if !seen["head"] && head.Name != "Int" && head.Name != e.Head {
				list = append(list, splice{offset(head.Pos()), offset(head.End()), e.Head})
			}
			seen["head"] = true
		}
	}
	for _, c := range b.calls {
		if s, ok := c.Fun.(*ast.SelectorExpr); ok && remove[s.Sel.Name] && len(b.calls) > 1 {
			list = append(list, splice{offset(s.X.End()), offset(c.End()), ""})
		}
	}
	if len(notes) > 0 {
		text := strings.Join(notes, ", ")
		if c := b.call("Annotations"); c != nil && len(c.Args) > 0 && c.Ellipsis == 0 {
			list = append(list, splice{offset(c.Args[len(c.Args)-1].End()), offset(c.Args[len(c.Args)-1].End()), ", " + text})
		} else {
			tail += ".Annotations(" + text + ")"
		}
	}
	if tail != "" {
		list = append(list, splice{offset(last.End()), offset(last.End()), tail})
	}
	return list
}

// without takes the element out of its list, with its comma, and its line where nothing else is on it.
func (b *builder) without(fset *token.FileSet, src []byte) splice {
	from, to := fset.Position(b.calls[0].Pos()).Offset, fset.Position(b.calls[0].End()).Offset
	for to < len(src) && (src[to] == ' ' || src[to] == '\t') {
		to++
	}
	if to < len(src) && src[to] == ',' {
		to++
	}
	line := from
	for line > 0 && (src[line-1] == ' ' || src[line-1] == '\t') {
		line--
	}
	end := to
	for end < len(src) && (src[end] == ' ' || src[end] == '\t') {
		end++
	}
	if line > 0 && src[line-1] == '\n' && end < len(src) && src[end] == '\n' {
		return splice{line, end + 1, ""}
	}
	return splice{from, to, ""}
}

// dropImports takes away the imports that the source used and the edited source does not.
func dropImports(before, after []byte) ([]byte, error) {
	old, err := parser.ParseFile(token.NewFileSet(), "", before, 0)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", after, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	dropped := false
	for _, i := range old.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		name := ""
		if i.Name != nil {
			name = i.Name.Name
		}
		if name != "_" && name != "." && astutil.UsesImport(old, path) && !astutil.UsesImport(f, path) {
			dropped = astutil.DeleteNamedImport(fset, f, name, path) || dropped
		}
	}
	if !dropped {
		return format.Source(after)
	}
	var b strings.Builder
	if err := format.Node(&b, fset, f); err != nil {
		return nil, err
	}
	return []byte(b.String()), nil
}
