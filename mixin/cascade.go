package mixin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// What follows in this file is called by the code that the extension generates.

// Model holds the soft-deleted tables of a client by their names.
type Model map[string]Table

// Table is what soft deletion needs to know of a table. Version, Updated and UpdatedBy are empty where it has none.
type Table struct {
	Schema    string
	ID        string
	Deleted   string
	Updated   string
	UpdatedBy string
	Version   string
	// Children are the soft-deleted tables that refer to this one with ON DELETE CASCADE.
	Children []Child
}

// Child is a foreign key that refers to a Table.
type Child struct {
	Table  string
	Column string
}

// chunk is how many keys one statement names: well below every driver's limit of arguments.
const chunk = 500

// SoftDeleteRows sets the time of deletion on the rows of table that match the predicate, and on the rows that
// depend on them, in one transaction. It returns the number of rows of table.
func SoftDeleteRows(ctx context.Context, drv dialect.Driver, model Model, table string, pred func(*sql.Selector)) (int, error) {
	w := walk{ctx: ctx, q: drv, dialect: drv.Dialect(), model: model, at: Now()}
	if len(model[table].Children) == 0 {
		n, _, err := w.mark(table, w.matching(table, pred), false)
		return n, err
	}
	tx, err := drv.Tx(ctx)
	if err != nil {
		return 0, err
	}
	w.q = tx
	n, ids, err := w.mark(table, w.matching(table, pred), true)
	if err == nil {
		err = w.deleteChildren(table, ids)
	}
	if err != nil {
		return 0, errors.Join(err, tx.Rollback())
	}
	return n, tx.Commit()
}

// RestoreChildren undoes what SoftDeleteRows did to the rows that depend on the deleted rows of table that match the
// predicate: rows with the very same time of deletion. The caller restores the rows of table in the same transaction.
func RestoreChildren(ctx context.Context, q dialect.ExecQuerier, dialectName string, model Model, table string, pred func(*sql.Selector)) error {
	if len(model[table].Children) == 0 {
		return nil
	}
	w := walk{ctx: ctx, q: q, dialect: dialectName, model: model, at: Now(), seen: make(map[string]bool)}
	s := w.matching(table, pred)
	if err := s.Err(); err != nil {
		return err
	}
	s.Select(s.C(model[table].ID))
	if dialectName == dialect.Postgres {
		s.ForUpdate()
	}
	ids, err := w.keys(s.Query())
	if err != nil {
		return fmt.Errorf("looking for the deleted rows of %s: %w", table, err)
	}
	return w.restoreChildren(table, ids)
}

// walk is one pass over the tables that depend on each other.
type walk struct {
	ctx     context.Context
	q       dialect.ExecQuerier
	dialect string
	model   Model
	at      time.Time
	seen    map[string]bool // rows on the way that is restored, against a cycle of rows
}

// matching selects the rows of a table that match a predicate.
func (w *walk) matching(table string, pred func(*sql.Selector)) *sql.Selector {
	build := sql.Dialect(w.dialect)
	s := build.Select().From(build.Table(table).Schema(w.model[table].Schema)).WithContext(w.ctx)
	if pred != nil {
		pred(s)
	}
	return s
}

// update begins a statement that changes rows of a table, as the client would.
func (w *walk) update(table string) *sql.UpdateBuilder {
	t := w.model[table]
	u := sql.Dialect(w.dialect).Update(table).Schema(t.Schema)
	if t.Updated != "" {
		u.Set(t.Updated, w.at)
	}
	if t.Version != "" {
		u.Add(t.Version, 1)
	}
	if actor, ok := ActorFrom(w.ctx); ok && t.UpdatedBy != "" {
		u.Set(t.UpdatedBy, actor)
	}
	return u
}

// mark sets the time of deletion on the selected rows, and returns how many there were and, if asked, their keys.
func (w *walk) mark(table string, rows *sql.Selector, returning bool) (int, []any, error) {
	if err := rows.Err(); err != nil {
		return 0, nil, err
	}
	t := w.model[table]
	u := w.update(table).Set(t.Deleted, w.at).FromSelect(rows)
	if !returning {
		var res sql.Result
		query, args := u.Query()
		if err := w.q.Exec(w.ctx, query, args, &res); err != nil {
			return 0, nil, err
		}
		n, err := res.RowsAffected()
		return int(n), nil, err
	}
	ids, err := w.keys(u.Returning(t.ID).Query())
	return len(ids), ids, err
}

// keys runs a statement that returns one column.
func (w *walk) keys(query string, args []any) ([]any, error) {
	rows := &sql.Rows{}
	if err := w.q.Query(w.ctx, query, args, rows); err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []any
	for rows.Next() {
		var id any
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, errors.Join(rows.Err(), rows.Close())
}

// deleteChildren soft-deletes the live rows that depend on the rows of table with these keys, and theirs.
func (w *walk) deleteChildren(table string, ids []any) error {
	for _, c := range w.model[table].Children {
		for part := range parts(ids) {
			rows := w.matching(c.Table, func(s *sql.Selector) {
				s.Where(sql.And(sql.In(s.C(c.Column), part...), sql.IsNull(s.C(w.model[c.Table].Deleted))))
			})
			_, below, err := w.mark(c.Table, rows, len(w.model[c.Table].Children) > 0)
			if err != nil {
				return fmt.Errorf("deleting the rows of %s that belong to %s: %w", c.Table, table, err)
			}
			if err := w.deleteChildren(c.Table, below); err != nil {
				return err
			}
		}
	}
	return nil
}

// restoreChildren restores the rows that were deleted together with the still deleted rows of table with these keys:
// first the lowest, because a row is recognised by the time its parent still has.
func (w *walk) restoreChildren(table string, ids []any) error {
	parent := w.model[table]
	build := sql.Dialect(w.dialect)
	for _, c := range parent.Children {
		child := w.model[c.Table]
		for part := range parts(ids) {
			ct := build.Table(c.Table).Schema(child.Schema).As("child")
			pt := build.Table(table).Schema(parent.Schema).As("parent")
			query, args := build.Select(ct.C(child.ID)).From(ct).Join(pt).On(ct.C(c.Column), pt.C(parent.ID)).
				Where(sql.And(sql.In(pt.C(parent.ID), part...), sql.ColumnsEQ(ct.C(child.Deleted), pt.C(parent.Deleted)))).Query()
			found, err := w.keys(query, args)
			if err == nil {
				found = w.unseen(c.Table, found)
				err = w.restoreChildren(c.Table, found)
			}
			for below := range parts(found) {
				if err != nil {
					break
				}
				query, args := w.update(c.Table).SetNull(child.Deleted).Where(sql.In(child.ID, below...)).Query()
				err = w.q.Exec(w.ctx, query, args, nil)
			}
			if err != nil {
				return fmt.Errorf("restoring the rows of %s that belong to %s: %w", c.Table, table, err)
			}
		}
	}
	return nil
}

// unseen drops the rows that were met before.
func (w *walk) unseen(table string, ids []any) []any {
	var fresh []any
	for _, id := range ids {
		if key := fmt.Sprintf("%s %v", table, id); !w.seen[key] {
			w.seen[key] = true
			fresh = append(fresh, id)
		}
	}
	return fresh
}

// parts cuts keys into the portions of one statement.
func parts(ids []any) func(func([]any) bool) {
	return func(yield func([]any) bool) {
		for len(ids) > 0 {
			n := min(chunk, len(ids))
			if !yield(ids[:n]) {
				return
			}
			ids = ids[n:]
		}
	}
}
