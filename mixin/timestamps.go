package mixin

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	emixin "entgo.io/ent/schema/mixin"

	"github.com/plinth-go/plinth/annotation"
)

// Timestamps records when a row was made and last changed. Both have a default in the client and in the database.
type Timestamps struct {
	emixin.Schema
	// Created is the name of the first field; empty means "created_at".
	Created string
	// Updated is the name of the second field; empty means "updated_at".
	Updated string
}

// Fields of the mixin.
func (t Timestamps) Fields() []ent.Field {
	return []ent.Field{
		field.Time(or(t.Created, "created_at")).
			Default(Now).
			Immutable().
			Comment("When the row was made.").
			Annotations(annotation.Role{Is: annotation.CreatedAt}, nowInDB()),
		field.Time(or(t.Updated, "updated_at")).
			Default(Now).
			UpdateDefault(Now).
			Comment("When the row was last changed.").
			Annotations(annotation.Role{Is: annotation.UpdatedAt}, nowInDB()),
	}
}
