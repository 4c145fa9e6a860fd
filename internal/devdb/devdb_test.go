package devdb_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plinth-go/plinth/internal/devdb"
	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
)

func TestNewDatabaseIsFreshAndUsable(t *testing.T) {
	s := devdbtest.Server(t)
	if s.Major() < devdb.MinMajor || s.Version()/10000 != s.Major() {
		t.Errorf("version %d, major %d", s.Version(), s.Major())
	}
	d := devdbtest.Test(t)
	for _, q := range []string{
		"CREATE EXTENSION pg_trgm",
		"CREATE TABLE t (id int PRIMARY KEY, name text)",
		"CREATE INDEX ON t USING gin (name gin_trgm_ops)",
	} {
		if _, err := d.DB.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	if got := tables(t, devdbtest.Test(t).DB); got != 0 {
		t.Errorf("a second database has %d tables; want 0", got)
	}
	if s.DataDir() != "" {
		if _, err := os.Stat(filepath.Join(s.DataDir(), "PG_VERSION")); err != nil {
			t.Error(err)
		}
	}
}

func TestURLWorksForPsql(t *testing.T) {
	psql, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("psql is not installed; it is only a client here")
	}
	d := devdbtest.Test(t)
	out, err := exec.Command(psql, d.URL, "-XAtc", "SELECT current_database()").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != d.Name {
		t.Errorf("psql: %v: %s", err, out)
	}
}

func TestCloseDropsTheDatabase(t *testing.T) {
	s := devdbtest.Server(t)
	d, err := s.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other := devdbtest.Test(t)
	if err := errors.Join(d.Close(), d.Close()); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := other.DB.QueryRow("SELECT count(*) FROM pg_database WHERE datname = $1", d.Name).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d databases left, %v", n, err)
	}
}

