package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Set is the list of changes of an UPDATE.
type Set struct {
	text strings.Builder
	args []any
}

func (s *Set) next() {
	if s.text.Len() > 0 {
		s.text.WriteString(", ")
	}
}

// Add sets a column to a value.
func (s *Set) Add(column string, value any) {
	s.next()
	s.text.WriteString(column)
	s.text.WriteString(" = ?")
	s.args = append(s.args, value)
}

// Raise adds one to a column.
func (s *Set) Raise(column string) {
	s.next()
	s.text.WriteString(column + " = " + column + " + 1")
}

// Empty says whether there is no change.
func (s *Set) Empty() bool { return s.text.Len() == 0 }

// Update changes the row with an id, in the scope and with the version given, by one statement, and gives it as it is
// then. It returns ErrNotFound where there is no such row, and ErrStale where it has another version. The version
// column is empty for a table without one.
func (s *Source[T]) Update(ctx context.Context, set *Set, scope []any, id any, versionColumn string, version any) (*T, error) {
	where := and(s.Scope, s.ID+" = ?")
	args := append(append(make([]any, 0, len(set.args)+len(scope)+2), set.args...), scope...)
	args = append(args, id)
	if set.Empty() {
		return s.One(ctx, Variant{Where: s.ID + " = ?"}, id)
	}
	text := "UPDATE " + s.Table + " SET " + set.text.String() + " WHERE " + where
	if versionColumn != "" {
		text += " AND " + versionColumn + " = ?"
		args = append(args, version)
	}
	row, err := One(ctx, s.Driver, s.Scan, s.Dialect().Number(text+" RETURNING "+s.Columns, 1), args...)
	if !errors.Is(err, ErrNotFound) {
		return row, s.Constraints.Wrap(err)
	}
	return nil, s.missing(ctx, err, id, versionColumn, version)
}

// missing tells a row that is not there from one that has another version.
func (s *Source[T]) missing(ctx context.Context, notFound error, id any, versionColumn string, version any) error {
	if versionColumn == "" {
		return notFound
	}
	there, err := s.Exists(ctx, Variant{Where: s.ID + " = ?"}, id)
	switch {
	case err != nil:
		return errors.Join(notFound, err)
	case there:
		return fmt.Errorf("version %v: %w", version, ErrStale)
	}
	return notFound
}
