package annotation_test

import (
	"cmp"
	"testing"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/entc/load"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"entgo.io/ent/schema/mixin"
	"pgregory.net/rapid"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/annotation"
)

// Drawn is a schema made by a test.
type Drawn struct {
	ent.Schema
	mixins      []ent.Mixin
	annotations []schema.Annotation
	fields      []ent.Field
	edges       []ent.Edge
	indexes     []ent.Index
}

func (d Drawn) Mixin() []ent.Mixin               { return d.mixins }
func (d Drawn) Annotations() []schema.Annotation { return d.annotations }
func (d Drawn) Fields() []ent.Field              { return d.fields }
func (d Drawn) Edges() []ent.Edge                { return d.edges }
func (d Drawn) Indexes() []ent.Index             { return d.indexes }

// Embedded has what Drawn has, by embedding it.
type Embedded struct{ Drawn }

// DrawnMixin is a mixin made by a test.
type DrawnMixin struct {
	mixin.Schema
	annotations []schema.Annotation
	fields      []ent.Field
}

func (m DrawnMixin) Annotations() []schema.Annotation { return m.annotations }
func (m DrawnMixin) Fields() []ent.Field              { return m.fields }

// handed is the schema as Ent hands it to the generator: through JSON.
func handed(t require.TestingT, s ent.Interface) *load.Schema {
	data, err := load.MarshalSchema(s)
	require.NoError(t, err)
	out, err := load.UnmarshalSchema(data)
	require.NoError(t, err)
	return out
}

func facts(t require.TestingT, annotations map[string]any) annotation.Facts {
	f, err := annotation.Of(annotations)
	require.NoError(t, err)
	return f
}

var (
	words = rapid.OneOf(rapid.SampledFrom([]string{"status", "customer.email", "-placed_at", "it's", `"quoted"`, "{{ . }}", "`back`", "ü", ""}), rapid.String())
	lists = rapid.SliceOfN(words, 1, 3)
	// numbers go through JSON as Ent decodes it: exact up to 2^53.
	numbers = rapid.Int64Range(-1<<53, 1<<53)
)

func draw[T any](t *rapid.T, g *rapid.Generator[T]) T { return g.Draw(t, "x") }

// drawFacts draws annotations of every kind, and the same as a list to write in a schema: in any order, by value or by
// pointer.
func drawFacts(t *rapid.T) (annotation.Facts, []schema.Annotation) {
	var (
		f   annotation.Facts
		out []schema.Annotation
		yes = rapid.Bool()
	)
	if draw(t, yes) {
		for range draw(t, rapid.IntRange(1, 3)) {
			f.Queries = append(f.Queries, annotation.Query{
				Name: draw(t, words), Eq: draw(t, lists), In: draw(t, lists), Range: draw(t, lists), Search: draw(t, lists), Prefix: draw(t, lists),
				Contains: draw(t, lists), Where: draw(t, rapid.MapOfN(words, words, 1, 2)), Sort: draw(t, lists), Page: annotation.Page(draw(t, words)),
				Limit: int(draw(t, numbers)), Select: draw(t, lists), WithDeleted: draw(t, yes), Rate: draw(t, words),
				P95: time.Duration(draw(t, numbers)), Why: draw(t, words),
			})
		}
		q := annotation.Queries(f.Queries)
		out = append(out, either(t, q, &q))
	}
	for range draw(t, rapid.IntRange(0, 2)) {
		d := annotation.Determines{From: draw(t, lists), To: draw(t, lists), Why: draw(t, words)}
		f.Determines = append(f.Determines, d)
		out = append(out, either(t, d, &d))
	}
	for range draw(t, rapid.IntRange(0, 2)) {
		a := annotation.Allow{Rule: draw(t, words), Why: draw(t, words)}
		f.Allow = append(f.Allow, a)
		out = append(out, either(t, a, &a))
	}
	one(t, &f.Denormalized, annotation.Denormalized{From: draw(t, words), KeptBy: draw(t, words), Why: draw(t, words), Query: draw(t, words)}, &out)
	one(t, &f.Nullable, annotation.Nullable{Why: draw(t, words)}, &out)
	one(t, &f.Volume, annotation.Volume{Rows: draw(t, numbers), GrowthPerYear: draw(t, numbers), Small: draw(t, yes)}, &out)
	one(t, &f.NDistinct, annotation.NDistinct{Values: draw(t, numbers)}, &out)
	one(t, &f.Reason, annotation.Reason{Why: draw(t, words), Query: draw(t, words)}, &out)
	one(t, &f.RenamedFrom, annotation.RenamedFrom{Old: draw(t, words)}, &out)
	one(t, &f.Aggregate, annotation.Aggregate{Children: draw(t, lists)}, &out)
	one(t, &f.Sensitive, annotation.Sensitive{Kind: draw(t, words), Why: draw(t, words)}, &out)
	one(t, &f.RowSecurity, annotation.RowSecurity{Setting: draw(t, words)}, &out)
	if draw(t, yes) {
		f.Role = annotation.RoleKind("r" + draw(t, words))
		out = append(out, annotation.Role{Is: f.Role})
	}
	out = append(out, entsql.WithComments(true)) // somebody else's
	return f, out
}

func either(t *rapid.T, value, pointer schema.Annotation) schema.Annotation {
	if draw(t, rapid.Bool()) {
		return value
	}
	return pointer
}

