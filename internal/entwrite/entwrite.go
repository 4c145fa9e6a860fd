// Package entwrite writes Ent schema files and edits those a person wrote. Go source goes in, as bytes by file name,
// and Go source comes out: a new file for a type that is not there, additions to one that is. Nothing is ever
// deleted or changed: what stands in the source stays as it is, comments included, and a type's fields, edges,
// indexes, mixins, queries and annotations are recognised by name. Doing the same again changes nothing.
//
// What cannot be added because the source computes a list instead of writing it out is reported, with the place and
// the text to add by hand.
package entwrite

import (
	"bytes"
	"fmt"
	"go/format"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
)

// Item is one element of a list in a schema: Name is what it is recognised by and Expr its Go source.
type Item struct {
	Name string
	Expr string
	// Also are further names the element declares: the From side of a self edge.
	Also []string
}

// Schema is a type as it should stand in the source.
type Schema struct {
	Name string
	// Doc is the doc comment, without slashes.
	Doc string
	// Mixins are recognised by their Go type ("mixin.ID"), Annotations by theirs ("annotation.Volume"), Indexes by
	// their fields.
	Mixins, Fields, Edges, Indexes, Annotations []Item
	// Queries are the elements of annotation.Queries.
	Queries []Item
}

// Change is one addition to a file.
type Change struct {
	File string // base name
	Type string // the entity
	Kind string // "entity", "mixin", "field", "edge", "index", "query" or "annotation"
	Name string
}

// String gives "add field Order.status".
func (c Change) String() string {
	if c.Kind == "entity" {
		return "add entity " + c.Type
	}
	return fmt.Sprintf("add %s %s.%s", c.Kind, c.Type, c.Name)
}

// Manual is an addition that a person has to make.
type Manual struct {
	Change
	Line int
	Expr string
	Why  string
}

// Result is what an edit comes to.
type Result struct {
	// Files are the new contents of the files that change, by base name.
	Files   map[string][]byte
	Changes []Change
	Manual  []Manual
}

// Edit adds to the package whose Go files are given (base name to content; none for a new package) what it lacks of
// schemas.
func Edit(files map[string][]byte, schemas []Schema) (*Result, error) {
	src, err := parse(files)
	if err != nil {
		return nil, err
	}
	res := &Result{Files: map[string][]byte{}}
	touched := map[string]bool{}
	for i := range schemas {
		s := &schemas[i]
		if at, ok := src.types[s.Name]; ok {
			if src.add(at, s, res) {
				touched[at.file] = true
			}
			continue
		}
		name := fileName(s.Name, files, res.Files)
		text, err := newFile(src.pkg, s)
		if err != nil {
			return nil, fmt.Errorf("writing entity %s: %w", s.Name, err)
		}
		res.Files[name] = text
		res.Changes = append(res.Changes, Change{File: name, Type: s.Name, Kind: "entity"})
	}
	for name := range touched {
		text, err := src.print(name)
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", name, err)
		}
		res.Files[name] = text
	}
	return res, nil
}

// fileName is that of Ent's own tool, the type's name in lower case, unless it is taken or means something to Go.
func fileName(typ string, files ...map[string][]byte) string {
	base := strings.ToLower(typ)
	for _, suffix := range []string{"", "_schema", "_schema2"} {
		name := base + suffix + ".go"
		if strings.HasSuffix(name, "_test.go") || buildTag(base) && suffix == "" {
			continue
		}
		if !slices.ContainsFunc(files, func(f map[string][]byte) bool { return f[name] != nil }) {
			return name
		}
	}
	return base + "_entity.go"
}

// buildTag says that a file name.go would not be compiled everywhere; only _GOOS and _GOARCH endings matter.
func buildTag(base string) bool { return strings.Contains(base, "_") }

// Diff is the unified diff of one file, with a few lines around each change.
func Diff(name string, before, after []byte) string {
	from := "a/" + name
	if len(before) == 0 {
		from = "/dev/null"
	}
	text, _ := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: lines(before), B: lines(after), FromFile: from, ToFile: "b/" + name, Context: 3,
	})
	return text
}

func lines(b []byte) []string {
	if len(b) == 0 {
		return nil
	}
	ls := strings.SplitAfter(string(b), "\n")
	if ls[len(ls)-1] == "" {
		ls = ls[:len(ls)-1]
	}
	return ls
}

// newFile is the source of a type in a file of its own.
func newFile(pkg string, s *Schema) ([]byte, error) {
	var b bytes.Buffer
	for _, l := range strings.Split(strings.TrimSpace(s.Doc), "\n") {
		fmt.Fprintf(&b, "// %s\n", strings.TrimSpace(l))
	}
	fmt.Fprintf(&b, "type %s struct{ ent.Schema }\n", s.Name)
	for _, m := range methods {
		exprs := m.exprs(s)
		if len(exprs) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n// %s of the %s.\nfunc (%s) %s() []%s {\n\treturn []%s{%s}\n}\n", m.name, s.Name, s.Name, m.name, m.elem, m.elem, m.join(exprs))
	}
	body := b.String()
	uses, err := selectors("package p\n" + body)
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf("package %s\n\n%s\n%s", pkg, importBlock(uses), body)
	return format.Source([]byte(text))
}

// method is a method of a schema type that returns a list.
type method struct {
	name, elem string
	exprs      func(*Schema) []string
	inline     bool
}

func (m method) join(exprs []string) string {
	if m.inline {
		return strings.Join(exprs, ", ")
	}
	return "\n" + strings.Join(exprs, ",\n") + ",\n"
}

func exprsOf(items []Item) []string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = it.Expr
	}
	return out
}

// methods in the order they stand in a file.
var methods = []method{
	{name: "Mixin", elem: "ent.Mixin", inline: true, exprs: func(s *Schema) []string { return exprsOf(s.Mixins) }},
	{name: "Fields", elem: "ent.Field", exprs: func(s *Schema) []string { return exprsOf(s.Fields) }},
	{name: "Edges", elem: "ent.Edge", exprs: func(s *Schema) []string { return exprsOf(s.Edges) }},
	{name: "Indexes", elem: "ent.Index", exprs: func(s *Schema) []string { return exprsOf(s.Indexes) }},
	{name: "Annotations", elem: "schema.Annotation", exprs: func(s *Schema) []string {
		out := exprsOf(s.Annotations)
		if len(s.Queries) > 0 {
			out = append(out, "annotation.Queries{\n"+strings.Join(exprsOf(s.Queries), ",\n")+",\n}")
		}
		return out
	}},
}
