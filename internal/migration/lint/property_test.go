package lint

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/sqlparse"
)

// noisy puts comments and white space between the words of every statement.
func noisy(text string, noise func(i int) string) string {
	var b strings.Builder
	at := 0
	n := 0
	for _, s := range sqlparse.Parse("f.sql", text).Stmts {
		b.WriteString(text[at:s.Start])
		at = s.Start
		if s.Kind == sqlparse.Meta {
			continue // psql reads it line by line
		}
		code := sqlparse.Blank(s.Text)
		quoted := false
		for i := 0; i < len(s.Text); i++ {
			if code[i] == '"' {
				quoted = !quoted
			}
			if s.Text[i] == ' ' && code[i] == ' ' && !quoted && !inside(s.Text, code, i) {
				b.WriteString(noise(n))
				n++
				continue
			}
			b.WriteByte(s.Text[i])
		}
		at = s.End
	}
	b.WriteString(text[at:])
	return b.String()
}

// inside says whether a space is within something that was blanked out: the nearest other byte before it was.
func inside(text, code string, i int) bool {
	for j := i - 1; j >= 0; j-- {
		if code[j] != ' ' {
			break
		}
		if text[j] != ' ' && text[j] != '\n' {
			return !strings.HasSuffix(strings.TrimRight(text[:i], " \n"), "'") || strings.Count(text[:i], "'")%2 == 1
		}
	}
	return strings.Count(text[:i], "'")%2 == 1 || strings.Count(text[:i], "$$")%2 == 1
}

func summary(res *Result) []string {
	var list []string
	for _, f := range res.Findings {
		list = append(list, fmt.Sprint(f.Code, " ", f.Severity, " ", f.Object, " ", f.Message))
	}
	sort.Strings(list)
	return list
}

// Comments and white space change no finding.
func TestCommentsChangeNothing(t *testing.T) {
	noises := []func(int) string{
		func(int) string { return "\n\t  " },
		func(i int) string { return fmt.Sprintf(" /* note %d; 'x */ ", i) },
		func(int) string { return " -- it's a note; $$\n" },
	}
	for i := range registry {
		for _, kind := range []string{"bad", "good"} {
			e := example(t, registry[i].Code, kind)
			want := judge(t, e)
			for n, noise := range noises {
				again := *e
				again.Text = noisy(e.Text, noise)
				got := judge(t, &again)
				if registry[i].Code == "M801" {
					require.Len(t, got.Findings, len(want.Findings))
					continue
				}
				require.Equal(t, strip(summary(want)), strip(summary(got)), "%s %s, noise %d:\n%s", registry[i].Code, kind, n, again.Text)
			}
		}
	}
}

// strip takes line numbers out of messages.
func strip(list []string) []string {
	for i, s := range list {
		list[i] = strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return '#'
			}
			return r
		}, s)
		for strings.Contains(list[i], "##") {
			list[i] = strings.ReplaceAll(list[i], "##", "#")
		}
	}
	return list
}

// A leading comment, a byte order mark and Windows line ends change nothing either.
func TestFileDressing(t *testing.T) {
	for i := range registry {
		e := example(t, registry[i].Code, "bad")
		if strings.Contains(e.Text, "-- atlas") || registry[i].Code == "M605" || registry[i].Code == "M707" {
			continue
		}
		want := strip(summary(judge(t, e)))
		for _, dress := range []func(string) string{
			func(s string) string { return "-- A comment at the top.\n" + s },
			func(s string) string { return "\ufeff" + s },
			func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
			func(s string) string { return "\n\n" + s },
		} {
			again := *e
			again.Text = dress(e.Text)
			require.Equal(t, want, strip(summary(judge(t, &again))), registry[i].Code)
		}
	}
}

// What a table was called, quoted or qualified, changes nothing but the name.
func TestQualifiedNames(t *testing.T) {
	ctx := context.Background()
	for _, name := range []string{"orders", "public.orders", `"orders"`, `"public"."orders"`} {
		res, err := Run(ctx, Input{Schema: []File{{Text: ExampleSchema()}}, Files: []File{{Name: "f.sql", Text: "CREATE INDEX i ON " + name + " (total);"}}}, Options{LockTimeout: true, StatementTimeout: true})
		require.NoError(t, err)
		require.Equal(t, []string{"M101 error orders.i Writes to orders wait until the index is built."}, summary(res))
	}
}

func FuzzRun(f *testing.F) {
	for i := range registry {
		for _, kind := range []string{"bad", "good"} {
			if e, err := FindExample(registry[i].Code, kind); err == nil {
				f.Add(e.Text)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, migration := range []bool{true, false} {
			_, err := Run(context.Background(), Input{Schema: []File{{Text: ExampleSchema()}}, Files: []File{{Name: "f.sql", Text: text, Migration: migration}}}, Options{})
			require.NoError(t, err)
		}
	})
}
