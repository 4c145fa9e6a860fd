package lint

import (
	"slices"
	"strings"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

var s407 = &schemaRule{
	Rule: Rule{
		Code: "S407", Slug: "no-timestamps", Severity: Warn, Fix: FixAuto, Since: "0.1",
		Title: "table that does not say when its rows were made and changed",
		Rationale: "The first question about a wrong row is when it got that way. created_at and updated_at answer it, and incremental exports need them. Other usual names of the two are accepted, " +
			"and an entity all of whose fields are immutable needs no updated_at. Join tables are not judged.",
		FixText: "mixin.Timestamps{} in Ent; created_at and updated_at timestamptz NOT NULL DEFAULT now() in SQL",
		Source:  "house rule",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			if t.join() || t.small {
				continue
			}
			var missing []string
			if !t.hasMoment(annotation.CreatedAt, createdNames) {
				missing = append(missing, "created_at")
			}
			if !t.hasMoment(annotation.UpdatedAt, updatedNames) && !t.immutable() {
				missing = append(missing, "updated_at")
			}
			if len(missing) > 0 {
				p.report(p.onTable(t), p.pick("mixin.Timestamps{}", "ALTER TABLE "+t.name+" ADD COLUMN "+missing[0]+" timestamptz NOT NULL DEFAULT now();"), "%s has no %s", t.name, and(missing)).fix(p.timestamps(t, missing)...)
			}
		}
	},
}

// timestamps are the steps that add the missing columns: the mixin in a design of plinth's, else fields.
func (p *pass) timestamps(t *table, missing []string) []Edit {
	if t.entity == nil {
		return nil
	}
	if p.graph.Conventions && len(missing) == 2 {
		return []Edit{{Entity: t.entity.Name, Mixin: "mixin.Timestamps{}", Name: "mixin.Timestamps"}}
	}
	now := p.twin("time")
	text := map[string]string{
		"created_at": `field.Time("created_at").Default(time.Now).Immutable().Annotations(` + now + `)`,
		"updated_at": `field.Time("updated_at").Default(time.Now).UpdateDefault(time.Now).Annotations(` + now + `)`,
	}
	var edits []Edit
	for _, m := range missing {
		edits = append(edits, Edit{Entity: t.entity.Name, Field: text[m], Name: m})
	}
	return edits
}

var (
	createdNames = []string{"created_at", "created", "created_on", "create_date", "creation_date", "create_time", "created_time", "created_date", "date_created", "inserted_at", "insert_time", "registered_at", "creation_time", "created_ts", "ctime", "added_at", "add_time", "time_created", "created_timestamp", "gmt_create"}
	updatedNames = []string{"updated_at", "updated", "updated_on", "update_date", "update_time", "updated_time", "updated_date", "date_updated", "modified_at", "modified", "modified_on", "modified_date", "last_update", "last_updated", "last_updated_at", "last_modified", "last_modified_at", "changed_at", "date_modified", "mtime", "time_updated", "updated_timestamp", "gmt_modified", "modification_date"}
)

func (t *table) hasMoment(role annotation.RoleKind, names []string) bool {
	if t.entity != nil {
		if _, ok := t.entity.FieldWith(role); ok {
			return true
		}
	}
	for _, c := range t.Columns {
		if slices.Contains(names, strings.Join(words(c.Name), "_")) {
			return true
		}
	}
	return false
}

// immutable says that nothing of the entity can change.
func (t *table) immutable() bool {
	return t.entity != nil && len(t.entity.Fields) > 1 &&
		!slices.ContainsFunc(t.entity.Fields, func(f *schemagraph.Field) bool { return !f.Immutable && !f.PK })
}

var s408 = &schemaRule{
	Rule: Rule{
		Code: "S408", Slug: "required-columns", Severity: Warn, Fix: FixAuto, Since: "0.1",
		Title:     "table without a column that every table must have",
		Rationale: "A convention of the house, checked: the option names the columns. Join tables are not judged. Without the option the rule does not run.",
		FixText:   "the mixin that brings the column",
		Source:    "house rule",
		Options: []Option{
			{Name: "columns", Doc: "columns that each table must have"},
			{Name: "except", Doc: "tables that need not have them"},
		},
	},
	needs: needSetting,
	check: func(p *pass) {
		except := p.list("except")
		for _, t := range p.tables {
			if t.join() || slices.Contains(except, t.name) {
				continue
			}
			var missing []string
			for _, name := range p.list("columns") {
				if _, ok := t.Column(name); !ok {
					missing = append(missing, name)
				}
			}
			if len(missing) > 0 {
				p.report(p.onTable(t), "", "%s has no %s", t.name, and(missing))
			}
		}
	},
}
