package cli_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ariga.io/atlas/atlasexec"
	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
)

// atlasRun runs this test binary under the name atlas, as a script would.
func atlasRun(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := exec.Command("atlas", args...)
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		require.IsType(t, &exec.ExitError{}, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

func putFiles(t *testing.T, files map[string]string) {
	t.Helper()
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
}

// TestAtlasTexts holds the texts and exit codes that scripts rely on.
func TestAtlasTexts(t *testing.T) {
	t.Chdir(t.TempDir())
	putFiles(t, map[string]string{
		"migrations/1_a.sql": "CREATE TABLE a (id int);\nSELECT\n 1;\n",
		"migrations/2_b.sql": "CREATE TABLE b (id int);\n",
	})
	code, out, _ := atlasRun(t, "version")
	require.Zero(t, code)
	require.Regexp(t, `^atlas version v\d+\.\d+\.\d+\n`, out)

	code, out, errs := atlasRun(t, "migrate", "status", "-u", "sqlite://x.db")
	require.Equal(t, 1, code)
	require.Equal(t, "You have a checksum error in your migration directory.\nPlease check your migration files and run 'atlas migrate hash' to re-hash the contents\n\n", out)
	require.Equal(t, "Error: checksum file not found\n", errs)
	code, out, errs = atlasRun(t, "migrate", "hash")
	require.Zero(t, code, out+errs)
	require.Empty(t, out+errs)

	_, out, _ = atlasRun(t, "migrate", "status", "-u", "sqlite://x.db")
	require.Equal(t, `Migration Status: PENDING
  -- Current Version: No migration applied yet
  -- Next Version:    1
  -- Executed Files:  0
  -- Pending Files:   2
`, out)
	code, out, errs = atlasRun(t, "migrate", "apply", "-u", "sqlite://x.db")
	require.Zero(t, code, errs)
	require.Regexp(t, `^Migrating to version 2 \(2 migrations in total\):

  -- migrating version 1
    -> CREATE TABLE a \(id int\);
    -> SELECT
        1;
  -- ok \([^)]+\)

  -- migrating version 2
    -> CREATE TABLE b \(id int\);
  -- ok \([^)]+\)

  -------------------------
  -- [^ ]+s
  -- 2 migrations
  -- 3 sql statements
$`, out)
	_, out, _ = atlasRun(t, "migrate", "apply", "-u", "sqlite://x.db")
	require.Equal(t, "No migration files to execute\n", out)
	_, out, _ = atlasRun(t, "migrate", "set", "1", "-u", "sqlite://x.db")
	require.Equal(t, "Current version is 1 (1 removed):\n\n  - 2 (b)\n\n", out)

	putFiles(t, map[string]string{"migrations/1_a.sql": "SELECT 2;\n"})
	code, out, errs = atlasRun(t, "migrate", "validate")
	require.Equal(t, 1, code)
	require.Contains(t, out, "\n\n\tL2: 1_a.sql was edited\n\n")
	require.Equal(t, "Error: checksum mismatch\n", errs)

	for args, want := range map[string]string{
		"migrate apply -u mysql://u:hush@h/d --dir file://none": "Error: sql/migrate: stat none: no such file or directory\n",
		"migrate diff x":                       "Error: required flag(s) \"dev-url\", \"to\" not set\n",
		"migrate push":                         "Error: 'atlas migrate push' is not supported: it needs the vendor's registry\n",
		"migrate apply --nope":                 "Error: unknown flag: --nope\n",
		"migrate lint --env x -c file://n.hcl": "Error: config file \"n.hcl\" was not found: open n.hcl: no such file or directory\n",
		"schema apply":                         "Error: required flag(s) \"url\" not set\n",
	} {
		code, _, errs := atlasRun(t, strings.Fields(args)...)
		require.Equal(t, 1, code, args)
		require.Equal(t, want, errs, args)
	}
}

// TestAtlasExec drives us through the vendor's own client library.
func TestAtlasExec(t *testing.T) {
	pg := devdbtest.Test(t)
	dev := devdbtest.Test(t)
	for name, u := range map[string]struct{ url, dev string }{
		"postgres": {pg.URL + "&search_path=public", dev.URL + "&search_path=public"},
		"sqlite":   {"sqlite://file.db?_fk=1", "sqlite://dev?mode=memory&_fk=1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			ctx := context.Background()
			c, err := atlasexec.NewClient(".", "atlas")
			require.NoError(t, err)
			putFiles(t, map[string]string{
				"schema.sql": "CREATE TABLE users (id int PRIMARY KEY, name varchar(20) NOT NULL);",
				"atlas.hcl": `variable "url" { type = string }
env {
  name = atlas.env
  url  = var.url
  dev  = "` + u.dev + `"
  src  = "file://schema.sql"
  migration { dir = "file://migrations" }
}`})
			vars := atlasexec.Vars2{"url": u.url}
			out, err := exec.Command("atlas", "migrate", "diff", "init", "--env", "ci", "--var", "url="+u.url).CombinedOutput()
			require.NoError(t, err, string(out))
			st, err := c.MigrateStatus(ctx, &atlasexec.MigrateStatusParams{Env: "ci", Vars: vars})
			require.NoError(t, err)
			require.Equal(t, "PENDING", st.Status)
			require.Len(t, st.Pending, 1)
			dry, err := c.MigrateApply(ctx, &atlasexec.MigrateApplyParams{Env: "ci", Vars: vars, DryRun: true})
			require.NoError(t, err)
			require.Len(t, dry.Applied, 1)
			rep, err := c.MigrateApply(ctx, &atlasexec.MigrateApplyParams{Env: "ci", Vars: vars})
			require.NoError(t, err)
			require.Len(t, rep.Applied, 1)
			require.Equal(t, map[string]string{"postgres": "postgres", "sqlite": "sqlite"}[name], rep.Driver)

			putFiles(t, map[string]string{"schema.sql": "CREATE TABLE users (id int PRIMARY KEY, name varchar(20) NOT NULL);\nCREATE TABLE pets (id int PRIMARY KEY);"})
			d, err := c.MigrateDiff(ctx, &atlasexec.MigrateDiffParams{Env: "ci", Vars: vars, Name: "pets"})
			require.NoError(t, err)
			require.Len(t, d.Files, 1)
			require.Contains(t, d.Files[0].Content, "-- Create \"pets\" table\nCREATE TABLE ")
			out, err = exec.Command("atlas", "migrate", "diff", "pets", "--env", "ci", "--var", "url="+u.url).CombinedOutput()
			require.NoError(t, err, string(out))
			d, err = c.MigrateDiff(ctx, &atlasexec.MigrateDiffParams{Env: "ci", Vars: vars})
			require.NoError(t, err)
			require.Empty(t, d.Files)

			// A migration that fails: a report on stdout, nothing on stderr, exit code 1.
			out, err = exec.Command("atlas", "migrate", "new", "broken").CombinedOutput()
			require.NoError(t, err, string(out))
			files, err := filepath.Glob("migrations/*_broken.sql")
			require.NoError(t, err)
			putFiles(t, map[string]string{files[0]: "broken;\n"})
			require.NoError(t, c.MigrateHash(ctx, &atlasexec.MigrateHashParams{}))
			_, err = c.MigrateApply(ctx, &atlasexec.MigrateApplyParams{Env: "ci", Vars: vars})
			var failed *atlasexec.MigrateApplyError
			require.ErrorAs(t, err, &failed)
			require.Len(t, failed.Result[0].Applied, 2)
			require.Equal(t, "broken;", failed.Result[0].Applied[1].Error.Stmt)
			require.Contains(t, failed.Error(), `sql/migrate: executing statement "broken;" from version`)
			require.Empty(t, failed.Stderr)

			lint, err := c.MigrateLint(ctx, &atlasexec.MigrateLintParams{Env: "ci", Vars: vars, Latest: 2})
			require.NoError(t, err)
			require.Contains(t, lint.Files[0].Error, "executing statement: broken;")
			require.NoError(t, os.Remove(files[0]))
			putFiles(t, map[string]string{"migrations/20990101000000_drop.sql": "DROP TABLE pets;\n"})
			require.NoError(t, c.MigrateHash(ctx, &atlasexec.MigrateHashParams{}))
			lint, err = c.MigrateLint(ctx, &atlasexec.MigrateLintParams{Env: "ci", Vars: vars, Latest: 1})
			require.NoError(t, err)
			require.Equal(t, "destructive changes detected", lint.Files[0].Error)
			require.Equal(t, "DS102", lint.Files[0].Reports[0].Diagnostics[0].Code)
			require.NoError(t, os.Remove("migrations/20990101000000_drop.sql"))
			require.NoError(t, c.MigrateHash(ctx, &atlasexec.MigrateHashParams{}))

			// The declarative commands.
			sql, err := c.SchemaInspect(ctx, &atlasexec.SchemaInspectParams{URL: u.url, Format: "sql"})
			require.NoError(t, err)
			require.Contains(t, sql, "pets")
			putFiles(t, map[string]string{"schema.sql": "CREATE TABLE users (id int PRIMARY KEY, name varchar(20) NOT NULL, age int);\nCREATE TABLE pets (id int PRIMARY KEY);"})
			params := &atlasexec.SchemaApplyParams{URL: u.url, To: "file://schema.sql", DevURL: u.dev, Exclude: []string{"atlas_schema_revisions"}, DryRun: true}
			plan, err := c.SchemaApply(ctx, params)
			require.NoError(t, err)
			require.Len(t, plan.Changes.Pending, 1)
			params.DryRun, params.AutoApprove = false, true
			done, err := c.SchemaApply(ctx, params)
			require.NoError(t, err)
			require.Len(t, done.Changes.Applied, 1)
			done, err = c.SchemaApply(ctx, params)
			require.NoError(t, err)
			require.Empty(t, done.Changes.Applied)

			require.NoError(t, c.MigrateSet(ctx, &atlasexec.MigrateSetParams{Env: "ci", Vars: vars, Version: st.Pending[0].Version}))
			st, err = c.MigrateStatus(ctx, &atlasexec.MigrateStatusParams{Env: "ci", Vars: vars})
			require.NoError(t, err)
			require.Len(t, st.Applied, 1)
		})
	}
}

// TestAtlasPolicy: schemas are never dropped, concurrent indexes get their directive, what the planner cannot do is
// refused instead of written as an empty file.
func TestAtlasPolicy(t *testing.T) {
	t.Chdir(t.TempDir())
	putFiles(t, map[string]string{
		"migrations/1_a.sql": "CREATE TYPE mood AS ENUM ('a', 'b');\nCREATE TABLE t (id int, m mood);\n",
		"schema.sql":         "CREATE TYPE mood AS ENUM ('a', 'b');\nCREATE TABLE t (id int, m mood);\nCREATE INDEX ix ON t (id);\n",
		"atlas.hcl": `env "ci" {
  src = "file://schema.sql"
  dev = "docker://postgres/15/dev"
  migration { dir = "file://migrations" }
  diff {
    concurrent_index { create = true }
  }
}`})
	code, _, errs := atlasRun(t, "migrate", "hash")
	require.Zero(t, code, errs)
	code, out, errs := atlasRun(t, "migrate", "diff", "ix", "--env", "ci")
	require.Zero(t, code, out+errs)
	files, err := filepath.Glob("migrations/*_ix.sql")
	require.NoError(t, err)
	b, err := os.ReadFile(files[0])
	require.NoError(t, err)
	require.Contains(t, string(b), "-- atlas:txmode none\n\n")
	require.Contains(t, string(b), "CONCURRENTLY")
	require.NotContains(t, string(b), "DROP SCHEMA")
	putFiles(t, map[string]string{"schema.sql": "CREATE TYPE mood AS ENUM ('a');\nCREATE TABLE t (id int, m mood);\nCREATE INDEX ix ON t (id);\n"})
	code, out, errs = atlasRun(t, "migrate", "diff", "enum", "--env", "ci")
	if code == 0 {
		require.Contains(t, out, "no changes to be made")
	} else {
		require.Contains(t, errs, "plinth migrate diff")
	}
	files, err = filepath.Glob("migrations/*_enum.sql")
	require.NoError(t, err)
	require.Empty(t, files)
}
