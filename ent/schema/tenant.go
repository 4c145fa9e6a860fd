package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/mixin"
)

// Tenant is a shop that runs on the platform; every other row belongs to one.
type Tenant struct{ ent.Schema }

// Mixin of the Tenant.
func (Tenant) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Timestamps{}}
}

// Fields of the Tenant.
func (Tenant) Fields() []ent.Field {
	return []ent.Field{
		field.String("slug").NotEmpty().MaxLen(63).Unique().Immutable().Comment("Name of the shop in addresses."),
		field.String("name").NotEmpty().MaxLen(200).Comment("Name of the shop as customers see it."),
	}
}

// Edges of the Tenant.
func (Tenant) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("users", User.Type).Comment("The tenant's users.").Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("categories", Category.Type).Comment("The tenant's categories.").Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("products", Product.Type).Comment("The tenant's products.").Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("orders", Order.Type).Comment("The tenant's orders.").Annotations(entsql.OnDelete(entsql.Restrict)),
		edge.To("order_items", OrderItem.Type).Comment("The tenant's order items.").Annotations(entsql.OnDelete(entsql.Restrict)),
	}
}

// Annotations of the Tenant.
func (Tenant) Annotations() []schema.Annotation {
	return []schema.Annotation{
		annotation.Volume{Rows: 1_000, Small: true},
		annotation.Queries{
			{Name: "BySlug", Eq: []string{"slug"}, Page: annotation.One, Rate: "200/s", Why: "each request names its shop"},
		},
	}
}
