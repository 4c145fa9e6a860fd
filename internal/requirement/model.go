package requirement

import (
	"slices"

	"github.com/plinth-go/plinth/annotation"
)

// Design is what a requirements file comes to.
type Design struct {
	Name    string
	Dialect string // schemagraph.Postgres or schemagraph.SQLite
	Types   []*Type
	// Questions are what the file leaves open; each has the answer that was assumed.
	Questions []Question
	// Forms is the normal-form report, one entry a type.
	Forms []*Report

	doc *Document
}

// Type is an entity as it should stand in the Ent schema.
type Type struct {
	Name    string
	Table   string
	Comment string
	// IntID says that the primary key is an int64 identity, not a UUID.
	IntID bool
	// Mixins are ID, Tenant, Timestamps, SoftDelete, Audit and Version, in that order, where it has them.
	Mixins []string
	// Fields are the columns in order, the primary key first. Those of a mixin have its name in Mixin.
	Fields  []*Field
	Edges   []*Edge
	Indexes []*Index
	Checks  []*Check
	Unique  []*Unique
	Queries []annotation.Query
	Facts   annotation.Facts
	// Join says that the type stands for a many-to-many relationship's table, which has no schema of its own.
	Join bool

	entity *Entity
}

// Field is a column.
type Field struct {
	Name    string
	Kind    Kind
	Size    int64 // greatest length of string, text and bytes
	Scale   int64 // with Size as the precision of decimal
	Comment string
	// Null says that the value may be missing; the reason is in Facts.Nullable.
	Null      bool
	Values    []string
	Default   any // string, bool, int, float64; "now" for time and "new" for uuid
	Unique    bool
	Immutable bool
	NotEmpty  bool
	Min, Max  *float64
	Match     string
	Facts     annotation.Facts
	Mixin     string
	// Edge is the relationship whose foreign key this is, or nil.
	Edge *Edge
}

// Kind is the type of a column, in the words of the language.
type Kind string

// The kinds of columns.
const (
	String  Kind = "string"
	Text    Kind = "text"
	Bool    Kind = "bool"
	Int32   Kind = "int32"
	Int64   Kind = "int64"
	Float   Kind = "float"
	Decimal Kind = "decimal"
	Time    Kind = "time"
	Date    Kind = "date"
	UUID    Kind = "uuid"
	Enum    Kind = "enum"
	JSON    Kind = "json"
	Strings Kind = "strings"
	Bytes   Kind = "bytes"
)

// Edge is a relationship seen from one of its sides.
type Edge struct {
	Name   string
	To     string
	From   bool   // written with edge.From, and Ref is the name on the other side
	Ref    string // the name of the other side
	Field  string // the field with the foreign key, on the side that has it
	Unique bool
	Null   string
	OnDelete,
	Through string
	Many      bool // many to many
	Immutable bool
	Comment   string
	Facts     annotation.Facts
	// Name of the edge to the join rows, where there is a through entity.
	ThroughEdge string
	// OneToOne says that the other side has at most one as well.
	OneToOne bool
	// Assumed says that OnDelete was not stated.
	Assumed bool
}

// Index is an index with what it serves.
type Index struct {
	Name    string
	Columns []Part
	Unique  bool
	Method  string // btree, gin or brin
	// OpClass of the columns that do not have the type's usual one.
	OpClass map[string]string
	Where   string // of a partial index
	Serves  []Service
	Order   string // why the columns stand in this order
	Allow   []annotation.Allow
	// Implicit says that plinth's extension, or Unique() on the column, makes it without its being written out.
	Implicit bool
	// Named says that the name must be written, because the convention would give it to two indexes.
	Named bool

	where []string // the parts of Where
}

// Part is a column of an index.
type Part struct {
	Name string
	Desc bool
}

// Service is something an index is for: Kind is "query", "foreign key", "constraint" or "reason".
type Service struct {
	Kind string
	Name string
}

// Type finds a type by its name.
func (d *Design) Type(name string) (*Type, bool) {
	i := slices.IndexFunc(d.Types, func(t *Type) bool { return t.Name == name })
	if i < 0 {
		return nil, false
	}
	return d.Types[i], true
}

// Field finds a field by its name.
func (t *Type) Field(name string) (*Field, bool) {
	i := slices.IndexFunc(t.Fields, func(f *Field) bool { return f.Name == name })
	if i < 0 {
		return nil, false
	}
	return t.Fields[i], true
}

// Edge finds an edge by its name.
func (t *Type) Edge(name string) (*Edge, bool) {
	i := slices.IndexFunc(t.Edges, func(e *Edge) bool { return e.Name == name })
	if i < 0 {
		return nil, false
	}
	return t.Edges[i], true
}

// Has says whether the type has a mixin.
func (t *Type) Has(mixin string) bool { return slices.Contains(t.Mixins, mixin) }

func (t *Type) fieldNames() []string {
	var names []string
	for _, f := range t.Fields {
		names = append(names, f.Name)
	}
	return names
}

func (t *Type) edgeNames() []string {
	var names []string
	for _, e := range t.Edges {
		names = append(names, e.Name)
	}
	return names
}
