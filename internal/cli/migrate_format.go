package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/template"

	"github.com/mattn/go-isatty"

	"github.com/plinth-go/plinth/internal/migration"
)

// templateFuncs are what a --format template can use, in both faces: those of the atlas CLI.
func templateFuncs(out io.Writer) template.FuncMap {
	c := colours(out)
	return template.FuncMap{
		"cyan": c("36"), "green": c("92"), "red": c("91"), "redBgWhiteFg": c("97;101"), "yellow": c("33"),
		"json": jsonEncode, "json_merge": jsonMerge,
		"add":       func(a, b int) int { return a + b },
		"upper":     strings.ToUpper,
		"indent_ln": func(s string, n int) string { return strings.ReplaceAll(s, "\n", "\n"+strings.Repeat(" ", n)) },
		"table":     statusTable,
		"default": func(r *migration.StatusReport) (string, error) {
			var b strings.Builder
			err := atlasStatus(out).Execute(&b, r)
			return b.String(), err
		},
		"summary": func(r *migration.ApplyReport, indent string) string {
			return r.Summary(indent, c("33")("--"))
		},
	}
}

// colours gives a function that makes functions that colour a text, or leave it where nobody sees colours. They
// take a format and arguments, as those of the atlas CLI do.
func colours(out io.Writer) func(code string) func(format string, args ...any) string {
	f, ok := out.(*os.File)
	on := ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isatty.IsTerminal(f.Fd())
	return func(code string) func(string, ...any) string {
		return func(format string, args ...any) string {
			if len(args) > 0 {
				format = fmt.Sprintf(format, args...)
			}
			if !on {
				return format
			}
			return "\x1b[" + code + "m" + format + "\x1b[0m"
		}
	}
}

func jsonEncode(v any, args ...string) (string, error) {
	var (
		b   []byte
		err error
	)
	switch len(args) {
	case 0:
		b, err = json.Marshal(v)
	case 1:
		b, err = json.MarshalIndent(v, "", args[0])
	default:
		b, err = json.MarshalIndent(v, args[0], args[1])
	}
	return string(b), err
}

func jsonMerge(objects ...string) (string, error) {
	merged := map[string]any{}
	for _, o := range objects {
		if err := json.Unmarshal([]byte(o), &merged); err != nil {
			return "", fmt.Errorf("json_merge: %w", err)
		}
	}
	b, err := json.Marshal(merged)
	return string(b), err
}

// statusTable draws the revisions and what is pending as a table.
func statusTable(r *migration.StatusReport) string {
	rows := [][]string{{"Version", "Description", "Status", "Count", "Executed At", "Execution Time", "Error", "SQL"}}
	for _, v := range r.Applied {
		rows = append(rows, []string{v.Version, v.Description, v.Type.String(), fmt.Sprintf("%d/%d", v.Applied, v.Total),
			v.ExecutedAt.Format("2006-01-02 15:04:05 MST"), v.ExecutionTime.String(), v.Error, v.ErrorStmt})
	}
	for _, f := range r.Pending {
		rows = append(rows, []string{f.Version(), f.Desc(), "pending", "", "", "", "", ""})
	}
	return drawTable(rows)
}

func drawTable(rows [][]string) string {
	width := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	var b strings.Builder
	rule := func() {
		for _, w := range width {
			b.WriteString("+" + strings.Repeat("-", w+2))
		}
		b.WriteString("+\n")
	}
	rule()
	for _, r := range rows {
		for i, c := range r {
			b.WriteString("| " + c + strings.Repeat(" ", width[i]-len([]rune(c))+1))
		}
		b.WriteString("|\n")
		rule()
	}
	return b.String()
}

// render writes a report by a template. The name json stands for the template of that.
func render(out io.Writer, format string, v any) error {
	if format == "json" {
		format = "{{ json . }}"
	}
	t, err := template.New("format").Funcs(templateFuncs(out)).Parse(format)
	if err != nil {
		return usagef("parse format: %w", err)
	}
	var b strings.Builder
	if err := t.Execute(&b, v); err != nil {
		return usagef("execute log template: %w", err)
	}
	text := b.String()
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n" // reports of several environments follow each other
	}
	_, err = io.WriteString(out, text)
	return err
}

// isText says whether a --format asks for the command's own text.
func isText(format string) bool { return format == "" || format == "text" }

// checkFormat finds a mistake in a --format before anything runs.
func checkFormat(format string) error {
	if isText(format) || format == "json" || strings.Contains(format, "{{") {
		_, err := template.New("format").Funcs(templateFuncs(io.Discard)).Parse(format)
		if err != nil {
			return usagef("parse format: %w", err)
		}
		return nil
	}
	return usagef("unknown format %q; use text, json or a Go template", format)
}
