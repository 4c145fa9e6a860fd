package entload

import (
	"context"
	"fmt"
	"path/filepath"

	"entgo.io/ent/dialect"
	"entgo.io/ent/entc/gen"
	"entgo.io/ent/entc/load"
	entfield "entgo.io/ent/schema/field"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// assemble puts a design together: Ent's tables, completed; the realm; the intent with its positions.
func assemble(ctx context.Context, g *gen.Graph, src *source, sp *spec, dir, dialectName string, withConventions bool) (*Design, error) {
	if dialectName == "" {
		dialectName = schemagraph.Postgres
	}
	tables, err := g.Tables()
	if err != nil {
		return nil, &Error{Dir: dir, Msg: "is not a valid Ent schema: " + err.Error()}
	}
	d := &Design{Gen: g, Tables: tables, Dir: dir}
	if withConventions {
		d.Problems = conventions(g, src, sp, tables)
	}
	views, err := g.Views()
	if err != nil {
		return nil, err
	}
	r, err := realm(ctx, dialectName, append(append(tables[:0:0], tables...), views...))
	if err != nil {
		return nil, err
	}
	if withConventions {
		namePrimaryKeys(r)
	}
	d.Graph = &schemagraph.Graph{Dialect: dialectName, Realm: r, Conventions: withConventions}
	if dialectName == dialect.Postgres {
		d.Graph.Companions = companions(r)
	}
	d.Graph.Companions = append(d.Graph.Companions, viewCompanions(r, dialectName)...)
	b := &intent{src: src, spec: sp, design: d}
	for _, n := range g.MutableNodes() {
		e, err := b.entity(n)
		if err != nil {
			return nil, err
		}
		d.Graph.Entities = append(d.Graph.Entities, e)
		if dialectName == dialect.Postgres {
			d.Graph.Companions = append(d.Graph.Companions, schemagraph.RowSecurity(e)...)
		}
	}
	if withConventions {
		for _, p := range schemagraph.Check(d.Graph) {
			d.Problems = append(d.Problems, &Error{Pos: p.Pos.String(), Msg: p.Object + ": " + p.Message, Fix: p.Fix})
		}
	}
	return d, nil
}

// intent reads what is written beside the structure.
type intent struct {
	src    *source
	spec   *spec
	design *Design
}

func (b *intent) facts(a gen.Annotations, pos schemagraph.Pos) (annotation.Facts, error) {
	f, err := annotation.Of(a)
	if err != nil {
		return f, &Error{Pos: pos.String(), Msg: err.Error()}
	}
	return f, nil
}

func (b *intent) entity(n *gen.Type) (*schemagraph.Entity, error) {
	src := b.src.types[n.Name]
	if src == nil {
		src = &typeSource{}
	}
	e := &schemagraph.Entity{Name: n.Name, Table: n.Table(), Comment: tableComment(n, b.src), Pos: src.pos, Marks: b.src.marks(src)}
	if a := n.EntSQL(); a != nil {
		e.Schema = a.Schema
	}
	ts := b.typeSpec(n.Name)
	for i := range ts.Mixins {
		e.Mixins = append(e.Mixins, mixinName(ts, src, i))
	}
	var err error
	if e.Facts, err = b.facts(n.Annotations, src.pos); err != nil {
		return nil, err
	}
	for i, f := range allFields(n) {
		field, err := b.field(n, f, i, src, ts)
		if err != nil {
			return nil, err
		}
		e.Fields = append(e.Fields, field)
	}
	for i, ed := range n.Edges {
		edge, err := b.edge(ed, i, len(n.Edges), src, ts)
		if err != nil {
			return nil, err
		}
		e.Edges = append(e.Edges, edge)
	}
	own := 0
	for i, idx := range n.Indexes {
		x := &schemagraph.Index{Name: idx.Name, Unique: idx.Unique, Pos: src.pos}
		if i < len(ts.Schema.Indexes) {
			x.Fields, x.Edges = ts.Schema.Indexes[i].Fields, ts.Schema.Indexes[i].Edges
			if p := ts.Extras.Indexes[i].Position; p.MixedIn {
				x.Mixin, x.Pos = mixinName(ts, src, p.MixinIndex), mixinPos(src, p.MixinIndex)
			} else {
				if own < len(src.indexes) {
					x.Pos = src.indexes[own].pos
				}
				own++
			}
		}
		if t := b.table(n.Table()); t != nil && i < len(t) {
			x.Name = t[i]
		}
		if x.Facts, err = b.facts(idx.Annotations, x.Pos); err != nil {
			return nil, err
		}
		e.Indexes = append(e.Indexes, x)
	}
	return e, nil
}

// table gives the names of the table's indexes: the first ones are those of the Ent schema, in order.
func (b *intent) table(name string) []string {
	for _, t := range b.design.Tables {
		if t.Name == name {
			names := make([]string, len(t.Indexes))
			for i, x := range t.Indexes {
				names[i] = x.Name
			}
			return names
		}
	}
	return nil
}

func (b *intent) typeSpec(name string) *typeSpec {
	for _, t := range b.spec.Types {
		if t.Schema.Name == name {
			return t
		}
	}
	return &typeSpec{}
}

func mixinName(ts *typeSpec, src *typeSource, i int) string {
	if len(src.mixins) == len(ts.Mixins) && i < len(src.mixins) && src.mixins[i].text != "" {
		return src.mixins[i].text
	}
	if i < len(ts.Mixins) {
		return ts.Mixins[i]
	}
	return "mixin"
}

func mixinPos(src *typeSource, i int) schemagraph.Pos {
	if i < len(src.mixins) {
		return src.mixins[i].pos
	}
	return src.pos
}

func (b *intent) field(n *gen.Type, f *gen.Field, i int, src *typeSource, ts *typeSpec) (*schemagraph.Field, error) {
	pk := n.HasOneFieldID() && f == n.ID
	out := &schemagraph.Field{
		Name: f.Name, Column: f.StorageKey(), Type: typeName(f), GoType: f.Type.String(),
		Comment: f.Comment(), PK: pk, Optional: f.Optional, Nillable: f.Nillable, Immutable: f.Immutable,
		Unique: f.Unique, Sensitive: f.Sensitive(), Default: f.Default, UpdateDefault: f.UpdateDefault, Pos: src.pos,
	}
	if f.Default {
		out.DefaultFunc = f.DefaultFunc()
	}
	if f.IsEnum() {
		out.Enum = f.EnumValues()
	}
	for _, t := range b.design.Tables {
		if t.Name == n.Table() {
			if c, ok := t.Column(f.StorageKey()); ok {
				out.DBDefault = c.Default != nil || c.Increment
				if f.IsString() && c.Size > 0 && c.Size <= maxVarchar {
					out.MaxLen = c.Size
				}
			}
		}
	}
	if f.Position != nil && f.Position.MixedIn {
		out.Mixin, out.Pos = mixinName(ts, src, f.Position.MixinIndex), mixinPos(src, f.Position.MixinIndex)
		if m, ok := mixinSource(b.src, src, f.Position.MixinIndex); ok {
			if c, ok := find(m.fields, f.Name, f.Position.Index, len(m.fields)); ok {
				out.Pos = c.pos
			}
		}
	} else {
		index := i
		if f.Position != nil {
			index = f.Position.Index
		}
		if c, ok := find(src.fields, f.Name, index, len(src.fields)); ok {
			out.Pos = c.pos
		}
	}
	var err error
	out.Facts, err = b.facts(f.Annotations, out.Pos)
	return out, err
}

// typeName is Ent's name of a field's type: "string", "uuid", "time", "enum", "json", "bytes", "int64", …
func typeName(f *gen.Field) string {
	switch f.Type.Type {
	case entfield.TypeTime:
		return "time"
	case entfield.TypeBytes:
		return "bytes"
	case entfield.TypeUUID:
		return "uuid"
	case entfield.TypeJSON:
		return "json"
	case entfield.TypeEnum:
		return "enum"
	}
	return f.Type.Type.String()
}

func (b *intent) edge(ed *gen.Edge, i, n int, src *typeSource, ts *typeSpec) (*schemagraph.Edge, error) {
	e := &schemagraph.Edge{
		Name: ed.Name, To: ed.Type.Name, Inverse: ed.IsInverse(), Rel: ed.Rel.Type.String(), Unique: ed.Unique,
		Required: !ed.Optional, Table: ed.Rel.Table, Columns: ed.Rel.Columns, Comment: ed.Comment(), Pos: edgePos(src, ed.Name, i, n),
	}
	if ed.Ref != nil {
		e.Ref = ed.Ref.Name
	}
	if f := ed.Field(); f != nil {
		e.Field = f.Name
	}
	switch {
	case ed.Through != nil:
		e.Through = ed.Through.Name
	case ed.Ref != nil && ed.Ref.Through != nil:
		e.Through = ed.Ref.Through.Name
	}
	assoc := ed
	if ed.IsInverse() && ed.Ref != nil {
		assoc = ed.Ref
	}
	if a := assoc.EntSQL(); a != nil {
		e.OnDelete = string(a.OnDelete)
	}
	for _, t := range b.design.Tables {
		if t.Name != e.Table {
			continue
		}
		for _, fk := range t.ForeignKeys {
			if len(e.Columns) > 0 && len(fk.Columns) == 1 && fk.Columns[0].Name == e.Columns[0] {
				e.Symbol = fk.Symbol
			}
		}
	}
	for j, x := range ts.Schema.Edges {
		if p := ts.Extras.Edges[j].Position; edgeNamed(x, ed.Name) && p.MixedIn {
			e.Mixin, e.Pos = mixinName(ts, src, p.MixinIndex), mixinPos(src, p.MixinIndex)
		}
	}
	var err error
	e.Facts, err = b.facts(ed.Annotations, e.Pos)
	return e, err
}

// edgeNamed says whether x, or the edge.To it is written on, has the name.
func edgeNamed(x *load.Edge, name string) bool {
	return x.Name == name || x.Ref != nil && x.Ref.Name == name
}

// Describe counts what a graph has, for a summary line.
func Describe(g *schemagraph.Graph) string {
	fields, edges := 0, 0
	for _, e := range g.Entities {
		fields += len(e.Fields)
		edges += len(e.Edges)
	}
	return fmt.Sprintf("%d entities, %d fields, %d edges", len(g.Entities), fields, edges)
}

// Rel gives path relative to the design's schema directory, as positions write it.
func (d *Design) Rel(file string) string { return relative(d.Dir, filepath.Clean(file)) }
