package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Tx is what a client's BeginTx gives: Ent's *ent.Tx, a dialect.Tx or a *sql.Tx.
type Tx interface {
	Commit() error
	Rollback() error
}

// Beginner is a client that transactions can be begun on: an Ent client, a *Driver or a *sql.DB.
type Beginner[T Tx] interface {
	BeginTx(ctx context.Context, opts *sql.TxOptions) (T, error)
}

// TxOption changes how InTx works.
type TxOption func(*txConfig)

type txConfig struct {
	opts     sql.TxOptions
	attempts int
	settings [][2]string
	given    *sql.Tx
}

// Isolation sets the isolation level of the transaction. Serializable usually goes with Retry.
func Isolation(level sql.IsolationLevel) TxOption {
	return func(c *txConfig) { c.opts.Isolation = level }
}

// ReadOnly makes the transaction refuse changes.
func ReadOnly() TxOption { return func(c *txConfig) { c.opts.ReadOnly = true } }

// Retry runs the unit of work up to this many times in all when it fails with a serialisation failure or a deadlock
// (see Retryable), with a growing, random pause in between. The function must be safe to run again: what it did
// outside of the database is not undone. It has no effect on a nested unit of work, because the whole transaction
// has to be repeated.
func Retry(attempts int) TxOption { return func(c *txConfig) { c.attempts = attempts } }

// Setting sets a server parameter for the time of the transaction, for instance the one that row-level security
// policies read. PostgreSQL only.
func Setting(name, value string) TxOption {
	return func(c *txConfig) { c.settings = append(c.settings, [2]string{name, value}) }
}

// OnTx runs the unit of work within a transaction that the caller has begun on the same pool and will end. A failed
// unit of work is undone to where it began; the caller's transaction can be used on.
func OnTx(tx *sql.Tx) TxOption { return func(c *txConfig) { c.given = tx } }

// InTx runs fn as a unit of work: what fn does with the context it is given happens in one transaction, committed
// when fn returns nil and rolled back when it returns an error, panics or ends its goroutine.
//
// client is an Ent client on a *Driver, a *Driver, or a *sql.DB. (On an Ent client with another driver, statements
// take part when they are made with Current.) Within a unit of work on the same pool, InTx is a savepoint: its
// failure undoes its own part only. fn must not use the context from several goroutines after it has returned.
//
// The error of fn is returned as it is. A failed commit, for instance through a deferred constraint, is an error too.
func InTx[T Tx](ctx context.Context, client Beginner[T], fn func(ctx context.Context) error, opts ...TxOption) error {
	cfg := txConfig{attempts: 1}
	for _, o := range opts {
		o(&cfg)
	}
	if nested(ctx, client) || cfg.given != nil {
		cfg.attempts = 1
	}
	for attempt := 1; ; attempt++ {
		err := inTx(ctx, client, fn, &cfg)
		if err == nil || attempt >= cfg.attempts || !Retryable(err) {
			return err
		}
		if !pause(ctx, attempt) {
			return err
		}
	}
}

// Pauses between attempts: at most firstPause doubled with every attempt, and never more than longestPause.
const (
	firstPause   = 10 * time.Millisecond
	longestPause = time.Second
)

// pause waits before another attempt, a random time so that those who collided do not collide again.
func pause(ctx context.Context, attempt int) bool {
	most := min(longestPause, firstPause<<min(attempt-1, 10))
	t := time.NewTimer(time.Duration(rand.Int64N(int64(most)) + 1))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func inTx[T Tx](ctx context.Context, client Beginner[T], fn func(context.Context) error, cfg *txConfig) error {
	u := &unit{parent: unitOf(ctx), client: client, given: cfg.given}
	uctx := context.WithValue(ctx, unitKey{}, u)
	t, err := beginUnit(uctx, client, u, cfg)
	if err != nil {
		return fmt.Errorf("beginning a unit of work: %w", err)
	}
	finished := false
	defer func() {
		// A panic or runtime.Goexit: undo and let it go on.
		if !finished {
			_ = t.Rollback()
		}
		u.end()
	}()
	err = applySettings(uctx, u, t, cfg.settings)
	if err == nil {
		err = fn(uctx)
	}
	finished = true
	if err != nil {
		if rerr := t.Rollback(); rerr != nil && !errors.Is(rerr, sql.ErrTxDone) {
			return &rollbackError{err: err, rollback: rerr}
		}
		return err
	}
	if err := t.Commit(); err != nil {
		if cause := context.Cause(ctx); cause != nil && errors.Is(err, sql.ErrTxDone) {
			err = cause
		}
		return fmt.Errorf("committing a unit of work: %w", Conflict(err))
	}
	return nil
}

// rollbackError is an error that could not be undone properly: the connection was lost, and the server undoes it.
type rollbackError struct{ err, rollback error }

func (e *rollbackError) Error() string {
	return fmt.Sprintf("%v (and rolling back: %v)", e.err, e.rollback)
}
func (e *rollbackError) Unwrap() error { return e.err }

func beginUnit[T Tx](ctx context.Context, client Beginner[T], u *unit, cfg *txConfig) (Tx, error) {
	defer u.seal()
	if db, ok := any(client).(*sql.DB); ok {
		return orNil(begin(ctx, db, &cfg.opts))
	}
	if u.plainNested() {
		return nil, errors.New("nested units of work need a client on a store.Driver")
	}
	t, err := client.BeginTx(ctx, &cfg.opts)
	if err != nil {
		return nil, err
	}
	if cfg.given != nil && u.conn == nil {
		_ = t.Rollback()
		return nil, errors.New("using a given *sql.Tx needs a client on a store.Driver")
	}
	u.tx = t
	return t, nil
}

func orNil(t *tx, err error) (Tx, error) {
	if err != nil {
		return nil, err
	}
	return t, nil
}

func applySettings(ctx context.Context, u *unit, t Tx, settings [][2]string) error {
	for _, s := range settings {
		const stmt = "SELECT set_config($1, $2, true)"
		var err error
		if u.conn != nil {
			_, err = u.conn.tx.ExecContext(ctx, stmt, s[0], s[1])
		} else if e, ok := t.(interface {
			ExecContext(context.Context, string, ...any) (sql.Result, error)
		}); ok {
			_, err = e.ExecContext(ctx, stmt, s[0], s[1])
		} else {
			err = errors.New("needs a client on a store.Driver")
		}
		if err != nil {
			return fmt.Errorf("setting %s: %w", s[0], err)
		}
	}
	return nil
}
