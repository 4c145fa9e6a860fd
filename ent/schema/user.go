package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/mixin"
)

// User is a person known to a tenant: a customer or a member of staff.
type User struct{ ent.Schema }

// Mixin of the User.
func (User) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Tenant{}, mixin.Timestamps{}, mixin.SoftDelete{}, mixin.Audit{}}
}

// Fields of the User.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.String("email").NotEmpty().MaxLen(320).Comment("Address the user signs in with, in lower case.").
			Annotations(annotation.Sensitive{Kind: "pii"}),
		field.String("name").NotEmpty().MaxLen(200).Comment("Full name.").Annotations(annotation.Sensitive{Kind: "pii"}),
		field.String("password_hash").MaxLen(255).Default("").Sensitive().
			Comment("Hash of the password; empty where the user signs in elsewhere.").
			Annotations(annotation.Sensitive{Kind: "secret"}),
		field.Enum("role").Values("customer", "staff", "admin").Default("customer").Comment("What the user may do."),
		field.Bool("active").Default(true).Comment("Whether the user may sign in."),
	}
}

// Edges of the User.
func (User) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("tenant", Tenant.Type).Ref("users").Field("tenant_id").Unique().Required().Immutable().
			Comment("The tenant the user belongs to."),
		edge.To("orders", Order.Type).Comment("What the user has ordered.").Annotations(entsql.OnDelete(entsql.Restrict)),
	}
}

// Indexes of the User.
func (User) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "email").Unique().Annotations(liveRows()),
		index.Fields("email").Annotations(
			annotation.Reason{Why: "sign-in starts from the address, before the tenant is known"},
			annotation.Allow{Rule: "S704", Why: "the search for an address is across tenants"}),
		index.Fields("tenant_id", "name").Annotations(entsql.IndexWhere("active AND deleted_at IS NULL")),
	}
}

// Annotations of the User.
func (User) Annotations() []schema.Annotation {
	return []schema.Annotation{
		annotation.Volume{Rows: 500_000, GrowthPerYear: 200_000},
		annotation.Queries{
			{Name: "ByEmail", Eq: []string{"email"}, Page: annotation.One, Rate: "50/s", P95: 5 * time.Millisecond,
				Why: "sign-in within a tenant"},
			{Name: "Active", Where: map[string]string{"active": "true"}, Sort: []string{"name"}, Page: annotation.Offset, Limit: 50,
				Rate: "2/s", Why: "the list of users in the back office"},
		},
	}
}
