package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/plinth-go/plinth/mixin"
)

type Account struct{ ent.Schema }

func (Account) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Tenant{}, mixin.Timestamps{}}
}

func (Account) Fields() []ent.Field {
	return []ent.Field{
		field.String("title").MaxLen(80),
	}
}

type Note struct{ ent.Schema }

func (Note) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Timestamps{}}
}

func (Note) Fields() []ent.Field {
	return []ent.Field{
		field.String("body").MaxLen(500),
	}
}
