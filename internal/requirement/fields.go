package requirement

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/plinth-go/plinth/annotation"
)

// aliases are other names of the kinds.
var aliases = map[string]Kind{
	"string": String, "varchar": String, "char": String, "text": Text, "bool": Bool, "boolean": Bool,
	"int": Int64, "integer": Int64, "bigint": Int64, "int64": Int64, "int32": Int32, "smallint": Int32, "int4": Int32, "int8": Int64,
	"float": Float, "double": Float, "float64": Float, "decimal": Decimal, "numeric": Decimal,
	"time": Time, "timestamp": Time, "timestamptz": Time, "datetime": Time, "date": Date,
	"uuid": UUID, "enum": Enum, "json": JSON, "jsonb": JSON, "strings": Strings, "bytes": Bytes, "bytea": Bytes,
}

// kinds are the names to show.
var kinds = []string{"string", "text", "bool", "int32", "int64", "float", "decimal", "time", "date", "uuid", "enum", "json", "strings", "bytes"}

var typeText = regexp.MustCompile(`^\s*([A-Za-z0-9]+)\s*(?:\(\s*(.*?)\s*\))?\s*$`)

const maxLength = 10_485_760 // of PostgreSQL's varchar

// field works out the field of an attribute.
func (r *resolver) field(t *Type, a *Attribute, path string) *Field {
	f := &Field{
		Name: a.Name, Comment: a.Description, Null: a.Null != "", Values: a.Values, Default: a.Default, Unique: a.Unique,
		Immutable: a.Immutable, NotEmpty: a.NotEmpty, Min: a.Min, Max: a.Max, Match: a.Match, Size: a.Length,
	}
	m := typeText.FindStringSubmatch(a.Type)
	if m == nil {
		r.add(path+".type", "%q is not a type; write one of %s, with a length as in string(200)", a.Type, strings.Join(kinds, ", "))
		return nil
	}
	kind, ok := aliases[strings.ToLower(m[1])]
	if !ok {
		names := slices.Clone(kinds)
		hint := didYouMean(m[1], names)
		if strings.EqualFold(m[1], "money") || strings.EqualFold(m[1], "currency") {
			hint = "; money is int64 in the smallest unit (price_cents), or decimal(19,4)"
		} else if hint == "" {
			hint = "; one of " + strings.Join(names, ", ")
		}
		r.add(path+".type", "attribute %q of %s has the unknown type %q%s", a.Name, t.Name, m[1], hint)
		return nil
	}
	f.Kind = kind
	r.arguments(t, f, a, m[2], path)
	r.limits(t, f, a, path)
	f.Default = r.defaultValue(t, f, path)
	if f.Null {
		f.Facts.Nullable = &annotation.Nullable{Why: a.Null}
	}
	if a.Distinct < 0 {
		r.add(path+".distinct", "the number of different values cannot be negative")
	} else if a.Distinct > 0 {
		f.Facts.NDistinct = &annotation.NDistinct{Values: a.Distinct}
	}
	if a.Sensitive != "" {
		if !kindName.MatchString(a.Sensitive) {
			r.add(path+".sensitive", "the kind of sensitive content is one word: pii, secret, financial, health")
		}
		f.Facts.Sensitive = &annotation.Sensitive{Kind: a.Sensitive}
	}
	if d := a.Denormalized; d != nil {
		f.Facts.Denormalized = &annotation.Denormalized{From: d.From, KeptBy: d.KeptBy, Why: d.Why, Query: d.Query}
		for _, s := range []struct{ key, value string }{{"from", d.From}, {"kept_by", d.KeptBy}, {"why", d.Why}} {
			if strings.TrimSpace(s.value) == "" {
				r.add(path+".denormalized", "%q of the denormalised attribute %s.%s is empty", s.key, t.Name, a.Name)
			}
		}
	}
	if a.RenamedFrom != "" {
		f.Facts.RenamedFrom = &annotation.RenamedFrom{Old: a.RenamedFrom}
	}
	f.Facts.Allow = r.allow(a.Allow, path)
	return f
}

// arguments reads what stands in brackets after a type.
func (r *resolver) arguments(t *Type, f *Field, a *Attribute, args, path string) {
	var nums []int64
	if args != "" && f.Kind == Enum {
		for _, v := range strings.Split(args, ",") {
			f.Values = append(f.Values, strings.Trim(strings.TrimSpace(v), `'"`))
		}
		args = ""
	}
	for _, s := range strings.Split(args, ",") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		n, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 10, 64)
		if err != nil || n < 0 {
			r.add(path+".type", "%q is not a length in %q", s, a.Type)
			return
		}
		nums = append(nums, n)
	}
	switch f.Kind {
	case String, Text, Bytes:
		if len(nums) > 1 || len(nums) == 1 && a.Length != 0 {
			r.add(path+".type", "attribute %q of %s has more than one length", a.Name, t.Name)
			return
		}
		if len(nums) == 1 {
			f.Size = nums[0]
		}
		switch {
		case f.Size == 0:
			r.add(path+".type", "attribute %q of %s has no length; write %s(200) or \"length: 200\"", a.Name, t.Name, f.Kind)
		case f.Size < 0 || f.Size > maxLength:
			r.add(path+".type", "the length of attribute %q of %s is out of range (1 to %d)", a.Name, t.Name, maxLength)
		}
	case Decimal:
		if len(nums) != 2 || nums[0] < 1 || nums[0] > 1000 || nums[1] > nums[0] {
			r.add(path+".type", "attribute %q of %s needs precision and scale: decimal(12,2)", a.Name, t.Name)
			return
		}
		f.Size, f.Scale = nums[0], nums[1]
	default:
		if len(nums) > 0 || a.Length != 0 {
			r.add(path+".type", "%s has no length (attribute %q of %s)", f.Kind, a.Name, t.Name)
			f.Size = 0
		}
	}
}

