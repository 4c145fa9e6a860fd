package requirement

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Parse reads a requirements file; file is its name for messages. The error, where the content is wrong, is
// Mistakes with everything that is.
func Parse(file string, data []byte) (*Document, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, syntaxError(file, data, err)
	}
	d := &decoder{file: file, at: map[string]Pos{}}
	doc := &Document{}
	if root.Kind != yaml.DocumentNode || len(root.Content) == 0 || isNull(root.Content[0]) {
		d.ms.add(Pos{File: file, Line: 1, Column: 1}, "the file is empty; begin with \"version: 1\", \"name:\" and \"entities:\"")
		return nil, d.ms.err()
	}
	d.value(root.Content[0], reflect.ValueOf(doc).Elem(), "")
	doc.at = d.at
	if len(d.ms) == 0 {
		doc.check(&d.ms)
	}
	if err := d.ms.err(); err != nil {
		return nil, err
	}
	return doc, nil
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

// syntaxError gives the parser's complaint its place: the parser knows the line, the column is where its text begins.
func syntaxError(file string, data []byte, err error) error {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	at := Pos{File: file, Line: 1, Column: 1}
	if m := yamlLine.FindStringSubmatch(msg); m != nil {
		at.Line, _ = strconv.Atoi(m[1])
		msg = strings.Replace(msg, m[0], "", 1)
	}
	if lines := strings.Split(string(data), "\n"); at.Line >= 1 && at.Line <= len(lines) {
		l := lines[at.Line-1]
		at.Column = len(l) - len(strings.TrimLeft(l, " ")) + 1
		if strings.HasPrefix(strings.TrimLeft(l, " "), "\t") || strings.HasPrefix(l, "\t") {
			msg += " (YAML is indented with spaces, not tabs)"
		}
	}
	return Mistakes{{Pos: at, Msg: "reading YAML: " + msg}}
}

// decoder fills Go values from YAML nodes, notes where each stood, and goes on after a mistake.
type decoder struct {
	file  string
	at    map[string]Pos
	ms    Mistakes
	depth int
	count int
}

const (
	maxDepth = 40      // of the language: eight
	maxNodes = 200_000 // after aliases are followed
)

func (d *decoder) pos(n *yaml.Node) Pos { return Pos{File: d.file, Line: n.Line, Column: n.Column} }

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// short is the field that a scalar (or, for Unique, a list) stands for.
var short = map[reflect.Type]string{
	reflect.TypeFor[Attribute](): "Type",
	reflect.TypeFor[Check]():     "Expr",
	reflect.TypeFor[Allow]():     "Why",
	reflect.TypeFor[Unique]():    "Fields",
}

func (d *decoder) value(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if d.depth++; d.depth > maxDepth {
		d.ms.add(d.pos(n), "nested too deeply")
		d.depth--
		return
	}
	defer func() { d.depth-- }()
	if d.count++; d.count > maxNodes {
		if d.count == maxNodes+1 {
			d.ms.add(d.pos(n), "the file is too large")
		}
		return
	}
	if _, ok := d.at[path]; !ok {
		d.at[path] = d.pos(n)
	}
	if isNull(n) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), path)
	case reflect.Struct:
		d.structure(n, v, path)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Pointer && strings.HasPrefix(v.Type().Name(), "Map[") {
			d.keyed(n, v, path)
			return
		}
		d.list(n, v, path)
	case reflect.Map:
		d.pairs(n, path, func(k, c *yaml.Node) {
			if c.Kind == yaml.ScalarNode {
				if v.IsNil() {
					v.Set(reflect.MakeMap(v.Type()))
				}
				text := c.Value
				if isNull(c) {
					text = "null"
				}
				v.SetMapIndex(reflect.ValueOf(k.Value), reflect.ValueOf(text))
				d.at[path+"."+k.Value] = d.pos(k)
				return
			}
			d.ms.add(d.pos(c), "%s takes a single value", label(path+"."+k.Value))
		})
	default:
		d.scalar(n, v, path)
	}
}

// label is a path as a person would say it.
func label(path string) string {
	if path == "" {
		return "the file"
	}
	return strconv.Quote(strings.TrimPrefix(path, "."))
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, path string) {
	items := []*yaml.Node{n}
	switch n.Kind {
	case yaml.SequenceNode:
		items = n.Content
	case yaml.MappingNode:
		if v.Type().Elem().Kind() == reflect.String {
			d.ms.add(d.pos(n), "%s takes a list, not a mapping", label(path))
			return
		}
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, len(items)))
	for i, c := range items {
		e := reflect.New(v.Type().Elem()).Elem()
		before := len(d.ms)
		d.value(c, e, fmt.Sprintf("%s.%d", path, i))
		if e.Kind() == reflect.Pointer && e.IsNil() {
			if len(d.ms) == before {
				d.ms.add(d.pos(c), "an entry of %s is empty", label(path))
			}
			continue
		}
		v.Set(reflect.Append(v, e))
	}
}

