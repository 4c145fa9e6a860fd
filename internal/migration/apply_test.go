package migration

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"ariga.io/atlas/sql/migrate"
	"github.com/stretchr/testify/require"
)

var ctx = context.Background()

func threeFiles() map[string]string {
	return map[string]string{
		"1_a.sql": "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);\n",
		"2_b.sql": "CREATE TABLE b (id int);\n",
		"3_c.sql": "INSERT INTO b VALUES (1);\nINSERT INTO b VALUES (2);\n",
	}
}

func TestApplyAll(t *testing.T) {
	both(t, func(t *testing.T, db *Target) {
		d := testDir(t, FormatAtlas, threeFiles())
		st, err := db.Status(ctx, d)
		require.NoError(t, err)
		require.Equal(t, "PENDING", st.Status)
		require.Equal(t, "No migration applied yet", st.Current)
		require.Len(t, st.Pending, 3)

		rep := apply(t, db, d, ApplyOptions{DryRun: true})
		require.Len(t, rep.Applied, 3)
		revs, err := db.ReadRevisions(ctx)
		require.NoError(t, err)
		require.Empty(t, revs)
		ok, err := db.tableExists(ctx, db.DB, "public", revisionsTable)
		require.NoError(t, err)
		require.False(t, ok, "a dry run leaves no revision table")

		rep = apply(t, db, d, ApplyOptions{Amount: 1, Operator: "test"})
		require.Equal(t, "1", rep.Target)
		rep = apply(t, db, d, ApplyOptions{To: "2"})
		require.Equal(t, "1", rep.Current)
		require.Equal(t, "2", rep.Target)
		apply(t, db, d, ApplyOptions{})
		rep = apply(t, db, d, ApplyOptions{})
		require.Empty(t, rep.Pending)
		require.Equal(t, 1, count(t, db.DB, "SELECT count(*) FROM a"))
		require.Equal(t, 2, count(t, db.DB, "SELECT count(*) FROM b"))
		revs, err = db.ReadRevisions(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"1", "2", "3"}, versions(revs))
		r := revs[0]
		require.Equal(t, "a", r.Description)
		require.Equal(t, migrate.RevisionTypeExecute, r.Type)
		require.Equal(t, 2, r.Applied)
		require.Equal(t, 2, r.Total)
		require.Equal(t, "test", r.OperatorVersion)
		require.NotZero(t, r.ExecutionTime)
		sum, err := d.Checksum()
		require.NoError(t, err)
		h, err := sum.SumByName("1_a.sql")
		require.NoError(t, err)
		require.Equal(t, h, r.Hash)
		st, err = db.Status(ctx, d)
		require.NoError(t, err)
		require.Equal(t, "OK", st.Status)
		require.Equal(t, "3", st.Current)
		require.Equal(t, "Already at latest version", st.Next)
	})
}

// TestLibraryAgrees lets the library's own executor judge what ours left behind, and the other way round.
func TestLibraryAgrees(t *testing.T) {
	both(t, func(t *testing.T, db *Target) {
		d := testDir(t, FormatAtlas, threeFiles())
		apply(t, db, d, ApplyOptions{Amount: 1})
		drv, err := db.driver(db.DB)
		require.NoError(t, err)
		rrw := &testRevisions{db}
		ex, err := migrate.NewExecutor(drv, d, rrw)
		require.NoError(t, err)
		files, err := ex.Pending(ctx)
		require.NoError(t, err)
		require.Len(t, files, 2)
		require.NoError(t, ex.ExecuteN(ctx, 1))
		rep := apply(t, db, d, ApplyOptions{})
		require.Equal(t, "2", rep.Current)
		require.Len(t, rep.Applied, 1)
		_, err = ex.Pending(ctx)
		require.ErrorIs(t, err, migrate.ErrNoPendingFiles)
	})
}

// testRevisions shows our table to the library.
type testRevisions struct{ t *Target }

func (r *testRevisions) Ident() *migrate.TableIdent {
	return &migrate.TableIdent{Name: revisionsTable, Schema: r.t.revisionsSchema()}
}

func (r *testRevisions) ReadRevisions(ctx context.Context) ([]*migrate.Revision, error) {
	return r.t.ReadRevisions(ctx)
}

func (r *testRevisions) ReadRevision(ctx context.Context, v string) (*migrate.Revision, error) {
	rev, err := r.t.revision(ctx, r.t.DB, v)
	if err == nil && rev == nil {
		err = migrate.ErrRevisionNotExist
	}
	return rev, err
}

