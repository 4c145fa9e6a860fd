package project_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/plinth-go/plinth/internal/project"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		p := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(p), 0o755))
		require.NoError(t, os.WriteFile(p, []byte(text), 0o600))
	}
}

func load(t *testing.T, hcl string, opts project.Options) (*project.Project, error) {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{"atlas.hcl": hcl})
	return project.Find(context.Background(), dir, opts)
}

func TestEnv(t *testing.T) {
	t.Setenv("PLINTH_TEST_PASS", "s3cret")
	p, err := load(t, `
variable "tenant" {
  type    = string
  default = "acme"
}
variable "ports" {
  type    = list(number)
  default = [5432]
}
locals {
  host = "db-${var.tenant}"
  dir  = local.base
  base = "file://migrations"
}
lint {
  latest = 3
  destructive { error = true }
  rule "M101" { severity = "WARNING" }
}
diff {
  skip { drop_schema = true }
}
env "prod" {
  src = ["file://a.sql", "file://b.sql"]
  url = "postgres://app:${getenv("PLINTH_TEST_PASS")}@${local.host}:${var.ports[0]}/${atlas.env}?sslmode=disable"
  dev = "docker://postgres/15/dev"
  region = "eu"
  migration {
    dir              = local.dir
    format           = "golang-migrate"
    exec_order       = LINEAR_SKIP
    lock_timeout     = "3s"
    revisions_schema = "audit"
    baseline         = "1"
  }
  diff {
    concurrent_index { create = true }
  }
  format {
    migrate { apply = "{{ json . }}" }
  }
}
env "broken" { url = local.nothing }
`, project.Options{Env: "prod", Vars: map[string][]string{"tenant": {"umbrella"}}})
	require.NoError(t, err)
	require.Len(t, p.Envs, 1)
	e := p.Envs[0]
	require.Equal(t, []string{"prod", "broken"}, p.Names)
	require.Equal(t, "postgres://app:s3cret@db-umbrella:5432/prod?sslmode=disable", e.URL)
	require.Equal(t, []string{"file://a.sql", "file://b.sql"}, e.Src)
	require.Equal(t, project.Migration{
		Dir: "file://migrations", Format: "golang-migrate", ExecOrder: "linear-skip", LockTimeout: "3s",
		RevisionsSchema: "audit", Baseline: "1",
	}, e.Migration)
	require.Equal(t, 3, e.Lint.Latest)
	require.Equal(t, "warning", e.Lint.Rules["M101"].Severity)
	require.True(t, e.Diff.Skip["drop_schema"])
	require.True(t, *e.Diff.ConcurrentCreate)
	require.Equal(t, "{{ json . }}", e.Format.Apply)
	require.Equal(t, "eu", e.Vars["region"].AsString())
	u, err := e.Lookup("env://region")
	require.NoError(t, err)
	require.Equal(t, "eu", u)
	require.Len(t, p.Warnings, 1)
	require.Contains(t, p.Warnings[0].String(), `unknown attribute "region" in env "prod"`)
}

func TestDynamicEnvs(t *testing.T) {
	const file = `
variable "tenants" {
  type    = set(string)
  default = ["a", "b"]
}
env {
  name     = atlas.env
  for_each = var.tenants
  url      = "sqlite://${each.value}.db"
  migration { dir = "file://m" }
}
env "exact" { url = "sqlite://exact.db" }
`
	p, err := load(t, file, project.Options{Env: "any"})
	require.NoError(t, err)
	require.Len(t, p.Envs, 2)
	require.Equal(t, "sqlite://a.db", p.Envs[0].URL)
	p, err = load(t, file, project.Options{Env: "any", Vars: map[string][]string{"tenants": {"x", "y", "z"}}})
	require.NoError(t, err)
	require.Len(t, p.Envs, 3)
	p, err = load(t, file, project.Options{Env: "exact"})
	require.NoError(t, err)
	require.Len(t, p.Envs, 1)
	require.Equal(t, "sqlite://exact.db", p.Envs[0].URL)
}

