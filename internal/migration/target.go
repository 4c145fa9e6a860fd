package migration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/sqlite"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Target is a database that migrations run on. The caller opens and closes it.
type Target struct {
	DB *sql.DB
	// Dialect is schemagraph.Postgres or schemagraph.SQLite.
	Dialect string
	// Schema is the schema the connection is bound to by its search_path; empty for all of the database.
	Schema string
	// Revisions is the schema of the revision table. When empty it is Schema, and without one the schema
	// atlas_schema_revisions, as with the atlas CLI.
	Revisions string
	// File is an SQLite database's file: what the lock is for. Empty for one in memory.
	File string
}

const revisionsTable = "atlas_schema_revisions"

// revisionsSchema is the schema the revision table is in; empty on SQLite.
func (t *Target) revisionsSchema() string {
	switch {
	case t.Dialect == schemagraph.SQLite:
		return ""
	case t.Revisions != "":
		return t.Revisions
	case t.Schema != "":
		return t.Schema
	}
	return revisionsTable
}

// table is the quoted name of the revision table.
func (t *Target) table() string {
	if s := t.revisionsSchema(); s != "" {
		return quote(s) + "." + quote(revisionsTable)
	}
	return quote(revisionsTable)
}

func quote(ident string) string { return `"` + strings.ReplaceAll(ident, `"`, `""`) + `"` }

// querier is what a connection, a pool and a transaction have in common.
type querier interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}

// scalar reads one value; ok is false where there is no row.
func scalar[T any](ctx context.Context, q querier, query string, args ...any) (v T, ok bool, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return v, false, err
	}
	defer rows.Close()
	if !rows.Next() {
		return v, false, rows.Err()
	}
	if err := rows.Scan(&v); err != nil {
		return v, false, err
	}
	return v, true, rows.Close()
}

// tableExists asks for a table of a schema.
func (t *Target) tableExists(ctx context.Context, q querier, schema, name string) (bool, error) {
	query, args := "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?", []any{name}
	if t.Dialect == schemagraph.Postgres {
		query = "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = $1 AND tablename = $2"
		args = []any{schema, name}
	}
	n, _, err := scalar[int](ctx, q, query, args...)
	if err != nil {
		return false, fmt.Errorf("looking for table %q: %w", name, err)
	}
	return n > 0, nil
}

// ErrAmbiguousRevisions says that the connected schema has no revision table but the schema that older versions
// of the atlas CLI used has one.
var ErrAmbiguousRevisions = errors.New("ambiguous revision table")

// checkClarity refuses to guess between two places of the revision table.
func (t *Target) checkClarity(ctx context.Context, q querier) error {
	if t.Dialect != schemagraph.Postgres || t.Schema == "" || t.Revisions != "" || t.Schema == revisionsTable {
		return nil
	}
	if ok, err := t.tableExists(ctx, q, t.Schema, revisionsTable); err != nil || ok {
		return err
	}
	ok, err := t.tableExists(ctx, q, revisionsTable, revisionsTable)
	if err != nil || !ok {
		return err
	}
	return fmt.Errorf("%w: schema %q has none, but schema %q has one; name the one to use with --revisions-schema",
		ErrAmbiguousRevisions, t.Schema, revisionsTable)
}

// checkClean fails with *migrate.NotCleanError when the database holds anything but the revision table.
func (t *Target) checkClean(ctx context.Context, q querier) error {
	if t.Dialect == schemagraph.SQLite {
		drv, err := sqlite.Open(q)
		if err != nil {
			return fmt.Errorf("inspecting database: %w", err)
		}
		return drv.(migrate.CleanChecker).CheckClean(ctx, &migrate.TableIdent{Name: revisionsTable})
	}
	query, args := `SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f') AND NOT (n.nspname = $1 AND c.relname = $2)
AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_toast%' AND n.nspname NOT LIKE 'pg\_temp%'
AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
AND ($3 = '' OR n.nspname = $3) ORDER BY 1, 2 LIMIT 1`, []any{t.revisionsSchema(), revisionsTable, t.Schema}
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("inspecting database: %w", err)
	}
	defer rows.Close()
	if rows.Next() {
		var schema, table string
		if err := rows.Scan(&schema, &table); err != nil {
			return fmt.Errorf("inspecting database: %w", err)
		}
		return &migrate.NotCleanError{Reason: fmt.Sprintf("found table %q in schema %q", table, schema)}
	}
	if err := rows.Err(); err != nil || t.Schema != "" {
		return err
	}
	// Bound to no schema: a schema of somebody else's is somebody else's work as well.
	name, ok, err := scalar[string](ctx, q, `SELECT nspname FROM pg_catalog.pg_namespace
WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'public', $1) AND nspname NOT LIKE 'pg\_%'
AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_namespace'::regclass AND d.objid = pg_namespace.oid AND d.deptype = 'e')
ORDER BY 1 LIMIT 1`, t.revisionsSchema())
	if err != nil {
		return fmt.Errorf("inspecting database: %w", err)
	}
	if ok {
		return &migrate.NotCleanError{Reason: fmt.Sprintf("found schema %q", name)}
	}
	return nil
}

// driver is the library's driver on a connection: for the way back from a throwaway run.
func (t *Target) driver(q querier) (migrate.Driver, error) {
	if t.Dialect == schemagraph.SQLite {
		return sqlite.Open(q)
	}
	return postgres.Open(q)
}
