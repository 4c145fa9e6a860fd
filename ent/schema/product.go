package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/mixin"
)

// Product is something a tenant sells.
type Product struct{ ent.Schema }

// Mixin of the Product.
func (Product) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Tenant{}, mixin.Timestamps{}, mixin.SoftDelete{}, mixin.Audit{}}
}

// Fields of the Product.
func (Product) Fields() []ent.Field {
	return []ent.Field{
		field.String("sku").NotEmpty().MaxLen(64).Comment("Stock-keeping unit, unique among the tenant's live products."),
		field.String("name").NotEmpty().MaxLen(200).Comment("Name as customers see it."),
		field.String("description").MaxLen(10_000).Default("").Comment("Description as customers see it."),
		field.Int64("price_cents").NonNegative().Comment("Price of one piece in cents."),
		field.JSON("attributes", map[string]string{}).Default(map[string]string{}).
			Comment("What the product is filtered by: colour, size, material.").
			Annotations(entsql.Default("{}")),
	}
}

// Edges of the Product.
func (Product) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("tenant", Tenant.Type).Ref("products").Field("tenant_id").Unique().Required().Immutable().
			Comment("The tenant the product belongs to."),
		edge.To("categories", Category.Type).Comment("The categories the product is in."),
		edge.To("order_items", OrderItem.Type).Comment("The order items that name the product.").
			Annotations(entsql.OnDelete(entsql.Restrict)),
	}
}

// Indexes of the Product.
func (Product) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "sku").Unique().Annotations(liveRows()),
		index.Fields("name").Annotations(
			entsql.IndexTypes(map[string]string{dialect.Postgres: "GIN"}), entsql.OpClass("gin_trgm_ops")),
		index.Fields("attributes").Annotations(
			entsql.IndexTypes(map[string]string{dialect.Postgres: "GIN"}), entsql.OpClass("jsonb_path_ops")),
	}
}

// Annotations of the Product.
func (Product) Annotations() []schema.Annotation {
	return []schema.Annotation{
		annotation.Volume{Rows: 2_000_000, GrowthPerYear: 500_000},
		annotation.Queries{
			{Name: "BySKU", Eq: []string{"sku"}, Page: annotation.One, Rate: "100/s", P95: 5 * time.Millisecond},
			{Name: "Search", Search: []string{"name"}, Page: annotation.Offset, Limit: 20, Rate: "30/s", P95: 50 * time.Millisecond,
				Why: "the search box"},
			{Name: "WithAttributes", Contains: []string{"attributes"}, Page: annotation.Offset, Limit: 20, Rate: "10/s",
				Why: "filters beside the product list"},
		},
	}
}
