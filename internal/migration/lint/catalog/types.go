package catalog

import (
	"fmt"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// TypeRef is the type of a column. Name is the server's own ("int4", "timestamptz"); empty where it is not known.
type TypeRef struct {
	Schema, Name string
	Mods         []int
	Array        bool
	// Serial says that it was written as serial: an integer with a sequence as its default.
	Serial bool
}

// aliases maps the words people write to the server's names. Words the grammar knows arrive translated.
var aliases = map[string]string{
	"bigint": "int8", "int": "int4", "integer": "int4", "smallint": "int2", "boolean": "bool", "real": "float4",
	"decimal": "numeric", "character": "bpchar", "char": "bpchar", "string": "text",
}

var serials = map[string]string{
	"serial": "int4", "serial4": "int4", "bigserial": "int8", "serial8": "int8", "smallserial": "int2", "serial2": "int2",
}

// TypeOf reads a type's name.
func TypeOf(n *pg.TypeName) TypeRef {
	if n == nil {
		return TypeRef{}
	}
	var t TypeRef
	t.Schema, t.Name = Split(Strings(n.GetNames()))
	if t.Schema == "pg_catalog" {
		t.Schema = ""
	} else if a, ok := aliases[t.Name]; ok && t.Schema == "" && t.Name != "char" {
		t.Name = a
	}
	t.Array = len(n.GetArrayBounds()) > 0
	if base, ok := serials[t.Name]; ok && t.Schema == "" && !t.Array {
		t.Name, t.Serial = base, true
	}
	for _, m := range n.GetTypmods() {
		if c := m.GetAConst(); c != nil {
			t.Mods = append(t.Mods, int(c.GetIval().GetIval()))
		}
	}
	if t.Name == "interval" && len(t.Mods) > 0 {
		const anyFields = 0x7fff
		if t.Mods[0] == anyFields {
			t.Mods = t.Mods[1:]
		}
	}
	return t
}

// String is the type as people write it.
func (t TypeRef) String() string {
	words := map[string]string{"int8": "bigint", "int4": "integer", "int2": "smallint", "bool": "boolean",
		"bpchar": "char", "float8": "double precision", "float4": "real"}
	name := t.Name
	if w, ok := words[name]; ok && t.Schema == "" {
		name = w
	} else if t.Schema != "" {
		name = display(t.Schema, t.Name)
	}
	if len(t.Mods) > 0 {
		name += "(" + strings.Trim(strings.ReplaceAll(fmt.Sprint(t.Mods), " ", ", "), "[]") + ")"
	}
	if t.Array {
		name += "[]"
	}
	return name
}

func (t TypeRef) equal(o TypeRef) bool {
	if t.Name != o.Name || t.Array != o.Array || len(t.Mods) != len(o.Mods) || t.Schema != o.Schema {
		return false
	}
	for i := range t.Mods {
		if t.Mods[i] != o.Mods[i] {
			return false
		}
	}
	return true
}

// binary are the casts that leave the bytes as they are, as pg_cast has them (castmethod b), for types of the same
// length modifier.
var binary = map[[2]string]bool{
	{"cidr", "inet"}: true, {"varbit", "bit"}: true, {"bit", "varbit"}: true,
	{"xml", "text"}: true, {"xml", "varchar"}: true, {"xml", "bpchar"}: true,
	{"citext", "text"}: true, {"citext", "varchar"}: true, {"text", "citext"}: true, {"varchar", "citext"}: true,
	{"int4", "oid"}: true, {"oid", "int4"}: true, {"oid", "regclass"}: true, {"regclass", "oid"}: true,
	{"oid", "regproc"}: true, {"oid", "regtype"}: true, {"regtype", "oid"}: true, {"regproc", "oid"}: true,
	{"int4", "regclass"}: true, {"regclass", "int4"}: true,
	{"text", "varchar"}: true, {"varchar", "text"}: true, {"text", "bpchar"}: true, {"varchar", "bpchar"}: true,
}

// Rewrite is what a change of type costs.
type Rewrite int

// The answers of Rewrites.
const (
	NoRewrite Rewrite = iota
	Rewritten         // the whole table and its indexes
	UTCOnly           // only where the session's time zone is not UTC
)

// Rewrites says whether changing a column from one type to another makes the server write the table anew. It holds for
// PostgreSQL 11 and later; version matters for timestamps (12).
func (c *Catalog) Rewrites(from, to TypeRef, version int) Rewrite {
	domain := c.Domain(from) != nil && c.Domain(to) == nil
	from, _ = c.base(from)
	to, constrained := c.base(to)
	bare := len(to.Mods) == 0
	switch {
	case constrained || from.Name == "" || to.Name == "":
		return Rewritten
	case domain && !bare: // a domain's values carry no length, so each is measured
		return Rewritten
	case from.equal(to):
		return NoRewrite
	case from.Array != to.Array:
		return Rewritten
	case from.Array: // dropping the length leaves the elements as they are; any other change is made element by element
		return when(from.Name == to.Name && from.Schema == to.Schema && bare)
	case from.Name == to.Name && from.Schema == to.Schema:
		return sameType(from, to)
	case from.Name == "timestamp" && to.Name == "timestamptz" || from.Name == "timestamptz" && to.Name == "timestamp":
		if version < 12 || !bare {
			return Rewritten
		}
		return UTCOnly
	case !binary[[2]string{from.Name, to.Name}]:
		return Rewritten
	}
	return when(bare)
}

// when is NoRewrite where the condition holds.
func when(same bool) Rewrite {
	if same {
		return NoRewrite
	}
	return Rewritten
}

// sameType is Rewrites where only the modifier changes.
func sameType(from, to TypeRef) Rewrite {
	if len(to.Mods) == 0 && from.Name != "bpchar" && from.Name != "bit" {
		return NoRewrite
	}
	switch from.Name {
	case "varchar", "varbit":
		if len(from.Mods) == 1 && len(to.Mods) == 1 && from.Mods[0] <= to.Mods[0] {
			return NoRewrite
		}
	case "numeric":
		if len(from.Mods) > 0 && len(to.Mods) > 0 && to.Mods[0] >= from.Mods[0] && scale(to) == scale(from) {
			return NoRewrite
		}
	case "timestamp", "timestamptz", "time", "timetz":
		if precise(to) >= precise(from) {
			return NoRewrite
		}
	case "interval":
		if len(from.Mods) <= 1 && len(to.Mods) == 1 && to.Mods[0] >= precise(from) {
			return NoRewrite
		}
	}
	return Rewritten
}

func scale(t TypeRef) int {
	if len(t.Mods) > 1 {
		return t.Mods[1]
	}
	return 0
}

// precise is the number of fractional digits of a time type; 6 where none is given.
func precise(t TypeRef) int {
	if len(t.Mods) > 0 {
		return min(t.Mods[0], 6)
	}
	return 6
}

// base follows domains to the type under them; it says whether one of them has a constraint.
func (c *Catalog) base(t TypeRef) (TypeRef, bool) {
	constrained := false
	for range 32 {
		d := c.Type(t.Schema, t.Name)
		if d == nil || d.Kind != 'd' || t.Array {
			break
		}
		constrained = constrained || d.Constrained || d.NotNull
		t = d.Base
	}
	return t, constrained
}

// Domain gives the domain a type is; nil for any other type.
func (c *Catalog) Domain(t TypeRef) *Type {
	if d := c.Type(t.Schema, t.Name); d != nil && d.Kind == 'd' && !t.Array {
		return d
	}
	return nil
}

// ConstrainedDomain says whether a type is a domain with a constraint of its own or below it.
func (c *Catalog) ConstrainedDomain(t TypeRef) bool {
	_, constrained := c.base(t)
	return constrained
}

// Same says whether two types are one and the same, modifiers included.
func (t TypeRef) Same(o TypeRef) bool { return t.equal(o) }
