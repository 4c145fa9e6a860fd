package sqlparse

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func texts(f *File) []string {
	var out []string
	for _, s := range f.Stmts {
		out = append(out, s.Text)
	}
	return out
}

func TestSplit(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"empty":            {"", nil},
		"only comments":    {"-- a\n/* b /* c */ ; */\n", nil},
		"empty statements": {";;\n;SELECT 1;;", []string{"SELECT 1"}},
		"quotes":           {`SELECT ';', E'\';', "a;b", U&'d\0061;'; SELECT 2`, []string{`SELECT ';', E'\';', "a;b", U&'d\0061;'`, "SELECT 2"}},
		"doubled quotes":   {`SELECT 'it''s;'; SELECT "a"";b"`, []string{`SELECT 'it''s;'`, `SELECT "a"";b"`}},
		"dollar quotes":    {"DO $x$ BEGIN; $$ ; $x$; SELECT $1;", []string{"DO $x$ BEGIN; $$ ; $x$", "SELECT $1"}},
		"atomic body":      {"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3;", []string{"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END", "SELECT 3"}},
		"rule":             {"CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a;\nDELETE FROM b);\nSELECT 1", []string{"CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a;\nDELETE FROM b)", "SELECT 1"}},
		"open parenthesis": {"CREATE TABLE t (id int;\nSELECT 1;", []string{"CREATE TABLE t (id int", "SELECT 1"}},
		"meta commands":    {"\\set x 1\nSELECT 1;\n\\echo 'a;b'\nSELECT 2 \\gexec\nSELECT 3;", []string{`\set x 1`, "SELECT 1", `\echo 'a;b'`, "SELECT 2", `\gexec`, "SELECT 3"}},
		"copy data":        {"COPY t (a) FROM stdin;\n1;\n2'\n\\.\nSELECT 1;", []string{"COPY t (a) FROM stdin", "SELECT 1"}},
		"byte order mark":  {"\ufeffSELECT 1", []string{"SELECT 1"}},
		"open quote":       {"SELECT 1; SELECT 'a; SELECT 2;", []string{"SELECT 1", "SELECT 'a; SELECT 2;"}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, texts(Parse("f.sql", c.in))) })
	}
}

func TestPlaces(t *testing.T) {
	f := Parse("f.sql", "-- one\r\n\r\n  SELECT 'é', x;  -- behind\nALTER TABLE t\n  ADD COLUMN é int,\n  DROP COLUMN b; SELEC 1;\nSELECT 2")
	require.Len(t, f.Stmts, 4)
	require.Equal(t, []int{3, 3, 3}, []int{f.Stmts[0].Line, f.Stmts[0].Column, f.Stmts[0].EndLine})
	require.Equal(t, []int{4, 1, 6}, []int{f.Stmts[1].Line, f.Stmts[1].Column, f.Stmts[1].EndLine})
	require.Len(t, f.Stmts[0].Leading, 2)
	require.Equal(t, "behind", f.Stmts[0].Leading[1].Text)
	col := f.Stmts[1].Node.GetAlterTableStmt().Cmds[0].GetAlterTableCmd().Def.GetColumnDef()
	line, column := f.At(f.Stmts[1], col.Location)
	require.Equal(t, []int{5, 14}, []int{line, column})
	require.EqualError(t, f.Stmts[2].Err, `6:18: syntax error at or near "SELEC"`)
	require.NotNil(t, f.Stmts[3].Node, "a bad statement does not hide the next one")
	require.Len(t, f.Errors(), 1)
	require.Equal(t, "ALTER TABLE t", f.Line(4))
	require.Empty(t, f.Line(99))
}

func TestNewerSyntax(t *testing.T) {
	for in, want := range map[string]Newer{
		"CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) VIRTUAL)":          {Virtual: true},
		"ALTER TABLE t ADD COLUMN b int GENERATED ALWAYS AS (a * 2)":                 {Virtual: true},
		"ALTER TABLE t ADD COLUMN b int GENERATED ALWAYS AS (a * 2) STORED":          {},
		"ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT ENFORCED":                  {NotEnforced: true},
		"ALTER TABLE t ADD CONSTRAINT c NOT NULL a NOT VALID":                        {NotNull: []string{"a"}},
		`ALTER TABLE t ADD CONSTRAINT "C" NOT NULL "A"`:                              {NotNull: []string{"A"}},
		"ALTER TABLE t ADD NOT NULL a":                                               {NotNull: []string{"a"}},
		"ALTER TABLE t ADD CONSTRAINT c CHECK (a <> 'not enforced') /* enforced */ ": {},
	} {
		f := Parse("f.sql", in)
		require.Len(t, f.Stmts, 1, in)
		require.Nil(t, f.Stmts[0].Err, in)
		require.NotNil(t, f.Stmts[0].Node, in)
		require.Equal(t, want, f.Stmts[0].Newer, in)
	}
}

