package repogen

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"text/template"

	"entgo.io/ent/entc/gen"

	"github.com/plinth-go/plinth/annotation"
)

//go:embed template
var templateFiles embed.FS

// Templates are what the repositories need in the generated client: the driver, and reading a row straight into an
// entity.
func Templates() []*gen.Template {
	return []*gen.Template{gen.MustParse(gen.NewTemplate("plinth_rows").Funcs(template.FuncMap{
		"plinthRows":       hasRows,
		"plinthRowColumns": rowColumns,
		"plinthRowImports": rowImports,
		"plinthChild":      isChild,
	}).ParseFS(templateFiles, "template/rows.tmpl"))}
}

// hasRows says whether the type has rows that a repository may read: one id, or a view.
func hasRows(t *gen.Type) bool { return t.HasOneFieldID() || t.IsView() }

// isChild says whether the edge leads to a part of the aggregate whose root the type is.
func isChild(t *gen.Type, e *gen.Edge) bool {
	f, err := annotation.Of(t.Annotations)
	return err == nil && f.Aggregate != nil && e.O2M() && slices.Contains(f.Aggregate.Children, e.Name)
}

// column is a column of an entity's row and how it is read.
type column struct {
	Field       *gen.Field
	Name        string // in the database
	StructField string
	Direct      bool   // scanned into the struct's field itself
	Int         bool   // an edge's key without a declared field, of an integer type
	New         string // otherwise, the variable it is scanned into
}

// rowColumns are the columns of a row in the order in which they are selected: the id, the fields, and the keys of
// edges that have no field.
func rowColumns(t *gen.Type) []column {
	var cols []column
	add := func(f *gen.Field, name, structField string) {
		c := column{Field: f, Name: name, StructField: structField, Direct: direct(f)}
		if !c.Direct {
			c.New = f.NewScanType()
			if f.HasValueScanner() {
				if fn, err := f.ScanValueFunc(); err == nil {
					c.New = fn + "()"
				}
			}
		}
		cols = append(cols, c)
	}
	if t.HasOneFieldID() {
		add(t.ID, t.ID.StorageKey(), "ID")
	}
	for _, f := range t.Fields {
		add(f, f.StorageKey(), f.StructField())
	}
	for _, fk := range t.UnexportedForeignKeys() {
		f := fk.Field
		c := column{Field: f, Name: fk.Edge.Rel.Column(), StructField: fk.StructField(), New: f.NewScanType()}
		if !f.UserDefined || !f.IsString() && !f.IsBytes() && !f.HasGoType() {
			c.Int, c.New = true, "new(sql.NullInt64)"
		}
		cols = append(cols, c)
	}
	return cols
}

// direct says whether database/sql reads the column into the struct's field as it is.
func direct(f *gen.Field) bool {
	switch {
	case f.HasValueScanner(), f.IsJSON(), f.IsOther(), f.Type.RType.IsPtr(), f.IsBytes() && f.HasGoType():
		return false
	case f.HasGoType() && !f.Type.ValueScanner() && !f.ConvertedToBasic():
		return false
	case f.IsTime() && f.HasGoType() && !f.Type.ValueScanner():
		return false
	}
	return !f.Optional || f.Nillable
}

// rowImports are the packages of custom types that plinth_rows.go names.
func rowImports(g *gen.Graph) []string {
	seen := map[string]string{}
	for _, t := range g.Nodes {
		for _, c := range rowColumns(t) {
			ty := c.Field.Type
			if c.Direct || ty.PkgPath == "" || ty.PkgPath == "encoding/json" {
				continue
			}
			seen[ty.PkgPath] = ty.PkgName
		}
	}
	lines := make([]string, 0, len(seen))
	for p, name := range seen {
		if name == "" || name == path.Base(p) {
			lines = append(lines, fmt.Sprintf("%q", p))
		} else {
			lines = append(lines, fmt.Sprintf("%s %q", name, p))
		}
	}
	slices.SortFunc(lines, strings.Compare)
	return lines
}
