package store_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
	"github.com/plinth-go/plinth/store"
)

// onPostgres runs a test with lib/pq and with pgx.
func onPostgres(t *testing.T, fn func(t *testing.T, d *store.Driver)) {
	for _, driver := range []string{"postgres", "pgx"} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			db, err := sql.Open(driver, devdbtest.Test(t).URL)
			require.NoError(t, err)
			d := store.NewDriver("postgres", db)
			t.Cleanup(func() { assert.NoError(t, d.Close()) })
			_, err = db.Exec(`CREATE TABLE t (id serial PRIMARY KEY, name text NOT NULL CONSTRAINT uq_t_name UNIQUE)`)
			require.NoError(t, err)
			fn(t, d)
		})
	}
}

func scalar(t *testing.T, ctx context.Context, d *store.Driver, query string, args ...any) string {
	t.Helper()
	v, err := store.Scalar[string](ctx, d, query, args...)
	require.NoError(t, err)
	return v
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	onPostgres(t, func(t *testing.T, d *store.Driver) {
		ctx := t.Context()
		add := func(ctx context.Context, name string) error {
			return d.Exec(ctx, "INSERT INTO t (name) VALUES ($1)", []any{name}, nil)
		}
		require.NoError(t, store.InTx(ctx, d, func(ctx context.Context) error {
			require.NoError(t, add(ctx, "a"))
			err := store.InTx(ctx, d, func(ctx context.Context) error { return add(ctx, "a") })
			var conflict *store.ConflictError
			require.ErrorAs(t, store.Conflict(err), &conflict)
			assert.Equal(t, "uq_t_name", conflict.Constraint)
			return add(ctx, "b") // the failed part was undone, the rest goes on
		}))
		assert.Equal(t, "2", scalar(t, ctx, d, "SELECT count(*)::text FROM t"))

		// A migration outdates kept statements; nobody notices.
		for range 3 {
			_, err := store.Scalar[string](ctx, d, "SELECT name FROM t WHERE id >= $1 ORDER BY id LIMIT 1", 0)
			require.NoError(t, err)
		}
		require.NoError(t, d.Exec(ctx, "ALTER TABLE t ALTER COLUMN name TYPE varchar(50)", []any{}, nil))
		assert.Equal(t, "a", scalar(t, ctx, d, "SELECT name FROM t WHERE id >= $1 ORDER BY id LIMIT 1", 0))

		// A setting ends with the transaction.
		require.NoError(t, store.InTx(ctx, d, func(ctx context.Context) error {
			assert.Equal(t, "it's", scalar(t, ctx, d, "SELECT current_setting('app.tenant')"))
			return nil
		}, store.Setting("app.tenant", "it's")))
		assert.Empty(t, scalar(t, ctx, d, "SELECT coalesce(current_setting('app.tenant', true), '')"))

		// A cancelled context passes through and cancels on the server.
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		err := d.Exec(short, "SELECT pg_sleep($1)", []any{30}, nil)
		require.Error(t, err)
		assert.Less(t, time.Since(start), 10*time.Second)
		assert.Error(t, short.Err())
	})
}

func TestSerializationFailureIsRetried(t *testing.T) {
	t.Parallel()
	onPostgres(t, func(t *testing.T, d *store.Driver) {
		ctx := t.Context()
		require.NoError(t, d.Exec(ctx, "INSERT INTO t (name) VALUES ($1)", []any{"0"}, nil))
		runs := 0
		err := store.InTx(ctx, d, func(ctx context.Context) error {
			runs++
			v := scalar(t, ctx, d, "SELECT name FROM t WHERE id = $1", 1)
			if runs == 1 { // someone else is faster
				if _, err := d.DB().ExecContext(context.Background(), "UPDATE t SET name = 'x' WHERE id = 1"); err != nil {
					return err
				}
			}
			return d.Exec(ctx, "UPDATE t SET name = $1 WHERE id = 1", []any{v + "1"}, nil)
		}, store.Isolation(sql.LevelSerializable), store.Retry(3))
		require.NoError(t, err)
		assert.Equal(t, 2, runs)
		assert.Equal(t, "x1", scalar(t, ctx, d, "SELECT name FROM t WHERE id = $1", 1))
		assert.False(t, errors.Is(err, store.ErrStale))
	})
}
