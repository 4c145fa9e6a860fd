package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/plinth-go/plinth/annotation"
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

func (Account) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("notes", Note.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
	}
}

type Note struct{ ent.Schema }

func (Note) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Tenant{}, mixin.Timestamps{}}
}

func (Note) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("account_id", uuid.UUID{}),
	}
}

func (Note) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("account", Account.Type).Ref("notes").Field("account_id").Unique().Required().
			Annotations(annotation.Allow{Rule: "S705", Why: "the transaction that writes notes reads the account first, under the tenant's policy"}),
	}
}
