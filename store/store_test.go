package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/plinth-go/plinth/store"
)

func sqlite(t *testing.T, opts ...store.DriverOption) *store.Driver {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+t.TempDir()+"/t.db?_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)&_txlock=immediate")
	require.NoError(t, err)
	d := store.NewDriver(dialect.SQLite, db, opts...)
	t.Cleanup(func() { assert.NoError(t, d.Close()) })
	_, err = db.Exec(`CREATE TABLE t (id integer PRIMARY KEY, name text NOT NULL UNIQUE CONSTRAINT ck_t_name CHECK (name <> 'bad'), up integer REFERENCES t)`)
	require.NoError(t, err)
	return d
}

func add(ctx context.Context, d *store.Driver, name string) error {
	return d.Exec(ctx, "INSERT INTO t (name) VALUES (?)", []any{name}, nil)
}

func names(t *testing.T, ctx context.Context, d *store.Driver) []string {
	t.Helper()
	rows := &entsql.Rows{}
	require.NoError(t, d.Query(ctx, "SELECT name FROM t WHERE id > ? ORDER BY id", []any{0}, rows))
	defer rows.Close()
	out := []string{}
	for rows.Next() {
		var s string
		require.NoError(t, rows.Scan(&s))
		out = append(out, s)
	}
	require.NoError(t, rows.Err())
	return out
}

func TestInTx(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for name, tc := range map[string]struct {
		run  func(ctx context.Context, d *store.Driver) error
		want []string
		err  error
	}{
		"commits": {
			run: func(ctx context.Context, d *store.Driver) error {
				return store.InTx(ctx, d, func(ctx context.Context) error { return add(ctx, d, "a") })
			},
			want: []string{"a"},
		},
		"rolls back on error": {
			run: func(ctx context.Context, d *store.Driver) error {
				return store.InTx(ctx, d, func(ctx context.Context) error { return errors.Join(add(ctx, d, "a"), boom) })
			},
			want: []string{}, err: boom,
		},
		"nested failure undoes its own part": {
			run: func(ctx context.Context, d *store.Driver) error {
				return store.InTx(ctx, d, func(ctx context.Context) error {
					if err := add(ctx, d, "a"); err != nil {
						return err
					}
					err := store.InTx(ctx, d, func(ctx context.Context) error { return errors.Join(add(ctx, d, "b"), boom) })
					if !errors.Is(err, boom) {
						return fmt.Errorf("nested: %v", err)
					}
					return store.InTx(ctx, d, func(ctx context.Context) error { return add(ctx, d, "c") })
				})
			},
			want: []string{"a", "c"},
		},
		"a transaction of the driver is a savepoint": {
			run: func(ctx context.Context, d *store.Driver) error {
				return store.InTx(ctx, d, func(ctx context.Context) error {
					tx, err := d.Tx(ctx)
					if err != nil {
						return err
					}
					if err := add(ctx, d, "a"); err != nil {
						return err
					}
					if err := tx.Rollback(); err != nil {
						return err
					}
					return add(ctx, d, "b")
				})
			},
			want: []string{"b"},
		},
		"on a pool": {
			run: func(ctx context.Context, d *store.Driver) error {
				return store.InTx(ctx, d.DB(), func(ctx context.Context) error {
					if !d.InUnit(ctx) {
						return errors.New("not in the unit of work")
					}
					return add(ctx, d, "a")
				})
			},
			want: []string{"a"},
		},
		"nested with an isolation level": {
			run: func(ctx context.Context, d *store.Driver) error {
				return store.InTx(ctx, d, func(ctx context.Context) error {
					err := store.InTx(ctx, d, func(context.Context) error { return nil }, store.ReadOnly())
					if err == nil {
						return errors.New("accepted")
					}
					return nil
				})
			},
			want: []string{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := sqlite(t)
			err := tc.run(t.Context(), d)
			require.ErrorIs(t, err, tc.err)
			assert.Equal(t, tc.want, names(t, t.Context(), d))
		})
	}
}

func TestInTxPanic(t *testing.T) {
	t.Parallel()
	d := sqlite(t)
	assert.PanicsWithValue(t, "oops", func() {
		_ = store.InTx(t.Context(), d, func(ctx context.Context) error {
			assert.NoError(t, add(ctx, d, "a"))
			panic("oops")
		})
	})
	assert.Empty(t, names(t, t.Context(), d))
	assert.Zero(t, d.DB().Stats().InUse)
}

func TestInTxGoexit(t *testing.T) {
	t.Parallel()
	d := sqlite(t)
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = store.InTx(t.Context(), d, func(ctx context.Context) error {
			assert.NoError(t, add(ctx, d, "a"))
			runtime.Goexit() // as t.FailNow does
			return nil
		})
	})
	wg.Wait()
	assert.Zero(t, d.DB().Stats().InUse)
}

func TestInTxAfterItsEnd(t *testing.T) {
	t.Parallel()
	d := sqlite(t)
	var kept context.Context
	require.NoError(t, store.InTx(t.Context(), d, func(ctx context.Context) error { kept = ctx; return nil }))
	require.ErrorIs(t, add(kept, d, "late"), sql.ErrTxDone)
}

