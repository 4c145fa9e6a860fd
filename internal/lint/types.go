package lint

import (
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
)

// family groups types that store the same kind of value.
type family string

const (
	famInt     family = "int"
	famText    family = "text"
	famUUID    family = "uuid"
	famTime    family = "time"
	famBool    family = "bool"
	famFloat   family = "float"
	famNumeric family = "numeric"
	famMoney   family = "money"
	famJSON    family = "json"
	famBytes   family = "bytes"
	famEnum    family = "enum"
	famOther   family = "other"
)

// typ is a column's type in one spelling, whatever the source called it.
type typ struct {
	fam    family
	name   string // canonical: int2, int4, int8, text, varchar, bpchar, citext, timestamptz, …
	size   int    // of varchar(n) and char(n); 0 where there is none
	prec   int    // of numeric
	scale  int
	array  bool
	serial bool   // written as serial or fed by a sequence through its default
	domain string // the domain's name, where it is one
}

var canonical = map[string]typ{
	"smallint": {fam: famInt, name: "int2"}, "int2": {fam: famInt, name: "int2"}, "tinyint": {fam: famInt, name: "int2"},
	"integer": {fam: famInt, name: "int4"}, "int": {fam: famInt, name: "int4"}, "int4": {fam: famInt, name: "int4"}, "mediumint": {fam: famInt, name: "int4"},
	"bigint": {fam: famInt, name: "int8"}, "int8": {fam: famInt, name: "int8"},
	"smallserial": {fam: famInt, name: "int2", serial: true}, "serial2": {fam: famInt, name: "int2", serial: true},
	"serial": {fam: famInt, name: "int4", serial: true}, "serial4": {fam: famInt, name: "int4", serial: true},
	"bigserial": {fam: famInt, name: "int8", serial: true}, "serial8": {fam: famInt, name: "int8", serial: true},
	"text": {fam: famText, name: "text"}, "clob": {fam: famText, name: "text"}, "citext": {fam: famText, name: "citext"}, "name": {fam: famText, name: "name", size: 63},
	"character varying": {fam: famText, name: "varchar"}, "varchar": {fam: famText, name: "varchar"}, "nvarchar": {fam: famText, name: "varchar"},
	"character": {fam: famText, name: "bpchar"}, "char": {fam: famText, name: "bpchar"}, "bpchar": {fam: famText, name: "bpchar"}, "nchar": {fam: famText, name: "bpchar"},
	"uuid":      {fam: famUUID, name: "uuid"},
	"timestamp": {fam: famTime, name: "timestamp"}, "timestamp without time zone": {fam: famTime, name: "timestamp"}, "datetime": {fam: famTime, name: "timestamp"},
	"timestamptz": {fam: famTime, name: "timestamptz"}, "timestamp with time zone": {fam: famTime, name: "timestamptz"},
	"time": {fam: famTime, name: "time"}, "time without time zone": {fam: famTime, name: "time"},
	"timetz": {fam: famTime, name: "timetz"}, "time with time zone": {fam: famTime, name: "timetz"},
	"date": {fam: famTime, name: "date"}, "boolean": {fam: famBool, name: "bool"}, "bool": {fam: famBool, name: "bool"},
	"real": {fam: famFloat, name: "float4"}, "float4": {fam: famFloat, name: "float4"}, "float": {fam: famFloat, name: "float8"},
	"double precision": {fam: famFloat, name: "float8"}, "double": {fam: famFloat, name: "float8"}, "float8": {fam: famFloat, name: "float8"},
	"numeric": {fam: famNumeric, name: "numeric"}, "decimal": {fam: famNumeric, name: "numeric"}, "money": {fam: famMoney, name: "money"},
	"json": {fam: famJSON, name: "json"}, "jsonb": {fam: famJSON, name: "jsonb"},
	"bytea": {fam: famBytes, name: "bytea"}, "blob": {fam: famBytes, name: "bytea"},
	"oid": {fam: famOther, name: "oid"}, "lo": {fam: famOther, name: "lo"},
}

