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
		field.String("reason_for_which_the_customer_asked_us_to_send_the_whole_delivery_back").MaxLen(200),
	}
}
