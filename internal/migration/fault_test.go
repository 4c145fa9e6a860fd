package migration

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if os.Getenv("MIGRATION_TEST_CHILD") != "" {
		child()
		return
	}
	os.Exit(m.Run())
}

// child applies a directory and says what it does, line by line.
func child() {
	driver, dialect, schema := "postgres", schemagraph.Postgres, "public"
	if os.Getenv("MIGRATION_TEST_FILE") != "" {
		driver, dialect, schema = "sqlite", schemagraph.SQLite, "main"
	}
	db, err := sql.Open(driver, os.Getenv("MIGRATION_TEST_DSN"))
	if err == nil {
		var d *Dir
		if d, err = Open(os.Getenv("MIGRATION_TEST_CHILD"), FormatAtlas, false); err == nil {
			t := &Target{DB: db, Dialect: dialect, Schema: schema, File: os.Getenv("MIGRATION_TEST_FILE")}
			_, err = t.Apply(context.Background(), d, ApplyOptions{TxMode: os.Getenv("MIGRATION_TEST_MODE"), LockTimeout: 20 * time.Second,
				Log: func(e Event) {
					if e.Kind == EventStmt {
						fmt.Println(e.File.Version(), e.Index)
					}
				}})
		}
	}
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

// counted is a directory whose every statement inserts one row, so that a lost or doubled statement shows.
func counted(t *testing.T, files, stmts int, sleep string) (*Dir, int) {
	m := map[string]string{"00.sql": "CREATE TABLE n (file int NOT NULL, stmt int NOT NULL);\n"}
	for f := 1; f <= files; f++ {
		var b strings.Builder
		for s := 1; s <= stmts; s++ {
			fmt.Fprintf(&b, "INSERT INTO n SELECT %d, %d%s;\n", f, s, sleep)
		}
		m[fmt.Sprintf("%02d.sql", f)] = b.String()
	}
	return testDir(t, FormatAtlas, m), files * stmts
}

func requireComplete(t *testing.T, db *Target, d *Dir, want int) {
	t.Helper()
	st, err := db.Status(context.Background(), d)
	require.NoError(t, err)
	require.Equal(t, "OK", st.Status)
	require.Equal(t, want, count(t, db.DB, "SELECT count(*) FROM n"))
	require.Equal(t, want, count(t, db.DB, "SELECT count(*) FROM (SELECT DISTINCT file, stmt FROM n) x"))
}

// TestKill9 kills an applying process at many moments; the next apply completes the work exactly once.
func TestKill9(t *testing.T) {
	for _, mode := range []string{TxFile, TxAll, TxNone} {
		t.Run(mode, func(t *testing.T) {
			for _, after := range []int{1, 4, 9} {
				pg := devdbtest.Test(t)
				lite := liteTarget(t)
				for _, db := range []*Target{{DB: pg.DB, Dialect: schemagraph.Postgres, Schema: "public"}, lite} {
					sleep := ""
					dsn := pg.URL
					if db.Dialect == schemagraph.Postgres {
						sleep = " FROM pg_sleep(0.01)"
					} else {
						dsn = "file:" + db.File + "?_pragma=busy_timeout(10000)&_time_format=sqlite"
					}
					d, want := counted(t, 4, 4, sleep)
					killed(t, d, dsn, db.File, mode, after)
					st, err := db.Status(context.Background(), d)
					require.NoError(t, err)
					require.Equal(t, "PENDING", st.Status)
					apply(t, db, d, ApplyOptions{TxMode: mode, LockTimeout: 10 * time.Second})
					requireComplete(t, db, d, want)
				}
			}
		})
	}
}

// killed runs an apply in a process of its own and kills it when it has begun a number of statements.
func killed(t *testing.T, d *Dir, dsn, file, mode string, after int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "MIGRATION_TEST_CHILD="+d.Path(), "MIGRATION_TEST_DSN="+dsn,
		"MIGRATION_TEST_FILE="+file, "MIGRATION_TEST_MODE="+mode)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	sc := bufio.NewScanner(out)
	for i := 0; i < after && sc.Scan(); i++ {
		require.NotContains(t, sc.Text(), "error")
	}
	require.NoError(t, cmd.Process.Signal(syscall.SIGKILL))
	_ = cmd.Wait()
}

