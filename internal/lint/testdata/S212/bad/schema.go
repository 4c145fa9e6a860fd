package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/mixin"
)

type Article struct{ ent.Schema }

func (Article) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Timestamps{}}
}

func (Article) Fields() []ent.Field {
	return []ent.Field{
		field.String("title").MaxLen(200),
	}
}

func (Article) Annotations() []schema.Annotation {
	return []schema.Annotation{
		annotation.Queries{
			{Name: "Search", Search: []string{"title"}},
		},
	}
}
