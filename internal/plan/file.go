package plan

import (
	"fmt"
	"strings"
)

// Up is the text of the file that goes up.
func (f *File) Up() string {
	var b strings.Builder
	f.head(&b, f.Title)
	f.body(&b, "\n")
	return b.String()
}

// Body is the text of the file's statements alone, without head and settings.
func (f *File) Body() string {
	var b strings.Builder
	f.body(&b, "")
	return b.String()
}

func (f *File) body(b *strings.Builder, last string) {
	for _, s := range f.Steps {
		if last != "" && !alike(last, s.Up) {
			b.WriteByte('\n')
		}
		last = s.Up
		if len(f.Steps) > 1 && !plain(s.Up) {
			remark(b, s.Comment)
		}
		for _, h := range s.Hazards {
			remark(b, h.Text)
		}
		for _, a := range s.Allow {
			remark(b, fmt.Sprintf("plinth:allow %s because %s", a.Rule, a.Why))
		}
		statement(b, s.Up)
	}
}

// Down is the text of the file that takes it back.
func (f *File) Down() string {
	var b strings.Builder
	f.head(&b, "Undo: "+lowerFirst(f.Title))
	last := ""
	for i := len(f.Steps) - 1; i >= 0; i-- {
		s := f.Steps[i]
		if len(s.Down) == 0 {
			continue
		}
		if !alike(last, s.Down[0]) {
			b.WriteByte('\n')
		}
		if len(f.Steps) > 1 && s.Comment != "" && !plain(s.Down[0]) {
			remark(&b, "undo: "+s.Comment)
		}
		for _, d := range s.Down {
			statement(&b, d)
			last = d
		}
	}
	return b.String()
}

// plain says whether a statement says itself what a remark before it would.
func plain(s string) bool {
	for _, p := range []string{"CREATE TABLE", "CREATE INDEX", "CREATE UNIQUE", "CREATE EXTENSION", "CREATE TYPE", "DROP TABLE",
		"DROP TYPE", "DROP EXTENSION", "DROP INDEX", "COMMENT ON", "CREATE SCHEMA", "DROP SCHEMA"} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// alike says whether two statements may stand without an empty line between them.
func alike(a, b string) bool {
	kind := func(s string) string {
		if i := strings.IndexByte(s, '\n'); i >= 0 || !plain(s) {
			return "" // takes more than a line
		}
		return strings.Fields(strings.Replace(s, "UNIQUE ", "", 1))[1]
	}
	return kind(a) != "" && kind(a) == kind(b) && !strings.HasPrefix(b, "COMMENT ON TABLE")
}

func (f *File) head(b *strings.Builder, title string) {
	if f.NoTx {
		b.WriteString("-- atlas:txmode none\n\n")
	}
	remark(b, title)
	for _, w := range f.Why {
		remark(b, w)
	}
	switch {
	case f.timeout == "":
	case f.NoTx:
		fmt.Fprintf(b, "SET lock_timeout = '%s';\n", f.timeout)
	default:
		fmt.Fprintf(b, "SET LOCAL lock_timeout = '%s';\n", f.timeout)
	}
}

// remark writes a comment, wrapped and one line at a time: text that comes from a schema cannot leave it.
func remark(b *strings.Builder, text string) {
	if text == "" {
		return
	}
	for _, line := range strings.Split(strings.ReplaceAll(text, "\r", ""), "\n") {
		b.WriteString(strings.TrimRight("-- "+line, " ") + "\n")
	}
}

func statement(b *strings.Builder, s string) {
	b.WriteString(strings.TrimRight(strings.TrimSpace(s), ";") + ";\n")
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
