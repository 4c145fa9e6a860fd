package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
)

// plinthRun runs the command line in-process.
func plinthRun(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Main(append([]string{"plinth"}, args...), strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// plinthOK runs a command that must succeed.
func plinthOK(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errs := plinthRun(t, args...)
	require.Equal(t, ExitOK, code, "%s\n%s%s", strings.Join(args, " "), out, errs)
	return out
}

func writeFiles(t *testing.T, files map[string]string) {
	t.Helper()
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
}

var shopFiles = map[string]string{
	"migrations/1_a.up.sql":   "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);\n",
	"migrations/1_a.down.sql": "DROP TABLE a;\n",
	"migrations/2_b.up.sql":   "CREATE TABLE b (id int);\n",
	"migrations/2_b.down.sql": "DROP TABLE b;\n",
}

func TestMigrateLoop(t *testing.T) {
	pg := devdbtest.Test(t)
	for name, url := range map[string]string{"postgres": pg.URL, "sqlite": "sqlite://test.db"} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			t.Setenv("DATABASE_URL", url)
			writeFiles(t, shopFiles)
			code, _, errs := plinthRun(t, "migrate", "status")
			require.Equal(t, ExitUsage, code)
			require.Contains(t, errs, "plinth migrate hash")
			plinthOK(t, "migrate", "hash")
			code, out, _ := plinthRun(t, "migrate", "status", "--check")
			require.Equal(t, ExitDiffers, code)
			require.Contains(t, out, "PENDING")
			out = plinthOK(t, "migrate", "apply", "--dry-run")
			require.Contains(t, out, "CREATE TABLE b")
			out = plinthOK(t, "migrate", "apply", "1")
			require.Contains(t, out, "applied 1 migration, 2 statements")
			out = plinthOK(t, "migrate", "apply", "--format", "json")
			var rep map[string]any
			require.NoError(t, json.Unmarshal([]byte(out), &rep))
			require.Equal(t, "2", rep["Target"])
			require.Equal(t, "OK\n", plinthOK(t, "migrate", "status", "--format", "{{ println .Status }}"))
			plinthOK(t, "migrate", "status", "--check")

			// Going down loses data: it needs consent.
			code, _, errs = plinthRun(t, "migrate", "down", "--to", "0")
			require.Equal(t, ExitConsent, code)
			require.Contains(t, errs, "table a: 1 row")
			hash := regexp.MustCompile(`--consent (\w+)`).FindStringSubmatch(errs)[1]
			out = plinthOK(t, "migrate", "down", "--to", "0", "--consent", hash)
			require.Contains(t, out, "undid 2 migrations")
			plinthOK(t, "migrate", "set", "1")
			out = plinthOK(t, "migrate", "status")
			require.Contains(t, out, "applied   1 migration")
		})
	}
}

// TestMigrateHidesPasswords: a template over a report cannot print one.
func TestMigrateHidesPasswords(t *testing.T) {
	pg := devdbtest.Test(t)
	t.Chdir(t.TempDir())
	writeFiles(t, shopFiles)
	plinthOK(t, "migrate", "hash")
	sep := "?"
	if strings.Contains(pg.URL, "?") {
		sep = "&"
	}
	u := pg.URL + sep + "application_name=x"
	if i := strings.Index(u, "://"); !strings.Contains(u[i+3:], "@") {
		u = u[:i+3] + "postgres:hush@" + u[i+3:]
	}
	for _, args := range [][]string{
		{"migrate", "status", "--url", u, "--format", "{{ .Env.URL }} {{ json . }}"},
		{"atlas", "migrate", "status", "--url", u, "--dir-format", "golang-migrate", "--format", "{{ .Env.URL }}"},
	} {
		_, out, errs := plinthRun(t, args...)
		require.NotContains(t, out+errs, "hush")
	}
}

