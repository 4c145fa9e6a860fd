package entload

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
	"entgo.io/ent/schema/field"
	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

func ddl(t *testing.T, r *schema.Realm) string {
	t.Helper()
	var changes []schema.Change
	for _, s := range r.Schemas {
		for _, x := range s.Tables {
			changes = append(changes, &schema.AddTable{T: x})
		}
	}
	plan, err := postgres.DefaultPlan.PlanChanges(context.Background(), "x", changes)
	require.NoError(t, err)
	var lines []string
	for _, c := range plan.Changes {
		lines = append(lines, c.Cmd)
	}
	return strings.Join(lines, "\n")
}

// A project that does not use the extension comes out exactly as Ent itself builds it.
func TestForeignProjectAsEntItself(t *testing.T) {
	path := "./testdata/plain/ent/schema"
	ours, err := Load(context.Background(), Options{Path: path, CacheDir: t.TempDir()})
	require.NoError(t, err)
	require.False(t, ours.Conventions)

	storage, err := gen.NewStorage("sql")
	require.NoError(t, err)
	stock, err := entc.LoadGraph(path, &gen.Config{Storage: storage, IDType: &field.TypeInfo{Type: field.TypeInt64}})
	require.NoError(t, err)
	tables, err := stock.Tables()
	require.NoError(t, err)
	r, err := realm(context.Background(), schemagraph.Postgres, tables)
	require.NoError(t, err)
	require.Equal(t, ddl(t, r), ddl(t, ours.Realm))
	require.Equal(t, []schemagraph.Companion{{
		Kind: "view", Name: "active_users", DependsOn: []string{"users"},
		Create: "CREATE VIEW \"active_users\" AS\nSELECT email FROM users WHERE state = 'ACTIVE'", Drop: `DROP VIEW "active_users"`,
	}}, ours.Companions)
}

// edge.To(…).From(…) declares two edges in one place.
func TestPositionOfBothWays(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "node.go")
	require.NoError(t, os.WriteFile(file, []byte("package schema\n\nfunc (Node) Edges() []ent.Edge {\n\treturn []ent.Edge{\n"+
		"\t\tedge.To(\"next\", Node.Type).Unique(),\n\t\tedge.To(\"children\", Node.Type).\n\t\t\tFrom(\"parent\").Unique(),\n\t}\n}\n\ntype Node struct{ ent.Schema }\n"), 0o600))
	src, err := parseSource(dir, dir)
	require.NoError(t, err)
	for name, line := range map[string]int{"next": 5, "children": 6, "parent": 6} {
		c, ok := find(src.types["Node"].edges, name, 0, 3)
		require.True(t, ok, name)
		require.Equal(t, line, c.pos.Line, name)
	}
}

func TestForeignProjectIntent(t *testing.T) {
	g, err := Load(context.Background(), Options{Path: "testdata/plain/ent/schema", CacheDir: t.TempDir()})
	require.NoError(t, err)
	var names []string
	for _, e := range g.Entities {
		names = append(names, e.Name)
	}
	require.Equal(t, []string{"Card", "Comment", "Group", "Membership", "Post", "User"}, names)

	post, _ := g.Entity("Post")
	require.Equal(t, "blog_posts", post.Table)
	require.Equal(t, []string{"TimeMixin", "OwnerMixin"}, post.Mixins)
	title, _ := post.Field("title")
	require.Equal(t, schemagraph.Pos{File: "testdata/plain/ent/schema/post.go", Line: 31, Column: 3}, title.Pos)
	require.EqualValues(t, 120, title.MaxLen)
	created, _ := post.Field("created_at")
	require.Equal(t, "TimeMixin", created.Mixin)
	require.Equal(t, "testdata/plain/ent/schema/base.go:23:3", created.Pos.String())
	owner, _ := post.Edge("owner")
	require.Equal(t, "OwnerMixin", owner.Mixin)
	require.Equal(t, "M2O", owner.Rel)
	require.True(t, owner.OwnsFK())
	comments, _ := post.Edge("comments")
	require.Equal(t, "CASCADE", comments.OnDelete)
	require.Equal(t, "posts_by_title", post.Indexes[2].Name)
	require.Equal(t, "testdata/plain/ent/schema/post.go:50:3", post.Indexes[2].Pos.String())

	user, _ := g.Entity("User")
	last, ok := user.Field("last_name")
	require.True(t, ok)
	require.Equal(t, user.Pos, last.Pos, "a field whose place cannot be told is at its type")
	state, _ := user.Field("state")
	require.Equal(t, "enum", state.Type)
	require.Equal(t, []string{"ACTIVE", "OFF"}, state.Enum)
	groups, _ := user.Edge("groups")
	require.Equal(t, "Membership", groups.Through)
}

