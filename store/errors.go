package store

import (
	"errors"
	"fmt"
	"strings"
)

// The errors that callers of a repository branch on, with errors.Is.
var (
	// ErrNotFound says that no such row exists, that it is soft-deleted, or that it belongs to another tenant.
	ErrNotFound = errors.New("not found")
	// ErrStale says that the row was changed since it was read: its version is not the expected one any more.
	ErrStale = errors.New("changed by someone else since it was read")
	// ErrNoTenant says that the context carries no tenant, for a table whose rows belong to tenants.
	ErrNoTenant = errors.New("no tenant in the context")
	// ErrCursor says that a cursor was changed, belongs to another query, or was made by another version.
	ErrCursor = errors.New("cursor not valid for this query")
)

// ValidationError says that a value was refused before it reached the database. Find it with errors.As.
type ValidationError struct {
	// Entity and Field say what was refused, as named in Ent.
	Entity, Field string
	// Err is the reason.
	Err error
}

// Error says which field was refused and why.
func (e *ValidationError) Error() string {
	return fmt.Sprintf("%s.%s: %v", e.Entity, e.Field, e.Err)
}

// Unwrap gives the reason.
func (e *ValidationError) Unwrap() error { return e.Err }

// ConflictKind is the sort of constraint that refused a row.
type ConflictKind string

// The kinds of constraints.
const (
	Unique     ConflictKind = "unique"
	ForeignKey ConflictKind = "foreign key"
	Check      ConflictKind = "check"
	NotNull    ConflictKind = "not null"
	Exclusion  ConflictKind = "exclusion"
)

// ConflictError says which constraint of the database refused a change. Find it with errors.As.
type ConflictError struct {
	// Kind is the sort of the constraint.
	Kind ConflictKind
	// Entity is the entity whose constraint it is, "User". Empty where the database did not say.
	Entity string
	// Fields are the entity's fields that the constraint is about, as named in Ent.
	Fields []string
	// Constraint is the constraint's name in the database. Empty where the database did not say.
	Constraint string
	// Err is the driver's error.
	Err error
}

// Error says what the conflict is, without the values that caused it.
func (e *ConflictError) Error() string {
	what := e.Entity
	if len(e.Fields) > 0 {
		what = strings.TrimPrefix(what+"."+strings.Join(e.Fields, ", "), ".")
	}
	if what == "" {
		what = "a row"
	}
	msg := map[ConflictKind]string{
		Unique:     "%s: exists already",
		ForeignKey: "%s: the row referred to does not exist, or this one is still referred to",
		Check:      "%s: value not allowed",
		NotNull:    "%s: value missing",
		Exclusion:  "%s: overlaps an existing row",
	}[e.Kind]
	if msg == "" {
		msg = "%s: refused by the database"
	}
	msg = fmt.Sprintf(msg, what)
	if e.Constraint != "" {
		msg += " (" + e.Constraint + ")"
	}
	return msg
}

// Unwrap gives the driver's error.
func (e *ConflictError) Unwrap() error { return e.Err }
