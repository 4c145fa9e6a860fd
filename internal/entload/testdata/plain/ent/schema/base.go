// Package schema is a blog.
package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"
)

// TimeMixin is exported, and no schema.
type TimeMixin struct {
	mixin.Schema
}

func (TimeMixin) Fields() []ent.Field {
	return []ent.Field{
		field.Time("created_at").Default(time.Now).Immutable(),
		field.Time("updated_at").Default(time.Now).UpdateDefault(time.Now),
	}
}

func (TimeMixin) Indexes() []ent.Index {
	return []ent.Index{index.Fields("created_at")}
}

// OwnerMixin adds an edge.
type OwnerMixin struct {
	mixin.Schema
	Ref string
}

func (o OwnerMixin) Edges() []ent.Edge {
	return []ent.Edge{edge.From("owner", User.Type).Ref(o.Ref).Unique()}
}

func (OwnerMixin) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.WithComments(true)}
}

// Options is an exported struct beside the schemas.
type Options struct{ Colour string }

// Generic is generic, and no schema.
type Generic[T any] struct{ Value T }
