package integration

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plinth-go/plinth/internal/lint"
	migrationlint "github.com/plinth-go/plinth/internal/migration/lint"
	"github.com/plinth-go/plinth/internal/plan"
	"github.com/plinth-go/plinth/internal/schemagraph"
	"github.com/plinth-go/plinth/internal/schemagraph/graphtest"
)

// What the planner writes, the migration rules have nothing to say about.
func TestPlanLintsClean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := graphtest.Graph(t), graphtest.Graph(t)
		p, err := plan.Diff(a, b, plan.Options{PGVersion: 15})
		var refused *plan.RefusedError
		if errors.As(err, &refused) {
			t.Skip(err)
		}
		require.NoError(t, err)
		for _, f := range judge(t, a, p) {
			// M111 stays: a column whose type widens keeps its CHECK, which the server verifies anew under the lock.
			if f.Severity <= lint.Info || f.Code == "M111" {
				continue
			}
			t.Errorf("%s %s:%d %s\n%s\n%s", f.Code, f.File, f.Line, f.Message, f.Statement, textOf(p, f.File))
		}
	})
}

// judge lints the files of a plan on a database that holds a graph.
func judge(t tb, a *schemagraph.Graph, p *plan.Plan) []lint.Finding {
	t.Helper()
	ddl, err := plan.DDL(a)
	require.NoError(t, err)
	in := migrationlint.Input{Schema: []migrationlint.File{{Name: "schema.sql", Text: strings.Join(ddl, ";\n") + ";\n"}}}
	for i, f := range p.Files {
		in.Files = append(in.Files, migrationlint.File{
			Name: fmt.Sprintf("2026010100%02d_%s.up.sql", i, f.Suffix), Text: f.Up(), Migration: true,
			Version: fmt.Sprintf("2026010100%02d", i), HasDown: true, Down: f.Down(),
		})
	}
	res, err := migrationlint.Run(context.Background(), in, migrationlint.Options{Version: 15})
	require.NoError(t, err)
	return res.Findings
}

// textOf is the file a finding is in.
func textOf(p *plan.Plan, name string) string {
	for i, f := range p.Files {
		if name == fmt.Sprintf("2026010100%02d_%s.up.sql", i, f.Suffix) {
			return f.Up()
		}
	}
	return ""
}
