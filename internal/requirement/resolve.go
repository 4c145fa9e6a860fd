package requirement

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// resolver turns a document into types and collects what is wrong with it.
type resolver struct {
	doc *Document
	ms  *Mistakes
	d   *Design
}

// add notes a mistake at a path of the document, or at the nearest path above it that the document has.
func (r *resolver) add(path, format string, args ...any) {
	r.ms.add(r.doc.posOf(path), format, args...)
}

func (doc *Document) posOf(path string) Pos {
	for p := path; p != ""; p = p[:max(strings.LastIndex(p, "."), 0)] {
		if at, ok := doc.at[p]; ok {
			return at
		}
	}
	return doc.at[""]
}

// check finds every mistake in a decoded document.
func (doc *Document) check(ms *Mistakes) { resolve(doc, ms) }

// New works out the design. The document must come from Parse or ParseDBML.
func New(doc *Document) (*Design, error) {
	var ms Mistakes
	d := resolve(doc, &ms)
	if err := ms.err(); err != nil {
		return nil, err
	}
	d.advise()
	d.Forms = d.reports()
	d.Questions = d.questions()
	return d, nil
}

func resolve(doc *Document, ms *Mistakes) *Design {
	r := &resolver{doc: doc, ms: ms, d: &Design{Name: doc.Name, Dialect: schemagraph.Postgres, doc: doc}}
	if doc.Dialect == "sqlite" {
		r.d.Dialect = schemagraph.SQLite
	}
	if doc.Version != 1 {
		r.add(".version", "version %d of the language is not known; this is version 1", doc.Version)
	}
	if !projectName.MatchString(doc.Name) {
		r.add(".name", "the name %q is not lower-case words, such as shop or issue-tracker", doc.Name)
	}
	if len(doc.Entities) == 0 {
		r.add(".entities", "there are no entities")
	}
	if t := doc.Tenancy; t != nil && !t.None {
		if t.Entity == "" {
			r.add(".tenancy", "tenancy is \"none\" or names the entity of the tenants, as in \"tenancy: {entity: Tenant}\"")
		} else {
			r.entity(t.Entity, ".tenancy.entity")
		}
	}
	for _, e := range doc.Entities {
		r.typ(e)
	}
	r.relationships()
	r.tenants()
	r.withinTenant()
	for _, t := range r.d.Types {
		r.rules(t)
	}
	r.writes()
	return r.d
}

// entity reports an entity that does not exist.
func (r *resolver) entity(name, path string) bool {
	var names []string
	for _, e := range r.doc.Entities {
		if e.Name == name {
			return true
		}
		names = append(names, e.Name)
	}
	hint := didYouMean(name, names)
	if hint == "" {
		for _, n := range names {
			if plural(n) == strings.ToLower(name) {
				hint = fmt.Sprintf("; did you mean %q?", n)
			}
		}
	}
	r.add(path, "there is no entity %q%s", name, hint)
	return false
}

func chosen(own, def *bool, usual bool) bool {
	switch {
	case own != nil:
		return *own
	case def != nil:
		return *def
	}
	return usual
}

