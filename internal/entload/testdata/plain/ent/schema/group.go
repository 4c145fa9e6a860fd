package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
)

// Group has members.
type Group struct{ ent.Schema }

// Fields of the Group.
func (Group) Fields() []ent.Field {
	return []ent.Field{field.String("id").MaxLen(26), field.String("name").Unique()}
}

// Edges of the Group.
func (Group) Edges() []ent.Edge {
	return []ent.Edge{edge.From("users", User.Type).Ref("groups").Through("memberships", Membership.Type)}
}

// Membership joins users and groups.
type Membership struct{ ent.Schema }

// Annotations of the Membership.
func (Membership) Annotations() []schema.Annotation {
	return []schema.Annotation{field.ID("user_id", "group_id")}
}

// Fields of the Membership.
func (Membership) Fields() []ent.Field {
	return []ent.Field{
		field.Time("since").Default(time.Now),
		field.Int64("user_id"),
		field.String("group_id"),
	}
}

// Edges of the Membership.
func (Membership) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("user", User.Type).Required().Unique().Field("user_id"),
		edge.To("group", Group.Type).Required().Unique().Field("group_id"),
	}
}

// Card belongs to one user.
type Card struct{ ent.Schema }

// Fields of the Card.
func (Card) Fields() []ent.Field { return []ent.Field{field.String("number").Sensitive()} }

// Edges of the Card.
func (Card) Edges() []ent.Edge {
	return []ent.Edge{edge.From("owner", User.Type).Ref("card").Unique().Required()}
}

// ActiveUser is a view.
type ActiveUser struct{ ent.View }

// Fields of the ActiveUser.
func (ActiveUser) Fields() []ent.Field { return []ent.Field{field.String("email")} }

// Annotations of the ActiveUser.
func (ActiveUser) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.View("SELECT email FROM users WHERE state = 'ACTIVE'")}
}
