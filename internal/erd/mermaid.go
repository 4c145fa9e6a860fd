package erd

import (
	"io"
	"regexp"
	"strings"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

var (
	simpleName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	mermaidType = regexp.MustCompile(`[^A-Za-z0-9_()\[\]-]+`)
)

// Mermaid writes an erDiagram.
func Mermaid(w io.Writer, g *schemagraph.Graph) error {
	d := diagramOf(g)
	e := &errWriter{w: w}
	e.printf("erDiagram\n")
	for _, t := range d.tables {
		e.printf("    %s {\n", mermaidName(t.name))
		for _, c := range t.columns {
			var keys []string
			if c.pk {
				keys = append(keys, "PK")
			}
			if c.fk != nil {
				keys = append(keys, "FK")
			}
			if c.unique && !c.pk {
				keys = append(keys, "UK")
			}
			typ := strings.Trim(mermaidType.ReplaceAllString(c.typ, "_"), "_")
			if typ == "" || typ[0] >= '0' && typ[0] <= '9' {
				typ = "t_" + typ
			}
			e.printf("        %s %s", typ, mermaidColumn(c.name))
			if len(keys) > 0 {
				e.printf(" %s", strings.Join(keys, ", "))
			}
			if note := mermaidText(c.comment); note != "" {
				e.printf(" \"%s\"", note)
			}
			e.printf("\n")
		}
		e.printf("    }\n")
	}
	for _, r := range d.relations {
		left, right := "||", "o{"
		if r.optional {
			left = "|o"
		}
		if r.unique {
			right = "o|"
		}
		e.printf("    %s %s--%s %s : \"%s\"\n", mermaidName(r.parent.name), left, right, mermaidName(r.child.name), mermaidText(r.label))
	}
	return e.err
}

func mermaidName(s string) string {
	if simpleName.MatchString(s) {
		return s
	}
	return `"` + strings.NewReplacer(`"`, "", "%", "", `\`, "", "\n", " ").Replace(s) + `"`
}

// mermaidColumn makes a column's name a word that Mermaid reads.
func mermaidColumn(s string) string {
	s = mermaidType.ReplaceAllString(s, "_")
	if s == "" || !(s[0] == '_' || s[0]|0x20 >= 'a' && s[0]|0x20 <= 'z') {
		s = "_" + s
	}
	return s
}

func mermaidText(s string) string {
	return strings.NewReplacer(`"`, "'", "\n", " ", "\r", "").Replace(s)
}