// TestTwoAppliers starts several at once: one works, the others wait and find nothing left.
func TestTwoAppliers(t *testing.T) {
	both(t, func(t *testing.T, db *Target) {
		d, want := counted(t, 5, 3, "")
		var wg sync.WaitGroup
		errs := make([]error, 4)
		ran := make([]int, 4)
		for i := range errs {
			wg.Add(1)
			go func() {
				defer wg.Done()
				own, err := Open(d.Path(), FormatAtlas, false)
				if err == nil {
					var rep *ApplyReport
					rep, err = db.Apply(context.Background(), own, ApplyOptions{LockTimeout: 20 * time.Second})
					ran[i] = len(rep.Applied)
				}
				errs[i] = err
			}()
		}
		wg.Wait()
		require.NoError(t, errors.Join(errs...))
		total := 0
		for _, n := range ran {
			total += n
		}
		require.Equal(t, 6, total)
		requireComplete(t, db, d, want)
	})
}

func TestLockTaken(t *testing.T) {
	both(t, func(t *testing.T, db *Target) {
		d, _ := counted(t, 1, 1, "")
		s, err := db.open(context.Background(), "", 0, true)
		require.NoError(t, err)
		_, err = db.Apply(context.Background(), d, ApplyOptions{LockTimeout: 50 * time.Millisecond})
		require.ErrorIs(t, err, ErrLocked)
		apply(t, db, d, ApplyOptions{DryRun: true})
		s.close()
		apply(t, db, d, ApplyOptions{})
	})
}

