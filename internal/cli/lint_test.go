package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const unkempt = `package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// User signs in.
type User struct{ ent.Schema }

// Fields of the User.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").NotEmpty(), // what to call them
		field.String("email").Unique(),
		field.Enum("role").Values("member", "admin"),
		field.Time("joined").Default(time.Now),
		field.Bool("active").
			Optional().
			Nillable(),
		field.Int32("logins_counter"),
		field.Time("deleted_at").Optional().Nillable(),
		field.Time("seen").SchemaType(map[string]string{dialect.Postgres: "timestamp"}),
	}
}

// Edges of the User.
func (User) Edges() []ent.Edge {
	return []ent.Edge{edge.To("pets", Pet.Type)}
}

// Indexes of the User.
func (User) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("name"),
		index.Fields("name", "email"),
	}
}

// Pet is kept.
type Pet struct{ ent.Schema }

// Edges of the Pet.
func (Pet) Edges() []ent.Edge {
	return []ent.Edge{edge.From("owner", User.Type).Ref("pets").Unique()}
}
`

func lintJSON(t *testing.T, args ...string) (int, map[string]int, string) {
	t.Helper()
	var out, errs bytes.Buffer
	code := Main(append([]string{"plinth", "lint", "--format", "json"}, args...), strings.NewReader(""), &out, &errs)
	var res struct {
		Findings []struct {
			Code    string `json:"code"`
			Fixable bool   `json:"fixable"`
		} `json:"findings"`
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &res), errs.String())
	n := make(map[string]int)
	for _, f := range res.Findings {
		n[f.Code]++
		if f.Fixable {
			n["fixable"]++
		}
	}
	return code, n, errs.String()
}

// TestLintFix repairs what can be: the repaired rules are silent, comments stay, and a second run changes nothing.
func TestLintFix(t *testing.T) {
	tmp, err := os.MkdirTemp(".", "fix")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(tmp) })
	dir := filepath.Join(tmp, "ent", "schema")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	file := filepath.Join(dir, "schema.go")
	require.NoError(t, os.WriteFile(file, []byte(unkempt), 0o644))

	code, before, _ := lintJSON(t, dir)
	require.Equal(t, ExitFindings, code)
	for _, c := range []string{"S201", "S203", "S301", "S303", "S306", "S402", "S404", "S405", "S407", "S701"} {
		require.Positive(t, before[c], c)
	}
	_, after, said := lintJSON(t, dir, "--fix")
	for _, c := range []string{"S201", "S203", "S301", "S303", "S306", "S402", "S404", "S405", "S407", "S701", "fixable"} {
		require.Zero(t, after[c], c)
	}
	require.Contains(t, said, "edited "+file)
	fixed, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, want := range []string{
		`field.String("name").NotEmpty().MaxLen(255), // what to call them`, `field.Int64("logins_counter"),`, `index.Edges("owner"),`,
		`index.Fields("email").Unique().Annotations(entsql.IndexWhere("deleted_at IS NULL")),`, `field.Bool("active").Default(false),`,
	} {
		require.Contains(t, string(fixed), want)
	}
	require.NotContains(t, string(fixed), "entgo.io/ent/dialect\"")
	_, _, said = lintJSON(t, dir, "--fix")
	require.Contains(t, said, "0 findings repaired")
	again, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(fixed), string(again))
}

func TestLintSchemaFiles(t *testing.T) {
	dir := t.TempDir()
	sql := filepath.Join(dir, "schema.sql")
	require.NoError(t, os.WriteFile(sql, []byte("CREATE TABLE a (\n  id uuid PRIMARY KEY,\n  at timestamp NOT NULL -- plinth:allow S303 because the clock on the wall\n);\nCREATE TABLE b (\n  n text\n);\n"), 0o644))
	code, n, _ := lintJSON(t, "--schema", sql)
	require.Equal(t, ExitFindings, code)
	require.Equal(t, 1, n["S101"])
	require.Zero(t, n["S303"], "allowed, with a reason")
	require.Zero(t, n["L002"])

	code, n, _ = lintJSON(t, "--schema", sql, "--dialect", "sqlite3")
	require.Equal(t, ExitFindings, code)
	require.Equal(t, 1, n["S101"])

	hcl := filepath.Join(dir, "schema.hcl")
	require.NoError(t, os.WriteFile(hcl, []byte("schema \"public\" {}\ntable \"a\" {\n  schema = schema.public\n  column \"at\" {\n    type = timestamp\n  }\n}\n"), 0o644))
	code, n, _ = lintJSON(t, "--schema", hcl)
	require.Equal(t, ExitFindings, code)
	require.Equal(t, 1, n["S303"])

	baseline := filepath.Join(dir, "baseline.json")
	var out, errs bytes.Buffer
	require.Equal(t, ExitOK, Main([]string{"plinth", "lint", "--schema", sql, "--baseline", baseline, "--update-baseline"}, nil, &out, &errs), errs.String())
	code, n, _ = lintJSON(t, "--schema", sql, "--baseline", baseline)
	require.Equal(t, ExitOK, code)
	require.Empty(t, n)
}

