package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
)

// User holds the schema definition for the User entity.
type User struct {
	ent.Schema
}

// Mixin of the User.
func (User) Mixin() []ent.Mixin { return []ent.Mixin{TimeMixin{}} }

// Fields of the User.
func (User) Fields() []ent.Field {
	var fields []ent.Field
	for _, name := range []string{"first_name", "last_name"} {
		fields = append(fields, field.String(name).Optional())
	}
	return append(fields,
		field.String("email").Unique().Comment("the user's \"address\""),
		field.Int("age").Positive().Default(18),
		field.Enum("state").NamedValues("Active", "ACTIVE", "Off", "OFF").Default("ACTIVE"),
		field.Bytes("avatar").Optional(),
		field.JSON("options", &Options{}).Optional(),
		field.Strings("tags").Optional(),
		field.Float("score").Default(0.5),
		field.Text("bio").Optional().Nillable().StorageKey("biography"),
	)
}

// Edges of the User.
func (User) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("posts", Post.Type),
		edge.To("comments", Comment.Type),
		edge.To("friends", User.Type),
		edge.To("following", User.Type).From("followers"),
		edge.To("spouse", User.Type).Unique(),
		edge.To("groups", Group.Type).Through("memberships", Membership.Type),
		edge.To("card", Card.Type).Unique(),
	}
}
