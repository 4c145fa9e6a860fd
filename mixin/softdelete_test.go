package mixin_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/mixin"
	"github.com/plinth-go/plinth/store"
)

type (
	list   = []string
	lists  = map[string][]string
	titles = map[string]string
)

// acmeSees is what acme reads of the sample.
var acmeSees = map[string]any{
	"all": list{"r1", "r2", "r3"}, "count": 3, "exist": true, "ids": 3, "select": list{"r1", "r2", "r3"}, "group": 3, "aggregate": int64(0),
	"to one": list{"r1"}, "to many": list{"c1", "c2"}, "through": list{"t"}, "path and has": list{"r1"},
	"eager to many": lists{"r1": {"c1", "c2"}, "r2": {}, "r3": {}}, "eager through": lists{"r1": {"t"}, "r2": {}, "r3": {}},
	"eager to one": titles{"c1": "r1", "c2": "r1"},
	"has":          list{"one", "two"}, "has with": list{"one"}, "has with has": list{"one"}, "has in a count": 2, "has not, by id": 1,
	"has through": list{"r1"}, "with through": list{"r1"}, "has one": list{"c1", "c2"}, "has one itself": list{"c2"},
	"order by count": list{"one", "two", "none"}, "order by count2": list{"r1", "r2", "r3"},
}

// but is a copy of what is expected, changed.
func but(want map[string]any, changes map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range want {
		out[k] = v
	}
	for k, v := range changes {
		out[k] = v
	}
	return out
}

func TestSoftDeleteHides(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		s, ctx := fill(t, w), as(t, acme)
		check(t, w, ctx, acmeSees)

		require.NoError(t, w.DeleteRoot(ctx, s.r1))
		afterR1 := but(acmeSees, map[string]any{
			"all": list{"r2", "r3"}, "count": 2, "ids": 2, "select": list{"r2", "r3"}, "group": 2,
			"to one": list{}, "to many": list{}, "through": list{}, "path and has": list{},
			"eager to many": lists{"r2": {}, "r3": {}}, "eager through": lists{"r2": {}, "r3": {}}, "eager to one": titles{},
			"has with": list{}, "has with has": list{}, "has through": list{}, "with through": list{}, "has one": list{}, "has one itself": list{},
			"order by count": list{"one", "two", "none"}, "order by count2": list{"r2", "r3"},
		})
		check(t, w, ctx, afterR1)

		_, err := w.GetRoot(ctx, s.r1)
		require.ErrorIs(t, err, store.ErrNotFound)
		require.ErrorIs(t, w.DeleteRoot(ctx, s.r1), store.ErrNotFound, "a deleted row is deleted")
		require.ErrorIs(t, w.RenameRoot(ctx, s.r1, "x"), store.ErrNotFound, "a deleted row is updated")
		n, err := w.RenameRoots(ctx, "r1", "x")
		require.NoError(t, err)
		require.Zero(t, n, "rows renamed in bulk")

		deleted := mixin.IncludeDeleted(ctx)
		check(t, w, deleted, acmeSees)
		r, err := w.GetRoot(deleted, s.r1)
		require.NoError(t, err)
		require.True(t, r.Deleted)
		require.NoError(t, w.RenameRoot(deleted, s.r1, "r1 still"), "an update that asked for deleted rows")

		// The other tenant's rows are as they were.
		require.Equal(t, list{"r1", "r9"}, must[[]string](t)(w.AllRoots(as(t, bolt))))
		require.Equal(t, list{"c9"}, must[[]string](t)(w.AllChildren(as(t, bolt))))
	})
}

func TestSoftDeleteOfOneSideHidesTheRelation(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		s, ctx := fill(t, w), as(t, acme)
		require.NoError(t, w.DeleteTag(ctx, s.tag))
		check(t, w, ctx, but(acmeSees, map[string]any{
			"through": list{}, "path and has": list{}, "eager through": lists{"r1": {}, "r2": {}, "r3": {}}, "has with has": list{},
			"has through": list{}, "with through": list{},
		}))
		// The join row stayed: the relation is back with the tag.
		check(t, w, mixin.IncludeDeleted(ctx), acmeSees)
	})
}