func TestLintMistakes(t *testing.T) {
	for _, args := range [][]string{
		{"--severity", "loud"}, {"--format", "xml"}, {"--rule", "S999"}, {"--schema", "not-there.sql"}, {"--url", "mysql://x/y"},
		{"--baseline", "not-there.json"}, {"--update-baseline"}, {"not/there"}, {"--dialect", "oracle"}, {"--fix", "--schema", "not-there.sql"},
	} {
		var out, errs bytes.Buffer
		require.Equal(t, ExitUsage, Main(append([]string{"plinth", "lint"}, args...), nil, &out, &errs), "%v: %s", args, errs.String())
		require.NotEmpty(t, errs.String())
		require.Empty(t, out.String())
	}
}

func TestRules(t *testing.T) {
	var out, errs bytes.Buffer
	require.Equal(t, ExitOK, Main([]string{"plinth", "rules", "s301"}, nil, &out, &errs), errs.String())
	require.Contains(t, out.String(), "# S301 string-no-length")
	out.Reset()
	require.Equal(t, ExitOK, Main([]string{"plinth", "rules"}, nil, &out, &errs))
	require.Contains(t, out.String(), "M101")
	require.Equal(t, ExitUsage, Main([]string{"plinth", "rules", "nope"}, nil, &out, &errs))
}

// TestLintFixesCanBeWritten: what is proposed for a key is written where Ent reads it.
func TestLintFixesCanBeWritten(t *testing.T) {
	tmp, err := os.MkdirTemp(".", "said")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(tmp) })
	dir := filepath.Join(tmp, "ent", "schema")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "schema.go"), []byte(`package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
)

type Ship struct{ ent.Schema }

func (Ship) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("crew", Sailor.Type),
		edge.To("cargo", Crate.Type),
		edge.To("escorts", Ship.Type),
	}
}

type Sailor struct{ ent.Schema }

func (Sailor) Edges() []ent.Edge {
	return []ent.Edge{edge.From("ship", Ship.Type).Ref("crew").Unique()}
}

type Crate struct{ ent.Schema }

func (Crate) Fields() []ent.Field {
	return []ent.Field{field.Strings("marks").SchemaType(map[string]string{"postgres": "text"})}
}
`), 0o644))
	var out, errs bytes.Buffer
	require.Equal(t, ExitFindings, Main([]string{"plinth", "lint", "--format", "json", "--rule", "S109,S201,S301", dir}, strings.NewReader(""), &out, &errs), errs.String())
	var res struct {
		Findings []struct{ Code, Fix string }
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &res))
	var got []string
	for _, f := range res.Findings {
		got = append(got, f.Code+" "+f.Fix)
	}
	require.ElementsMatch(t, []string{
		`S109 edge.To("crew", …).Annotations(entsql.OnDelete(entsql.SetNull)) in Ship`,
		`S109 Annotations(entsql.OnDelete(entsql.SetNull))`,
		`S201 index.Edges("ship")`,
		`S201 edge.From("…", Ship.Type).Ref("cargo").Unique() in Crate, and index.Edges("…")`,
		`S201 edge.To("escorts", Ship.Type).Through("…", ….Type), and index.Fields("escort_id") in that edge schema`,
		`S301 entsql.Checks(map[string]string{"ck_crates_marks_len": "char_length(marks) <= 10000"})`,
	}, got)
}
