package mixin_test

import (
	"context"
	"errors"
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/mixin/internal/testent/press"
	"github.com/plinth-go/plinth/mixin/internal/testent/press/book"
	"github.com/plinth-go/plinth/mixin/internal/testent/press/chapter"
	"github.com/plinth-go/plinth/mixin/internal/testent/press/genre"
	"github.com/plinth-go/plinth/mixin/internal/testent/press/house"
	"github.com/plinth-go/plinth/mixin/internal/testent/press/knob"
	"github.com/plinth-go/plinth/mixin/internal/testent/press/predicate"
	_ "github.com/plinth-go/plinth/mixin/internal/testent/press/runtime"
)

// pressWorld is the client whose mixins have their other names.
type pressWorld struct{ c *press.Client }

var _ world = pressWorld{}

func newPress(t *testing.T, drv dialect.Driver) world {
	c := press.NewClient(press.Driver(drv))
	require.NoError(t, c.Schema.Create(t.Context()))
	return pressWorld{c}
}

func pressID(k key) int {
	id, _ := k.(int)
	return id
}

func (w pressWorld) Top(ctx context.Context, name string) (key, error) {
	v, err := w.c.House.Create().SetName(name).Save(ctx)
	if err != nil {
		return nil, err
	}
	return v.ID, nil
}

func (w pressWorld) Root(ctx context.Context, name string, top key, tenant *uuid.UUID) (key, error) {
	b := w.c.Book.Create().SetTitle(name)
	if top != nil {
		b.SetHouseID(pressID(top))
	}
	if tenant != nil {
		b.SetOrgID(*tenant)
	}
	v, err := b.Save(ctx)
	if err != nil {
		return nil, err
	}
	return v.ID, nil
}

func (w pressWorld) Roots(ctx context.Context, tenant *uuid.UUID, names ...string) error {
	var bs []*press.BookCreate
	for i, n := range names {
		b := w.c.Book.Create().SetTitle(n)
		if tenant != nil && i == len(names)-1 {
			b.SetOrgID(*tenant)
		}
		bs = append(bs, b)
	}
	return w.c.Book.CreateBulk(bs...).Exec(ctx)
}

func (w pressWorld) Child(ctx context.Context, name string, root, parent key) (key, error) {
	b := w.c.Chapter.Create().SetTitle(name).SetBookID(pressID(root))
	if parent != nil {
		b.SetPartOf(pressID(parent))
	}
	v, err := b.Save(ctx)
	if err != nil {
		return nil, err
	}
	return v.ID, nil
}

func (w pressWorld) Leaf(ctx context.Context, body string, child key) (key, error) {
	v, err := w.c.Remark.Create().SetBody(body).SetChapterID(pressID(child)).Save(ctx)
	if err != nil {
		return nil, err
	}
	return v.ID, nil
}

func (w pressWorld) Tag(ctx context.Context, name string, roots ...key) (key, error) {
	b := w.c.Genre.Create().SetName(name)
	for _, r := range roots {
		b.AddBookIDs(pressID(r))
	}
	v, err := b.Save(ctx)
	if err != nil {
		return nil, err
	}
	return v.ID, nil
}

func (w pressWorld) Plain(ctx context.Context, name, value string) (key, error) {
	v, err := w.c.Knob.Create().SetKey(name).SetValue(value).Save(ctx)
	if err != nil {
		return nil, err
	}
	return v.ID, nil
}

func (w pressWorld) root(v *press.Book) root {
	return root{
		Name: v.Title, Tenant: v.OrgID, Version: v.Rev, Budget: v.Price,
		CreatedBy: v.CreatedBy, UpdatedBy: v.UpdatedBy, Deleted: v.RemovedAt != nil, Changed: v.ChangedAt.After(v.MadeAt),
		ChildrenNow: func(ctx context.Context) (int, error) {
			return w.c.Chapter.Query().Where(chapter.HasBookWith(book.ID(v.ID))).Count(ctx)
		},
	}
}

func (w pressWorld) GetRoot(ctx context.Context, id key) (root, error) {
	v, err := w.c.Book.Get(ctx, pressID(id))
	if err != nil {
		return root{}, err
	}
	return w.root(v), nil
}

func pressBooks(vs []*press.Book, err error) ([]string, error) {
	return names(vs, err, func(v *press.Book) string { return v.Title })
}

func pressChapters(vs []*press.Chapter, err error) ([]string, error) {
	return names(vs, err, func(v *press.Chapter) string { return v.Title })
}

func pressGenres(vs []*press.Genre, err error) ([]string, error) {
	return names(vs, err, func(v *press.Genre) string { return v.Name })
}

