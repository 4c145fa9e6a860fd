package ruledoc_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/lint"
	migrationlint "github.com/plinth-go/plinth/internal/migration/lint"
	"github.com/plinth-go/plinth/internal/ruledoc"
)

var update = flag.Bool("update", false, "write docs/rules anew")

const (
	pages   = "../../docs/rules"
	command = "go test ./internal/ruledoc -run TestPages -update"
)

// TestPages fails when a rule's page is missing or is not what running its examples gives now, and when a page has no
// rule.
func TestPages(t *testing.T) {
	want := map[string][]byte{"README.md": ruledoc.Index(lint.Rules(), migrationlint.Rules(), lint.Own())}
	for _, r := range lint.Rules() {
		page, err := ruledoc.Page(t.Context(), examples, r, databases(t))
		require.NoError(t, err)
		want[r.Code+".md"] = page
	}
	for _, r := range migrationlint.Rules() {
		page, err := ruledoc.MigrationPage(t.Context(), r)
		require.NoError(t, err)
		want[r.Code+".md"] = page
	}
	for _, r := range lint.Own() {
		want[r.Code+".md"] = ruledoc.EnginePage(r)
	}
	for name, text := range want {
		path := filepath.Join(pages, name)
		if *update {
			require.NoError(t, os.WriteFile(path, text, 0o644))
			continue
		}
		have, err := os.ReadFile(path)
		require.NoError(t, err, "write it with: %s", command)
		require.Equal(t, string(text), string(have), "%s is stale; write it anew with: %s", name, command)
	}
	files, err := filepath.Glob(filepath.Join(pages, "*.md"))
	require.NoError(t, err)
	for _, f := range files {
		require.Contains(t, want, filepath.Base(f), "%s is the page of no rule", f)
	}
}

// TestRulesAreComplete fails where a rule lacks what its page, its help or its configuration needs.
func TestRulesAreComplete(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range append(append(lint.Rules(), migrationlint.Rules()...), lint.Own()...) {
		require.Regexp(t, `^[SML]\d{3}$`, r.Code)
		for what, text := range map[string]string{"slug": r.Slug, "title": r.Title, "rationale": r.Rationale, "fix": r.FixText, "source": r.Source, "since": r.Since} {
			require.NotEmpty(t, strings.TrimSpace(text), "%s has no %s", r.Code, what)
		}
		require.Contains(t, []lint.FixKind{lint.FixAuto, lint.FixProposed, lint.FixNone}, r.Fix, r.Code)
		require.False(t, seen[r.Code] || seen[r.Family()+r.Slug], "%s or its slug is there twice", r.Code)
		seen[r.Code], seen[r.Family()+r.Slug] = true, true
		for _, o := range r.Options {
			require.NotEmpty(t, o.Doc, "option %s of %s", o.Name, r.Code)
		}
	}
	dirs, err := filepath.Glob(filepath.Join(examples, "S*"))
	require.NoError(t, err)
	for _, d := range dirs {
		require.True(t, seen[filepath.Base(d)], "%s holds examples of no rule", d)
	}
}
