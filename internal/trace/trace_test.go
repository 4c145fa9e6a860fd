package trace_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/plinth-go/plinth/internal/devdb"
	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
	"github.com/plinth-go/plinth/internal/trace"
)

// run traces files over a schema.
func run(t *testing.T, schema string, files ...trace.File) (*trace.Report, *sql.DB) {
	t.Helper()
	d := devdbtest.Test(t)
	if schema != "" {
		if _, err := d.DB.Exec(schema); err != nil {
			t.Fatal(err)
		}
	}
	r, err := trace.Run(t.Context(), d.DB, files, trace.Options{Private: true})
	if err != nil {
		t.Fatal(err)
	}
	return r, d.DB
}

func file(mode trace.TxMode, statements ...string) trace.File {
	return trace.File{Name: "1.sql", TxMode: mode, Statements: statements}
}

// want compares a report with one line a statement.
func want(t *testing.T, r *trace.Report, lines ...string) {
	t.Helper()
	var got []string
	for _, f := range r.Files {
		for i := range f.Statements {
			got = append(got, describe(&f.Statements[i]))
		}
	}
	if !reflect.DeepEqual(got, lines) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(lines, "\n  "))
	}
}

func TestLocksAreEachStatementsOwn(t *testing.T) {
	r, _ := run(t, "CREATE TABLE t (id int)", file(trace.TxFile,
		"ALTER TABLE t ADD COLUMN a int",
		"CREATE INDEX i ON t (a)",
		"COMMENT ON TABLE t IS 'x'"))
	want(t, r, "locks t AX", "locks t S; builds i", "locks t SUX")
	s := r.Files[0].Statements
	if s[0].Lock("t") != trace.AccessExclusive || !s[0].Brief() || s[1].Brief() || s[2].Lock("nothing") != "" {
		t.Errorf("Lock, Brief: %v %v %v %q", s[0].Lock("t"), s[0].Brief(), s[1].Brief(), s[2].Lock("nothing"))
	}
}

func TestWhatTheFilesMadeIsNew(t *testing.T) {
	r, _ := run(t, "CREATE TABLE old (id int)",
		trace.File{Name: "1.sql", Statements: []string{"CREATE TABLE fresh (id int)"}},
		trace.File{Name: "2.sql", Statements: []string{"ALTER TABLE fresh ALTER id SET NOT NULL", "ALTER TABLE old ALTER id SET NOT NULL"}})
	a, b := r.Files[1].Statements[0], r.Files[1].Statements[1]
	if len(a.Locks) != 1 || !a.Locks[0].New || !a.Brief() {
		t.Errorf("a table of an earlier file: %+v", a)
	}
	if len(b.Locks) != 1 || b.Locks[0].New || b.Brief() {
		t.Errorf("a table from before: %+v", b)
	}
	if created := r.Files[0].Statements[0].Created; len(created) != 1 || created[0].String() != "fresh" || !created[0].IsTable() {
		t.Errorf("created %+v", created)
	}
}

func TestTransactionModes(t *testing.T) {
	const concurrently = "CREATE INDEX CONCURRENTLY i ON t (id)"
	schema := "CREATE TABLE t (id int)"

	r, _ := run(t, schema, file(trace.TxNone, concurrently))
	want(t, r, "locks t SUX; builds i; not in a transaction")
	r, _ = run(t, schema, file(trace.TxFile, concurrently, "COMMENT ON INDEX i IS 'x'"))
	want(t, r, "locks t SUX; builds i; not in a transaction; fails 25001", "locks i SUX")
	r, _ = run(t, schema, file(trace.TxNone, "BEGIN", concurrently, "COMMIT"))
	want(t, r, "skipped: transaction control", "locks t SUX; builds i; not in a transaction; fails 25001", "skipped: transaction control")
	r, _ = run(t, schema, file(trace.TxNone, "CREATE INDEX a ON t (id)", concurrently, "CREATE INDEX b ON t (id)"))
	want(t, r, "locks t S; builds a", "locks t SUX; builds i; not in a transaction", "locks t S; builds b")
}

