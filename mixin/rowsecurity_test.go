package mixin_test

import (
	stdsql "database/sql"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
	"github.com/plinth-go/plinth/internal/entload"
	"github.com/plinth-go/plinth/internal/inspect"
	"github.com/plinth-go/plinth/internal/plan"
	"github.com/plinth-go/plinth/mixin"
	"github.com/plinth-go/plinth/mixin/internal/testent/work"
	"github.com/plinth-go/plinth/store"
)

// secured is a client whose tables have their policies, connected as a role that they bind, and the raw connections.
func secured(t *testing.T, wrap func(dialect.Driver) dialect.Driver) (workWorld, *stdsql.DB) {
	owner := devdbtest.Test(t)
	w := newWork(t, sql.OpenDB(dialect.Postgres, owner.DB)).(workWorld)
	graph, err := entload.Load(t.Context(), entload.Options{Path: "internal/testent/work/schema", Dialect: dialect.Postgres})
	require.NoError(t, err)
	made := 0
	for _, c := range graph.Companions {
		_, err := owner.DB.ExecContext(t.Context(), c.Create)
		require.NoError(t, err, c.Create)
		made++
	}
	require.Equal(t, 4, made, "row-level security and a policy on two tables")
	_, err = owner.DB.ExecContext(t.Context(), `DO $$ BEGIN
		IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'shop_app') THEN CREATE ROLE shop_app; END IF; END $$;
		GRANT USAGE ON SCHEMA public TO shop_app; GRANT ALL ON ALL TABLES IN SCHEMA public TO shop_app`)
	require.NoError(t, err)
	sep := "?"
	if strings.Contains(owner.URL, "?") {
		sep = "&"
	}
	db, err := stdsql.Open("postgres", owner.URL+sep+"options=-c%20role%3Dshop_app")
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	w.c = work.NewClient(work.Driver(wrap(sql.OpenDB(dialect.Postgres, db))))
	return w, db
}

func TestRowSecurity(t *testing.T) {
	w, db := secured(t, mixin.RowSecurity)
	ctx, other := as(t, acme), as(t, bolt)
	// The mixins do as they do without it.
	s := fill(t, w)
	check(t, w, ctx, acmeSees)
	require.NoError(t, w.DeleteRoot(ctx, s.r1))
	require.NoError(t, w.RestoreRoot(ctx, s.r1))
	check(t, w, ctx, acmeSees)
	require.ErrorIs(t, w.RenameRootFrom(ctx, s.r1, "x", 1), store.ErrStale)

	// And the database by itself: raw SQL sees what the transaction's tenant sees, and nothing without one.
	count := func(q interface {
		QueryRow(string, ...any) *stdsql.Row
	}) (n int) {
		t.Helper()
		require.NoError(t, q.QueryRow("SELECT count(*) FROM projects").Scan(&n))
		return n
	}
	require.Zero(t, count(db))
	tx, err := db.Begin()
	require.NoError(t, err)
	_, err = tx.Exec("SELECT set_config('plinth.tenant', $1, true)", bolt.String())
	require.NoError(t, err)
	require.Equal(t, 2, count(tx))
	_, err = tx.Exec("INSERT INTO projects (tenant_id, name) VALUES ($1, 'smuggled')", acme)
	require.ErrorContains(t, err, "row-level security")
	require.NoError(t, tx.Rollback())
	require.Zero(t, count(db), "the setting ended with its transaction")

	// One transaction, two tenants.
	require.NoError(t, w.InTx(ctx, func(w world) error {
		require.Equal(t, 3, must[int](t)(w.CountRoots(ctx)))
		require.Equal(t, 2, must[int](t)(w.CountRoots(other)))
		require.Equal(t, 3, must[int](t)(w.CountRoots(ctx)))
		return nil
	}))
	_, err = w.CountRoots(everyone(t))
	require.ErrorContains(t, err, "BYPASSRLS")
}

func TestRowSecurityUsesTheIndex(t *testing.T) {
	_, db := secured(t, mixin.RowSecurity)
	tx, err := db.Begin()
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.Exec("SELECT set_config('plinth.tenant', $1, true)", acme.String())
	require.NoError(t, err)
	_, err = tx.Exec("SET LOCAL enable_seqscan = off")
	require.NoError(t, err)
	rows, err := tx.Query("EXPLAIN SELECT * FROM projects WHERE deleted_at IS NULL AND name = 'x'")
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	var lines []string
	for rows.Next() {
		var line string
		require.NoError(t, rows.Scan(&line))
		lines = append(lines, line)
	}
	require.Contains(t, strings.Join(lines, "\n"), "Index Cond: ((tenant_id = $0)")
}

func TestRowSecurityOnTheStoresDriver(t *testing.T) {
	w, _ := secured(t, func(d dialect.Driver) dialect.Driver {
		return mixin.RowSecurity(store.NewDriver(dialect.Postgres, d.(*sql.Driver).DB()))
	})
	fill(t, w)
	check(t, w, as(t, acme), acmeSees)
	lite := sql.OpenDB(dialect.SQLite, devdbtest.SQLite(t).DB)
	require.Same(t, lite, mixin.RowSecurity(lite))
}

// The policies are part of the desired state: planned, found again on the database, and planned no second time.
func TestRowSecurityIsPlanned(t *testing.T) {
	g, err := entload.Load(t.Context(), entload.Options{Path: "internal/testent/work/schema"})
	require.NoError(t, err)
	ddl, err := plan.DDL(g)
	require.NoError(t, err)
	db := devdbtest.Test(t).DB
	for _, s := range ddl {
		_, err := db.Exec(s)
		require.NoError(t, err, s)
	}
	want, err := inspect.Normalize(t.Context(), devdbtest.Test(t).DB, g)
	require.NoError(t, err)
	have, err := inspect.Database(t.Context(), db, inspect.Options{})
	require.NoError(t, err)
	require.Empty(t, inspect.Compare(want, have))
	again, err := plan.Diff(have, want, plan.Options{})
	require.NoError(t, err)
	require.Empty(t, again.Files)
}
