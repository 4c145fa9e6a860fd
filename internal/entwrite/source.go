package entwrite

import (
	"bytes"
	"fmt"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/dst"
	"github.com/dave/dst/decorator"
)

// source is a schema package as syntax trees.
type source struct {
	pkg   string
	files map[string]*dst.File
	decs  map[string]*decorator.Decorator
	types map[string]place
}

// place is where a type stands: its file, and its methods in any file of the package.
type place struct {
	file    string
	methods map[string]methodAt
}

type methodAt struct {
	file string
	decl *dst.FuncDecl
}

func parse(files map[string][]byte) (*source, error) {
	s := &source{pkg: "schema", files: map[string]*dst.File{}, decs: map[string]*decorator.Decorator{}, types: map[string]place{}}
	names := make([]string, 0, len(files))
	for n := range files {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		if strings.HasSuffix(n, "_test.go") {
			continue
		}
		d := decorator.NewDecorator(token.NewFileSet())
		f, err := d.Parse(files[n])
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", n, err)
		}
		s.files[n], s.decs[n] = f, d
		s.pkg = f.Name.Name
		for _, decl := range f.Decls {
			g, ok := decl.(*dst.GenDecl)
			if !ok || g.Tok != token.TYPE {
				continue
			}
			for _, spec := range g.Specs {
				if t := spec.(*dst.TypeSpec); isStruct(t.Type) {
					s.types[t.Name.Name] = place{file: n, methods: map[string]methodAt{}}
				}
			}
		}
	}
	for _, n := range names {
		f := s.files[n]
		if f == nil {
			continue
		}
		for _, decl := range f.Decls {
			m, ok := decl.(*dst.FuncDecl)
			if !ok || m.Recv == nil || len(m.Recv.List) != 1 {
				continue
			}
			if t, ok := s.types[receiver(m.Recv.List[0].Type)]; ok {
				t.methods[m.Name.Name] = methodAt{file: n, decl: m}
			}
		}
	}
	return s, nil
}

func isStruct(t dst.Expr) bool { _, ok := t.(*dst.StructType); return ok }

func receiver(t dst.Expr) string {
	if p, ok := t.(*dst.StarExpr); ok {
		t = p.X
	}
	if i, ok := t.(*dst.Ident); ok {
		return i.Name
	}
	return ""
}

// add puts into an existing type what it lacks, and says whether its file changed.
func (s *source) add(at place, want *Schema, res *Result) bool {
	changed := false
	for _, l := range []struct {
		method, elem, kind string
		items              []Item
		names              func(dst.Expr) []string
	}{
		{"Mixin", "ent.Mixin", "mixin", want.Mixins, typeNames},
		{"Fields", "ent.Field", "field", want.Fields, builderNames},
		{"Edges", "ent.Edge", "edge", want.Edges, builderNames},
		{"Indexes", "ent.Index", "index", want.Indexes, indexNames},
		{"Annotations", "schema.Annotation", "annotation", withQueries(want), annotationNames},
	} {
		if len(l.items) == 0 {
			continue
		}
		m, ok := at.methods[l.method]
		if !ok {
			if s.addMethod(at, want, l.method, l.elem, l.kind, l.items, res) {
				changed = true
			}
			continue
		}
		list := returned(m.decl)
		if m.file != at.file {
			list = nil // the change would belong to another file; leave both alone
		}
		have := map[string]int{}
		if list != nil {
			for _, e := range list.Elts {
				for _, n := range l.names(e) {
					have[n]++
				}
			}
		} else {
			// Names anywhere in the method count: a list that is computed usually still spells them out.
			dst.Inspect(m.decl, func(n dst.Node) bool {
				if e, ok := n.(dst.Expr); ok {
					for _, n := range l.names(e) {
						have[n]++
					}
				}
				return true
			})
		}
		for _, it := range l.items {
			if it.Name == queriesName {
				if s.addQueries(at, want, m, list, it, res) {
					changed = true
				}
				continue
			}
			if have[it.Name] > 0 {
				if l.kind == "index" {
					have[it.Name]-- // two indexes on the same fields differ by what they hold
				}
				continue
			}
			c := Change{File: at.file, Type: want.Name, Kind: l.kind, Name: strings.TrimPrefix(it.Name, "annotation.")}
			if list == nil {
				res.Manual = append(res.Manual, Manual{Change: c, Line: s.line(m), Expr: it.Expr,
					Why: fmt.Sprintf("%s() of %s does not return a list that is written out", l.method, want.Name)})
				continue
			}
			e, err := expr(it.Expr)
			if err != nil {
				res.Manual = append(res.Manual, Manual{Change: c, Line: s.line(m), Expr: it.Expr, Why: err.Error()})
				continue
			}
			appendTo(list, e, l.kind == "mixin")
			res.Changes = append(res.Changes, c)
			changed = true
		}
	}
	return changed
}

