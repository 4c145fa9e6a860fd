package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// DefaultStatements is how many prepared statements a Driver keeps where no other number is asked for.
const DefaultStatements = 256

// Driver is an Ent driver over a *sql.DB that keeps prepared statements and takes part in the unit of work of the
// context. Give it to a client with ent.Driver, or to InTx itself.
//
// A statement with arguments is prepared at its second use and kept, at most as many as Statements says, per
// connection of the pool. Statements that a migration outdated are prepared again, outside of a transaction without
// the caller noticing.
type Driver struct {
	db      *sql.DB
	dialect string
	kept    *statements
}

var (
	_ dialect.Driver       = (*Driver)(nil)
	_ dialect.Tx           = (*tx)(nil)
	_ Beginner[dialect.Tx] = (*Driver)(nil)
)

// DriverOption changes how a Driver works.
type DriverOption func(*driverConfig)

type driverConfig struct{ statements int }

// Statements sets how many prepared statements are kept; 0 keeps none. Behind PgBouncer in transaction mode it must
// be 0, because there the next statement of a connection may reach another server.
func Statements(n int) DriverOption { return func(c *driverConfig) { c.statements = max(n, 0) } }

// NewDriver makes an Ent driver of a pool. The dialect is Ent's name for it, "postgres" or "sqlite3". The driver
// registered with database/sql does not matter.
func NewDriver(dialectName string, db *sql.DB, opts ...DriverOption) *Driver {
	cfg := driverConfig{statements: DefaultStatements}
	for _, o := range opts {
		o(&cfg)
	}
	d := &Driver{db: db, dialect: dialectName}
	for _, name := range []string{dialect.MySQL, dialect.SQLite, dialect.Postgres} {
		if strings.HasPrefix(dialectName, name) {
			d.dialect = name
		}
	}
	if cfg.statements > 0 {
		d.kept = newStatements(db, cfg.statements)
	}
	return d
}

// DB gives the pool.
func (d *Driver) DB() *sql.DB { return d.db }

// Dialect implements dialect.Driver.
func (d *Driver) Dialect() string { return d.dialect }

// Close closes the kept statements and the pool.
func (d *Driver) Close() error {
	if d.kept != nil {
		d.kept.close()
	}
	return d.db.Close()
}

// Exec implements dialect.Driver: args is a []any, v is nil or a *sql.Result.
func (d *Driver) Exec(ctx context.Context, query string, args, v any) error {
	return exec(ctx, d.ExecContext, query, args, v)
}

// Query implements dialect.Driver: args is a []any, v is a *dialect/sql.Rows.
func (d *Driver) Query(ctx context.Context, query string, args, v any) error {
	return queryRows(ctx, d.QueryContext, query, args, v)
}

// ExecContext runs a statement, in the unit of work of the context where there is one.
func (d *Driver) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := refuseVars(ctx); err != nil {
		return nil, err
	}
	args = plainTimes(d.dialect, args)
	if c := current(ctx, d.db); c != nil {
		return onConn(ctx, c, d.kept, query, args, (*sql.Tx).ExecContext, (*sql.Stmt).ExecContext)
	}
	return onPool(ctx, d.db, d.kept, query, args, (*sql.DB).ExecContext, (*sql.Stmt).ExecContext)
}

// QueryContext runs a query, in the unit of work of the context where there is one. The caller closes the rows.
func (d *Driver) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := refuseVars(ctx); err != nil {
		return nil, err
	}
	args = plainTimes(d.dialect, args)
	if c := current(ctx, d.db); c != nil {
		return onConn(ctx, c, d.kept, query, args, (*sql.Tx).QueryContext, (*sql.Stmt).QueryContext)
	}
	return onPool(ctx, d.db, d.kept, query, args, (*sql.DB).QueryContext, (*sql.Stmt).QueryContext)
}

// Tx implements dialect.Driver. Within a unit of work it is a savepoint of it.
func (d *Driver) Tx(ctx context.Context) (dialect.Tx, error) { return d.BeginTx(ctx, nil) }

// BeginTx begins a transaction; within a unit of work a savepoint of it, for which the options have to be nil.
func (d *Driver) BeginTx(ctx context.Context, opts *sql.TxOptions) (dialect.Tx, error) {
	t, err := begin(ctx, d.db, opts)
	if err != nil {
		return nil, err
	}
	t.kept, t.dialect = d.kept, d.dialect
	return t, nil
}

