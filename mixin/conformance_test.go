package mixin_test

import (
	"context"
	stdsql "database/sql"
	"slices"
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib" // pgx's driver
	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
	"github.com/plinth-go/plinth/mixin"
	"github.com/plinth-go/plinth/store"
)

// The tenants and people of the tests.
var (
	acme, bolt = mixin.NewID(), mixin.NewID()
	ann, bob   = mixin.NewID(), mixin.NewID()
)

// clients are the generated clients, databases what they run on.
var (
	clients   = map[string]func(*testing.T, dialect.Driver) world{"work": newWork, "press": newPress}
	databases = map[string]func(*testing.T) dialect.Driver{
		"postgres": func(t *testing.T) dialect.Driver { return sql.OpenDB(dialect.Postgres, devdbtest.Test(t).DB) },
		"sqlite":   func(t *testing.T) dialect.Driver { return sql.OpenDB(dialect.SQLite, devdbtest.SQLite(t).DB) },
		"pgx": func(t *testing.T) dialect.Driver {
			db, err := stdsql.Open("pgx", devdbtest.Test(t).URL)
			require.NoError(t, err)
			t.Cleanup(func() { _ = db.Close() })
			return sql.OpenDB(dialect.Postgres, db)
		},
		"store": func(t *testing.T) dialect.Driver { return store.NewDriver(dialect.Postgres, devdbtest.Test(t).DB) },
	}
)

// everywhere runs a test on both clients, each on PostgreSQL and SQLite. The second one also runs on pgx's driver,
// the first on the one that keeps prepared statements.
func everywhere(t *testing.T, test func(t *testing.T, w world)) {
	t.Helper()
	for _, on := range []struct{ client, database string }{
		{"work", "postgres"}, {"work", "sqlite"}, {"work", "store"}, {"press", "postgres"}, {"press", "sqlite"}, {"press", "pgx"},
	} {
		t.Run(on.client+"/"+on.database, func(t *testing.T) {
			t.Parallel()
			test(t, clients[on.client](t, databases[on.database](t)))
		})
	}
}

func as(t *testing.T, tenant uuid.UUID) context.Context {
	return mixin.WithTenant(t.Context(), tenant)
}

func everyone(t *testing.T) context.Context {
	return mixin.AllTenants(t.Context(), "the test looks at all rows")
}

// must is the value of a call that does not fail.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}

func names[T any](vs []T, err error, name func(T) string) ([]string, error) {
	out, err := inOrder(vs, err, name)
	slices.Sort(out)
	return out, err
}

func inOrder[T any](vs []T, err error, name func(T) string) ([]string, error) {
	out := []string{}
	for _, v := range vs {
		out = append(out, name(v))
	}
	return out, err
}

// reads are all the ways to read roots, each reduced to names or a number.
var reads = map[string]func(world, context.Context) (any, error){
	"all":             func(w world, ctx context.Context) (any, error) { return w.AllRoots(ctx) },
	"count":           func(w world, ctx context.Context) (any, error) { return w.CountRoots(ctx) },
	"exist":           func(w world, ctx context.Context) (any, error) { return w.ExistRoot(ctx) },
	"ids":             func(w world, ctx context.Context) (any, error) { return w.RootIDs(ctx) },
	"select":          func(w world, ctx context.Context) (any, error) { return w.SelectRoots(ctx) },
	"group":           func(w world, ctx context.Context) (any, error) { return w.GroupRoots(ctx) },
	"aggregate":       func(w world, ctx context.Context) (any, error) { return w.SumBudgets(ctx) },
	"to one":          func(w world, ctx context.Context) (any, error) { return w.RootsOfChildren(ctx) },
	"to many":         func(w world, ctx context.Context) (any, error) { return w.ChildrenOfRoots(ctx) },
	"through":         func(w world, ctx context.Context) (any, error) { return w.TagsOfRoots(ctx) },
	"path and has":    func(w world, ctx context.Context) (any, error) { return w.TaggedOnPath(ctx) },
	"eager to many":   func(w world, ctx context.Context) (any, error) { return w.EagerChildren(ctx) },
	"eager through":   func(w world, ctx context.Context) (any, error) { return w.EagerTags(ctx) },
	"eager to one":    func(w world, ctx context.Context) (any, error) { return w.EagerRoot(ctx) },
	"has":             func(w world, ctx context.Context) (any, error) { return w.TopsWithRoots(ctx) },
	"has with":        func(w world, ctx context.Context) (any, error) { return w.TopsWithRootNamed(ctx, "r1") },
	"has with has":    func(w world, ctx context.Context) (any, error) { return w.TopsWithTagNamed(ctx, "t") },
	"has in a count":  func(w world, ctx context.Context) (any, error) { return w.CountTopsWithRoots(ctx) },
	"has not, by id":  func(w world, ctx context.Context) (any, error) { return w.TopIDsWithoutRoots(ctx) },
	"has through":     func(w world, ctx context.Context) (any, error) { return w.RootsWithTags(ctx) },
	"with through":    func(w world, ctx context.Context) (any, error) { return w.RootsWithTagNamed(ctx, "t") },
	"has one":         func(w world, ctx context.Context) (any, error) { return w.ChildrenWithRoot(ctx) },
	"has one itself":  func(w world, ctx context.Context) (any, error) { return w.ChildrenWithParent(ctx) },
	"order by count":  func(w world, ctx context.Context) (any, error) { return w.TopsByRootCount(ctx) },
	"order by count2": func(w world, ctx context.Context) (any, error) { return w.RootsByTagCount(ctx) },
}

// sample makes roots r1 (tagged t, with child c1 and below it c2) and r2 under top "one", r3 under "two", and "none"
// without roots; all of acme. And, of bolt: r1 and r9 under "one", r1 tagged and with a child.
type sample struct{ one, two, r1, r2, r3, c1, c2, tag, bolt1, boltTag key }

func fill(t *testing.T, w world) sample {
	t.Helper()
	one := must[key](t)
	ctx, other := as(t, acme), as(t, bolt)
	var s sample
	s.one, s.two = one(w.Top(ctx, "one")), one(w.Top(ctx, "two"))
	one(w.Top(ctx, "none"))
	s.r1, s.r2, s.r3 = one(w.Root(ctx, "r1", s.one, nil)), one(w.Root(ctx, "r2", s.one, nil)), one(w.Root(ctx, "r3", s.two, nil))
	s.c1 = one(w.Child(ctx, "c1", s.r1, nil))
	s.c2 = one(w.Child(ctx, "c2", s.r1, s.c1))
	one(w.Leaf(ctx, "l1", s.c1))
	one(w.Leaf(ctx, "l2", s.c2))
	s.tag = one(w.Tag(ctx, "t", s.r1))
	s.bolt1 = one(w.Root(other, "r1", s.one, nil))
	one(w.Root(other, "r9", s.one, nil))
	one(w.Child(other, "c9", s.bolt1, nil))
	s.boltTag = one(w.Tag(other, "t", s.bolt1))
	return s
}

// check runs every read and compares it with what is expected.
func check(t *testing.T, w world, ctx context.Context, want map[string]any) {
	t.Helper()
	for name, read := range reads {
		got, err := read(w, ctx)
		require.NoError(t, err, name)
		require.Equal(t, want[name], got, name)
	}
}
