package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/mixin"
)

type Address struct{ ent.Schema }

func (Address) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Timestamps{}}
}

func (Address) Fields() []ent.Field {
	return []ent.Field{
		field.String("street").MaxLen(80),
		field.String("postcode").MaxLen(10),
		field.String("town").MaxLen(80).Annotations(annotation.Denormalized{
			From: "the post office's list", KeptBy: "the importer of that list", Why: "labels are printed without a join"}),
	}
}

func (Address) Annotations() []schema.Annotation {
	return []schema.Annotation{
		annotation.Determines{From: []string{"postcode"}, To: []string{"town"}},
	}
}
