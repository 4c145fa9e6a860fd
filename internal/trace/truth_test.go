package trace_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/plinth-go/plinth/internal/devdb"
	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
	"github.com/plinth-go/plinth/internal/trace"
)

var update = flag.Bool("update", false, "write testdata/truth.txt anew for the server's major version")

// base is the major version of truth.txt's "=" lines.
const base = 15

// truthCase is one statement of truth.txt.
type truthCase struct {
	line  int
	first []string // statements that run before
	text  string
	want  map[int]string // by major version; 0 for the base
}

// TestTruth holds what PostgreSQL does for each statement, in a table that also records where versions differ.
func TestTruth(t *testing.T) {
	total := 0
	for _, file := range []string{"testdata/truth.txt", "testdata/truth_wild.txt"} {
		total += checkTruth(t, file)
	}
	if total < 120 {
		t.Errorf("%d cases; want at least 120", total)
	}
}

// checkTruth holds one file against the server, or writes it anew, and returns the number of its cases.
func checkTruth(t *testing.T, file string) int {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
	cases := parseTruth(t, lines)
	major := devdbtest.Server(t).Major()
	got := make([]string, len(cases))
	var wg sync.WaitGroup
	gate := make(chan bool, 3)
	for i, c := range cases {
		wg.Go(func() {
			gate <- true
			defer func() { <-gate }()
			got[i] = runTruth(t, c)
		})
	}
	wg.Wait()
	if *update {
		if err := os.WriteFile(file, []byte(renderTruth(lines, cases, got, major)), 0o644); err != nil {
			t.Fatal(err)
		}
		return len(cases)
	}
	for i, c := range cases {
		want, own := c.want[major]
		if !own {
			want = c.want[0]
		}
		if got[i] != want {
			t.Errorf("%s:%d: %s\n on %d  %s\n want  %s", file, c.line, c.text, major, got[i], want)
		}
	}
	return len(cases)
}

func parseTruth(t *testing.T, lines []string) (cases []*truthCase) {
	t.Helper()
	var first []string
	for i, l := range lines {
		switch mark, rest, _ := strings.Cut(l, " "); {
		case l == "" || mark == "#":
		case mark == "+":
			first = append(first, rest)
		case mark == ">":
			cases = append(cases, &truthCase{line: i + 1, first: first, text: rest, want: map[int]string{}})
			first = nil
		case strings.HasSuffix(mark, "="):
			major := 0
			if mark != "=" {
				var err error
				if major, err = strconv.Atoi(strings.TrimSuffix(mark, "=")); err != nil {
					t.Fatalf("line %d: %v", i+1, err)
				}
			}
			cases[len(cases)-1].want[major] = rest
		default:
			t.Fatalf("line %d is not understood: %s", i+1, l)
		}
	}
	return cases
}

// renderTruth writes the table with what this major version did.
func renderTruth(lines []string, cases []*truthCase, got []string, major int) string {
	var b strings.Builder
	n := 0
	for i, l := range lines {
		mark, _, _ := strings.Cut(l, " ")
		if strings.HasSuffix(mark, "=") {
			continue
		}
		b.WriteString(l + "\n")
		if n == len(cases) || cases[n].line != i+1 {
			continue
		}
		c := cases[n]
		if major == base {
			c.want[0] = got[n]
		} else if delete(c.want, major); got[n] != c.want[0] {
			c.want[major] = got[n]
		}
		fmt.Fprintf(&b, "= %s\n", c.want[0])
		for m := 14; m < 30; m++ {
			if w, ok := c.want[m]; ok {
				fmt.Fprintf(&b, "%d= %s\n", m, w)
			}
		}
		n++
	}
	return b.String()
}

// start clones the schema of the truth table.
func start(t *testing.T) *devdb.Database {
	t.Helper()
	d, err := devdbtest.Server(t).Clone(t.Context(), "truth", func(ctx context.Context, db *sql.DB) error {
		raw, err := os.ReadFile("testdata/truth_schema.sql")
		if err == nil {
			_, err = db.ExecContext(ctx, string(raw))
		}
		return err
	})
	if err != nil {
		t.Error(err)
		return nil
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func runTruth(t *testing.T, c *truthCase) string {
	d := start(t)
	if d == nil {
		return ""
	}
	defer d.Close()
	for _, f := range c.first {
		if _, err := d.DB.Exec(f); err != nil && !strings.Contains(err.Error(), "42601") {
			t.Errorf("line %d: %s: %v", c.line, f, err) // other than being new in a later version
		}
	}
	r, err := trace.Run(t.Context(), d.DB, []trace.File{{Name: "x", TxMode: trace.TxNone, Statements: []string{c.text}}}, trace.Options{Private: true})
	if err != nil {
		t.Errorf("%s: %v", c.text, err)
		return ""
	}
	return describe(&r.Files[0].Statements[0])
}

// describe writes a statement's report on one line.
func describe(s *trace.Statement) string {
	if s.Skipped != "" {
		return "skipped: " + s.Skipped
	}
	var parts, locks []string
	tables := map[string]bool{}
	for _, l := range s.Locks {
		if l.Table == "" {
			tables[l.String()] = true
		}
	}
	for _, l := range s.Locks {
		if !tables[l.Table] {
			locks = append(locks, l.String()+" "+l.Mode.Short())
		}
	}
	if len(locks) > 0 {
		parts = append(parts, "locks "+strings.Join(locks, ", "))
	}
	list := func(what string, objects []trace.Object) {
		if len(objects) == 0 {
			return
		}
		var names []string
		for _, o := range objects {
			names = append(names, o.String())
		}
		parts = append(parts, what+" "+strings.Join(names, ", "))
	}
	list("rewrites", s.Rewrites)
	list("scans", s.Scans)
	var builds []string
	for _, b := range s.Builds {
		builds = append(builds, b.Index.String())
	}
	if len(builds) > 0 {
		parts = append(parts, "builds "+strings.Join(builds, ", "))
	}
	if !s.InTx {
		parts = append(parts, "not in a transaction")
	}
	if s.DataError != nil {
		parts = append(parts, "rows may fail "+s.DataError.SQLState)
	}
	if s.Error != nil {
		parts = append(parts, "fails "+s.Error.SQLState)
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, "; ")
}