func TestReferenceDesignFollowsTheConventions(t *testing.T) {
	g, err := Load(context.Background(), Options{Path: "../../ent/schema", CacheDir: t.TempDir()})
	require.NoError(t, err)
	require.True(t, g.Conventions)
	sql := ddl(t, g.Realm)
	for _, want := range []string{
		`CONSTRAINT "ck_orders_status" CHECK (CAST(status AS text) IN ('draft', 'paid', 'shipped', 'cancelled'))`,
		`CONSTRAINT "ck_orders_total_cents" CHECK (total_cents >= 0)`,
		`"email" character varying(320) NOT NULL`,
		`CONSTRAINT "fk_orders_users" FOREIGN KEY ("customer_id") REFERENCES "public"."users" ("id") ON DELETE RESTRICT`,
		`CREATE INDEX "ix_order_items_product_id"`,
		`CREATE INDEX "ix_product_categories_category_id"`,
		`CREATE UNIQUE INDEX "uq_users_tenant_id_email" ON "public"."users" ("tenant_id", "email") WHERE deleted_at IS NULL`,
		`COMMENT ON TABLE "public"."orders" IS 'Order is a customer''s purchase.'`,
		`"created_at" timestamptz NOT NULL DEFAULT (now())`,
	} {
		require.Contains(t, sql, want)
	}
	require.Equal(t, "pg_trgm", g.Companions[0].Name)
	order, _ := g.Entity("Order")
	require.Len(t, order.Facts.Queries, 2)
	deleted, ok := order.FieldWith(annotation.SoftDelete)
	require.True(t, ok)
	require.Equal(t, "deleted_at", deleted.Column)

	lite, err := Load(context.Background(), Options{Path: "../../ent/schema", Dialect: schemagraph.SQLite, CacheDir: t.TempDir()})
	require.NoError(t, err)
	require.Equal(t, schemagraph.SQLite, lite.Dialect)
	require.Empty(t, lite.Companions)
}

func TestLoadIsCachedUntilTheSourceChanges(t *testing.T) {
	cache := t.TempDir()
	opts := Options{Path: "testdata/plain/ent/schema", CacheDir: cache}
	first, err := Load(context.Background(), opts)
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(cache, "load", "*.json"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	second, err := Load(context.Background(), opts)
	require.NoError(t, err)
	a, err := json.Marshal(first.Entities)
	require.NoError(t, err)
	b, err := json.Marshal(second.Entities)
	require.NoError(t, err)
	require.JSONEq(t, string(a), string(b))
	require.NoError(t, os.WriteFile(files[0], []byte("broken"), 0o600))
	_, err = Load(context.Background(), opts)
	require.NoError(t, err, "a broken cache file is read again")
}

func TestNothingIsWrittenIntoTheProject(t *testing.T) {
	before := tree(t, "testdata/plain")
	_, err := Load(context.Background(), Options{Path: "testdata/plain/ent/schema", CacheDir: "off"})
	require.NoError(t, err)
	require.Equal(t, before, tree(t, "testdata/plain"))
}

func tree(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		names = append(names, path)
		return err
	}))
	return names
}

