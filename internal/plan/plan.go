// Package plan turns the difference of two design graphs into a migration: files in the order they are to be applied,
// each a list of steps with the statement that goes up and the statements that take exactly it back down.
//
// Atlas finds the difference and writes most statements; what it misses, mixes up or would lose is done here: enum
// values and user-defined types that change, conversions of a column's type, renames, identity and generated columns,
// extensions and other companion objects, and the order of it all. Tables that exist already are changed in ways that
// do not block their users (indexes built concurrently, constraints added without a scan and validated in a later
// file); tables that the same plan creates need no such care.
//
// Values in, values out: the package opens no file and no connection, never changes its arguments, and the same
// arguments always give the same plan. It never drops a schema. What it would destroy is listed in Plan.Destructive
// for its caller to ask about, and what it cannot decide (is it a rename?) in Plan.Ambiguities. A change that has no
// safe form is refused with a *RefusedError.
package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"ariga.io/atlas/sql/schema"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Options decide how a difference is planned. The zero value plans online forms for PostgreSQL 14.
type Options struct {
	// Direct plans the short forms that hold strong locks for as long as they take: for small or idle databases.
	Direct bool
	// PGVersion is the server's major version; 0 means 14, the oldest one supported.
	PGVersion int
	// DefaultSchema is the schema whose objects are written without a qualifier; empty means "public" ("main" on
	// SQLite). A schema without a name is the default one.
	DefaultSchema string
	// Renames are renames decided by the user, in addition to those that annotations in the target graph declare.
	Renames []Rename
	// Rewrite lists the columns ("table.column") whose table may be rewritten under a lock that blocks everything,
	// where a change has no other form. "*" allows all.
	Rewrite []string
	// Using gives conversion expressions for type changes, by "table.column".
	Using map[string]string
	// Keep leaves the companion objects alone that only the current state has: for a target that cannot express
	// them, such as an Ent schema against a database with hand-made views.
	Keep bool
	// Backfill gives the value for existing rows of a new required column, an SQL expression by "table.column".
	Backfill map[string]string
	// LockTimeout is what every file sets; empty means "2s", "0" leaves the setting alone.
	LockTimeout string
}

// Plan is a migration. Its files are applied in order and undone in reverse.
type Plan struct {
	Dialect string
	Files   []*File
	// Destructive is what would be lost when the plan is applied.
	Destructive []Loss
	// Ambiguities are pairs of a drop and an addition that may be meant as a rename.
	Ambiguities []Ambiguity
}

// File is one migration file.
type File struct {
	// Suffix tells the file from its siblings of the same plan: "" for an only file, else a short name such as
	// "orders" or "ix_orders_status".
	Suffix string
	// Title says in one line what the file does, Why what should be known about it.
	Title string
	Why   []string
	// NoTx says that the file must not run in a transaction.
	NoTx bool
	// Data says that the file changes rows and no structure.
	Data  bool
	Steps []*Step
	// timeout is the lock_timeout set before the steps; empty for none.
	timeout string
}

// Step is one statement and its inverse.
type Step struct {
	Up string
	// Down undoes Up, in the order given. It may be empty where undoing an earlier step covers it: an index of a
	// table that is dropped.
	Down    []string
	Comment string
	Hazards []Hazard
	// Allow suppresses migration rules on this statement, each with the reason the user gave.
	Allow []Allow
	// Change is the difference this step makes, as Atlas describes it; nil for companion objects and helpers.
	Change schema.Change
	// Table is the existing table the step changes, if any.
	Table string
}

// Hazard is something that may go wrong when a step runs on a database with data.
type Hazard struct {
	// Kind is "data" (fails on rows that do not fit), "lock" (blocks others for long) or "loss".
	Kind string
	Text string
}

// Allow is a rule that a step breaks on purpose.
type Allow struct{ Rule, Why string }

// Loss is an object whose content is lost.
type Loss struct {
	Kind   string `json:"kind"` // "table" or "column"
	Schema string `json:"schema,omitempty"`
	Table  string `json:"table"`
	Column string `json:"column,omitempty"`
}

func (l Loss) String() string {
	name := l.Table
	if l.Schema != "" {
		name = l.Schema + "." + name
	}
	if l.Column != "" {
		name += "." + l.Column
	}
	return l.Kind + " " + name
}

// Ambiguity is a dropped and an added object that may be one that was renamed.
type Ambiguity struct {
	Kind  string // "table" or "column"
	Table string // the table of the columns
	From  string
	To    []string // the candidates, most similar first
}

func (a Ambiguity) String() string {
	where := ""
	if a.Table != "" {
		where = " of table " + a.Table
	}
	return fmt.Sprintf("%s %q%s is gone and %s is new: a rename, or a drop and an addition?", a.Kind, a.From, where,
		quotedList(a.To))
}

// RefusedError is a change that has no safe plan. Its text names the object, the reason and what can be done.
type RefusedError struct {
	Object string // "column orders.total"
	Reason string
	Fix    string
}

func (e *RefusedError) Error() string {
	s := fmt.Sprintf("planning %s: %s", e.Object, e.Reason)
	if e.Fix != "" {
		s += "; " + e.Fix
	}
	return s
}

// Diff plans the migration from one graph to another of the same dialect. A nil graph is an empty database.
func Diff(from, to *schemagraph.Graph, opts Options) (*Plan, error) {
	d, err := prepare(from, to, opts)
	if err != nil {
		return nil, err
	}
	if d.dialect == schemagraph.SQLite {
		return d.sqlite()
	}
	return d.postgres()
}

// DDL gives the statements that create a graph in an empty database, in order.
func DDL(g *schemagraph.Graph) ([]string, error) {
	p, err := Diff(nil, g, Options{Direct: true})
	if err != nil {
		return nil, err
	}
	return p.Statements(), nil
}

// Empty says whether there is nothing to do.
func (p *Plan) Empty() bool { return len(p.Files) == 0 }

// Statements are the statements that go up, in order.
func (p *Plan) Statements() []string {
	var out []string
	for _, f := range p.Files {
		for _, s := range f.Steps {
			out = append(out, s.Up)
		}
	}
	return out
}

// Reverse are the statements that take the whole plan back, in order.
func (p *Plan) Reverse() []string {
	var out []string
	for i := len(p.Files) - 1; i >= 0; i-- {
		out = append(out, p.Files[i].Reverse()...)
	}
	return out
}

// Hash identifies what the plan does. Consent to destruction is given to a hash.
func (p *Plan) Hash() string {
	h := sha256.New()
	for _, s := range p.Statements() {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// Reverse are the statements that take the file back, in order.
func (f *File) Reverse() []string {
	var out []string
	for i := len(f.Steps) - 1; i >= 0; i-- {
		out = append(out, f.Steps[i].Down...)
	}
	return out
}

func quotedList(ss []string) string {
	q := make([]string, len(ss))
	for i, s := range ss {
		q[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(q, " or ")
}