func pressHouses(vs []*press.House, err error) ([]string, error) {
	return names(vs, err, func(v *press.House) string { return v.Name })
}

func (w pressWorld) AllRoots(ctx context.Context) ([]string, error) {
	return pressBooks(w.c.Book.Query().All(ctx))
}
func (w pressWorld) CountRoots(ctx context.Context) (int, error) { return w.c.Book.Query().Count(ctx) }
func (w pressWorld) ExistRoot(ctx context.Context) (bool, error) { return w.c.Book.Query().Exist(ctx) }
func (w pressWorld) RootIDs(ctx context.Context) (int, error) {
	ids, err := w.c.Book.Query().IDs(ctx)
	return len(ids), err
}

func (w pressWorld) SelectRoots(ctx context.Context) ([]string, error) {
	ns, err := w.c.Book.Query().Select(book.FieldTitle).Strings(ctx)
	return names(ns, err, func(n string) string { return n })
}

func (w pressWorld) GroupRoots(ctx context.Context) (int, error) {
	var v []struct {
		Title string
		Count int
	}
	err := w.c.Book.Query().GroupBy(book.FieldTitle).Aggregate(press.Count()).Scan(ctx, &v)
	return len(v), err
}

func (w pressWorld) SumBudgets(ctx context.Context) (int64, error) {
	var v []struct{ Sum *int64 }
	if err := w.c.Book.Query().Aggregate(press.Sum(book.FieldPrice)).Scan(ctx, &v); err != nil || v[0].Sum == nil {
		return 0, err
	}
	return *v[0].Sum, nil
}

func (w pressWorld) AllChildren(ctx context.Context) ([]string, error) {
	return pressChapters(w.c.Chapter.Query().All(ctx))
}

func (w pressWorld) AllLeaves(ctx context.Context) ([]string, error) {
	vs, err := w.c.Remark.Query().All(ctx)
	return names(vs, err, func(v *press.Remark) string { return v.Body })
}

func (w pressWorld) AllTags(ctx context.Context) ([]string, error) {
	return pressGenres(w.c.Genre.Query().All(ctx))
}

func (w pressWorld) RootsOfTop(ctx context.Context, top key) ([]string, error) {
	v, err := w.c.House.Get(ctx, pressID(top))
	if err != nil {
		return nil, err
	}
	return pressBooks(v.QueryBooks().All(ctx))
}

func (w pressWorld) ChildrenOfRoots(ctx context.Context) ([]string, error) {
	return pressChapters(w.c.Chapter.Query().Where(chapter.HasBook()).All(ctx))
}

func (w pressWorld) RootsOfChildren(ctx context.Context) ([]string, error) {
	return pressBooks(w.c.Chapter.Query().QueryBook().All(ctx))
}

func (w pressWorld) TagsOfRoots(ctx context.Context) ([]string, error) {
	return pressGenres(w.c.Book.Query().QueryGenres().All(ctx))
}

func (w pressWorld) TaggedOnPath(ctx context.Context) ([]string, error) {
	return pressBooks(w.c.House.Query().QueryBooks().Where(book.HasGenres()).Order(book.ByGenresCount()).Unique(false).All(ctx))
}

func (w pressWorld) EagerChildren(ctx context.Context) (map[string][]string, error) {
	vs, err := w.c.Book.Query().All(ctx)
	out := map[string][]string{}
	for _, v := range vs {
		if out[v.Title], err = pressChapters(w.c.Chapter.Query().Where(chapter.HasBookWith(book.ID(v.ID))).All(ctx)); err != nil {
			return nil, err
		}
	}
	return out, err
}

func (w pressWorld) EagerTags(ctx context.Context) (map[string][]string, error) {
	vs, err := w.c.Book.Query().WithGenres().All(ctx)
	out := map[string][]string{}
	for _, v := range vs {
		out[v.Title], _ = pressGenres(v.Edges.Genres, nil)
	}
	return out, err
}

func (w pressWorld) EagerRoot(ctx context.Context) (map[string]string, error) {
	vs, err := w.c.Chapter.Query().WithBook().All(ctx)
	out := map[string]string{}
	for _, v := range vs {
		out[v.Title] = ""
		if v.Edges.Book != nil {
			out[v.Title] = v.Edges.Book.Title
		}
	}
	return out, err
}

func (w pressWorld) TopsWithRoots(ctx context.Context) ([]string, error) {
	return pressHouses(w.c.House.Query().Where(house.HasBooks()).All(ctx))
}

func (w pressWorld) TopsWithRootNamed(ctx context.Context, name string) ([]string, error) {
	return pressHouses(w.c.House.Query().Where(house.HasBooksWith(book.Title(name))).All(ctx))
}

