package extension

import (
	"embed"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"text/template"

	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/entc/gen"

	"github.com/plinth-go/plinth/annotation"
)

//go:embed template/*.tmpl
var templateFiles embed.FS

// clientTemplates are what the extension adds to a generated client, so that the mixins reach every statement of it.
func clientTemplates() []*gen.Template {
	return []*gen.Template{gen.MustParse(gen.NewTemplate("plinth").Funcs(template.FuncMap{
		"plinthRole":          func(v any, role string) *gen.Field { return fieldWith(typeOf(v), role) },
		"plinthScope":         func(v any) string { return scope(typeOf(v)) },
		"plinthGuardsUpsert":  guardsUpsert,
		"plinthReachesTenant": func(v any) bool { return reachesTenant(typeOf(v)) },
		"plinthTenantEdges":   tenantEdges,
		"plinthSoftDeletes":   softDeletes,
		"plinthCascades":      cascades,
	}).ParseFS(templateFiles, "template/*.tmpl"))}
}

// typeOf is the type a template is at: Ent hands it over as it is, or within a scope.
func typeOf(v any) *gen.Type {
	if t, ok := v.(*gen.Type); ok {
		return t
	}
	return reflect.Indirect(reflect.ValueOf(v)).FieldByName("Type").Interface().(*gen.Type)
}

// guardsUpsert says whether an upsert of the type needs a condition or a raised version.
func guardsUpsert(v any) bool {
	t := typeOf(v)
	return scope(t) != "" || fieldWith(t, string(annotation.Version)) != nil
}

// fieldWith finds the field that has a role, by the annotation on it; nil where there is none.
func fieldWith(t *gen.Type, role string) *gen.Field {
	for _, f := range t.Fields {
		raw, ok := f.Annotations[annotation.RoleName]
		if !ok {
			continue
		}
		var r annotation.Role
		if data, err := json.Marshal(raw); err == nil && json.Unmarshal(data, &r) == nil && string(r.Is) == role {
			return f
		}
	}
	return nil
}

// scope is the Go expression of the type's mixin.Scope, empty where nothing restricts which rows are seen.
func scope(t *gen.Type) string {
	var parts []string
	if f := fieldWith(t, string(annotation.SoftDelete)); f != nil {
		parts = append(parts, fmt.Sprintf("Deleted: %q", f.StorageKey()))
	}
	if f := fieldWith(t, string(annotation.Tenant)); f != nil {
		parts = append(parts, fmt.Sprintf("Tenant: %q", f.StorageKey()))
	}
	if len(parts) == 0 {
		return ""
	}
	return "plinthmixin.Scope{" + strings.Join(parts, ", ") + "}"
}

// reachesTenant says whether a predicate on the type can reach, over edges, a type whose rows belong to tenants.
func reachesTenant(t *gen.Type) bool {
	seen := make(map[*gen.Type]bool)
	var walk func(*gen.Type) bool
	walk = func(t *gen.Type) bool {
		if seen[t] {
			return false
		}
		seen[t] = true
		return fieldWith(t, string(annotation.Tenant)) != nil ||
			slices.ContainsFunc(t.Edges, func(e *gen.Edge) bool { return walk(e.Type) })
	}
	return slices.ContainsFunc(t.Edges, func(e *gen.Edge) bool { return walk(e.Type) })
}

// tenantEdges are the edges to types whose rows belong to tenants: by the type's own foreign keys ("Parents"), or by
// those of the other side and by join tables ("Children").
func tenantEdges(v any, kind string) []*gen.Edge {
	var es []*gen.Edge
	for _, e := range typeOf(v).EdgesWithID() {
		if fieldWith(e.Type, string(annotation.Tenant)) != nil && e.OwnFK() == (kind == "Parents") {
			es = append(es, e)
		}
	}
	return es
}

// softDeletes are the types whose rows are soft-deleted.
func softDeletes(g *gen.Graph) []*gen.Type {
	var ts []*gen.Type
	for _, t := range g.Nodes {
		if !t.IsView() && fieldWith(t, string(annotation.SoftDelete)) != nil {
			ts = append(ts, t)
		}
	}
	return ts
}

// foreignKey is a column of a table.
type foreignKey struct{ Table, Column string }

// cascades are the foreign keys of soft-deleted types that refer to the type with ON DELETE CASCADE.
func cascades(g *gen.Graph, parent *gen.Type) []foreignKey {
	var fks []foreignKey
	for _, t := range g.Nodes {
		for _, e := range t.Edges {
			if ant := e.EntSQL(); e.IsInverse() || e.M2M() || ant == nil || ant.OnDelete != entsql.Cascade {
				continue
			}
			child, other := t, e.Type
			if e.Rel.Table != t.Table() {
				child, other = e.Type, t
			}
			fk := foreignKey{Table: child.Table(), Column: e.Rel.Column()}
			if other == parent && child.HasOneFieldID() && fieldWith(child, string(annotation.SoftDelete)) != nil && !slices.Contains(fks, fk) {
				fks = append(fks, fk)
			}
		}
	}
	return fks
}
