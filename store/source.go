package store

import (
	"context"
	"errors"
	"reflect"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// Source is how a generated repository reads one table: with statements of its own where nothing else has a say, and
// through Ent's query builder where hooks, interceptors or a privacy policy do, or where the context asks for rows of
// all tenants or deleted rows. Generated code fills it in.
type Source[T any] struct {
	// Table, Columns and ID are quoted: the table, the columns of an entity in the order of Scan, and the primary key.
	Table, Columns, ID string
	// Scope are the conditions of every direct statement; Enter gives their arguments.
	Scope string
	// Driver is the client's driver.
	Driver dialect.Driver
	// Scan reads a row of Columns.
	Scan Scan[T]
	// Enter gives the arguments of Scope, and says whether direct statements may be used.
	Enter func(ctx context.Context) (args []any, direct bool, err error)
	// Find and Tally read and count through Ent.
	Find  func(ctx context.Context, q EntQuery) ([]*T, error)
	Tally func(ctx context.Context, where func(*entsql.Selector)) (int, error)
	// Constraints explain the database's refusals.
	Constraints Constraints
	// Cursors makes and reads cursors.
	Cursors Cursors
}

// EntQuery is a read as Ent's query builders take it. A Limit of 0 means every row.
type EntQuery struct {
	Where, Order  func(*entsql.Selector)
	Limit, Offset int
}

// Variant is a query: its conditions with "?" for parameters, its order, and the constant statements made of them
// when the code was generated. A statement that was not made then is put together when it is needed.
type Variant struct {
	// Name is what cursors of the query are bound to.
	Name string
	// Where are the conditions without Scope; empty means none.
	Where string
	// Keys is the order; with a cursor, its last key is unique.
	Keys []SortKey
	// First reads the rows; After those behind the sort values of a row, compared as a row.
	First, After string
	// Counted and Capped read them with the exact total, and with one that stops at DefaultCap.
	Counted, Capped string
}

// Dialect is the dialect of the source's driver.
func (s *Source[T]) Dialect() Dialect { return Dialect(s.Driver.Dialect()) }

func (s *Source[T]) where(v Variant) string { return and(s.Scope, v.Where) }

func and(a, b string) string {
	switch {
	case a == "" && b == "":
		return "1 = 1"
	case a == "":
		return b
	case b == "":
		return a
	}
	return a + " AND " + b
}

func (s *Source[T]) firstText(v Variant) string {
	if v.First != "" {
		return v.First
	}
	return FirstText(s.Dialect(), s.Columns, s.Table, s.where(v), v.Keys)
}

func (s *Source[T]) windowText(v Variant, w Window) string {
	switch {
	case w.Count == Estimated || w.Count == Uncounted:
		return s.firstText(v)
	case w.Count == Exact && v.Counted != "":
		return v.Counted
	case w.Count == AtLeast && w.Cap == DefaultCap && v.Capped != "":
		return v.Capped
	}
	return s.Dialect().ListText(s.Columns, s.Table, s.where(v), s.Dialect().OrderBy(v.Keys), w.Count, w.Cap)
}

// FirstText is the statement of Variant.First.
func FirstText(d Dialect, columns, table, where string, keys []SortKey) string {
	text := "SELECT " + columns + " FROM " + table + " WHERE " + where
	if len(keys) > 0 {
		text += " ORDER BY " + d.OrderBy(keys)
	}
	return d.Number(text, 1)
}

// AfterText is the statement of Variant.After; empty where the order cannot be compared as a row.
func AfterText(d Dialect, columns, table, where string, keys []SortKey) string {
	null := make([]bool, len(keys))
	if ok, _ := rowComparable(keys, null); len(keys) == 0 || !ok {
		return ""
	}
	after, _ := After(keys, null)
	return FirstText(d, columns, table, and(where, after), keys)
}

// One reads the one row that a query matches, or returns ErrNotFound.
func (s *Source[T]) One(ctx context.Context, v Variant, args ...any) (*T, error) {
	scope, direct, err := s.Enter(ctx)
	if err != nil {
		return nil, err
	}
	if direct {
		item, err := One(ctx, s.Driver, s.Scan, s.firstText(v), join(scope, args)...)
		return item, s.Constraints.Wrap(err)
	}
	items, err := s.find(ctx, v, args, 1, 0)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, ErrNotFound
	}
	return items[0], nil
}

