package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"

	"entgo.io/ent/dialect"
)

// Snapshot runs reads that belong together as of one moment: in the unit of work of the context where there is one, else
// in a read-only transaction of its own that repeats reads.
func Snapshot[T Tx](ctx context.Context, client Beginner[T], fn func(ctx context.Context) error) error {
	for u := unitOf(ctx); u != nil; u = u.parent {
		if same(u.client, client) || u.conn != nil && !u.ended.Load() {
			return fn(ctx)
		}
	}
	return InTx(ctx, client, fn, ReadOnly(), Isolation(sql.LevelRepeatableRead))
}

// PartColumns are the columns of an aggregate's part, quoted.
type PartColumns struct {
	ID, IDType string
	Key        string   // holds the root's id
	Scope      string   // holds the tenant; empty for none
	Mutable    []string // what a later save may change
}

// Part is the rows of one table that belong to an aggregate.
type Part struct {
	columns      PartColumns
	table, names string
	unnest       string
	arrays       []any
	ids          *Array
	rows         int
}

// PartOf makes a part of rows that are filled in, their root's id included.
func PartOf[T any](in *Insert[T], rows []*T, id func(*T) any, c PartColumns) Part {
	ids := &Array{}
	for _, r := range rows {
		ids.addColumn(id(r))
	}
	return Part{columns: c, table: in.Table, names: in.Names(), unnest: in.Unnest(), arrays: in.Arrays(rows), ids: ids, rows: len(rows)}
}

// SaveNew writes a new root and its parts with one statement of PostgreSQL.
func SaveNew[T any](ctx context.Context, db dialect.ExecQuerier, root *Insert[T], row *T, parts []Part) error {
	args := make([]any, 0, len(root.Columns)+16)
	for _, c := range root.Columns {
		args = append(args, c.Value(row))
	}
	for _, p := range parts {
		args = append(args, p.arrays...)
	}
	return db.Exec(ctx, saveNewText(root, parts), args, nil)
}

// saveNewTexts keeps the statements of SaveNew by the root's table: there is one for each aggregate.
var saveNewTexts sync.Map

func saveNewText[T any](root *Insert[T], parts []Part) string {
	key := root
	if text, ok := saveNewTexts.Load(key); ok {
		return text.(string)
	}
	var b strings.Builder
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(root.Columns)), ", ")
	b.WriteString("WITH root AS (INSERT INTO " + root.Table + " (" + root.Names() + ") VALUES (" + marks + "))")
	for i, p := range parts {
		fmt.Fprintf(&b, ", part%d AS (INSERT INTO %s (%s) SELECT * FROM %s)", i, p.table, p.names, p.unnest)
	}
	b.WriteString(" SELECT 1")
	text := Postgres.Number(b.String(), 1)
	saveNewTexts.Store(key, text)
	return text
}

// SaveOld changes an existing root and makes it have exactly these parts, with one statement of PostgreSQL: parts that
// are not listed are deleted, those whose id exists are changed, the others are added. It returns ErrNotFound where
// the root is not there or a part's id belongs to another root, and ErrStale where the root has another version.
func (s *Source[T]) SaveOld(ctx context.Context, set *Set, scope []any, id any, versionColumn string, version any, parts []Part) (*T, error) {
	var b strings.Builder
	args := append(append(append([]any{}, set.args...), scope...), id)
	b.WriteString("WITH root AS (UPDATE " + s.Table + " SET " + set.text.String() + " WHERE " + and(s.Scope, s.ID+" = ?"))
	if versionColumn != "" {
		b.WriteString(" AND " + versionColumn + " = ?")
		args = append(args, version)
	}
	b.WriteString(" RETURNING " + s.Columns + ")")
	complete := "true"
	for i, p := range parts {
		c := p.columns
		fmt.Fprintf(&b, ", gone%d AS (DELETE FROM %s WHERE %s IN (SELECT %s FROM root) AND NOT (%s = ANY(?::%s[])) RETURNING 1)",
			i, p.table, c.Key, s.ID, c.ID, c.IDType)
		args = append(args, p.ids)
		fmt.Fprintf(&b, ", part%d AS (INSERT INTO %s (%s) SELECT given.* FROM root, %s AS given WHERE (SELECT count(*) FROM gone%d) >= 0 ON CONFLICT (%s) DO UPDATE SET ",
			i, p.table, p.names, p.unnest, i, c.ID)
		args = append(args, p.arrays...)
		for n, m := range append([]string{c.ID}, c.Mutable...) {
			if n > 0 {
				b.WriteString(", ")
			}
			b.WriteString(m + " = EXCLUDED." + m)
		}
		fmt.Fprintf(&b, " WHERE %s.%s = EXCLUDED.%s", p.table, c.Key, c.Key)
		if c.Scope != "" {
			fmt.Fprintf(&b, " AND %s.%s = EXCLUDED.%s", p.table, c.Scope, c.Scope)
		}
		b.WriteString(" RETURNING 1)")
		complete += fmt.Sprintf(" AND (SELECT count(*) FROM part%d) = %d", i, p.rows)
	}
	// A part that belongs to another root is skipped above; dividing by zero undoes the statement then.
	fmt.Fprintf(&b, " SELECT %s, 1 / (CASE WHEN %s THEN 1 ELSE 0 END) FROM root", s.Columns, complete)
	var ok int
	scan := func(rows Rows, extra ...any) (*T, error) { return s.Scan(rows, append(extra, &ok)...) }
	row, err := One(ctx, s.Driver, scan, Postgres.Number(b.String(), 1), args...)
	if pg, is := postgresError(err); is && pg.state == "22012" {
		return nil, fmt.Errorf("a part belongs to another one: %w", ErrNotFound)
	}
	if !errors.Is(err, ErrNotFound) {
		return row, s.Constraints.Wrap(err)
	}
	return nil, s.missing(ctx, err, id, versionColumn, version)
}
