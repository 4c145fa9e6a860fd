package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/mixin"
)

// OrderItem is one line of an order.
type OrderItem struct{ ent.Schema }

// Mixin of the OrderItem.
func (OrderItem) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Tenant{}, mixin.Timestamps{}}
}

// Fields of the OrderItem.
func (OrderItem) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("order_id", uuid.UUID{}).Immutable().Comment("The order the line is part of."),
		field.UUID("product_id", uuid.UUID{}).Comment("The product ordered."),
		field.Int32("position").Positive().Comment("Place of the line in its order, from 1."),
		field.Int32("quantity").Positive().Comment("Number of pieces."),
		field.Int64("unit_price_cents").NonNegative().Comment("Price of one piece in cents when it was ordered."),
	}
}

// Edges of the OrderItem.
func (OrderItem) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("tenant", Tenant.Type).Ref("order_items").Field("tenant_id").Unique().Required().Immutable().
			Comment("The tenant the line belongs to."),
		edge.From("order", Order.Type).Ref("items").Field("order_id").Unique().Required().Immutable().
			Comment("The order the line is part of.").Annotations(annotation.Allow{Rule: "S705", Why: sameTenant}),
		edge.From("product", Product.Type).Ref("order_items").Field("product_id").Unique().Required().
			Comment("The product ordered.").Annotations(annotation.Allow{Rule: "S705", Why: sameTenant}),
	}
}

// Indexes of the OrderItem.
func (OrderItem) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "order_id", "position").Unique(),
	}
}

// Annotations of the OrderItem.
func (OrderItem) Annotations() []schema.Annotation {
	return []schema.Annotation{
		annotation.Volume{Rows: 20_000_000, GrowthPerYear: 8_000_000},
		annotation.Queries{
			{Name: "ByOrder", Eq: []string{"order_id"}, Sort: []string{"position"}, Page: annotation.All, Limit: 500, Rate: "100/s",
				Why: "the lines of one order"},
		},
	}
}
