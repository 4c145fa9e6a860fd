package requirement

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Question is something the file leaves open.
type Question struct {
	// About is the place in the file where the answer belongs, as a path ("entities.Order.volume").
	About string
	Pos   Pos
	Text  string
	// Assumed is the answer that the design goes on with; empty where there is none.
	Assumed string
}

// asker collects questions.
type asker struct {
	d  *Design
	qs []Question
}

func (a *asker) ask(path, assumed, format string, args ...any) {
	a.qs = append(a.qs, Question{
		About: strings.TrimPrefix(path, "."), Pos: a.d.doc.posOf(path), Text: fmt.Sprintf(format, args...), Assumed: assumed,
	})
}

// questions asks for what a design needs and the file does not say, in the order of the file's sections.
func (d *Design) questions() []Question {
	a := &asker{d: d}
	doc := d.doc
	for i, q := range doc.Questions {
		a.ask(fmt.Sprintf(".questions.%d", i), "", "%s", q)
	}
	a.qs = append(a.qs, doc.notes...)
	if doc.Tenancy == nil {
		a.ask(".tenancy", "none", "Does the data of several customers share these tables? Name the entity of the tenants, or say none.")
	}
	for _, f := range []struct {
		key, text string
		def       *bool
		own       func(*Entity) *bool
	}{
		{"soft_delete", "Are deleted rows kept, marked with deleted_at?", doc.Defaults.SoftDelete, func(e *Entity) *bool { return e.SoftDelete }},
		{"audit", "Is it kept who made and who last changed a row?", doc.Defaults.Audit, func(e *Entity) *bool { return e.Audit }},
	} {
		if f.def == nil && slices.ContainsFunc(doc.Entities, func(e *Entity) bool { return f.own(e) == nil }) {
			a.ask(".defaults."+f.key, "no", "%s", f.text)
		}
	}
	for _, t := range d.Types {
		a.entity(t)
	}
	for i, rel := range doc.Relationships {
		if rel.OnDelete == "" && rel.Kind != "many_to_many" {
			assumed := "restrict"
			if rel.Null != "" {
				assumed = "set_null"
			}
			a.ask(fmt.Sprintf(".relationships.%d.on_delete", i), assumed,
				"What happens to a %s when its %s is deleted: cascade, restrict or set_null?", rel.To, rel.From)
		}
	}
	if len(doc.Writes) == 0 {
		a.ask(".writes", "each entity is written by itself", "What is written together in one transaction, what in bulk, and how is a repeated write recognised?")
	}
	for _, w := range doc.Writes {
		a.write(w)
	}
	return a.qs
}

var (
	statusLike = regexp.MustCompile(`^type$|(^|_)(status|state|kind)$`)
	moneyLike  = regexp.MustCompile(`(^|_)(price|amount|total|cost|balance|fee|salary|revenue|payment)(_|$)`)
)

func (a *asker) entity(t *Type) {
	e, path := t.entity, ".entities."+t.Name
	if e.Description == "" {
		a.ask(path+".description", "none", "What is a %s?", words(snake(t.Name)))
	}
	if len(e.Queries) == 0 && len(e.Attributes) > 0 && !a.d.through(t) {
		a.ask(path+".queries", "by id only", "How is %s read most often? Name the queries.", t.Name)
	}
	if e.Volume == nil {
		a.ask(path+".volume", "unknown", "How many rows of %s are expected, and how many more each year?", t.Name)
	}
	for _, at := range e.Attributes {
		p := path + ".attributes." + at.Name
		f, _ := t.Field(at.Name)
		if at.Description == "" {
			a.ask(p+".description", "none", "What does %s.%s mean?", t.Name, at.Name)
		}
		switch {
		case allowed(f.Facts.Allow, "S107", "S219", "S304", "S402", "S404"):
		case strings.HasSuffix(f.Name, "_id") && (f.Kind == UUID || f.Kind == Int64):
			a.ask(p, "an identifier from elsewhere", "Does %s.%s refer to an entity? Then it is a relationship; if it comes from elsewhere, say so with \"allow: {S107: …}\".", t.Name, at.Name)
		case f.Unique && f.Null:
			a.ask(p, "yes", "%s.%s is unique but may be missing: may several rows lack it? Say so with \"allow: {S219: …}\".", t.Name, at.Name)
		case f.Kind == Float && moneyLike.MatchString(f.Name):
			a.ask(p+".type", "no", "Is %s.%s money? Then it must be exact: int64 in the smallest unit, or decimal(19,4). If not, say so with \"allow: {S304: …}\".", t.Name, at.Name)
		case f.Kind == Bool && f.Null:
			a.ask(p, "yes", "%s.%s has three states (yes, no, missing): is that meant? Then say so with \"allow: {S402: …}\"; else give it a default.", t.Name, at.Name)
		case f.Kind == String && statusLike.MatchString(f.Name):
			a.ask(p+".type", "no", "Is %s.%s one of a fixed list of values? Then make it an enum.", t.Name, at.Name)
		}
	}
	for _, s := range repeating(t) {
		a.ask(path+".attributes", "one value each", "%s: %s.", t.Name, s)
	}
	for _, q := range e.Queries {
		p := path + ".queries." + q.Name
		if q.Page == "" {
			a.ask(p+".page", "all", "Is the result of %s.%s one row, all rows, or cut into pages (offset, keyset)?", t.Name, q.Name)
		}
		if q.Rate == "" {
			a.ask(p+".rate", "unknown", "How often does %s.%s run?", t.Name, q.Name)
		}
	}
	if len(t.Edges) == 0 && len(a.d.Types) > 1 && !allowed(t.Facts.Allow, "S116") {
		a.ask(".relationships", "none", "%s is related to nothing: is that meant?", t.Name)
	}
}

func (a *asker) write(w *Write) {
	path := ".writes." + w.Name
	all := slices.Concat(w.Creates, w.Updates, w.Deletes)
	if w.Transaction == nil && len(all) > 1 {
		a.ask(path+".transaction", "yes", "%s writes %s: all or nothing, in one transaction?", w.Name, strings.Join(all, ", "))
	}
	if w.Idempotent == "" && len(w.Creates) > 0 {
		a.ask(path+".idempotent", "no", "When %s is sent twice, by which unique field is the second recognised (or \"natural\", or \"no\")?", w.Name)
	}
}

// through says whether the type holds the pairs of a many-to-many relationship.
func (d *Design) through(t *Type) bool {
	return slices.ContainsFunc(d.doc.Relationships, func(r *Relationship) bool { return r.Through == t.Name })
}
