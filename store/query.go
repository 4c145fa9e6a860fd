package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// Scan reads the current row into a new value, and the columns after those of the value into extra.
type Scan[T any] func(rows Rows, extra ...any) (*T, error)

// Rows are the rows of a query.
type Rows = *entsql.Rows

// All runs a query and reads every row. size is the expected number of rows.
func All[T any](ctx context.Context, db dialect.ExecQuerier, scan Scan[T], size int, query string, args ...any) ([]*T, error) {
	items, _, err := read(ctx, db, scan, size, query, args)
	return items, err
}

// Counted runs a query of Dialect.ListText with a count, whose last column is the total. Without a row the total is
// not known and -1.
func Counted[T any](ctx context.Context, db dialect.ExecQuerier, scan Scan[T], size int, query string, args ...any) ([]*T, int64, error) {
	total := int64(-1)
	items, _, err := read(ctx, db, scan, size, query, args, &total)
	return items, total, err
}

// One runs a query for at most one row; without a row it returns ErrNotFound.
func One[T any](ctx context.Context, db dialect.ExecQuerier, scan Scan[T], query string, args ...any) (*T, error) {
	var rows entsql.Rows
	if err := db.Query(ctx, query, args, &rows); err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, errors.Join(rows.Err(), noRow(rows.Err()))
	}
	item, err := scan(&rows)
	if err != nil {
		return nil, err
	}
	if err := rows.Close(); err != nil {
		return nil, err
	}
	return item, rows.Err()
}

// noRow is ErrNotFound where there was no error.
func noRow(err error) error {
	if err == nil {
		return ErrNotFound
	}
	return nil
}

func read[T any](ctx context.Context, db dialect.ExecQuerier, scan Scan[T], size int, query string, args []any, extra ...any) ([]*T, int, error) {
	var rows entsql.Rows
	if err := db.Query(ctx, query, args, &rows); err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	items := make([]*T, 0, min(max(size, 0), MaxLimit+1))
	for rows.Next() {
		item, err := scan(&rows, extra...)
		if err != nil {
			return nil, 0, err
		}
		items = append(items, item)
	}
	return items, len(items), rows.Err()
}

// Scalar runs a query for one value; without a row it returns ErrNotFound.
func Scalar[V any](ctx context.Context, db dialect.ExecQuerier, query string, args ...any) (V, error) {
	var (
		rows entsql.Rows
		v    V
	)
	if err := db.Query(ctx, query, args, &rows); err != nil {
		return v, err
	}
	defer rows.Close()
	if !rows.Next() {
		return v, errors.Join(rows.Err(), noRow(rows.Err()))
	}
	if err := rows.Scan(&v); err != nil {
		return v, err
	}
	return v, errors.Join(rows.Close(), rows.Err())
}

// Run runs a statement and gives the number of rows it changed.
func Run(ctx context.Context, db dialect.ExecQuerier, query string, args ...any) (int64, error) {
	var res sql.Result
	if err := db.Exec(ctx, query, args, &res); err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Total finds the total of a list whose page did not carry it: an empty page, or an estimated total. What was
// counted is told by the second result: SQLite has no estimate.
func Total(ctx context.Context, db dialect.ExecQuerier, d Dialect, table, where string, args []any, w Window) (int64, Count, error) {
	switch {
	case w.Count == Uncounted:
		return 0, Uncounted, nil
	case w.Count == Estimated && d == Postgres:
		n, err := estimate(ctx, db, d.Number("SELECT 1 FROM "+table+" WHERE "+where, 1), args)
		return n, Estimated, err
	case w.Count == AtLeast:
		n, err := Scalar[int64](ctx, db, d.CountText(table, where, AtLeast, w.Cap), args...)
		return n, AtLeast, err
	}
	n, err := Scalar[int64](ctx, db, d.CountText(table, where, Exact, 0), args...)
	return n, Exact, err
}

// estimate is the planner's guess of a query's rows.
func estimate(ctx context.Context, db dialect.ExecQuerier, query string, args []any) (int64, error) {
	text, err := Scalar[string](ctx, db, "EXPLAIN (FORMAT JSON) "+query, args...)
	if err != nil {
		return 0, fmt.Errorf("estimating a total: %w", err)
	}
	var plans []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		} `json:"Plan"`
	}
	if err := json.Unmarshal([]byte(text), &plans); err != nil || len(plans) == 0 {
		return 0, fmt.Errorf("estimating a total: reading the plan: %w", err)
	}
	return int64(plans[0].Plan.Rows), nil
}
