package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/mixin"
)

type Article struct{ ent.Schema }

func (Article) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Timestamps{}}
}

func (Article) Fields() []ent.Field {
	return []ent.Field{
		field.JSON("attributes", map[string]string{}).Annotations(entsql.Default("{}")),
	}
}

func (Article) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("attributes").Annotations(entsql.IndexType("GIN"), entsql.OpClass("jsonb_path_ops")),
	}
}

func (Article) Annotations() []schema.Annotation {
	return []schema.Annotation{
		annotation.Queries{
			{Name: "WithAttributes", Contains: []string{"attributes"}},
		},
	}
}
