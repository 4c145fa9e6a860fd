package schemagraph

import (
	"fmt"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
)

func ptr[T any](v T) *T { return &v }

// num keeps a number out of the JSON when it is zero.
func num(n int) *int64 {
	if n == 0 {
		return nil
	}
	return ptr(int64(n))
}

func opt(n *int) *int64 {
	if n == nil {
		return nil
	}
	return ptr(int64(*n))
}

// encodeType gives the wire form of a type used in schema in. An enum, domain or composite is written whole where it
// is defined, and by its name where it is used.
func encodeType(t schema.Type, in *schema.Schema, define bool) (*wireType, error) {
	switch t := t.(type) {
	case *schema.StringType:
		return &wireType{Kind: "string", Type: t.T, Size: num(t.Size)}, nil
	case *schema.IntegerType:
		return &wireType{Kind: "integer", Type: t.T, Unsigned: t.Unsigned}, nil
	case *schema.BoolType:
		return &wireType{Kind: "bool", Type: t.T}, nil
	case *schema.TimeType:
		return &wireType{Kind: "time", Type: t.T, Precision: opt(t.Precision), Scale: opt(t.Scale)}, nil
	case *schema.UUIDType:
		return &wireType{Kind: "uuid", Type: t.T}, nil
	case *schema.JSONType:
		return &wireType{Kind: "json", Type: t.T}, nil
	case *schema.DecimalType:
		return &wireType{Kind: "decimal", Type: t.T, Precision: num(t.Precision), Scale: num(t.Scale), Unsigned: t.Unsigned}, nil
	case *schema.FloatType:
		return &wireType{Kind: "float", Type: t.T, Precision: num(t.Precision), Unsigned: t.Unsigned}, nil
	case *schema.BinaryType:
		return &wireType{Kind: "binary", Type: t.T, Size: opt(t.Size)}, nil
	case *schema.SpatialType:
		return &wireType{Kind: "spatial", Type: t.T}, nil
	case *schema.UnsupportedType:
		return &wireType{Kind: "unsupported", Type: t.T}, nil
	case *schema.EnumType:
		w := &wireType{Kind: "enum", Type: t.T, Schema: elsewhere(t.Schema, in)}
		if define || !defined(in, t) {
			w.Values = t.Values
		}
		if define {
			w.About = comment(t.Attrs)
		}
		return w, nil
	case *postgres.UserDefinedType:
		return &wireType{Kind: "user", Type: t.T, Class: t.C}, nil
	case *sqlite.UserDefinedType:
		return &wireType{Kind: "user", Type: t.T}, nil
	case *postgres.ArrayType:
		w := &wireType{Kind: "array", Type: t.T}
		if t.Type == nil {
			return w, nil
		}
		var err error
		w.Elem, err = encodeType(t.Type, in, false)
		return w, err
	case *postgres.BitType:
		return &wireType{Kind: "bit", Type: t.T, Size: num(int(t.Len))}, nil
	case *postgres.NetworkType:
		return &wireType{Kind: "network", Type: t.T, Size: num(int(t.Len))}, nil
	case *postgres.IntervalType:
		return &wireType{Kind: "interval", Type: t.T, Field: t.F, Precision: opt(t.Precision)}, nil
	case *postgres.SerialType:
		return &wireType{Kind: "serial", Type: t.T, Precision: num(t.Precision), Sequence: t.SequenceName}, nil
	case *postgres.CurrencyType:
		return &wireType{Kind: "currency", Type: t.T}, nil
	case *postgres.RangeType:
		return &wireType{Kind: "range", Type: t.T}, nil
	case *postgres.TextSearchType:
		return &wireType{Kind: "textsearch", Type: t.T}, nil
	case *postgres.OIDType:
		return &wireType{Kind: "oid", Type: t.T}, nil
	case *postgres.XMLType:
		return &wireType{Kind: "xml", Type: t.T}, nil
	case *postgres.PseudoType:
		return &wireType{Kind: "pseudo", Type: t.T}, nil
	case *postgres.DomainType:
		return encodeDomain(t, in, define)
	case *postgres.CompositeType:
		return encodeComposite(t, in, define)
	}
	return nil, fmt.Errorf("type %T has no form in a snapshot", t)
}

func encodeDomain(t *postgres.DomainType, in *schema.Schema, define bool) (*wireType, error) {
	w := &wireType{Kind: "domain", Type: t.T, Schema: elsewhere(t.Schema, in)}
	if !define {
		return w, nil
	}
	w.TypeNull, w.About = t.Null, comment(t.Attrs)
	for _, c := range t.Checks {
		w.TypeCheck = append(w.TypeCheck, encodeCheck(c))
	}
	var err error
	if w.TypeExpr, err = encodeExpr(t.Default); err != nil {
		return nil, err
	}
	if t.Type != nil {
		w.Elem, err = encodeType(t.Type, in, false)
	}
	return w, err
}

