package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/mixin"
)

type OrderLine struct{ ent.Schema }

func (OrderLine) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Timestamps{}}
}

func (OrderLine) Fields() []ent.Field {
	return []ent.Field{
		field.Int("order_no"),
		field.String("sku").MaxLen(20),
		field.Int("quantity"),
	}
}

func (OrderLine) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("order_no", "sku").Unique(),
	}
}

func (OrderLine) Annotations() []schema.Annotation {
	return []schema.Annotation{
		annotation.Determines{From: []string{"order_no", "sku"}, To: []string{"quantity"}},
	}
}

type Product struct{ ent.Schema }

func (Product) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Timestamps{}}
}

func (Product) Fields() []ent.Field {
	return []ent.Field{
		field.String("sku").MaxLen(20).Unique(),
		field.String("title").MaxLen(200),
	}
}
