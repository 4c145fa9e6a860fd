package integration

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
	"github.com/plinth-go/plinth/internal/inspect"
	"github.com/plinth-go/plinth/internal/plan"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

var sqliteOpts = inspect.Options{Dialect: schemagraph.SQLite}

func sqliteState(t *testing.T, text string) *schemagraph.Graph {
	t.Helper()
	db := devdbtest.SQLite(t)
	_, err := db.DB.ExecContext(context.Background(), text)
	require.NoError(t, err)
	return sqliteInspected(t, db.DB)
}

func sqliteInspected(t *testing.T, db *sql.DB) *schemagraph.Graph {
	t.Helper()
	g, err := inspect.Database(context.Background(), db, sqliteOpts)
	require.NoError(t, err)
	return g
}

func TestSQLiteChanges(t *testing.T) {
	const users = `CREATE TABLE users (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, name text NOT NULL, age integer NULL); `
	for name, c := range map[string]struct {
		from, to, seed, query, want string
		opts                        plan.Options
		lossy                       bool
	}{
		"create":           {from: "", to: users + "CREATE UNIQUE INDEX uq_users_name ON users (name) WHERE age > 1;"},
		"add column":       {from: users, to: `CREATE TABLE users (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, name text NOT NULL, age integer NULL, note text NULL DEFAULT 'n');`, seed: "INSERT INTO users (name) VALUES ('a')", query: "SELECT note FROM users", want: "n"},
		"drop column":      {from: users, to: `CREATE TABLE users (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, name text NOT NULL);`, seed: "INSERT INTO users (name) VALUES ('a')", query: "SELECT name FROM users", want: "a", lossy: true},
		"rename column":    {from: users, to: `CREATE TABLE users (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, title text NOT NULL, age integer NULL);`, seed: "INSERT INTO users (name) VALUES ('a')", query: "SELECT title FROM users", want: "a", opts: plan.Options{Renames: []plan.Rename{{Table: "users", From: "name", To: "title"}}}},
		"rename table":     {from: users, to: `CREATE TABLE people (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, name text NOT NULL, age integer NULL);`, seed: "INSERT INTO users (name) VALUES ('a')", query: "SELECT name FROM people", want: "a", opts: plan.Options{Renames: []plan.Rename{{From: "users", To: "people"}}}},
		"type":             {from: users, to: `CREATE TABLE users (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, name text NOT NULL, age text NULL);`, seed: "INSERT INTO users (name, age) VALUES ('a', 4)", query: "SELECT age FROM users", want: "4"},
		"check":            {from: users, to: `CREATE TABLE users (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, name text NOT NULL, age integer NULL, CONSTRAINT ck CHECK (age > 0));`},
		"child table":      {from: users, to: users + `CREATE TABLE pets (id integer PRIMARY KEY NOT NULL, owner integer NOT NULL, CONSTRAINT fk FOREIGN KEY (owner) REFERENCES users (id) ON DELETE CASCADE); CREATE INDEX ix ON pets (owner);`},
		"drop table":       {from: users + `CREATE TABLE pets (id integer PRIMARY KEY NOT NULL, owner integer NOT NULL, CONSTRAINT fk FOREIGN KEY (owner) REFERENCES users (id) ON DELETE CASCADE);`, to: users, lossy: true},
		"parent is kept":   {from: users + `CREATE TABLE pets (id integer PRIMARY KEY NOT NULL, owner integer NOT NULL, CONSTRAINT fk FOREIGN KEY (owner) REFERENCES users (id) ON DELETE CASCADE);`, to: `CREATE TABLE users (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, name text NULL, age integer NULL); CREATE TABLE pets (id integer PRIMARY KEY NOT NULL, owner integer NOT NULL, CONSTRAINT fk FOREIGN KEY (owner) REFERENCES users (id) ON DELETE CASCADE);`, seed: "INSERT INTO users (name) VALUES ('a'); INSERT INTO pets (owner) VALUES (1)", query: "SELECT count(*) FROM pets", want: "1"},
		"view and trigger": {from: users, to: users + `CREATE VIEW v AS SELECT name FROM users; CREATE TRIGGER tr AFTER INSERT ON users BEGIN UPDATE users SET age = 1 WHERE id = NEW.id; END;`, seed: "INSERT INTO users (name) VALUES ('a')"},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := sqliteState(t, c.from), sqliteState(t, c.to)
			p, err := plan.Diff(from, to, c.opts)
			require.NoError(t, err)
			require.Equal(t, c.lossy, len(p.Destructive) > 0)
			ctx := context.Background()
			db := devdbtest.SQLite(t)
			_, err = db.DB.ExecContext(ctx, c.from+c.seed)
			require.NoError(t, err)
			for _, f := range p.Files {
				t.Logf("notx %v\n%s", f.NoTx, f.Up())
			}
			require.NoError(t, inspect.Execute(ctx, db.DB, p.Statements()))
			got := sqliteInspected(t, db.DB)
			require.Empty(t, inspect.Compare(to, got))
			again, err := plan.Diff(got, to, plan.Options{})
			require.NoError(t, err)
			require.Empty(t, again.Statements())
			if c.query != "" {
				var got string
				require.NoError(t, db.DB.QueryRowContext(ctx, c.query).Scan(&got))
				require.Equal(t, c.want, got)
			}
			require.NoError(t, inspect.Execute(ctx, db.DB, p.Reverse()))
			require.Empty(t, inspect.Compare(from, sqliteInspected(t, db.DB)))
		})
	}
}

func TestSQLiteDumps(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(os.Getenv("PLINTH_DUMPS"), "*-sqlite.sql"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		g := sqliteState(t, string(text))
		stmts, err := plan.DDL(g)
		require.NoError(t, err)
		db := devdbtest.SQLite(t)
		require.NoError(t, inspect.Execute(context.Background(), db.DB, stmts))
		require.Empty(t, inspect.Compare(g, sqliteInspected(t, db.DB)))
	}
}
