package lint

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
	"github.com/plinth-go/plinth/internal/lint"
)

func onServer(t *testing.T) (OnServer, int) {
	t.Helper()
	srv := devdbtest.Server(t)
	return OnServer{Private: srv.DataDir() != "", NewDB: func(ctx context.Context) (*sql.DB, func(), error) {
		db, err := srv.NewDatabase(ctx)
		if err != nil {
			return nil, nil, err
		}
		return db.DB, func() { db.Close() }, nil
	}}, srv.Major()
}

func codesOf(res *Result) []string {
	var list []string
	for _, f := range res.Findings {
		if f.Severity >= lint.Warn {
			list = append(list, f.Code+" "+f.Object)
		}
	}
	return list
}

// Run on a server, the examples get the findings they get without one: what is read agrees with what is seen.
func TestTraceAgrees(t *testing.T) {
	tracer, major := onServer(t)
	// What only running shows, or what the example's server cannot do.
	only := map[string]string{
		"M302": "the schema it drops is not there", "M308": "", "M209": "the server's own error comes on top",
		"M201": "the server refuses the statement", "M801": "", "M604": "",
	}
	for i := range registry {
		r := &registry[i]
		if _, skip := only[r.Code]; skip || r.directory {
			continue
		}
		for _, kind := range []string{"bad", "good"} {
			e := example(t, r.Code, kind)
			if e.Options["pg"] != "" {
				continue
			}
			in := Input{Schema: []File{{Name: "schema.sql", Text: ExampleSchema()}}, Files: splitFiles(e.Text)}
			opt := Options{Version: major, LockTimeout: true, StatementTimeout: true}
			read, err := Run(context.Background(), in, opt)
			require.NoError(t, err)
			opt.Tracer = struct{ Tracer }{tracer} // the trace alone
			seen, err := Run(context.Background(), in, opt)
			require.NoError(t, err, "%s %s", r.Code, kind)
			assert.Equal(t, codesOf(read), codesOf(seen), "%s %s", r.Code, kind)
			require.Contains(t, seen.Traced, "PostgreSQL")
		}
	}
}

func TestTraceBeatsText(t *testing.T) {
	tracer, major := onServer(t)
	run := func(schema, sql string) *Result {
		res, err := Run(context.Background(), Input{Schema: []File{{Text: schema}}, Files: []File{{Name: "f.sql", Text: sql, Migration: true}}},
			Options{Version: major, Tracer: tracer, LockTimeout: true, StatementTimeout: true})
		require.NoError(t, err)
		return res
	}
	// The text cannot know that a type from a function's body is the one the column has.
	res := run("DO $$ BEGIN EXECUTE 'CREATE TABLE t (' || 'a varchar(10))'; END $$;", "ALTER TABLE t ALTER COLUMN a TYPE varchar(20);")
	require.Empty(t, codesOf(res))
	res = run("CREATE TABLE t (a int);", "ALTER TABLE t ADD COLUMN b nothing;")
	require.Len(t, res.Findings, 1)
	require.Equal(t, "M801", res.Findings[0].Code)
	require.Contains(t, res.Findings[0].Message, `type "nothing" does not exist (42704)`)
	require.Contains(t, res.Findings[0].Sources, lint.Traced)
	// What cannot be replayed is an error that says where.
	_, err := Run(context.Background(), Input{Schema: []File{{Name: "s.sql", Text: "SELECT 1;\nCREATE TABLE t (a nothing);"}}, Files: []File{{Text: "SELECT 1"}}}, Options{Tracer: tracer})
	require.ErrorContains(t, err, "s.sql:2")
}

// Atlas's analyzers run as well; what our rules report carries their codes, and what is left is information.
func TestAtlasAnalyzers(t *testing.T) {
	tracer, major := onServer(t)
	run := func(sql string) map[string]lint.Severity {
		res, err := Run(context.Background(), Input{Schema: []File{{Text: ExampleSchema()}}, Files: []File{{Name: "f.sql", Text: sql, Migration: true}}},
			Options{Version: major, Tracer: tracer, LockTimeout: true, StatementTimeout: true})
		require.NoError(t, err)
		got := map[string]lint.Severity{}
		for _, f := range res.Findings {
			for _, code := range append(f.Aliases, f.Code) {
				got[code] = f.Severity
			}
		}
		return got
	}
	for sql, code := range map[string]string{
		"DROP TABLE codes;":                                   "DS102",
		"ALTER TABLE users DROP COLUMN nickname;":             "DS103",
		"ALTER TABLE users ADD COLUMN x int NOT NULL;":        "MF103",
		"ALTER TABLE users ALTER COLUMN name SET NOT NULL;":   "MF104",
		"CREATE UNIQUE INDEX i ON users (nickname);":          "MF101",
		"ALTER TABLE orders DROP CONSTRAINT fk_orders_users;": "CD101",
		"ALTER TABLE users RENAME TO people;":                 "BC101",
		"ALTER TABLE users RENAME COLUMN name TO full_name;":  "BC102",
	} {
		got := run(sql)
		require.Contains(t, got, code, sql)
		require.GreaterOrEqual(t, got[code], lint.Warn, "%s: reported by our own rule", sql)
	}
	got := run("-- atlas:txmode none\n\nCREATE UNIQUE INDEX CONCURRENTLY i ON users (nickname);")
	require.Equal(t, lint.Info, got["MF101"])
	require.NotContains(t, run("-- atlas:txmode none\n\n-- atlas:nolint data_depend\nCREATE UNIQUE INDEX CONCURRENTLY i ON users (nickname);"), "MF101")
}