func TestMigrateMistakes(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, tt := range map[string]struct {
		files map[string]string
		args  string
		code  int
		want  string
	}{
		"not a project": {nil, "migrate status", ExitUsage, "not a project"},
		"no database":   {shopFiles, "migrate apply", ExitUsage, "no database: give --url"},
		"unreachable":   {shopFiles, "migrate apply --url postgres://u:hush@127.0.0.1:1/d?sslmode=disable", ExitUsage, "connection refused"},
		"dialect":       {shopFiles, "migrate apply --url mysql://u:hush@h/d", ExitUsage, "mysql is not supported"},
		"tx-mode":       {shopFiles, "migrate apply --url sqlite://x.db --tx-mode some", ExitUsage, "use file, all or none"},
		"amount":        {shopFiles, "migrate apply --url sqlite://x.db many", ExitUsage, "not a number"},
		"format":        {shopFiles, "migrate apply --url sqlite://x.db --format {{", ExitUsage, "parse format"},
		"flag":          {shopFiles, "migrate apply --nope", ExitUsage, "unknown flag"},
		"env":           {map[string]string{"atlas.hcl": "env \"a\" {}\nenv \"b\" {}"}, "migrate status", ExitUsage, "choose one with --env"},
		"statement":     {map[string]string{"migrations/1_a.up.sql": "SELECT 1;\nSELEC 2;\n"}, "migrate apply --url sqlite://x.db", ExitFailure, `1_a.up.sql:2: executing statement "SELEC 2;"`},
		"edited":        {map[string]string{"migrations/atlas.sum": "h1:x\n1_a.up.sql h1:x\n", "migrations/1_a.up.sql": "SELECT 1;"}, "migrate apply --url sqlite://x.db", ExitUsage, "does not agree with itself"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			t.Setenv("DATABASE_URL", "")
			writeFiles(t, tt.files)
			if _, err := os.Stat("migrations"); err == nil && name != "edited" {
				plinthOK(t, "migrate", "hash")
			}
			code, out, errs := plinthRun(t, strings.Fields(tt.args)...)
			require.Equal(t, tt.code, code, "%s%s", out, errs)
			require.Contains(t, errs, tt.want)
			require.NotContains(t, errs+out, "hush")
		})
	}
}

func TestMigrateNewData(t *testing.T) {
	pg := devdbtest.Test(t)
	t.Chdir(t.TempDir())
	t.Setenv("DATABASE_URL", pg.URL)
	writeFiles(t, map[string]string{
		"migrations/1_a.up.sql": "CREATE TABLE o (id int PRIMARY KEY, v int);\nINSERT INTO o SELECT generate_series(1, 2500);\n",
	})
	plinthOK(t, "migrate", "hash")
	out := plinthOK(t, "migrate", "new", "--data", "fill", "--table", "o", "--set", "v = id * 2", "--where", "v IS NULL", "--dir-format", "golang-migrate")
	require.Contains(t, out, "_fill.up.sql")
	plinthOK(t, "migrate", "apply")
	var n int
	require.NoError(t, pg.DB.QueryRow("SELECT count(*) FROM o WHERE v = id * 2").Scan(&n))
	require.Equal(t, 2500, n)
	code, _, errs := plinthRun(t, "migrate", "new", "--data", "x", "--table", "o")
	require.Equal(t, ExitUsage, code)
	require.Contains(t, errs, "needs --table, --set and --where")
	plinthOK(t, "migrate", "new", "--data", "pattern")
	plinthOK(t, "migrate", "validate")
}

func TestMigrateDiffSQL(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("DATABASE_URL", "")
	writeFiles(t, map[string]string{
		"schema.sql": "CREATE TABLE a (id int PRIMARY KEY, name varchar(20) NOT NULL);",
		"atlas.hcl": `env "local" {
  src = "file://schema.sql"
  migration { dir = "file://migrations?format=golang-migrate" }
}`})
	out := plinthOK(t, "migrate", "diff", "init")
	require.Contains(t, out, "_init.up.sql")
	require.Contains(t, plinthOK(t, "migrate", "diff", "again"), syncedText)
	writeFiles(t, map[string]string{"schema.sql": "CREATE TABLE a (id int PRIMARY KEY);"})
	out = plinthOK(t, "migrate", "diff", "--dry-run", "drop")
	require.Contains(t, out, "DROP COLUMN")
	code, _, errs := plinthRun(t, "migrate", "diff", "drop")
	require.Equal(t, ExitConsent, code)
	require.Contains(t, errs, "nothing was written")
	hash := regexp.MustCompile(`--consent (\w+)`).FindStringSubmatch(errs)[1]
	plinthOK(t, "migrate", "diff", "drop", "--consent", hash)
	plinthOK(t, "migrate", "validate")

	// A file written by hand makes the snapshot stale: the directory is replayed.
	files, err := filepath.Glob("migrations/*_drop.up.sql")
	require.NoError(t, err)
	require.Len(t, files, 1)
	writeFiles(t, map[string]string{"migrations/29990101000000_hand.up.sql": "ALTER TABLE a ADD COLUMN b int;"})
	plinthOK(t, "migrate", "hash")
	writeFiles(t, map[string]string{"schema.sql": "CREATE TABLE a (id int PRIMARY KEY, b int, c int);"})
	out = plinthOK(t, "migrate", "diff", "--dry-run")
	require.NotContains(t, out, `"b"`)
	require.Contains(t, out, `"c"`)
}

