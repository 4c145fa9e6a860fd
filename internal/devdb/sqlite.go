package devdb

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync/atomic"

	"modernc.org/sqlite"
)

var sqliteSerial atomic.Int64

// Ent and Atlas call the driver by the name of its cgo sibling.
func init() {
	if !slices.Contains(sql.Drivers(), "sqlite3") {
		sql.Register("sqlite3", &sqlite.Driver{})
	}
}

// OpenSQLite makes a fresh, empty SQLite database in memory, with foreign keys enforced. All connections of the pool
// see the same database; its URL (scheme sqlite) works within this process only.
func OpenSQLite(ctx context.Context) (*Database, error) {
	name := fmt.Sprintf("plinth_%d", sqliteSerial.Add(1))
	dsn := "file:/" + name + "?vfs=memdb&_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("opening an SQLite database in memory: %w", err)
	}
	hold, err := db.Conn(ctx) // the database lives for as long as it has a connection
	if err == nil {
		err = hold.PingContext(ctx)
	}
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("opening an SQLite database in memory: %w", err)
	}
	return &Database{DB: db, URL: "sqlite://" + dsn, Name: name, drop: hold.Close}, nil
}
