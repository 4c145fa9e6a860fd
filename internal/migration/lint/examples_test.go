package lint

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/lint"
)

// example is a rule's example with the options in its first line.
type example struct {
	text string
	opt  map[string]string
}

func readExample(t *testing.T, path string) example {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	e := example{text: string(b), opt: map[string]string{}}
	if rest, ok := strings.CutPrefix(e.text, "-- options: "); ok {
		line, body, _ := strings.Cut(rest, "\n")
		e.text = strings.TrimLeft(body, "\n")
		for _, o := range strings.Fields(line) {
			k, v, _ := strings.Cut(o, "=")
			e.opt[k] = v
		}
	}
	return e
}

func schemaFile(t *testing.T) File {
	t.Helper()
	b, err := os.ReadFile("testdata/schema.sql")
	require.NoError(t, err)
	return File{Name: "schema.sql", Text: string(b)}
}

// The option "person" of a bad example names rules whose finding on the moved statement is a person's decision.

// splitFiles cuts a text at the lines that say that the next file begins.
func splitFiles(text string) []File {
	var files []File
	var cur strings.Builder
	flush := func() {
		name := fmt.Sprintf("%d_example.up.sql", len(files)+1)
		files = append(files, File{Name: name, Text: cur.String(), Migration: true, HasDown: true})
		cur.Reset()
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, nextFile) {
			flush()
			continue
		}
		cur.WriteString(line)
	}
	flush()
	return slices.DeleteFunc(files, func(f File) bool { return strings.TrimSpace(f.Text) == "" })
}

func runExample(t *testing.T, code string, e example) *Result {
	t.Helper()
	in := Input{Schema: []File{schemaFile(t)}, Files: splitFiles(e.text)}
	opt := Options{LockTimeout: e.opt["timeouts"] == "", StatementTimeout: e.opt["timeouts"] == ""}
	if v := e.opt["pg"]; v != "" {
		n, err := strconv.Atoi(v)
		require.NoError(t, err)
		opt.Version = n
	}
	if _, on := e.opt["on"]; on {
		warn := lint.Warn
		opt.Config.Rules = map[string]lint.Setting{code: {Severity: &warn}}
	}
	if kind, ok := e.opt["dir"]; ok {
		in.Directory = &Directory{Reversible: true}
		name := in.Files[0].Name
		switch kind {
		case "sum":
			in.Directory.SumFile, in.Directory.SumError = "atlas.sum", "checksum mismatch"
		case "order":
			in.Directory.OutOfOrder = []string{name}
		case "name":
			in.Directory.BadNames = map[string]string{name: "no version"}
		case "nodown":
			in.Files[0].HasDown = false
		case "drift":
			in.Directory.Drift = []Difference{{"a.b", "column b is declared and not there"}}
		case "edited":
			in.Directory.Edited = []string{name}
		}
		if code == "M705" {
			opt.Tracer = trips(kind)
		}
	}
	res, err := Run(context.Background(), in, opt)
	require.NoError(t, err)
	return res
}

// trips is a tracer that only knows what running down found.
type trips string

func (r trips) Trace(context.Context, Input) ([][]Traced, string, int, error) {
	return nil, "PostgreSQL 15", 15, nil
}

func (r trips) RoundTrips(context.Context, Input) ([]RoundTrip, error) {
	if r == "roundtrip" {
		return []RoundTrip{{File: "1_example.up.sql", Message: "table b is still there after the down"}}, nil
	}
	return nil, nil
}

// Every rule has a bad example on which it fires, with nothing else but what the example names, and a good one on
// which nothing does.
func TestExamples(t *testing.T) {
	for i := range registry {
		r := &registry[i]
		t.Run(r.Code, func(t *testing.T) {
			dir := filepath.Join("testdata", r.Code)
			bad := readExample(t, filepath.Join(dir, "bad.sql"))
			also := strings.Split(bad.opt["also"], ",")
			found := false
			for _, f := range runExample(t, r.Code, bad).Findings {
				if f.Code == r.Code {
					found = true
					require.NotEmpty(t, f.Message)
					require.NotEmpty(t, f.Fix)
					require.Positive(t, f.Line)
					continue
				}
				require.Contains(t, also, f.Code, "%s", f.Message)
			}
			require.True(t, found, "the bad example does not fire")
			good := runExample(t, r.Code, readExample(t, filepath.Join(dir, "good.sql")))
			for _, f := range good.Findings {
				require.Equal(t, lint.Info, f.Severity, "%s %s", f.Code, f.Message)
				require.NotEqual(t, r.Code, f.Code, "%s", f.Message)
			}
		})
	}
}

// Every rule has all that its page needs.
func TestRulesAreDocumented(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		require.NotEmpty(t, r.Slug, r.Code)
		require.NotEmpty(t, r.Title, r.Code)
		require.NotEmpty(t, r.Rationale, r.Code)
		require.NotEmpty(t, r.FixText, r.Code)
		require.NotEmpty(t, r.Source, r.Code)
		require.NotEmpty(t, r.Since, r.Code)
		require.NotEmpty(t, r.Fix, r.Code)
		require.False(t, seen[r.Slug], r.Slug)
		require.False(t, seen[r.Code], r.Code)
		seen[r.Slug], seen[r.Code] = true, true
	}
	dirs, err := filepath.Glob("testdata/M*")
	require.NoError(t, err)
	require.Len(t, dirs, len(registry), "an example without a rule, or a rule without an example")
}

// Following a fix leaves nothing to report at warning or above, save what is a person's decision.
func TestFixesLintClean(t *testing.T) {
	for i := range registry {
		r := &registry[i]
		if r.Fix != lint.FixProposed || r.directory {
			continue
		}
		bad := readExample(t, filepath.Join("testdata", r.Code, "bad.sql"))
		for _, f := range runExample(t, r.Code, bad).Findings {
			if f.Code != r.Code || f.Severity < lint.Warn {
				continue
			}
			t.Run(r.Code, func(t *testing.T) {
				require.NotContains(t, f.Fix, "\n;", "a statement of the fix could not be written")
				for _, again := range runExample(t, r.Code, example{text: f.Fix, opt: bad.opt}).Findings {
					if slices.Contains(strings.Split(bad.opt["person"], ","), again.Code) {
						continue
					}
					require.Less(t, again.Severity, lint.Warn, "the fix of %s is flagged by %s: %s\n%s", r.Code, again.Code, again.Message, f.Fix)
				}
			})
		}
	}
}