// All reads the rows that a query matches, at most limit where it is not 0.
func (s *Source[T]) All(ctx context.Context, v Variant, limit int, args ...any) ([]*T, error) {
	scope, direct, err := s.Enter(ctx)
	if err != nil {
		return nil, err
	}
	if !direct {
		return s.find(ctx, v, args, limit, 0)
	}
	size := min(limit, DefaultLimit)
	all := join(scope, args)
	items, err := All(ctx, s.Driver, s.Scan, size, s.Dialect().windowed(s.firstText(v), limit, 0, len(all)), all...)
	return items, s.Constraints.Wrap(err)
}

// Page reads one page of a query, with its total.
func (s *Source[T]) Page(ctx context.Context, v Variant, w Window, args ...any) (Page[*T], error) {
	w = w.Normal()
	scope, direct, err := s.Enter(ctx)
	if err != nil {
		return Page[*T]{}, err
	}
	if !direct {
		return s.entPage(ctx, v, w, args)
	}
	d := s.Dialect()
	if w.Count == Estimated && d != Postgres {
		w.Count = Exact
	}
	all := join(scope, args)
	total := int64(-1)
	var items []*T
	text, window := d.windowed(s.windowText(v, w), w.Limit, w.Offset, len(all)), d.listArgs(all, w)
	if w.Count == Exact || w.Count == AtLeast {
		items, total, err = Counted(ctx, s.Driver, s.Scan, w.Limit, text, window...)
	} else {
		items, err = All(ctx, s.Driver, s.Scan, w.Limit, text, window...)
	}
	if err == nil && total < 0 {
		total, w.Count, err = Total(ctx, s.Driver, d, s.Table, s.where(v), all, w)
	}
	if err != nil {
		return Page[*T]{}, s.Constraints.Wrap(err)
	}
	return NewPage(items, total, w), nil
}

func (s *Source[T]) entPage(ctx context.Context, v Variant, w Window, args []any) (Page[*T], error) {
	items, err := s.find(ctx, v, args, w.Limit, w.Offset)
	if err != nil {
		return Page[*T]{}, err
	}
	if w.Count == Uncounted {
		return NewPage(items, 0, w), nil
	}
	w.Count = Exact
	total, err := s.Tally(ctx, filter(v.Where, args))
	if err != nil {
		return Page[*T]{}, s.Constraints.Wrap(err)
	}
	return NewPage(items, int64(total), w), nil
}

// Count counts the rows that a query matches.
func (s *Source[T]) Count(ctx context.Context, v Variant, args ...any) (int64, error) {
	scope, direct, err := s.Enter(ctx)
	if err != nil {
		return 0, err
	}
	if !direct {
		n, err := s.Tally(ctx, filter(v.Where, args))
		return int64(n), s.Constraints.Wrap(err)
	}
	n, err := Scalar[int64](ctx, s.Driver, s.Dialect().CountText(s.Table, s.where(v), Exact, 0), join(scope, args)...)
	return n, s.Constraints.Wrap(err)
}

// Exists says whether a query matches a row.
func (s *Source[T]) Exists(ctx context.Context, v Variant, args ...any) (bool, error) {
	scope, direct, err := s.Enter(ctx)
	if err != nil {
		return false, err
	}
	if !direct {
		items, err := s.find(ctx, v, args, 1, 0)
		return len(items) > 0, err
	}
	_, err = Scalar[int64](ctx, s.Driver, s.Dialect().Number("SELECT 1 FROM "+s.Table+" WHERE "+s.where(v)+" LIMIT 1", 1), join(scope, args)...)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, s.Constraints.Wrap(err)
}