func TestMigrateImportRebase(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFiles(t, map[string]string{
		"goose/00001_a.sql": "-- +goose Up\nCREATE TABLE a (id int);\n-- +goose Down\nDROP TABLE a;\n",
	})
	plinthOK(t, "migrate", "import", "--from", "file://goose?format=goose", "--to", "file://migrations")
	b, err := os.ReadFile("migrations/00001_a.down.sql")
	require.NoError(t, err)
	require.Equal(t, "DROP TABLE a;\n", string(b))
	writeFiles(t, map[string]string{"migrations/00001_b.up.sql": "CREATE TABLE b (id int);\n"})
	out := plinthOK(t, "migrate", "rebase", "00001_b.up.sql")
	require.Contains(t, out, "00001_b.up.sql -> 00002_b.up.sql")
}

func TestMigrateSquash(t *testing.T) {
	for name, tt := range map[string]struct{ format, extra, how string }{
		"schema": {"golang-migrate", "", "its schema written anew"},
		"rows":   {"golang-migrate", "INSERT INTO a VALUES (1, 'x');\n", "its statements one after the other"},
		"atlas":  {"atlas", "", "its schema written anew"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			suffix := ".up.sql"
			if tt.format == "atlas" {
				suffix = ".sql"
			}
			files := map[string]string{
				"migrations/20260101000000_a" + suffix: "CREATE TABLE a (id int PRIMARY KEY);\n",
				"migrations/20260102000000_b" + suffix: "ALTER TABLE a ADD COLUMN n text;\nCREATE INDEX ix ON a (n);\n" + tt.extra,
				"migrations/20260103000000_c" + suffix: "CREATE TABLE c (id int);\n",
			}
			if tt.format != "atlas" {
				files["migrations/20260101000000_a.down.sql"] = "DROP TABLE a;\n"
			}
			writeFiles(t, files)
			args := []string{"--dir", "file://migrations?format=" + tt.format}
			plinthOK(t, append([]string{"migrate", "hash"}, args...)...)
			out := plinthOK(t, append([]string{"migrate", "squash", "--to", "20260102000000"}, args...)...)
			require.Contains(t, out, "folded 2 migrations into one, "+tt.how)
			plinthOK(t, append([]string{"migrate", "validate"}, args...)...)
			out = plinthOK(t, append([]string{"migrate", "apply", "--url", devdbtest.Test(t).URL}, args...)...)
			require.Contains(t, out, "applied 2 migrations")
			if tt.format != "atlas" {
				_, err := os.Stat("migrations/20260101000000_a.up.sql")
				require.ErrorIs(t, err, os.ErrNotExist)
				_, err = os.Stat("migrations/20260101000000_a.down.sql")
				require.ErrorIs(t, err, os.ErrNotExist)
			}
		})
	}
}

func TestMigrateTest(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFiles(t, map[string]string{
		"migrations/1_a.up.sql":   "CREATE TABLE users (name text NOT NULL);",
		"migrations/1_a.down.sql": "DROP TABLE users;",
		"migrations/2_b.up.sql":   "ALTER TABLE users ADD COLUMN first text, ADD COLUMN last text;\nUPDATE users SET first = split_part(name, ' ', 1), last = split_part(name, ' ', 2);",
		"migrations/2_b.down.sql": "ALTER TABLE users DROP COLUMN first, DROP COLUMN last;",
		"tests/names.test.hcl": `
test "migrate" "names" {
  migrate { to = "1" }
  exec { sql = "INSERT INTO users VALUES ('Ada Lovelace')" }
  migrate { to = "2" }
  exec {
    sql    = "SELECT first, last FROM users"
    output = "Ada, Lovelace"
  }
  exec {
    sql    = "SELECT first, last FROM users"
    format = table
    output = <<TAB
 first | last
-------+----------
 Ada   | Lovelace
TAB
  }
  catch {
    sql   = "INSERT INTO users VALUES (NULL)"
    error = "null value"
  }
  assert { sql = "SELECT count(*) = 1 FROM users" }
  migrate { to = "1" }
  assert { sql = "SELECT count(*) = 1 FROM users" }
}
test "migrate" "off" {
  skip = true
}`,
		"tests/rows.test.sql": "-- migrate 1\nINSERT INTO users VALUES ('Bob Roe');\n-- migrate 2\nSELECT first = 'Bob' FROM users;\n",
	})
	plinthOK(t, "migrate", "hash")
	out := plinthOK(t, "migrate", "test", "tests")
	require.Contains(t, out, "3 tests passed")
	writeFiles(t, map[string]string{"tests/wrong.test.sql": "-- migrate 2\n\nSELECT count(*) = 5 FROM users;\n"})
	code, out, errs := plinthRun(t, "migrate", "test", "tests", "--run", "wrong")
	require.Equal(t, ExitFailure, code)
	require.Contains(t, out, "wrong.test.sql:3: assertion")
	require.Contains(t, errs, "1 test of 1 failed")
	code, _, _ = plinthRun(t, "migrate", "test", "migrations")
	require.Equal(t, ExitUsage, code)
}
