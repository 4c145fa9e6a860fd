package requirement

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

var update = flag.Bool("update", false, "rewrite generated files")

const schemaFile = "../../docs/requirements.schema.json"

// JSONSchemaExtend turns the list that a Map is in Go into the mapping that it is in YAML.
func (Map[T]) JSONSchemaExtend(s *jsonschema.Schema) {
	s.Type, s.AdditionalProperties, s.Items = "object", s.Items, nil
}

func published(t *testing.T) []byte {
	t.Helper()
	r := &jsonschema.Reflector{FieldNameTag: "yaml", ExpandedStruct: true, Namer: func(t reflect.Type) string {
		if strings.HasPrefix(t.Name(), "Map[") {
			return t.Elem().Elem().Name() + "Map"
		}
		return t.Name()
	}}
	require.NoError(t, r.AddGoComments("github.com/plinth-go/plinth", "../requirement", jsonschema.WithFullComment()))
	// The comments' keys need the package's path from the module's root.
	comments := map[string]string{}
	for k, v := range r.CommentMap {
		comments["github.com/plinth-go/plinth/internal/requirement"+k[strings.LastIndex(k, "requirement")+len("requirement"):]] = strings.ReplaceAll(v, "\n", " ")
	}
	r.CommentMap = comments
	s := r.ReflectFromType(reflect.TypeFor[Document]())
	s.ID = "https://github.com/plinth-go/plinth/raw/main/docs/requirements.schema.json"
	s.Title = "plinth requirements"
	for name, def := range s.Definitions {
		adapt(name, def)
	}
	adapt("Document", s)
	data, err := json.MarshalIndent(s, "", "  ")
	require.NoError(t, err)
	return append(data, '\n')
}

// adapt says in the schema what the tags cannot: enums, lists that may be one value, and scalars that stand for a
// structure.
func adapt(name string, s *jsonschema.Schema) {
	typ := map[string]reflect.Type{
		"Document": reflect.TypeFor[Document](), "Defaults": reflect.TypeFor[Defaults](), "Entity": reflect.TypeFor[Entity](),
		"Query": reflect.TypeFor[Query](), "ExtraIndex": reflect.TypeFor[ExtraIndex](), "Relationship": reflect.TypeFor[Relationship](),
	}[name]
	if s.Properties != nil {
		for p := s.Properties.Oldest(); p != nil; p = p.Next() {
			if p.Value.Type == "array" && p.Value.Items != nil && p.Value.Items.Type == "string" {
				p.Value.OneOf = []*jsonschema.Schema{{Type: "string"}, {Type: "array", Items: p.Value.Items}}
				p.Value.Type, p.Value.Items = "", nil
			}
			for i := 0; typ != nil && i < typ.NumField(); i++ {
				key, _, _ := strings.Cut(typ.Field(i).Tag.Get("yaml"), ",")
				if enum := typ.Field(i).Tag.Get("enum"); enum != "" && key == p.Key {
					for _, v := range strings.Split(enum, ",") {
						p.Value.Enum = append(p.Value.Enum, v)
					}
				}
			}
		}
		if p, ok := s.Properties.Get("where"); ok && name == "Query" {
			p.AdditionalProperties = &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, {Type: "boolean"}, {Type: "number"}, {Type: "null"}}}
		}
	}
	var short *jsonschema.Schema
	switch name {
	case "Attribute", "Check", "Allow":
		short = &jsonschema.Schema{Type: "string"}
	case "Tenancy":
		short = &jsonschema.Schema{Const: "none"}
	case "Unique":
		short = &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{Type: "string"}}
	case "Entity":
		short = &jsonschema.Schema{Type: "null"}
	default:
		return
	}
	long := *s
	*s = jsonschema.Schema{Description: s.Description, OneOf: []*jsonschema.Schema{short, &long}}
	long.Description = ""
}

func TestSchemaIsCurrent(t *testing.T) {
	want := published(t)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(schemaFile), 0o755))
		require.NoError(t, os.WriteFile(schemaFile, want, 0o644))
	}
	got, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(want, got), "docs/requirements.schema.json is stale: go test ./internal/requirement -run TestSchemaIsCurrent -update")
	assert.True(t, bytes.Contains(got, []byte("A single name may stand for a list")), "descriptions come from the comments")
}

// compiled is the published schema, ready to validate with.
func compiled(t *testing.T) *validator.Schema {
	t.Helper()
	doc, err := validator.UnmarshalJSON(bytes.NewReader(published(t)))
	require.NoError(t, err)
	c := validator.NewCompiler()
	require.NoError(t, c.AddResource("requirements.schema.json", doc))
	s, err := c.Compile("requirements.schema.json")
	require.NoError(t, err)
	return s
}

func TestExamplesAreValidForEditors(t *testing.T) {
	s := compiled(t)
	files, err := filepath.Glob("../../examples/*/requirements.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		var v any
		require.NoError(t, yaml.Unmarshal(data, &v))
		j, err := json.Marshal(v)
		require.NoError(t, err)
		doc, err := validator.UnmarshalJSON(bytes.NewReader(j))
		require.NoError(t, err)
		assert.NoError(t, s.Validate(doc), f)
	}
}

func TestExamplesAreComplete(t *testing.T) {
	files, err := filepath.Glob("../../examples/*/requirements.yaml")
	require.NoError(t, err)
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		doc, err := Parse(filepath.Base(f), data)
		require.NoError(t, err, f)
		d, err := New(doc)
		require.NoError(t, err, f)
		assert.Empty(t, d.Questions, f)
		assert.False(t, d.Violated(), f)
		for _, q := range d.Types {
			for _, ix := range q.Indexes {
				t.Logf("%-40s %v %s %q %v", ix.Name, ix.Columns, ix.Method, ix.Where, ix.Serves)
			}
		}
	}
}