func (w pressWorld) TopsWithTagNamed(ctx context.Context, name string) ([]string, error) {
	return pressHouses(w.c.House.Query().Where(house.HasBooksWith(book.HasGenresWith(genre.Name(name)))).All(ctx))
}

func (w pressWorld) CountTopsWithRoots(ctx context.Context) (int, error) {
	return w.c.House.Query().Where(house.HasBooks()).Count(ctx)
}

func (w pressWorld) TopIDsWithoutRoots(ctx context.Context) (int, error) {
	ids, err := w.c.House.Query().Where(house.Or(house.Not(house.HasBooks()), house.Name("none"))).IDs(ctx)
	return len(ids), err
}

func (w pressWorld) RootsWithTags(ctx context.Context) ([]string, error) {
	return pressBooks(w.c.Book.Query().Where(book.HasGenres()).All(ctx))
}

func (w pressWorld) RootsWithTagNamed(ctx context.Context, name string) ([]string, error) {
	return pressBooks(w.c.Book.Query().Where(book.HasGenresWith(genre.Name(name))).All(ctx))
}

func (w pressWorld) ChildrenWithRoot(ctx context.Context) ([]string, error) {
	return pressChapters(w.c.Chapter.Query().Where(chapter.HasBook()).All(ctx))
}

func (w pressWorld) ChildrenWithParent(ctx context.Context) ([]string, error) {
	return pressChapters(w.c.Chapter.Query().Where(chapter.HasWhole()).All(ctx))
}

func (w pressWorld) TopsByRootCount(ctx context.Context) ([]string, error) {
	vs, err := w.c.House.Query().Order(house.ByBooksCount(sql.OrderDesc()), house.ByName()).All(ctx)
	return inOrder(vs, err, func(v *press.House) string { return v.Name })
}

func (w pressWorld) RootsByTagCount(ctx context.Context) ([]string, error) {
	vs, err := w.c.Book.Query().Order(book.ByGenresCount(sql.OrderDesc()), book.ByTitle()).All(ctx)
	return inOrder(vs, err, func(v *press.Book) string { return v.Title })
}

func (w pressWorld) Reuse(first, second context.Context) (int, int, error) {
	q := w.c.Book.Query()
	a, err1 := q.Count(first)
	b, err2 := q.Count(second)
	return a, b, errors.Join(err1, err2)
}

func (w pressWorld) PlainValue(ctx context.Context, id key) (string, []string, error) {
	v, err := w.c.Knob.Query().Where(knob.ID(pressID(id))).WithGenres().Only(ctx)
	if err != nil {
		return "", nil, err
	}
	tags, err := pressGenres(v.Edges.Genres, nil)
	return v.Value, tags, err
}

func (w pressWorld) RenameRoot(ctx context.Context, id key, name string) error {
	return w.c.Book.UpdateOneID(pressID(id)).SetTitle(name).Exec(ctx)
}

func (w pressWorld) RenameRootFrom(ctx context.Context, id key, name string, version int64) error {
	return w.c.Book.UpdateOneID(pressID(id)).SetTitle(name).SetRev(version).Exec(ctx)
}

func (w pressWorld) RenameLoaded(ctx context.Context, id key, names ...string) error {
	v, err := w.c.Book.Get(ctx, pressID(id))
	for _, n := range names {
		if err == nil {
			err = w.c.Book.UpdateOne(v).SetTitle(n).Exec(ctx)
		}
	}
	return err
}

func (w pressWorld) RenameRootIfTagged(ctx context.Context, id key, name string) error {
	return w.c.Book.UpdateOneID(pressID(id)).Where(book.HasGenres()).SetTitle(name).Exec(ctx)
}

func (w pressWorld) RenameRoots(ctx context.Context, from, to string) (int, error) {
	return w.c.Book.Update().Where(book.Title(from)).SetTitle(to).Save(ctx)
}

func (w pressWorld) RenameTopIfRooted(ctx context.Context, top key, name string) error {
	return w.c.House.UpdateOneID(pressID(top)).Where(house.HasBooks()).SetName(name).Exec(ctx)
}

func (w pressWorld) RenameTopsIfRooted(ctx context.Context, name string) (int, error) {
	return w.c.House.Update().Where(house.HasBooks()).SetName(name).Save(ctx)
}

func (w pressWorld) SetPlain(ctx context.Context, id key, value string) error {
	return w.c.Knob.UpdateOneID(pressID(id)).SetValue(value).Exec(ctx)
}

func (w pressWorld) TouchPlain(ctx context.Context, id key) error {
	return w.c.Knob.UpdateOneID(pressID(id)).Exec(ctx)
}

