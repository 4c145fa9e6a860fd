package lint

import (
	"strings"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Edit is one step of a mechanical repair of an Ent schema.
type Edit struct {
	// Entity is the Ent type to add to.
	Entity string
	// At is the place of a builder, field.String("email") or index.Fields("email"), for the steps that change it.
	At schemagraph.Pos
	// Append are calls to add to the builder, ".MaxLen(255)"; Annotate are arguments for its Annotations; Remove are
	// calls to take away, "Optional"; Head is another kind for it, "Int64"; Delete takes the whole element away.
	Append   []string
	Annotate []string
	Remove   []string
	Head     string
	Delete   bool
	// Index, Mixin, Field and Annotation are elements to add to the entity, as Go; Name is what such an element is
	// recognised by.
	Index, Mixin, Field, Annotation string
	Name                            string
}

// fix gives the finding its mechanical repair. Without steps it stays a person's to repair.
func (f *Finding) fix(edits ...Edit) {
	for _, e := range edits {
		if e.At.File == "" && e.Entity == "" || e.At.File != "" && !strings.HasSuffix(e.At.File, ".go") {
			return
		}
	}
	f.Edits, f.Fixable = edits, len(edits) > 0
}

// builder is a step on the builder of a column's field; none where the field is not written in the schema itself.
func (t *table) builder(column string, e Edit) []Edit {
	f := t.field(column)
	if f == nil || f.Mixin != "" || f.Pos.File == "" {
		return nil
	}
	e.At = f.Pos
	return []Edit{e}
}

// addIndex is the step that adds an index over columns.
func (t *table) addIndex(columns []string, calls string) []Edit {
	if t.entity == nil {
		return nil
	}
	for _, c := range columns {
		if t.field(c) != nil {
			continue
		}
		if d := t.edge(c); len(columns) == 1 && d != nil && d.edge.OwnsFK() && d.entity == t.entity {
			return []Edit{{Entity: t.entity.Name, Index: `index.Edges("` + d.edge.Name + `")` + calls, Name: d.edge.Name}}
		}
		return nil
	}
	names := t.fieldNames(columns)
	return []Edit{{Entity: t.entity.Name, Index: `index.Fields("` + strings.Join(names, `", "`) + `")` + calls, Name: strings.Join(names, ",")}}
}

// written is a step on an index's builder; none where the index is not written in the schema.
func (i *index) step(e Edit) []Edit {
	if i.written == nil || i.written.Mixin != "" || i.written.Pos.File == "" {
		return nil
	}
	e.At = i.written.Pos
	return []Edit{e}
}