// typ makes the type of an entity with its mixins and attributes.
func (r *resolver) typ(e *Entity) {
	path := ".entities." + e.Name
	if why := badEntity(e.Name); why != "" {
		r.add(path, "%q cannot be an entity: %s", e.Name, why)
	}
	t := &Type{Name: e.Name, Table: e.Table, Comment: e.Description, entity: e}
	if t.Table == "" {
		t.Table = plural(e.Name)
	} else if !fieldName.MatchString(t.Table) || len(t.Table) > 63 {
		r.add(path+".table", "%q is not a table's name: lower-case words joined by one underscore, at most 63 bytes", t.Table)
	}
	if slices.Contains(reserved, t.Table) {
		r.add(path+".table", "the table of %s would be called %q, a reserved word of SQL; give it another with \"table:\"", e.Name, t.Table)
	}
	for _, o := range r.d.Types {
		if o.Table == t.Table {
			r.add(path, "%s and %s would both be the table %q", o.Name, e.Name, t.Table)
		}
		if strings.EqualFold(o.Name, t.Name) {
			r.add(path, "%s and %s differ by capitals only; Ent would put them into the same package", o.Name, e.Name)
		}
	}
	def := r.doc.Defaults
	id := e.ID
	if id == "" {
		id = def.ID
	}
	t.IntID = id == "int64"
	ten := r.doc.Tenancy
	t.mixin("ID")
	if ten != nil && ten.Entity != "" && ten.Entity != e.Name && e.Global == "" {
		t.mixin("Tenant")
	}
	if chosen(e.Timestamps, def.Timestamps, true) {
		t.mixin("Timestamps")
	}
	if chosen(e.SoftDelete, def.SoftDelete, false) && (e.SoftDelete != nil || !r.isThrough(e.Name)) {
		t.mixin("SoftDelete")
	}
	if chosen(e.Audit, def.Audit, false) {
		t.mixin("Audit")
	}
	if chosen(e.Version, def.Version, false) {
		t.mixin("Version")
	}
	for _, a := range e.Attributes {
		at := path + ".attributes." + a.Name
		if f, ok := t.Field(a.Name); ok {
			from := "by " + strings.ToLower(f.Mixin)
			r.add(at, "%s has %q already (%s); leave it out", e.Name, a.Name, from)
			continue
		}
		if why := badField(e.Name, a.Name); why != "" {
			r.add(at, "%q cannot be an attribute: %s", a.Name, why)
		}
		if f := r.field(t, a, at); f != nil {
			t.Fields = append(t.Fields, f)
		}
	}
	if v := e.Volume; v != nil {
		if v.Rows < 0 || v.Growth < 0 {
			r.add(path+".volume", "the volume of %s is negative", e.Name)
		}
		t.Facts.Volume = &annotation.Volume{Rows: v.Rows, GrowthPerYear: v.Growth, Small: v.Small}
	}
	if e.RenamedFrom != "" {
		t.Facts.RenamedFrom = &annotation.RenamedFrom{Old: e.RenamedFrom}
	}
	t.Facts.Allow = r.allow(e.Allow, path)
	r.d.Types = append(r.d.Types, t)
}

func (r *resolver) isThrough(entity string) bool {
	return slices.ContainsFunc(r.doc.Relationships, func(x *Relationship) bool { return x.Through == entity })
}

// mixin adds a mixin and its columns.
func (t *Type) mixin(name string) {
	t.Mixins = append(t.Mixins, name)
	nullable := func(why string) annotation.Facts { return annotation.Facts{Nullable: &annotation.Nullable{Why: why}} }
	add := func(f *Field, role annotation.RoleKind) {
		f.Mixin, f.Facts.Role = name, role
		t.Fields = append(t.Fields, f)
	}
	switch name {
	case "ID":
		f := &Field{Name: "id", Kind: UUID, Default: "new", Immutable: true, Comment: "Primary key, a UUID that grows with time."}
		if t.IntID {
			f.Kind, f.Default, f.Comment = Int64, nil, "Primary key."
		}
		add(f, "")
	case "Tenant":
		add(&Field{Name: "tenant_id", Kind: UUID, Immutable: true, Comment: "The tenant the row belongs to."}, annotation.Tenant)
	case "Timestamps":
		add(&Field{Name: "created_at", Kind: Time, Default: "now", Immutable: true, Comment: "When the row was made."}, annotation.CreatedAt)
		add(&Field{Name: "updated_at", Kind: Time, Default: "now", Comment: "When the row was last changed."}, annotation.UpdatedAt)
	case "SoftDelete":
		add(&Field{Name: "deleted_at", Kind: Time, Null: true, Comment: "When the row was deleted.",
			Facts: nullable("null until the row is deleted")}, annotation.SoftDelete)
	case "Audit":
		why := "null where no person did it: a job, an import, a migration"
		add(&Field{Name: "created_by", Kind: UUID, Null: true, Immutable: true, Comment: "Who made the row.", Facts: nullable(why)}, annotation.CreatedBy)
		add(&Field{Name: "updated_by", Kind: UUID, Null: true, Comment: "Who last changed the row.", Facts: nullable(why)}, annotation.UpdatedBy)
	case "Version":
		add(&Field{Name: "version", Kind: Int64, Default: 1, Comment: "Raised by each update; an update made from an older version is refused."}, annotation.Version)
	}
}
