package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"github.com/plinth-go/plinth/mixin"
)

type Account struct{ ent.Schema }

func (Account) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Tenant{}, mixin.Timestamps{}}
}

func (Account) Fields() []ent.Field {
	return []ent.Field{
		field.String("title").MaxLen(80),
		field.String("number").MaxLen(20),
		field.UUID("public_id", uuid.UUID{}).Default(uuid.New).Unique(),
	}
}

func (Account) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "number").Unique(),
	}
}
