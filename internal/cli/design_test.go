package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// designed runs the command line in a directory and gives exit code, stdout and stderr.
func designed(t *testing.T, dir string, args ...string) (int, string, string) {
	t.Helper()
	t.Chdir(dir)
	var out, err bytes.Buffer
	code := Main(append([]string{"plinth"}, args...), strings.NewReader(""), &out, &err)
	return code, out.String(), err.String()
}

const smallRequirements = `version: 1
name: notes
tenancy: none
defaults: {soft_delete: false, audit: false}
entities:
  Note:
    description: Note is a note.
    volume: {rows: 100_000}
    attributes:
      title: {type: string(100), description: What it is about.}
      postal_code: {type: string(10), description: Where.}
      city: {type: string(100), description: Where.}
    queries:
      ByTitle: {eq: title, page: all, limit: 10, rate: 1/s}
writes:
  Write: {creates: [Note], idempotent: Note.id}
`

func put(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

func TestDesignWritesOnce(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "r.yaml", smallRequirements)
	code, out, errs := designed(t, dir, "design", "r.yaml", "--dry-run")
	assert.Equal(t, ExitOK, code, errs)
	assert.NoFileExists(t, filepath.Join(dir, "ent/schema/note.go"))
	order := -1
	for _, section := range []string{"Open questions (0)", "Normal forms", "Diagram", "Tables", "Indexes", "+++ b/ent/schema/note.go"} {
		at := strings.Index(out, section)
		assert.Greater(t, at, order, section)
		order = at
	}
	assert.Contains(t, out, "ix_notes_title\n    B-tree on notes (title)\n    serves query Note.ByTitle")

	code, _, errs = designed(t, dir, "design", "r.yaml", "-q")
	assert.Equal(t, ExitOK, code)
	assert.Contains(t, errs, "wrote 1 files in ent/schema: note.go")
	before, err := os.ReadFile(filepath.Join(dir, "ent/schema/note.go"))
	require.NoError(t, err)
	code, out, errs = designed(t, dir, "design", "r.yaml", "-q")
	assert.Equal(t, ExitOK, code)
	assert.Empty(t, out)
	assert.Contains(t, errs, "has everything already")
	after, err := os.ReadFile(filepath.Join(dir, "ent/schema/note.go"))
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after))
}

func TestDesignRefuses(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "bad.yaml", strings.Replace(smallRequirements, "eq: title", "eq: titel", 1))
	put(t, dir, "open.yaml", strings.Replace(smallRequirements, "tenancy: none\n", "", 1))
	put(t, dir, "third.yaml", strings.Replace(smallRequirements, "    queries:", "    dependencies:\n      - {from: postal_code, to: city, why: one city a code}\n    queries:", 1))
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"bad.yaml"}, ExitUsage, "bad.yaml:14:21: query \"ByTitle\" compares \"titel\", which Note does not have; did you mean \"title\"?\nnothing was written"},
		{[]string{"missing.yaml"}, ExitUsage, "reading the requirements: open missing.yaml"},
		{[]string{"open.yaml", "--strict"}, ExitUsage, "1 open questions; answer them in the file, or leave out --strict\nnothing was written"},
		{[]string{"third.yaml"}, ExitFindings, "Note is not in 3NF: city depends on postal_code, which is not a key: (id) determines it only by way of postal_code"},
		{[]string{"bad.yaml", "--check", "--dry-run"}, ExitUsage, "exclude each other"},
		{[]string{"bad.yaml", "--format", "pdf"}, ExitUsage, "unknown --format \"pdf\""},
	} {
		code, out, errs := designed(t, dir, append([]string{"design"}, c.args...)...)
		assert.Equal(t, c.code, code, c.args)
		assert.Contains(t, errs, c.want)
		if c.args[0] == "third.yaml" {
			assert.Contains(t, out, "new  PostalCode (postal_code, city), key (postal_code)")
		}
		if c.args[0] == "open.yaml" {
			assert.Contains(t, out, "Does the data of several customers share these tables?")
		}
	}
	assert.NoDirExists(t, filepath.Join(dir, "ent"))
}

func TestDesignFormats(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "r.yaml", smallRequirements)
	_, out, _ := designed(t, dir, "design", "r.yaml", "--dry-run", "--format", "json")
	var doc struct {
		Name    string
		Tables  []struct{ Name string }
		Indexes []struct{ Serves []string }
		Changes []string
	}
	require.NoError(t, json.Unmarshal([]byte(out), &doc))
	assert.Equal(t, []string{"add entity Note"}, doc.Changes)
	assert.Len(t, doc.Tables, 1)
	_, out, _ = designed(t, dir, "design", "r.yaml", "--dry-run", "--format", "markdown")
	assert.Contains(t, out, "```mermaid\nerDiagram")
	assert.Contains(t, out, "| `ix_notes_title` | B-tree | notes (title) | query Note.ByTitle | equality on title |")
}

