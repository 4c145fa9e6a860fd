package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// A has two indexes of one name.
type A struct{ ent.Schema }

func (A) Fields() []ent.Field { return []ent.Field{field.Int("x"), field.Int("y")} }

func (A) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("x"),
		index.Fields("y").StorageKey("ix_as_x"),
	}
}