// named reads a type as SQL writes it, "numeric(10,2)" or "public.year".
func named(s string) typ {
	s = strings.ToLower(strings.TrimSpace(s))
	base, array := strings.TrimSuffix(s, "[]"), strings.HasSuffix(s, "[]")
	base, args, tail := splitArgs(base)
	base = strings.TrimSpace(base + tail)
	if i := strings.LastIndexByte(base, '.'); i >= 0 {
		base = base[i+1:]
	}
	t, ok := canonical[strings.Trim(base, `"`)]
	if !ok {
		t = typ{fam: famOther, name: base}
	}
	if len(args) > 0 {
		switch t.fam {
		case famText:
			t.size = args[0]
		case famNumeric:
			if t.prec = args[0]; len(args) > 1 {
				t.scale = args[1]
			}
		}
	}
	t.array = array
	return t
}

func splitArgs(s string) (base string, args []int, tail string) {
	open := strings.IndexByte(s, '(')
	if open < 0 {
		return s, nil, ""
	}
	shut := strings.IndexByte(s[open:], ')')
	if shut < 0 {
		return s[:open], nil, ""
	}
	for a := range strings.SplitSeq(s[open+1:open+shut], ",") {
		n := 0
		for _, c := range strings.TrimSpace(a) {
			if c < '0' || c > '9' {
				break
			}
			n = n*10 + int(c-'0')
		}
		args = append(args, n)
	}
	return strings.TrimSpace(s[:open]), args, s[open+shut+1:]
}

// typeOf is a column's type, domains resolved.
func (m *model) typeOf(c *schema.Column) typ {
	if c.Type == nil {
		return typ{fam: famOther}
	}
	t := m.convert(c.Type.Type)
	if x, ok := schema.UnderlyingExpr(c.Default).(*schema.RawExpr); ok && t.fam == famInt && strings.Contains(strings.ToLower(x.X), "nextval(") {
		t.serial = true
	}
	return t
}

func (m *model) convert(st schema.Type) typ {
	switch st := st.(type) {
	case *schema.StringType:
		t := named(st.T)
		if t.fam != famText { // SQLite gives whatever was written
			t = typ{fam: famText, name: "text"}
		}
		if st.Size > 0 {
			t.size = st.Size
		}
		return t
	case *schema.IntegerType:
		t := named(st.T)
		if t.fam != famInt {
			t = typ{fam: famInt, name: "int8"}
		}
		return t
	case *schema.DecimalType:
		return typ{fam: famNumeric, name: "numeric", prec: st.Precision, scale: st.Scale}
	case *schema.FloatType:
		t := named(st.T)
		if st.T == postgres.TypeFloat && st.Precision > 0 && st.Precision <= 24 {
			t.name = "float4"
		}
		t.fam = famFloat
		return t
	case *schema.TimeType:
		return named(st.T)
	case *schema.BoolType:
		return typ{fam: famBool, name: "bool"}
	case *schema.UUIDType:
		return typ{fam: famUUID, name: "uuid"}
	case *schema.JSONType:
		return named(st.T)
	case *schema.BinaryType:
		return typ{fam: famBytes, name: "bytea"}
	case *schema.EnumType:
		return typ{fam: famEnum, name: strings.ToLower(st.T)}
	case *postgres.SerialType:
		return named(st.T)
	case *postgres.CurrencyType:
		return typ{fam: famMoney, name: "money"}
	case *postgres.OIDType:
		return named(st.T)
	case *postgres.ArrayType:
		t := named(strings.TrimSuffix(st.T, "[]"))
		t.array = true
		return t
	case *postgres.DomainType:
		t := m.convert(st.Type)
		t.domain = st.T
		return t
	case *postgres.UserDefinedType:
		return m.userType(st.T)
	case *sqlite.UserDefinedType:
		return named(st.T)
	}
	return typ{fam: famOther, name: "?"}
}

func (m *model) userType(name string) typ {
	if d, ok := m.domains[strings.ToLower(name)]; ok {
		t := named(d.Base)
		t.domain = name
		return t
	}
	return named(name)
}

// String is the type as a person writes it.
func (t typ) String() string {
	s := t.name
	switch s {
	case "int2":
		s = "smallint"
	case "int4":
		s = "integer"
	case "int8":
		s = "bigint"
	case "bpchar":
		s = "char"
	case "float4":
		s = "real"
	case "float8":
		s = "double precision"
	case "bool":
		s = "boolean"
	}
	if t.size > 0 && t.name != "name" {
		s += "(" + itoa(t.size) + ")"
	}
	if t.prec > 0 {
		s += "(" + itoa(t.prec)
		if t.scale > 0 {
			s += "," + itoa(t.scale)
		}
		s += ")"
	}
	if t.array {
		s += "[]"
	}
	return s
}
