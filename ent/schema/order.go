package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/mixin"
)

// Order is a customer's purchase.
type Order struct{ ent.Schema }

// Mixin of the Order.
func (Order) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Tenant{}, mixin.Timestamps{}, mixin.SoftDelete{}, mixin.Audit{}, mixin.Version{}}
}

// Fields of the Order.
func (Order) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("customer_id", uuid.UUID{}).Comment("The user who ordered."),
		field.Enum("status").Values("draft", "paid", "shipped", "cancelled").Default("draft").
			Comment("How far the order has come."),
		field.Int64("total_cents").Min(0).Default(0).Comment("Sum of the items in cents.").
			Annotations(annotation.Denormalized{
				From: "sum(order_items.quantity * order_items.unit_price_cents)", KeptBy: "the transaction that places the order",
				Why: "the order list shows totals; it would join and group every order's items", Query: "ByCustomer"}),
		field.Time("placed_at").Optional().Nillable().Comment("When the order was placed.").
			Annotations(annotation.Nullable{Why: "null until the order is placed"}),
	}
}

// Edges of the Order.
func (Order) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("tenant", Tenant.Type).Ref("orders").Field("tenant_id").Unique().Required().Immutable().
			Comment("The tenant the order belongs to."),
		edge.From("customer", User.Type).Ref("orders").Field("customer_id").Unique().Required().
			Comment("The user who ordered.").Annotations(annotation.Allow{Rule: "S705", Why: sameTenant}),
		edge.To("items", OrderItem.Type).Comment("What is ordered.").Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Indexes of the Order.
func (Order) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "customer_id", "placed_at").Annotations(entsql.DescColumns("placed_at"), liveRows()),
		index.Fields("tenant_id", "placed_at").Annotations(liveRows()),
	}
}

// Annotations of the Order.
func (Order) Annotations() []schema.Annotation {
	return []schema.Annotation{
		annotation.Volume{Rows: 5_000_000, GrowthPerYear: 2_000_000},
		annotation.Aggregate{Children: []string{"items"}},
		annotation.Queries{
			{Name: "ByCustomer", Eq: []string{"customer_id"}, In: []string{"status"}, Sort: []string{"-placed_at"},
				Page: annotation.Keyset, Limit: 20, Rate: "80/s", P95: 10 * time.Millisecond, Why: "a customer's order list"},
			{Name: "PlacedBetween", Range: []string{"placed_at"}, Sort: []string{"placed_at"}, Page: annotation.Keyset, Limit: 100,
				Rate: "1/min", P95: 100 * time.Millisecond, Why: "the daily report"},
		},
	}
}