func (r *testRevisions) WriteRevision(ctx context.Context, rev *migrate.Revision) error {
	_, err := r.t.DB.ExecContext(ctx, r.t.upsert(rev))
	return err
}

func (r *testRevisions) DeleteRevision(context.Context, string) error { return nil }

func TestFailureInEachMode(t *testing.T) {
	files := func() map[string]string {
		return map[string]string{
			"1_a.sql": "CREATE TABLE a (id int);\n",
			"2_b.sql": "INSERT INTO a VALUES (1);\nINSERT INTO a VALUES (2);\nINSERT INTO nope VALUES (3);\nINSERT INTO a VALUES (4);\n",
		}
	}
	fixed := strings.Replace(files()["2_b.sql"], "nope", "a", 1)
	for mode, want := range map[string]struct {
		revs    []string
		rows    int // in a, after the failure; -1 where there is no table
		partial int
	}{
		TxFile: {[]string{"1"}, 0, 0},
		TxAll:  {nil, -1, 0},
		TxNone: {[]string{"1", "2"}, 2, 2},
	} {
		t.Run(mode, func(t *testing.T) {
			both(t, func(t *testing.T, db *Target) {
				d := testDir(t, FormatAtlas, files())
				rep, err := db.Apply(ctx, d, ApplyOptions{TxMode: mode})
				var se *StmtExecError
				require.ErrorAs(t, err, &se)
				require.Equal(t, 3, se.Line)
				require.Equal(t, "2_b.sql", se.Name)
				require.NotEmpty(t, rep.Error)
				require.Equal(t, "INSERT INTO nope VALUES (3);", rep.Applied[1].Error.Stmt)
				revs, err := db.ReadRevisions(ctx)
				require.NoError(t, err)
				require.Equal(t, want.revs, versions(revs))
				if want.rows >= 0 {
					require.Equal(t, want.rows, count(t, db.DB, "SELECT count(*) FROM a"))
				}
				st, err := db.Status(ctx, d)
				require.NoError(t, err)
				require.Equal(t, "PENDING", st.Status)
				if want.partial > 0 {
					require.Equal(t, want.partial, st.Count)
					require.Equal(t, 4, st.Total)
					require.Equal(t, "INSERT INTO nope VALUES (3);", st.SQL)
					require.Contains(t, st.Error, "nope")
				} else {
					require.Zero(t, st.Total)
				}
				// The next apply, with the mistake corrected, completes it; nothing runs twice.
				edit(t, d, "2_b.sql", fixed)
				apply(t, db, d, ApplyOptions{TxMode: mode})
				require.Equal(t, 4, count(t, db.DB, "SELECT count(*) FROM a"))
				st, err = db.Status(ctx, d)
				require.NoError(t, err)
				require.Equal(t, "OK", st.Status)
			})
		})
	}
}

func TestHistoryChanged(t *testing.T) {
	both(t, func(t *testing.T, db *Target) {
		d := testDir(t, FormatAtlas, map[string]string{"1_a.sql": "-- atlas:txmode none\n\nCREATE TABLE a (id int);\nSELECT nope;\n"})
		_, err := db.Apply(ctx, d, ApplyOptions{})
		require.Error(t, err)
		edit(t, d, "1_a.sql", "-- atlas:txmode none\n\nCREATE TABLE b (id int);\nSELECT 1;\n")
		_, err = db.Apply(ctx, d, ApplyOptions{})
		var hc *HistoryChangedError
		require.ErrorAs(t, err, &hc)
		require.Equal(t, 1, hc.Stmt)
	})
}

func TestExecOrder(t *testing.T) {
	both(t, func(t *testing.T, db *Target) {
		all := threeFiles()
		delete(all, "2_b.sql")
		all["3_c.sql"] = "CREATE TABLE c (id int);"
		d := testDir(t, FormatAtlas, all)
		apply(t, db, d, ApplyOptions{})
		edit(t, d, "2_b.sql", "CREATE TABLE b (id int);")
		edit(t, d, "4_d.sql", "CREATE TABLE d (id int);")
		_, err := db.Apply(ctx, d, ApplyOptions{})
		var nl *NonLinearError
		require.ErrorAs(t, err, &nl)
		require.ErrorContains(t, err, "migration file 2_b.sql was added out of order")
		st, err := db.Status(ctx, d)
		require.NoError(t, err)
		require.Len(t, st.OutOfOrder, 1)
		require.Len(t, st.Pending, 1)
		rep := apply(t, db, d, ApplyOptions{Order: OrderLinearSkip, DryRun: true})
		require.Len(t, rep.Applied, 1)
		rep = apply(t, db, d, ApplyOptions{Order: OrderNonLinear})
		require.Len(t, rep.Applied, 2)
	})
}

