package mixin_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/mixin"
	"github.com/plinth-go/plinth/store"
)

func TestVersion(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		s, ctx := fill(t, w), as(t, acme)
		version := func(want int64) {
			t.Helper()
			r, err := w.GetRoot(ctx, s.r1)
			require.NoError(t, err)
			require.Equal(t, want, r.Version)
		}
		version(1)
		require.NoError(t, w.RenameRoot(ctx, s.r1, "a"), "by id alone")
		version(2)
		require.NoError(t, w.RenameRootFrom(ctx, s.r1, "b", 2))
		version(3)
		err := w.RenameRootFrom(ctx, s.r1, "c", 2)
		require.ErrorIs(t, err, store.ErrStale)
		require.NotErrorIs(t, err, store.ErrNotFound)
		require.NoError(t, w.RenameLoaded(ctx, s.r1, "d"))
		version(4)
		require.ErrorIs(t, w.RenameLoaded(ctx, s.r1, "e", "f"), store.ErrStale, "the second update of what was read once")
		version(5)
		require.Equal(t, 1, must[int](t)(w.RenameRoots(ctx, "e", "g")), "in bulk")
		version(6)

		// Where there is no row, stale is not the answer.
		require.ErrorIs(t, w.RenameRootFrom(as(t, bolt), s.r1, "x", 6), store.ErrNotFound)
		require.NoError(t, w.DeleteRoot(ctx, s.r1))
		require.ErrorIs(t, w.RenameRootFrom(ctx, s.r1, "x", 6), store.ErrNotFound)

		// In a transaction, which goes on.
		require.NoError(t, w.InTx(ctx, func(w world) error {
			require.ErrorIs(t, w.RenameRootFrom(ctx, s.r2, "x", 9), store.ErrStale)
			require.ErrorIs(t, w.RenameLoaded(ctx, s.r2, "y", "z"), store.ErrStale)
			return w.RenameRootFrom(ctx, s.r2, "r2 in the end", 2)
		}))
		require.Equal(t, list{"r2 in the end", "r3"}, must[[]string](t)(w.AllRoots(ctx)))
	})
}

func TestAudit(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		ctx := as(t, acme)
		byAnn, byBob := mixin.WithActor(ctx, ann), mixin.WithActor(ctx, bob)
		id := must[key](t)(w.Root(byAnn, "a", nil, nil))
		r, err := w.GetRoot(ctx, id)
		require.NoError(t, err)
		require.Equal(t, ann, *r.CreatedBy)
		require.Equal(t, ann, *r.UpdatedBy)
		require.NoError(t, w.RenameRoot(byBob, id, "b"))
		require.NoError(t, w.RenameRoot(ctx, id, "c"), "a job")
		r, err = w.GetRoot(ctx, id)
		require.NoError(t, err)
		require.Equal(t, ann, *r.CreatedBy)
		require.Equal(t, bob, *r.UpdatedBy)
		require.True(t, r.Changed)
		require.NoError(t, w.DeleteRoot(byAnn, id))
		r, err = w.GetRoot(mixin.IncludeDeleted(ctx), id)
		require.NoError(t, err)
		require.Equal(t, ann, *r.UpdatedBy, "who deleted it")

		id = must[key](t)(w.Root(ctx, "d", nil, nil))
		r, err = w.GetRoot(ctx, id)
		require.NoError(t, err)
		require.Nil(t, r.CreatedBy)
	})
}
