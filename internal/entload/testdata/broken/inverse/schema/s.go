package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
)

// A has many B.
type A struct{ ent.Schema }

// B belongs to A.
type B struct{ ent.Schema }

func (A) Edges() []ent.Edge {
	return []ent.Edge{edge.To("bs", B.Type).Annotations(entsql.OnDelete(entsql.SetNull))}
}

func (B) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("a", A.Type).Ref("bs").Unique().Required().
			Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}
