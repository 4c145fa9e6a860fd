package migration

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"

	"ariga.io/atlas/sql/migrate"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Revision is one row of the revision table.
type Revision = migrate.Revision

// cloudRow is a row that the vendor's CLI leaves in the table for its own purposes.
const cloudRow = ".atlas_cloud_identifier"

// The table as the atlas CLI makes it.
var createRevisions = map[string][]string{
	schemagraph.Postgres: {
		`"version" character varying NOT NULL`, `"description" character varying NOT NULL`,
		`"type" bigint NOT NULL DEFAULT 2`, `"applied" bigint NOT NULL DEFAULT 0`, `"total" bigint NOT NULL DEFAULT 0`,
		`"executed_at" timestamptz NOT NULL`, `"execution_time" bigint NOT NULL`, `"error" text NULL`,
		`"error_stmt" text NULL`, `"hash" character varying NOT NULL`, `"partial_hashes" jsonb NULL`,
		`"operator_version" character varying NOT NULL`,
	},
	schemagraph.SQLite: {
		`"version" text NOT NULL`, `"description" text NOT NULL`,
		`"type" integer NOT NULL DEFAULT (2)`, `"applied" integer NOT NULL DEFAULT (0)`, `"total" integer NOT NULL DEFAULT (0)`,
		`"executed_at" datetime NOT NULL`, `"execution_time" integer NOT NULL`, `"error" text NULL`,
		`"error_stmt" text NULL`, `"hash" text NOT NULL`, `"partial_hashes" json NULL`,
		`"operator_version" text NOT NULL`,
	},
}

// ensureRevisions makes the table, its schema and the columns that older versions of the atlas CLI did not have.
func (t *Target) ensureRevisions(ctx context.Context, q querier) error {
	ok, err := t.tableExists(ctx, q, t.revisionsSchema(), revisionsTable)
	if err != nil {
		return err
	}
	if !ok {
		if s := t.revisionsSchema(); s != "" {
			// CREATE SCHEMA IF NOT EXISTS wants the right to create even where the schema is there.
			n, _, err := scalar[int](ctx, q, "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = $1", s)
			if err != nil {
				return fmt.Errorf("looking for schema %q: %w", s, err)
			}
			if n == 0 {
				if _, err := q.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+quote(s)); err != nil {
					return fmt.Errorf("creating schema %q of the revision table: %w", s, err)
				}
			}
		}
		ddl := "CREATE TABLE IF NOT EXISTS " + t.table() + " (" + strings.Join(createRevisions[t.Dialect], ", ") + `, PRIMARY KEY ("version"))`
		if _, err := q.ExecContext(ctx, ddl); err != nil {
			return fmt.Errorf("creating revision table: %w", err)
		}
		return nil
	}
	cols, err := t.revisionColumns(ctx, q)
	if err != nil {
		return err
	}
	for _, def := range createRevisions[t.Dialect] {
		name, _, _ := strings.Cut(strings.TrimPrefix(def, `"`), `"`)
		if cols[name] {
			continue
		}
		if strings.Contains(def, "NOT NULL") && !strings.Contains(def, "DEFAULT") {
			def += " DEFAULT ''"
		}
		if _, err := q.ExecContext(ctx, "ALTER TABLE "+t.table()+" ADD COLUMN "+def); err != nil {
			return fmt.Errorf("adding column %q to the revision table: %w", name, err)
		}
	}
	return nil
}