func TestOrderByCountLeavesOutDeleted(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		s, ctx := fill(t, w), as(t, acme)
		_ = must[key](t)(w.Root(ctx, "r4", s.two, nil))
		_ = must[key](t)(w.Root(ctx, "r5", s.two, nil))
		require.Equal(t, list{"two", "one", "none"}, must[[]string](t)(w.TopsByRootCount(ctx)))
		require.Equal(t, 2, must[int](t)(w.DeleteRoots(ctx, "r4", "r5")))
		require.Equal(t, list{"one", "two", "none"}, must[[]string](t)(w.TopsByRootCount(ctx)))
		require.Equal(t, list{"two", "one", "none"}, must[[]string](t)(w.TopsByRootCount(mixin.IncludeDeleted(ctx))))

		require.NoError(t, w.DeleteTag(ctx, s.tag))
		_ = must[key](t)(w.Tag(ctx, "u", s.r2))
		require.Equal(t, list{"r2", "r1", "r3"}, must[[]string](t)(w.RootsByTagCount(ctx)))
	})
}

func TestSoftDeleteInBulk(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		s, ctx := fill(t, w), as(t, acme)
		require.Equal(t, 2, must[int](t)(w.DeleteRoots(ctx, "r1", "r2", "r9")))
		require.Equal(t, 0, must[int](t)(w.DeleteRoots(ctx, "r1", "r2")), "deleted again")
		require.Equal(t, 1, must[int](t)(w.DeleteRoots(ctx)), "without a condition")
		require.Empty(t, must[[]string](t)(w.AllRoots(ctx)))
		require.Empty(t, must[[]string](t)(w.AllChildren(ctx)))
		require.Equal(t, list{"r1", "r9"}, must[[]string](t)(w.AllRoots(as(t, bolt))))
		require.Equal(t, 2, must[int](t)(w.RestoreRoots(ctx, s.r1, s.r2)))
		require.Equal(t, list{"c1", "c2"}, must[[]string](t)(w.AllChildren(ctx)))
	})
}

func TestUniqueAgainAfterSoftDelete(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		s, ctx := fill(t, w), as(t, acme)
		_, err := w.Root(ctx, "r1", nil, nil)
		require.Error(t, err, "the name is taken")
		require.NoError(t, w.DeleteRoot(ctx, s.r1))
		_, err = w.Root(ctx, "r1", nil, nil)
		require.NoError(t, err)
		// Now the deleted one cannot come back, and nothing of it does.
		require.Error(t, w.RestoreRoot(ctx, s.r1))
		_, err = w.RestoreRoots(ctx, s.r1)
		require.Error(t, err)
		require.Empty(t, must[[]string](t)(w.AllChildren(ctx)))
		r, err := w.RestoreAndRename(ctx, s.r1, "r1 again")
		require.NoError(t, err)
		require.Equal(t, "r1 again", r.Name)
		require.Equal(t, 2, must[int](t)(r.ChildrenNow(ctx)), "the entity is of use after the transaction it was restored in")
	})
}

func TestHardDelete(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		s, ctx := fill(t, w), as(t, acme)
		all := mixin.IncludeDeleted(ctx)
		require.NoError(t, w.DeleteRoot(ctx, s.r2))
		require.NoError(t, w.DeleteRoot(mixin.HardDelete(ctx), s.r2), "purging a deleted row")
		require.NoError(t, w.DeleteRoot(mixin.HardDelete(ctx), s.r1))
		require.Equal(t, list{"r3"}, must[[]string](t)(w.AllRoots(all)))
		require.Empty(t, must[[]string](t)(w.AllChildren(all)), "the database's own cascade")
		require.ErrorIs(t, w.DeleteRoot(mixin.HardDelete(ctx), s.bolt1), store.ErrNotFound, "another tenant's row")
		require.Len(t, must[[]string](t)(w.AllRoots(as(t, bolt))), 2)
	})
}

