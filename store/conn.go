package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// conn is a begun transaction and what was prepared on it.
type conn struct {
	db *sql.DB
	tx *sql.Tx

	mu         sync.Mutex
	stmts      map[string]*sql.Stmt
	missed     []string // prepared for this transaction alone
	savepoints int
}

// onConn runs a statement in a transaction. Statements that the pool keeps are used there; one that it does not keep
// yet is prepared on this connection only, because preparing it in the pool would need a second connection.
func onConn[R any](ctx context.Context, c *conn, kept *statements, query string, args []any,
	plain func(*sql.Tx, context.Context, string, ...any) (R, error), prepared func(*sql.Stmt, context.Context, ...any) (R, error)) (R, error) {
	if kept == nil || len(args) == 0 {
		return plain(c.tx, ctx, query, args...)
	}
	stmt, err := c.stmt(ctx, kept, query)
	if err != nil {
		var none R
		return none, err
	}
	if stmt == nil {
		return plain(c.tx, ctx, query, args...)
	}
	res, err := prepared(stmt, ctx, args...)
	if err != nil && stalePlan(err) {
		// The server has aborted the transaction; the next one prepares the statement again.
		c.forget(kept, query)
	}
	return res, err
}

// stmt gives the statement of a text on this transaction, or nil where the text is to be run as it is.
func (c *conn) stmt(ctx context.Context, kept *statements, query string) (*sql.Stmt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	var s *sql.Stmt
	if st := kept.get(query, false); st != nil {
		defer kept.release(st)
		if st.ready() {
			s = c.tx.StmtContext(ctx, st.stmt)
		}
	}
	if s == nil {
		if !kept.twice(query) {
			return nil, nil
		}
		var err error
		if s, err = c.tx.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
		c.missed = append(c.missed, query)
	}
	if c.stmts == nil {
		c.stmts = map[string]*sql.Stmt{}
	}
	c.stmts[query] = s
	return s, nil
}

func (c *conn) forget(kept *statements, query string) {
	c.mu.Lock()
	delete(c.stmts, query)
	c.mu.Unlock()
	if st := kept.get(query, false); st != nil {
		kept.evict(st)
		kept.release(st)
	}
}

// keep prepares in the pool what this transaction had to prepare for itself, so that the next one finds it. It never
// waits for a connection that others hold.
func (c *conn) keep(kept *statements) {
	if kept == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, query := range c.missed {
		if s := c.db.Stats(); s.MaxOpenConnections > 0 && s.InUse >= s.MaxOpenConnections {
			return
		}
		st := kept.get(query, true)
		if st == nil {
			continue
		}
		if _, err := st.prepared(ctx, c.db); err != nil {
			kept.evict(st)
		}
		kept.release(st)
	}
}

// tx is what begin gives: a transaction, or a savepoint of one.
type tx struct {
	conn      *conn
	kept      *statements
	dialect   string
	savepoint string
	done      bool
}

// begin begins a transaction on the pool, or a savepoint where the context has a unit of work on it, and fills in the
// unit of work that waits for it.
func begin(ctx context.Context, db *sql.DB, opts *sql.TxOptions) (*tx, error) {
	u := unitOf(ctx)
	waiting := u != nil && u.waits()
	t := &tx{}
	switch outer := current(ctx, db); {
	case waiting && u.given != nil:
		t.conn = &conn{db: db, tx: u.given}
	case outer != nil:
		t.conn = outer
	default:
		begun, err := db.BeginTx(ctx, opts)
		if err != nil {
			return nil, err
		}
		t.conn = &conn{db: db, tx: begun}
		if waiting {
			u.conn = t.conn
		}
		return t, nil
	}
	if opts != nil && (opts.Isolation != sql.LevelDefault || opts.ReadOnly) {
		return nil, errors.New("beginning a nested unit of work: the isolation level and read-only are set by the outermost one")
	}
	t.conn.mu.Lock()
	t.conn.savepoints++
	t.savepoint = fmt.Sprintf("plinth_%d", t.conn.savepoints)
	t.conn.mu.Unlock()
	if _, err := t.conn.tx.ExecContext(ctx, "SAVEPOINT "+t.savepoint); err != nil {
		return nil, fmt.Errorf("setting a savepoint: %w", err)
	}
	if waiting {
		u.conn = t.conn
	}
	return t, nil
}

// Commit ends the transaction, or makes the savepoint part of it.
func (t *tx) Commit() error {
	if t.done {
		return sql.ErrTxDone
	}
	t.done = true
	if t.savepoint != "" {
		_, err := t.conn.tx.ExecContext(context.Background(), "RELEASE SAVEPOINT "+t.savepoint)
		return err
	}
	if err := t.conn.tx.Commit(); err != nil {
		return err
	}
	t.conn.keep(t.kept)
	return nil
}

// Rollback undoes the transaction, or what was done since the savepoint.
func (t *tx) Rollback() error {
	if t.done {
		return sql.ErrTxDone
	}
	t.done = true
	if t.savepoint != "" {
		if _, err := t.conn.tx.ExecContext(context.Background(), "ROLLBACK TO SAVEPOINT "+t.savepoint); err != nil {
			return err
		}
		_, err := t.conn.tx.ExecContext(context.Background(), "RELEASE SAVEPOINT "+t.savepoint)
		return err
	}
	return t.conn.tx.Rollback()
}

// Exec implements dialect.Tx.
func (t *tx) Exec(ctx context.Context, query string, args, v any) error {
	return exec(ctx, t.ExecContext, query, args, v)
}

// Query implements dialect.Tx.
func (t *tx) Query(ctx context.Context, query string, args, v any) error {
	return queryRows(ctx, t.QueryContext, query, args, v)
}

// ExecContext runs a statement in the transaction.
func (t *tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := refuseVars(ctx); err != nil {
		return nil, err
	}
	return onConn(ctx, t.conn, t.kept, query, plainTimes(t.dialect, args), (*sql.Tx).ExecContext, (*sql.Stmt).ExecContext)
}

// QueryContext runs a query in the transaction.
func (t *tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := refuseVars(ctx); err != nil {
		return nil, err
	}
	return onConn(ctx, t.conn, t.kept, query, plainTimes(t.dialect, args), (*sql.Tx).QueryContext, (*sql.Stmt).QueryContext)
}