func TestEnumValueUsedInItsOwnTransaction(t *testing.T) {
	schema := "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (m mood)"
	add, use := "ALTER TYPE mood ADD VALUE 'happy'", "INSERT INTO t VALUES ('happy')"

	r, _ := run(t, schema, file(trace.TxFile, add, use))
	want(t, r, "nothing", "locks t RX; fails 55P04")
	r, _ = run(t, schema, file(trace.TxFile, add), file(trace.TxFile, use))
	want(t, r, "nothing", "locks t RX")
	r, _ = run(t, schema, file(trace.TxAll, add), file(trace.TxAll, use))
	want(t, r, "nothing", "locks t RX; fails 55P04")
	r, _ = run(t, schema, file(trace.TxNone, add, use))
	want(t, r, "nothing", "locks t RX")
	r, _ = run(t, schema, file(trace.TxNone, "BEGIN", add, "COMMIT", use))
	want(t, r, "skipped: transaction control", "nothing", "skipped: transaction control", "locks t RX")
}

func TestPendingTriggerEvents(t *testing.T) {
	r, _ := run(t, "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int, p int REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
		file(trace.TxFile, "UPDATE c SET p = 1", "ALTER TABLE c ADD COLUMN x int"))
	want(t, r, "locks c RX", "locks c AX; fails 55006")
}

func TestRowsThatTheSchemaAllowsFail(t *testing.T) {
	r, db := run(t, "CREATE TABLE t (id int PRIMARY KEY, a int, b text NOT NULL)", file(trace.TxFile,
		"ALTER TABLE t ADD COLUMN c int NOT NULL",
		"CREATE UNIQUE INDEX i ON t (b)",
	), file(trace.TxFile, "INSERT INTO t (id, b, c) VALUES (1, NULL, 1)"))
	want(t, r, "locks t AX; scans t; rows may fail 23502", "locks t S; builds i", "fails 23502")
	if e := r.Files[0].Statements[0].DataError; !strings.Contains(e.Error(), `column "c"`) {
		t.Error(e)
	}
	var n int
	if err := db.QueryRow("SELECT count(*) FROM pg_indexes WHERE indexname = 'i'").Scan(&n); err != nil || n != 1 {
		t.Errorf("the second statement left %d indexes, %v", n, err)
	}
}

func TestABackfillMakesTheRowsPass(t *testing.T) {
	r, _ := run(t, "CREATE TABLE t (id int PRIMARY KEY)", file(trace.TxFile,
		"ALTER TABLE t ADD COLUMN c int",
		"UPDATE t SET c = id",
		"ALTER TABLE t ALTER c SET NOT NULL",
		"CREATE UNIQUE INDEX i ON t (c)"))
	want(t, r, "locks t AX", "locks t RX", "locks t AX; scans t", "locks t S; builds i")
}

// TestSeed fills tables of many shapes; a statement that fails on any row shows which got some.
func TestSeed(t *testing.T) {
	schema := `
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE TABLE tenants (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), slug varchar(8) NOT NULL UNIQUE);
CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES tenants, mail email NOT NULL,
	kind text NOT NULL CHECK (kind IN ('admin', 'guest')), age int NOT NULL CHECK (age BETWEEN 18 AND 200), UNIQUE (tenant_id, mail), UNIQUE (tenant_id, id));
CREATE TABLE posts (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, author bigint NOT NULL, mood mood NOT NULL, tags text[] NOT NULL,
	doc jsonb NOT NULL, span tstzrange NOT NULL, code char(2) NOT NULL, twice int GENERATED ALWAYS AS (2) STORED, at timestamptz NOT NULL,
	FOREIGN KEY (tenant_id, author) REFERENCES users (tenant_id, id));
CREATE TABLE tree (id int PRIMARY KEY, parent int NOT NULL REFERENCES tree, a int NOT NULL CHECK (a < 0), b text NOT NULL CHECK (b <> 'a1'));
CREATE TABLE parts (id int, kind text NOT NULL) PARTITION BY LIST (kind);
CREATE TABLE parts_x PARTITION OF parts FOR VALUES IN ('x');
CREATE TABLE days (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2031-01-01') TO ('2031-02-01');
CREATE TABLE guarded (id int); CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END';
CREATE TRIGGER no BEFORE INSERT ON guarded FOR EACH ROW EXECUTE FUNCTION no();
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;`
	var statements, lines []string
	for _, table := range []string{"tenants", "users", "posts", "tree", "parts", "days", "guarded"} {
		statements = append(statements, "ALTER TABLE "+table+" ADD COLUMN wanted int NOT NULL")
	}
	r, _ := run(t, schema, file(trace.TxNone, statements...))
	for i := range r.Files[0].Statements {
		s := &r.Files[0].Statements[i]
		if s.Error != nil {
			t.Errorf("%s: %v", s.Text, s.Error)
		}
		lines = append(lines, fmt.Sprint(s.DataError != nil))
	}
	if got, want := strings.Join(lines, " "), "true true true true true true true"; got != want {
		t.Errorf("tables with rows: %s; want %s", got, want)
	}
}

