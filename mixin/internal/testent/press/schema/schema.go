// Package schema is a small design with the mixins under other names, numbers for keys, and hooks, interceptors and
// policies of its own.
package schema

import (
	"context"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/privacy"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/plinth-go/plinth/mixin"
)

var (
	tenant = mixin.Tenant{Field: "org_id"}
	bin    = mixin.SoftDelete{Field: "removed_at"}
	rev    = mixin.Version{Field: "rev"}
	times  = mixin.Timestamps{Created: "made_at", Updated: "changed_at"}
)

// House belongs to no tenant and is never soft-deleted.
type House struct{ ent.Schema }

// Fields of House.
func (House) Fields() []ent.Field { return []ent.Field{field.String("name").MaxLen(50)} }

// Edges of House.
func (House) Edges() []ent.Edge {
	return []ent.Edge{edge.To("books", Book.Type).Annotations(entsql.OnDelete(entsql.SetNull))}
}

// Book has every mixin but ID.
type Book struct{ ent.Schema }

// Mixin of Book.
func (Book) Mixin() []ent.Mixin { return []ent.Mixin{rev, bin, times, tenant, mixin.Audit{}} }

// Fields of Book.
func (Book) Fields() []ent.Field {
	return []ent.Field{
		field.String("title").MaxLen(50),
		field.Int64("price").Default(0),
		field.JSON("meta", map[string]string{}).Optional(),
	}
}

// Edges of Book.
func (Book) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("house", House.Type).Ref("books").Unique(),
		edge.To("genres", Genre.Type),
		edge.From("readers", Reader.Type).Ref("books").Through("loans", Loan.Type),
	}
}

// Indexes of Book.
func (Book) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("org_id", "title").Unique().Annotations(entsql.IndexWhere("removed_at IS NULL")),
	}
}

// Policy of Book.
func (Book) Policy() ent.Policy { return allow{} }

// Hooks of Book.
func (Book) Hooks() []ent.Hook {
	return []ent.Hook{func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			if seen, ok := ctx.Value(Seen{}).(*[]string); ok {
				*seen = append(*seen, m.Op().String())
			}
			return next.Mutate(ctx, m)
		})
	}}
}

// Seen is the key under which a test leaves a list for the operations that Book's hook sees.
type Seen struct{}

// Chapter belongs to a book, by an edge that only the chapter declares.
type Chapter struct{ ent.Schema }

// Mixin of Chapter.
func (Chapter) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Tenant{Field: "org_id", CheckParents: true}, bin, rev, times}
}

// Fields of Chapter.
func (Chapter) Fields() []ent.Field {
	return []ent.Field{field.String("title").MaxLen(50), field.Int("part_of").Optional().Nillable()}
}

// Edges of Chapter.
func (Chapter) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("book", Book.Type).Required().Unique().Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.From("remarks", Remark.Type).Ref("chapter"),
		edge.To("sections", Chapter.Type).Annotations(entsql.OnDelete(entsql.Cascade)).
			From("whole").Field("part_of").Unique(),
	}
}

// Remark has no tenant of its own.
type Remark struct{ ent.Schema }

// Mixin of Remark.
func (Remark) Mixin() []ent.Mixin { return []ent.Mixin{bin} }

// Fields of Remark.
func (Remark) Fields() []ent.Field { return []ent.Field{field.String("body").MaxLen(200)} }

// Edges of Remark.
func (Remark) Edges() []ent.Edge {
	return []ent.Edge{edge.To("chapter", Chapter.Type).Required().Unique().Annotations(entsql.OnDelete(entsql.Cascade))}
}

// Genre is given to books.
type Genre struct{ ent.Schema }

// Mixin of Genre.
func (Genre) Mixin() []ent.Mixin { return []ent.Mixin{bin, tenant} }

// Fields of Genre.
func (Genre) Fields() []ent.Field { return []ent.Field{field.String("name").MaxLen(50)} }

// Edges of Genre.
func (Genre) Edges() []ent.Edge {
	return []ent.Edge{edge.From("books", Book.Type).Ref("genres"), edge.From("knobs", Knob.Type).Ref("genres")}
}

// Knob has a tenant and nothing that an update would change by itself.
type Knob struct{ ent.Schema }

// Mixin of Knob.
func (Knob) Mixin() []ent.Mixin { return []ent.Mixin{tenant} }

// Fields of Knob.
func (Knob) Fields() []ent.Field {
	return []ent.Field{field.String("key").MaxLen(50).Unique(), field.String("value").MaxLen(50)}
}

// Edges of Knob.
func (Knob) Edges() []ent.Edge { return []ent.Edge{edge.To("genres", Genre.Type)} }

// Reader borrows books.
type Reader struct{ ent.Schema }

// Fields of Reader.
func (Reader) Fields() []ent.Field { return []ent.Field{field.String("name").MaxLen(50)} }

// Edges of Reader.
func (Reader) Edges() []ent.Edge {
	return []ent.Edge{edge.To("books", Book.Type).Through("loans", Loan.Type)}
}

// Loan is a book at a reader. Its key is both.
type Loan struct{ ent.Schema }

// Annotations of Loan.
func (Loan) Annotations() []schema.Annotation {
	return []schema.Annotation{field.ID("reader_id", "book_id")}
}

// Mixin of Loan.
func (Loan) Mixin() []ent.Mixin { return []ent.Mixin{tenant, rev} }

// Fields of Loan.
func (Loan) Fields() []ent.Field {
	return []ent.Field{field.Int("reader_id"), field.Int("book_id"), field.String("note").MaxLen(50).Default("")}
}

// Edges of Loan.
func (Loan) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("reader", Reader.Type).Field("reader_id").Required().Unique().Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("book", Book.Type).Field("book_id").Required().Unique().Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// allow lets everything pass, as one rule that was asked.
type allow struct{}

// EvalMutation of the policy.
func (allow) EvalMutation(context.Context, ent.Mutation) error { return privacy.Skip }

// EvalQuery of the policy.
func (allow) EvalQuery(context.Context, ent.Query) error { return privacy.Skip }