func TestDataSources(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"secret.txt":   "hush",
		"schema.hcl":   `schema "main" {}`,
		"tpl/1_a.sql":  `{{ template "shared/t" .Name }}`,
		"tpl/shared/t": `{{ define "shared/t" }}CREATE TABLE {{ . }} (id int);{{ end }}`,
		"atlas.hcl": `
data "sql" "tenants" {
  url   = "sqlite://x.db"
  query = "SELECT 'a' WHERE 1 = ? UNION ALL SELECT 'b'"
  args  = [1]
}
data "external" "conf" { program = ["echo", "{\"port\": 5433}"] }
data "external_schema" "orm" { program = ["echo", "CREATE TABLE t (id int);"] }
data "hcl_schema" "app" {
  path = "schema.hcl"
  vars = { tenant = "t1" }
}
data "template_dir" "dir" {
  path = "tpl"
  vars = { Name = "orders" }
}
data "runtimevar" "unused" { url = "awssecretsmanager://x" }
locals { conf = jsondecode(data.external.conf) }
env "e" {
  for_each = toset(data.sql.tenants.values)
  url      = "postgres://u:${file("secret.txt")}@h:${local.conf.port}/${each.value}"
  src      = [data.external_schema.orm.url, data.hcl_schema.app.url]
  migration { dir = data.template_dir.dir.url }
}
`})
	p, err := project.Find(context.Background(), dir, project.Options{Env: "e",
		OpenDB: func(_ context.Context, url string) (*sql.DB, error) {
			require.Equal(t, "sqlite://x.db", url)
			return sql.Open("sqlite", ":memory:")
		}})
	require.NoError(t, err)
	require.Len(t, p.Envs, 2)
	e := p.Envs[1]
	require.Equal(t, "postgres://u:hush@h:5433/b", e.URL)
	doc := e.Documents[e.Src[0]]
	b, err := doc.Read(context.Background())
	require.NoError(t, err)
	require.Equal(t, "CREATE TABLE t (id int);\n", string(b))
	require.Equal(t, "t1", e.Documents[e.Src[1]].Vars["tenant"].AsString())
	files, err := e.Dirs[e.Migration.Dir].Files()
	require.NoError(t, err)
	require.Equal(t, "CREATE TABLE orders (id int);", string(files[0].Bytes()))
}

