package migration

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/sqltool"
	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

func at(t *testing.T, s string) {
	old := clock
	clock = func() time.Time {
		v, err := time.Parse(time.RFC3339, s)
		require.NoError(t, err)
		return v
	}
	t.Cleanup(func() { clock = old })
}

func TestWrite(t *testing.T) {
	at(t, "2026-05-06T07:08:09Z")
	d := testDir(t, FormatGolangMigrate, nil)
	names, err := Write(d, []NewFile{
		{Name: "add orders", Up: "CREATE TABLE o (id int);", Down: "DROP TABLE o;"},
		{Name: "index", Up: "CREATE INDEX CONCURRENTLY i ON o (id);", Down: "DROP INDEX CONCURRENTLY i;", TxMode: TxNone},
	}, &Snapshot{Form: FormNatural, Schema: []byte(`{"a":1}`)})
	require.NoError(t, err)
	require.Equal(t, []string{"20260506070809_add_orders.up.sql", "20260506070809_add_orders.down.sql",
		"20260506070810_index.up.sql", "20260506070810_index.down.sql"}, names)
	require.NoError(t, d.Validate())
	b, err := os.ReadFile(filepath.Join(d.Path(), names[2]))
	require.NoError(t, err)
	require.Equal(t, "-- atlas:txmode none\n\nCREATE INDEX CONCURRENTLY i ON o (id);\n", string(b))
	schema, fresh, err := d.Snapshot()
	require.NoError(t, err)
	require.True(t, fresh)
	require.JSONEq(t, `{"a":1}`, string(schema.Schema))
	entries, err := os.ReadDir(d.Path())
	require.NoError(t, err)
	require.Len(t, entries, 6, "no temporary file is left")

	// A second one in the same second comes after the first.
	names, err = Write(d, []NewFile{{Name: "x", Up: "SELECT 1;"}}, nil)
	require.NoError(t, err)
	require.Equal(t, "20260506070811_x.up.sql", names[0])
	_, fresh, err = d.Snapshot()
	require.NoError(t, err)
	require.False(t, fresh, "the old snapshot is not of these files")

	// The library agrees on the checksum, byte for byte.
	ld, err := sqltool.NewGolangMigrateDir(d.Path())
	require.NoError(t, err)
	require.NoError(t, migrate.Validate(ld))
}

func TestVersions(t *testing.T) {
	at(t, "2026-05-06T07:08:09Z")
	for last, want := range map[string]string{
		"000009_a.up.sql":         "000010",
		"9_a.up.sql":              "20260506070809",
		"20991231235959_a.up.sql": "20991231235959",
		"20260101000000_a.up.sql": "20260506070809",
	} {
		d := testDir(t, FormatGolangMigrate, map[string]string{last: "SELECT 1;"})
		got, err := d.NextVersions(1)
		if strings.HasPrefix(last, "2099") {
			require.NoError(t, err)
			require.Equal(t, "21000101000000", got[0])
			continue
		}
		if strings.HasPrefix(last, "9_") {
			require.ErrorContains(t, err, "sorts after every timestamp")
			continue
		}
		require.NoError(t, err)
		require.Equal(t, want, got[0])
	}
}

// TestWriteFails: when the last file cannot be moved into place, nothing is left of the others.
func TestWriteFails(t *testing.T) {
	d := testDir(t, FormatGolangMigrate, map[string]string{"1_a.up.sql": "SELECT 1;"})
	require.NoError(t, os.Remove(filepath.Join(d.Path(), migrate.HashFileName)))
	require.NoError(t, os.MkdirAll(filepath.Join(d.Path(), migrate.HashFileName, "x"), 0o755))
	before, err := os.ReadDir(d.Path())
	require.NoError(t, err)
	_, err = Write(d, []NewFile{{Name: "x", Up: "SELECT 1;", Down: "SELECT 2;"}}, &Snapshot{Schema: []byte("{}")})
	require.Error(t, err)
	after, err := os.ReadDir(d.Path())
	require.NoError(t, err)
	require.Len(t, after, len(before))
}

func TestFormats(t *testing.T) {
	file := NewFile{Name: "init", Up: "CREATE TABLE countdown (\"Down\" int);\nINSERT INTO countdown VALUES (1);", Down: "DELETE FROM countdown;\nDROP TABLE countdown;"}
	for _, format := range Formats {
		t.Run(format, func(t *testing.T) {
			both(t, func(t *testing.T, db *Target) {
				d := testDir(t, format, nil)
				_, err := Write(d, []NewFile{file}, nil)
				require.NoError(t, err)
				apply(t, db, d, ApplyOptions{})
				require.Equal(t, 1, count(t, db.DB, `SELECT count("Down") FROM countdown`))
				st, err := db.Status(ctx, d)
				require.NoError(t, err)
				require.Equal(t, "OK", st.Status)
				plan, err := db.PlanDown(ctx, d, DownOptions{})
				require.NoError(t, err)
				_, err = db.Down(ctx, d, DownOptions{Consent: plan.Hash})
				require.NoError(t, err)

				other := testDir(t, FormatAtlas, nil)
				names, err := Import(d, other)
				if format == FormatAtlas {
					require.NoError(t, err)
					return
				}
				require.NoError(t, err)
				require.NotEmpty(t, names)
				apply(t, db, other, ApplyOptions{})
				plan, err = db.PlanDown(ctx, other, DownOptions{})
				require.NoError(t, err)
				require.Len(t, plan.Losses, 1)
			})
		})
	}
}

