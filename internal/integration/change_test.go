package integration

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
	"github.com/plinth-go/plinth/internal/inspect"
	"github.com/plinth-go/plinth/internal/plan"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// change is a migration between two schemas on a table with rows.
type change struct {
	name, from, to string
	seed           string // statements before
	opts           plan.Options
	entities       []*schemagraph.Entity
	// query is asked after going up, and answers want.
	query, want string
	// says are parts of the statements that go up; refused of the error instead.
	says    []string
	refused string
	// warns allows findings of the migration rules, for changes that were asked for in spite of them.
	warns bool
}

const people = `CREATE TABLE people (id bigint PRIMARY KEY, name varchar(40), age integer DEFAULT 1); `

var changes = []change{
	{
		name: "rename column", from: people + `CREATE INDEX ix_people_name ON people (name) WHERE name <> '';`,
		to:   strings.ReplaceAll(people, "name", "title") + `CREATE INDEX ix_people_title ON people (title) WHERE title <> '';`,
		opts: plan.Options{Renames: []plan.Rename{{Table: "people", From: "name", To: "title"}}},
		seed: `INSERT INTO people VALUES (1, 'Ada')`, query: `SELECT title FROM people`, want: "Ada",
		says: []string{`RENAME COLUMN "name" TO "title"`, `ALTER INDEX "ix_people_name" RENAME TO "ix_people_title"`},
	},
	{
		name: "rename declared by annotation", from: people, to: strings.ReplaceAll(people, "name", "full_name"),
		entities: []*schemagraph.Entity{{Name: "Person", Table: "people", Fields: []*schemagraph.Field{
			{Name: "full_name", Column: "full_name", Facts: annotation.Facts{RenamedFrom: &annotation.RenamedFrom{Old: "name"}}}}}},
		seed: `INSERT INTO people VALUES (1, 'Ada')`, query: `SELECT full_name FROM people`, want: "Ada",
	},
	{
		name: "rename table with its key, sequence and references",
		from: `CREATE TABLE people (id bigserial PRIMARY KEY, boss bigint CONSTRAINT fk_people_people REFERENCES people);`,
		to:   `CREATE TABLE persons (id bigserial PRIMARY KEY, boss bigint CONSTRAINT fk_persons_persons REFERENCES persons);`,
		opts: plan.Options{Renames: []plan.Rename{{From: "people", To: "persons"}}},
		seed: `INSERT INTO people (boss) VALUES (NULL)`, query: `SELECT pg_get_serial_sequence('persons', 'id')`, want: "public.persons_id_seq",
		says: []string{`RENAME TO "persons"`, `RENAME CONSTRAINT "people_pkey" TO "persons_pkey"`, `RENAME CONSTRAINT "fk_people_people" TO "fk_persons_persons"`},
	},
	{
		name: "longer string", from: people, to: strings.ReplaceAll(people, "varchar(40)", "varchar(80)"),
		says: []string{`ALTER COLUMN "name" TYPE character varying(80)`},
	},
	{
		name: "string to text", from: people, to: strings.ReplaceAll(people, "varchar(40)", "text"),
	},
	{
		name: "text to integer by rewrite", warns: true, from: people, to: strings.ReplaceAll(people, "name varchar(40)", "name integer"),
		seed: `INSERT INTO people VALUES (1, '42')`, opts: plan.Options{Rewrite: []string{"people.name"}},
		query: `SELECT name + 1 FROM people`, want: "43", says: []string{"USING"},
	},
	{
		name: "type by expand and contract", from: `CREATE TABLE t (id bigint PRIMARY KEY, n integer NOT NULL DEFAULT 7 CONSTRAINT ck_n CHECK (n > 0), s varchar(20)); COMMENT ON COLUMN t.n IS 'old'; CREATE INDEX ix_n ON t (n, s) WHERE n > 5; CREATE UNIQUE INDEX uq_n ON t (id, n); COMMENT ON INDEX ix_n IS 'i';`,
		to:    `CREATE TABLE t (id bigint PRIMARY KEY, n bigint NOT NULL DEFAULT 8 CONSTRAINT ck_n CHECK (n > 0), s integer); COMMENT ON COLUMN t.n IS 'new'; CREATE INDEX ix_n ON t (n, s) WHERE n > 5; CREATE UNIQUE INDEX uq_n ON t (id, n); COMMENT ON INDEX ix_n IS 'i';`,
		seed:  `INSERT INTO t SELECT i, i, i::text FROM generate_series(1, 6000) i; INSERT INTO t VALUES (0, 1, NULL)`,
		query: `SELECT count(*) FROM t WHERE n = s AND n = id`, want: "6000", says: []string{"CREATE TRIGGER", "COMMIT", `RENAME COLUMN "n" TO "n__old"`, `DROP COLUMN "n__old"`},
	},
	{
		name: "type of a key", from: people, to: strings.ReplaceAll(people, "id bigint", "id uuid"), refused: "it is part of the primary key",
	},
	{
		name: "own conversion", warns: true, from: people, to: strings.ReplaceAll(people, "name varchar(40)", "name integer"),
		seed: `INSERT INTO people VALUES (1, 'Ada')`,
		opts: plan.Options{Direct: true, Using: map[string]string{"people.name": "length(name)"}}, query: `SELECT name FROM people`, want: "3",
	},
	{
		name: "boolean to integer and back", warns: true, from: `CREATE TABLE t (a boolean NOT NULL DEFAULT true);`, to: `CREATE TABLE t (a smallint NOT NULL DEFAULT 1);`,
		seed: `INSERT INTO t VALUES (true), (false)`, opts: plan.Options{Direct: true}, query: `SELECT sum(a) FROM t`, want: "1",
	},
	{
		name: "required column with a default", from: people, to: strings.Replace(people, "age", "active boolean NOT NULL DEFAULT true, age", 1),
		seed: `INSERT INTO people VALUES (1, 'Ada')`, query: `SELECT active FROM people`, want: "true",
	},
	{
		name: "required column filled by an expression", from: people, to: strings.Replace(people, "age", "slug text NOT NULL, age", 1),
		seed:  `INSERT INTO people SELECT i, 'P' || i FROM generate_series(1, 12000) i`,
		opts:  plan.Options{Backfill: map[string]string{"people.slug": "lower(name)"}},
		query: `SELECT count(*) FROM people WHERE slug = lower(name)`, want: "12000", says: []string{"COMMIT", "VALIDATE CONSTRAINT", "SET NOT NULL"},
	},
	{
		name: "required column with a value for each row", from: people, to: strings.Replace(people, "age", "token uuid NOT NULL DEFAULT gen_random_uuid(), age", 1),
		seed:  `INSERT INTO people SELECT i, 'P' || i FROM generate_series(1, 6000) i`,
		query: `SELECT count(DISTINCT token) FROM people`, want: "6000", says: []string{"LIMIT 5000"},
	},
	{
		name: "NOT NULL by way of a check", from: people, to: strings.ReplaceAll(people, "name varchar(40)", "name varchar(40) NOT NULL"),
		says: []string{`CHECK ("name" IS NOT NULL) NOT VALID`, "VALIDATE CONSTRAINT", `ALTER COLUMN "name" SET NOT NULL`},
	},
	{
		name: "unique constraint over an index", from: people, to: people + `ALTER TABLE people ADD CONSTRAINT uq_people_name UNIQUE (name);`,
		says: []string{"CREATE UNIQUE INDEX CONCURRENTLY", "UNIQUE USING INDEX"},
	},
	{
		name: "another primary key", from: `CREATE TABLE t (a bigint PRIMARY KEY, b bigint NOT NULL);`, to: `CREATE TABLE t (a bigint NOT NULL, b bigint NOT NULL, PRIMARY KEY (a, b));`,
		says: []string{"CREATE UNIQUE INDEX CONCURRENTLY", "PRIMARY KEY USING INDEX"},
	},
	{
		name: "index with another definition", from: people + `CREATE INDEX ix ON people (name);`, to: people + `CREATE INDEX ix ON people (name, age);`,
		says: []string{`RENAME TO "ix__old"`, `CREATE INDEX CONCURRENTLY "ix"`, `DROP INDEX CONCURRENTLY "ix__old"`},
	},
	{
		name: "enum value added", from: `CREATE TYPE mood AS ENUM ('a', 'c'); CREATE TABLE t (m mood DEFAULT 'a');`,
		to:   `CREATE TYPE mood AS ENUM ('a', 'b', 'c', 'd'); CREATE TABLE t (m mood DEFAULT 'd');`,
		seed: `INSERT INTO t VALUES ('c')`, query: `SELECT m FROM t`, want: "c",
		says: []string{`ADD VALUE 'b' AFTER 'a'`, `ADD VALUE 'd'`},
	},
	{
		name: "enum value removed", warns: true, from: `CREATE TYPE mood AS ENUM ('a', 'b', 'c'); CREATE TABLE t (m mood NOT NULL DEFAULT 'a', ms mood[]); CREATE INDEX ix ON t (m) WHERE m <> 'c';`,
		to:   `CREATE TYPE mood AS ENUM ('c', 'a'); CREATE TABLE t (m mood NOT NULL DEFAULT 'a', ms mood[]); CREATE INDEX ix ON t (m) WHERE m <> 'c';`,
		seed: `INSERT INTO t VALUES ('c', '{a,c}')`, opts: plan.Options{Rewrite: []string{"*"}}, query: `SELECT ms FROM t`, want: "{a,c}",
	},
	{
		name: "enum value removed without consent", from: `CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TABLE t (m mood);`,
		to: `CREATE TYPE mood AS ENUM ('a'); CREATE TABLE t (m mood);`, refused: "type mood: values are removed or reordered",
	},
	{
		name: "identity to plain and back", from: `CREATE TABLE t (a bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY);`, to: `CREATE TABLE t (a bigint PRIMARY KEY);`,
		seed: `INSERT INTO t DEFAULT VALUES`, says: []string{"DROP IDENTITY"},
	},
	{
		name: "plain to identity counts on", from: `CREATE TABLE t (a bigint PRIMARY KEY);`, to: `CREATE TABLE t (a bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY);`,
		seed: `INSERT INTO t VALUES (41)`, query: `INSERT INTO t DEFAULT VALUES RETURNING a`, want: "42",
	},
	{
		name: "generated column to ordinary one", from: `CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED);`, to: `CREATE TABLE t (a int, b int);`,
		seed: `INSERT INTO t VALUES (21)`, query: `SELECT b FROM t`, want: "42", says: []string{"DROP EXPRESSION"},
	},
	{
		name: "generated column computed anew", warns: true, from: `CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED); CREATE INDEX ix ON t (b);`,
		to:   `CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 3) STORED); CREATE INDEX ix ON t (b);`,
		seed: `INSERT INTO t VALUES (2)`, opts: plan.Options{Rewrite: []string{"t.b"}}, query: `SELECT b FROM t`, want: "6",
	},
	{
		name: "generated column computed anew without consent", from: `CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED);`,
		to: `CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 3) STORED);`, refused: "column t.b: another generation expression",
	},
	{
		name: "ordinary column to generated one", from: `CREATE TABLE t (a int, b int);`, to: `CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 3) STORED);`,
		opts: plan.Options{Direct: true}, refused: "its values would be lost",
	},
	{
		name: "collation", warns: true, from: `CREATE TABLE t (a text); CREATE INDEX ix ON t (a);`, to: `CREATE TABLE t (a text COLLATE "C"); CREATE INDEX ix ON t (a);`,
		opts: plan.Options{Rewrite: []string{"*"}}, says: []string{`COLLATE "C"`},
	},
	{
		name: "user-defined type", warns: true, from: `CREATE EXTENSION citext; CREATE EXTENSION ltree; CREATE TABLE t (a citext);`, to: `CREATE EXTENSION citext; CREATE EXTENSION ltree; CREATE TABLE t (a ltree);`,
		opts: plan.Options{Direct: true}, seed: `INSERT INTO t VALUES ('a.b')`, query: `SELECT nlevel(a) FROM t`, want: "2",
	},
	{
		name: "check with another expression", from: people + `ALTER TABLE people ADD CONSTRAINT ck CHECK (age > 0);`, to: people + `ALTER TABLE people ADD CONSTRAINT ck CHECK (age >= 0);`,
		says: []string{"NOT VALID", "VALIDATE CONSTRAINT"},
	},
	{
		name: "foreign key with another action", from: people + `CREATE TABLE pets (o bigint CONSTRAINT fk REFERENCES people);`, to: people + `CREATE TABLE pets (o bigint CONSTRAINT fk REFERENCES people ON DELETE CASCADE);`,
		says: []string{"NOT VALID", "VALIDATE CONSTRAINT"},
	},
	{
		name: "partitioned", from: people + `CREATE TABLE t (a int) PARTITION BY RANGE (a);`, to: people + `CREATE TABLE t (a int) PARTITION BY LIST (a);`, refused: "table t: its partitioning changes",
	},
	{
		name: "row-level security and policies", from: people, to: people + `ALTER TABLE people ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON people USING (age > 1);`,
		says: []string{"ENABLE ROW LEVEL SECURITY", "CREATE POLICY"},
	},
	{
		name: "view over a column that changes", warns: true, from: people + `CREATE VIEW v AS SELECT name FROM people; CREATE VIEW w AS SELECT * FROM v;`,
		to: strings.ReplaceAll(people, "varchar(40)", "text") + `CREATE VIEW v AS SELECT name FROM people; CREATE VIEW w AS SELECT * FROM v;`,
	},
	{
		name: "schemas", from: `CREATE SCHEMA a; CREATE TABLE a.t (x int PRIMARY KEY); CREATE TABLE u (x int REFERENCES a.t);`,
		to: `CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.t (x int PRIMARY KEY, y int); CREATE TABLE b.t (x int PRIMARY KEY); CREATE TABLE u (x int REFERENCES a.t, z int REFERENCES b.t);`,
	},
}