func TestCascadeAndRestore(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		s, ctx := fill(t, w), as(t, acme)
		c3 := must[key](t)(w.Child(ctx, "c3", s.r1, nil))
		_ = must[key](t)(w.Leaf(ctx, "l3", c3))
		_ = must[key](t)(w.Child(ctx, "c4", s.r2, nil))

		// One child was deleted before, by itself: its leaf went with it.
		require.NoError(t, w.DeleteChild(ctx, c3))
		require.Equal(t, list{"l1", "l2"}, must[[]string](t)(w.AllLeaves(ctx)))
		require.NoError(t, w.DeleteRoot(ctx, s.r1))
		require.Equal(t, list{"c4"}, must[[]string](t)(w.AllChildren(ctx)))
		require.Empty(t, must[[]string](t)(w.AllLeaves(ctx)))

		before, err := w.GetRoot(mixin.IncludeDeleted(ctx), s.r1)
		require.NoError(t, err)
		require.Equal(t, int64(2), before.Version, "a deletion raises the version")
		require.ErrorIs(t, w.RestoreRoot(as(t, bolt), s.r1), store.ErrNotFound, "another tenant restores")
		require.NoError(t, w.RestoreRoot(ctx, s.r1))
		require.Equal(t, list{"c1", "c2", "c4"}, must[[]string](t)(w.AllChildren(ctx)), "exactly what the deletion took")
		require.Equal(t, list{"l1", "l2"}, must[[]string](t)(w.AllLeaves(ctx)))
		after, err := w.GetRoot(ctx, s.r1)
		require.NoError(t, err)
		require.Equal(t, int64(3), after.Version)
		require.ErrorIs(t, w.RestoreRoot(ctx, s.r1), store.ErrNotFound, "a live row is restored")
		require.Zero(t, must[int](t)(w.RestoreRoots(ctx, s.r1)))

		// A tree within one table.
		require.NoError(t, w.DeleteChild(ctx, s.c1))
		require.Equal(t, list{"c4"}, must[[]string](t)(w.AllChildren(ctx)))
		require.Empty(t, must[[]string](t)(w.AllLeaves(ctx)))
	})
}

func TestCascadeInsideATransaction(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		s, ctx := fill(t, w), as(t, acme)
		err := w.InTx(ctx, func(w world) error {
			if err := w.DeleteRoot(ctx, s.r1); err != nil {
				return err
			}
			require.Empty(t, must[[]string](t)(w.AllChildren(ctx)))
			return context.Canceled // roll back
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, list{"c1", "c2"}, must[[]string](t)(w.AllChildren(ctx)))
		require.NoError(t, w.InTx(ctx, func(w world) error {
			if err := w.DeleteRoot(ctx, s.r1); err != nil {
				return err
			}
			if err := w.RestoreRoot(ctx, s.r1); err != nil {
				return err
			}
			return w.DeleteRoot(ctx, s.r2)
		}))
		check(t, w, ctx, but(acmeSees, map[string]any{
			"all": list{"r1", "r3"}, "count": 2, "ids": 2, "select": list{"r1", "r3"}, "group": 2,
			"eager to many": lists{"r1": {"c1", "c2"}, "r3": {}}, "eager through": lists{"r1": {"t"}, "r3": {}},
			"order by count2": list{"r1", "r3"},
		}))
	})
}

func TestDeletedIsNotSetByHand(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		s, ctx := fill(t, w), as(t, acme)
		require.ErrorContains(t, w.SetDeleted(ctx, s.r1), "is set by deleting the row")
		require.Equal(t, list{"r1", "r2", "r3"}, must[[]string](t)(w.AllRoots(ctx)))
	})
}

func TestQueryUsedTwice(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		s, ctx := fill(t, w), as(t, acme)
		require.NoError(t, w.DeleteRoot(ctx, s.r1))
		live, all, err := w.Reuse(ctx, mixin.IncludeDeleted(ctx))
		require.NoError(t, err)
		require.Equal(t, []int{2, 3}, []int{live, all})
		mine, theirs, err := w.Reuse(ctx, as(t, bolt))
		require.NoError(t, err)
		require.Equal(t, []int{2, 2}, []int{mine, theirs})
	})
}
