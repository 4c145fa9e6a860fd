package mixin

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"sync"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/plinth-go/plinth/annotation"
)

// errBypass is AllTenants where policies bind.
var errBypass = errors.New("row-level security knows one tenant at a time: do the work of mixin.AllTenants with a client of its own, as a role that policies do not bind (BYPASSRLS)")

// RowSecurity wraps a driver so that PostgreSQL's row-level security (Tenant{RowSecurity: true}) knows the tenant of
// the context of each statement. Policies then hold for raw SQL as well. The application must connect as a role that
// they bind: neither a superuser nor one with BYPASSRLS.
//
// The tenant is a setting of the transaction, so that it ends with it and never meets another user of the connection. A
// statement outside of a transaction is given one, which costs two more round trips; within a transaction the setting is
// made once for each tenant. A statement without a tenant in its context sees no row of such tables. On other databases
// the driver is returned as it is.
func RowSecurity(drv dialect.Driver) dialect.Driver {
	if drv.Dialect() != dialect.Postgres {
		return drv
	}
	return &securedDriver{Driver: drv}
}

type securedDriver struct{ dialect.Driver }

// Exec runs a statement in a transaction of its own.
func (d *securedDriver) Exec(ctx context.Context, query string, args, v any) error {
	tx, err := d.Tx(ctx)
	if err != nil {
		return err
	}
	if err := tx.Exec(ctx, query, args, v); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// Query runs a statement in a transaction of its own, which ends when its rows are closed.
func (d *securedDriver) Query(ctx context.Context, query string, args, v any) error {
	rows, ok := v.(*sql.Rows)
	if !ok {
		return fmt.Errorf("dialect/sql: invalid type %T. expect *sql.Rows", v)
	}
	tx, err := d.Tx(ctx)
	if err != nil {
		return err
	}
	if err := tx.Query(ctx, query, args, rows); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	rows.ColumnScanner = &securedRows{ColumnScanner: rows.ColumnScanner, end: sync.OnceValue(tx.Commit)}
	return nil
}

// Tx begins a transaction.
func (d *securedDriver) Tx(ctx context.Context) (dialect.Tx, error) {
	tx, err := d.Driver.Tx(ctx)
	if err != nil {
		return nil, err
	}
	return &securedTx{Tx: tx}, nil
}

// BeginTx begins a transaction with options.
func (d *securedDriver) BeginTx(ctx context.Context, opts *sql.TxOptions) (dialect.Tx, error) {
	b, ok := d.Driver.(interface {
		BeginTx(context.Context, *sql.TxOptions) (dialect.Tx, error)
	})
	if !ok {
		return nil, fmt.Errorf("the driver %T begins no transaction with options", d.Driver)
	}
	tx, err := b.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return &securedTx{Tx: tx}, nil
}

// securedRows ends the transaction of a query.
type securedRows struct {
	sql.ColumnScanner
	end func() error
}

// Close closes the rows, and then the transaction.
func (r *securedRows) Close() error {
	return errors.Join(r.ColumnScanner.Close(), r.end())
}

// securedTx is a transaction that keeps the setting in step with the contexts of its statements. Like Ent's
// transactions it is used by one goroutine at a time.
type securedTx struct {
	dialect.Tx
	tenant string
}

func (tx *securedTx) Exec(ctx context.Context, query string, args, v any) error {
	if err := tx.secure(ctx); err != nil {
		return err
	}
	return tx.Tx.Exec(ctx, query, args, v)
}

func (tx *securedTx) Query(ctx context.Context, query string, args, v any) error {
	if err := tx.secure(ctx); err != nil {
		return err
	}
	return tx.Tx.Query(ctx, query, args, v)
}

// ExecContext runs raw SQL, for Ent's sql/execquery.
func (tx *securedTx) ExecContext(ctx context.Context, query string, args ...any) (stdsql.Result, error) {
	ex, ok := tx.Tx.(interface {
		ExecContext(context.Context, string, ...any) (stdsql.Result, error)
	})
	if !ok {
		return nil, fmt.Errorf("the transaction %T has no ExecContext", tx.Tx)
	}
	if err := tx.secure(ctx); err != nil {
		return nil, err
	}
	return ex.ExecContext(ctx, query, args...)
}

// QueryContext runs raw SQL, for Ent's sql/execquery.
func (tx *securedTx) QueryContext(ctx context.Context, query string, args ...any) (*stdsql.Rows, error) {
	q, ok := tx.Tx.(interface {
		QueryContext(context.Context, string, ...any) (*stdsql.Rows, error)
	})
	if !ok {
		return nil, fmt.Errorf("the transaction %T has no QueryContext", tx.Tx)
	}
	if err := tx.secure(ctx); err != nil {
		return nil, err
	}
	return q.QueryContext(ctx, query, args...)
}

// secure tells the database the tenant of a statement, where it is not the last one's.
func (tx *securedTx) secure(ctx context.Context) error {
	id, all, err := TenantScope(ctx)
	if all {
		return errBypass
	}
	tenant := ""
	if err == nil {
		tenant = id.String()
	}
	if tenant == tx.tenant {
		return nil
	}
	err = tx.Tx.Exec(ctx, "SELECT set_config($1, $2, true)", []any{annotation.DefaultSetting, tenant}, nil)
	if err != nil {
		return fmt.Errorf("telling the database the tenant: %w", err)
	}
	tx.tenant = tenant
	return nil
}
