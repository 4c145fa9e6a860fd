// Package erd draws the diagram of a design graph: as text in 80 columns, as Mermaid, DBML, Graphviz DOT and SVG. In
// goes a schemagraph.Graph of any source and an io.Writer; nothing else is read or written. The same graph always
// gives the same drawing.
package erd

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Render draws a graph.
type Render func(w io.Writer, g *schemagraph.Graph) error

// Formats are the drawings there are, by name; the name is also the usual file ending.
var Formats = map[string]Render{
	"text":    Text,
	"mermaid": Mermaid,
	"dbml":    DBML,
	"dot":     DOT,
	"svg":     SVG,
}

// Names are the names of the formats, in the order to show them.
var Names = []string{"text", "mermaid", "dbml", "dot", "svg"}

// diagram is what every format draws.
type diagram struct {
	tables    []*table
	relations []*relation
}

type table struct {
	name, comment string
	columns       []*column
	t             *schema.Table
	join          bool // only two foreign keys that are the primary key
}

type column struct {
	name, typ, comment string
	pk, unique, null   bool
	fk                 *relation
	c                  *schema.Column
}

// relation is a foreign key. The cardinalities are those of Mermaid: "||" exactly one, "|o" none or one, "o{" any
// number, read from the parent's side.
type relation struct {
	symbol           string
	child, parent    *table
	columns, refs    []string
	optional, unique bool
	onDelete         string
	label            string // the edge's name, where known
}

func diagramOf(g *schemagraph.Graph) *diagram {
	d := &diagram{}
	byTable := map[*schema.Table]*table{}
	byName := map[string]*table{}
	schemas := 0
	if g.Realm != nil {
		schemas = len(g.Realm.Schemas)
	}
	for _, t := range g.Tables() {
		name := t.Name
		if schemas > 1 && t.Schema != nil && t.Schema.Name != "public" && t.Schema.Name != "main" {
			name = t.Schema.Name + "." + t.Name
		}
		x := &table{name: name, comment: comment(t.Attrs), t: t}
		for _, c := range t.Columns {
			x.columns = append(x.columns, &column{name: c.Name, typ: typeOf(c), comment: comment(c.Attrs), null: c.Type != nil && c.Type.Null, c: c})
		}
		if t.PrimaryKey != nil {
			for _, p := range t.PrimaryKey.Parts {
				if c := x.column(p.C); c != nil {
					c.pk = true
				}
			}
		}
		for _, ix := range t.Indexes {
			if ix.Unique && len(ix.Parts) == 1 {
				if c := x.column(ix.Parts[0].C); c != nil {
					c.unique = true
				}
			}
		}
		d.tables = append(d.tables, x)
		byTable[t], byName[t.Name] = x, x
	}
	for _, x := range d.tables {
		for _, fk := range x.t.ForeignKeys {
			parent := byTable[fk.RefTable]
			if parent == nil && fk.RefTable != nil {
				parent = byName[fk.RefTable.Name]
			}
			if parent == nil {
				continue // a table that is not drawn
			}
			r := &relation{symbol: fk.Symbol, child: x, parent: parent, onDelete: strings.ToLower(string(fk.OnDelete)), unique: uniqueColumns(x.t, fk.Columns)}
			for i, c := range fk.Columns {
				r.columns = append(r.columns, c.Name)
				r.optional = r.optional || c.Type != nil && c.Type.Null
				if i < len(fk.RefColumns) {
					r.refs = append(r.refs, fk.RefColumns[i].Name)
				}
				if col := x.column(c); col != nil && col.fk == nil {
					col.fk = r
				}
			}
			r.label = edgeName(g, x.t.Name, r.columns)
			d.relations = append(d.relations, r)
		}
	}
	for _, x := range d.tables {
		x.join = isJoin(x)
	}
	return d
}

func (t *table) column(c *schema.Column) *column {
	i := slices.IndexFunc(t.columns, func(x *column) bool { return c != nil && x.name == c.Name })
	if i < 0 {
		return nil
	}
	return t.columns[i]
}

// isJoin says that a table has nothing but the keys of two others.
func isJoin(t *table) bool {
	if len(t.columns) != 2 || len(t.t.ForeignKeys) != 2 {
		return false
	}
	return t.columns[0].fk != nil && t.columns[1].fk != nil && t.columns[0].pk && t.columns[1].pk
}

// uniqueColumns says whether the columns are a key of the table.
func uniqueColumns(t *schema.Table, cols []*schema.Column) bool {
	covers := func(ix *schema.Index) bool {
		if ix == nil || len(ix.Parts) == 0 || len(ix.Parts) > len(cols) {
			return false
		}
		return !slices.ContainsFunc(ix.Parts, func(p *schema.IndexPart) bool {
			return p.C == nil || !slices.ContainsFunc(cols, func(c *schema.Column) bool { return c.Name == p.C.Name })
		})
	}
	return covers(t.PrimaryKey) || slices.ContainsFunc(t.Indexes, func(ix *schema.Index) bool { return ix.Unique && covers(ix) })
}

// edgeName finds the name the Ent schema has for a foreign key.
func edgeName(g *schemagraph.Graph, table string, columns []string) string {
	if e, ok := g.EntityOf(table); ok {
		for _, x := range e.Edges {
			if x.OwnsFK() && x.Table == table && slices.Equal(x.Columns, columns) {
				return x.Name
			}
		}
	}
	return strings.TrimSuffix(strings.Join(columns, "_"), "_id")
}

func comment(attrs []schema.Attr) string {
	for _, a := range attrs {
		if c, ok := a.(*schema.Comment); ok {
			return strings.Join(strings.Fields(c.Text), " ")
		}
	}
	return ""
}

// typeOf is a column's type as SQL writes it, shortened where PostgreSQL is long-winded.
func typeOf(c *schema.Column) string {
	if c.Type == nil {
		return ""
	}
	s := ""
	switch t := c.Type.Type.(type) {
	case *schema.EnumType:
		s = cmp.Or(t.T, "enum")
	case nil:
	default:
		if f, err := postgres.FormatType(c.Type.Type); err == nil {
			s = f
		} else if f, err := sqlite.FormatType(c.Type.Type); err == nil {
			s = f
		}
	}
	s = cmp.Or(s, c.Type.Raw, "unknown")
	s = strings.NewReplacer("timestamp with time zone", "timestamptz", "timestamp without time zone", "timestamp", "character varying", "varchar").Replace(s)
	return s
}

// cardinality of the child's and of the parent's end, in words.
func (r *relation) words() string {
	many, one := "many", "one"
	if r.unique {
		many = "one"
	}
	if r.optional {
		one = "none or one"
	}
	return many + " to " + one
}

// errWriter keeps the first error of a series of writes.
type errWriter struct {
	w   io.Writer
	err error
}

func (e *errWriter) printf(format string, args ...any) {
	if e.err == nil {
		_, e.err = fmt.Fprintf(e.w, format, args...)
	}
}
