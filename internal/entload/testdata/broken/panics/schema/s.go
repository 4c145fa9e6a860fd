package schema

import "entgo.io/ent"

// A panics.
type A struct{ ent.Schema }

func (A) Fields() []ent.Field { panic("on purpose") }
