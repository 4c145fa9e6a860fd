package mixin_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/mixin"
	"github.com/plinth-go/plinth/store"
)

func TestTenantSeesItsOwnRows(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		s := fill(t, w)
		check(t, w, as(t, acme), acmeSees)
		check(t, w, as(t, bolt), but(acmeSees, map[string]any{
			"all": list{"r1", "r9"}, "count": 2, "ids": 2, "select": list{"r1", "r9"}, "group": 2,
			"to many": list{"c9"}, "eager to many": lists{"r1": {"c9"}, "r9": {}}, "eager through": lists{"r1": {"t"}, "r9": {}},
			"eager to one": titles{"c9": "r1"}, "has": list{"one"}, "has in a count": 1, "has not, by id": 2,
			"has one": list{"c9"}, "has one itself": list{},
			"order by count": list{"one", "none", "two"}, "order by count2": list{"r1", "r9"},
		}))
		nobody := mixin.NewID()
		check(t, w, as(t, nobody), map[string]any{
			"all": list{}, "count": 0, "exist": false, "ids": 0, "select": list{}, "group": 0, "aggregate": int64(0),
			"to one": list{}, "to many": list{}, "through": list{}, "path and has": list{},
			"eager to many": lists{}, "eager through": lists{}, "eager to one": titles{},
			"has": list{}, "has with": list{}, "has with has": list{}, "has in a count": 0, "has not, by id": 3,
			"has through": list{}, "with through": list{}, "has one": list{}, "has one itself": list{},
			"order by count": list{"none", "one", "two"}, "order by count2": list{},
		})
		require.Equal(t, list{"r1", "r1", "r2", "r3", "r9"}, must[[]string](t)(w.AllRoots(everyone(t))))
		_, err := w.GetRoot(as(t, bolt), s.r1)
		require.ErrorIs(t, err, store.ErrNotFound)
		require.Equal(t, list{"r1", "r2"}, must[[]string](t)(w.RootsOfTop(as(t, acme), s.one)))
		require.Equal(t, list{"r1", "r9"}, must[[]string](t)(w.RootsOfTop(as(t, bolt), s.one)))
	})
}

// writes are all the ways to change something that belongs to a tenant, or depends on what does.
func writes(s sample, plain key) map[string]func(world, context.Context) error {
	second := func(_ any, err error) error { return err }
	count := func(_ int, err error) error { return err }
	return map[string]func(world, context.Context) error{
		"create":               func(w world, ctx context.Context) error { return second(w.Root(ctx, "new", nil, nil)) },
		"create for a tenant":  func(w world, ctx context.Context) error { return second(w.Root(ctx, "new", nil, &acme)) },
		"create in bulk":       func(w world, ctx context.Context) error { return w.Roots(ctx, nil, "n1", "n2") },
		"create a child":       func(w world, ctx context.Context) error { return second(w.Child(ctx, "new", s.r1, nil)) },
		"update":               func(w world, ctx context.Context) error { return w.RenameRoot(ctx, s.r1, "new") },
		"update from version":  func(w world, ctx context.Context) error { return w.RenameRootFrom(ctx, s.r1, "new", 1) },
		"update if tagged":     func(w world, ctx context.Context) error { return w.RenameRootIfTagged(ctx, s.r1, "new") },
		"update in bulk":       func(w world, ctx context.Context) error { return count(w.RenameRoots(ctx, "r1", "new")) },
		"update elsewhere":     func(w world, ctx context.Context) error { return w.RenameTopIfRooted(ctx, s.one, "new") },
		"update them there":    func(w world, ctx context.Context) error { return count(w.RenameTopsIfRooted(ctx, "new")) },
		"set a plain":          func(w world, ctx context.Context) error { return w.SetPlain(ctx, plain, "new") },
		"update nothing":       func(w world, ctx context.Context) error { return w.TouchPlain(ctx, plain) },
		"update an edge":       func(w world, ctx context.Context) error { return w.TagPlain(ctx, plain, s.tag) },
		"update edges in bulk": func(w world, ctx context.Context) error { return count(w.TagPlains(ctx, s.tag)) },
		"upsert":               func(w world, ctx context.Context) error { return w.UpsertRoot(ctx, "r1", 5) },
		"upsert in bulk":       func(w world, ctx context.Context) error { return w.UpsertRoots(ctx, 5, "r1", "n3") },
		"delete":               func(w world, ctx context.Context) error { return w.DeleteRoot(ctx, s.r1) },
		"delete for good":      func(w world, ctx context.Context) error { return w.DeleteRoot(mixin.HardDelete(ctx), s.r1) },
		"delete in bulk":       func(w world, ctx context.Context) error { return count(w.DeleteRoots(ctx)) },
		"delete elsewhere":     func(w world, ctx context.Context) error { return count(w.DeleteTopsIfRooted(ctx)) },
		"delete a plain":       func(w world, ctx context.Context) error { return w.DeletePlain(ctx, plain) },
		"restore":              func(w world, ctx context.Context) error { return w.RestoreRoot(ctx, s.r1) },
		"restore them":         func(w world, ctx context.Context) error { return count(w.RestoreRoots(ctx, s.r1)) },
	}
}

