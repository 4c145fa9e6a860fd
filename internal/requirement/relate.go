package requirement

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plinth-go/plinth/annotation"
)

// actions are the words for ON DELETE, as SQL has them.
var actions = map[string]string{"cascade": "CASCADE", "restrict": "RESTRICT", "set_null": "SET NULL", "no_action": "NO ACTION"}

// relationships puts the edges of every relationship on its two sides.
func (r *resolver) relationships() {
	for i, rel := range r.doc.Relationships {
		path := fmt.Sprintf(".relationships.%d", i)
		ok := r.entity(rel.From, path+".from")
		ok = r.entity(rel.To, path+".to") && ok
		if rel.Through != "" {
			ok = r.entity(rel.Through, path+".through") && ok
			if rel.Kind != "many_to_many" {
				r.add(path+".through", "only a many_to_many relationship goes through an entity")
				ok = false
			}
		}
		if !ok {
			continue
		}
		from, _ := r.d.Type(rel.From)
		to, _ := r.d.Type(rel.To)
		name, inverse := rel.Name, rel.Inverse
		if name == "" {
			name = snake(rel.To)
			if rel.Kind != "one_to_one" {
				name = plural(rel.To)
			}
		}
		if inverse == "" {
			inverse = snake(rel.From)
			if rel.Kind == "many_to_many" {
				inverse = plural(rel.From)
			}
		}
		if rel.Kind == "many_to_many" {
			r.manyToMany(rel, from, to, name, inverse, path)
			continue
		}
		r.toOne(rel, from, to, name, inverse, path)
	}
}

// toOne is a relationship with the foreign key in to.
func (r *resolver) toOne(rel *Relationship, from, to *Type, name, inverse, path string) {
	what := fmt.Sprintf("%s.%s", to.Name, inverse)
	action := actions[rel.OnDelete]
	if action == "" {
		action = "RESTRICT"
		if rel.Null != "" {
			action = "SET NULL"
		}
	}
	if rel.OnDelete == "set_null" && rel.Null == "" {
		r.add(path+".on_delete", "%s is required, so it cannot be set to null when its %s is deleted; give the reason why it may be null, or choose restrict or cascade", what, rel.From)
	}
	column := rel.Column
	if column == "" {
		column = inverse + "_id"
	}
	if why := badField(to.Name, column); why != "" {
		r.add(path+".column", "%q cannot be a column: %s", column, why)
	}
	if f, ok := to.Field(column); ok {
		switch {
		case f.Mixin != "" || f.Edge != nil:
			r.add(path, "%s has the column %q already; give this relationship another name with \"inverse:\"", to.Name, column)
		default:
			r.add(".entities."+to.Name+".attributes."+column, "the column %q of %s comes from its relationship to %s; leave the attribute out", column, to.Name, from.Name)
		}
		return
	}
	one := rel.Kind == "one_to_one"
	if one && to.Has("SoftDelete") {
		// Ent's one-to-one counts deleted rows; the rule is for live ones, so the edge leads to many with one alive.
		one = false
		if rel.Name == "" {
			name = plural(rel.To)
		}
		to.Unique = append(to.Unique, &Unique{Fields: []string{column}, Why: "one " + words(snake(to.Name)) + " a " + words(inverse) + " that is not deleted"})
	}
	r.edge(from, &Edge{Name: name, To: to.Name, Ref: inverse, Unique: one, OnDelete: action, Comment: sentence(to.Comment, name, from)}, path+".name")
	in := &Edge{
		Name: inverse, To: from.Name, From: true, Ref: name, Field: column, Unique: true, Null: rel.Null, OnDelete: action,
		Immutable: rel.Immutable, Comment: rel.Description, Assumed: rel.OnDelete == "", OneToOne: one,
	}
	r.edge(to, in, path+".inverse")
	f := &Field{Name: column, Kind: UUID, Null: rel.Null != "", Immutable: rel.Immutable, Comment: rel.Description, Edge: in}
	if from.IntID {
		f.Kind = Int64
	}
	if f.Null {
		f.Facts.Nullable = &annotation.Nullable{Why: rel.Null}
	}
	if rel.Distinct > 0 {
		f.Facts.NDistinct = &annotation.NDistinct{Values: rel.Distinct}
	}
	if rel.RenamedFrom != "" {
		f.Facts.RenamedFrom = &annotation.RenamedFrom{Old: rel.RenamedFrom}
	}
	f.Facts.Allow = r.allow(rel.Allow, path)
	if f.Comment == "" {
		f.Comment = fmt.Sprintf("The %s it belongs to.", words(inverse))
		in.Comment = f.Comment
	}
	// Foreign keys stand before the entity's own attributes.
	at := slices.IndexFunc(to.Fields, func(x *Field) bool { return x.Mixin == "" && x.Edge == nil })
	if at < 0 {
		at = len(to.Fields)
	}
	to.Fields = slices.Insert(to.Fields, at, f)
}

