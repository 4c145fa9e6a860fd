package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// SchemaChange is one thing that differs between two states of a design.
type SchemaChange struct {
	// File is the schema file it stands in, where known.
	File string `json:"file,omitempty"`
	// Kind is "added", "removed" or "changed".
	Kind string `json:"kind"`
	// Object is what it is: "table", "column", "relationship", "index", "query", "check".
	Object string `json:"object"`
	// Name is the object's, with its table or entity.
	Name string `json:"name"`
	// Detail says what is different, for "changed".
	Detail string `json:"detail,omitempty"`
}

// String gives "added column orders.channel".
func (c SchemaChange) String() string {
	s := c.Kind + " " + c.Object + " " + c.Name
	if c.Detail != "" {
		s += ": " + c.Detail
	}
	return s
}

// Breaking says whether code written for the former state may fail.
func (c SchemaChange) Breaking() bool {
	if c.Object == "index" || c.Object == "query" && c.Kind != "removed" {
		return false
	}
	return c.Kind == "removed" || c.Kind == "changed" && strings.Contains(c.Detail, "→")
}

// SchemaChanges compares two states of a design by their entities and tables.
func SchemaChanges(from, to *schemagraph.Graph) []SchemaChange {
	c := &changes{}
	for _, t := range to.Tables() {
		file := fileOf(to, t.Name)
		if old, ok := from.Table(t.Name); ok {
			c.table(file, old, t)
			continue
		}
		c.add(file, "added", "table", t.Name, "")
	}
	for _, t := range from.Tables() {
		if _, ok := to.Table(t.Name); !ok {
			c.add(fileOf(from, t.Name), "removed", "table", t.Name, "")
		}
	}
	for _, e := range to.Entities {
		old, ok := from.Entity(e.Name)
		if ok {
			c.entity(e.Pos.File, old, e)
		}
	}
	return c.out
}

type changes struct{ out []SchemaChange }

func (c *changes) add(file, kind, object, name, detail string) {
	c.out = append(c.out, SchemaChange{File: file, Kind: kind, Object: object, Name: name, Detail: detail})
}

// fileOf is the file of a table's entity; a join table's is that of the entity whose edge makes it.
func fileOf(g *schemagraph.Graph, table string) string {
	if e, ok := g.EntityOf(table); ok {
		return e.Pos.File
	}
	for _, e := range g.Entities {
		for _, x := range e.Edges {
			if x.Table == table && !x.Inverse {
				return e.Pos.File
			}
		}
	}
	return ""
}

func (c *changes) table(file string, from, to *schema.Table) {
	for _, col := range to.Columns {
		name := to.Name + "." + col.Name
		old, ok := from.Column(col.Name)
		if !ok {
			c.add(file, "added", "column", name, "")
			continue
		}
		var d []string
		if a, b := columnType(old), columnType(col); a != b {
			d = append(d, "type "+a+" → "+b)
		}
		if old.Type.Null != col.Type.Null {
			d = append(d, nullText(old)+" → "+nullText(col))
		}
		if a, b := defaultText(old), defaultText(col); a != b {
			d = append(d, "default "+a+" to "+b)
		}
		if len(d) > 0 {
			c.add(file, "changed", "column", name, strings.Join(d, ", "))
		}
	}
	for _, col := range from.Columns {
		if _, ok := to.Column(col.Name); !ok {
			c.add(file, "removed", "column", from.Name+"."+col.Name, "")
		}
	}
	c.named(file, "index", indexTexts(from), indexTexts(to))
	c.named(file, "foreign key", keyTexts(from), keyTexts(to))
	c.named(file, "check", checkTexts(from), checkTexts(to))
}

// named compares two sets of objects by name and text.
func (c *changes) named(file, object string, from, to [][2]string) {
	find := func(list [][2]string, name string) (string, bool) {
		i := slices.IndexFunc(list, func(x [2]string) bool { return x[0] == name })
		if i < 0 {
			return "", false
		}
		return list[i][1], true
	}
	for _, x := range to {
		switch old, ok := find(from, x[0]); {
		case !ok:
			c.add(file, "added", object, x[0], "")
		case old != x[1]:
			c.add(file, "changed", object, x[0], old+" to "+x[1])
		}
	}
	for _, x := range from {
		if _, ok := find(to, x[0]); !ok {
			c.add(file, "removed", object, x[0], "")
		}
	}
}

func columnType(c *schema.Column) string {
	if c.Type == nil || c.Type.Type == nil {
		return ""
	}
	if s, err := postgres.FormatType(c.Type.Type); err == nil {
		return s
	}
	return c.Type.Raw
}

func nullText(c *schema.Column) string {
	if c.Type.Null {
		return "null"
	}
	return "not null"
}

