// Package schemagraph is the design as a graph: an Atlas realm (the structure, in Atlas's own types) plus what Atlas
// does not hold — the intent written beside an Ent schema (declared queries, volumes, reasons), where each object
// stands in the Go source, and companion objects such as extensions. It is the one model that lint, planning, tests
// of drift and the renderers read, whatever the source was: an Ent project, a live database, a migrations directory,
// an SQL file or a requirements file.
//
// Values in, values out: the package opens no file and no connection.
package schemagraph

import (
	"fmt"

	"ariga.io/atlas/sql/schema"

	"github.com/plinth-go/plinth/annotation"
)

// Dialect names, as Ent and Atlas write them.
const (
	Postgres = "postgres"
	SQLite   = "sqlite3"
)

// Graph is one state of a database's design.
type Graph struct {
	// Dialect is Postgres or SQLite.
	Dialect string
	// Realm holds the tables. Each Schema's tables are in a stable order.
	Realm *schema.Realm
	// Companions are the objects Atlas does not model.
	Companions []Companion
	// Entities is the intent, one for each Ent type that has a table. Empty for a source without intent.
	Entities []*Entity
	// Conventions says that the source follows plinth's conventions (it uses the extension), so that names,
	// checks and foreign-key indexes were completed by them.
	Conventions bool
}

// Companion is a database object that Atlas does not model and plinth plans, snapshots and checks itself.
type Companion struct {
	Kind      string   `json:"kind"` // "extension", "function", "trigger", "policy", "rls"
	Name      string   `json:"name"`
	Table     string   `json:"table,omitempty"` // the table it belongs to
	Create    string   `json:"create"`          // statement that makes it
	Drop      string   `json:"drop"`            // statement that undoes Create
	DependsOn []string `json:"depends_on,omitempty"`
}

