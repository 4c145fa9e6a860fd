package ruledoc_test

import (
	"context"
	"database/sql"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/ruledoc"
)

const examples = "../lint/testdata"

// databases gives each example a database of its own.
func databases(t *testing.T) ruledoc.Databases {
	return func(context.Context) (*sql.DB, func(), error) {
		d := devdbtest.Test(t)
		return d.DB, func() {}, nil
	}
}

// TestExamples runs every rule's examples: its rule alone fires on the bad one, and nothing on the good one. The house
// rules that are information only are left out of account, except where one is the example's own.
func TestExamples(t *testing.T) {
	for _, r := range lint.Rules() {
		t.Run(r.Code, func(t *testing.T) {
			t.Parallel()
			for _, kind := range ruledoc.Kinds {
				e, err := ruledoc.Find(examples, r, kind)
				require.NoError(t, err)
				res, err := e.Run(t.Context(), databases(t))
				require.NoError(t, err)
				require.False(t, slices.ContainsFunc(res.Coverage.Skipped, func(s lint.Skip) bool { return s.Rule == r.Code }), "%s was skipped on its %s example: %v", r.Code, kind, res.Coverage.Skipped)
				own := 0
				for _, f := range res.Findings {
					switch {
					case f.Code == r.Code && kind == "bad":
						own++
						require.NotEmpty(t, f.Object)
						require.NotContains(t, f.Message, "%!")
					case f.Code == r.Code || f.Severity > lint.Info:
						t.Errorf("%s on the %s example: %s %s: %s", f.Severity, kind, f.Code, f.Object, f.Message)
					}
				}
				if kind == "bad" && own == 0 {
					t.Errorf("%s is silent on its bad example", r.Code)
				}
			}
		})
	}
}
