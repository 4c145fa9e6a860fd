package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/plinth-go/plinth/mixin"
)

type Parcel struct{ ent.Schema }

func (Parcel) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Timestamps{}}
}

func (Parcel) Fields() []ent.Field {
	return []ent.Field{
		field.String("reason").MaxLen(200),
	}
}