func TestDirtyAndBaseline(t *testing.T) {
	both(t, func(t *testing.T, db *Target) {
		_, err := db.DB.Exec("CREATE TABLE a (id int)")
		require.NoError(t, err)
		d := testDir(t, FormatAtlas, threeFiles())
		_, err = db.Apply(ctx, d, ApplyOptions{})
		var nc *migrate.NotCleanError
		require.ErrorAs(t, err, &nc)
		require.ErrorContains(t, err, "baseline version or allow-dirty is required")
		_, err = db.Apply(ctx, d, ApplyOptions{Baseline: "9"})
		require.ErrorContains(t, err, `baseline version "9" not found`)
		apply(t, db, d, ApplyOptions{Baseline: "1"})
		revs, err := db.ReadRevisions(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"1", "2", "3"}, versions(revs))
		require.Equal(t, migrate.RevisionTypeBaseline, revs[0].Type)
	})
}

func TestChecksum(t *testing.T) {
	both(t, func(t *testing.T, db *Target) {
		d := testDir(t, FormatAtlas, threeFiles())
		require.NoError(t, d.WriteFile("2_b.sql", []byte("SELECT 1;")))
		_, err := db.Apply(ctx, d, ApplyOptions{})
		var ce *migrate.ChecksumError
		require.True(t, errors.As(err, &ce))
		require.Equal(t, "2_b.sql", ce.File)
		require.Equal(t, 3, ce.Line)
	})
}

func TestOwnTransactions(t *testing.T) {
	both(t, func(t *testing.T, db *Target) {
		d := testDir(t, FormatGolangMigrate, map[string]string{
			"1_a.up.sql": "BEGIN;\nCREATE TABLE a (id int);\nINSERT INTO a VALUES (1);\nCOMMIT;\nBEGIN;\nINSERT INTO a VALUES (2);\nINSERT INTO nope VALUES (1);\nCOMMIT;\n",
		})
		_, err := db.Apply(ctx, d, ApplyOptions{})
		require.Error(t, err)
		require.Equal(t, 1, count(t, db.DB, "SELECT count(*) FROM a"))
		st, err := db.Status(ctx, d)
		require.NoError(t, err)
		require.Equal(t, 4, st.Count, "the second transaction left no trace")
		edit(t, d, "1_a.up.sql", strings.Replace("BEGIN;\nCREATE TABLE a (id int);\nINSERT INTO a VALUES (1);\nCOMMIT;\nBEGIN;\nINSERT INTO a VALUES (2);\nINSERT INTO nope VALUES (1);\nCOMMIT;\n", "nope", "a", 1))
		apply(t, db, d, ApplyOptions{})
		require.Equal(t, 3, count(t, db.DB, "SELECT count(*) FROM a"))
	})
}

func TestTxtar(t *testing.T) {
	both(t, func(t *testing.T, db *Target) {
		d := testDir(t, FormatAtlas, map[string]string{
			"1_a.sql": "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);",
			"2_b.sql": "-- atlas:txtar\n\n-- checks/destructive.sql --\n-- atlas:assert DS102\nSELECT NOT EXISTS (SELECT 1 FROM a) AS is_empty;\n\n-- migration.sql --\nDROP TABLE a;\n\n-- down.sql --\nCREATE TABLE a (id int);\n",
		})
		rep, err := db.Apply(ctx, d, ApplyOptions{})
		require.ErrorContains(t, err, "returned false")
		require.Len(t, rep.Applied[1].Checks, 1)
		require.NotNil(t, rep.Applied[1].Checks[0].Error)
		require.Equal(t, 1, count(t, db.DB, "SELECT count(*) FROM a"))
		_, err = db.DB.Exec("DELETE FROM a")
		require.NoError(t, err)
		apply(t, db, d, ApplyOptions{})
		_, err = db.Down(ctx, d, DownOptions{})
		require.NoError(t, err)
		require.Equal(t, 0, count(t, db.DB, "SELECT count(*) FROM a"))
		edit(t, d, "3_c.sql", "-- atlas:txtar\n\n-- other.sql --\nDROP TABLE a;\n")
		_, err = db.Apply(ctx, d, ApplyOptions{})
		require.ErrorContains(t, err, `unknown file "other.sql"`)
	})
}