// find reads through Ent.
func (s *Source[T]) find(ctx context.Context, v Variant, args []any, limit, offset int) ([]*T, error) {
	items, err := s.Find(ctx, EntQuery{Where: filter(v.Where, args), Order: Ordered(s.Dialect().OrderBy(v.Keys)), Limit: limit, Offset: offset})
	return items, s.Constraints.Wrap(err)
}

// filter is conditions as Ent's queries take them.
func filter(where string, args []any) func(*entsql.Selector) {
	return func(s *entsql.Selector) {
		if where != "" {
			s.Where(predicate(where, args))
		}
	}
}

// join puts arguments together in a new slice with room for more.
func join(a, b []any) []any {
	out := make([]any, 0, len(a)+len(b)+4)
	return append(append(out, a...), b...)
}

// Place tells how a row stands in the order of a query with a cursor.
type Place[T any] struct {
	// Values are the row's values of the sort keys.
	Values func(*T) []any
	// Dest are new variables of the values' types.
	Dest func() []any
}

// Slice reads the page of a query that begins behind a cursor.
func (s *Source[T]) Slice(ctx context.Context, v Variant, p Place[T], after Cursor, limit int, args ...any) (Slice[*T], error) {
	limit = ClampLimit(limit)
	scope, direct, err := s.Enter(ctx)
	if err != nil {
		return Slice[*T]{}, err
	}
	bound, err := boundTo(v.Name, scope, args)
	if err != nil {
		return Slice[*T]{}, err
	}
	text, tail, whole := "", false, v
	wholeArgs := args
	if after != "" {
		values, null, err := s.place(after, bound, p)
		if err != nil {
			return Slice[*T]{}, err
		}
		var ok bool
		if ok, tail = rowComparable(v.Keys, null); ok {
			text = v.After
		}
		cond, order := After(v.Keys, null)
		v.Where, v.First = and(v.Where, cond), ""
		args = args[:len(args):len(args)]
		for _, i := range order {
			args = append(args, values[i])
		}
	}
	items, err := s.slice(ctx, direct, v, text, limit+1, scope, args)
	if err == nil && tail && len(items) <= limit {
		// The rows whose first key is NULL come last.
		whole.Where, whole.First = and(whole.Where, whole.Keys[0].Column+" IS NULL"), ""
		var last []*T
		last, err = s.slice(ctx, direct, whole, "", limit+1-len(items), scope, wholeArgs)
		items = append(items, last...)
	}
	if err != nil {
		return Slice[*T]{}, err
	}
	out := Slice[*T]{Items: items}
	if out.Items == nil {
		out.Items = []*T{}
	}
	if len(items) > limit {
		out.Items = items[:limit:limit]
		out.Next, err = s.Cursors.Encode(bound, p.Values(items[limit-1])...)
	}
	return out, err
}

// slice reads up to n rows, with the statement given where there is one.
func (s *Source[T]) slice(ctx context.Context, direct bool, v Variant, text string, n int, scope, args []any) ([]*T, error) {
	if !direct {
		return s.find(ctx, v, args, n, 0)
	}
	if text == "" {
		text = s.firstText(v)
	}
	all := join(scope, args)
	items, err := All(ctx, s.Driver, s.Scan, n, s.Dialect().windowed(text, n, 0, len(all)), all...)
	return items, s.Constraints.Wrap(err)
}

// place reads a cursor: the sort values, and which of them are NULL.
func (s *Source[T]) place(after Cursor, bound Scope, p Place[T]) (values []any, null []bool, err error) {
	dest := p.Dest()
	if err := s.Cursors.Decode(after, bound, dest...); err != nil {
		return nil, nil, err
	}
	for _, d := range dest {
		v := reflect.ValueOf(d).Elem()
		values = append(values, v.Interface())
		null = append(null, v.Kind() == reflect.Pointer && v.IsNil())
	}
	return values, null, nil
}