// appendTo adds an element; a list on one line stays on one line where inline.
func appendTo(list *dst.CompositeLit, e dst.Expr, inline bool) {
	if inline && (len(list.Elts) == 0 || list.Elts[0].Decorations().Before == dst.None) {
		e.Decorations().Before, e.Decorations().After = dst.None, dst.None
	} else {
		e.Decorations().Before, e.Decorations().After = dst.NewLine, dst.NewLine
	}
	list.Elts = append(list.Elts, e)
}

// returned is the list a method returns, where its only statement is to return one that is written out.
func returned(m *dst.FuncDecl) *dst.CompositeLit {
	if m.Body == nil || len(m.Body.List) == 0 {
		return nil
	}
	r, ok := m.Body.List[len(m.Body.List)-1].(*dst.ReturnStmt)
	if !ok || len(r.Results) != 1 {
		return nil
	}
	switch x := r.Results[0].(type) {
	case *dst.CompositeLit:
		return x
	case *dst.Ident:
		if x.Name == "nil" && len(m.Body.List) == 1 {
			if a, ok := m.Type.Results.List[0].Type.(*dst.ArrayType); ok {
				lit := &dst.CompositeLit{Type: dst.Clone(a).(dst.Expr)}
				r.Results[0] = lit
				return lit
			}
		}
	}
	return nil
}

func (s *source) line(m methodAt) int {
	d := s.decs[m.file]
	if n, ok := d.Ast.Nodes[m.decl]; ok && n.Pos().IsValid() {
		return d.Fset.Position(n.Pos()).Line
	}
	return 0
}

// addMethod adds a whole method after the type's last one.
func (s *source) addMethod(at place, want *Schema, name, elem, kind string, items []Item, res *Result) bool {
	i := slices.IndexFunc(methods, func(m method) bool { return m.name == name })
	text := fmt.Sprintf("package p\n\n// %s of the %s.\nfunc (%s) %s() []%s {\n\treturn []%s{%s}\n}\n", name, want.Name, want.Name, name, elem, elem, methods[i].join(methods[i].exprs(want)))
	f, err := decorator.Parse(text)
	if err != nil {
		return false
	}
	decl := f.Decls[0].(*dst.FuncDecl)
	decl.Decs.Before, decl.Decs.After = dst.EmptyLine, dst.EmptyLine
	file := s.files[at.file]
	last := len(file.Decls) - 1
	for k, d := range file.Decls {
		if m, ok := d.(*dst.FuncDecl); ok && m.Recv != nil && receiver(m.Recv.List[0].Type) == want.Name {
			last = k
		} else if g, ok := d.(*dst.GenDecl); ok && g.Tok == token.TYPE && g.Specs[0].(*dst.TypeSpec).Name.Name == want.Name {
			last = k
		}
	}
	file.Decls = slices.Insert(file.Decls, last+1, dst.Decl(decl))
	for _, it := range items {
		if it.Name != queriesName {
			res.Changes = append(res.Changes, Change{File: at.file, Type: want.Name, Kind: kind, Name: strings.TrimPrefix(it.Name, "annotation.")})
		}
	}
	if kind == "annotation" {
		for _, q := range want.Queries {
			res.Changes = append(res.Changes, Change{File: at.file, Type: want.Name, Kind: "query", Name: q.Name})
		}
	}
	return true
}