// The shop's requirements and the reference design agree, both ways.
func TestShopMatchesItsRequirements(t *testing.T) {
	code, out, errs := designed(t, "../..", "design", "examples/shop/requirements.yaml", "--check")
	assert.Equal(t, ExitOK, code, out+errs)
	assert.Empty(t, out)
}

func TestCheckFindsDifferences(t *testing.T) {
	dir := t.TempDir()
	data, err := os.ReadFile("../../examples/shop/requirements.yaml")
	require.NoError(t, err)
	text := strings.NewReplacer("type: string(120)", "type: string(99)", "      sku:", "      colour: {type: string(20)}\n      sku:",
		"      Search: {search: name, page: offset, limit: 20, rate: 30/s, p95: 50ms, why: the search box}\n", "").Replace(string(data))
	file := put(t, dir, "r.yaml", text)
	code, out, errs := designed(t, "../..", "design", file, "--check")
	assert.Equal(t, ExitDiffers, code, errs)
	for _, want := range []string{
		"Category.name has the length 120 in the schema; the requirements say 99",
		"Product.colour is required, but the schema has no such field",
		"Product.Search is a declared query that the requirements do not name",
		"Product has the index gin (name), which no requirement explains",
	} {
		assert.Contains(t, out, want)
	}
}

func TestERD(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "r.yaml", smallRequirements)
	put(t, dir, "s.dbml", "Table notes {\n id uuid [pk]\n title varchar(10) [not null]\n}\n")
	for file, want := range map[string]string{"a.svg": "<svg ", "a.mmd": "erDiagram", "a.md": "```mermaid", "a.dbml": "Table notes {", "a.dot": "digraph design {", "a.txt": "┌─ notes "} {
		code, _, errs := designed(t, dir, "erd", "r.yaml", "-o", file)
		assert.Equal(t, ExitOK, code, errs)
		data, err := os.ReadFile(filepath.Join(dir, file))
		require.NoError(t, err)
		assert.Contains(t, string(data), want)
	}
	code, out, _ := designed(t, dir, "erd", "s.dbml")
	assert.Equal(t, ExitOK, code)
	assert.Contains(t, out, "title")
	for _, args := range [][]string{{"erd", "r.yaml", "--format", "gif"}, {"erd", "nowhere"}, {"erd", "postgres://u:secret@127.0.0.1:1/x?sslmode=disable"}} {
		code, _, errs := designed(t, dir, args...)
		assert.Equal(t, ExitUsage, code, args)
		assert.NotContains(t, errs, "secret")
	}
}

// What the DBML drawing says can be read back.
func TestDBMLRoundTrip(t *testing.T) {
	dir := t.TempDir()
	for _, e := range []string{"shop", "hospital", "marketplace", "issuetracker", "iot"} {
		example, err := filepath.Abs(filepath.Join("../../examples", e, "requirements.yaml"))
		require.NoError(t, err)
		file := filepath.Join(dir, e+".dbml")
		require.NoError(t, func() error {
			var out, errs bytes.Buffer
			if code := Main([]string{"plinth", "erd", example, "-o", file}, strings.NewReader(""), &out, &errs); code != 0 {
				t.Errorf("%s", errs.String())
			}
			return nil
		}())
		d, err := readDesign(file, nil)
		if assert.NoError(t, err, e) {
			assert.NotEmpty(t, d.Types)
		}
	}
}

func TestInitRefusesToOverwrite(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "go.mod", "module there.already\n")
	code, _, errs := designed(t, dir, "init", ".")
	assert.Equal(t, ExitUsage, code)
	assert.Contains(t, errs, "has go.mod already; init does not overwrite anything")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1)
	for _, c := range [][2]string{{"--module=not a path", "is no module path"}, {"--dialect=oracle", "neither postgres nor sqlite"}, {"--from=gone.yaml", "reading the requirements"}, {"--replace=/nowhere", "reading plinth's go.mod"}} {
		code, _, errs := designed(t, t.TempDir(), "init", "x", c[0])
		assert.Equal(t, ExitUsage, code, c[0])
		assert.Contains(t, errs, c[1])
		assert.NoDirExists(t, "x")
	}
}
