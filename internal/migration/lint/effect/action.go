// Package effect says what a statement does to a running PostgreSQL: which locks it takes on what, whether it rewrites
// a table, scans it or builds an index, and whether it can run in a transaction. In go a statement's tree, the
// catalogue as it is before the statement, and the server's major version; out come the statement's actions, one for
// each thing it does, and the catalogue is moved on. Every fact here was measured on servers 11 to 18.
package effect

import (
	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/plinth-go/plinth/internal/migration/lint/catalog"
)

// Mode is a table lock's mode; a greater one conflicts with at least as much.
type Mode int

// The modes. ShareUpdateExclusive and below let rows be read and written.
const (
	None Mode = iota
	AccessShare
	RowShare
	RowExclusive
	ShareUpdateExclusive
	Share
	ShareRowExclusive
	Exclusive
	AccessExclusive
)

var modeNames = [...]string{"", "AccessShare", "RowShare", "RowExclusive", "ShareUpdateExclusive", "Share", "ShareRowExclusive", "Exclusive", "AccessExclusive"}

// String is the mode's name without "Lock", as pg_locks has it.
func (m Mode) String() string { return modeNames[m] }

// ParseMode reads a mode's name, with or without "Lock".
func ParseMode(name string) Mode {
	for m, n := range modeNames {
		if n != "" && (n == name || n+"Lock" == name) {
			return Mode(m)
		}
	}
	return None
}

// Lock is a lock on a relation.
type Lock struct {
	Table *catalog.Table
	Mode  Mode
}

// Op names what an action does.
type Op string

// The operations that rules ask for by name.
const (
	CreateTable     Op = "create table"
	CreateIndex     Op = "create index"
	DropIndex       Op = "drop index"
	Reindex         Op = "reindex"
	AddColumn       Op = "add column"
	DropColumn      Op = "drop column"
	AlterType       Op = "alter type"
	SetNotNull      Op = "set not null"
	DropNotNull     Op = "drop not null"
	SetDefault      Op = "set default"
	DropDefault     Op = "drop default"
	AddConstraint   Op = "add constraint"
	Validate        Op = "validate constraint"
	DropConstraint  Op = "drop constraint"
	Attach          Op = "attach partition"
	Detach          Op = "detach partition"
	SetExpression   Op = "set expression"
	AddIdentity     Op = "add identity"
	RewriteCommand  Op = "rewrite command"
	TriggerState    Op = "enable or disable trigger"
	CreateTrigger   Op = "create trigger"
	AlterOther      Op = "alter table"
	RenameTable     Op = "rename table"
	RenameColumn    Op = "rename column"
	RenameOther     Op = "rename"
	DropTable       Op = "drop table"
	DropSchema      Op = "drop schema"
	DropDatabase    Op = "drop database"
	DropObject      Op = "drop object"
	Truncate        Op = "truncate"
	Refresh         Op = "refresh materialized view"
	LockTable       Op = "lock table"
	Insert          Op = "insert"
	Update          Op = "update"
	Delete          Op = "delete"
	Merge           Op = "merge"
	Copy            Op = "copy"
	Select          Op = "select"
	DomainCheck     Op = "domain constraint"
	AddValue        Op = "add enum value"
	Transaction     Op = "transaction"
	Set             Op = "set"
	Do              Op = "do"
	Create          Op = "create"
	Maintenance     Op = "maintenance"
	Other           Op = "other"
	CreatePartition Op = "create partition"
)

// Action is one thing a statement does.
type Action struct {
	Op    Op
	Table *catalog.Table // what it is done to; nil where that is no relation
	Ref   *catalog.Table // what a foreign key leads to, or the partition
	// Object is the name for messages: "orders", "orders.email", "ix_orders_status".
	Object string
	// Name is the constraint, index, type or other thing meant.
	Name string
	// Kind is an object type for DROP and RENAME: "view", "index".
	Kind string
	// Columns are the columns it is about. Column is the column as it was before; nil where not known.
	Columns []string
	Column  *catalog.Column
	// ConKind and Con are the constraint that is added, validated or dropped.
	ConKind catalog.ConstraintKind
	Con     *pg.Constraint
	Old     *catalog.Constraint
	Def     *pg.ColumnDef
	// From and To are the types of a change; Index the index concerned.
	From, To catalog.TypeRef
	Index    *catalog.Index
	Cmd      *pg.AlterTableCmd
	Node     *pg.Node
	Loc      int32

	Locks   []Lock
	Rewrite bool
	Scan    []*catalog.Table // tables read from end to end under the lock
	Build   bool             // an index is built
	// UTCOnly says that there is no rewrite only where the session's time zone is UTC.
	UTCOnly bool
	// NoTx says that the server refuses it in a transaction.
	NoTx bool
	// Why is what decided, for messages: the volatile function, the domain's name.
	Why string
	// Sure says that the answer did not rest on an assumption about something never seen.
	Sure bool

	NotValid, Concurrent, UsingIndex, IfExists, IfNotExists, Cascade bool
	// Where says that DML is limited; Batched that it is so to a bounded number of rows.
	Where, Batched bool
	// Refused says why the server does not do it at all; empty where it does.
	Refused string
}

// Lock is the strongest mode on a table.
func (a *Action) Lock(t *catalog.Table) Mode {
	m := None
	for _, l := range a.Locks {
		if l.Table == t {
			m = max(m, l.Mode)
		}
	}
	return m
}

// Long says whether the action takes time that grows with the table.
func (a *Action) Long() bool { return a.Rewrite || a.Build || len(a.Scan) > 0 }

// DML says whether the action changes rows.
func (a *Action) DML() bool {
	switch a.Op {
	case Insert, Update, Delete, Merge, Copy:
		return true
	}
	return false
}

// Schema says whether the action changes the schema.
func (a *Action) Schema() bool {
	switch a.Op {
	case Select, Transaction, Set, Do, Maintenance, LockTable, Other:
		return false
	}
	return !a.DML()
}

// Analyzer finds the actions of statements in order.
type Analyzer struct {
	Catalog *catalog.Catalog
	// Version is the server's major version.
	Version int
	// NotUTC says that the session's time zone was set to one that is not UTC.
	NotUTC bool
}
