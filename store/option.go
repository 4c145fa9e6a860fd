package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
)

// Option changes how repositories work.
type Option func(*Settings)

// Settings are what options set.
type Settings struct {
	Cursors Cursors
}

// CursorKey authenticates the cursors of repositories with a key, which all instances of a service share.
func CursorKey(key []byte) Option { return func(s *Settings) { s.Cursors = NewCursors(key) } }

// Configured applies options.
func Configured(opts ...Option) Settings {
	var s Settings
	for _, o := range opts {
		o(&s)
	}
	return s
}

// Form is the place of the dialect's statements among those that were made for each dialect.
func (d Dialect) Form() int {
	if d == Postgres {
		return 0
	}
	return 1
}

// InOrder puts rows into the order of the ids asked for. It returns ErrNotFound where a row is missing.
func InOrder[K comparable, T any](ids []K, rows []T, id func(T) K) ([]T, error) {
	byID := make(map[K]T, len(rows))
	for _, r := range rows {
		byID[id(r)] = r
	}
	out := make([]T, len(ids))
	for i, k := range ids {
		r, ok := byID[k]
		if !ok {
			return nil, fmt.Errorf("reading %v: %w", k, ErrNotFound)
		}
		out[i] = r
	}
	return out, nil
}

// UnknownSort is the error for an order that a list does not know.
func UnknownSort(sort string, known ...string) error {
	return fmt.Errorf("unknown order %q: there are %s, each with a - before it for descending", sort, strings.Join(known, ", "))
}

// JSONColumn reads a JSON column.
type JSONColumn[T any] struct{ V T }

var _ sql.Scanner = (*JSONColumn[int])(nil)

// Scan implements sql.Scanner.
func (c *JSONColumn[T]) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		return nil
	case []byte:
		return json.Unmarshal(v, &c.V)
	case string:
		return json.Unmarshal([]byte(v), &c.V)
	}
	return fmt.Errorf("reading a JSON column: got a %T", src)
}
