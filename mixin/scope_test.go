package mixin_test

import (
	"errors"
	"sync"
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/sqlgraph"
	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/mixin"
	"github.com/plinth-go/plinth/store"
)

func TestOneOfManyWriters(t *testing.T) {
	w := newWork(t, databases["postgres"](t))
	s, ctx := fill(t, w), as(t, acme)
	var (
		wg   sync.WaitGroup
		errs = make([]error, 8)
	)
	for i := range errs {
		wg.Go(func() { errs[i] = w.RenameRootFrom(ctx, s.r1, "new", 1) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		require.ErrorIs(t, err, store.ErrStale)
	}
	require.Equal(t, 1, won)
}

func TestOrderByCountStatement(t *testing.T) {
	step := func(rel sqlgraph.Rel, inverse bool, table string, columns ...string) *sqlgraph.Step {
		return sqlgraph.NewStep(sqlgraph.From("tops", "id"), sqlgraph.To("roots", "id"), sqlgraph.Edge(rel, inverse, table, columns...))
	}
	deleted := mixin.Scope{Deleted: "deleted_at"}
	for name, test := range map[string]struct {
		step *sqlgraph.Step
		opts []sql.OrderTermOption
		want string
	}{
		"children": {step(sqlgraph.O2M, false, "roots", "top_id"), nil,
			`SELECT * FROM "tops" LEFT JOIN (SELECT "roots"."top_id", COUNT(*) AS "count_roots" FROM "roots" WHERE "roots"."deleted_at" IS NULL GROUP BY "roots"."top_id") AS "t1" ON "tops"."id" = "t1"."top_id" ORDER BY "t1"."count_roots" NULLS FIRST`},
		"descending": {step(sqlgraph.O2M, false, "roots", "top_id"), []sql.OrderTermOption{sql.OrderDesc()},
			`SELECT * FROM "tops" LEFT JOIN (SELECT "roots"."top_id", COUNT(*) AS "count_roots" FROM "roots" WHERE "roots"."deleted_at" IS NULL GROUP BY "roots"."top_id") AS "t1" ON "tops"."id" = "t1"."top_id" ORDER BY "t1"."count_roots" DESC NULLS LAST`},
		"through": {step(sqlgraph.M2M, false, "root_tops", "top_id", "root_id"), []sql.OrderTermOption{sql.OrderNullsLast()},
			`SELECT * FROM "tops" LEFT JOIN (SELECT "root_tops"."top_id", COUNT(*) AS "count_roots" FROM "root_tops" JOIN "roots" AS "t1" ON "root_tops"."root_id" = "t1"."id" WHERE "t1"."deleted_at" IS NULL GROUP BY "root_tops"."top_id") AS "t1" ON "tops"."id" = "t1"."top_id" ORDER BY "t1"."count_roots" NULLS LAST`},
		"back": {step(sqlgraph.M2M, true, "root_tops", "root_id", "top_id"), []sql.OrderTermOption{sql.OrderAs("n"), sql.OrderSelected()},
			`SELECT *, "t1"."n" FROM "tops" LEFT JOIN (SELECT "root_tops"."top_id", COUNT(*) AS "n" FROM "root_tops" JOIN "roots" AS "t1" ON "root_tops"."root_id" = "t1"."id" WHERE "t1"."deleted_at" IS NULL GROUP BY "root_tops"."top_id") AS "t1" ON "tops"."id" = "t1"."top_id" ORDER BY "t1"."n" NULLS FIRST`},
	} {
		t.Run(name, func(t *testing.T) {
			build := sql.Dialect(dialect.Postgres)
			s := build.Select("*").From(build.Table("tops"))
			mixin.OrderByCount(s, test.step, deleted, test.opts...)
			query, args := s.Query()
			require.Equal(t, test.want, query)
			require.Empty(t, args)
			require.NoError(t, s.Err())
		})
	}
}

func TestErrorsOfPredicatesAreNotLost(t *testing.T) {
	boom := errors.New("boom")
	bad := func(s *sql.Selector) { s.AddError(boom) }
	require.ErrorContains(t, mixin.CheckPredicates(t.Context(), dialect.Postgres, "tops", []func(*sql.Selector){bad}), "boom")
	require.NoError(t, mixin.CheckPredicates[func(*sql.Selector)](t.Context(), dialect.Postgres, "tops", nil))
	require.NoError(t, mixin.CheckPredicates(as(t, acme), dialect.Postgres, "tops", []func(*sql.Selector){bad}), "not asked where a tenant is known")
}

func TestScopeConflict(t *testing.T) {
	scope := mixin.Scope{Tenant: "tenant_id", Deleted: "deleted_at"}
	for name, test := range map[string]struct {
		opts []sql.ConflictOption
		want string
	}{
		"new values": {[]sql.ConflictOption{sql.ConflictColumns("k"), sql.ResolveWithNewValues()},
			`INSERT INTO "t" ("k", "version") VALUES ($1, $2) ON CONFLICT ("k") DO UPDATE SET "k" = "excluded"."k", "version" = "t"."version" + 1 WHERE "t"."tenant_id" = "excluded"."tenant_id" AND "t"."deleted_at" IS NULL`},
		"nothing": {[]sql.ConflictOption{sql.ConflictColumns("k"), sql.DoNothing()},
			`INSERT INTO "t" ("k", "version") VALUES ($1, $2) ON CONFLICT ("k") DO NOTHING`},
	} {
		t.Run(name, func(t *testing.T) {
			query, _, err := sql.Dialect(dialect.Postgres).Insert("t").Columns("k", "version").Values(1, 1).
				OnConflict(mixin.ScopeConflict(test.opts, dialect.Postgres, "t", scope, "version")...).QueryErr()
			require.NoError(t, err)
			require.Equal(t, test.want, query)
		})
	}
	// What Ent refuses stays refused, and no upsert stays none.
	_, _, err := sql.Dialect(dialect.Postgres).Insert("t").Columns("k").Values(1).
		OnConflict(mixin.ScopeConflict([]sql.ConflictOption{sql.ConflictColumns("k")}, dialect.Postgres, "t", scope, "version")...).QueryErr()
	require.Error(t, err)
	require.Empty(t, mixin.ScopeConflict(nil, dialect.Postgres, "t", scope, "version"))
}
