package mixin

import (
	"context"
	"fmt"

	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	emixin "entgo.io/ent/schema/mixin"
	"github.com/google/uuid"

	"github.com/plinth-go/plinth/annotation"
)

// Audit records who made a row and who last changed it, from WithActor.
type Audit struct {
	emixin.Schema
	// Required makes both columns NOT NULL: a create or update without an actor in the context is an error.
	Required bool
}

// Names of Audit's fields.
const (
	createdBy = "created_by"
	updatedBy = "updated_by"
)

// Fields of the mixin.
func (a Audit) Fields() []ent.Field {
	by := func(name, comment string, immutable bool, role annotation.RoleKind) ent.Field {
		f := field.UUID(name, uuid.UUID{}).Comment(comment)
		notes := []schema.Annotation{annotation.Role{Is: role}}
		if immutable {
			f = f.Immutable()
		}
		if !a.Required {
			f = f.Optional().Nillable()
			notes = append(notes, annotation.Nullable{Why: "null where no person did it: a job, an import, a migration"})
		}
		return f.Annotations(notes...)
	}
	return []ent.Field{
		by(createdBy, "Who made the row.", true, annotation.CreatedBy),
		by(updatedBy, "Who last changed the row.", false, annotation.UpdatedBy),
	}
}

// Hooks of the mixin.
func (a Audit) Hooks() []ent.Hook {
	return []ent.Hook{func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			var fields []string
			switch {
			case m.Op().Is(ent.OpCreate):
				fields = []string{createdBy, updatedBy}
			case m.Op().Is(ent.OpUpdate | ent.OpUpdateOne):
				fields = []string{updatedBy}
			}
			if err := a.set(ctx, m, fields); err != nil {
				return nil, err
			}
			return next.Mutate(ctx, m)
		})
	}}
}

// set writes the actor into the fields that the caller did not set.
func (a Audit) set(ctx context.Context, m ent.Mutation, fields []string) error {
	actor, known := ActorFrom(ctx)
	for _, name := range fields {
		if _, set := m.Field(name); set {
			continue
		}
		switch {
		case known:
			if err := m.SetField(name, actor); err != nil {
				return fmt.Errorf("setting %s of %s: %w", name, m.Type(), err)
			}
		case a.Required:
			return fmt.Errorf("setting %s of %s: no actor in the context: give one with mixin.WithActor", name, m.Type())
		}
	}
	return nil
}
