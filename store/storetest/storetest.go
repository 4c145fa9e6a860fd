// Package storetest gives the generated tests of repositories their databases and values: for each test a database of
// its own, on SQLite in memory and, where PLINTH_TEST_URL names a PostgreSQL server, on that as well.
//
// The drivers are those that the test's package imports: "sqlite" (modernc.org/sqlite), and "postgres" (lib/pq) or
// "pgx" (pgx's stdlib). The package links none.
package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"entgo.io/ent/dialect"

	"github.com/plinth-go/plinth/store"
)

// URLVariable is the environment variable with the URL of a PostgreSQL server on which databases may be made.
const URLVariable = "PLINTH_TEST_URL"

// AfterVariable is the environment variable with SQL that is run on every PostgreSQL database after its schema: what a
// mutation test breaks on purpose.
const AfterVariable = "PLINTH_TEST_AFTER"

// Schema makes the tables of a test's database.
type Schema struct {
	// File is the schema of PostgreSQL as SQL. Where it is empty or not there, Make is used.
	File string
	// Make makes the tables through a driver, usually by Ent's own migration.
	Make func(ctx context.Context, drv dialect.Driver) error
}

// apply makes the tables of a PostgreSQL database.
func (s Schema) apply(ctx context.Context, db *sql.DB) error {
	text, err := os.ReadFile(s.File)
	if s.File == "" || errors.Is(err, fs.ErrNotExist) {
		return s.Make(ctx, store.NewDriver(dialect.Postgres, db, store.Statements(0)))
	}
	if err == nil {
		_, err = db.ExecContext(ctx, string(text))
	}
	if after := os.Getenv(AfterVariable); err == nil && after != "" {
		_, err = db.ExecContext(ctx, after)
	}
	return err
}

// Each runs a test on every database there is, in parallel, each time with an empty one of its own.
func Each(t *testing.T, s Schema, fn func(t *testing.T, drv *store.Driver)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, sqlite(t, s))
	})
	if u := os.Getenv(URLVariable); u != "" {
		t.Run("postgres", func(t *testing.T) {
			t.Parallel()
			fn(t, postgres(t, s, u))
		})
	}
}

var serial atomic.Int64

func sqlite(t *testing.T, s Schema) *store.Driver {
	t.Helper()
	if !slices.Contains(sql.Drivers(), "sqlite") {
		t.Fatal(`no driver "sqlite": import _ "modernc.org/sqlite"`)
	}
	dsn := fmt.Sprintf("file:/plinth_test_%d?vfs=memdb&_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)&_txlock=immediate", serial.Add(1))
	db, err := sql.Open("sqlite", dsn)
	check(t, err, "opening an SQLite database")
	drv := store.NewDriver(dialect.SQLite, db)
	hold, err := db.Conn(t.Context()) // the database lives for as long as it has a connection
	check(t, err, "opening an SQLite database")
	t.Cleanup(func() { check(t, errors.Join(hold.Close(), drv.Close()), "closing the database") })
	check(t, s.Make(t.Context(), drv), "making the schema")
	return drv
}

func check(t *testing.T, err error, doing string) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", doing, err)
	}
}

// template is the database that those of the tests are copied from. It is dropped when no test uses it.
type template struct {
	mu    sync.Mutex
	users int
	name  string
	admin *sql.DB
}

var templates sync.Map // of *template by schema

func postgres(t *testing.T, s Schema, rawURL string) *store.Driver {
	t.Helper()
	v, _ := templates.LoadOrStore(rawURL+"\x00"+s.File, &template{})
	tmpl := v.(*template)
	check(t, tmpl.acquire(s, rawURL), "making the schema")
	t.Cleanup(func() { check(t, tmpl.release(), "dropping the template") })
	name := tmpl.name + fmt.Sprintf("_%d", serial.Add(1))
	tmpl.mu.Lock()
	_, err := tmpl.admin.Exec("CREATE DATABASE " + name + " TEMPLATE " + tmpl.name)
	tmpl.mu.Unlock()
	check(t, err, "creating a database")
	db, err := open(rawURL, name)
	check(t, err, "opening a database")
	drv := store.NewDriver(dialect.Postgres, db)
	t.Cleanup(func() {
		err := drv.Close()
		_, derr := tmpl.admin.Exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)")
		check(t, errors.Join(err, derr), "dropping the database")
	})
	return drv
}

func (m *template) acquire(s Schema, rawURL string) (err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.users > 0 {
		m.users++
		return nil
	}
	if m.admin, err = open(rawURL, ""); err != nil {
		return err
	}
	m.name = "plinth_test_" + strings.ToLower(rand.Text()[:12])
	if _, err = m.admin.Exec("CREATE DATABASE " + m.name); err != nil {
		return errors.Join(err, m.admin.Close())
	}
	db, err := open(rawURL, m.name)
	if err == nil {
		err = errors.Join(s.apply(context.Background(), db), db.Close())
	}
	if err != nil {
		return errors.Join(err, m.drop())
	}
	m.users = 1
	return nil
}

func (m *template) release() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.users--; m.users > 0 {
		return nil
	}
	return m.drop()
}

func (m *template) drop() error {
	_, err := m.admin.Exec("DROP DATABASE IF EXISTS " + m.name + " WITH (FORCE)")
	return errors.Join(err, m.admin.Close())
}

// open opens a database of the server of a URL.
func open(rawURL, name string) (*sql.DB, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("reading %s: it is not a URL", URLVariable)
	}
	if name != "" {
		u.Path = "/" + name
	}
	for _, driver := range []string{"postgres", "pgx"} {
		if slices.Contains(sql.Drivers(), driver) {
			return sql.Open(driver, u.String())
		}
	}
	return nil, errors.New(`no PostgreSQL driver: import _ "github.com/lib/pq" or _ "github.com/jackc/pgx/v5/stdlib"`)
}
