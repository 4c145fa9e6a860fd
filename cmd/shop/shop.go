package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	_ "github.com/lib/pq" // the driver "postgres"

	"github.com/plinth-go/plinth/ent"
	"github.com/plinth-go/plinth/internal/devdb"
	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/repository"
	"github.com/plinth-go/plinth/store"
)

type options struct {
	url        string
	migrations string
}

// shop is the application: the client for the unit of work, the repositories for everything else.
type shop struct {
	client *ent.Client
	*repository.Repositories
	where string // what database it works on, without a password
}

// setupError says that there is no database to work on.
type setupError struct{ err error }

func (e *setupError) Error() string { return e.err.Error() }
func (e *setupError) Unwrap() error { return e.err }

// withShop opens the database, brings its schema up, and runs fn on it.
func withShop(ctx context.Context, o options, stderr io.Writer, fn func(*shop) error) (err error) {
	if o.url != "" {
		db, err := sql.Open("postgres", o.url)
		if err != nil {
			return &setupError{fmt.Errorf("opening %s: %w", devdb.Redact(o.url), err)}
		}
		defer db.Close()
		if err := db.PingContext(ctx); err != nil {
			return &setupError{fmt.Errorf("connecting to %s: %w", devdb.Redact(o.url), err)}
		}
		return onDatabase(ctx, o, db, devdb.Redact(o.url), fn)
	}
	server, err := devdb.Start(ctx, devdb.Options{Logf: func(f string, a ...any) { fmt.Fprintf(stderr, f+"\n", a...) }})
	if err != nil {
		return &setupError{err}
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	d, err := server.NewDatabase(ctx)
	if err != nil {
		return &setupError{err}
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return onDatabase(ctx, o, d.DB, fmt.Sprintf("a throwaway PostgreSQL %d", server.Major()), fn)
}

func onDatabase(ctx context.Context, o options, db *sql.DB, where string, fn func(*shop) error) error {
	if err := migrate(ctx, db, o.migrations); err != nil {
		return &setupError{err}
	}
	client := ent.NewClient(ent.Driver(store.NewDriver("postgres", db)))
	return fn(&shop{client: client, Repositories: repository.New(client), where: where})
}

// desired is the schema as SQL, for a checkout that has no migrations yet.
const desired = "ent/migrate/schema.sql"

// migrate applies the migrations that the database does not have yet.
func migrate(ctx context.Context, db *sql.DB, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		text, err := os.ReadFile(desired)
		if err != nil {
			return fmt.Errorf("there is no directory %q: run shop where the migrations are, or name them with --migrations", path)
		}
		_, err = db.ExecContext(ctx, string(text))
		return err
	}
	dir, err := migration.Open(path, migration.FormatGolangMigrate, false)
	if err != nil {
		return err
	}
	target := &migration.Target{DB: db, Dialect: "postgres", Schema: "public"}
	_, err = target.Apply(ctx, dir, migration.ApplyOptions{Operator: "shop"})
	return err
}