// limits checks values, bounds and patterns against the type.
func (r *resolver) limits(t *Type, f *Field, a *Attribute, path string) {
	what := fmt.Sprintf("attribute %q of %s", a.Name, t.Name)
	if f.Kind == Enum {
		if len(f.Values) == 0 {
			r.add(path, "%s is an enum without values; add \"values: [...]\"", what)
		}
		seen := map[string]string{}
		for i, v := range f.Values {
			at := fmt.Sprintf("%s.values.%d", path, i)
			if !enumValue.MatchString(v) {
				r.add(at, "%q is not a value for an enum: letters, digits, - _ . : / only", v)
			} else if old, ok := seen[constant(v)]; ok {
				r.add(at, "the values %q and %q of %s are the same Go constant", old, v, what)
			}
			seen[constant(v)] = v
		}
	} else if len(a.Values) > 0 {
		r.add(path+".values", "%s has values but is a %s; make it an enum", what, f.Kind)
	}
	numeric := slices.Contains([]Kind{Int32, Int64, Float, Decimal}, f.Kind)
	for key, n := range map[string]*float64{"min": f.Min, "max": f.Max} {
		if n == nil {
			continue
		}
		whole := f.Kind == Int32 || f.Kind == Int64
		switch {
		case !numeric:
			r.add(path+"."+key, "%s is a %s, which has no %s", what, f.Kind, key)
		case math.IsNaN(*n) || math.IsInf(*n, 0) || whole && *n != math.Trunc(*n) || whole && math.Abs(*n) > 1<<53 || f.Kind == Int32 && math.Abs(*n) > math.MaxInt32:
			r.add(path+"."+key, "%s of %s does not fit an %s", key, what, f.Kind)
		}
	}
	if f.Min != nil && f.Max != nil && *f.Min > *f.Max {
		r.add(path+".min", "%s has a min greater than its max", what)
	}
	if f.Kind != String && f.Kind != Text {
		if f.Match != "" {
			r.add(path+".match", "%s is a %s; only text can match a pattern", what, f.Kind)
		}
		if f.NotEmpty {
			r.add(path+".not_empty", "%s is a %s; only text can be empty", what, f.Kind)
		}
	}
	if f.Match != "" {
		if _, err := regexp.Compile(f.Match); err != nil {
			r.add(path+".match", "the pattern of %s is not a regular expression: %v", what, err)
		}
	}
	if f.Unique && slices.Contains([]Kind{JSON, Strings, Bytes, Text}, f.Kind) {
		r.add(path+".unique", "%s is a %s, which cannot be unique", what, f.Kind)
	}
}

// constant is the Go constant of an enum's value, without the type's prefix.
func constant(v string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", ".", "", ":", "", "/", "").Replace(v))
}

// defaultValue checks a default against the type and gives it in its Go type.
func (r *resolver) defaultValue(t *Type, f *Field, path string) any {
	bad := func(want string) any {
		r.add(path+".default", "the default %v of %s.%s is not %s", f.Default, t.Name, f.Name, want)
		return nil
	}
	if f.Default == nil {
		return nil
	}
	if f.Unique {
		r.add(path+".default", "%s.%s is unique and cannot have a default", t.Name, f.Name)
		return nil
	}
	text := fmt.Sprint(f.Default)
	switch f.Kind {
	case Bool:
		if b, ok := f.Default.(bool); ok {
			return b
		}
		return bad("true or false")
	case Int32, Int64:
		n, ok := f.Default.(int)
		if !ok || f.Kind == Int32 && int64(n) != int64(int32(n)) {
			return bad("a whole number")
		}
		if !within(float64(n), f) {
			return bad("between min and max")
		}
		return n
	case Float, Decimal:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return bad("a number")
		}
		if !within(n, f) {
			return bad("between min and max")
		}
		return n
	case Enum:
		if !slices.Contains(f.Values, text) {
			r.add(path+".default", "the default %q of %s.%s is none of its values%s", text, t.Name, f.Name, didYouMean(text, f.Values))
			return nil
		}
	case String, Text:
		switch {
		case int64(len([]rune(text))) > f.Size && f.Size > 0:
			return bad("short enough")
		case f.NotEmpty && text == "":
			return bad("allowed: the value must not be empty")
		case strings.ContainsAny(text, "'\"\\\n\r\t`"):
			return bad("usable: quotes, backslashes and control characters break generated code")
		}
	case Time, Date:
		if text != "now" {
			return bad(`"now", the only default of a time`)
		}
	case UUID:
		if text != "new" {
			return bad(`"new", the only default of a uuid`)
		}
	case JSON, Strings:
		if want := map[Kind]string{JSON: "{}", Strings: "[]"}[f.Kind]; text != want {
			return bad(strconv.Quote(want) + ", the only default of " + string(f.Kind))
		}
	default:
		return bad("possible for " + string(f.Kind))
	}
	return text
}

func within(n float64, f *Field) bool {
	return (f.Min == nil || n >= *f.Min) && (f.Max == nil || n <= *f.Max)
}

// allow reads suppressions.
func (r *resolver) allow(as Map[Allow], path string) []annotation.Allow {
	var out []annotation.Allow
	for _, a := range as {
		at := path + ".allow." + a.Name
		if !ruleCode.MatchString(a.Name) {
			r.add(at, "%q is not a rule's code, such as S301", a.Name)
		}
		if strings.TrimSpace(a.Why) == "" {
			r.add(at, "rule %s is suppressed without a reason", a.Name)
		}
		out = append(out, annotation.Allow{Rule: a.Name, Why: a.Why})
	}
	return out
}
