package store

import (
	"context"
	"iter"
)

// StreamSize is the number of rows that Stream holds at a time where the caller names none.
const StreamSize = 500

// Stream reads a list of any length with bounded memory: it fetches one page after the other with a cursor, holds one
// page at a time, and keeps no connection and no transaction while the caller works on a row. It stops at the first
// error, which is the last pair. Rows added behind the reader while it runs are not seen twice; rows added ahead of
// it are seen.
//
// fetch reads the page that begins at the cursor, with at most size rows, for instance:
//
//	for order, err := range store.Stream(ctx, 0, func(ctx context.Context, after store.Cursor, size int) (store.Slice[*ent.Order], error) {
//		return orders.ByCustomer(ctx, customer, after, size)
//	}) { … }
func Stream[T any](ctx context.Context, size int, fetch func(ctx context.Context, after Cursor, size int) (Slice[T], error)) iter.Seq2[T, error] {
	if size <= 0 {
		size = StreamSize
	}
	size = min(size, MaxLimit)
	return func(yield func(T, error) bool) {
		var after Cursor
		for {
			page, err := fetch(ctx, after, size)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if !page.More() {
				return
			}
			after = page.Next
		}
	}
}

// Chunks cuts items into parts of at most size, in order, without copying.
func Chunks[T any](items []T, size int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for len(items) > 0 {
			n := min(max(size, 1), len(items))
			if !yield(items[:n:n]) {
				return
			}
			items = items[n:]
		}
	}
}
