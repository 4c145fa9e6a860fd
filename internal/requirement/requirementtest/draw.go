// Package requirementtest draws random requirement files for property tests: complete ones, which leave no question
// open and break no normal form, with every kind of attribute, relationship and query. Out comes the file's text.
package requirementtest

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

var entities = []string{"Account", "Book", "Course", "Device", "Event", "Folder", "Garage", "Harbour", "Invoice"}

// attribute is a template of an attribute: its name says its type, so that a name always has the same one.
type attribute struct {
	name, text            string
	ordered, equal        bool
	words, json, nullable bool
	where                 string
	unique                bool
}

var attributes = []attribute{
	{name: "code", text: "type: string(40), not_empty: true", equal: true, ordered: true, words: true, unique: true},
	{name: "title", text: "type: string(200), not_empty: true", equal: true, ordered: true, words: true},
	{name: "summary", text: `type: text(5000), default: ""`, words: true},
	{name: "nickname", text: `type: string(60), "null": many have none`, equal: true, ordered: true, words: true, nullable: true},
	{name: "enabled", text: "type: bool, default: true", where: `"true"`},
	{name: "pieces", text: "type: int32, min: 0, max: 1000, default: 1", ordered: true},
	{name: "size_bytes", text: "type: int64, min: 0", ordered: true},
	{name: "ratio", text: "type: float, min: -1, max: 1, default: 0.5", ordered: true},
	{name: "price", text: `type: "decimal(12,2)", min: 0`, ordered: true},
	{name: "begins_at", text: "type: time", ordered: true},
	{name: "ended_at", text: `type: time, "null": null until it ends`, ordered: true, nullable: true, where: `"null"`},
	{name: "born_on", text: "type: date", ordered: true, equal: true},
	{name: "seen_at", text: "type: time, default: now", ordered: true},
	{name: "token", text: "type: uuid, default: new, immutable: true", equal: true},
	{name: "stage", text: `type: "enum(new, open, done)", default: new`, where: "open"},
	{name: "flavour", text: `type: "enum(sweet, sour)"`, equal: true},
	{name: "settings", text: `type: json, default: "{}"`, json: true},
	{name: "keywords", text: `type: strings, default: "[]"`, json: true},
	{name: "digest", text: "type: bytes(64)"},
	{name: "secret_hash", text: "type: string(128), sensitive: secret"},
	{name: "email", text: "type: string(320), not_empty: true, sensitive: pii", equal: true, ordered: true, words: true, unique: true},
}

// entity is what has been drawn of an entity.
type entity struct {
	name    string
	attrs   []attribute
	unique  []string
	columns []string // of its foreign keys
	soft    bool
	version bool
}

// YAML draws a requirements file.
func YAML(t *rapid.T) string {
	var b strings.Builder
	n := rapid.IntRange(1, 6).Draw(t, "entities")
	names := rapid.SliceOfNDistinct(rapid.SampledFrom(entities), n, n, rapid.ID[string]).Draw(t, "names")
	tenancy := rapid.Bool().Draw(t, "tenancy")
	fmt.Fprintf(&b, "version: 1\nname: drawn\n")
	if tenancy {
		b.WriteString("tenancy: {entity: Tenant}\n")
	} else {
		b.WriteString("tenancy: none\n")
	}
	fmt.Fprintf(&b, "defaults: {soft_delete: %v, audit: %v}\n", rapid.Bool().Draw(t, "soft"), rapid.Bool().Draw(t, "audit"))
	es := make([]*entity, n)
	for i, name := range names {
		e := &entity{name: name, soft: rapid.Bool().Draw(t, "soft"), version: rapid.Bool().Draw(t, "version")}
		k := rapid.IntRange(1, 6).Draw(t, "attributes")
		e.attrs = rapid.SliceOfNDistinct(rapid.SampledFrom(attributes), k, k, func(a attribute) string { return a.name }).Draw(t, "attributes")
		if !slices.ContainsFunc(e.attrs, func(a attribute) bool { return !a.nullable }) {
			e.attrs = append(e.attrs, attributes[0])
		}
		for _, a := range e.attrs {
			if a.unique && rapid.Bool().Draw(t, "unique") {
				e.unique = append(e.unique, a.name)
			}
		}
		es[i] = e
	}
	rels := relationships(t, es)
	b.WriteString("entities:\n")
	if tenancy {
		b.WriteString("  Tenant:\n    description: Tenant is a customer of the service.\n    soft_delete: false\n    volume: {rows: 1000, small: true}\n" +
			"    attributes:\n      slug: {type: string(63), not_empty: true, unique: true, description: Short name.}\n" +
			"    queries:\n      BySlug: {eq: slug, page: one, rate: 1/s}\n")
	}
	for _, e := range es {
		e.write(t, &b)
	}
	if len(rels) > 0 {
		b.WriteString("relationships:\n" + strings.Join(rels, ""))
	}
	fmt.Fprintf(&b, "writes:\n  Make: {creates: [%s], idempotent: \"no\"}\n", es[0].name)
	return b.String()
}