func TestGooseBlocks(t *testing.T) {
	d := testDir(t, FormatGoose, map[string]string{"00001_f.sql": `-- +goose NO TRANSACTION
-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  RETURN 1;
END;
$$;
-- +goose StatementEnd
CREATE TABLE t (id int); -- note
SELECT f();

-- +goose Down
DROP FUNCTION f;
`})
	list, err := d.List()
	require.NoError(t, err)
	up, err := list[0].Up(schemagraph.Postgres)
	require.NoError(t, err)
	require.Len(t, up, 3)
	mode, err := list[0].TxMode()
	require.NoError(t, err)
	require.Equal(t, TxNone, mode)
	down, _, err := list[0].Down(schemagraph.Postgres)
	require.NoError(t, err)
	require.Len(t, down, 1)
}

func TestRebase(t *testing.T) {
	at(t, "2026-05-06T07:08:09Z")
	d := testDir(t, FormatGolangMigrate, map[string]string{
		"20260101000000_a.up.sql": "SELECT 1;", "20260101000000_a.down.sql": "SELECT 0;",
		"20260102000000_mine.up.sql": "SELECT 2;", "20260102000000_mine.down.sql": "SELECT 0;",
		"20260103000000_theirs.up.sql": "SELECT 3;",
	})
	renames, err := Rebase(d, []string{"20260102000000_mine"})
	require.NoError(t, err)
	require.Equal(t, []Rename{
		{"20260102000000_mine.up.sql", "20260506070809_mine.up.sql"},
		{"20260102000000_mine.down.sql", "20260506070809_mine.down.sql"},
	}, renames)
	require.NoError(t, d.Validate())
	_, err = Rebase(d, []string{"nope"})
	require.ErrorContains(t, err, `no migration "nope"`)
}

func TestDirectives(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"twice":   {"-- atlas:txmode none\n-- atlas:txmode file\n\nSELECT 1;", "multiple txmode values"},
		"all":     {"-- atlas:txmode all\n\nSELECT 1;", `txmode "all" is not allowed`},
		"unknown": {"-- atlas:txmode some\n\nSELECT 1;", `unknown txmode "some"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := liteTarget(t).Apply(ctx, testDir(t, FormatAtlas, map[string]string{"1.sql": tt.text}), ApplyOptions{})
			require.ErrorContains(t, err, tt.want)
		})
	}
	_, err := liteTarget(t).Apply(ctx, testDir(t, FormatAtlas, map[string]string{"1.sql": "-- atlas:txmode none\n\nSELECT 1;"}), ApplyOptions{TxMode: TxAll})
	require.ErrorContains(t, err, `cannot set txmode directive to "none"`)

	// Another delimiter, and a file that the checksum ignores.
	db := liteTarget(t)
	d := testDir(t, FormatAtlas, map[string]string{
		"1.sql": "-- atlas:delimiter \\n\\n\\n\nCREATE TABLE a (id int);\n\n\nINSERT INTO a VALUES (1); INSERT INTO a VALUES (2);\n",
		"2.sql": "atlas:sum ignore\n",
	})
	edit(t, d, "2.sql", "-- atlas:sum ignore\n\nINSERT INTO a VALUES (3);")
	require.NoError(t, os.WriteFile(filepath.Join(d.Path(), "2.sql"), []byte("-- atlas:sum ignore\n\nINSERT INTO a VALUES (4);"), 0o600))
	apply(t, db, d, ApplyOptions{})
	require.Equal(t, 3, count(t, db.DB, "SELECT count(*) FROM a"))
}

func TestKinds(t *testing.T) {
	for text, want := range map[string]stmtKind{
		"-- x\nCREATE TABLE t (a text DEFAULT 'CONCURRENTLY');": kindAtomic,
		"create unique index concurrently x on t (a)":           kindOther,
		"BEGIN;":                     kindBegin,
		"START TRANSACTION":          kindBegin,
		"COMMIT;":                    kindCommit,
		"ROLLBACK TO s":              kindOther,
		"rollback":                   kindRollback,
		"DO $$ BEGIN COMMIT; END $$": kindOther,
		"CREATE FUNCTION f() RETURNS int AS $$ BEGIN CONCURRENTLY; END $$ LANGUAGE plpgsql": kindAtomic,
		"VACUUM t":                         kindOther,
		"CREATE DATABASE x":                kindOther,
		"/* c */ INSERT INTO t VALUES (1)": kindAtomic,
		"":                                 kindOther,
	} {
		require.Equal(t, want, kindOf(text), text)
	}
}

func TestOpen(t *testing.T) {
	_, err := Open(filepath.Join(t.TempDir(), "no"), FormatAtlas, false)
	require.ErrorContains(t, err, "does not exist")
	_, err = Open(t.TempDir(), "rails", false)
	require.ErrorContains(t, err, "golang-migrate")
	require.False(t, errors.Is(err, os.ErrNotExist))
}
