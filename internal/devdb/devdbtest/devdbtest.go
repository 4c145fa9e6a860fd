// Package devdbtest gives tests their own databases.
//
// The server is started by the first test of a process that asks, shared by all its tests, and gone when the process
// is, however it ends: no TestMain is needed. Without a server a test fails; it is never skipped.
package devdbtest

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/plinth-go/plinth/internal/devdb"
)

var start = sync.OnceValues(func() (*devdb.Server, error) {
	return devdb.Start(context.Background(), devdb.Options{})
})

// Server returns the process's server. It must not be closed.
func Server(t testing.TB) *devdb.Server {
	t.Helper()
	s, err := start()
	if err != nil {
		t.Fatalf("starting the test database server: %v", err)
	}
	return s
}

// Test returns a fresh, empty PostgreSQL database that is dropped when the test ends. With PLINTH_KEEP_DB=1 a failed
// test keeps it, and says how to reach it and how to remove it.
func Test(t testing.TB) *devdb.Database {
	t.Helper()
	s := Server(t)
	d, err := s.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { finish(t, s, d) })
	return d
}

// SQLite returns a fresh, empty SQLite database that is gone when the test ends.
func SQLite(t testing.TB) *devdb.Database {
	t.Helper()
	d, err := devdb.OpenSQLite(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func finish(t testing.TB, s *devdb.Server, d *devdb.Database) {
	if t.Failed() && os.Getenv("PLINTH_KEEP_DB") == "1" {
		remove := s.Keep()
		t.Logf("kept the database: psql %q\nto remove it: %s", devdb.Redact(d.URL), remove)
		return
	}
	if err := d.Close(); err != nil {
		t.Errorf("dropping the test database: %v", err)
	}
}
