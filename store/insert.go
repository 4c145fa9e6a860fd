package store

import (
	"context"
	"fmt"
	"strings"

	"entgo.io/ent/dialect"
)

// InsertRows is how many rows Insert writes with one statement on PostgreSQL, which takes each column as one array.
// SQLite takes as many as its limit of parameters allows.
const InsertRows = 5_000

// sqliteParameters is SQLite's default limit of parameters of a statement (SQLITE_MAX_VARIABLE_NUMBER).
const sqliteParameters = 32_766

// Column is a column that Insert writes.
type Column[T any] struct {
	// Name is quoted, Type the element type of a PostgreSQL array.
	Name, Type string
	// Value gives the parameter for a row.
	Value func(*T) any
}

// Insert writes rows of a table.
type Insert[T any] struct {
	// Table is quoted.
	Table   string
	Columns []Column[T]
}

// Run writes the rows in order, all or none: with one statement where they fit, else within a transaction, which in a
// unit of work is a savepoint of it.
func (in *Insert[T]) Run(ctx context.Context, drv dialect.Driver, rows []*T) error {
	d := Dialect(drv.Dialect())
	size := InsertRows
	if d != Postgres {
		size = max(1, sqliteParameters/max(1, len(in.Columns)))
	}
	if len(rows) <= size {
		return in.part(ctx, drv, d, rows)
	}
	tx, err := drv.Tx(ctx)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	for part := range Chunks(rows, size) {
		if err := in.part(ctx, tx, d, part); err != nil {
			if rerr := tx.Rollback(); rerr != nil {
				return &rollbackError{err: err, rollback: rerr}
			}
			return err
		}
	}
	return tx.Commit()
}

func (in *Insert[T]) part(ctx context.Context, db dialect.ExecQuerier, d Dialect, rows []*T) error {
	if len(rows) == 0 {
		return nil
	}
	if d == Postgres {
		return db.Exec(ctx, in.Text(d, 0), in.Arrays(rows), nil)
	}
	args := make([]any, 0, len(rows)*len(in.Columns))
	for _, r := range rows {
		for _, c := range in.Columns {
			args = append(args, c.Value(r))
		}
	}
	return db.Exec(ctx, in.Text(d, len(rows)), args, nil)
}

// Names are the columns.
func (in *Insert[T]) Names() string {
	names := make([]string, len(in.Columns))
	for i, c := range in.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// Unnest is the list of arrays that gives PostgreSQL the rows, with "?" for parameters.
func (in *Insert[T]) Unnest() string {
	arrays := make([]string, len(in.Columns))
	for i, c := range in.Columns {
		arrays[i] = "?::" + c.Type + "[]"
	}
	return "unnest(" + strings.Join(arrays, ", ") + ")"
}

// Text is the statement: for PostgreSQL the same for any number of rows.
func (in *Insert[T]) Text(d Dialect, rows int) string {
	text := "INSERT INTO " + in.Table + " (" + in.Names() + ") "
	if d == Postgres {
		return d.Number(text+"SELECT * FROM "+in.Unnest(), 1)
	}
	var b strings.Builder
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(in.Columns)), ", ") + ")"
	b.Grow(len(text) + 8 + rows*(len(one)+2))
	b.WriteString(text + "VALUES ")
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(one)
	}
	return b.String()
}

// Arrays are the parameters of Unnest.
func (in *Insert[T]) Arrays(rows []*T) []any {
	args := make([]any, len(in.Columns))
	for i, c := range in.Columns {
		a := &Array{}
		a.Grow(len(rows), 24)
		for _, r := range rows {
			a.addColumn(c.Value(r))
		}
		args[i] = a
	}
	return args
}
