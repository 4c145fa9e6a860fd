package lint

import "time"

// Live is what only a PostgreSQL catalogue knows, beyond the schema that an inspection gives. It is nil for a source
// that has no server behind it. Tables are named as schema.table, columns and indexes with their plain names.
type Live struct {
	// Major is the server's major version.
	Major int
	// Serving says that it is a database in use, so that its age and statistics mean something, rather than a
	// throwaway one that a file was loaded on.
	Serving bool
	// Replica says that the server is a standby, whose counters are its own.
	Replica bool
	// StatsAge is the time since the statistics were reset; zero where that is not known.
	StatsAge time.Duration

	ForeignKeys []LiveForeignKey
	Indexes     []LiveIndex
	NotValid    []LiveConstraint
	Inherits    []LiveInheritance
	Domains     []LiveDomain
	Security    []LiveSecurity
	Policies    []LivePolicy
	Functions   []LiveFunction
	Views       []LiveView
	Sequences   []LiveSequence
	Tables      []LiveTable
}

// LiveForeignKey is what a foreign key says beyond columns and actions.
type LiveForeignKey struct {
	Table, Name    string
	Deferrable     bool
	MatchFull      bool
	SetNullColumns []string // of ON DELETE SET NULL (…); empty where it means all
	Inherited      bool     // a partition's copy of its parent's
	Parent         string   // of a partition: the partitioned table at the top
	Columns        []string
}

// LiveIndex is what an index says beyond its columns, and its counters.
type LiveIndex struct {
	Table, Name string
	Valid       bool
	Building    bool     // a CREATE INDEX CONCURRENTLY is at work on it right now
	OnParent    bool     // of a partitioned table, whose partitions may still lack theirs
	Collations  []string // by key, empty where it is the column's own
	Scans       int64
	Bytes       int64
}

// LiveConstraint is a constraint that was added NOT VALID and never validated.
type LiveConstraint struct{ Table, Name, Kind string }

// LiveInheritance is classic inheritance, not a partition.
type LiveInheritance struct{ Child, Parent string }

// LiveDomain is a domain: its base type as format_type gives it, and its checks.
type LiveDomain struct {
	Name   string // as format_type gives it
	Base   string
	Checks []string
}

// LiveSecurity is a table's row-level security.
type LiveSecurity struct {
	Table   string
	Enabled bool
	Forced  bool
}

// LivePolicy is a row-level security policy.
type LivePolicy struct {
	Table, Name, Command string
	Permissive           bool
	Using, Check         string
}

// LiveFunction is a function or procedure of the user's own schemas.
type LiveFunction struct {
	Name       string // schema.name(arguments)
	Plain      string // name alone
	Definer    bool   // SECURITY DEFINER
	SearchPath bool   // has its own search_path
	Volatile   bool
	Comment    bool
}

// LiveView is a view and the tables it reads.
type LiveView struct {
	Name    string
	Invoker bool // security_invoker
	Reads   []string
}

// LiveSequence is a sequence and the column it feeds.
type LiveSequence struct {
	Name, Table, Column string
	Last, Max           int64
}

// LiveTable is a table's counters.
type LiveTable struct {
	Name               string
	Rows, Dead         int64
	SeqScans, IdxScans int64
	SeqRows            int64
	Bytes              int64
}
