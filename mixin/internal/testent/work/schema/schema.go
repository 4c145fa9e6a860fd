// Package schema is a small design with every mixin under its usual names.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"github.com/plinth-go/plinth/mixin"
)

// Team belongs to no tenant and is never soft-deleted.
type Team struct{ ent.Schema }

// Mixin of Team.
func (Team) Mixin() []ent.Mixin { return []ent.Mixin{mixin.ID{}} }

// Fields of Team.
func (Team) Fields() []ent.Field { return []ent.Field{field.String("name").MaxLen(50)} }

// Edges of Team.
func (Team) Edges() []ent.Edge {
	return []ent.Edge{edge.To("projects", Project.Type).Annotations(entsql.OnDelete(entsql.Restrict))}
}

// Project has every mixin.
type Project struct{ ent.Schema }

// Mixin of Project.
func (Project) Mixin() []ent.Mixin {
	return []ent.Mixin{
		mixin.ID{}, mixin.Tenant{RowSecurity: true}, mixin.Timestamps{}, mixin.SoftDelete{}, mixin.Audit{}, mixin.Version{},
	}
}

// Fields of Project.
func (Project) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").MaxLen(50),
		field.Int64("budget").Default(0),
		field.UUID("team_id", uuid.UUID{}).Optional().Nillable(),
	}
}

// Edges of Project.
func (Project) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("team", Team.Type).Ref("projects").Field("team_id").Unique(),
		edge.To("tasks", Task.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("labels", Label.Type),
	}
}

// Indexes of Project.
func (Project) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "name").Unique().Annotations(entsql.IndexWhere("deleted_at IS NULL")),
	}
}

// Task belongs to a project, and may belong to another task.
type Task struct{ ent.Schema }

// Mixin of Task.
func (Task) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Version{}, mixin.SoftDelete{}, mixin.Timestamps{}, mixin.Tenant{CheckParents: true}, mixin.ID{}}
}

// Fields of Task.
func (Task) Fields() []ent.Field {
	return []ent.Field{
		field.String("title").MaxLen(50),
		field.UUID("project_id", uuid.UUID{}),
		field.UUID("parent_id", uuid.UUID{}).Optional().Nillable(),
	}
}

// Edges of Task.
func (Task) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("project", Project.Type).Ref("tasks").Field("project_id").Required().Unique(),
		edge.To("notes", Note.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("subtasks", Task.Type).Annotations(entsql.OnDelete(entsql.Cascade)).
			From("parent").Field("parent_id").Unique(),
	}
}

// Note has no tenant of its own.
type Note struct{ ent.Schema }

// Mixin of Note.
func (Note) Mixin() []ent.Mixin { return []ent.Mixin{mixin.ID{}, mixin.SoftDelete{}} }

// Fields of Note.
func (Note) Fields() []ent.Field {
	return []ent.Field{field.String("body").MaxLen(200), field.UUID("task_id", uuid.UUID{})}
}

// Edges of Note.
func (Note) Edges() []ent.Edge {
	return []ent.Edge{edge.From("task", Task.Type).Ref("notes").Field("task_id").Required().Unique()}
}

// Label is put on projects.
type Label struct{ ent.Schema }

// Mixin of Label.
func (Label) Mixin() []ent.Mixin { return []ent.Mixin{mixin.ID{}, mixin.Tenant{}, mixin.SoftDelete{}} }

// Fields of Label.
func (Label) Fields() []ent.Field { return []ent.Field{field.String("name").MaxLen(50)} }

// Edges of Label.
func (Label) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("projects", Project.Type).Ref("labels"),
		edge.From("settings", Setting.Type).Ref("labels"),
	}
}

// Setting has a tenant and nothing that an update would change by itself.
type Setting struct{ ent.Schema }

// Mixin of Setting.
func (Setting) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.ID{}, mixin.Tenant{RowSecurity: true}}
}

// Fields of Setting.
func (Setting) Fields() []ent.Field {
	return []ent.Field{field.String("key").MaxLen(50).Unique(), field.String("value").MaxLen(50)}
}

// Edges of Setting.
func (Setting) Edges() []ent.Edge { return []ent.Edge{edge.To("labels", Label.Type)} }