func TestBadInput(t *testing.T) {
	for name, in := range map[string]string{
		"zero byte":    "SELECT 1;\x00SELECT 2;",
		"not UTF-8":    "SELECT '\xff\xfe';",
		"UTF-16":       "\xff\xfeS\x00E\x00L\x00",
		"deep":         "SELECT " + strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000),
		"long chain":   "SELECT 1" + strings.Repeat("+1", 100_000),
		"union chain":  "SELECT 1, 2" + strings.Repeat(" UNION SELECT 1, 2", 100_000),
		"open comment": "SELECT 1; /* never closed",
		"not SQL":      "package main\n\nfunc main() {}\n",
		"case chain":   "SELECT " + strings.Repeat("CASE WHEN true THEN ", 50_000),
		"not chain":    "SELECT " + strings.Repeat("NOT ", 100_000) + "true",
		"minus chain":  "SELECT " + strings.Repeat("- ", 100_000) + "1",
	} {
		t.Run(name, func(t *testing.T) { require.NotEmpty(t, Parse("f.sql", in).Errors()) })
	}
}

func TestBlankKeepsOffsets(t *testing.T) {
	in := "SELECT 'a;b', $$x$$, \"q;\" -- c\n/* d */ FROM t"
	require.Len(t, Blank(in), len(in))
	require.NotContains(t, Blank(in), "x")
	require.Contains(t, Blank(in), `"q;"`)
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"SELECT 1;", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;", "COPY t FROM stdin;\n1\n\\.\n",
		"ALTER TABLE t ADD CONSTRAINT c NOT NULL a NOT VALID", "DO $$ BEGIN END $$", "\\d t", "SELECT E'\\'", "/* /* */", "$a$", "a\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		began := time.Now()
		file := Parse("f.sql", in)
		if took := time.Since(began); took > 5*time.Second {
			t.Fatalf("%d bytes took %s", len(in), took)
		}
		at := 0
		for _, s := range file.Stmts {
			if s.Start < at || s.End <= s.Start || s.Line < 1 || s.Column < 1 || s.EndLine < s.Line {
				t.Fatalf("statement %d-%d at %d:%d after %d", s.Start, s.End, s.Line, s.Column, at)
			}
			at = s.End
			if s.Kind == SQL && (s.Node == nil) == (s.Err == nil) {
				t.Fatalf("statement %q has neither a tree nor an error, or both", s.Text)
			}
		}
	})
}

// corpus gives the SQL that the conformance of both backends is judged on.
func corpus(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{"errors": "SELEC 1;\nSELECT 'a\n;", "newer": "ALTER TABLE t ADD CONSTRAINT c NOT NULL é NOT VALID;"}
	files, err := filepath.Glob("testdata/*.sql")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		out[name] = string(b)
	}
	return out
}

// What is let through to the C parser may be refused, but must not overflow its stack.
func TestAsDeepAsIsLetThrough(t *testing.T) {
	for _, in := range []string{
		"SELECT " + strings.Repeat("(", maxDepth-10) + "1" + strings.Repeat(")", maxDepth-10),
		"SELECT 1" + strings.Repeat("+1", maxDepth/2-10),
		"SELECT " + strings.Repeat("NOT ", maxDepth-10) + "true",
		"SELECT " + strings.Repeat("- ", maxDepth-10) + "1",
		"SELECT 1" + strings.Repeat("::int", maxDepth/3-10),
		"SELECT 1" + strings.Repeat(" UNION SELECT 1", maxDepth/3-10),
		"SELECT " + strings.Repeat("f(", maxDepth/2-10) + "1" + strings.Repeat(")", maxDepth/2-10),
		"SELECT " + strings.Repeat("ARRAY[", maxDepth/2-10) + "1" + strings.Repeat("]", maxDepth/2-10),
		"SELECT " + strings.Repeat("(SELECT ", maxDepth/2-10) + "1" + strings.Repeat(")", maxDepth/2-10),
	} {
		Parse("f.sql", in)
	}
	require.Empty(t, Parse("f.sql", "SELECT 1"+strings.Repeat("+1", 1000)).Errors())
	require.Empty(t, Parse("f.sql", "INSERT INTO t VALUES (1, -1)"+strings.Repeat(", (1, -1)", 20_000)).Errors())
}
