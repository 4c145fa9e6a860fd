package lint

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/lint"
)

// cases are statements with the rules that fire on them at warning or above: what other linters' users complained
// about, what their documents warn of, and what the server really does. "18|" in front names the server's version;
// "plain|" leaves the schema out.
var cases = []struct{ sql, want string }{
	// Never flagged: constants, stable defaults, columns and tables of the same batch.
	{"ALTER TABLE users ADD COLUMN ok boolean NOT NULL DEFAULT FALSE", ""},
	{"ALTER TABLE users ADD COLUMN at timestamptz DEFAULT CURRENT_TIMESTAMP", ""},
	{"ALTER TABLE users ADD COLUMN d date DEFAULT now()::date", ""},
	{"ALTER TABLE users ADD COLUMN j jsonb DEFAULT '{}'::jsonb", ""},
	{"ALTER TABLE users ADD COLUMN n int DEFAULT abs(-1) + 2", ""},
	{"ALTER TABLE users ADD COLUMN s text DEFAULT concat('a', 'b')", ""},
	{"ALTER TABLE users ADD COLUMN u text DEFAULT current_user", ""},
	{"ALTER TABLE users ADD COLUMN n int DEFAULT NULL", ""},
	{"ALTER TABLE users ADD COLUMN n int NULL", ""},
	{"CREATE TABLE t (id int PRIMARY KEY); CREATE INDEX i ON t (id); ALTER TABLE t ADD CHECK (id > 0)", ""},
	{"CREATE TABLE IF NOT EXISTS t (id int); CREATE UNIQUE INDEX i ON t (id)", ""},
	{"CREATE TABLE t AS SELECT 1 AS a; CREATE INDEX i ON t (a)", ""},
	{"CREATE TABLE t (id int); ALTER TABLE t RENAME TO u; CREATE INDEX i ON u (id); ALTER TABLE u ALTER id TYPE bigint", ""},
	{"CREATE TEMP TABLE t (id int); CREATE INDEX i ON t (id); DROP TABLE t", ""},
	{"CREATE TABLE t (user_id bigint REFERENCES users (id) ON DELETE CASCADE)", ""},
	{"CREATE TABLE t (LIKE users); ALTER TABLE t ALTER age TYPE bigint", ""},
	{"ALTER TABLE users ADD COLUMN n int; ALTER TABLE users DROP COLUMN n", ""},
	// Volatile ones are.
	{"ALTER TABLE users ADD COLUMN t uuid DEFAULT gen_random_uuid()", "M112"},
	{"ALTER TABLE users ADD COLUMN t uuid DEFAULT uuid_generate_v4()", "M112"},
	{"ALTER TABLE users ADD COLUMN r float DEFAULT random()", "M112"},
	{"ALTER TABLE users ADD COLUMN t timestamptz DEFAULT clock_timestamp()", "M112"},
	{"ALTER TABLE users ADD COLUMN t text DEFAULT coalesce(md5(random()::text), 'x')", "M112"},
	{"ALTER TABLE users ADD COLUMN t int DEFAULT my_own()", "M112"},
	{"CREATE FUNCTION my_own() RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'; ALTER TABLE users ADD COLUMN t int DEFAULT my_own()", ""},
	{"CREATE FUNCTION my_own() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER TABLE users ADD COLUMN t int DEFAULT my_own()", "M112"},
	{"18|ALTER TABLE users ADD COLUMN t uuid DEFAULT uuidv7()", "M112"},
	{"ALTER TABLE users ADD COLUMN n serial", "M113"},
	{"ALTER TABLE users ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY", "M113"},
	{"ALTER TABLE users ADD COLUMN n int NOT NULL DEFAULT nextval('s')", "M112"},
	{"ALTER TABLE codes ADD COLUMN id bigserial PRIMARY KEY", "M113 M116"},
	{"ALTER TABLE users ADD COLUMN n int GENERATED ALWAYS AS (age * 2) STORED", "M114"},
	{"18|ALTER TABLE users ADD COLUMN n int GENERATED ALWAYS AS (age * 2)", ""},
	{"17|ALTER TABLE users ADD COLUMN n int GENERATED ALWAYS AS (age * 2) VIRTUAL", "M801"},
	// Constraints on new columns.
	{"ALTER TABLE users ADD COLUMN n int CHECK (n > 0)", "M116"},
	{"ALTER TABLE users ADD COLUMN n int UNIQUE", "M116"},
	{"ALTER TABLE users ADD COLUMN n bigint REFERENCES users (id)", ""},
	{"ALTER TABLE orders ADD COLUMN n bigint DEFAULT 1 REFERENCES users (id)", "M116"},
	{"ALTER TABLE users ADD COLUMN n int NOT NULL", "M501"},
	{"ALTER TABLE users ADD COLUMN n int NOT NULL DEFAULT NULL", "M501"},
	// Types, by what the column has.
	{"ALTER TABLE users ALTER email TYPE varchar(300)", ""},
	{"ALTER TABLE users ALTER email TYPE varchar(100)", "M110"},
	{"ALTER TABLE users ALTER email TYPE text", ""},
	{"ALTER TABLE users ALTER email TYPE text USING email::text", ""},
	{"ALTER TABLE users ALTER email TYPE text USING lower(email)", "M110"},
	{"ALTER TABLE users ALTER name TYPE varchar(10)", "M110"},
	{"ALTER TABLE users ALTER name TYPE varchar", ""},
	{"ALTER TABLE users ALTER score TYPE numeric(12, 2)", ""},
	{"ALTER TABLE users ALTER score TYPE numeric(12, 4)", "M110"},
	{"ALTER TABLE users ALTER score TYPE numeric", ""},
	{"ALTER TABLE users ALTER age TYPE bigint", "M110"},
	{"ALTER TABLE users ALTER created_at TYPE timestamp", ""},
	{"ALTER TABLE users ALTER created_at TYPE date", "M110"},
	{"11|ALTER TABLE users ALTER created_at TYPE timestamp", "M110"},
	{"SET LOCAL timezone = 'Europe/Berlin'; ALTER TABLE users ALTER created_at TYPE timestamp", "M110"},
	{"ALTER TABLE users ALTER email TYPE varchar(200)", ""},
	{"plain|ALTER TABLE t ALTER a TYPE text", "M110"},
	// NOT NULL, by version and by what is known.
	{"ALTER TABLE users ALTER email SET NOT NULL", ""},
	{"ALTER TABLE users ALTER name SET NOT NULL", "M109 M503"},
	{"ALTER TABLE users ADD CONSTRAINT c CHECK (name IS NOT NULL) NOT VALID\n-- next file\nALTER TABLE users VALIDATE CONSTRAINT c\n-- next file\nALTER TABLE users ALTER name SET NOT NULL; ALTER TABLE users DROP CONSTRAINT c", ""},
	{"11|ALTER TABLE users ADD CONSTRAINT c CHECK (name IS NOT NULL) NOT VALID\n-- next file\nALTER TABLE users VALIDATE CONSTRAINT c\n-- next file\nALTER TABLE users ALTER name SET NOT NULL", "M109 M503"},
	{"ALTER TABLE users ADD CONSTRAINT c CHECK (name IS NOT NULL) NOT VALID\n-- next file\nALTER TABLE users ALTER name SET NOT NULL", "M109 M503"},
	{"18|ALTER TABLE users ADD CONSTRAINT c NOT NULL name NOT VALID\n-- next file\nALTER TABLE users VALIDATE CONSTRAINT c", ""},
	{"18|ALTER TABLE users ADD CONSTRAINT c NOT NULL name", "M109 M503"},
	{"ALTER TABLE users ADD CONSTRAINT c NOT NULL name NOT VALID", "M801"},
	// Constraints.
	{"ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0)", "M104 M503"},
	{"ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0) NOT VALID", ""},
	{"18|ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0) NOT ENFORCED", ""},
	{"ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0) NOT VALID; ALTER TABLE orders VALIDATE CONSTRAINT c", "M205"},
	{"ALTER TABLE orders ADD CONSTRAINT c UNIQUE (note)", "M106 M502"},
	{"ALTER TABLE users ADD CONSTRAINT c UNIQUE USING INDEX uq_users_email", ""},
	{"ALTER TABLE codes ADD PRIMARY KEY (code)", "M107"},
	{"ALTER TABLE orders ADD FOREIGN KEY (parent_id) REFERENCES orders", "M105 M503"},
	{"CREATE TABLE t (id bigint PRIMARY KEY, o bigint); ALTER TABLE t ADD FOREIGN KEY (o) REFERENCES orders", ""},
	{"ALTER TABLE orders DROP CONSTRAINT fk_orders_users", "M307"},
	{"ALTER TABLE users DROP CONSTRAINT ck_users_age", "M307"},
	// Indexes.
	{"CREATE INDEX ON orders (note)", "M101"},
	{"CREATE UNIQUE INDEX i ON orders (note)", "M101 M502"},
	{"CREATE INDEX CONCURRENTLY i ON orders (note)", "M202"},
	{"-- atlas:txmode none\n\nCREATE INDEX CONCURRENTLY i ON orders (note)", ""},
	{"CREATE INDEX i ON ONLY events (body)", ""},
	{"CREATE INDEX i ON events (body)", "M101"},
	{"-- atlas:txmode none\n\nCREATE INDEX CONCURRENTLY i ON events (body)", "M801"},
	{"DROP INDEX ix_users_name", "M102"},
	{"DROP INDEX IF EXISTS unknown_index", "M102"},
	{"DROP INDEX users_pkey", "M801"},
	{"REINDEX TABLE users", "M103"},
	{"CREATE INDEX i ON orders (note); DROP INDEX i", "M101"},
	// Transactions.
	{"BEGIN; CREATE TABLE t (id int); COMMIT", "M204"},
	{"plain|BEGIN; ALTER TABLE t ADD COLUMN a int; COMMIT", ""},
	{"plain|BEGIN; CREATE INDEX CONCURRENTLY i ON t (a); COMMIT", "M201"},
	{"plain|CREATE INDEX CONCURRENTLY i ON t (a)", ""},
	{"plain|BEGIN; BEGIN; COMMIT", "M204"},
	{"DO $$ BEGIN CREATE INDEX i ON orders (note); END $$", "M101"},
	{"DO $$ BEGIN IF NOT EXISTS (SELECT 1) THEN ALTER TABLE users DROP COLUMN name; END IF; END $$", "M303"},
	{"DO $$ BEGIN EXECUTE 'CREATE INDEX i ON orders (note)'; END $$", "M101"},
	// Destructive and renaming statements.
	{"DROP TABLE users, orders", "M301 M301 M207"},
	{"TRUNCATE codes", "M304"},
	{"TRUNCATE users CASCADE", "M304 M308"},
	{"DROP SCHEMA s CASCADE", "M302 M308"},
	{"DROP DATABASE d", "M202 M302"},
	{"ALTER TABLE users RENAME nickname TO nick", "M402"},
	{"ALTER TABLE users RENAME TO people", "M401"},
	{"ALTER TABLE users RENAME TO people; CREATE VIEW users AS SELECT * FROM people", ""},
	{"ALTER TABLE users SET SCHEMA other", "M401"},
	{"ALTER INDEX ix_users_name RENAME TO i", ""},
	{"ALTER TABLE users RENAME CONSTRAINT ck_users_age TO c", ""},
	{"ALTER VIEW members RENAME TO grown_ups", "M403"},
	// Rows.
	{"UPDATE users SET name = 'x'", "M310"},
	{"UPDATE users SET name = 'x' WHERE id = 1", ""},
	{"UPDATE users SET name = 'x' WHERE id BETWEEN 1 AND 1000", ""},
	{"UPDATE users SET name = 'x' WHERE age > 1", "M504"},
	{"ALTER TABLE users ADD COLUMN n int\n-- next file\nUPDATE users SET n = 1", "M504"},
	{"ALTER TABLE users ADD COLUMN n int; UPDATE users SET n = 1", "M208 M504"},
	{"INSERT INTO codes VALUES ('a', 'b')", ""},
	{"INSERT INTO codes SELECT name, email FROM users", "M504"},
	{"CREATE TABLE t (id int); INSERT INTO t SELECT id FROM users; UPDATE t SET id = 1", ""},
	{"DELETE FROM users", "M310"},
	{"DELETE FROM users USING orders WHERE users.id = orders.user_id", "M504"},
	// Other commands.
	{"ALTER TABLE users SET UNLOGGED", "M117"},
	{"ALTER TABLE users SET (fillfactor = 70)", ""},
	{"ALTER TABLE users ALTER name SET STATISTICS 500", ""},
	{"COMMENT ON TABLE users IS 'x'", ""},
	{"CREATE VIEW v AS SELECT 1", ""},
	{"ALTER TABLE users ENABLE ROW LEVEL SECURITY", ""},
	{"ALTER TABLE orders DISABLE TRIGGER USER", ""},
	{"ALTER TYPE order_status ADD VALUE 'x'", ""},
	{"11|ALTER TYPE order_status ADD VALUE 'x'", "M202"},
	{"ALTER TYPE order_status ADD VALUE 'x'; INSERT INTO orders (status) VALUES ('x')", "M209"},
	{"CREATE TYPE c AS ENUM ('a'); ALTER TYPE c ADD VALUE 'x'; CREATE TABLE t (c c DEFAULT 'x')", ""},
	{"ALTER TABLE events ATTACH PARTITION events_old FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')", "M118"},
	{"CREATE TABLE p (LIKE events); ALTER TABLE events ATTACH PARTITION p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')", ""},
	{"CREATE TABLE p PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')", ""},
	{"REFRESH MATERIALIZED VIEW CONCURRENTLY totals", ""},
	{"ALTER DOMAIN label ADD CHECK (VALUE <> '')", "M123"},
	{"SELECT 1", ""},
	{"GRANT SELECT ON users TO PUBLIC", ""},
	{"VACUUM FULL users", "M117 M202"},
	{"ANALYZE users", ""},
	{"CREATE TRIGGER tr BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION touch()", ""},
}

func TestCases(t *testing.T) {
	for _, c := range cases {
		sql, version, plain := c.sql, 0, false
		if head, rest, ok := strings.Cut(sql, "|"); ok && len(head) < 6 {
			sql, plain = rest, head == "plain"
			for _, r := range head {
				if r >= '0' && r <= '9' {
					version = version*10 + int(r-'0')
				}
			}
		}
		in := Input{Schema: []File{{Name: "schema.sql", Text: ExampleSchema()}}, Files: splitFiles(sql)}
		if plain {
			in.Schema = nil
			for i := range in.Files {
				in.Files[i].Migration = false
			}
		}
		res, err := Run(context.Background(), in, Options{Version: version, LockTimeout: true, StatementTimeout: true})
		require.NoError(t, err)
		var got []string
		for _, f := range res.Findings {
			if f.Severity >= lint.Warn {
				got = append(got, f.Code)
			}
		}
		want := strings.Fields(c.want)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s\n  want %v\n  got  %v", c.sql, want, got)
		}
	}
}
