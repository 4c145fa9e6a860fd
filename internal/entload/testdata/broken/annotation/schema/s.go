package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
)

type bad struct {
	Whi string `json:"whi"`
}

func (bad) Name() string { return "PlinthNullable" }

// T is a thing.
type T struct{ ent.Schema }

func (T) Fields() []ent.Field {
	return []ent.Field{field.Int("n").Annotations([]schema.Annotation{bad{"x"}}...)}
}