func (t *Target) revisionColumns(ctx context.Context, q querier) (map[string]bool, error) {
	rows, err := q.QueryContext(ctx, "SELECT * FROM "+t.table()+" WHERE 1 = 0")
	if err != nil {
		return nil, fmt.Errorf("reading revision table: %w", err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, fmt.Errorf("reading revision table: %w", err)
	}
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m, nil
}

// ReadRevisions gives the rows of the revision table in the order of their versions; none where there is no table.
func (t *Target) ReadRevisions(ctx context.Context) ([]*Revision, error) {
	return t.revisions(ctx, t.DB)
}

func (t *Target) revisions(ctx context.Context, q querier) ([]*Revision, error) {
	ok, err := t.tableExists(ctx, q, t.revisionsSchema(), revisionsTable)
	if err != nil || !ok {
		return nil, err
	}
	return t.readRevisions(ctx, q, "", nil)
}

func (t *Target) readRevisions(ctx context.Context, q querier, where string, args []any) ([]*Revision, error) {
	rows, err := q.QueryContext(ctx, "SELECT * FROM "+t.table()+where, args...)
	if err != nil {
		return nil, fmt.Errorf("reading revision table: %w", err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, fmt.Errorf("reading revision table: %w", err)
	}
	var out []*Revision
	for rows.Next() {
		r := &Revision{Type: migrate.RevisionTypeExecute}
		var errText, errStmt, partial *string
		var ns int64
		dest := make([]any, len(names))
		for i, n := range names {
			switch n {
			case "version":
				dest[i] = &r.Version
			case "description":
				dest[i] = &r.Description
			case "type":
				dest[i] = &r.Type
			case "applied":
				dest[i] = &r.Applied
			case "total":
				dest[i] = &r.Total
			case "executed_at":
				dest[i] = &r.ExecutedAt
			case "execution_time":
				dest[i] = &ns
			case "error":
				dest[i] = &errText
			case "error_stmt":
				dest[i] = &errStmt
			case "hash":
				dest[i] = &r.Hash
			case "partial_hashes":
				dest[i] = &partial
			case "operator_version":
				dest[i] = &r.OperatorVersion
			default:
				dest[i] = new(any)
			}
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, fmt.Errorf("reading revision table: %w", err)
		}
		if r.Version == cloudRow {
			continue
		}
		r.ExecutionTime = time.Duration(ns)
		if errText != nil {
			r.Error = *errText
		}
		if errStmt != nil {
			r.ErrorStmt = *errStmt
		}
		if partial != nil && *partial != "" {
			if err := json.Unmarshal([]byte(*partial), &r.PartialHashes); err != nil {
				return nil, fmt.Errorf("reading partial hashes of revision %q: %w", r.Version, err)
			}
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading revision table: %w", err)
	}
	// Versions are compared as bytes everywhere, whatever the database's collation.
	sort.SliceStable(out, func(i, j int) bool { return out[i].Version < out[j].Version })
	return out, nil
}

// revision reads one row; nil where there is none.
func (t *Target) revision(ctx context.Context, q querier, version string) (*Revision, error) {
	mark := "?"
	if t.Dialect == schemagraph.Postgres {
		mark = "$1"
	}
	rs, err := t.readRevisions(ctx, q, ` WHERE "version" = `+mark, []any{version})
	if err != nil || len(rs) == 0 {
		return nil, err
	}
	return rs[0], nil
}

// upsert is the statement that saves a revision, with its values written into it: it can share a round trip with a
// COMMIT that way.
func (t *Target) upsert(r *Revision) string {
	var partial any
	if len(r.PartialHashes) > 0 {
		b, _ := json.Marshal(r.PartialHashes) // strings always encode
		partial = string(b)
	}
	at := r.ExecutedAt.UTC().Format("2006-01-02 15:04:05.999999999-07:00")
	values := []any{r.Version, r.Description, int64(r.Type), int64(r.Applied), int64(r.Total), at, int64(r.ExecutionTime),
		optional(r.Error), optional(r.ErrorStmt), r.Hash, partial, r.OperatorVersion}
	cols := []string{"version", "description", "type", "applied", "total", "executed_at", "execution_time", "error",
		"error_stmt", "hash", "partial_hashes", "operator_version"}
	lits, sets := make([]string, len(cols)), make([]string, 0, len(cols))
	for i, v := range values {
		lits[i] = literal(t.Dialect, v)
		cols[i] = quote(cols[i])
		if i > 0 {
			sets = append(sets, cols[i]+" = excluded."+cols[i])
		}
	}
	return "INSERT INTO " + t.table() + " (" + strings.Join(cols, ", ") + ") VALUES (" + strings.Join(lits, ", ") +
		`) ON CONFLICT ("version") DO UPDATE SET ` + strings.Join(sets, ", ")
}

func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// literal writes a value as SQL. Strings with a backslash use PostgreSQL's escape form, so that the setting
// standard_conforming_strings does not matter; a zero byte, which no text can hold, is dropped.
func literal(dialect string, v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case int64:
		return fmt.Sprint(v)
	case string:
		v = strings.ReplaceAll(strings.ToValidUTF8(v, "\uFFFD"), "\x00", "")
		s := "'" + strings.ReplaceAll(v, "'", "''") + "'"
		if dialect == schemagraph.Postgres && strings.Contains(v, `\`) {
			return " E" + strings.ReplaceAll(s, `\`, `\\`)
		}
		return s
	}
	return "NULL"
}

// done says whether the revision needs nothing more: it ran whole, or somebody resolved it by hand.
func done(r *Revision) bool {
	return r.Applied == r.Total || r.Type.Has(migrate.RevisionTypeResolved)
}