func TestChanges(t *testing.T) {
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			from, to := stateOf(t, c.from), stateOf(t, c.to)
			to.Entities = c.entities
			p, err := plan.Diff(from, to, c.opts)
			if c.refused != "" {
				require.ErrorContains(t, err, c.refused)
				return
			}
			require.NoError(t, err)
			all := strings.Join(p.Statements(), ";\n")
			for _, s := range c.says {
				require.Contains(t, all, s)
			}
			require.Empty(t, p.Destructive, "nothing is lost")
			ctx := context.Background()
			db := devdbtest.Test(t)
			_, err = db.DB.ExecContext(ctx, c.from)
			require.NoError(t, err)
			if c.seed != "" {
				_, err = db.DB.ExecContext(ctx, c.seed)
				require.NoError(t, err)
			}
			for _, f := range p.Files {
				t.Logf("%s\n%s", f.Suffix, f.Up())
			}
			require.NoError(t, inspect.Execute(ctx, db.DB, p.Statements()))
			same(t, to.Structure(), inspected(t, db.DB), "after going up")
			if c.query != "" {
				var got string
				require.NoError(t, db.DB.QueryRowContext(ctx, c.query).Scan(&got))
				require.Equal(t, c.want, got)
			}
			require.NoError(t, inspect.Execute(ctx, db.DB, p.Reverse()))
			same(t, from, inspected(t, db.DB), "after going down")
			if !c.warns && !c.opts.Direct {
				for _, f := range judge(t, from, p) {
					if f.Severity > 1 {
						t.Errorf("%s %s:%d %s\n%s", f.Code, f.File, f.Line, f.Message, f.Statement)
					}
				}
			}
		})
	}
}