func defaultText(c *schema.Column) string {
	switch x := c.Default.(type) {
	case *schema.Literal:
		return x.V
	case *schema.RawExpr:
		return x.X
	}
	return "none"
}

func indexTexts(t *schema.Table) [][2]string {
	var out [][2]string
	for _, ix := range t.Indexes {
		text := ""
		if ix.Unique {
			text = "unique "
		}
		var parts []string
		for _, p := range ix.Parts {
			s := ""
			if p.C != nil {
				s = p.C.Name
			}
			if p.Desc {
				s += " desc"
			}
			parts = append(parts, s)
		}
		text += "(" + strings.Join(parts, ", ") + ")"
		for _, a := range ix.Attrs {
			switch x := a.(type) {
			case *postgres.IndexType:
				text += " " + strings.ToLower(x.T)
			case *postgres.IndexPredicate:
				text += " where " + x.P
			}
		}
		out = append(out, [2]string{ix.Name, text})
	}
	return out
}

func keyTexts(t *schema.Table) [][2]string {
	var out [][2]string
	for _, fk := range t.ForeignKeys {
		ref := ""
		if fk.RefTable != nil {
			ref = fk.RefTable.Name
		}
		out = append(out, [2]string{fk.Symbol, ref + " on delete " + strings.ToLower(string(fk.OnDelete))})
	}
	return out
}

func checkTexts(t *schema.Table) [][2]string {
	var out [][2]string
	for _, a := range t.Attrs {
		if ck, ok := a.(*schema.Check); ok {
			out = append(out, [2]string{ck.Name, ck.Expr})
		}
	}
	return out
}

func (c *changes) entity(file string, from, to *schemagraph.Entity) {
	var a, b [][2]string
	for _, q := range from.Facts.Queries {
		a = append(a, [2]string{from.Name + "." + q.Name, fmt.Sprint(q.Eq, q.In, q.Range, q.Search, q.Prefix, q.Contains, q.Where, q.Sort, q.Page)})
	}
	for _, q := range to.Facts.Queries {
		b = append(b, [2]string{to.Name + "." + q.Name, fmt.Sprint(q.Eq, q.In, q.Range, q.Search, q.Prefix, q.Contains, q.Where, q.Sort, q.Page)})
	}
	c.named(file, "query", a, b)
}

// FileChange is a row of the table for a commit.
type FileChange struct {
	File    string `json:"file"`
	Summary string `json:"summary"`
}

// Changes is what a commit or pull request says of itself.
type Changes struct {
	Title  string         `json:"title"`
	Schema []SchemaChange `json:"schema"`
	Files  []FileChange   `json:"files"`
}

// Markdown writes the proposed title and the table `| File (Location) | Summary of Change |`.
func (c *Changes) Markdown(w io.Writer) error {
	p := &printer{w: w}
	p.line("%s\n\n| File (Location) | Summary of Change |\n| --- | --- |", c.Title)
	for _, f := range c.Files {
		p.line("| `%s` | %s |", f.File, cell(f.Summary))
	}
	return p.err
}

// Title proposes the first line of a commit with its semantic prefix. files are the paths that changed.
func Title(cs []SchemaChange, files []string) string {
	if len(cs) == 0 {
		kind := "chore"
		for _, k := range []struct {
			prefix string
			match  func(string) bool
		}{
			{"docs", func(f string) bool { return strings.HasSuffix(f, ".md") || strings.HasPrefix(f, "docs/") }},
			{"test", func(f string) bool { return strings.HasSuffix(f, "_test.go") || strings.Contains(f, "testdata/") }},
			{"ci", func(f string) bool { return strings.HasPrefix(f, ".github/") || strings.HasPrefix(f, ".ci/") }},
		} {
			if len(files) > 0 && !slices.ContainsFunc(files, func(f string) bool { return !k.match(f) }) {
				kind = k.prefix
				break
			}
		}
		return kind + ": no change of the schema"
	}
	breaking, indexes := "", true
	for _, c := range cs {
		if c.Breaking() {
			breaking = "!"
		}
		indexes = indexes && c.Object == "index"
	}
	kind := "feat"
	switch {
	case indexes:
		kind = "perf"
	case !slices.ContainsFunc(cs, func(c SchemaChange) bool { return c.Kind == "added" }):
		kind = "refactor"
	}
	first := cs[0]
	for _, c := range cs {
		if c.Object == "table" {
			first = c
			break
		}
	}
	verb := map[string]string{"added": "add", "removed": "remove", "changed": "change"}[first.Kind]
	title := fmt.Sprintf("%s(schema)%s: %s %s %s", kind, breaking, verb, first.Object, first.Name)
	if n := len(cs) - 1; n == 1 {
		title += " and one more change"
	} else if n > 1 {
		title += fmt.Sprintf(" and %d more changes", n)
	}
	return title
}
