package erd

import (
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Sizes of the drawing in pixels.
const (
	charWidth = 6.7 // of the monospace font at 11 pixels
	rowHeight = 18.0
	headLine  = 24.0
	padding   = 8.0
)

const style = `<style>
  text { font: 11px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2933; }
  .name { font-weight: bold; }
  .key { fill: #7a5c00; }
  .type { fill: #52606d; }
  .table { fill: #ffffff; stroke: #7b8794; }
  .head { fill: #e4e7eb; stroke: #7b8794; }
  .link { fill: none; stroke: #52606d; stroke-width: 1.2; }
  .end { fill: #ffffff; stroke: #52606d; stroke-width: 1.2; }
</style>
`

// SVG draws the tables with their keys marked (PK, FK, U; "?" may be null) and the relationships with crow's feet,
// laid out in layers from left to right: what is referred to stands left of what refers to it.
func SVG(w io.Writer, g *schemagraph.Graph) error {
	d := diagramOf(g)
	at := map[*table]int{}
	boxes := make([]box, len(d.tables))
	for i, t := range d.tables {
		at[t] = i
		boxes[i] = t.size()
	}
	links := make([]link, len(d.relations))
	for i, r := range d.relations {
		links[i] = link{from: at[r.parent], to: at[r.child], fromY: r.parent.row(r.refs), toY: r.child.row(r.columns)}
		if r.parent == r.child && links[i].fromY == links[i].toY {
			links[i].fromY -= rowHeight / 2
		}
	}
	width, height := arrange(boxes, links)
	e := &errWriter{w: w}
	e.printf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" role=\"img\">\n", width, height, width, height)
	e.printf("<title>Entity-relationship diagram of %d tables</title>\n%s", len(d.tables), style)
	e.printf("<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n")
	for i, r := range d.relations {
		drawLink(e, r, links[i])
	}
	for i, t := range d.tables {
		t.draw(e, boxes[i])
	}
	e.printf("</svg>\n")
	return e.err
}

// columnWidths are those of the marks, the names and the types, in characters.
func (t *table) columnWidths() (marks, names, types int) {
	for _, c := range t.columns {
		marks = max(marks, width(c.mark()))
		names = max(names, width(c.name))
		types = max(types, width(c.typ)+len(dotNull(c)))
	}
	return marks, names, types
}

func (c *column) mark() string { return strings.TrimSpace(dotMark(c)) }

func (t *table) size() box {
	marks, names, types := t.columnWidths()
	chars := max(marks+names+types+2, width(t.name))
	return box{w: float64(chars)*charWidth + 2*padding, h: headLine + float64(len(t.columns))*rowHeight}
}

// row is the middle of the first of the columns' rows.
func (t *table) row(cols []string) float64 {
	for i, c := range t.columns {
		if len(cols) > 0 && c.name == cols[0] {
			return headLine + (float64(i)+0.5)*rowHeight
		}
	}
	return headLine / 2
}

func (t *table) draw(e *errWriter, b box) {
	text := html.EscapeString
	e.printf("<g>\n")
	if t.comment != "" {
		e.printf("<title>%s</title>\n", text(t.comment))
	}
	e.printf("<rect class=\"table\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"3\"/>\n", b.x, b.y, b.w, b.h)
	e.printf("<rect class=\"head\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"3\"/>\n", b.x, b.y, b.w, headLine)
	e.printf("<text class=\"name\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", b.x+padding, b.y+headLine-8, text(t.name))
	marks, names, _ := t.columnWidths()
	for i, c := range t.columns {
		y := b.y + headLine + float64(i)*rowHeight + 13
		x := b.x + padding
		if m := c.mark(); m != "" {
			e.printf("<text class=\"key\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", x, y, m)
		}
		x += float64(marks+1) * charWidth
		e.printf("<text x=\"%.1f\" y=\"%.1f\">%s</text>\n", x, y, text(c.name))
		x += float64(names+1) * charWidth
		e.printf("<text class=\"type\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", x, y, text(c.typ+dotNull(c)))
	}
	e.printf("</g>\n")
}

func drawLink(e *errWriter, r *relation, l link) {
	if len(l.path) < 2 {
		return
	}
	var b strings.Builder
	p := l.path
	fmt.Fprintf(&b, "M%.1f %.1f", p[0].x, p[0].y)
	if l.from == l.to {
		fmt.Fprintf(&b, " C%.1f %.1f %.1f %.1f %.1f %.1f", p[1].x, p[1].y, p[2].x, p[2].y, p[3].x, p[3].y)
	} else {
		for i := 1; i < len(p); i++ {
			mid := (p[i-1].x + p[i].x) / 2
			fmt.Fprintf(&b, " C%.1f %.1f %.1f %.1f %.1f %.1f", mid, p[i-1].y, mid, p[i].y, p[i].x, p[i].y)
		}
	}
	e.printf("<path class=\"link\" d=\"%s\"><title>%s</title></path>\n", b.String(),
		html.EscapeString(fmt.Sprintf("%s %s: %s, %s", r.child.name, r.label, r.parent.name, r.words())))
	parentEnd(e, r, p[0], l.fromLeft)
	childEnd(e, r, p[len(p)-1], l.toLeft)
}

// parentEnd draws two bars (exactly one) or a bar and a ring (none or one) before the parent's box.
func parentEnd(e *errWriter, r *relation, at point, left bool) {
	s := 1.0
	if left {
		s = -1
	}
	bar(e, at.x+s*6, at.y)
	if r.optional {
		e.printf("<circle class=\"end\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>\n", at.x+s*12, at.y)
		return
	}
	bar(e, at.x+s*10, at.y)
}

// childEnd draws a crow's foot and a ring (any number), or a bar and a ring (at most one), before the child's box.
func childEnd(e *errWriter, r *relation, at point, left bool) {
	s := 1.0
	if left {
		s = -1
	}
	if r.unique {
		bar(e, at.x+s*6, at.y)
	} else {
		e.printf("<path class=\"link\" d=\"M%.1f %.1fL%.1f %.1fM%.1f %.1fL%.1f %.1f\"/>\n", at.x, at.y-5, at.x+s*9, at.y, at.x, at.y+5, at.x+s*9, at.y)
	}
	e.printf("<circle class=\"end\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>\n", at.x+s*12.5, at.y)
}

func bar(e *errWriter, x, y float64) {
	e.printf("<path class=\"link\" d=\"M%.1f %.1fV%.1f\"/>\n", x, y-5, y+5)
}
