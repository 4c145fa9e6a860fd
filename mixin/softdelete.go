package mixin

import (
	"context"
	"fmt"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/schema/field"
	emixin "entgo.io/ent/schema/mixin"

	"github.com/plinth-go/plinth/annotation"
)

// SoftDelete keeps deleted rows and hides them: a delete sets the time of deletion, and from then on queries,
// counts, traversals, eager loading, HasX predicates, updates and further deletes do not find the row.
//
// A delete also soft-deletes the rows that depend on the deleted ones through an edge with ON DELETE CASCADE and are
// soft-deleted themselves, and theirs, in one transaction and with the same time; clearing the field restores the
// row and exactly those. Rows of a join table stay: the far side is hidden, and a restore brings the relation back.
//
// IncludeDeleted sees deleted rows, HardDelete removes rows for good. A unique index of such an entity is partial
// ("deleted_at IS NULL"), so that a deleted row does not hold its name for ever.
type SoftDelete struct {
	emixin.Schema
	// Field is the field's name; empty means "deleted_at".
	Field string
}

func (d SoftDelete) name() string { return or(d.Field, "deleted_at") }

// Fields of the mixin.
func (d SoftDelete) Fields() []ent.Field {
	return []ent.Field{
		field.Time(d.name()).
			Optional().
			Nillable().
			Comment("When the row was deleted.").
			Annotations(
				annotation.Role{Is: annotation.SoftDelete},
				annotation.Nullable{Why: "null until the row is deleted"},
			),
	}
}

// Interceptors of the mixin.
func (d SoftDelete) Interceptors() []ent.Interceptor {
	return []ent.Interceptor{ent.TraverseFunc(func(ctx context.Context, q ent.Query) error {
		sq, ok := q.(query)
		if !ok {
			return noExtension("SoftDelete", q)
		}
		if DeletedIncluded(ctx) {
			sq.ScopeP("deleted", nil)
			return nil
		}
		sq.ScopeP("deleted", d.live)
		return nil
	})}
}

// Hooks of the mixin. That a delete becomes an update is the generated delete builder's work, below all hooks: they
// see one delete, and what they add to it (a tenant) holds.
func (d SoftDelete) Hooks() []ent.Hook {
	return []ent.Hook{func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			if m.Op().Is(ent.OpCreate) {
				return next.Mutate(ctx, m)
			}
			wm, ok := m.(mutation)
			if _, generated := m.(softDeleting); !ok || !generated {
				return nil, noExtension("SoftDelete", m)
			}
			switch _, set := m.Field(d.name()); {
			case m.Op().Is(ent.OpDelete | ent.OpDeleteOne):
				if !HardDeleting(ctx) {
					wm.WhereP(d.live)
				}
			case set:
				return nil, fmt.Errorf("update of %s: %s is set by deleting the row, not by an update", m.Type(), d.name())
			case m.FieldCleared(d.name()):
				wm.WhereP(d.deleted)
			case !DeletedIncluded(ctx):
				wm.WhereP(d.live)
			}
			return next.Mutate(ctx, m)
		})
	}}
}

func (d SoftDelete) live(s *sql.Selector)    { s.Where(sql.IsNull(s.C(d.name()))) }
func (d SoftDelete) deleted(s *sql.Selector) { s.Where(sql.NotNull(s.C(d.name()))) }

// softDeleting marks the mutations of a client generated with the extension whose deletes set the time of deletion.
type softDeleting interface{ PlinthSoftDelete() }