func TestCloneBuildsItsTemplateOnce(t *testing.T) {
	s := devdbtest.Server(t)
	var mu sync.Mutex
	built := 0
	prepare := func(ctx context.Context, db *sql.DB) error {
		mu.Lock()
		built++
		mu.Unlock()
		_, err := db.ExecContext(ctx, "CREATE TABLE made (id int); INSERT INTO made VALUES (1)")
		return err
	}
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			d, err := s.Clone(context.Background(), t.Name(), prepare)
			if err != nil {
				t.Error(err)
				return
			}
			defer d.Close()
			var n int
			if err := d.DB.QueryRow("SELECT count(*) FROM made").Scan(&n); err != nil || n != 1 {
				t.Errorf("%d rows, %v", n, err)
			}
			if _, err := d.DB.Exec("INSERT INTO made VALUES (2)"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if built != 1 {
		t.Errorf("built %d times; want once", built)
	}
}

func TestCloneTriesAgainAfterAFailure(t *testing.T) {
	s := devdbtest.Server(t)
	boom := errors.New("boom")
	if _, err := s.Clone(t.Context(), t.Name(), func(context.Context, *sql.DB) error { return boom }); !errors.Is(err, boom) {
		t.Fatalf("got %v", err)
	}
	d, err := s.Clone(t.Context(), t.Name(), func(context.Context, *sql.DB) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func TestGivenServer(t *testing.T) {
	given := devdbtest.Test(t)
	exec1(t, given.DB, "CREATE TABLE precious (id int)")
	exec1(t, given.DB, "CREATE ROLE "+given.Name+"_weak LOGIN")
	t.Cleanup(func() { exec1(t, given.DB, "DROP ROLE "+given.Name+"_weak") })
	exec1(t, given.DB, "CREATE DATABASE plinth_dev_0badcafe_1") // a killed run's

	s, err := devdb.Start(t.Context(), devdb.Options{URL: given.URL})
	if err != nil {
		t.Fatal(err)
	}
	if s.DataDir() != "" {
		t.Error("the data directory of a given server is not ours")
	}
	d, err := s.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := tables(t, d.DB); got != 0 {
		t.Errorf("%d tables; want a fresh database", got)
	}
	c, err := s.Clone(t.Context(), "k", func(ctx context.Context, db *sql.DB) error {
		_, err := db.ExecContext(ctx, "CREATE TABLE a (id int)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Close(), d.Close(), s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	var left int
	if err := given.DB.QueryRow("SELECT count(*) FROM pg_database WHERE datname LIKE 'plinth\\_dev\\_%'").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d databases left, %v", left, err)
	}
	if got := tables(t, given.DB); got != 1 {
		t.Errorf("the given database has %d tables; want its own one", got)
	}

	weak := strings.Replace(given.URL, "postgres@", given.Name+"_weak@", 1)
	if _, err := devdb.Start(t.Context(), devdb.Options{URL: weak}); err == nil || !strings.Contains(err.Error(), "CREATEDB") {
		t.Errorf("a role without CREATEDB: %v", err)
	}
}

func TestErrorsNeverCarryThePassword(t *testing.T) {
	for _, u := range []string{
		"postgres://bob:s3cr%40et@127.0.0.1:1/x?sslmode=disable",
		"postgres://bob:s3cr/et@127.0.0.1:1/x",
		"postgres://bob:s3cr%et@127.0.0.1:1/x",
		"postgres://bob@127.0.0.1:1/x?password=s3cret&sslmode=disable",
		"postgres://bob:s3cret@no.such.host.invalid/x",
		"mysql://bob:s3cret@127.0.0.1/x",
		"host=127.0.0.1 user=bob password=s3cret",
		"docker://mysql/8/dev",
		"docker://postgres/x:s3cret/dev",
	} {
		_, err := devdb.Start(t.Context(), devdb.Options{URL: u})
		if err == nil {
			t.Errorf("%s: no error", u)
		} else if strings.Contains(err.Error(), "s3cr") && !strings.HasPrefix(u, "docker") {
			t.Errorf("%s: %v", u, err)
		}
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"postgres://u:p@h/d?sslmode=disable": "postgres://u:xxxxx@h/d?sslmode=disable",
		"postgres://u@h/d":                   "postgres://u@h/d",
		"postgres://u@h/d?password=p":        "postgres://u@h/d?password=xxxxx",
		"postgres://u:%zz@h/d":               "(database URL)",
		"host=h password=p":                  "(database URL)",
	} {
		if got := devdb.Redact(in); got != want {
			t.Errorf("Redact(%q) = %q; want %q", in, got, want)
		}
	}
}

func TestMissingMajorSaysWhatToInstall(t *testing.T) {
	_, err := devdb.Start(t.Context(), devdb.Options{URL: "docker://postgres/99/dev"})
	if err == nil || !strings.Contains(err.Error(), "postgresql") || !strings.Contains(err.Error(), "99") {
		t.Errorf("got %v", err)
	}
	if _, err := devdb.Start(t.Context(), devdb.Options{BinDir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "initdb") {
		t.Errorf("got %v", err)
	}
}

func TestCancelledStartLeavesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	before := len(clusterDirs(t))
	if s, err := devdb.Start(ctx, devdb.Options{CacheDir: "-"}); err == nil {
		s.Close()
		t.Fatal("no error")
	}
	if after := len(clusterDirs(t)); after > before {
		t.Errorf("%d directories before, %d after", before, after)
	}
}

func TestSQLite(t *testing.T) {
	d := devdbtest.SQLite(t)
	exec1(t, d.DB, "CREATE TABLE p (id integer PRIMARY KEY)")
	exec1(t, d.DB, "CREATE TABLE c (id integer PRIMARY KEY, p integer REFERENCES p)")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := d.DB.Exec("INSERT INTO p VALUES (?)", i); err != nil {
				t.Error(err)
			}
			var n int
			if err := d.DB.QueryRow("SELECT count(*) FROM p").Scan(&n); err != nil || n == 0 {
				t.Errorf("%d rows, %v", n, err)
			}
		})
	}
	wg.Wait()
	if _, err := d.DB.Exec("INSERT INTO c VALUES (1, 99)"); err == nil {
		t.Error("foreign keys are not enforced")
	}
	again, err := sql.Open("sqlite3", strings.TrimPrefix(d.URL, "sqlite://"))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	var n int
	if err := again.QueryRow("SELECT count(*) FROM p").Scan(&n); err != nil || n != 8 {
		t.Errorf("through its URL: %d rows, %v", n, err)
	}
	var other int
	if err := devdbtest.SQLite(t).DB.QueryRow("SELECT count(*) FROM sqlite_master").Scan(&other); err != nil || other != 0 {
		t.Errorf("another database has %d objects, %v", other, err)
	}
}

func tables(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRow("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func exec1(t *testing.T, db *sql.DB, q string) {
	t.Helper()
	if _, err := db.Exec(q); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
}

// clusterDirs are the directories of private clusters on this machine.
func clusterDirs(t *testing.T) (dirs []string) {
	t.Helper()
	for _, base := range []string{"/dev/shm", os.TempDir(), "/var/tmp"} {
		m, err := filepath.Glob(filepath.Join(base, "plinth-pg-*"))
		if err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, m...)
	}
	return dirs
}

// eventually waits for ok, at most 20 s.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Error("timed out waiting: " + what)
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s, err := devdb.Start(b.Context(), devdb.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkClone(b *testing.B) {
	s := devdbtest.Server(b)
	for b.Loop() {
		d, err := s.Clone(b.Context(), "fifty tables", func(ctx context.Context, db *sql.DB) error {
			for i := range 50 {
				if _, err := db.ExecContext(ctx, fmt.Sprintf("CREATE TABLE t%d (id bigint PRIMARY KEY, a text)", i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		_ = d.Close()
		b.StartTimer()
	}
}
