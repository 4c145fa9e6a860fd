// Package schema is a design with what is rare: ids of every kind, types of one's own, words of the language as names.
package schema

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"example.com/odd/money"
	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/mixin"
)

func why() schema.Annotation { return annotation.Nullable{Why: "odd"} }

// Store has an integer id and edges without fields.
type Store struct{ ent.Schema }

func (Store) Fields() []ent.Field {
	return []ent.Field{
		field.String("type").MaxLen(20).Default("shop"),
		field.String("range").MaxLen(20),
		field.Int("ctx").Optional().Annotations(why()),
		field.Int64("price").GoType(money.Cents(0)).Default(7),
		field.Enum("level").GoType(money.Level("")).Default("low"),
		field.Strings("tags").Optional().Annotations(why()),
		field.JSON("raw", json.RawMessage{}).Optional().Annotations(why()),
		field.JSON("pairs", []money.Pair{}).Optional().Annotations(why()),
		field.Bytes("blob").Optional().Annotations(why()),
		field.String("pair").GoType(money.Pair{}).DefaultFunc(func() money.Pair { return money.Pair{A: "a", B: "b"} }),
		field.String("maybe_pair").GoType(&money.Pair{}).Optional().Nillable().Annotations(why()),
		field.String("code").MaxLen(10).GoType(money.Code("")).Default("12"),
		field.String("site").GoType(&url.URL{}).ValueScanner(field.BinaryValueScanner[*url.URL]{}).Optional().Annotations(why()),
		field.Float("weight").Optional().Nillable().Annotations(why()),
		field.Float32("ratio").Default(0.5),
		field.Uint8("small").Default(3),
		field.Bool("open").Optional().Annotations(why()),
		field.Time("err").Optional().Annotations(why()),
		field.Time("seen").Default(time.Now),
		field.UUID("token", uuid.UUID{}).Optional().Annotations(why()),
		field.Other("duration", money.Pair{}).SchemaType(map[string]string{dialect.Postgres: "varchar(20)", dialect.SQLite: "varchar(20)"}).Optional().Annotations(why()),
	}
}

func (Store) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("pages", Page.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("friends", Store.Type),
		edge.To("parts", Part.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

func (Store) Annotations() []schema.Annotation {
	return []schema.Annotation{
		annotation.Aggregate{Children: []string{"parts"}},
		annotation.Queries{
			{Name: "List", Eq: []string{"type"}, Sort: []string{"range"}, Page: annotation.Keyset, Why: "a name that the repository has"},
			{Name: "ByLevel", In: []string{"level"}, Range: []string{"price", "seen"}, Sort: []string{"-weight", "range"}, Page: annotation.Keyset},
			{Name: "Mixed", Sort: []string{"-ctx", "range"}, Page: annotation.Keyset},
			{Name: "WithPage", Eq: []string{"pages.title"}, Page: annotation.Offset},
			{Name: "Open", Where: map[string]string{"open": "true", "weight": "not null", "ctx": "3", "type": "it's"}, Select: []string{"range", "tags", "open"}, Page: annotation.All, Limit: 5},
			{Name: "Search", Search: []string{"range"}, Prefix: []string{"type"}, Page: annotation.Offset, Limit: 7},
			{Name: "Tagged", Contains: []string{"tags"}, Page: annotation.All},
		},
	}
}

// Page belongs to a store by an edge without a field, and has hooks of its own.
type Page struct{ ent.Schema }

func (Page) Mixin() []ent.Mixin { return []ent.Mixin{mixin.ID{}, mixin.SoftDelete{}, mixin.Version{}} }

func (Page) Fields() []ent.Field {
	return []ent.Field{field.String("title").MaxLen(50).Unique(), field.String("secret").MaxLen(20).Sensitive().Default("")}
}

func (Page) Edges() []ent.Edge {
	return []ent.Edge{edge.From("store", Store.Type).Ref("pages").Unique().Required()}
}

func (Page) Hooks() []ent.Hook {
	return []ent.Hook{func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) { return next.Mutate(ctx, m) })
	}}
}

func (Page) Annotations() []schema.Annotation {
	return []schema.Annotation{annotation.Queries{
		{Name: "ByTitle", Eq: []string{"title"}, Page: annotation.One},
		{Name: "Trash", WithDeleted: true, Sort: []string{"-title"}, Page: annotation.Keyset},
		{Name: "OfStore", Eq: []string{"store.range"}, Sort: []string{"store.range"}, Page: annotation.Offset},
	}}
}

// Part belongs to a store's aggregate.
type Part struct{ ent.Schema }

func (Part) Fields() []ent.Field {
	return []ent.Field{field.Int("id"), field.String("name").MaxLen(20)}
}

func (Part) Edges() []ent.Edge {
	return []ent.Edge{edge.From("whole", Store.Type).Ref("parts").Unique().Required()}
}

// Context has a text id and a name that Go packages have.
type Context struct{ ent.Schema }

func (Context) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").MaxLen(36).DefaultFunc(func() string { return uuid.NewString() }),
		field.Int("version").Default(1),
		field.String("func").MaxLen(9).NotEmpty(),
		field.Time("created_at").Default(time.Now).Immutable(),
	}
}

func (Context) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("members", Mistake.Type).Through("memberships", Membership.Type),
		edge.To("above", Context.Type).Unique().Annotations(entsql.OnDelete(entsql.SetNull)),
	}
}

// Mistake has a required edge to many and an owner it may lack.
type Mistake struct{ ent.Schema }

func (Mistake) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Default(uuid.New),
		field.String("email").MaxLen(99).Nillable().Optional().Unique().Annotations(why()),
		field.UUID("owner_id", uuid.UUID{}).Optional().Annotations(why()),
	}
}

func (Mistake) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("owner", Mistake.Type).Field("owner_id").Unique().Annotations(entsql.OnDelete(entsql.SetNull)),
		edge.From("groups", Context.Type).Ref("members").Through("memberships", Membership.Type),
	}
}

func (Mistake) Indexes() []ent.Index { return []ent.Index{index.Fields("owner_id", "email").Unique()} }

// Membership is a join table with fields.
type Membership struct{ ent.Schema }

func (Membership) Annotations() []schema.Annotation {
	return []schema.Annotation{field.ID("context_id", "mistake_id")}
}

func (Membership) Fields() []ent.Field {
	return []ent.Field{field.String("context_id").MaxLen(36), field.UUID("mistake_id", uuid.UUID{}), field.Time("since").Default(time.Now)}
}

func (Membership) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("context", Context.Type).Field("context_id").Unique().Required().Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("mistake", Mistake.Type).Field("mistake_id").Unique().Required().Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}