// Pos is a place in a source file. The zero value means unknown. Line and column count from 1.
type Pos struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// String gives file:line, or file:line:column where the column is known.
func (p Pos) String() string {
	switch {
	case p.File == "":
		return ""
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Entity is an Ent type and the intent written on it.
type Entity struct {
	Name    string           `json:"name"`             // the Ent type, "Order"
	Table   string           `json:"table"`            // its table, "orders"
	Schema  string           `json:"schema,omitempty"` // its database schema where it is not the default one
	Comment string           `json:"comment,omitempty"`
	Pos     Pos              `json:"pos,omitzero"` // of the type's declaration
	Facts   annotation.Facts `json:"facts,omitzero"`
	Fields  []*Field         `json:"fields,omitempty"`
	Edges   []*Edge          `json:"edges,omitempty"`
	Indexes []*Index         `json:"indexes,omitempty"`
	// Mixins are the names of the mixins' Go types, as written ("mixin.SoftDelete").
	Mixins []string `json:"mixins,omitempty"`
	// Marks are the places of single annotations of the entity, where the source tells them: of a declared query under
	// "query ByCustomer", of the others under their type's name, "Volume".
	Marks map[string]Pos `json:"marks,omitempty"`
}

// Field is a field of an entity. The primary key's field is the first one.
type Field struct {
	Name      string           `json:"name"`   // as in Ent
	Column    string           `json:"column"` // as in the database
	Type      string           `json:"type"`   // Ent's type: "string", "uuid", "time", "enum", "json", "int64", …
	GoType    string           `json:"go_type,omitempty"`
	Comment   string           `json:"comment,omitempty"`
	Pos       Pos              `json:"pos,omitzero"` // of the builder call, field.String("…")
	Facts     annotation.Facts `json:"facts,omitzero"`
	PK        bool             `json:"pk,omitempty"`
	Optional  bool             `json:"optional,omitempty"`
	Nillable  bool             `json:"nillable,omitempty"`
	Immutable bool             `json:"immutable,omitempty"`
	Unique    bool             `json:"unique,omitempty"` // as written in Ent
	Sensitive bool             `json:"sensitive,omitempty"`
	// Default says that the Go client has a default, DefaultFunc that it is computed by a function, and DBDefault
	// that the database has one as well.
	Default       bool `json:"default,omitempty"`
	DefaultFunc   bool `json:"default_func,omitempty"`
	UpdateDefault bool `json:"update_default,omitempty"`
	DBDefault     bool `json:"db_default,omitempty"`
	// MaxLen is the greatest length of a string in characters; 0 where none is declared.
	MaxLen int64 `json:"max_len,omitempty"`
	// Enum holds the values of an enum.
	Enum []string `json:"enum,omitempty"`
	// Mixin is the name of the mixin the field comes from, or empty.
	Mixin string `json:"mixin,omitempty"`
}

// Edge is an edge of an entity, as seen from that entity.
type Edge struct {
	Name     string           `json:"name"`
	To       string           `json:"to"`                // the entity it leads to
	Ref      string           `json:"ref,omitempty"`     // the same edge seen from the other side, if declared
	Inverse  bool             `json:"inverse,omitempty"` // written with edge.From
	Rel      string           `json:"rel"`               // O2O, O2M, M2O or M2M
	Unique   bool             `json:"unique,omitempty"`
	Required bool             `json:"required,omitempty"`
	Field    string           `json:"field,omitempty"`   // the field that holds the key, where one is declared
	Through  string           `json:"through,omitempty"` // the entity of the join table, for M2M through an edge schema
	Comment  string           `json:"comment,omitempty"`
	Pos      Pos              `json:"pos,omitzero"`
	Facts    annotation.Facts `json:"facts,omitzero"`
	// Table holds the foreign key (the join table for M2M) in Columns, with the constraint Symbol. For M2M the
	// first column refers to this entity's side, as written with edge.To.
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
	Symbol  string   `json:"symbol,omitempty"`
	// OnDelete is the action written in the schema ("CASCADE"), or empty where none was written.
	OnDelete string `json:"on_delete,omitempty"`
	Mixin    string `json:"mixin,omitempty"`
}

// OwnsFK says whether the foreign key stands in this entity's own table.
func (e *Edge) OwnsFK() bool { return e.Rel == "M2O" || e.Rel == "O2O" && e.Inverse }

// Index is an index written in an Ent schema.
type Index struct {
	Name   string           `json:"name"` // in the database
	Fields []string         `json:"fields,omitempty"`
	Edges  []string         `json:"edges,omitempty"`
	Unique bool             `json:"unique,omitempty"`
	Pos    Pos              `json:"pos,omitzero"`
	Facts  annotation.Facts `json:"facts,omitzero"`
	Mixin  string           `json:"mixin,omitempty"`
}

// Tables are the tables of all schemas, in order.
func (g *Graph) Tables() []*schema.Table {
	var ts []*schema.Table
	if g.Realm != nil {
		for _, s := range g.Realm.Schemas {
			ts = append(ts, s.Tables...)
		}
	}
	return ts
}

// Table finds a table by its name, in any schema.
func (g *Graph) Table(name string) (*schema.Table, bool) {
	for _, t := range g.Tables() {
		if t.Name == name {
			return t, true
		}
	}
	return nil, false
}

// Entity finds an entity by its Ent name.
func (g *Graph) Entity(name string) (*Entity, bool) {
	for _, e := range g.Entities {
		if e.Name == name {
			return e, true
		}
	}
	return nil, false
}

// EntityOf finds the entity of a table.
func (g *Graph) EntityOf(table string) (*Entity, bool) {
	for _, e := range g.Entities {
		if e.Table == table {
			return e, true
		}
	}
	return nil, false
}

// Field finds a field by its Ent name.
func (e *Entity) Field(name string) (*Field, bool) {
	for _, f := range e.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return nil, false
}

// FieldOf finds the field of a column.
func (e *Entity) FieldOf(column string) (*Field, bool) {
	for _, f := range e.Fields {
		if f.Column == column {
			return f, true
		}
	}
	return nil, false
}

// FieldWith finds the field that has a role.
func (e *Entity) FieldWith(role annotation.RoleKind) (*Field, bool) {
	for _, f := range e.Fields {
		if f.Facts.Role == role {
			return f, true
		}
	}
	return nil, false
}

// Edge finds an edge by its name.
func (e *Entity) Edge(name string) (*Edge, bool) {
	for _, d := range e.Edges {
		if d.Name == name {
			return d, true
		}
	}
	return nil, false
}
