package trace

// Mode is a table-level lock mode, named as in pg_locks without the suffix Lock.
type Mode string

// The modes, weakest first.
const (
	AccessShare          Mode = "AccessShare"
	RowShare             Mode = "RowShare"
	RowExclusive         Mode = "RowExclusive"
	ShareUpdateExclusive Mode = "ShareUpdateExclusive"
	Share                Mode = "Share"
	ShareRowExclusive    Mode = "ShareRowExclusive"
	Exclusive            Mode = "Exclusive"
	AccessExclusive      Mode = "AccessExclusive"
)

// modes lists what each mode keeps waiting, by the table "Conflicting Lock Modes" of the PostgreSQL documentation.
var modes = map[Mode]struct {
	level          int
	short          string
	reads, writes  bool // SELECT; INSERT, UPDATE and DELETE
	schemaChanges  bool // any DDL that takes ShareUpdateExclusive, such as CREATE INDEX CONCURRENTLY, and VACUUM
	lockingSelects bool // SELECT … FOR UPDATE or SHARE
}{
	AccessShare:          {1, "AS", false, false, false, false},
	RowShare:             {2, "RS", false, false, false, false},
	RowExclusive:         {3, "RX", false, false, false, false},
	ShareUpdateExclusive: {4, "SUX", false, false, true, false},
	Share:                {5, "S", false, true, true, false},
	ShareRowExclusive:    {6, "SRX", false, true, true, false},
	Exclusive:            {7, "X", false, true, true, true},
	AccessExclusive:      {8, "AX", true, true, true, true},
}

// Level orders the modes by strength: 1 for AccessShare to 8 for AccessExclusive, 0 for none.
func (m Mode) Level() int { return modes[m].level }

// Short is the usual abbreviation, such as SUX.
func (m Mode) Short() string { return modes[m].short }

// BlocksReads is whether SELECT waits for a holder of m.
func (m Mode) BlocksReads() bool { return modes[m].reads }

// BlocksWrites is whether INSERT, UPDATE and DELETE wait for a holder of m.
func (m Mode) BlocksWrites() bool { return modes[m].writes }

// BlocksMaintenance is whether VACUUM and concurrent index builds wait for a holder of m.
func (m Mode) BlocksMaintenance() bool { return modes[m].schemaChanges }

// BlocksRowLocks is whether SELECT … FOR UPDATE waits for a holder of m.
func (m Mode) BlocksRowLocks() bool { return modes[m].lockingSelects }
