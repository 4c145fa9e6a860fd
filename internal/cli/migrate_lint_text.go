package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/plinth-go/plinth/internal/lint"
	migrationlint "github.com/plinth-go/plinth/internal/migration/lint"
	documents "github.com/plinth-go/plinth/internal/report"
)

// render prints the result. Text shows what is at or above the severity, the other formats show all.
func (j *lintJob) render(s streams, f *migrateLintFlags, res *migrationlint.Result, at lint.Severity) error {
	in := documents.FindingsInput{Result: res.Result, Rules: migrationlint.Rules(), Source: func(name string) (string, bool) {
		text, ok := j.texts[name]
		return text, ok
	}}
	if f.explain && f.format == "json" {
		in.Extra = map[string]any{"files": res.Files, "traced": res.Traced}
	}
	if f.explain && f.format == "text" {
		explainText(s.out, res)
	}
	return printFindings(s, f.format, in, at)
}

// explainText prints a table of what each statement does.
func explainText(w io.Writer, res *migrationlint.Result) {
	how := "not traced"
	if res.Traced != "" {
		how = res.Traced + " · traced on a throwaway server"
	}
	for _, f := range res.Files {
		rows := [][]string{{"line", "statement", "locks", "rewrite", "scan", "in tx", ""}}
		for _, st := range f.Statements {
			rows = append(rows, explainRow(st))
		}
		widths := make([]int, len(rows[0]))
		for _, r := range rows {
			for i, c := range r {
				widths[i] = max(widths[i], utf8.RuneCountInString(c))
			}
		}
		fmt.Fprintf(w, "%s   %s\n\n", f.Name, how)
		for _, r := range rows {
			var b strings.Builder
			for i, c := range r {
				pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
				if i == 0 {
					b.WriteString("  " + pad + c)
				} else {
					b.WriteString("  " + c + pad)
				}
			}
			fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
		}
		fmt.Fprintln(w)
	}
}

func explainRow(st *migrationlint.Statement) []string {
	text := strings.Join(strings.Fields(st.Text), " ")
	if r := []rune(text); len(r) > 44 {
		text = string(r[:43]) + "…"
	}
	var locks []string
	for i, l := range st.Locks {
		if i == 3 {
			locks = append(locks, "…")
			break
		}
		locks = append(locks, l.Object+" "+l.Mode)
	}
	scan := "no"
	switch {
	case st.Build:
		scan = "build"
	case st.Scan:
		scan = "yes"
	}
	inTx := yesNo(st.InTx)
	if st.NoTx {
		inTx = "refused"
		if !st.InTx {
			inTx = "no"
		}
	}
	mark := ""
	if len(st.Codes) > 0 {
		mark = "▲ " + strings.Join(st.Codes, " ")
	}
	return []string{fmt.Sprint(st.Line), text, strings.Join(locks, ", "), yesNo(st.Rewrite), scan, inTx, mark}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
