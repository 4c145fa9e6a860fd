// Package inspect reads the state of a database into a design graph, without changing anything: tables through
// Atlas, and what Atlas does not model (extensions, functions, triggers, policies, row-level security, views, domains
// and the like) as companion objects, so that nothing is dropped in silence. It also brings two descriptions of a
// state into the one form that can be compared, the server's own, and says how two such states differ.
//
// In: a connection, and for Normalize an empty throwaway database. Out: graphs and differences. The database that is
// inspected is read inside one read-only transaction and never written to.
package inspect

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// RevisionsTable is where applied migrations are recorded. It, and a schema of the same name, are never part of a
// design.
const RevisionsTable = "atlas_schema_revisions"

// Options choose what is inspected.
type Options struct {
	// Schemas are the schemas to read; empty means all that users made.
	Schemas []string
	// Exclude leaves out what matches one of these glob patterns, as Atlas writes them: "schema", "schema.table",
	// "schema.table.column"; with exactly one schema given, "table".
	Exclude []string
	// Dialect is that of the database; empty means PostgreSQL.
	Dialect string
	// NoCompanions reads tables alone.
	NoCompanions bool
}

// Database reads the state of a database.
func Database(ctx context.Context, db *sql.DB, opts Options) (*schemagraph.Graph, error) {
	if opts.Dialect == schemagraph.SQLite {
		return sqliteDatabase(ctx, db, opts)
	}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return nil, fmt.Errorf("inspecting the database: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	// With no search path the server writes every name in full. It ends with the transaction.
	if _, err := tx.ExecContext(ctx, "SELECT set_config('search_path', '', true)"); err != nil {
		return nil, fmt.Errorf("inspecting the database: %w", err)
	}
	drv, err := postgres.Open(tx)
	if err != nil {
		return nil, fmt.Errorf("inspecting the database: %w", err)
	}
	realm, err := drv.InspectRealm(ctx, &schema.InspectRealmOption{
		Schemas: opts.Schemas,
		Exclude: exclusions(opts),
		Mode:    schema.InspectSchemas | schema.InspectTables | schema.InspectTypes,
	})
	if err != nil {
		return nil, fmt.Errorf("inspecting the database: %w", err)
	}
	realm.Attrs = nil // the server's own collation and encoding are no part of a design
	realm.Schemas = slices.DeleteFunc(realm.Schemas, func(s *schema.Schema) bool { return s.Name == RevisionsTable })
	for _, s := range realm.Schemas {
		s.Attrs = slices.DeleteFunc(s.Attrs, func(a schema.Attr) bool {
			c, ok := a.(*schema.Comment)
			return ok && s.Name == "public" && c.Text == "standard public schema"
		})
		tidy(s)
	}
	g := &schemagraph.Graph{Dialect: schemagraph.Postgres, Realm: realm}
	if err := plainSerials(ctx, tx, g); err != nil {
		return nil, fmt.Errorf("inspecting sequences: %w", err)
	}
	if !opts.NoCompanions {
		if g.Companions, err = companions(ctx, tx, g); err != nil {
			return nil, fmt.Errorf("inspecting the database: %w", err)
		}
	}
	return g, nil
}

func exclusions(opts Options) []string {
	out := slices.Clone(opts.Exclude)
	if len(opts.Schemas) == 1 {
		for i, p := range out {
			if !slices.ContainsFunc([]rune(p), func(r rune) bool { return r == '.' }) {
				out[i] = opts.Schemas[0] + "." + p
			}
		}
	}
	return append(out, "*."+RevisionsTable)
}

// tidy leaves out what a running database adds to a design: how far its sequences have counted, which foreign keys
// rely on an index, and the checks that the inspection repeats at their columns.
func tidy(s *schema.Schema) {
	for _, t := range s.Tables {
		indexes := t.Indexes
		if t.PrimaryKey != nil {
			indexes = append([]*schema.Index{t.PrimaryKey}, indexes...)
		}
		for _, idx := range indexes {
			idx.Attrs = slices.DeleteFunc(idx.Attrs, func(a schema.Attr) bool {
				c, ok := a.(*postgres.Constraint)
				return ok && strings.EqualFold(c.T, "f")
			})
		}
		for _, c := range t.Columns {
			c.Attrs = slices.DeleteFunc(c.Attrs, func(a schema.Attr) bool { _, ok := a.(*schema.Check); return ok })
			for i, a := range c.Attrs {
				if id, ok := a.(*postgres.Identity); ok && id.Sequence != nil {
					seq := *id.Sequence
					seq.Last = 0
					c.Attrs[i] = &postgres.Identity{Generation: id.Generation, Sequence: &seq}
				}
			}
		}
	}
}

func sqliteDatabase(ctx context.Context, db *sql.DB, opts Options) (*schemagraph.Graph, error) {
	drv, err := sqlite.Open(db)
	if err != nil {
		return nil, fmt.Errorf("inspecting the database: %w", err)
	}
	realm, err := drv.InspectRealm(ctx, &schema.InspectRealmOption{
		Schemas: opts.Schemas,
		Exclude: exclusions(opts),
		Mode:    schema.InspectSchemas | schema.InspectTables,
	})
	if err != nil {
		return nil, fmt.Errorf("inspecting the database: %w", err)
	}
	realm.Attrs = nil
	for _, s := range realm.Schemas {
		s.Attrs = nil
	}
	g := &schemagraph.Graph{Dialect: schemagraph.SQLite, Realm: realm}
	if !opts.NoCompanions {
		if g.Companions, err = sqliteCompanions(ctx, db, g); err != nil {
			return nil, fmt.Errorf("inspecting the database: %w", err)
		}
	}
	return g, nil
}