func one[T any, P interface {
	*T
	schema.Annotation
}](t *rapid.T, to **T, v T, out *[]schema.Annotation) {
	if draw(t, rapid.Bool()) {
		*to = &v
		*out = append(*out, either(t, any(v).(schema.Annotation), P(&v)))
	}
}

// What is written on any object of a schema is what the generator reads.
func TestAnnotationsSurviveTheHandOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		onEntity, entity := drawFacts(t)
		onField, fieldAnts := drawFacts(t)
		onEdge, edgeAnts := drawFacts(t)
		onIndex, indexAnts := drawFacts(t)
		d := Drawn{
			annotations: entity,
			fields:      []ent.Field{field.String("status").Annotations(fieldAnts...)},
			edges:       []ent.Edge{edge.To("items", Drawn.Type).Annotations(edgeAnts...)},
			indexes:     []ent.Index{index.Fields("status").Annotations(indexAnts...)},
		}
		for _, s := range []ent.Interface{d, &d, Embedded{d}} {
			h := handed(t, s)
			require.Equal(t, onEntity, facts(t, h.Annotations))
			require.Equal(t, onField, facts(t, h.Fields[0].Annotations))
			require.Equal(t, onEdge, facts(t, h.Edges[0].Annotations))
			require.Equal(t, onIndex, facts(t, h.Indexes[0].Annotations))
		}
	})
}

// What may be given more than once is put together, mixins first; of the rest the schema's own wins.
func TestAnnotationsSurviveMixins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, a := drawFacts(t)
		second, b := drawFacts(t)
		own, c := drawFacts(t)
		mixed, f := drawFacts(t)
		h := handed(t, Drawn{
			mixins: []ent.Mixin{
				DrawnMixin{annotations: a, fields: []ent.Field{field.String("note").Annotations(f...)}},
				mixin.AnnotateFields(DrawnMixin{annotations: b}),
			},
			annotations: c,
		})
		want := annotation.Facts{
			Queries:      append(append(append([]annotation.Query(nil), first.Queries...), second.Queries...), own.Queries...),
			Determines:   append(append(append([]annotation.Determines(nil), first.Determines...), second.Determines...), own.Determines...),
			Allow:        append(append(append([]annotation.Allow(nil), first.Allow...), second.Allow...), own.Allow...),
			Denormalized: last(first.Denormalized, second.Denormalized, own.Denormalized),
			Nullable:     last(first.Nullable, second.Nullable, own.Nullable),
			Volume:       last(first.Volume, second.Volume, own.Volume),
			NDistinct:    last(first.NDistinct, second.NDistinct, own.NDistinct),
			Reason:       last(first.Reason, second.Reason, own.Reason),
			RenamedFrom:  last(first.RenamedFrom, second.RenamedFrom, own.RenamedFrom),
			Aggregate:    last(first.Aggregate, second.Aggregate, own.Aggregate),
			Sensitive:    last(first.Sensitive, second.Sensitive, own.Sensitive),
			Role:         cmp.Or(own.Role, second.Role, first.Role),
			RowSecurity:  last(first.RowSecurity, second.RowSecurity, own.RowSecurity),
		}
		got := facts(t, h.Annotations)
		require.Equal(t, want, got)
		require.Equal(t, mixed, facts(t, h.Fields[0].Annotations))
	})
}

func last[T any](vs ...*T) *T {
	var out *T
	for _, v := range vs {
		if v != nil {
			out = v
		}
	}
	return out
}

func TestUnknownKeysAreRefused(t *testing.T) {
	_, err := annotation.Of(map[string]any{annotation.VolumeName: map[string]any{"rowz": 1}})
	require.ErrorContains(t, err, `reading annotation PlinthVolume`)
	require.ErrorContains(t, err, `rowz`)
	_, err = annotation.Of(map[string]any{annotation.QueriesName: "x"})
	require.Error(t, err)
	f, err := annotation.Of(map[string]any{"EntSQL": map[string]any{"table": "x"}, "Other": 1})
	require.NoError(t, err)
	require.Equal(t, annotation.Facts{}, f)
}

// The names and keys are a contract with generators of other versions.
func TestJSONIsStable(t *testing.T) {
	d := Drawn{annotations: []schema.Annotation{
		annotation.Queries{{Name: "ByX", Eq: []string{"x"}, Page: annotation.Keyset, P95: time.Millisecond, WithDeleted: true}},
		annotation.Determines{From: []string{"a"}, To: []string{"b"}},
		annotation.Volume{Rows: 1, GrowthPerYear: 2, Small: true},
		annotation.Aggregate{Children: []string{"c"}},
		annotation.Allow{Rule: "S301", Why: "w"}, annotation.Allow{Rule: "S302", Why: "w"},
		annotation.RenamedFrom{Old: "o"},
	}}
	require.Equal(t, map[string]any{
		"PlinthQueries":     []any{map[string]any{"name": "ByX", "eq": []any{"x"}, "page": "keyset", "p95": float64(time.Millisecond), "with_deleted": true}},
		"PlinthDetermines":  map[string]any{"from": []any{"a"}, "to": []any{"b"}},
		"PlinthVolume":      map[string]any{"rows": 1.0, "growth_per_year": 2.0, "small": true},
		"PlinthAggregate":   map[string]any{"children": []any{"c"}},
		"PlinthAllow":       []any{map[string]any{"rule": "S301", "why": "w"}, map[string]any{"rule": "S302", "why": "w"}},
		"PlinthRenamedFrom": map[string]any{"old": "o"},
	}, handed(t, d).Annotations)
}
