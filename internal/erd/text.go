package erd

import (
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// lineWidth is that of a terminal nobody has widened.
const lineWidth = 80

// Text draws a box for each table, and under them the relationships with their cardinalities, in 80 columns. In a
// box, PK, FK and U mark keys and "?" a column that may be null.
func Text(w io.Writer, g *schemagraph.Graph) error {
	d := diagramOf(g)
	e := &errWriter{w: w}
	if len(d.tables) == 0 {
		e.printf("no tables\n")
		return e.err
	}
	for i, t := range d.tables {
		if i > 0 {
			e.printf("\n")
		}
		t.box(e)
	}
	if len(d.relations) > 0 {
		e.printf("\n")
		d.lines(e)
	}
	return e.err
}

func (t *table) box(e *errWriter) {
	inner := lineWidth - 4
	title := "─ " + cut(t.name, inner-4) + " "
	e.printf("┌%s┐\n", title+strings.Repeat("─", lineWidth-2-width(title)))
	line := func(s string) { e.printf("│ %s │\n", pad(cut(s, inner), inner)) }
	for _, s := range wrap(t.comment, inner) {
		line(s)
	}
	if t.comment != "" && len(t.columns) > 0 {
		e.printf("├%s┤\n", strings.Repeat("─", lineWidth-2))
	}
	names, types := 0, 0
	for _, c := range t.columns {
		names, types = max(names, width(c.name)), max(types, width(c.typ))
	}
	names, types = min(names, 30), min(types, 22)
	for _, c := range t.columns {
		mark := "  "
		switch {
		case c.pk && c.fk != nil:
			mark = "PF"
		case c.pk:
			mark = "PK"
		case c.fk != nil:
			mark = "FK"
		case c.unique:
			mark = "U "
		}
		null := " "
		if c.null {
			null = "?"
		}
		s := mark + " " + pad(cut(c.name, names), names) + null + " " + pad(cut(c.typ, types), types)
		if c.fk != nil {
			s += " ─▷ " + c.fk.parent.name
		}
		line(strings.TrimRight(s, " "))
	}
	e.printf("└%s┘\n", strings.Repeat("─", lineWidth-2))
}

// lines lists the relationships: the one side on the left, with crow's feet.
func (d *diagram) lines(e *errWriter) {
	type row struct{ left, mark, right, note string }
	var rows []row
	for _, r := range d.relations {
		if r.child.join {
			continue
		}
		left, right := "──┼", "─<"
		if r.optional {
			left = "──○"
		}
		if r.unique {
			right = "┼─"
		}
		note := r.label
		if r.onDelete != "" && r.onDelete != "no action" {
			note += ", on delete " + r.onDelete
		}
		rows = append(rows, row{r.parent.name, left + "──" + right, r.child.name, note})
	}
	for _, t := range d.tables {
		if t.join {
			a, b := t.columns[0].fk.parent.name, t.columns[1].fk.parent.name
			rows = append(rows, row{a, "─>────<─", b, "through " + t.name})
		}
	}
	a, b := 0, 0
	for _, r := range rows {
		a, b = max(a, width(r.left)), max(b, width(r.right))
	}
	a, b = min(a, 24), min(b, 24)
	e.printf("relationships: ──┼ one  ──○ none or one  ─< many\n\n")
	for _, r := range rows {
		mark := []rune(r.mark)
		for len(mark) < 8 {
			mark = slices.Insert(mark, 3, '─')
		}
		s := pad(cut(r.left, a), a) + " " + string(mark) + " " + pad(cut(r.right, b), b) + "  " + r.note
		e.printf("%s\n", strings.TrimRight(cut(s, lineWidth), " "))
	}
}

func width(s string) int { return utf8.RuneCountInString(s) }

func pad(s string, n int) string {
	if w := width(s); w < n {
		return s + strings.Repeat(" ", n-w)
	}
	return s
}

// cut shortens s to n characters, with an ellipsis where something is missing.
func cut(s string, n int) string {
	if width(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// wrap breaks a text into lines of at most n characters.
func wrap(s string, n int) []string {
	var out []string
	line := ""
	for _, w := range strings.Fields(s) {
		switch {
		case line == "":
			line = w
		case width(line)+1+width(w) <= n:
			line += " " + w
		default:
			out = append(out, line)
			line = w
		}
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}
