package mixin_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/mixin/internal/testent/press/loan"
	"github.com/plinth-go/plinth/mixin/internal/testent/press/reader"
	"github.com/plinth-go/plinth/store"
)

// A join table with a key of two columns, a tenant and a version.
func TestCompositeKey(t *testing.T) {
	for name, open := range databases {
		t.Run(name, func(t *testing.T) {
			c := newPress(t, open(t)).(pressWorld).c
			ctx, other := as(t, acme), as(t, bolt)
			book, err := c.Book.Create().SetTitle("b").Save(ctx)
			require.NoError(t, err)
			who, err := c.Reader.Create().SetName("r").Save(ctx)
			require.NoError(t, err)
			l, err := c.Loan.Create().SetReader(who).SetBook(book).Save(ctx)
			require.NoError(t, err)
			require.Equal(t, acme, l.OrgID)

			require.NoError(t, c.Loan.UpdateOne(l).SetNote("n").Exec(ctx))
			require.ErrorIs(t, c.Loan.UpdateOne(l).SetNote("x").Exec(other), store.ErrNotFound, "another tenant")
			require.ErrorIs(t, c.Loan.UpdateOne(l).Exec(other), store.ErrNotFound, "with nothing to change")
			require.ErrorIs(t, c.Loan.UpdateOne(l).SetRev(1).SetNote("x").Exec(ctx), store.ErrStale)
			require.NoError(t, c.Loan.UpdateOne(l).SetRev(2).SetNote("m").Exec(ctx))
			require.Equal(t, 0, must[int](t)(c.Loan.Update().SetNote("x").Save(other)))
			require.Equal(t, 0, must[int](t)(c.Loan.Delete().Exec(other)))
			l, err = c.Loan.Query().Where(loan.BookID(book.ID)).Only(ctx)
			require.NoError(t, err)
			require.Equal(t, "m", l.Note)
			require.Equal(t, int64(3), l.Rev)
			_, err = c.Loan.Query().All(t.Context())
			require.ErrorIs(t, err, store.ErrNoTenant)

			// Through it, to a soft-deleted side.
			has := func() (int, int, int) {
				t.Helper()
				a := must[int](t)(c.Reader.Query().Where(reader.HasBooks()).Count(ctx))
				b := must[int](t)(c.Reader.Query().QueryBooks().Count(ctx))
				r, err := c.Reader.Query().WithBooks().WithLoans().Order(reader.ByBooksCount()).Only(ctx)
				require.NoError(t, err)
				return a, b, len(r.Edges.Books)
			}
			a, b, n := has()
			require.Equal(t, []int{1, 1, 1}, []int{a, b, n})
			require.NoError(t, c.Book.DeleteOne(book).Exec(ctx))
			a, b, n = has()
			require.Equal(t, []int{0, 0, 0}, []int{a, b, n})
			require.Equal(t, 1, must[int](t)(c.Loan.Query().Count(ctx)), "the join row stays")
		})
	}
}
