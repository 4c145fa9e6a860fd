package migration

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func reversible(t *testing.T) *Dir {
	return testDir(t, FormatGolangMigrate, map[string]string{
		"1_a.up.sql":   "CREATE TABLE a (id int, note text);",
		"1_a.down.sql": "DROP TABLE a;",
		"2_b.up.sql":   "CREATE TABLE b (id int);",
		"2_b.down.sql": "DROP TABLE b;",
		"3_c.up.sql":   "ALTER TABLE b ADD COLUMN note text;",
		"3_c.down.sql": "ALTER TABLE b DROP COLUMN note;",
	})
}

func TestDown(t *testing.T) {
	for _, mode := range []string{TxFile, TxAll, TxNone} {
		t.Run(mode, func(t *testing.T) {
			both(t, func(t *testing.T, db *Target) {
				d := reversible(t)
				apply(t, db, d, ApplyOptions{})
				rep, err := db.Down(ctx, d, DownOptions{DryRun: true, To: "0"})
				require.NoError(t, err)
				require.Len(t, rep.Reverted, 3)
				rep, err = db.Down(ctx, d, DownOptions{TxMode: mode})
				require.NoError(t, err)
				require.Equal(t, "3", rep.Current)
				require.Equal(t, "2", rep.Target)
				rep, err = db.Down(ctx, d, DownOptions{TxMode: mode, To: "0"})
				require.NoError(t, err)
				require.Len(t, rep.Reverted, 2)
				require.Equal(t, "2_b.down.sql", rep.Reverted[0].Name())
				revs, err := db.ReadRevisions(ctx)
				require.NoError(t, err)
				require.Empty(t, revs)
				rep, err = db.Down(ctx, d, DownOptions{})
				require.NoError(t, err)
				require.Zero(t, rep.Total)
				apply(t, db, d, ApplyOptions{})
			})
		})
	}
}

func TestDownTo(t *testing.T) {
	both(t, func(t *testing.T, db *Target) {
		d := reversible(t)
		apply(t, db, d, ApplyOptions{Amount: 2})
		_, err := db.Down(ctx, d, DownOptions{To: "3"})
		require.ErrorContains(t, err, `version "3" is not applied`)
		_, err = db.Down(ctx, d, DownOptions{To: "7"})
		require.ErrorContains(t, err, "not found")
		rep, err := db.Down(ctx, d, DownOptions{To: "1"})
		require.NoError(t, err)
		require.Equal(t, "1", rep.Target)
	})
}

func TestDownConsent(t *testing.T) {
	both(t, func(t *testing.T, db *Target) {
		d := reversible(t)
		apply(t, db, d, ApplyOptions{})
		_, err := db.DB.Exec("INSERT INTO a VALUES (1, 'x'), (2, NULL); INSERT INTO b VALUES (1, 'x'), (2, NULL), (3, 'y');")
		require.NoError(t, err)
		_, err = db.Down(ctx, d, DownOptions{To: "0"})
		var ce *ConsentError
		require.ErrorAs(t, err, &ce)
		var got []string
		for _, l := range ce.Plan.Losses {
			got = append(got, l.String())
		}
		require.Equal(t, []string{"column b.note: 2 values", "table b: 3 rows", "table a: 2 rows"}, got)
		_, err = db.Down(ctx, d, DownOptions{To: "0", Consent: "other"})
		require.ErrorContains(t, err, "is for another plan")
		require.Equal(t, 3, count(t, db.DB, "SELECT count(*) FROM b"), "nothing happened")
		_, err = db.Down(ctx, d, DownOptions{To: "0", Consent: ce.Plan.Hash})
		require.NoError(t, err)
	})
}

func TestDownMissing(t *testing.T) {
	db := liteTarget(t)
	d := testDir(t, FormatGolangMigrate, map[string]string{"1_a.up.sql": "CREATE TABLE a (id int);"})
	apply(t, db, d, ApplyOptions{})
	_, err := db.Down(ctx, d, DownOptions{})
	require.ErrorIs(t, err, ErrNoDown)
}

// TestDownResume stops a way down in between: nothing is undone twice, apply refuses meanwhile.
func TestDownResume(t *testing.T) {
	both(t, func(t *testing.T, db *Target) {
		d := testDir(t, FormatGolangMigrate, map[string]string{
			"1_a.up.sql":   "CREATE TABLE a (id int);\nCREATE TABLE b (id int);\nCREATE TABLE log (id int);",
			"1_a.down.sql": "-- atlas:txmode none\n\nINSERT INTO log VALUES (1);\nDROP TABLE a;\nDROP TABLE nope;\nDROP TABLE b;\n",
		})
		apply(t, db, d, ApplyOptions{})
		_, err := db.Down(ctx, d, DownOptions{})
		require.ErrorContains(t, err, "nope")
		st, err := db.Status(ctx, d)
		require.NoError(t, err)
		require.Equal(t, "PENDING", st.Status)
		require.Contains(t, st.Error, "reverted 2 of 4 statements of 1_a.down.sql")
		_, err = db.Apply(ctx, d, ApplyOptions{})
		require.ErrorContains(t, err, "on its way down")
		edit(t, d, "1_a.down.sql", "-- atlas:txmode none\n\nINSERT INTO log VALUES (1);\nDROP TABLE a;\nDROP TABLE IF EXISTS nope;\nDROP TABLE b;\n")
		_, err = db.Down(ctx, d, DownOptions{})
		require.NoError(t, err)
		require.Equal(t, 1, count(t, db.DB, "SELECT count(*) FROM log"))
		revs, err := db.ReadRevisions(ctx)
		require.NoError(t, err)
		require.Empty(t, revs)
	})
}

func TestDownCancelled(t *testing.T) {
	both(t, func(t *testing.T, db *Target) {
		d := reversible(t)
		apply(t, db, d, ApplyOptions{})
		c, cancel := context.WithCancel(ctx)
		_, err := db.Down(c, d, DownOptions{To: "0", Log: func(e Event) {
			if e.Kind == EventStmt && e.File.Name() == "2_b.down.sql" {
				cancel()
			}
		}})
		require.True(t, errors.Is(err, context.Canceled), "%v", err)
		revs, err := db.ReadRevisions(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"1", "2"}, versions(revs))
		// The server takes a moment to end the session of a client that has gone, and the lock with it.
		_, err = db.Down(ctx, d, DownOptions{To: "0", LockTimeout: 10 * time.Second})
		require.NoError(t, err)
	})
}
