package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/mixin"
)

type Shop struct{ ent.Schema }

func (Shop) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Timestamps{}}
}

func (Shop) Fields() []ent.Field {
	return []ent.Field{
		field.String("country").MaxLen(2).Annotations(annotation.NDistinct{Values: 200}),
		field.String("city").MaxLen(80).Annotations(annotation.NDistinct{Values: 40_000}),
	}
}

func (Shop) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("city", "country"),
	}
}

func (Shop) Annotations() []schema.Annotation {
	return []schema.Annotation{
		annotation.Queries{
			{Name: "InCity", Eq: []string{"country", "city"}},
		},
	}
}
