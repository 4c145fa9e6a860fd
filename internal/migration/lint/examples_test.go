package lint

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/lint"
)

func example(t *testing.T, code, kind string) *Example {
	t.Helper()
	e, err := FindExample(code, kind)
	require.NoError(t, err)
	return e
}

func judge(t *testing.T, e *Example) *Result {
	t.Helper()
	res, err := e.Run(context.Background())
	require.NoError(t, err)
	return res
}

// Every rule has a bad example on which it fires, with nothing else but what the example names, and a good one on
// which nothing does.
func TestExamples(t *testing.T) {
	for i := range registry {
		r := &registry[i]
		t.Run(r.Code, func(t *testing.T) {
			bad := example(t, r.Code, "bad")
			also := strings.Split(bad.Options["also"], ",")
			found := false
			for _, f := range judge(t, bad).Findings {
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
			for _, f := range judge(t, example(t, r.Code, "good")).Findings {
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
		bad := example(t, r.Code, "bad")
		for _, f := range judge(t, bad).Findings {
			if f.Code != r.Code || f.Severity < lint.Warn {
				continue
			}
			t.Run(r.Code, func(t *testing.T) {
				require.NotContains(t, f.Fix, "\n;", "a statement of the fix could not be written")
				for _, again := range judge(t, &Example{Code: r.Code, Text: f.Fix, Options: bad.Options}).Findings {
					if slices.Contains(strings.Split(bad.Options["person"], ","), again.Code) {
						continue
					}
					require.Less(t, again.Severity, lint.Warn, "the fix of %s is flagged by %s: %s\n%s", r.Code, again.Code, again.Message, f.Fix)
				}
			})
		}
	}
}
