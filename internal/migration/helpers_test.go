package migration

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/devdb"
	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// testDir makes a hashed directory of the files.
func testDir(t testing.TB, format string, files map[string]string) *Dir {
	t.Helper()
	path := t.TempDir()
	for name, text := range files {
		p := filepath.Join(path, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(p), 0o755))
		require.NoError(t, os.WriteFile(p, []byte(text), 0o600))
	}
	d, err := Open(path, format, false)
	require.NoError(t, err)
	require.NoError(t, d.Hash())
	return d
}

// edit replaces a file and hashes again.
func edit(t testing.TB, d *Dir, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(d.Path(), name), []byte(text), 0o600))
	require.NoError(t, d.Hash())
}

func pgTarget(t testing.TB) (*Target, *devdb.Database) {
	t.Helper()
	db := devdbtest.Test(t)
	return &Target{DB: db.DB, Dialect: schemagraph.Postgres, Schema: "public"}, db
}

func liteTarget(t testing.TB) *Target {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.db")
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)&_time_format=sqlite")
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	return &Target{DB: db, Dialect: schemagraph.SQLite, Schema: "main", File: file}
}

// both runs a test on PostgreSQL and SQLite.
func both(t *testing.T, f func(t *testing.T, db *Target)) {
	t.Run("postgres", func(t *testing.T) {
		db, _ := pgTarget(t)
		f(t, db)
	})
	t.Run("sqlite", func(t *testing.T) { f(t, liteTarget(t)) })
}

func count(t testing.TB, db *sql.DB, query string) int {
	t.Helper()
	var n int
	require.NoError(t, db.QueryRow(query).Scan(&n), query)
	return n
}

func versions(revs []*Revision) []string {
	var out []string
	for _, r := range revs {
		out = append(out, r.Version)
	}
	return out
}

func apply(t testing.TB, db *Target, d *Dir, opts ApplyOptions) *ApplyReport {
	t.Helper()
	rep, err := db.Apply(context.Background(), d, opts)
	require.NoError(t, err)
	return rep
}
