package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/plinth-go/plinth/mixin"
)

type User struct{ ent.Schema }

func (User) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Timestamps{}}
}

func (User) Fields() []ent.Field {
	return []ent.Field{
		field.String("email").MaxLen(320),
		field.String("nickname").MaxLen(40).Optional(),
	}
}
