package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/mixin"
)

type Visit struct{ ent.Schema }

func (Visit) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Timestamps{}}
}

func (Visit) Fields() []ent.Field {
	return []ent.Field{
		field.String("page").MaxLen(200),
		field.Int("duration_ms"),
	}
}

func (Visit) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("page", "duration_ms"),
	}
}

func (Visit) Annotations() []schema.Annotation {
	return []schema.Annotation{
		annotation.Queries{
			{Name: "Slow", Eq: []string{"page"}, Range: []string{"duration_ms"}},
		},
	}
}