// queriesName is the name of annotation.Queries among annotations.
const queriesName = "annotation.Queries"

func withQueries(s *Schema) []Item {
	if len(s.Queries) == 0 {
		return s.Annotations
	}
	return append(slices.Clone(s.Annotations), Item{Name: queriesName, Expr: "annotation.Queries{\n" + strings.Join(exprsOf(s.Queries), ",\n") + ",\n}"})
}

// addQueries adds the queries that annotation.Queries lacks, or the whole of it.
func (s *source) addQueries(at place, want *Schema, m methodAt, list *dst.CompositeLit, all Item, res *Result) bool {
	var lit *dst.CompositeLit
	have := map[string]bool{}
	dst.Inspect(m.decl, func(n dst.Node) bool {
		c, ok := n.(*dst.CompositeLit)
		if !ok {
			return true
		}
		if name := typeOf(c.Type); name == queriesName {
			lit = c
		}
		for _, e := range c.Elts {
			kv, ok := e.(*dst.KeyValueExpr)
			if k, isName := keyName(kv, ok); isName && k == "Name" {
				if v := text(kv.Value); v != "" {
					have[v] = true
				}
			}
		}
		return true
	})
	changed := false
	for _, q := range want.Queries {
		if have[q.Name] {
			continue
		}
		c := Change{File: at.file, Type: want.Name, Kind: "query", Name: q.Name}
		e, err := element("annotation.Queries", q.Expr)
		if err != nil || lit == nil && list == nil || m.file != at.file {
			res.Manual = append(res.Manual, Manual{Change: c, Line: s.line(m), Expr: q.Expr,
				Why: fmt.Sprintf("Annotations() of %s does not return a list that is written out", want.Name)})
			continue
		}
		if lit == nil {
			whole, err := expr(all.Expr[:strings.Index(all.Expr, "{")] + "{}")
			if err != nil {
				continue
			}
			lit = whole.(*dst.CompositeLit)
			appendTo(list, lit, false)
		}
		appendTo(lit, e, false)
		res.Changes = append(res.Changes, c)
		changed = true
	}
	return changed
}

func keyName(kv *dst.KeyValueExpr, ok bool) (string, bool) {
	if !ok {
		return "", false
	}
	i, ok := kv.Key.(*dst.Ident)
	if !ok {
		return "", false
	}
	return i.Name, true
}

// print gives a changed file back, with the imports it needs.
func (s *source) print(name string) ([]byte, error) {
	var b bytes.Buffer
	if err := decorator.Fprint(&b, s.files[name]); err != nil {
		return nil, err
	}
	return complete(b.Bytes())
}

// expr parses an expression, with its line breaks.
func expr(src string) (dst.Expr, error) { return element("[]any", src) }

func element(list, src string) (dst.Expr, error) {
	f, err := decorator.Parse("package p\n\nvar _ = " + list + "{\n" + src + ",\n}\n")
	if err != nil {
		return nil, fmt.Errorf("parsing %q: %w", src, err)
	}
	lit := f.Decls[0].(*dst.GenDecl).Specs[0].(*dst.ValueSpec).Values[0].(*dst.CompositeLit)
	return dst.Clone(lit.Elts[0]).(dst.Expr), nil
}

func text(e dst.Expr) string {
	if l, ok := e.(*dst.BasicLit); ok && l.Kind == token.STRING {
		if v, err := strconv.Unquote(l.Value); err == nil {
			return v
		}
	}
	return ""
}