// TestDroppedConnection ends the session in the middle of a statement.
func TestDroppedConnection(t *testing.T) {
	for _, mode := range []string{TxFile, TxAll, TxNone} {
		t.Run(mode, func(t *testing.T) {
			db, _ := pgTarget(t)
			d, want := counted(t, 3, 3, " FROM pg_sleep(0.01)")
			n := 0
			_, err := db.Apply(context.Background(), d, ApplyOptions{TxMode: mode, Log: func(e Event) {
				if e.Kind != EventStmt {
					return
				}
				if n++; n == 6 {
					_, err := db.DB.Exec(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1`, lockID(LockExecute))
					require.NoError(t, err)
				}
			}})
			require.Error(t, err)
			st, err := db.Status(context.Background(), d)
			require.NoError(t, err)
			require.Equal(t, "PENDING", st.Status)
			if mode == TxNone {
				require.NotEmpty(t, st.Error, "the reason is recorded on a new connection")
				require.Equal(t, 1, st.Count)
			}
			apply(t, db, d, ApplyOptions{TxMode: mode, LockTimeout: 5 * time.Second})
			requireComplete(t, db, d, want)
		})
	}
}

func TestCancelledContext(t *testing.T) {
	for _, mode := range []string{TxFile, TxAll, TxNone} {
		t.Run(mode, func(t *testing.T) {
			both(t, func(t *testing.T, db *Target) {
				d, want := counted(t, 3, 3, "")
				ctx, cancel := context.WithCancel(context.Background())
				n := 0
				_, err := db.Apply(ctx, d, ApplyOptions{TxMode: mode, Log: func(e Event) {
					if e.Kind == EventStmt {
						if n++; n == 6 {
							cancel()
						}
					}
				}})
				require.ErrorIs(t, err, context.Canceled)
				st, err := db.Status(context.Background(), d)
				require.NoError(t, err)
				require.Equal(t, "PENDING", st.Status)
				apply(t, db, d, ApplyOptions{TxMode: mode, LockTimeout: 5 * time.Second})
				requireComplete(t, db, d, want)
			})
		})
	}
}

// TestServerError injects what a full disk looks like: an error of the server in the middle of a file.
func TestServerError(t *testing.T) {
	for _, mode := range []string{TxFile, TxAll, TxNone} {
		t.Run(mode, func(t *testing.T) {
			db, _ := pgTarget(t)
			d, want := counted(t, 3, 3, " WHERE public.room()")
			_, err := db.DB.Exec(`CREATE SEQUENCE calls; CREATE FUNCTION public.room() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN
IF nextval('public.calls') = 5 THEN RAISE 'could not extend file: No space left on device' USING ERRCODE = '53100'; END IF; RETURN true; END $$`)
			require.NoError(t, err)
			_, err = db.Apply(context.Background(), d, ApplyOptions{TxMode: mode})
			require.ErrorContains(t, err, "No space left on device")
			st, err := db.Status(context.Background(), d)
			require.NoError(t, err)
			require.Equal(t, "PENDING", st.Status)
			apply(t, db, d, ApplyOptions{TxMode: mode})
			requireComplete(t, db, d, want)
		})
	}
}

// TestLockTimeoutRetry holds a lock that the migration needs and lets go of it after a while.
func TestLockTimeoutRetry(t *testing.T) {
	for _, mode := range []string{TxFile, TxNone} {
		t.Run(mode, func(t *testing.T) {
			db, _ := pgTarget(t)
			ctx := context.Background()
			_, err := db.DB.Exec("CREATE TABLE t (id int)")
			require.NoError(t, err)
			d := testDir(t, FormatAtlas, map[string]string{"1.sql": "ALTER TABLE t ADD COLUMN a int;\nINSERT INTO t VALUES (1, 2);\n"})
			tx, err := db.DB.Begin()
			require.NoError(t, err)
			_, err = tx.Exec("LOCK TABLE t")
			require.NoError(t, err)
			opts := ApplyOptions{TxMode: mode, AllowDirty: true, StmtLockTimeout: 20 * time.Millisecond}
			_, err = db.Apply(ctx, d, opts)
			require.ErrorContains(t, err, "lock timeout")
			opts.Retries = 5
			notices := 0
			opts.Log = func(e Event) {
				if e.Kind == EventNotice {
					if notices++; notices == 2 {
						require.NoError(t, tx.Rollback())
					}
				}
			}
			rep := apply(t, db, d, opts)
			require.GreaterOrEqual(t, notices, 2)
			require.Len(t, rep.Applied[0].Applied, 2, "statements are reported once")
			require.Equal(t, 1, count(t, db.DB, "SELECT count(*) FROM t"))
		})
	}
}

// TestConcurrentIndexResume: what an interrupted concurrent build left behind is finished or built again.
func TestConcurrentIndexResume(t *testing.T) {
	db, _ := pgTarget(t)
	ctx := context.Background()
	d := testDir(t, FormatAtlas, map[string]string{
		"1.sql": "CREATE TABLE t (id int);\nINSERT INTO t VALUES (1), (1);\n",
		"2.sql": "-- atlas:txmode none\n\nCREATE UNIQUE INDEX CONCURRENTLY ux ON t (id);\nDROP INDEX CONCURRENTLY ux;\nCREATE INDEX CONCURRENTLY ix ON t (id);\n",
	})
	_, err := db.Apply(ctx, d, ApplyOptions{})
	require.ErrorContains(t, err, "could not create unique index")
	require.Equal(t, 1, count(t, db.DB, "SELECT count(*) FROM pg_index WHERE NOT indisvalid"))
	_, err = db.DB.Exec("DELETE FROM t; INSERT INTO t VALUES (1), (2)")
	require.NoError(t, err)
	apply(t, db, d, ApplyOptions{})
	require.Equal(t, 1, count(t, db.DB, "SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass AND indisvalid"))

	// The index was finished, only the record of it is missing.
	_, err = db.DB.Exec(`UPDATE atlas_schema_revisions SET applied = 2, total = 3, partial_hashes = $1 WHERE version = '2'`,
		fmt.Sprintf(`["h1:%s","h1:%s"]`, sumsOf(t, d, "2")[0], sumsOf(t, d, "2")[1]))
	require.NoError(t, err)
	apply(t, db, d, ApplyOptions{})
	st, err := db.Status(ctx, d)
	require.NoError(t, err)
	require.Equal(t, "OK", st.Status)
}

func sumsOf(t *testing.T, d *Dir, version string) []string {
	f, err := d.Locate(version)
	require.NoError(t, err)
	stmts, err := f.Up(schemagraph.Postgres)
	require.NoError(t, err)
	return stmtSums(stmts)
}
