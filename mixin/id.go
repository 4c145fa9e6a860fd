package mixin

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	emixin "entgo.io/ent/schema/mixin"
	"github.com/google/uuid"
)

// ID gives the entity a UUID primary key, "id". The client makes it (version 7, which grows with time and keeps the
// index compact); the database makes a random one for rows written past the client.
type ID struct{ emixin.Schema }

// randomUUID is a UUID of version 4 in SQLite, which has no function for it.
const randomUUID = "(lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || " +
	"substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))"

// Fields of the mixin.
func (ID) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).
			Default(NewID).
			Immutable().
			Comment("Primary key, a UUID that grows with time.").
			Annotations(entsql.DefaultExprs(map[string]string{
				dialect.Postgres: "gen_random_uuid()",
				dialect.SQLite:   randomUUID,
				dialect.MySQL:    "(uuid())",
			})),
	}
}
