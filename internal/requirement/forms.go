package requirement

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/internal/normalform"
)

// Report is what the dependencies of one type say.
type Report struct {
	Type string
	// Form is the highest normal form reached, justified denormalisations left aside.
	Form string
	// Keys are the candidate keys.
	Keys [][]string
	// Violations are the dependencies that keep the type out of third normal form and have no justification.
	Violations []Violation
	// Proposal splits the type so that they are gone; empty where there are none.
	Proposal []Proposal
	// Repeating are suspicions against first normal form.
	Repeating []string
	// Justified are the denormalisations with their reasons.
	Justified []Justified
}

// Violation is a dependency and the form it violates.
type Violation struct {
	Form     string
	From, To []string
	// Key is the candidate key of which From is only a part (2NF), or which leads to To by way of From (3NF).
	Key []string
	Why string
}

// Proposal is a table of the decomposition proposed.
type Proposal struct {
	Entity string
	New    bool
	Fields []string
	Key    []string
}

// Justified is a denormalised field with its reason.
type Justified struct {
	Field string
	annotation.Denormalized
}

// Explain says in a sentence why the dependency is a violation.
func (v Violation) Explain() string {
	from, to := strings.Join(v.From, ", "), strings.Join(v.To, ", ")
	key := strings.Join(v.Key, ", ")
	if v.Form == "2NF" {
		return fmt.Sprintf("%s depends on %s, which is only a part of the key (%s)", to, from, key)
	}
	return fmt.Sprintf("%s depends on %s, which is not a key: (%s) determines it only by way of %s", to, from, key, from)
}

// Violated says whether a type is short of third normal form without a justification.
func (d *Design) Violated() bool {
	return slices.ContainsFunc(d.Forms, func(r *Report) bool { return len(r.Violations) > 0 })
}

func (d *Design) reports() []*Report {
	var out []*Report
	for _, t := range d.Types {
		out = append(out, d.report(t))
	}
	return out
}

func (d *Design) report(t *Type) *Report {
	rep := &Report{Type: t.Name, Repeating: repeating(t)}
	copied := map[string]bool{}
	var attrs []string
	for _, f := range t.Fields {
		if f.Facts.Denormalized != nil {
			copied[f.Name] = true
			rep.Justified = append(rep.Justified, Justified{Field: f.Name, Denormalized: *f.Facts.Denormalized})
			continue
		}
		attrs = append(attrs, f.Name)
	}
	var rest []string
	for _, a := range attrs {
		if a != "id" {
			rest = append(rest, a)
		}
	}
	var deps []normalform.Dependency
	if len(rest) > 0 {
		deps = append(deps, normalform.Dependency{From: []string{"id"}, To: rest})
	}
	for _, ix := range t.Indexes {
		var from []string
		for _, p := range ix.Columns {
			f, _ := t.Field(p.Name)
			if f == nil || f.Null || copied[p.Name] {
				from = nil
				break
			}
			from = append(from, p.Name)
		}
		if ix.Unique && len(from) > 0 && (len(from) > 1 || from[0] != "id") {
			deps = append(deps, normalform.Dependency{From: from, To: attrs})
		}
	}
	for _, fd := range t.Facts.Determines {
		keep := func(names []string) []string {
			return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return copied[n] })
		}
		if from, to := keep(fd.From), keep(fd.To); len(from) == len(fd.From) && len(to) > 0 {
			deps = append(deps, normalform.Dependency{From: from, To: to, Why: fd.Why})
		}
	}
	rel, err := normalform.New(t.Name, attrs, deps)
	if err != nil {
		return rep // the names were checked before
	}
	rep.Keys, _ = rel.Keys()
	rep.Form = rel.Form().String()
	for _, v := range rel.Violations() {
		if v.Form > normalform.Third {
			continue
		}
		rep.Violations = append(rep.Violations, Violation{
			Form: v.Form.String(), From: v.Dependency.From, To: v.Dependency.To, Key: v.Key, Why: v.Dependency.Why,
		})
	}
	if len(rep.Violations) > 0 {
		rep.Proposal = d.proposal(t, rel.Synthesize())
	}
	return rep
}

// proposal names the tables of a decomposition: the one with the primary key stays the entity.
func (d *Design) proposal(t *Type, tables []normalform.Table) []Proposal {
	var out []Proposal
	for _, tab := range tables {
		p := Proposal{Entity: t.Name, Fields: tab.Attributes}
		if len(tab.Keys) > 0 {
			p.Key = tab.Keys[0]
		}
		if !slices.ContainsFunc(tab.Keys, func(k []string) bool { return len(k) == 1 && k[0] == "id" }) {
			var words []string
			for _, k := range p.Key {
				if k != "tenant_id" {
					words = append(words, strings.TrimSuffix(k, "_id"))
				}
			}
			p.Entity, p.New = pascal(strings.Join(words, "_")), true
			for _, taken := d.Type(p.Entity); taken; _, taken = d.Type(p.Entity) {
				p.Entity += "Detail"
			}
		}
		out = append(out, p)
	}
	slices.SortStableFunc(out, func(a, b Proposal) int {
		switch {
		case a.New == b.New:
			return 0
		case a.New:
			return 1
		}
		return -1
	})
	return out
}

var numbered = regexp.MustCompile(`^(.*[a-z])_?([0-9]+)$`)

// repeating finds what looks like several values in one row or one column.
func repeating(t *Type) []string {
	var out []string
	groups := map[string][]string{}
	var order []string
	for _, f := range t.Fields {
		if allowed(f.Facts.Allow, "S601", "S602", "S603") {
			continue
		}
		if m := numbered.FindStringSubmatch(f.Name); m != nil && !slices.Contains([]string{"line", "address_line", "sha", "md", "utf", "base", "h"}, m[1]) {
			if groups[m[1]] == nil {
				order = append(order, m[1])
			}
			groups[m[1]] = append(groups[m[1]], f.Name)
		}
		text := f.Kind == String || f.Kind == Text
		for _, end := range []string{"_ids", "_list", "_csv"} {
			if text && strings.HasSuffix(f.Name, end) {
				out = append(out, fmt.Sprintf("%s reads like several values in one text; make them rows of their own", f.Name))
			}
		}
	}
	for _, g := range order {
		if names := groups[g]; len(names) > 1 {
			out = append(out, fmt.Sprintf("%s repeat one attribute; make them rows of an entity %s%s", strings.Join(names, ", "), t.Name, pascal(rules.Singularize(g))))
		}
	}
	return out
}

func allowed(as []annotation.Allow, rules ...string) bool {
	return slices.ContainsFunc(as, func(a annotation.Allow) bool { return slices.Contains(rules, a.Rule) })
}
