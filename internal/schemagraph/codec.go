package schemagraph

import (
	"bytes"
	"encoding/json"
	"fmt"

	"ariga.io/atlas/sql/schema"
)

// codecVersion is raised when a snapshot written by an older plinth could not be read as what it was.
const codecVersion = 1

// Marshal writes a graph as JSON that reads well in a diff: one line for every column, index, foreign key and check.
// The same graph always gives the same bytes, and Unmarshal gives back an equal graph: source positions and object
// ids are left out, everything that planning sees is kept. A graph with something that the format cannot hold is an
// error, so that nothing is lost in silence.
func Marshal(g *Graph) ([]byte, error) {
	w := wireGraph{
		Version:     codecVersion,
		Dialect:     g.Dialect,
		Conventions: g.Conventions,
		Companions:  g.Companions,
		Entities:    g.Entities,
	}
	if g.Realm != nil {
		if err := w.realm(g.Realm); err != nil {
			return nil, err
		}
	}
	return w.print()
}

// Unmarshal reads what Marshal wrote.
func Unmarshal(data []byte) (*Graph, error) {
	var w wireGraph
	if err := json.Unmarshal(data, &w); err != nil {
		return nil, fmt.Errorf("reading snapshot: %w", err)
	}
	switch {
	case w.Version == 0:
		return nil, fmt.Errorf("reading snapshot: no version: this is not a snapshot of plinth")
	case w.Version > codecVersion:
		return nil, fmt.Errorf("reading snapshot: version %d was written by a newer plinth (this one reads up to %d)",
			w.Version, codecVersion)
	}
	r, err := w.decodeRealm()
	if err != nil {
		return nil, fmt.Errorf("reading snapshot: %w", err)
	}
	return &Graph{
		Dialect:     w.Dialect,
		Realm:       r,
		Companions:  w.Companions,
		Entities:    w.Entities,
		Conventions: w.Conventions,
	}, nil
}

// Structure is the graph without the intent: what a snapshot beside migrations holds.
func (g *Graph) Structure() *Graph {
	s := *g
	s.Entities = nil
	return &s
}

// wireGraph is the JSON form of a graph.
type wireGraph struct {
	Version     int           `json:"version"`
	Dialect     string        `json:"dialect"`
	Conventions bool          `json:"conventions,omitempty"`
	Collation   string        `json:"collation,omitempty"`
	Charset     string        `json:"charset,omitempty"`
	Schemas     []*wireSchema `json:"schemas"`
	Companions  []Companion   `json:"companions,omitempty"`
	Entities    []*Entity     `json:"entities,omitempty"`
}

func (w *wireGraph) realm(r *schema.Realm) error {
	for _, a := range r.Attrs {
		switch a := a.(type) {
		case *schema.Collation:
			w.Collation = a.V
		case *schema.Charset:
			w.Charset = a.V
		case *schema.Pos:
		default:
			return fmt.Errorf("writing realm: attribute %T has no form in a snapshot", a)
		}
	}
	if len(r.Objects) > 0 {
		return fmt.Errorf("writing realm: object %T has no form in a snapshot", r.Objects[0])
	}
	for _, s := range r.Schemas {
		ws, err := encodeSchema(s)
		if err != nil {
			return fmt.Errorf("writing schema %q: %w", s.Name, err)
		}
		w.Schemas = append(w.Schemas, ws)
	}
	return nil
}

// print lays the wire form out: structure down to tables is indented, what a table holds is one line each.
func (w *wireGraph) print() ([]byte, error) {
	p := &printer{}
	p.open("{")
	p.field("version", w.Version, false)
	p.field("dialect", w.Dialect, false)
	p.field("conventions", w.Conventions, !w.Conventions)
	p.field("collation", w.Collation, w.Collation == "")
	p.field("charset", w.Charset, w.Charset == "")
	p.key("schemas")
	p.open("[")
	for _, s := range w.Schemas {
		p.next()
		s.print(p)
	}
	p.close("]")
	list(p, "companions", w.Companions)
	list(p, "entities", w.Entities)
	p.close("}")
	p.b.WriteByte('\n')
	return p.b.Bytes(), p.err
}

func (s *wireSchema) print(p *printer) {
	p.open("{")
	p.field("name", s.Name, false)
	p.field("comment", s.Comment, s.Comment == nil)
	p.field("collation", s.Collation, s.Collation == "")
	p.field("charset", s.Charset, s.Charset == "")
	list(p, "types", s.Types)
	p.key("tables")
	p.open("[")
	for _, t := range s.Tables {
		p.next()
		p.open("{")
		p.field("name", t.Name, false)
		p.field("comment", t.Comment, t.Comment == nil)
		p.field("options", t.Options, t.Options == nil)
		list(p, "columns", t.Columns)
		p.field("primary_key", t.PrimaryKey, t.PrimaryKey == nil)
		list(p, "indexes", t.Indexes)
		list(p, "foreign_keys", t.ForeignKeys)
		list(p, "checks", t.Checks)
		p.field("partition", t.Partition, t.Partition == nil)
		p.close("}")
	}
	p.close("]")
	list(p, "views", s.Views)
	p.close("}")
}

// printer writes indented JSON with chosen line breaks.
type printer struct {
	b     bytes.Buffer
	depth int
	some  bool // the current object or list has an element already
	err   error
}

func (p *printer) open(s string) {
	p.b.WriteString(s)
	p.depth++
	p.some = false
}

func (p *printer) close(s string) {
	p.depth--
	if p.some {
		p.line()
	}
	p.b.WriteString(s)
	p.some = true
}

func (p *printer) next() {
	if p.some {
		p.b.WriteByte(',')
	}
	p.line()
	p.some = true
}

func (p *printer) line() {
	p.b.WriteByte('\n')
	for range p.depth {
		p.b.WriteString("  ")
	}
}

func (p *printer) key(name string) {
	p.next()
	p.b.WriteString(`"` + name + `": `)
}

func (p *printer) field(name string, v any, omit bool) {
	if omit {
		return
	}
	p.key(name)
	p.value(v)
}

func (p *printer) value(v any) {
	enc := json.NewEncoder(&p.b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil && p.err == nil {
		p.err = err
	}
	p.b.Truncate(p.b.Len() - 1) // Encode ends with a line break
}

func list[T any](p *printer, name string, vs []T) {
	if len(vs) == 0 {
		return
	}
	p.key(name)
	p.open("[")
	for _, v := range vs {
		p.next()
		p.value(v)
	}
	p.close("]")
}
