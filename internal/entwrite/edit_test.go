package entwrite

import (
	"go/format"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/requirement"
)

const handwritten = `package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// User is written by hand.
// It has a second line.
type User struct {
	ent.Schema // embedded
}

/* a stray comment */

// Fields of the User.
func (u *User) Fields() []ent.Field {
	// why these
	return []ent.Field{
		// The address.
		field.String("email").MaxLen(100), // shorter than it should be
		field.Bool("odd"),
	}
}

func (User) Hooks() []ent.Hook { return nil }

// Indexes of the User.
func (User) Indexes() []ent.Index {
	return nil
}

func helper() []ent.Index { return []ent.Index{index.Fields("odd")} }
`

func design(t *testing.T, text string) *requirement.Design {
	t.Helper()
	doc, err := requirement.Parse("r.yaml", []byte(text))
	require.NoError(t, err)
	d, err := requirement.New(doc)
	require.NoError(t, err)
	return d
}

const wanted = `version: 1
name: app
tenancy: none
entities:
  User:
    soft_delete: true
    attributes:
      email: {type: string(320), unique: true}
      name: string(50)
    queries:
      ByName: {eq: name, sort: -created_at}
    volume: {rows: 5}
  Post:
    attributes:
      title: string(50)
relationships:
  - {kind: one_to_many, from: User, to: Post, inverse: author, on_delete: cascade}
`

func TestAdditionsKeepWhatAPersonWrote(t *testing.T) {
	schemas := FromDesign(design(t, wanted))
	res, err := Edit(map[string][]byte{"user.go": []byte(handwritten)}, schemas)
	require.NoError(t, err)
	assert.Empty(t, res.Manual)
	got := string(res.Files["user.go"])
	formatted, err := format.Source([]byte(got))
	require.NoError(t, err)
	assert.Equal(t, string(formatted), got)
	for _, line := range strings.Split(handwritten, "\n") {
		if s := strings.TrimSpace(line); s != "" && s != "return nil" && s != ")" {
			assert.Contains(t, got, s)
		}
	}
	for _, want := range []string{
		`field.String("name").MaxLen(50)`, `index.Fields("email").Unique()`, `mixin.SoftDelete{}`, `edge.To("posts", Post.Type)`,
		`{Name: "ByName", Eq: []string{"name"}, Sort: []string{"-created_at"}}`, `annotation.Volume{Rows: 5}`,
		`"github.com/plinth-go/plinth/mixin"`, `"entgo.io/ent/dialect/entsql"`,
	} {
		assert.Contains(t, got, want)
	}
	assert.NotContains(t, got, "320", "an existing field is not changed; --check reports it")
	assert.Contains(t, res.Files, "post.go")

	files := map[string][]byte{"user.go": res.Files["user.go"], "post.go": res.Files["post.go"]}
	again, err := Edit(files, schemas)
	require.NoError(t, err)
	assert.Empty(t, again.Files)
	assert.Empty(t, again.Changes)
}

func TestWhatCannotBeAddedIsReported(t *testing.T) {
	src := `package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
)

type User struct{ ent.Schema }

func (User) Fields() []ent.Field {
	return append(base(), field.String("email"))
}

func base() []ent.Field { return nil }
`
	res, err := Edit(map[string][]byte{"user.go": []byte(src)}, FromDesign(design(t, wanted)))
	require.NoError(t, err)
	require.Len(t, res.Manual, 1, "email is found although the list is computed")
	m := res.Manual[0]
	assert.Equal(t, "add field User.name", m.Change.String())
	assert.Equal(t, 10, m.Line)
	assert.Contains(t, m.Why, "Fields() of User does not return a list that is written out")
	assert.Contains(t, m.Expr, `field.String("name")`)
	assert.Contains(t, string(res.Files["user.go"]), "append(base(), field.String(\"email\"))")
}

func TestTwoTypesInAFileAndMethodsElsewhere(t *testing.T) {
	files := map[string][]byte{
		"all.go":    []byte("package schema\n\nimport \"entgo.io/ent\"\n\ntype (\n\tUser struct{ ent.Schema }\n\tPost struct{ ent.Schema }\n)\n"),
		"fields.go": []byte("package schema\n\nimport (\n\t\"entgo.io/ent\"\n\t\"entgo.io/ent/schema/field\"\n)\n\nfunc (User) Fields() []ent.Field { return []ent.Field{field.String(\"email\")} }\n"),
	}
	res, err := Edit(files, FromDesign(design(t, wanted)))
	require.NoError(t, err)
	assert.NotContains(t, res.Files, "user.go")
	assert.NotContains(t, res.Files, "fields.go")
	require.Len(t, res.Manual, 1)
	assert.Contains(t, string(res.Files["all.go"]), "func (Post) Fields() []ent.Field")
}

func TestASourceThatDoesNotParse(t *testing.T) {
	_, err := Edit(map[string][]byte{"user.go": []byte("package schema\n\nfunc (")}, FromDesign(design(t, wanted)))
	assert.ErrorContains(t, err, "reading user.go: 3:7")
}

func TestDiff(t *testing.T) {
	d := Diff("ent/schema/user.go", []byte("a\nb\nc\n"), []byte("a\nb\nx\nc\n"))
	assert.Equal(t, "--- a/ent/schema/user.go\n+++ b/ent/schema/user.go\n@@ -1,3 +1,4 @@\n a\n b\n+x\n c\n", d)
	assert.Contains(t, Diff("n.go", nil, []byte("a\n")), "--- /dev/null\n+++ b/n.go\n")
}