func TestOnTx(t *testing.T) {
	t.Parallel()
	d := sqlite(t)
	ctx := t.Context()
	own, err := d.DB().BeginTx(ctx, nil)
	require.NoError(t, err)
	boom := errors.New("boom")
	require.ErrorIs(t, store.InTx(ctx, d, func(ctx context.Context) error { return errors.Join(add(ctx, d, "a"), boom) }, store.OnTx(own)), boom)
	require.NoError(t, store.InTx(ctx, d, func(ctx context.Context) error { return add(ctx, d, "b") }, store.OnTx(own)))
	require.NoError(t, own.Commit())
	assert.Equal(t, []string{"b"}, names(t, ctx, d))
}

func TestTwoPools(t *testing.T) {
	t.Parallel()
	a, b := sqlite(t), sqlite(t)
	boom := errors.New("boom")
	err := store.InTx(t.Context(), a, func(ctx context.Context) error {
		require.NoError(t, add(ctx, a, "a"))
		require.NoError(t, store.InTx(ctx, b, func(ctx context.Context) error {
			require.NoError(t, add(ctx, a, "a2"))
			return add(ctx, b, "b")
		}))
		return boom
	})
	require.ErrorIs(t, err, boom)
	assert.Empty(t, names(t, t.Context(), a))
	assert.Equal(t, []string{"b"}, names(t, t.Context(), b))
}

// state is an error as PostgreSQL's drivers make it.
type state struct{ Code, Constraint, Table, Column, Message string }

func (s *state) Error() string    { return s.Message }
func (s *state) SQLState() string { return s.Code }

func TestRetry(t *testing.T) {
	t.Parallel()
	d := sqlite(t)
	runs := 0
	err := store.InTx(t.Context(), d, func(ctx context.Context) error {
		runs++
		require.NoError(t, add(ctx, d, "a"))
		if runs < 3 {
			return fmt.Errorf("placing an order: %w", &state{Code: "40001"})
		}
		return nil
	}, store.Retry(5))
	require.NoError(t, err)
	assert.Equal(t, 3, runs)
	assert.Equal(t, []string{"a"}, names(t, t.Context(), d))

	runs = 0
	err = store.InTx(t.Context(), d, func(context.Context) error { runs++; return &state{Code: "40P01"} }, store.Retry(2))
	require.Error(t, err)
	assert.Equal(t, 2, runs)

	runs = 0
	ctx, cancel := context.WithCancel(t.Context())
	err = store.InTx(ctx, d, func(context.Context) error { runs++; cancel(); return &state{Code: "40P01"} }, store.Retry(9))
	require.Error(t, err)
	assert.Equal(t, 1, runs, "a cancelled context ends the attempts")
}

func TestConflict(t *testing.T) {
	t.Parallel()
	d := sqlite(t)
	ctx := t.Context()
	require.NoError(t, add(ctx, d, "a"))
	cs := store.Constraints{
		"t.name":      {Kind: store.Unique, Entity: "Thing", Fields: []string{"name"}},
		"ck_t_name":   {Kind: store.Check, Entity: "Thing", Fields: []string{"name"}},
		"uq_t_name":   {Kind: store.Unique, Entity: "Thing", Fields: []string{"name"}},
		"fk_t_parent": {Kind: store.ForeignKey, Entity: "Thing", Fields: []string{"up"}},
	}
	for name, tc := range map[string]struct {
		err  error
		want store.ConflictError
	}{
		"sqlite unique":      {add(ctx, d, "a"), store.ConflictError{Kind: store.Unique, Entity: "Thing", Fields: []string{"name"}}},
		"sqlite check":       {add(ctx, d, "bad"), store.ConflictError{Kind: store.Check, Entity: "Thing", Fields: []string{"name"}, Constraint: "ck_t_name"}},
		"sqlite foreign key": {d.Exec(ctx, "INSERT INTO t (name, up) VALUES (?, ?)", []any{"c", 77}, nil), store.ConflictError{Kind: store.ForeignKey}},
		"sqlite not null":    {d.Exec(ctx, "INSERT INTO t (name) VALUES (?)", []any{nil}, nil), store.ConflictError{Kind: store.NotNull, Entity: "Thing", Fields: []string{"name"}}},
		"postgres unique":    {fmt.Errorf("ent: %w", &state{Code: "23505", Constraint: "uq_t_name", Table: "t"}), store.ConflictError{Kind: store.Unique, Entity: "Thing", Fields: []string{"name"}, Constraint: "uq_t_name"}},
		"postgres unknown":   {&state{Code: "23503", Constraint: "fk_x", Table: "x"}, store.ConflictError{Kind: store.ForeignKey, Entity: "x", Constraint: "fk_x"}},
		"postgres not null":  {&state{Code: "23502", Table: "t", Column: "up"}, store.ConflictError{Kind: store.NotNull, Entity: "t", Fields: []string{"up"}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got *store.ConflictError
			require.ErrorAs(t, cs.Wrap(tc.err), &got)
			assert.ErrorIs(t, got, tc.err)
			got.Err = nil
			assert.Equal(t, tc.want, *got)
			assert.NotContains(t, got.Error(), "%!")
		})
	}
	assert.Equal(t, context.Canceled, cs.Wrap(context.Canceled))
	assert.NoError(t, cs.Wrap(nil))
}