func TestNoTenantIsAnErrorEverywhere(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		s := fill(t, w)
		plain := must[key](t)(w.Plain(as(t, acme), "k", "v"))
		none := mixin.IncludeDeleted(t.Context())
		for name, read := range reads {
			_, err := read(w, none)
			require.ErrorIs(t, err, store.ErrNoTenant, name)
			_, err = read(w, mixin.WithTenant(none, uuid.Nil))
			require.ErrorIs(t, err, store.ErrNoTenant, name)
			_, err = read(w, mixin.AllTenants(none, ""))
			require.ErrorContains(t, err, "needs a reason", name)
		}
		_, err := w.GetRoot(none, s.r1)
		require.ErrorIs(t, err, store.ErrNoTenant)
		_, err = w.RootsOfTop(none, s.one)
		require.ErrorIs(t, err, store.ErrNoTenant)
		for name, write := range writes(s, plain) {
			require.ErrorIs(t, write(w, none), store.ErrNoTenant, name)
		}
		check(t, w, as(t, acme), acmeSees) // and nothing changed
		require.Equal(t, list{"r1", "r1", "r2", "r3", "r9"}, must[[]string](t)(w.AllRoots(mixin.IncludeDeleted(everyone(t)))))
	})
}

func TestTenantMismatchOnCreate(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		ctx := as(t, acme)
		_, err := w.Root(ctx, "a", nil, &bolt)
		require.ErrorContains(t, err, "is not the context's tenant")
		require.ErrorContains(t, w.Roots(ctx, &bolt, "b", "c"), "is not the context's tenant")
		require.ErrorContains(t, w.Roots(ctx, &bolt, "b"), "is not the context's tenant")
		require.Empty(t, must[[]string](t)(w.AllRoots(everyone(t))))

		id := must[key](t)(w.Root(ctx, "d", nil, &acme))
		r, err := w.GetRoot(ctx, id)
		require.NoError(t, err)
		require.Equal(t, acme, r.Tenant)

		_, err = w.Root(everyone(t), "e", nil, nil)
		require.ErrorContains(t, err, "must be set")
		_, err = w.Root(everyone(t), "e", nil, &bolt)
		require.NoError(t, err)
		require.Equal(t, list{"e"}, must[[]string](t)(w.AllRoots(as(t, bolt))))
	})
}

func TestAnotherTenantChangesNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		s, ctx, other := fill(t, w), as(t, acme), as(t, bolt)
		plain := must[key](t)(w.Plain(ctx, "k", "v"))
		for name, write := range map[string]func() error{
			"update":         func() error { return w.RenameRoot(other, s.r1, "x") },
			"from version":   func() error { return w.RenameRootFrom(other, s.r1, "x", 1) },
			"if tagged":      func() error { return w.RenameRootIfTagged(other, s.r1, "x") },
			"delete":         func() error { return w.DeleteRoot(other, s.r1) },
			"hard delete":    func() error { return w.DeleteRoot(mixin.HardDelete(other), s.r1) },
			"set a plain":    func() error { return w.SetPlain(other, plain, "x") },
			"empty update":   func() error { return w.TouchPlain(other, plain) },
			"edge only":      func() error { return w.TagPlain(other, plain, s.boltTag) },
			"delete a plain": func() error { return w.DeletePlain(other, plain) },
		} {
			require.ErrorIs(t, write(), store.ErrNotFound, name)
		}
		require.Zero(t, must[int](t)(w.TagPlains(other, s.boltTag)))
		require.Zero(t, must[int](t)(w.RenameRoots(other, "r2", "x")))
		require.NoError(t, w.TouchPlain(ctx, plain), "an empty update of its own tenant")
		require.NoError(t, w.TagPlain(ctx, plain, s.tag))

		check(t, w, ctx, acmeSees)
		value, tags, err := w.PlainValue(ctx, plain)
		require.NoError(t, err)
		require.Equal(t, "v", value)
		require.Equal(t, list{"t"}, tags)
	})
}

func TestEdgesStayWithinTheTenant(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		s, ctx, other := fill(t, w), as(t, acme), as(t, bolt)
		plain := must[key](t)(w.Plain(ctx, "k", "v"))
		_, err := w.Tag(other, "x", s.r1)
		require.ErrorIs(t, err, store.ErrNotFound, "a create that connects another tenant's row")
		require.ErrorIs(t, w.TagPlain(ctx, plain, s.boltTag), store.ErrNotFound, "an update that does")
		_, err = w.TagPlains(ctx, s.boltTag)
		require.ErrorIs(t, err, store.ErrNotFound, "in bulk")
		_, err = w.Child(other, "x", s.r1, nil)
		require.ErrorIs(t, err, store.ErrNotFound, "a foreign key, where parents are checked")
		require.Equal(t, list{"t", "t"}, must[[]string](t)(w.AllTags(everyone(t))))
		check(t, w, ctx, acmeSees)
	})
}

func TestUpsertStaysWithinTheTenant(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		s, ctx, other := fill(t, w), as(t, acme), as(t, bolt)
		require.NoError(t, w.UpsertRoot(ctx, "r1", 7))
		require.NoError(t, w.UpsertRoots(ctx, 8, "r2", "r7"))
		require.NoError(t, w.UpsertRoot(other, "r2", 9), "a name of the other tenant is free")
		budget := func(ctx context.Context, id key) int64 {
			r, err := w.GetRoot(ctx, id)
			require.NoError(t, err)
			return r.Budget
		}
		require.Equal(t, []int64{7, 8, 0}, []int64{budget(ctx, s.r1), budget(ctx, s.r2), budget(other, s.bolt1)})
		r, err := w.GetRoot(ctx, s.r1)
		require.NoError(t, err)
		require.Equal(t, int64(2), r.Version, "an upsert raises the version")

		// A key that is unique across tenants.
		plain := must[key](t)(w.Plain(ctx, "k", "mine"))
		require.Error(t, w.UpsertPlain(other, "k", "theirs"))
		_ = w.UpsertPlains(other, "theirs", "k", "k2")
		require.NoError(t, w.UpsertPlain(ctx, "k", "mine again"))
		value, _, err := w.PlainValue(ctx, plain)
		require.NoError(t, err)
		require.Equal(t, "mine again", value)
		require.ErrorContains(t, w.UpsertPlainWhere(ctx, "k", "x"), "sql.UpdateWhere does not go together")
	})
}