func TestReportJSON(t *testing.T) {
	db := liteTarget(t)
	d := testDir(t, FormatAtlas, threeFiles())
	b, err := json.Marshal(apply(t, db, d, ApplyOptions{}))
	require.NoError(t, err)
	var m map[string]any
	require.NoError(t, json.Unmarshal(b, &m))
	require.Equal(t, "Migrated to version 3 from  (3 migrations in total)", m["Message"])
	f := m["Applied"].([]any)[0].(map[string]any)
	require.Equal(t, "1_a.sql", f["Name"])
	require.Len(t, f["Applied"], 2)
}

func TestRevisionsSchema(t *testing.T) {
	db, _ := pgTarget(t)
	db.Schema = ""
	d := testDir(t, FormatAtlas, threeFiles())
	apply(t, db, d, ApplyOptions{})
	require.Equal(t, 3, count(t, db.DB, "SELECT count(*) FROM atlas_schema_revisions.atlas_schema_revisions"))
	db.Schema = "public"
	_, err := db.Status(ctx, d)
	require.ErrorIs(t, err, ErrAmbiguousRevisions)
	db.Revisions = "atlas_schema_revisions"
	st, err := db.Status(ctx, d)
	require.NoError(t, err)
	require.Equal(t, "OK", st.Status)
}

func TestCheckpoint(t *testing.T) {
	both(t, func(t *testing.T, db *Target) {
		files := threeFiles()
		files["4_checkpoint.sql"] = "-- atlas:checkpoint\n\nCREATE TABLE a (id int);\nCREATE TABLE b (id int);\n"
		files["5_d.sql"] = "INSERT INTO b VALUES (9);"
		d := testDir(t, FormatAtlas, files)
		st, err := db.Status(ctx, d)
		require.NoError(t, err)
		require.True(t, st.FromCheckpoint())
		rep := apply(t, db, d, ApplyOptions{})
		require.Len(t, rep.Applied, 2)
		require.Equal(t, 1, count(t, db.DB, "SELECT count(*) FROM b"))
	})
}

func TestSetAndResolve(t *testing.T) {
	both(t, func(t *testing.T, db *Target) {
		d := testDir(t, FormatAtlas, threeFiles())
		rep, err := db.Set(ctx, d, "2", "test")
		require.NoError(t, err)
		require.Equal(t, "2 set", rep.Summary())
		require.Equal(t, "2", rep.Current.Version)
		rep, err = db.Set(ctx, d, "1", "test")
		require.NoError(t, err)
		require.Equal(t, "1 removed", rep.Summary())
		_, err = db.Set(ctx, d, "7", "test")
		require.ErrorContains(t, err, `migration with version "7" not found`)
		rep, err = db.Set(ctx, d, "", "test")
		require.NoError(t, err)
		require.Equal(t, "3", rep.Current.Version)
	})
}

// TestSessionSettings: what a dump sets on the session is not felt by the next file.
func TestSessionSettings(t *testing.T) {
	db, _ := pgTarget(t)
	d := testDir(t, FormatAtlas, map[string]string{
		"1_dump.sql": "SELECT pg_catalog.set_config('search_path', '', false);\nSET statement_timeout = 0;\nCREATE TABLE public.a (id int);\n",
		"2_b.sql":    "CREATE TABLE b (id int);\n",
		"3_c.sql":    "-- atlas:txmode none\n\nSET lock_timeout = '1ms';\nCREATE TABLE c (id int);\n",
		"4_d.sql":    "INSERT INTO b SELECT 1 WHERE current_setting('lock_timeout') = '0';\n",
	})
	apply(t, db, d, ApplyOptions{})
	require.Equal(t, 1, count(t, db.DB, "SELECT count(*) FROM public.b"))
}

// TestMissingFile: a revision applied in part whose file is gone is said so.
func TestMissingFile(t *testing.T) {
	both(t, func(t *testing.T, db *Target) {
		d := testDir(t, FormatAtlas, map[string]string{"1_a.sql": "-- atlas:txmode none\n\nCREATE TABLE a (id int);\nbroken;\n"})
		_, err := db.Apply(ctx, d, ApplyOptions{})
		require.Error(t, err)
		_, err = db.Apply(ctx, testDir(t, FormatAtlas, map[string]string{"1_x.sql": "CREATE TABLE x (id int);"}), ApplyOptions{})
		// The directory has another file of that version: its statements are not those that ran.
		var hc *HistoryChangedError
		require.ErrorAs(t, err, &hc)
		_, err = db.Apply(ctx, testDir(t, FormatAtlas, map[string]string{"2_b.sql": "SELECT 1;"}), ApplyOptions{})
		var missing *migrate.MissingMigrationError
		require.ErrorAs(t, err, &missing)
	})
}
