package store

import (
	"context"
	"database/sql"
	"reflect"
	"sync/atomic"
)

type unitKey struct{}

// unit is a unit of work in a context. It waits for its transaction until the client's BeginTx has reached the
// driver, which knows how to begin it.
type unit struct {
	parent *unit
	client any
	given  *sql.Tx // the caller's own transaction
	conn   *conn   // set by begin
	tx     Tx      // what the client's BeginTx gave
	sealed bool
	ended  atomic.Bool
}

func unitOf(ctx context.Context) *unit {
	u, _ := ctx.Value(unitKey{}).(*unit)
	return u
}

// waits says whether the unit has no transaction yet and begin is to give it one.
func (u *unit) waits() bool { return !u.sealed && u.conn == nil }

func (u *unit) seal() { u.sealed = true }

func (u *unit) end() { u.ended.Store(true) }

// plainNested says whether an enclosing unit of work runs on the same client, whose driver is not ours.
func (u *unit) plainNested() bool {
	for p := u.parent; p != nil; p = p.parent {
		if same(p.client, u.client) && p.conn == nil {
			return true
		}
	}
	return false
}

// current is the transaction of the innermost unit of work on the pool. A unit of work that has ended is still
// current, so that using its context afterwards is an error and not a statement outside of the transaction.
func current(ctx context.Context, db *sql.DB) *conn {
	for u := unitOf(ctx); u != nil; u = u.parent {
		if u.conn != nil && u.conn.db == db {
			return u.conn
		}
	}
	return nil
}

// nested says whether the client already has a unit of work in the context.
func nested(ctx context.Context, client any) bool {
	for u := unitOf(ctx); u != nil; u = u.parent {
		if same(u.client, client) || u.conn != nil && dbOf(client) == u.conn.db {
			return true
		}
	}
	return false
}

// same says whether two clients are one; a client of a type that cannot be compared is like no other.
func same(a, b any) bool {
	t := reflect.TypeOf(a)
	return t != nil && t.Comparable() && a == b
}

func dbOf(client any) *sql.DB {
	switch c := client.(type) {
	case *sql.DB:
		return c
	case *Driver:
		return c.db
	}
	return nil
}

// Current gives the transaction that InTx began on this client, where the client's driver is not a *Driver and so
// does not find it by itself: Ent's *ent.Tx, whose Client is to be used then.
func Current[T Tx](ctx context.Context, client Beginner[T]) (tx T, ok bool) {
	for u := unitOf(ctx); u != nil; u = u.parent {
		if same(u.client, client) && u.conn == nil {
			tx, ok = u.tx.(T)
			return tx, ok
		}
	}
	return tx, false
}

// InUnit says whether the context carries a unit of work on the driver's pool.
func (d *Driver) InUnit(ctx context.Context) bool { return current(ctx, d.db) != nil }