func words(s string) string { return strings.ReplaceAll(s, "_", " ") }

// sentence is the comment of an edge to many.
func sentence(_, name string, from *Type) string {
	return fmt.Sprintf("The %s of the %s.", words(name), words(snake(from.Name)))
}

func (r *resolver) manyToMany(rel *Relationship, from, to *Type, name, inverse, path string) {
	for key, value := range map[string]string{"column": rel.Column, "null": rel.Null} {
		if value != "" {
			r.add(path+"."+key, "a many_to_many relationship has no %s: its pairs stand in a table of their own", key)
		}
	}
	if rel.OnDelete != "" && rel.OnDelete != "cascade" && rel.Through == "" {
		r.add(path+".on_delete", "the pairs of a many_to_many relationship go with either side; for anything else name the entity that holds them with \"through:\"")
	}
	out := &Edge{Name: name, To: to.Name, Ref: inverse, Many: true, OnDelete: "CASCADE", Through: rel.Through, Comment: sentence("", name, from)}
	in := &Edge{Name: inverse, To: from.Name, From: true, Ref: name, Many: true, OnDelete: "CASCADE", Through: rel.Through, Comment: rel.Description}
	if in.Comment == "" {
		in.Comment = sentence("", inverse, to)
	}
	if rel.Through != "" {
		through, _ := r.d.Type(rel.Through)
		if through.Has("SoftDelete") {
			r.add(path+".through", "the rows of %s are pairs and are deleted for good; set soft_delete: false on it", rel.Through)
		}
		one, two := snake(from.Name), snake(to.Name)
		if from == to {
			two = rules.Singularize(inverse) // as Ent tells the two columns apart
		}
		action := actions[rel.OnDelete]
		if action == "" {
			action = "CASCADE"
		}
		out.ThroughEdge, in.ThroughEdge = plural(rel.Through), plural(rel.Through)
		if from == to {
			in.ThroughEdge = "inverse_" + in.ThroughEdge
		}
		for _, side := range []struct {
			name string
			to   *Type
		}{{one, from}, {two, to}} {
			e := &Edge{
				Name: side.name, To: side.to.Name, Field: side.name + "_id", Unique: true, OnDelete: action,
				Comment: fmt.Sprintf("The %s of the pair.", words(side.name)),
			}
			if _, taken := through.Field(e.Field); taken {
				r.add(path, "%s has the column %q already; the relationship through it adds it", rel.Through, e.Field)
				continue
			}
			f := &Field{Name: e.Field, Kind: UUID, Comment: e.Comment, Edge: e}
			if side.to.IntID {
				f.Kind = Int64
			}
			r.edge(through, e, path)
			at := slices.IndexFunc(through.Fields, func(x *Field) bool { return x.Mixin == "" && x.Edge == nil })
			if at < 0 {
				at = len(through.Fields)
			}
			through.Fields = slices.Insert(through.Fields, at, f)
		}
		through.Unique = append(through.Unique, &Unique{Fields: []string{one + "_id", two + "_id"}, Why: "a pair is there once", pair: true})
	}
	r.edge(from, out, path+".name")
	r.edge(to, in, path+".inverse")
}

// edge adds an edge to a type unless the name is taken.
func (r *resolver) edge(t *Type, e *Edge, path string) {
	if why := badEdge(t.Name, e.Name); why != "" {
		r.add(path, "%q cannot be a relationship of %s: %s", e.Name, t.Name, why)
	}
	if _, ok := t.Field(e.Name); ok {
		r.add(path, "%s has an attribute %q; give the relationship another name", t.Name, e.Name)
		return
	}
	if _, ok := t.Edge(e.Name); ok {
		key := "name"
		if e.From {
			key = "inverse"
		}
		r.add(path, "%s has two relationships called %q; give one another name with \"%s:\"", t.Name, e.Name, key)
		return
	}
	t.Edges = append(t.Edges, e)
}