func (d *decoder) keyed(n *yaml.Node, v reflect.Value, path string) {
	d.pairs(n, path, func(k, c *yaml.Node) {
		e := reflect.New(v.Type().Elem().Elem())
		p := path + "." + k.Value
		d.at[p] = d.pos(k)
		d.value(c, e.Elem(), p)
		e.Elem().FieldByName("Name").SetString(k.Value)
		v.Set(reflect.Append(v, e))
	})
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value, path string) {
	t := v.Type()
	if n.Kind == yaml.ScalarNode || n.Kind == yaml.SequenceNode {
		if t == reflect.TypeFor[Tenancy]() && n.Value == "none" {
			v.FieldByName("None").SetBool(true)
			return
		}
		f, ok := short[t]
		if ok && (n.Kind == yaml.ScalarNode || f == "Fields") {
			d.value(n, v.FieldByName(f), path+"."+strings.ToLower(f))
			return
		}
	}
	fields := map[string]int{}
	var names []string
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); name != "" && name != "-" {
			fields[name] = i
			names = append(names, name)
		}
	}
	seen := map[string]bool{}
	ok := d.pairs(n, path, func(k, c *yaml.Node) {
		i, ok := fields[k.Value]
		if !ok {
			d.ms.add(d.pos(k), "unknown key %q in %s%s%s", k.Value, label(path), didYouMean(k.Value, names), d.known(k.Value, names))
			return
		}
		seen[k.Value] = true
		p := path + "." + k.Value
		d.value(c, v.Field(i), p)
		if enum := t.Field(i).Tag.Get("enum"); enum != "" && c.Kind == yaml.ScalarNode && !isNull(c) {
			values := strings.Split(enum, ",")
			for _, x := range values {
				if c.Value == x {
					return
				}
			}
			d.ms.add(d.pos(c), "%s cannot be %q%s; it is one of %s", label(p), c.Value, didYouMean(c.Value, values), strings.Join(values, ", "))
		}
	})
	for i := range t.NumField() {
		name, rest, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		if ok && name != "" && name != "-" && rest != "omitempty" && !seen[name] {
			at, found := d.at[path]
			if !found {
				at = d.pos(n)
			}
			d.ms.add(at, "%s lacks %q", label(path), name)
		}
	}
}

// known lists the keys there are, where none is near.
func (d *decoder) known(name string, names []string) string {
	if closest(name, names) != "" {
		return ""
	}
	return "; known are " + strings.Join(names, ", ")
}

// pairs calls f for each pair of a mapping, after refusing keys that are not names or come twice. A merge key's
// pairs come where it stands, unless the mapping has them itself.
func (d *decoder) pairs(n *yaml.Node, path string, f func(k, v *yaml.Node)) bool {
	if n.Kind != yaml.MappingNode {
		what := "a single value"
		if n.Kind == yaml.SequenceNode {
			what = "a list"
		}
		d.ms.add(d.pos(n), "%s takes a mapping of names, not %s", label(path), what)
		return false
	}
	own := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind == yaml.AliasNode {
			k = k.Alias
		}
		if k.Kind != yaml.ScalarNode {
			d.ms.add(d.pos(k), "a key in %s is not a name", label(path))
			continue
		}
		if line, ok := own[k.Value]; ok {
			d.ms.add(d.pos(k), "%q is there twice in %s; first on line %d", k.Value, label(path), line)
			continue
		}
		own[k.Value] = k.Line
	}
	done := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind == yaml.AliasNode {
			k = k.Alias
		}
		if k.Kind != yaml.ScalarNode || done[k.Value] {
			continue
		}
		done[k.Value] = true
		if k.Tag == "!!merge" {
			if v.Kind == yaml.AliasNode {
				v = v.Alias
			}
			if v.Kind != yaml.MappingNode || v == n {
				d.ms.add(d.pos(v), "only a mapping can be merged into %s", label(path))
				continue
			}
			for j := 0; j+1 < len(v.Content); j += 2 {
				if mk := v.Content[j]; mk.Kind == yaml.ScalarNode && mk.Tag != "!!merge" && own[mk.Value] == 0 {
					own[mk.Value] = mk.Line
					f(mk, v.Content[j+1])
				}
			}
			continue
		}
		f(k, v)
	}
	return true
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode {
		d.ms.add(d.pos(n), "%s takes a single value", label(path))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.Value)
		return
	case reflect.Interface:
		var x any
		if err := n.Decode(&x); err == nil {
			switch x.(type) {
			case string, bool, int, float64:
				v.Set(reflect.ValueOf(x))
				return
			}
		}
		v.Set(reflect.ValueOf(n.Value))
		return
	}
	if err := n.Decode(v.Addr().Interface()); err != nil {
		want := map[reflect.Kind]string{reflect.Bool: "true or false", reflect.Float64: "a number"}[v.Kind()]
		if want == "" {
			want = "a whole number"
		}
		d.ms.add(d.pos(n), "%s takes %s, not %q", label(path), want, n.Value)
	}
}
