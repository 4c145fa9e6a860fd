package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/plinth-go/plinth/internal/lint"
)

// width is the column in which a finding's place ends.
const width = 100

// frameLines is how many lines of a long statement a frame shows.
const frameLines = 6

// paint are the terminal codes of a rendering; all empty without colour.
type paint struct{ err, warn, info, dim, bold, off string }

func painting(on bool) paint {
	if !on {
		return paint{}
	}
	return paint{err: "\x1b[31m", warn: "\x1b[33m", info: "\x1b[36m", dim: "\x1b[2m", bold: "\x1b[1m", off: "\x1b[0m"}
}

func (p paint) of(s lint.Severity) string {
	return map[lint.Severity]string{lint.Error: p.err, lint.Warn: p.warn, lint.Info: p.info}[s]
}

func findingsText(w io.Writer, in FindingsInput) error {
	var b strings.Builder
	sources := map[string][]string{}
	p := painting(in.Color)
	for i := range in.Result.Findings {
		textFinding(&b, p, &in.Result.Findings[i], sources, in)
		if b.Len() > 1<<16 {
			if _, err := io.WriteString(w, b.String()); err != nil {
				return err
			}
			b.Reset()
		}
	}
	fmt.Fprintf(&b, "%s. %s.\n", count(in.Result.Findings), in.Result.Coverage)
	_, err := io.WriteString(w, b.String())
	return err
}

func textFinding(b *strings.Builder, p paint, f *lint.Finding, sources map[string][]string, in FindingsInput) {
	where := place(f)
	if f.Column > 0 && f.Line > 0 {
		where = fmt.Sprintf("%s:%d", where, f.Column)
	}
	if where == "-" {
		where = f.Object
	}
	title := f.Title
	if title == "" {
		title = f.Slug
	}
	head := fmt.Sprintf("%s %s  %s", f.Severity, f.Code, title)
	pad := max(2, width-utf8.RuneCountInString(head)-utf8.RuneCountInString(where))
	fmt.Fprintf(b, "%s%s %s%s  %s%s%s%s\n", p.of(f.Severity), f.Severity, f.Code, p.off, p.bold+title+p.off, strings.Repeat(" ", pad), where, "")
	frame(b, p, f, lines(f.File, sources, in.Source))
	for l := range strings.SplitSeq(f.Message, "\n") {
		fmt.Fprintf(b, "  %s\n", l)
	}
	for i, l := range strings.Split(strings.TrimRight(f.Fix, "\n"), "\n") {
		label := "      "
		if i == 0 {
			label = "fix   "
		}
		if l == "" && i == 0 {
			break
		}
		command := ""
		if i == 0 && f.Fixable && in.Command != "" {
			command = "   " + p.dim + in.Command + p.off
		}
		fmt.Fprintf(b, "  %s%s%s\n", label, l, command)
	}
	more := "plinth rules " + f.Code
	if len(f.Aliases) > 0 {
		more += " (" + strings.Join(f.Aliases, ", ") + ")"
	}
	if len(f.Sources) > 0 {
		more += " · " + and(f.Sources)
	}
	fmt.Fprintf(b, "  %smore  %s%s\n\n", p.dim, more, p.off)
}

// and joins words as a sentence does.
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func lines(file string, cache map[string][]string, source func(string) (string, bool)) []string {
	if file == "" || source == nil {
		return nil
	}
	l, ok := cache[file]
	if !ok {
		if text, found := source(file); found {
			l = strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
		}
		cache[file] = l
	}
	return l
}

// frame shows the lines of a finding with two before them, and points at the place.
func frame(b *strings.Builder, p paint, f *lint.Finding, src []string) {
	if f.Line < 1 || f.Line > len(src) {
		return
	}
	last := min(max(f.Line, f.EndLine), f.Line+frameLines-1, len(src))
	first := max(1, f.Line-2)
	digits := max(2, len(fmt.Sprint(last)))
	for n := first; n <= last; n++ {
		mark := " "
		if n == f.Line {
			mark = "▶"
		}
		text := src[n-1]
		fmt.Fprintf(b, " %s %*d │ %s\n", mark, digits, n, clip(text))
		if n == f.Line {
			if under := underline(f, text); under != "" {
				fmt.Fprintf(b, "   %s │ %s%s%s\n", strings.Repeat(" ", digits), p.of(f.Severity), under, p.off)
			}
		}
	}
	if f.EndLine > last {
		fmt.Fprintf(b, "   %s │ …\n", strings.Repeat(" ", digits))
	}
}

// clip cuts a line that is too long to be read.
func clip(text string) string {
	const most = 200
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + " …"
}

// underline marks the finding's part of its first line; tabs stay tabs, so that it stands under it.
func underline(f *lint.Finding, text string) string {
	runes := []rune(strings.TrimRight(text, " \t"))
	from := max(0, f.Column-1)
	if from >= len(runes) || from > 200 {
		return ""
	}
	to := len(runes)
	if f.EndColumn > f.Column && f.EndLine <= f.Line {
		to = min(to, f.EndColumn-1)
	}
	to = min(to, 200)
	var b strings.Builder
	for i, r := range runes[:to] {
		switch {
		case i >= from:
			b.WriteByte('^')
		case r == '\t':
			b.WriteByte('\t')
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}