func TestSettingsReachLaterStatements(t *testing.T) {
	r, _ := run(t, "CREATE SCHEMA s; CREATE TABLE s.t (id int)", file(trace.TxFile,
		"SET LOCAL search_path = s",
		"ALTER TABLE t ADD COLUMN a int",
	), file(trace.TxFile, "ALTER TABLE t ADD COLUMN b int"), file(trace.TxFile, "SET search_path = s", "SET client_min_messages = error"),
		file(trace.TxFile, "ALTER TABLE t ALTER id SET NOT NULL"))
	want(t, r, "nothing", "locks s.t AX", "fails 42P01", "nothing", "nothing", "locks s.t AX; scans s.t; rows may fail 23502")
}

func TestRunLeavesThePoolAsItWas(t *testing.T) {
	_, db := run(t, "", file(trace.TxNone, "SET search_path = pg_catalog", "SET client_min_messages = debug1"))
	for range 5 {
		var path, level string
		if err := db.QueryRow("SELECT current_setting('search_path'), current_setting('client_min_messages')").Scan(&path, &level); err != nil {
			t.Fatal(err)
		}
		if path != `"$user", public` || level != "notice" {
			t.Errorf("search_path %s, client_min_messages %s", path, level)
		}
	}
}

func TestErrors(t *testing.T) {
	r, _ := run(t, "CREATE TABLE t (id int)", file(trace.TxFile,
		"SELEC 1", "ALTER TABLE t ADD COLUMN a nothing", "CREATE EXTENSION no_such_extension", "GRANT SELECT ON t TO app_role_unknown",
		"/* COMMIT; */ -- x\n COMMIT", "", "ALTER SYSTEM SET work_mem = '1GB'", "COPY t FROM PROGRAM 'true'", "ALTER TABLE t ADD COLUMN b int"))
	want(t, r, "fails 42601", "fails 42704", "fails "+r.Files[0].Statements[2].Error.SQLState, "nothing",
		"skipped: transaction control", "skipped: empty", "skipped: acts on the whole server", "skipped: copies from or to the client", "locks t AX")
	s := r.Files[0].Statements
	if s[0].Error.Position != 1 || s[1].Error.Position != 28 || s[0].Error.Environment || !s[2].Error.Environment || s[0].Ran || !s[8].Ran {
		t.Errorf("%+v %+v %+v", s[0].Error, s[1].Error, s[2].Error)
	}
}

func TestReportIsPlainJSON(t *testing.T) {
	r, _ := run(t, "CREATE TABLE t (id int)", file(trace.TxFile, "ALTER TABLE t ALTER id TYPE bigint", "oops"))
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back trace.Report
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r, &back) {
		t.Errorf("changed by JSON:\n%s", raw)
	}
}