func (w pressWorld) TagPlain(ctx context.Context, id, tag key) error {
	return w.c.Knob.UpdateOneID(pressID(id)).AddGenreIDs(pressID(tag)).Exec(ctx)
}

func (w pressWorld) TagPlains(ctx context.Context, tag key) (int, error) {
	return w.c.Knob.Update().AddGenreIDs(pressID(tag)).Save(ctx)
}

func (w pressWorld) SetDeleted(ctx context.Context, id key) error {
	v, err := w.c.Book.Get(ctx, pressID(id))
	if err != nil {
		return err
	}
	return w.c.Book.UpdateOne(v).SetRemovedAt(v.MadeAt).Exec(ctx)
}

// pressKey is the partial unique index that an upsert of projects meets.
var pressKey = []sql.ConflictOption{
	sql.ConflictColumns(book.FieldOrgID, book.FieldTitle), sql.ConflictWhere(sql.IsNull(book.FieldRemovedAt)),
}

func (w pressWorld) UpsertRoot(ctx context.Context, name string, budget int64) error {
	return w.c.Book.Create().SetTitle(name).SetPrice(budget).OnConflict(pressKey...).UpdateNewValues().Exec(ctx)
}

func (w pressWorld) UpsertRoots(ctx context.Context, budget int64, names ...string) error {
	var bs []*press.BookCreate
	for _, n := range names {
		bs = append(bs, w.c.Book.Create().SetTitle(n).SetPrice(budget))
	}
	return w.c.Book.CreateBulk(bs...).OnConflict(pressKey...).UpdateNewValues().Exec(ctx)
}

func (w pressWorld) UpsertPlain(ctx context.Context, name, value string) error {
	return w.c.Knob.Create().SetKey(name).SetValue(value).OnConflictColumns(knob.FieldKey).UpdateNewValues().Exec(ctx)
}

func (w pressWorld) UpsertPlains(ctx context.Context, value string, names ...string) error {
	var bs []*press.KnobCreate
	for _, n := range names {
		bs = append(bs, w.c.Knob.Create().SetKey(n).SetValue(value))
	}
	return w.c.Knob.CreateBulk(bs...).OnConflictColumns(knob.FieldKey).UpdateNewValues().Exec(ctx)
}

func (w pressWorld) UpsertPlainWhere(ctx context.Context, name, value string) error {
	return w.c.Knob.Create().SetKey(name).SetValue(value).
		OnConflict(sql.ConflictColumns(knob.FieldKey), sql.UpdateWhere(sql.EQ(knob.FieldValue, "old"))).UpdateNewValues().Exec(ctx)
}

func (w pressWorld) DeleteRoot(ctx context.Context, id key) error {
	return w.c.Book.DeleteOneID(pressID(id)).Exec(ctx)
}

func (w pressWorld) DeleteRoots(ctx context.Context, names ...string) (int, error) {
	var ps []predicate.Book
	if len(names) > 0 {
		ps = append(ps, book.TitleIn(names...))
	}
	return w.c.Book.Delete().Where(ps...).Exec(ctx)
}

func (w pressWorld) DeleteTopsIfRooted(ctx context.Context) (int, error) {
	return w.c.House.Delete().Where(house.HasBooks()).Exec(ctx)
}

func (w pressWorld) DeleteChild(ctx context.Context, id key) error {
	return w.c.Chapter.DeleteOneID(pressID(id)).Exec(ctx)
}

func (w pressWorld) DeleteTag(ctx context.Context, id key) error {
	return w.c.Genre.DeleteOneID(pressID(id)).Exec(ctx)
}

func (w pressWorld) DeletePlain(ctx context.Context, id key) error {
	return w.c.Knob.DeleteOneID(pressID(id)).Exec(ctx)
}

func (w pressWorld) RestoreRoots(ctx context.Context, ids ...key) (int, error) {
	var us []int
	for _, id := range ids {
		us = append(us, pressID(id))
	}
	return w.c.Book.Restore(ctx, us...)
}

func (w pressWorld) RestoreRoot(ctx context.Context, id key) error {
	return w.c.Book.UpdateOneID(pressID(id)).ClearRemovedAt().Exec(ctx)
}

func (w pressWorld) RestoreAndRename(ctx context.Context, id key, name string) (root, error) {
	v, err := w.c.Book.UpdateOneID(pressID(id)).ClearRemovedAt().SetTitle(name).Save(ctx)
	if err != nil {
		return root{}, err
	}
	return w.root(v), nil
}

func (w pressWorld) InTx(ctx context.Context, do func(world) error) error {
	tx, err := w.c.Tx(ctx)
	if err != nil {
		return err
	}
	if err := do(pressWorld{tx.Client()}); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