func TestMistakes(t *testing.T) {
	for name, tt := range map[string]struct{ hcl, env, want string }{
		"syntax":       {"env \"x\" {\n  url = \n}", "x", "atlas.hcl:2"},
		"no env":       {`env "prod" {}`, "pord", `did you mean "prod"?`},
		"variable":     {"\nvariable \"v\" {\n  type = string\n}\nenv \"x\" {}", "x", `atlas.hcl:2: missing value for required variable "v"; give it with --var v=VALUE`},
		"runtimevar":   {"data \"runtimevar\" \"p\" {\n url = \"x\"\n}\nenv \"x\" { url = data.runtimevar.p }", "x", `atlas.hcl:1: data.runtimevar.p: data source "runtimevar" is not supported`},
		"remote dir":   {"data \"remote_dir\" \"p\" {\n name = \"x\"\n}\nenv \"x\" {\n migration { dir = data.remote_dir.p.url }\n}", "x", "vendor's registry"},
		"data kind":    {"data \"sqll\" \"p\" {}\nenv \"x\" {}", "x", `did you mean "sql"?`},
		"src":          {`env "x" { src = 1 }`, "x", "expected src to be a string or a list of strings, got number"},
		"cycle":        {"locals {\n a = local.b\n b = local.a\n}\nenv \"x\" { url = local.a }", "x", "cyclic reference"},
		"program":      {"data \"external\" \"p\" { program = [\"false\"] }\nenv \"x\" { url = data.external.p }", "x", `running "false"`},
		"missing attr": {"env \"x\" { url = local.u }", "x", "atlas.hcl:1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, tt.hcl, project.Options{Env: tt.env})
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestWarnings(t *testing.T) {
	p, err := load(t, `
env "x" {
  ulr = "a"
  migrations { dir = "file://m" }
  migration { revision_schema = "r" }
}
polcy "a" {}
`, project.Options{Env: "x"})
	require.NoError(t, err)
	var got []string
	for _, w := range p.Warnings {
		got = append(got, filepath.Base(w.File)+w.String()[len(w.File):])
	}
	require.Equal(t, []string{
		`atlas.hcl:3: unknown attribute "ulr" in env "x"; did you mean "url"?`,
		`atlas.hcl:4: unknown block "migrations" in env "x"; did you mean "migration"?`,
		`atlas.hcl:5: unknown attribute "revision_schema" in env "x", migration; did you mean "revisions_schema"?`,
		`atlas.hcl:7: unknown block "polcy"; it is ignored`,
	}, got)
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	_, err := project.Find(context.Background(), dir, project.Options{})
	require.ErrorIs(t, err, project.ErrNotProject)
	require.ErrorContains(t, err, "plinth init")
	write(t, dir, map[string]string{"migrations/1_a.up.sql": "SELECT 1;", "ent/schema/x.go": "package schema"})
	p, err := project.Find(context.Background(), dir, project.Options{})
	require.NoError(t, err)
	require.Equal(t, "golang-migrate", p.Envs[0].Migration.Format)
	require.Equal(t, []string{"ent://ent/schema"}, p.Envs[0].Src)
}

func TestURL(t *testing.T) {
	for in, want := range map[string]project.URL{
		"postgres://u:p@h/d?search_path=public": {Kind: "postgres", Schema: "public", DSN: "postgres://u:p@h/d?search_path=public"},
		"postgresql://h/d":                      {Kind: "postgres", DSN: "postgres://h/d"},
		"file://migrations?format=goose":        {Kind: "file", Path: "migrations"},
		"file:///abs/m":                         {Kind: "file", Path: "/abs/m"},
		"ent://ent/schema":                      {Kind: "ent", Path: "ent/schema"},
		"docker://postgres/15/dev":              {Kind: "docker", Path: "postgres/15/dev"},
		"sqlite:///tmp/x.db?_fk=1": {Kind: "sqlite3", Schema: "main", Path: "/tmp/x.db",
			DSN: "file:/tmp/x.db?_pragma=foreign_keys%281%29&_pragma=busy_timeout%2810000%29&_time_format=sqlite"},
	} {
		u, err := project.ParseURL(in)
		require.NoError(t, err, in)
		require.Equal(t, want.Kind, u.Kind, in)
		require.Equal(t, want.Schema, u.Schema, in)
		if want.DSN != "" {
			require.Equal(t, want.DSN, u.DSN)
		}
		if want.Path != "" {
			require.Equal(t, want.Path, u.Path)
		}
	}
	for in, want := range map[string]string{
		"mysql://u:pw@h/d":       "mysql is not supported",
		"migrations":             "did you mean file://migrations?",
		"atlas://x":              "registry is not supported",
		"postgres://u:p%w@ h/d":  "percent-encoded",
		"postgres://u:p w@h/d\n": "parsing URL",
	} {
		_, err := project.ParseURL(in)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "pw")
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		`dial "postgres://u:p@ss:w@h:1/d?x=1": no`: `dial "postgres://u:xxxxx@h:1/d?x=1": no`,
		"host=h password=abc user=u":               "host=h password=xxxxx user=u",
		"postgres://h/d?password=abc&x=1":          "postgres://h/d?password=xxxxx&x=1",
		"postgres://u@h/d":                         "postgres://u@h/d",
	} {
		require.Equal(t, want, project.Redact(in))
	}
}