// onPool runs a statement outside of a transaction.
func onPool[R any](ctx context.Context, db *sql.DB, kept *statements, query string, args []any,
	plain func(*sql.DB, context.Context, string, ...any) (R, error), prepared func(*sql.Stmt, context.Context, ...any) (R, error)) (R, error) {
	// A driver that keeps statements by itself (pgx) has outdated ones too, and forgets them when they fail.
	again := func() (res R, err error) {
		for range 2 {
			if res, err = plain(db, ctx, query, args...); err == nil || !stalePlan(err) {
				break
			}
		}
		return res, err
	}
	if kept == nil || len(args) == 0 {
		return again()
	}
	st := kept.get(query, true)
	if st == nil {
		return again()
	}
	res, err := func() (res R, err error) {
		defer kept.release(st)
		stmt, err := st.prepared(ctx, db)
		if err == nil {
			res, err = prepared(stmt, ctx, args...)
		}
		if stmt == nil || err != nil && stalePlan(err) {
			kept.evict(st)
		}
		return res, err
	}()
	if err != nil && stalePlan(err) {
		return again() // the statement is closed by now: pgx would find it by its text
	}
	return res, err
}

// plainTimes gives times to SQLite in UTC and without the clock's monotonic reading: it keeps and compares them as the
// text that the driver makes of them.
func plainTimes(dialectName string, args []any) []any {
	if dialectName != dialect.SQLite {
		return args
	}
	var out []any
	for i, a := range args {
		switch t := a.(type) {
		case time.Time:
			a = t.UTC().Round(0)
		case *time.Time:
			if t == nil {
				continue
			}
			a = t.UTC().Round(0)
		default:
			continue
		}
		if out == nil {
			out = append([]any{}, args...)
		}
		out[i] = a
	}
	if out == nil {
		return args
	}
	return out
}

// exec and queryRows give the types of database/sql the loose signatures of Ent's dialect.

func exec(ctx context.Context, run func(context.Context, string, ...any) (sql.Result, error), query string, args, v any) error {
	argv, ok := args.([]any)
	if !ok {
		return fmt.Errorf("executing a statement: arguments are a %T, not a []any", args)
	}
	var to *sql.Result
	if v != nil {
		if to, ok = v.(*sql.Result); !ok {
			return fmt.Errorf("executing a statement: result is a %T, not a *sql.Result", v)
		}
	}
	res, err := run(ctx, query, argv...)
	if err == nil && to != nil {
		*to = res
	}
	return err
}

func queryRows(ctx context.Context, run func(context.Context, string, ...any) (*sql.Rows, error), query string, args, v any) error {
	argv, ok := args.([]any)
	if !ok {
		return fmt.Errorf("running a query: arguments are a %T, not a []any", args)
	}
	to, ok := v.(*entsql.Rows)
	if !ok {
		return fmt.Errorf("running a query: result is a %T, not a *sql.Rows of entgo.io/ent/dialect/sql", v)
	}
	rows, err := run(ctx, query, argv...)
	if err == nil {
		to.ColumnScanner = rows
	}
	return err
}

// errVars refuses Ent's session variables, which do not end with the transaction and are put into SQL unescaped.
var errVars = errors.New("sql.WithVar of Ent is not supported by this driver, because the variable outlives the transaction: give store.Setting to store.InTx")

var noArgs any = []any{}

// refuseVars finds variables that sql.WithVar put into the context, where no exported function of Ent lists them:
// with an ExecQuerier that is neither a *sql.DB nor a *sql.Tx, Ent goes through with none and panics with some.
func refuseVars(ctx context.Context) (err error) {
	defer func() {
		if recover() != nil {
			err = errVars
		}
	}()
	return entsql.Conn{ExecQuerier: nothing{}}.Exec(ctx, "", noArgs, nil)
}

type nothing struct{}

func (nothing) ExecContext(context.Context, string, ...any) (sql.Result, error) { return nil, nil }
func (nothing) QueryContext(context.Context, string, ...any) (*sql.Rows, error) { return nil, nil }