func TestCursor(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)
	var cs store.Cursors
	scope, err := store.ScopeOf("Order.ByCustomer -placed_at", "customer 1")
	require.NoError(t, err)
	other, err := store.ScopeOf("Order.ByCustomer -placed_at", "customer 2")
	require.NoError(t, err)
	cur, err := cs.Encode(scope, at, "x", int64(1<<62+1))
	require.NoError(t, err)

	var (
		gotAt time.Time
		gotS  string
		gotN  int64
	)
	require.NoError(t, cs.Decode(cur, scope, &gotAt, &gotS, &gotN))
	assert.True(t, at.Equal(gotAt))
	assert.Equal(t, "x", gotS)
	assert.EqualValues(t, 1<<62+1, gotN)

	damaged := []byte(cur)
	for i := range damaged {
		b := damaged[i]
		damaged[i] = 'A'
		if b == 'A' {
			damaged[i] = 'B'
		}
		require.ErrorIs(t, cs.Decode(store.Cursor(damaged), scope, &gotAt, &gotS, &gotN), store.ErrCursor, "byte %d", i)
		damaged[i] = b
	}
	for name, err := range map[string]error{
		"other arguments": cs.Decode(cur, other, &gotAt, &gotS, &gotN),
		"other query":     cs.Decode(cur, store.Scope{Query: "Order.Recent", Args: scope.Args}, &gotAt, &gotS, &gotN),
		"other key":       store.NewCursors([]byte("secret")).Decode(cur, scope, &gotAt, &gotS, &gotN),
		"fewer values":    cs.Decode(cur, scope, &gotAt),
		"other types":     cs.Decode(cur, scope, &gotN, &gotS, &gotN),
		"not base64":      cs.Decode("%%%", scope, &gotAt),
		"empty":           cs.Decode("", scope, &gotAt),
	} {
		assert.ErrorIs(t, err, store.ErrCursor, name)
	}
}

func TestStatements(t *testing.T) {
	t.Parallel()
	d := sqlite(t, store.Statements(3))
	ctx := t.Context()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 50 {
				q := fmt.Sprintf("SELECT name FROM t WHERE id = ? AND %d = %d", (g+i)%7, (g+i)%7)
				rows := &entsql.Rows{}
				if assert.NoError(t, d.Query(ctx, q, []any{i}, rows)) {
					assert.NoError(t, rows.Close())
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, store.InTx(ctx, d, func(ctx context.Context) error {
		for _, n := range []string{"a", "b", "c", "d"} {
			if err := add(ctx, d, n); err != nil {
				return err
			}
		}
		return nil
	}))
	assert.Equal(t, []string{"a", "b", "c", "d"}, names(t, ctx, d))
	require.NoError(t, add(ctx, d, "e"))
}

func TestWithVarIsRefused(t *testing.T) {
	t.Parallel()
	d := sqlite(t)
	ctx := entsql.WithVar(t.Context(), "app.tenant", "x")
	require.ErrorContains(t, add(ctx, d, "a"), "store.Setting")
	require.NoError(t, add(t.Context(), d, "a"))
}

func TestStream(t *testing.T) {
	t.Parallel()
	fetch := func(_ context.Context, after store.Cursor, size int) (store.Slice[int], error) {
		n := len(after)
		s := store.Slice[int]{}
		for i := n; i < min(n+size, 10); i++ {
			s.Items = append(s.Items, i)
		}
		if n+size < 10 {
			s.Next = after + store.Cursor("xxxxxxxxxx"[:size])
		}
		return s, nil
	}
	var got []int
	for i, err := range store.Stream(t.Context(), 3, fetch) {
		require.NoError(t, err)
		got = append(got, i)
	}
	assert.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, got)

	boom := errors.New("boom")
	var errs []error
	for _, err := range store.Stream(t.Context(), 3, func(context.Context, store.Cursor, int) (store.Slice[int], error) {
		return store.Slice[int]{}, boom
	}) {
		errs = append(errs, err)
	}
	assert.Equal(t, []error{boom}, errs)

	var sizes []int
	for part := range store.Chunks(got, 4) {
		sizes = append(sizes, len(part))
	}
	assert.Equal(t, []int{4, 4, 2}, sizes)
}

func TestArray(t *testing.T) {
	t.Parallel()
	s := "x"
	a := store.ArrayOf([]any{`a"b\c`, nil, 3, int64(4), 1.5, true, []byte{0xde, 0xad}, (*string)(nil), &s, time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)})
	v, err := a.Value()
	require.NoError(t, err)
	assert.Equal(t, `{"a\"b\\c",NULL,3,4,1.5,true,"\\xdead",NULL,"x","2026-01-02T03:04:05.000006Z"}`, v)
	v, err = store.ArrayOf[string](nil).Value()
	require.NoError(t, err)
	assert.Equal(t, "{}", v)
	_, err = store.ArrayOf([]chan int{nil}).Value()
	require.Error(t, err)
}
