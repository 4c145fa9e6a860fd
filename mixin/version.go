package mixin

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/schema/field"
	emixin "entgo.io/ent/schema/mixin"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/store"
)

// Version is an optimistic lock: each update raises the row's version, and an update of a row that was changed since
// it was read fails with store.ErrStale.
//
// UpdateOne(entity) was read with entity's version. For UpdateOneID and bulk updates SetVersion(v) says which version
// the change was made from; without it they only raise the version.
type Version struct {
	emixin.Schema
	// Field is the field's name; empty means "version".
	Field string
}

func (v Version) name() string { return or(v.Field, "version") }

// Fields of the mixin.
func (v Version) Fields() []ent.Field {
	return []ent.Field{
		field.Int64(v.name()).
			Default(1).
			Comment("Raised by each update; an update made from an older version is refused.").
			Annotations(annotation.Role{Is: annotation.Version}),
	}
}

// versioned is what the extension adds to the mutations of entities with a version.
type versioned interface {
	mutation
	// PlinthVersion is the version of the entity given to UpdateOne; false where only an id was given.
	PlinthVersion(context.Context) (int64, bool)
	// PlinthExists says whether the row to update is there, whatever its version.
	PlinthExists(context.Context) (bool, error)
}

// Hooks of the mixin.
func (v Version) Hooks() []ent.Hook {
	return []ent.Hook{func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			if !m.Op().Is(ent.OpUpdate | ent.OpUpdateOne) {
				return next.Mutate(ctx, m)
			}
			vm, ok := m.(versioned)
			if !ok {
				return nil, noExtension("Version", m)
			}
			from, known := v.from(ctx, vm)
			if known {
				vm.WhereP(func(s *sql.Selector) { s.Where(sql.EQ(s.C(v.name()), from)) })
			}
			if err := v.raise(m); err != nil {
				return nil, err
			}
			value, err := next.Mutate(ctx, m)
			if !known || m.Op().Is(ent.OpUpdate) || !errors.Is(err, store.ErrNotFound) {
				return value, err
			}
			// No row of that version: another version, or no row at all?
			if there, lookup := vm.PlinthExists(ctx); lookup == nil && there {
				return nil, fmt.Errorf("update of %s from version %d: %w", m.Type(), from, store.ErrStale)
			}
			return value, err
		})
	}}
}

// from is the version the change was made from.
func (v Version) from(ctx context.Context, m versioned) (int64, bool) {
	if given, set := m.Field(v.name()); set {
		n, ok := given.(int64)
		return n, ok
	}
	if m.Op().Is(ent.OpUpdateOne) {
		return m.PlinthVersion(ctx)
	}
	return 0, false
}

// raise makes the statement itself add one to the version.
func (v Version) raise(m ent.Mutation) error {
	if err := m.ResetField(v.name()); err != nil {
		return fmt.Errorf("raising the version of %s: %w", m.Type(), err)
	}
	if err := m.AddField(v.name(), int64(1)); err != nil {
		return fmt.Errorf("raising the version of %s: %w", m.Type(), err)
	}
	return nil
}
