package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
)

// A has many B.
type A struct{ ent.Schema }

// B belongs to A.
type B struct{ ent.Schema }

func (A) Edges() []ent.Edge { return []ent.Edge{edge.To("bs", B.Type)} }

func (B) Edges() []ent.Edge { return []ent.Edge{edge.From("a", A.Type).Ref("bs").Unique()} }
