package extension

import "entgo.io/ent/entc/gen"

func clientTemplates() []*gen.Template { return nil }
