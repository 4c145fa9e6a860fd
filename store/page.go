package store

// Page is one page of a list, with the number of rows in the whole list.
type Page[T any] struct {
	// Items are the rows of this page; never nil.
	Items []T
	// Total is the number of rows in the whole list, as Count says.
	Total int64
	// Count says what Total is.
	Count Count
}

// Count says how a total was found, or is to be found. The zero value is Exact.
type Count int

// The ways to count.
const (
	// Exact counts every row. The cost grows with the list.
	Exact Count = iota
	// AtLeast is a total that stopped at the cap: there are that many rows or more. As a request it asks to
	// stop counting there.
	AtLeast
	// Estimated is the planner's guess, at a constant price. It may be off by any amount.
	Estimated
	// Uncounted asks for no total.
	Uncounted
)

// String gives the word for the way to count.
func (c Count) String() string {
	switch c {
	case Exact:
		return "exact"
	case AtLeast:
		return "at least"
	case Estimated:
		return "estimated"
	}
	return "uncounted"
}

// DefaultCap is where an AtLeast total stops when a Window names no other number.
const DefaultCap = 10_000

// Limits of a page where the caller names none, or one too great.
const (
	DefaultLimit = 20
	MaxLimit     = 1_000
)

// Window is the part of a list asked for.
type Window struct {
	// Limit is the number of rows; 0 means DefaultLimit, more than MaxLimit means MaxLimit.
	Limit int
	// Offset is the number of rows skipped; the cost grows with it. For depth use a cursor.
	Offset int
	// Count asks for the total in this way.
	Count Count
	// Cap is where counting stops when Count is AtLeast; 0 means DefaultCap.
	Cap int
}

// Normal gives the window with its defaults filled in and its bounds kept.
func (w Window) Normal() Window {
	w.Limit = ClampLimit(w.Limit)
	w.Offset = max(w.Offset, 0)
	if w.Cap <= 0 {
		w.Cap = DefaultCap
	}
	return w
}

// ClampLimit gives the number of rows for a page, DefaultLimit for 0 and at most MaxLimit.
func ClampLimit(n int) int {
	if n <= 0 {
		return DefaultLimit
	}
	return min(n, MaxLimit)
}

// PageLimit gives the number of rows for a page of a query with a usual number of its own.
func PageLimit(n, usual int) int {
	if n <= 0 && usual > 0 {
		n = usual
	}
	return ClampLimit(n)
}

// NewPage makes a page of items whose total was counted as the window asks.
func NewPage[T any](items []T, total int64, w Window) Page[T] {
	if items == nil {
		items = []T{}
	}
	p := Page[T]{Items: items, Total: total, Count: w.Count}
	if p.Count == AtLeast && total < int64(w.Cap) {
		p.Count = Exact
	}
	return p
}

// Slice is one page of a list read with a cursor: the same cost at every depth, and no total.
type Slice[T any] struct {
	// Items are the rows of this page; never nil.
	Items []T
	// Next is where the following page begins; empty on the last page.
	Next Cursor
}

// More says whether a following page exists.
func (s Slice[T]) More() bool { return s.Next != "" }