func TestMistakes(t *testing.T) {
	yes := true
	syntax := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(syntax, "s.go"), []byte("package schema\n\ntype T struct {\n"), 0o644))
	for name, want := range map[string]string{
		"testdata/absent":                   "testdata/absent does not exist; give the directory of the Ent schema package",
		"load_test.go":                      "load_test.go is a file",
		syntax:                              "s.go:3:17: expected '}', found 'EOF'",
		"testdata/broken/types/schema":      "testdata/broken/types/schema/s.go:7:40: undefined: nothing",
		"testdata/broken/empty/schema":      "has no Ent schema",
		"testdata/broken/annotation/schema": `testdata/broken/annotation/schema/s.go:19:21: reading annotation PlinthNullable: json: unknown field "whi"`,
		"testdata/broken/panics/schema":     `testdata/broken/panics/schema/s.go:6:6: schema "A": A.Fields panics: on purpose`,
		"testdata/broken/delete/schema":     `testdata/broken/delete/schema/s.go:14:49: edge "bs" of A says nothing about ON DELETE; add .Annotations(entsql.OnDelete(`,
		"testdata/broken/inverse/schema":    `testdata/broken/inverse/schema/s.go:21:3: edge "a" of B sets OnDelete on edge.From, which Ent ignores; write it on edge.To("bs", …) of A`,
		"testdata/broken/clash/schema":      `table as would have two objects named "ix_as_x"`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(context.Background(), Options{Path: name, CacheDir: "off", Conventions: &yes})
			require.ErrorContains(t, err, want)
		})
	}
	_, err := Load(context.Background(), Options{Path: "testdata/broken/inverse/schema", CacheDir: "off", Conventions: &yes})
	require.ErrorContains(t, err, `edge "bs" of A is ON DELETE SET NULL, but column bs.a_bs is NOT NULL`)
}

func TestProjectInAnotherModule(t *testing.T) {
	dir := t.TempDir()
	schemaDir := filepath.Join(dir, "ent", "schema")
	require.NoError(t, os.MkdirAll(schemaDir, 0o755))
	for _, name := range []string{"base.go", "user.go", "post.go", "group.go"} {
		data, err := os.ReadFile(filepath.Join("testdata/plain/ent/schema", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(schemaDir, name), data, 0o644))
	}
	directive, err := os.ReadFile("testdata/plain/ent/generate.go")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ent", "generate.go"), directive, 0o644))
	_, err = Load(context.Background(), Options{Path: schemaDir, CacheDir: "off"})
	require.ErrorContains(t, err, "is not inside a Go module")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/blog\n\ngo 1.24\n"), 0o644))
	_, err = Load(context.Background(), Options{Path: schemaDir, CacheDir: "off"})
	require.ErrorContains(t, err, "run `go mod tidy` in the project")

	versions, err := exec.Command("go", "list", "-m", "-f", "{{.Path}} {{.Version}}", "entgo.io/ent", "github.com/google/uuid").Output()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"),
		[]byte("module example.com/blog\n\ngo 1.24\n\nrequire (\n"+string(versions)+")\n"), 0o644))
	sums, err := os.ReadFile("../../go.sum")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o644))
	g, err := Load(context.Background(), Options{Path: schemaDir, CacheDir: "off"})
	require.NoError(t, err)
	require.Len(t, g.Entities, 6)
}

func TestDirectiveIsForTheSchemaItNames(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "a/ent/schema/x.go", "b/ent/schema/x.go"} {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte("package schema\n"), 0o644))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/two\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gen.go"), []byte("package two\n\n//go:generate go tool plinth generate ./a/ent/schema --feature sql/lock\n"), 0o644))
	a, b := ReadProject(filepath.Join(dir, "a/ent/schema")), ReadProject(filepath.Join(dir, "b/ent/schema"))
	require.True(t, a.Plinth)
	require.Equal(t, []string{"sql/lock"}, a.Features)
	require.False(t, b.Plinth)
}
