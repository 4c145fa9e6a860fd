package schema

import (
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

// Category is a place in a tenant's tree of products.
type Category struct{ ent.Schema }

// Mixin of the Category.
func (Category) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Tenant{}, mixin.Timestamps{}}
}

// Fields of the Category.
func (Category) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").NotEmpty().MaxLen(120).Comment("Name of the category, unique in its tenant."),
		field.UUID("parent_id", uuid.UUID{}).Optional().Nillable().Comment("The category above.").
			Annotations(annotation.Nullable{Why: "null at the root of the tree"}),
	}
}

// Edges of the Category.
func (Category) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("tenant", Tenant.Type).Ref("categories").Field("tenant_id").Unique().Required().Immutable().
			Comment("The tenant the category belongs to."),
		edge.To("children", Category.Type).Comment("The categories below.").Annotations(entsql.OnDelete(entsql.Restrict)).
			From("parent").Field("parent_id").Unique().Comment("The category above.").
			Annotations(annotation.Allow{Rule: "S705", Why: sameTenant}),
		edge.From("products", Product.Type).Ref("categories").Comment("The products in the category."),
	}
}

// Indexes of the Category.
func (Category) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "name").Unique(),
	}
}

// Annotations of the Category.
func (Category) Annotations() []schema.Annotation {
	return []schema.Annotation{
		annotation.Volume{Rows: 20_000, GrowthPerYear: 2_000},
		annotation.Queries{
			{Name: "ByName", Eq: []string{"name"}, Page: annotation.One, Rate: "5/s"},
			{Name: "Children", Eq: []string{"parent_id"}, Page: annotation.All, Limit: 500, Rate: "20/s", Why: "one level of the tree"},
		},
	}
}
