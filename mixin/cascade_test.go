package mixin_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plinth-go/plinth/mixin/internal/testent/work/task"
	"github.com/plinth-go/plinth/store"
)

// leaf is a row of the model: when it was deleted (0: it is live), and what it belongs to.
type leaf struct {
	name    string
	id      uuid.UUID
	parent  *leaf // nil: the root itself
	deleted int
}

// forest is what the database should hold.
type forest struct {
	rows []*leaf
	time int
}

func (f *forest) children(p *leaf) (out []*leaf) {
	for _, r := range f.rows {
		if r.parent == p {
			out = append(out, r)
		}
	}
	return out
}

// remove deletes a live row and the live rows below, as far as they hang together.
func (f *forest) remove(r *leaf) {
	r.deleted = f.time
	for _, c := range f.children(r) {
		if c.deleted == 0 {
			f.remove(c)
		}
	}
}

// restore undoes a deletion: of the row, and of the rows below that went with it.
func (f *forest) restore(r *leaf) {
	when := r.deleted
	r.deleted = 0
	for _, c := range f.children(r) {
		if c.deleted == when {
			f.restore(c)
		}
	}
}

func (f *forest) live() []string {
	out := []string{}
	for _, r := range f.rows {
		if r.parent != nil && r.deleted == 0 {
			out = append(out, r.name)
		}
	}
	slices.Sort(out)
	return out
}

// Whatever is deleted and restored in whatever order, the rows are those of the model.
func TestCascadeAgainstAModel(t *testing.T) {
	w := newWork(t, databases["sqlite"](t)).(workWorld)
	rapid.Check(t, func(r *rapid.T) {
		ctx := as(t, uuid.New())
		top, err := w.c.Project.Create().SetName("p").Save(ctx)
		require.NoError(r, err)
		f := &forest{rows: []*leaf{{name: "p", id: top.ID}}}
		root := f.rows[0]
		for i := range rapid.IntRange(1, 12).Draw(r, "rows") {
			parent := rapid.SampledFrom(f.rows).Draw(r, "parent")
			b := w.c.Task.Create().SetTitle("t" + strconv.Itoa(i)).SetProjectID(top.ID)
			if parent != root {
				b.SetParentID(parent.id)
			}
			made, err := b.Save(ctx)
			require.NoError(r, err)
			f.rows = append(f.rows, &leaf{name: made.Title, id: made.ID, parent: parent})
		}
		for range rapid.IntRange(1, 10).Draw(r, "steps") {
			f.time++
			row := rapid.SampledFrom(f.rows[1:]).Draw(r, "row")
			var err error
			if rapid.Bool().Draw(r, "delete") {
				err = w.c.Task.DeleteOneID(row.id).Exec(ctx)
				if row.deleted != 0 {
					require.ErrorIs(r, err, store.ErrNotFound)
					continue
				}
				f.remove(row)
			} else {
				err = w.c.Task.UpdateOneID(row.id).ClearDeletedAt().Exec(ctx)
				if row.deleted == 0 {
					require.ErrorIs(r, err, store.ErrNotFound)
					continue
				}
				f.restore(row)
			}
			require.NoError(r, err)
			titles, err := w.c.Task.Query().Order(task.ByTitle()).Select(task.FieldTitle).Strings(ctx)
			require.NoError(r, err)
			slices.Sort(titles)
			require.Equal(r, f.live(), append([]string{}, titles...))
		}
	})
}
