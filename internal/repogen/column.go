package repogen

import (
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"entgo.io/ent/entc/gen"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/store"
)

// arrayType is the element type of a PostgreSQL array of the field's values; empty where there is none.
func (e *entity) arrayType(f *gen.Field) string {
	if t, ok := e.design.graph.Table(e.Type.Table()); ok {
		if c, ok := t.Column(f.StorageKey()); ok && c.Type != nil {
			if e.design.graph.Dialect == string(store.Postgres) {
				return elementType(c.Type.Type)
			}
		}
	}
	switch {
	case f.IsUUID():
		return "uuid"
	case f.IsString(), f.IsEnum():
		return "text"
	case f.IsBool():
		return "boolean"
	case f.IsTime():
		return "timestamptz"
	case f.IsJSON():
		return "jsonb"
	case f.IsBytes():
		return "bytea"
	case f.Type.Type.Float():
		return "double precision"
	case f.Type.Type.Integer():
		return "bigint"
	}
	return ""
}

// elementType is the type to cast an array's elements to. Lengths are left out: a cast would cut what the column
// refuses.
func elementType(t schema.Type) string {
	switch t := t.(type) {
	case *schema.EnumType:
		return quote(t.T)
	case *schema.StringType:
		return "text"
	case *schema.IntegerType:
		return t.T
	case *postgres.SerialType:
		return "bigint"
	case *schema.DecimalType:
		return "numeric"
	case *schema.FloatType:
		return t.T
	case *schema.BoolType:
		return "boolean"
	case *schema.TimeType:
		return t.T
	case *schema.UUIDType:
		return "uuid"
	case *schema.JSONType:
		return t.T
	case *schema.BinaryType:
		return "bytea"
	}
	return ""
}

// constraint is an entry of the table that explains the database's refusals.
type constraint struct {
	Key, Kind, Entity string
	Fields            []string
}

// constraints lists every constraint of the design by the names under which the databases report them.
func (d *design) constraints() []constraint {
	var out []constraint
	for _, t := range d.graph.Tables() {
		entity, fields := t.Name, func(cols []string) []string { return cols }
		if e, ok := d.graph.EntityOf(t.Name); ok {
			entity = e.Name
			fields = func(cols []string) []string {
				names := make([]string, len(cols))
				for i, c := range cols {
					names[i] = c
					if f, ok := e.FieldOf(c); ok {
						names[i] = f.Name
					}
				}
				return names
			}
		}
		add := func(key, kind string, cols []string) {
			if key != "" {
				out = append(out, constraint{Key: key, Kind: kind, Entity: entity, Fields: fields(cols)})
			}
		}
		unique := func(x *schema.Index) {
			cols := indexColumns(x)
			add(x.Name, "Unique", cols)
			qualified := make([]string, len(cols))
			for i, c := range cols {
				qualified[i] = t.Name + "." + c
			}
			add(strings.Join(qualified, ", "), "Unique", cols)
		}
		if t.PrimaryKey != nil {
			if t.PrimaryKey.Name == "" {
				add(t.Name+"_pkey", "Unique", indexColumns(t.PrimaryKey))
			}
			unique(t.PrimaryKey)
		}
		for _, x := range t.Indexes {
			if x.Unique {
				unique(x)
			}
		}
		for _, fk := range t.ForeignKeys {
			cols := make([]string, len(fk.Columns))
			for i, c := range fk.Columns {
				cols[i] = c.Name
			}
			add(fk.Symbol, "ForeignKey", cols)
		}
		for _, a := range t.Attrs {
			if c, ok := a.(*schema.Check); ok {
				var cols []string
				for _, col := range t.Columns {
					if mentions(c.Expr, col.Name) {
						cols = append(cols, col.Name)
					}
				}
				add(c.Name, "Check", cols)
			}
		}
		for _, c := range t.Columns {
			if c.Type != nil && !c.Type.Null {
				add(t.Name+"."+c.Name, "NotNull", []string{c.Name})
			}
		}
	}
	seen := map[string]bool{}
	kept := out[:0]
	for _, c := range out {
		// A column with a unique index of its own is reported as "table.column" for both; the kind comes with the report.
		if !seen[c.Key] {
			seen[c.Key] = true
			kept = append(kept, c)
		}
	}
	return kept
}

// mentions says whether an expression names a column.
func mentions(expr, column string) bool {
	for rest := expr; ; {
		i := strings.Index(rest, column)
		if i < 0 {
			return false
		}
		before, after := byte(' '), byte(' ')
		if i > 0 {
			before = rest[i-1]
		}
		if j := i + len(column); j < len(rest) {
			after = rest[j]
		}
		if !word(before) && !word(after) {
			return true
		}
		rest = rest[i+1:]
	}
}

func word(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// indexColumns are the columns of an index; nil where a part is an expression.
func indexColumns(x *schema.Index) []string {
	var cols []string
	for _, p := range x.Parts {
		if p.C == nil {
			return nil
		}
		cols = append(cols, p.C.Name)
	}
	return cols
}

// indexPredicate is the condition of a partial index.
func indexPredicate(x *schema.Index) string {
	for _, a := range x.Attrs {
		switch p := a.(type) {
		case *postgres.IndexPredicate:
			return p.P
		case *sqlite.IndexPredicate:
			return p.P
		}
	}
	return ""
}

// uniques finds the unique keys that a row can be read by: all rows have them, or all live ones.
func (e *entity) uniques() {
	t, ok := e.design.graph.Table(e.Type.Table())
	if !ok {
		return
	}
	live := ""
	if e.Deleted != nil {
		live = strings.ReplaceAll(e.Deleted.Column, `"`, "") + " IS NULL"
	}
	seen := map[string]bool{}
	for _, x := range t.Indexes {
		p := strings.NewReplacer(`"`, "", "(", "", ")", "").Replace(indexPredicate(x))
		if !x.Unique || p != "" && !strings.EqualFold(strings.TrimSpace(p), live) {
			continue
		}
		var u uniqueModel
		var names []string
		usable := true
		for _, c := range indexColumns(x) {
			gf, ok := e.Graph.FieldOf(c)
			if !ok {
				usable = false
				break
			}
			f := e.fieldNamed(gf.Name)
			if f == nil || f.Optional && !f.Nillable || f.HasValueScanner() || f.IsJSON() || f.IsBytes() {
				usable = false
				break
			}
			if f == e.Tenant && f.Role == annotation.Tenant {
				continue
			}
			u.Fields = append(u.Fields, f)
			names = append(names, f.Struct)
		}
		u.Name = "GetBy" + strings.Join(names, "And")
		if !usable || len(u.Fields) == 0 || len(u.Fields) == 1 && u.Fields[0].IsID || seen[u.Name] {
			continue
		}
		seen[u.Name] = true
		u.Index, u.Partial = x.Name, p != ""
		words := make([]string, len(u.Fields))
		for i, f := range u.Fields {
			words[i] = f.Name
		}
		u.What = strings.Join(words, " and ")
		e.Uniques = append(e.Uniques, &u)
	}
}

// fieldNamed finds a field by its Ent name, the id included.
func (e *entity) fieldNamed(name string) *fieldModel {
	if e.ID.Name == name {
		return e.ID
	}
	for _, f := range e.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}
