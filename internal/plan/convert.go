package plan

import (
	"fmt"
	"reflect"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
)

// cost is what a change of type does to the table.
type cost int

const (
	free    cost = iota // the catalogue alone changes
	scan                // rows are checked or indexes rebuilt
	rewrite             // every row is written anew, under a lock that blocks everything
)

// typeChanged compares the types that Atlas does not: user-defined ones, and arrays it has no element for.
func typeChanged(from, to schema.Type) (bool, error) {
	switch f := from.(type) {
	case *postgres.UserDefinedType:
		t, ok := to.(*postgres.UserDefinedType)
		return !ok || !strings.EqualFold(userType(f.T), userType(t.T)), nil
	case *postgres.ArrayType:
		t, ok := to.(*postgres.ArrayType)
		if !ok {
			return true, nil
		}
		if f.Type == nil || t.Type == nil {
			return !strings.EqualFold(f.T, t.T), nil
		}
		return typeChanged(f.Type, t.Type)
	case *schema.EnumType:
		t, ok := to.(*schema.EnumType)
		return !ok || enumName(f) != enumName(t), nil
	}
	return false, nil
}

func userType(t string) string { return strings.TrimPrefix(strings.ReplaceAll(t, `"`, ""), "public.") }

// conversion says what changing a column's type costs, and whether it becomes another base type. The cases that are
// free were measured on PostgreSQL 11 to 18.
func conversion(from, to *schema.Column) (c cost, base bool) {
	if collation(from) != collation(to) {
		return scan, baseName(from.Type.Type) != baseName(to.Type.Type)
	}
	f, t := from.Type.Type, to.Type.Type
	base = baseName(f) != baseName(t)
	switch f := f.(type) {
	case *schema.StringType:
		t, ok := t.(*schema.StringType)
		if !ok || !varying(f) {
			return rewrite, base
		}
		switch {
		case isText(t), isVarchar(t) && t.Size == 0:
			return free, base
		case isVarchar(t) && isVarchar(f) && f.Size > 0 && t.Size >= f.Size:
			return free, base
		}
		return rewrite, base
	case *schema.DecimalType:
		if t, ok := t.(*schema.DecimalType); ok {
			unbound := t.Precision == 0 && t.Scale == 0
			if unbound || f.Precision > 0 && t.Scale == f.Scale && t.Precision >= f.Precision {
				return free, base
			}
		}
		return rewrite, base
	case *schema.TimeType:
		if t, ok := t.(*schema.TimeType); ok && !base {
			if t.Precision == nil || f.Precision != nil && *t.Precision >= *f.Precision || *t.Precision == 6 {
				return free, base
			}
		}
		return rewrite, base
	case *postgres.SerialType:
		if _, ok := t.(*postgres.SerialType); !ok && baseName(f) == baseName(t) {
			return free, false
		}
		if _, ok := t.(*postgres.SerialType); ok {
			return rewrite, false
		}
	case *schema.IntegerType:
		if _, ok := t.(*postgres.SerialType); ok && !base {
			return free, false
		}
	}
	if !base && reflect.TypeOf(f) == reflect.TypeOf(t) {
		if n1, err := typeName(f); err == nil {
			if n2, err := typeName(t); err == nil && n1 == n2 {
				return free, base
			}
		}
	}
	return rewrite, base
}

func isText(t *schema.StringType) bool { return strings.EqualFold(t.T, "text") }
func isVarchar(t *schema.StringType) bool {
	return strings.EqualFold(t.T, "varchar") || strings.EqualFold(t.T, "character varying")
}
func varying(t *schema.StringType) bool { return isText(t) || isVarchar(t) }

// baseName is a type without its length.
func baseName(t schema.Type) string {
	n, err := typeName(t)
	if err != nil {
		return fmt.Sprintf("%T", t)
	}
	if i := strings.IndexByte(n, '('); i >= 0 {
		_, rest, _ := strings.Cut(n[i:], ")")
		n = n[:i] + rest
	}
	return strings.TrimSpace(n)
}

// using is the expression that converts a column's values: through text, unless the server converts by itself.
func (d *differ) using(t *schema.Table, from, to *schema.Column) (string, error) {
	for _, k := range []string{t.Name + "." + to.Name, tableKey(t) + "." + to.Name} {
		if x, ok := d.opts.Using[k]; ok {
			return x, nil
		}
	}
	return usingText(from, to)
}

func usingText(from, to *schema.Column) (string, error) {
	name, err := typeName(to.Type.Type)
	if err != nil {
		return "", err
	}
	col := ident(to.Name)
	f, t := family(from.Type.Type), family(to.Type.Type)
	switch {
	case f == t && f != "" && f != "array" && f != "range":
		return col + "::" + name, nil
	case t == "string":
		return col + "::" + name, nil
	case f == "integer" && t == "decimal", f == "integer" && t == "float", f == "decimal" && t == "float", f == "float" && t == "decimal",
		f == "decimal" && t == "integer", f == "float" && t == "integer":
		return col + "::" + name, nil
	case f == "bool" && t == "integer":
		return col + "::integer::" + name, nil
	case f == "integer" && t == "bool":
		return col + " <> 0", nil
	case t == "json" && f == "string":
		return col + "::" + name, nil
	case t == "json":
		return "to_jsonb(" + col + ")::" + name, nil
	case f == "string" && t == "binary":
		return "convert_to(" + col + "::text, 'UTF8')", nil
	case t == "array" && f != "array" && f != "string":
		return "ARRAY[" + col + "]::text[]::" + name, nil
	case t == "array" && f == "string":
		return "ARRAY[" + col + "]::" + name, nil
	}
	return col + "::text::" + name, nil
}

// family groups the types that convert into each other with a plain cast.
func family(t schema.Type) string {
	switch t := t.(type) {
	case *schema.StringType:
		return "string"
	case *schema.IntegerType, *postgres.SerialType:
		return "integer"
	case *schema.DecimalType:
		return "decimal"
	case *schema.FloatType:
		return "float"
	case *schema.BoolType:
		return "bool"
	case *schema.JSONType:
		return "json"
	case *schema.BinaryType:
		return "binary"
	case *schema.TimeType:
		if strings.HasPrefix(strings.ToLower(t.T), "timestamp") || strings.EqualFold(t.T, "date") {
			return "timestamp"
		}
		return "time"
	case *postgres.ArrayType:
		return "array"
	case *postgres.RangeType:
		return "range"
	}
	return ""
}