func encodeComposite(t *postgres.CompositeType, in *schema.Schema, define bool) (*wireType, error) {
	w := &wireType{Kind: "composite", Type: t.T, Schema: elsewhere(t.Schema, in)}
	if !define {
		return w, nil
	}
	w.About = comment(t.Attrs)
	for _, f := range t.Fields {
		wf, err := encodeColumn(f, in)
		if err != nil {
			return nil, err
		}
		w.Fields = append(w.Fields, wf)
	}
	return w, nil
}

// elsewhere is the name of the type's schema where it differs from the schema it is used in. "-" stands for none.
func elsewhere(s, in *schema.Schema) string {
	switch {
	case s == nil:
		return "-"
	case in != nil && s.Name == in.Name:
		return ""
	}
	return s.Name
}

func defined(in *schema.Schema, e *schema.EnumType) bool {
	s := e.Schema
	if s == nil {
		return false
	}
	_, ok := s.Object(func(o schema.Object) bool {
		d, ok := o.(*schema.EnumType)
		return ok && d.T == e.T
	})
	return ok && (s == in || s.Realm != nil && in != nil && s.Realm == in.Realm)
}

func comment(attrs []schema.Attr) *string {
	for _, a := range attrs {
		if c, ok := a.(*schema.Comment); ok {
			return &c.Text
		}
	}
	return nil
}

func intOf(n *int64) int {
	if n == nil {
		return 0
	}
	return int(*n)
}

func intPtr(n *int64) *int {
	if n == nil {
		return nil
	}
	return ptr(int(*n))
}

// plainTypes build the types that are a kind and a few numbers.
var plainTypes = map[string]func(*wireType) schema.Type{
	"string":  func(w *wireType) schema.Type { return &schema.StringType{T: w.Type, Size: intOf(w.Size)} },
	"integer": func(w *wireType) schema.Type { return &schema.IntegerType{T: w.Type, Unsigned: w.Unsigned} },
	"bool":    func(w *wireType) schema.Type { return &schema.BoolType{T: w.Type} },
	"time": func(w *wireType) schema.Type {
		return &schema.TimeType{T: w.Type, Precision: intPtr(w.Precision), Scale: intPtr(w.Scale)}
	},
	"uuid": func(w *wireType) schema.Type { return &schema.UUIDType{T: w.Type} },
	"json": func(w *wireType) schema.Type { return &schema.JSONType{T: w.Type} },
	"decimal": func(w *wireType) schema.Type {
		return &schema.DecimalType{T: w.Type, Precision: intOf(w.Precision), Scale: intOf(w.Scale), Unsigned: w.Unsigned}
	},
	"float": func(w *wireType) schema.Type {
		return &schema.FloatType{T: w.Type, Precision: intOf(w.Precision), Unsigned: w.Unsigned}
	},
	"binary":      func(w *wireType) schema.Type { return &schema.BinaryType{T: w.Type, Size: intPtr(w.Size)} },
	"spatial":     func(w *wireType) schema.Type { return &schema.SpatialType{T: w.Type} },
	"unsupported": func(w *wireType) schema.Type { return &schema.UnsupportedType{T: w.Type} },
	"bit":         func(w *wireType) schema.Type { return &postgres.BitType{T: w.Type, Len: int64(intOf(w.Size))} },
	"network":     func(w *wireType) schema.Type { return &postgres.NetworkType{T: w.Type, Len: int64(intOf(w.Size))} },
	"interval": func(w *wireType) schema.Type {
		return &postgres.IntervalType{T: w.Type, F: w.Field, Precision: intPtr(w.Precision)}
	},
	"serial": func(w *wireType) schema.Type {
		return &postgres.SerialType{T: w.Type, Precision: intOf(w.Precision), SequenceName: w.Sequence}
	},
	"currency":   func(w *wireType) schema.Type { return &postgres.CurrencyType{T: w.Type} },
	"range":      func(w *wireType) schema.Type { return &postgres.RangeType{T: w.Type} },
	"textsearch": func(w *wireType) schema.Type { return &postgres.TextSearchType{T: w.Type} },
	"oid":        func(w *wireType) schema.Type { return &postgres.OIDType{T: w.Type} },
	"xml":        func(w *wireType) schema.Type { return &postgres.XMLType{T: w.Type} },
	"pseudo":     func(w *wireType) schema.Type { return &postgres.PseudoType{T: w.Type} },
}
