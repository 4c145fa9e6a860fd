package report

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/lint"
)

const source = "package schema\n\nfunc f() {\n\treturn []ent.Field{\n\t\tfield.String(\"email\").NotEmpty(),\n\t}\n}\n"

func someFindings() FindingsInput {
	rules := []*lint.Rule{
		{Code: "S301", Slug: "string-no-length", Title: "string column without a length", Severity: lint.Error, Rationale: "Because.", FixText: "MaxLen", Fix: lint.FixAuto},
		{Code: "M101", Slug: "index-not-concurrent", Title: "index built under a lock", Severity: lint.Error, Aliases: []string{"PG101"}},
	}
	res := lint.Finish([]lint.Finding{
		{Code: "S301", File: "ent/schema/user.go", Line: 5, Column: 3, Object: "users.email", Message: "users.email would be unbounded.", Fix: `field.String("email").MaxLen(320)`, Fixable: true, Sources: []string{lint.State}},
		{Code: "M101", File: "migrations/1 a.sql", Line: 2, Column: 1, EndLine: 4, Object: "orders.ix", Statement: "CREATE INDEX ix\nON orders\n(a)", Message: "Writes wait | 100 %.", Fix: "-- atlas:txmode none\n\nCREATE INDEX CONCURRENTLY ix ON orders (a);", Sources: []string{lint.Parsed, lint.Traced}},
		{Code: "DS999", Slug: "other", Severity: lint.Info, Object: "public", Message: "another analyzer's"},
	}, lint.Finishing{Rules: rules})
	return FindingsInput{Result: res, Rules: rules, Command: "plinth lint --fix", Version: "0.1.0", Source: func(f string) (string, bool) {
		if f == "ent/schema/user.go" {
			return source, true
		}
		return "-- x\nCREATE INDEX ix\r\nON orders\n(a);", strings.HasPrefix(f, "migrations")
	}}
}

func render(t *testing.T, format string, in FindingsInput) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, Findings(&b, format, in))
	return b.String()
}

func TestFindingsText(t *testing.T) {
	got := render(t, "text", someFindings())
	require.Contains(t, got, `error S301  string column without a length                                    ent/schema/user.go:5:3
    3 │ func f() {
    4 │ 	return []ent.Field{
 ▶  5 │ 		field.String("email").NotEmpty(),
      │ 		^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  users.email would be unbounded.
  fix   field.String("email").MaxLen(320)   plinth lint --fix
  more  plinth rules S301 · state
`)
	require.Contains(t, got, " ▶  2 │ CREATE INDEX ix\n      │ ^^^^^^^^^^^^^^^\n    3 │ ON orders\n    4 │ (a);\n")
	require.Contains(t, got, "  more  plinth rules M101 (PG101) · parsed and traced")
	require.Contains(t, got, "2 errors, 1 information. 2 rules ran.")
	require.NotContains(t, got, "\x1b")
	in := someFindings()
	in.Color = true
	require.Contains(t, render(t, "text", in), "\x1b[31merror S301\x1b[0m")
}

func TestFindingsJSON(t *testing.T) {
	var doc struct {
		Findings []map[string]any
		Coverage map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(render(t, "json", someFindings())), &doc))
	require.Len(t, doc.Findings, 3)
	for _, f := range doc.Findings {
		for _, key := range []string{"code", "aliases", "severity", "file", "line", "column", "object", "statement", "message", "fix", "sources"} {
			require.Contains(t, f, key)
		}
	}
	require.Contains(t, doc.Coverage, "ran")
	require.JSONEq(t, "[]", strings.TrimSpace(render(t, "gitlab", FindingsInput{})))
}

func TestFindingsSARIFIsValid(t *testing.T) {
	f, err := os.Open("testdata/sarif-2.1.0.json")
	require.NoError(t, err)
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("sarif.json", doc))
	schema, err := c.Compile("sarif.json")
	require.NoError(t, err)
	for _, in := range []FindingsInput{someFindings(), {}} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(render(t, "sarif", in)))
		require.NoError(t, err)
		require.NoError(t, schema.Validate(v))
	}
	require.Contains(t, render(t, "sarif", someFindings()), `"uri": "migrations/1%20a.sql"`)
}

func TestFindingsForOthers(t *testing.T) {
	in := someFindings()
	github := render(t, "github", in)
	require.Contains(t, github, "::error file=ent/schema/user.go,line=5,col=3,title=S301 string column without a length::users.email would be unbounded.%0Afix: ")
	require.Contains(t, github, "::notice title=DS999 ::another analyzer's\n")
	require.Contains(t, github, "100 %25.")
	var issues []map[string]any
	require.NoError(t, json.Unmarshal([]byte(render(t, "gitlab", in)), &issues))
	require.Len(t, issues, 3)
	require.Equal(t, "critical", issues[0]["severity"])
	md := render(t, "markdown", in)
	require.Contains(t, md, `Writes wait \| 100 %.`)
	require.Contains(t, md, "```sql\n-- atlas:txmode none")
	require.Error(t, Findings(&bytes.Buffer{}, "xml", in))
}
