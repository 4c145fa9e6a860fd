package schema

import "entgo.io/ent"

type T struct{ ent.Schema }

func (T) Fields() []ent.Field { return nothing }