// relationships draws how the entities are related: every one to some other, so that none stands alone.
func relationships(t *rapid.T, es []*entity) []string {
	var out []string
	for i, e := range es {
		if i == 0 {
			if rapid.Bool().Draw(t, "tree") {
				out = append(out, fmt.Sprintf("  - {kind: one_to_many, from: %s, to: %s, name: children, inverse: parent, \"null\": null at the root, on_delete: restrict, description: The one above.}\n", e.name, e.name))
				e.columns = append(e.columns, "parent_id")
			}
			continue
		}
		to := es[rapid.IntRange(0, i-1).Draw(t, "to")]
		low := strings.ToLower(to.name)
		null, action := "", "restrict"
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			out = append(out, fmt.Sprintf("  - {kind: many_to_many, from: %s, to: %s}\n", to.name, e.name))
			continue
		case 1:
			null, action = ", \"null\": it may stand alone", "set_null"
		}
		kind := "one_to_many"
		if null == "" && rapid.IntRange(0, 4).Draw(t, "one") == 0 {
			kind = "one_to_one"
		}
		out = append(out, fmt.Sprintf("  - {kind: %s, from: %s, to: %s%s, on_delete: %s, description: What it belongs to.}\n", kind, to.name, e.name, null, action))
		e.columns = append(e.columns, low+"_id")
	}
	return out
}

func (e *entity) write(t *rapid.T, b *strings.Builder) {
	fmt.Fprintf(b, "  %s:\n    description: %s is drawn for a test.\n    soft_delete: %v\n    version: %v\n    volume: {rows: %d}\n",
		e.name, e.name, e.soft, e.version, rapid.IntRange(20_000, 5_000_000).Draw(t, "rows"))
	b.WriteString("    attributes:\n")
	for _, a := range e.attrs {
		unique := ""
		if slices.Contains(e.unique, a.name) {
			unique = ", unique: true"
		}
		fmt.Fprintf(b, "      %s: {%s%s, description: The %s of it.}\n", a.name, a.text, unique, strings.ReplaceAll(a.name, "_", " "))
	}
	b.WriteString("    queries:\n")
	n := rapid.IntRange(1, 4).Draw(t, "queries")
	for i := range n {
		fmt.Fprintf(b, "      Q%d: {%s, rate: 1/s}\n", i, e.query(t))
	}
}

func (e *entity) names(of func(attribute) bool) []string {
	var out []string
	for _, a := range e.attrs {
		if of(a) {
			out = append(out, a.name)
		}
	}
	return out
}

// query draws a query that the entity can answer.
func (e *entity) query(t *rapid.T) string {
	equal := append(e.names(func(a attribute) bool { return a.equal }), e.columns...)
	ordered := append(e.names(func(a attribute) bool { return a.ordered && !a.nullable }), "created_at")
	if len(e.unique) > 0 && rapid.IntRange(0, 3).Draw(t, "one") == 0 {
		return "eq: " + rapid.SampledFrom(e.unique).Draw(t, "eq") + ", page: one"
	}
	if texts := e.names(func(a attribute) bool { return a.words }); len(texts) > 0 && rapid.IntRange(0, 4).Draw(t, "search") == 0 {
		return "search: " + rapid.SampledFrom(texts).Draw(t, "text") + ", page: offset, limit: 20"
	}
	if docs := e.names(func(a attribute) bool { return a.json }); len(docs) > 0 && rapid.IntRange(0, 3).Draw(t, "contains") == 0 {
		return "contains: " + rapid.SampledFrom(docs).Draw(t, "json") + ", page: offset, limit: 20"
	}
	var parts []string
	used := map[string]bool{}
	if len(equal) > 0 && rapid.Bool().Draw(t, "equality") {
		k := rapid.IntRange(1, min(2, len(equal))).Draw(t, "equals")
		eq := rapid.SliceOfNDistinct(rapid.SampledFrom(equal), k, k, rapid.ID[string]).Draw(t, "eq")
		for _, f := range eq {
			used[f] = true
		}
		parts = append(parts, "eq: ["+strings.Join(eq, ", ")+"]")
	}
	for _, a := range e.attrs {
		if a.where != "" && !used[a.name] && rapid.IntRange(0, 3).Draw(t, "where") == 0 {
			parts = append(parts, fmt.Sprintf("where: {%s: %s}", a.name, a.where))
			used[a.name] = true
			break
		}
	}
	free := slices.DeleteFunc(slices.Clone(ordered), func(s string) bool { return used[s] })
	page := "all, limit: 100"
	if len(free) > 0 {
		sort := rapid.SampledFrom(free).Draw(t, "sort")
		if rapid.Bool().Draw(t, "range") {
			parts = append(parts, "range: "+sort)
		}
		if rapid.Bool().Draw(t, "descending") {
			sort = "-" + sort
		}
		parts = append(parts, "sort: "+sort)
		page = rapid.SampledFrom([]string{"keyset, limit: 20", "offset, limit: 20", "all, limit: 100"}).Draw(t, "page")
	}
	return strings.Join(append(parts, "page: "+page), ", ")
}
