package lint_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/lint"
)

var (
	one = &lint.Rule{Code: "S901", Slug: "one", Title: "first", Severity: lint.Error, Aliases: []string{"DS1"}, Class: "destructive",
		Options: []lint.Option{{Name: "max", Default: "10"}, {Name: "only", Default: "a, b"}, {Name: "strict", Default: "false"}}}
	two  = &lint.Rule{Code: "S902", Slug: "two", Title: "second", Severity: lint.Warn}
	none = &lint.Rule{Code: "S903", Slug: "three", Title: "third", Severity: lint.Off}
	all  = []*lint.Rule{one, two, none}
)

func raw() []lint.Finding {
	return []lint.Finding{
		{Code: "S902", Object: "users.email", File: "b.go", Line: 3, Message: "second"},
		{Code: "S901", Object: "users", Message: "nowhere"},
		{Code: "S901", Object: "users.email", File: "a.go", Line: 9, Message: "first"},
	}
}

func codes(fs []lint.Finding) string {
	var s []string
	for _, f := range fs {
		s = append(s, f.Code+" "+f.Object)
	}
	return strings.Join(s, "; ")
}

func TestFinishCompletesAndSorts(t *testing.T) {
	res := lint.Finish(raw(), lint.Finishing{Rules: all, Skipped: []lint.Skip{{Rule: "S902", Why: "no queries"}}})
	require.Equal(t, "S901 users.email; S902 users.email; S901 users", codes(res.Findings))
	require.Equal(t, lint.Error, res.Findings[0].Severity)
	require.Equal(t, "one", res.Findings[0].Slug)
	require.Equal(t, []string{"DS1"}, res.Findings[0].Aliases)
	require.Contains(t, res.Findings[0].DocsURL, "S901.md")
	require.Equal(t, []string{"S901"}, res.Coverage.Ran)
	require.Equal(t, []string{"S903"}, res.Coverage.Off)
	require.Equal(t, "1 rule ran, 1 skipped: no queries", res.Coverage.String())
	require.Equal(t, 2, res.AtLeast(lint.Error))
}

func TestConfig(t *testing.T) {
	off, info := lint.Off, lint.Info
	cfg := lint.Config{Rules: map[string]lint.Setting{"all": {Severity: &info}, "s901": {Severity: &off}, "two": {}}}
	res := lint.Finish(raw(), lint.Finishing{Rules: all, Config: cfg})
	require.Equal(t, "S902 users.email", codes(res.Findings))
	require.Equal(t, lint.Info, res.Findings[0].Severity)
	require.NoError(t, cfg.Check(all))

	set := func(rule, name, value string) lint.Config {
		return lint.Config{Rules: map[string]lint.Setting{rule: {Options: map[string]string{name: value}}}}
	}
	require.Equal(t, 3, set("one", "max", "3").Int(one, "max"))
	require.Equal(t, 10, lint.Config{}.Int(one, "max"))
	require.Equal(t, []string{"a", "b"}, lint.Config{}.List(one, "only"))
	require.True(t, set("S901", "strict", "true").Bool(one, "strict"))
	require.ErrorContains(t, set("S999", "max", "3").Check(all), "no rule")
	require.ErrorContains(t, set("S901", "max", "x").Check(all), "must be a number")
	require.ErrorContains(t, set("S901", "maxx", "1").Check(all), "it has max, only, strict")
	require.ErrorContains(t, set("S902", "max", "1").Check(all), "no options")
}

func TestSuppressions(t *testing.T) {
	by := []lint.Suppression{
		{Rule: "S902", Why: "kept", Object: "users"},
		{Rule: "destructive", File: "a.go", FromLine: 9, ToLine: 9, Foreign: true},
		{Rule: "S901", Object: "orders", WrittenFile: "c.go", WrittenLine: 1},
		{Rule: "S999", Why: "x", Object: "orders", WrittenFile: "c.go", WrittenLine: 2},
	}
	res := lint.Finish(raw(), lint.Finishing{Rules: all, Suppressions: by})
	require.Equal(t, "L001 orders; L002 orders; L003 orders; S901 users", codes(res.Findings))
	require.Equal(t, 2, res.Coverage.Allowed)
	require.Contains(t, res.Coverage.String(), "2 allowed")
}

func TestUnusedIsNotReportedWhenTheRuleDidNotRun(t *testing.T) {
	by := []lint.Suppression{{Rule: "S902", Why: "x", Object: "orders"}}
	res := lint.Finish(nil, lint.Finishing{Rules: all, Suppressions: by, Skipped: []lint.Skip{{Rule: "S902", Why: "no queries"}}})
	require.Empty(t, res.Findings)
}

func TestBaselineOnlyShrinks(t *testing.T) {
	b := lint.NewBaseline(raw())
	var buf bytes.Buffer
	require.NoError(t, b.Write(&buf))
	b, err := lint.ReadBaseline(&buf)
	require.NoError(t, err)

	fresh, known := b.Split(append(raw(), lint.Finding{Code: "S901", Object: "users", Message: "again"}))
	require.Equal(t, "S901 users", codes(fresh), "a second finding of one kind is new")
	require.Len(t, known, 3)

	now, gone := b.Shrink(append(raw()[1:], lint.Finding{Code: "S902", Object: "new"}))
	require.Equal(t, 1, gone)
	require.Len(t, now.Entries, 2)

	_, err = lint.ReadBaseline(strings.NewReader(`{"findings":[{"code":"S901"}]}`))
	require.ErrorContains(t, err, "needs a fingerprint")
}

func TestSeverityNames(t *testing.T) {
	for _, name := range []string{"off", "info", "warn", "error"} {
		s, err := lint.ParseSeverity(name)
		require.NoError(t, err)
		require.Equal(t, name, s.String())
	}
	_, err := lint.ParseSeverity("fatal")
	require.Error(t, err)
}
