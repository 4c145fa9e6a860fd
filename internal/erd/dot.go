package erd

import (
	"html"
	"io"
	"strconv"
	"strings"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// DOT writes a Graphviz graph with one table-shaped node a table, keys marked, and crow's feet.
func DOT(w io.Writer, g *schemagraph.Graph) error {
	d := diagramOf(g)
	e := &errWriter{w: w}
	e.printf("digraph design {\n  graph [rankdir=LR, nodesep=0.4, ranksep=1.2];\n  node [shape=plain, fontname=\"Helvetica\", fontsize=10];\n")
	e.printf("  edge [dir=both, fontname=\"Helvetica\", fontsize=9, color=\"#555555\"];\n")
	for _, t := range d.tables {
		e.printf("  %s [label=<<table border=\"0\" cellborder=\"1\" cellspacing=\"0\" cellpadding=\"4\"><tr><td colspan=\"2\" bgcolor=\"#e8edf3\"><b>%s</b></td></tr>",
			dotName(t.name), html.EscapeString(t.name))
		for i, c := range t.columns {
			name := html.EscapeString(c.name)
			if c.pk {
				name = "<u>" + name + "</u>"
			}
			e.printf("<tr><td align=\"left\" port=\"l%d\">%s%s</td><td align=\"left\" port=\"r%d\">%s%s</td></tr>", i, name, dotMark(c), i, html.EscapeString(c.typ), dotNull(c))
		}
		e.printf("</table>>];\n")
	}
	for _, r := range d.relations {
		tail, head := "teetee", "crowodot"
		if r.optional {
			tail = "teeodot"
		}
		if r.unique {
			head = "teeodot"
		}
		e.printf("  %s -> %s [arrowtail=%s, arrowhead=%s, label=%s];\n", dotName(r.parent.name)+port(r.parent, r.refs, "r"),
			dotName(r.child.name)+port(r.child, r.columns, "l"), tail, head, dotName(r.label))
	}
	e.printf("}\n")
	return e.err
}

func dotName(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ").Replace(s) + `"`
}

func dotMark(c *column) string {
	switch {
	case c.pk && c.fk != nil:
		return " PK FK"
	case c.pk:
		return " PK"
	case c.fk != nil:
		return " FK"
	case c.unique:
		return " U"
	}
	return ""
}

func dotNull(c *column) string {
	if c.null {
		return " ?"
	}
	return ""
}

func port(t *table, cols []string, side string) string {
	for i, c := range t.columns {
		if len(cols) > 0 && c.name == cols[0] {
			return ":" + side + strconv.Itoa(i)
		}
	}
	return ""
}
