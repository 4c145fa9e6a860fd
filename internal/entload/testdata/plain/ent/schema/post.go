package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

type (
	// Post is what a user writes.
	Post struct{ ent.Schema }

	// Comment is what others write about it.
	Comment struct{ ent.Schema }
)

// Mixin of the Post.
func (Post) Mixin() []ent.Mixin {
	return []ent.Mixin{TimeMixin{}, OwnerMixin{Ref: "posts"}}
}

// Fields of the Post.
func (Post) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Default(uuid.New),
		field.String("title").MaxLen(120).Comment("headline"),
		field.String("slug").SchemaType(map[string]string{dialect.Postgres: "varchar(80)"}),
		field.Int64("views").Min(0).Default(0),
		field.Time("published_at").Optional().Nillable().Annotations(entsql.Default("CURRENT_TIMESTAMP")),
	}
}

// Edges of the Post.
func (Post) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("comments", Comment.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("related", Post.Type).StorageKey(edge.Table("related_posts"), edge.Columns("post", "other")),
	}
}

// Indexes of the Post.
func (Post) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("slug").Unique(),
		index.Fields("title").Edges("owner").StorageKey("posts_by_title"),
		index.Fields("published_at").Annotations(entsql.Desc(), entsql.IndexWhere("published_at IS NOT NULL")),
	}
}

// Annotations of the Post.
func (Post) Annotations() []schema.Annotation {
	return []schema.Annotation{
		entsql.Annotation{Table: "blog_posts", Checks: map[string]string{"positive": "views >= 0"}},
	}
}

// Fields of the Comment.
func (Comment) Fields() []ent.Field {
	return []ent.Field{field.Text("body"), field.Int64("user_comments").Optional()}
}

// Edges of the Comment.
func (Comment) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("author", User.Type).Ref("comments").Field("user_comments").Unique(),
		edge.From("post", Post.Type).Ref("comments").Unique().Required(),
	}
}