func TestRenamesAreReportedUnderTheOldName(t *testing.T) {
	r, _ := run(t, "CREATE TABLE t (id int)", file(trace.TxFile, "ALTER TABLE t RENAME TO u", "ALTER TABLE u ALTER id TYPE bigint", "DROP TABLE u", "CREATE TABLE u (id int)"))
	want(t, r, "locks t AX", "locks u AX; rewrites u", "locks u AX", "nothing")
}

func TestQuotedNames(t *testing.T) {
	r, _ := run(t, `CREATE TABLE "Odd ""Name" (id int); CREATE SCHEMA "S x"; CREATE TABLE "S x".t (id int)`, file(trace.TxNone,
		`CREATE INDEX CONCURRENTLY "I x" ON "Odd ""Name" (id)`, `ALTER TABLE "S x".t ALTER id SET NOT NULL`, `ALTER TABLE "Odd ""Name" ALTER id TYPE bigint`))
	want(t, r, `locks Odd "Name SUX; builds I x; not in a transaction`, "locks S x.t AX; scans S x.t; rows may fail 23502", `locks Odd "Name AX; rewrites Odd "Name; builds I x`)
}

// TestWithoutSuperuser traces on a server that was given, as a role that owns nothing but its databases.
func TestWithoutSuperuser(t *testing.T) {
	d := devdbtest.Test(t)
	role := d.Name + "_plain"
	if _, err := d.DB.Exec("CREATE ROLE " + role + " LOGIN CREATEDB"); err != nil {
		t.Fatal(err)
	}
	s, err := devdb.Start(t.Context(), devdb.Options{URL: strings.Replace(d.URL, "postgres@", role+"@", 1)})
	if err != nil {
		t.Fatal(err)
	}
	own, err := s.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = own.Close()
		_ = s.Close()
		_, _ = d.DB.Exec("DROP ROLE " + role)
	})
	if _, err := own.DB.Exec("CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p int NOT NULL REFERENCES p)"); err != nil {
		t.Fatal(err)
	}
	r, err := trace.Run(t.Context(), own.DB, []trace.File{file(trace.TxNone,
		"CREATE INDEX CONCURRENTLY i ON c (p)", "ALTER TABLE c ADD COLUMN x int NOT NULL", "ALTER TABLE c ALTER p TYPE bigint", "GRANT SELECT ON c TO app_role_unknown_2")}, trace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want(t, r, "locks c SUX; builds i; not in a transaction", "locks c AX; scans c; rows may fail 23502",
		"locks c AX, p AX; rewrites c; scans p; builds c_pkey, i", "fails 42704")
	if e := r.Files[0].Statements[3].Error; !e.Environment {
		t.Errorf("a role that this server lacks: %+v", e)
	}
}

func TestCancelled(t *testing.T) {
	d := devdbtest.Test(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := trace.Run(ctx, d.DB, []trace.File{file(trace.TxFile, "SELECT 1")}, trace.Options{}); err == nil {
		t.Error("no error")
	}
}

func TestAnotherDriverIsRefused(t *testing.T) {
	if _, err := trace.Run(t.Context(), devdbtest.SQLite(t).DB, nil, trace.Options{}); err == nil || !strings.Contains(err.Error(), "lib/pq") {
		t.Errorf("got %v", err)
	}
}

// BenchmarkStatement traces one brief statement in a database of 200 tables.
func BenchmarkStatement(b *testing.B) {
	d := devdbtest.Test(b)
	for i := range 200 {
		if _, err := d.DB.Exec(fmt.Sprintf("CREATE TABLE t%d (id bigint PRIMARY KEY, a text, b int); CREATE INDEX ON t%[1]d (b)", i)); err != nil {
			b.Fatal(err)
		}
	}
	statements := make([]string, b.N)
	for i := range statements {
		statements[i] = fmt.Sprintf("ALTER TABLE t%d ALTER b SET DEFAULT %d", i%200, i)
	}
	b.ResetTimer()
	if _, err := trace.Run(b.Context(), d.DB, []trace.File{{Name: "x", Statements: statements}}, trace.Options{}); err != nil {
		b.Fatal(err)
	}
}
