package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/plinth-go/plinth/internal/erd"
)

// printer keeps the first error of a series of writes.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// Text writes the document for a terminal.
func (d *Design) Text(w io.Writer) error {
	p := &printer{w: w}
	head := func(s string) { p.line("%s\n%s\n", s, strings.Repeat("─", utf8.RuneCountInString(s))) }
	head(fmt.Sprintf("Open questions (%d)", len(d.Questions)))
	if len(d.Questions) == 0 {
		p.line("none: the file answers everything that is asked")
	}
	for i, q := range d.Questions {
		p.line("%3d  %s", i+1, q.Text)
		where := q.About
		if q.Line > 0 {
			where = fmt.Sprintf("%s, line %d", q.About, q.Line)
		}
		if q.Assumed != "" {
			where += "; assumed: " + q.Assumed
		}
		p.line("     %s", where)
	}
	p.line("")
	if len(d.Findings) > 0 {
		head(fmt.Sprintf("Findings of the design rules (%d)", len(d.Findings)))
		for _, f := range d.Findings {
			p.line("  %s", f)
		}
		p.line("")
	}
	head("Normal forms")
	d.forms(p)
	p.line("")
	head("Diagram")
	if p.err == nil {
		p.err = erd.Text(w, d.graph)
	}
	p.line("")
	head("Tables")
	for i, t := range d.Tables {
		if i > 0 {
			p.line("")
		}
		t.text(p)
	}
	p.line("")
	head("Indexes")
	for _, ix := range d.Indexes {
		p.line("%s", ix.Name)
		p.line("    %s on %s (%s)%s", ix.Kind, ix.Table, strings.Join(ix.Columns, ", "), where(ix.Where))
		p.line("    serves %s", strings.Join(ix.Serves, "; "))
		if ix.Order != "" {
			p.line("    order  %s", ix.Order)
		}
	}
	return p.err
}

func where(s string) string {
	if s == "" {
		return ""
	}
	return " where " + s
}

func (d *Design) forms(p *printer) {
	wide := 0
	for _, f := range d.Forms {
		wide = max(wide, len(f.Entity))
	}
	for _, f := range d.Forms {
		var keys []string
		for _, k := range f.Keys {
			keys = append(keys, "("+strings.Join(k, ", ")+")")
		}
		p.line("%-*s  %-4s  keys %s", wide, f.Entity, f.Form, strings.Join(keys, ", "))
		for _, v := range f.Violations {
			p.line("  ✗ %s  %s → %s: %s", v.Form, strings.Join(v.From, ", "), strings.Join(v.To, ", "), v.Explain)
			if v.Why != "" {
				p.line("         the dependency holds because: %s", v.Why)
			}
		}
		for _, s := range f.Repeating {
			p.line("  ? 1NF  %s", s)
		}
		for _, x := range f.Proposal {
			mark := "keep"
			if x.New {
				mark = "new "
			}
			p.line("  %s %s (%s), key (%s)", mark, x.Entity, strings.Join(x.Fields, ", "), strings.Join(x.Key, ", "))
		}
		for _, j := range f.Justified {
			p.line("  ✓ %s is denormalised: %s; from %s, kept by %s", j.Field, j.Why, j.From, j.KeptBy)
		}
	}
}

func (t Table) text(p *printer) {
	title := t.Name
	if t.Entity != "" {
		title += " (" + t.Entity + ")"
	}
	p.line("%s", title)
	if t.Comment != "" {
		p.line("  %s", t.Comment)
	}
	names, types := 0, 0
	for _, c := range t.Columns {
		names, types = max(names, len(c.Name)), max(types, len(c.Type))
	}
	for _, c := range t.Columns {
		null := "not null"
		if c.Null {
			null = "null"
		}
		def := ""
		if c.Default != "" {
			def = "default " + c.Default
		}
		p.line("%s", strings.TrimRight(fmt.Sprintf("  %-*s  %-*s  %-8s  %s", names, c.Name, types, c.Type, null, join(def, c.Comment)), " "))
	}
	for _, c := range t.Constraints {
		p.line("  %s  %s", c.Name, c.Text)
	}
	if len(t.Indexes) > 0 {
		p.line("  indexes  %s", strings.Join(t.Indexes, ", "))
	}
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "  " + b
}

// Markdown writes the document for a repository or a pull request.
func (d *Design) Markdown(w io.Writer) error {
	p := &printer{w: w}
	p.line("# Design of %s\n\n## Open questions\n", d.Name)
	if len(d.Questions) == 0 {
		p.line("None.")
	}
	for i, q := range d.Questions {
		s := fmt.Sprintf("%d. %s", i+1, q.Text)
		if q.Assumed != "" {
			s += " *Assumed: " + q.Assumed + ".*"
		}
		p.line("%s (`%s`)", s, q.About)
	}
	if len(d.Findings) > 0 {
		p.line("\n## Findings of the design rules\n")
		for _, f := range d.Findings {
			p.line("- %s", f)
		}
	}
	p.line("\n## Normal forms\n\n| Entity | Form | Candidate keys | Remarks |\n| --- | --- | --- | --- |")
	for _, f := range d.Forms {
		var keys, notes []string
		for _, k := range f.Keys {
			keys = append(keys, "("+strings.Join(k, ", ")+")")
		}
		for _, v := range f.Violations {
			notes = append(notes, fmt.Sprintf("**%s violated** by %s → %s: %s", v.Form, strings.Join(v.From, ", "), strings.Join(v.To, ", "), v.Explain))
		}
		for _, x := range f.Proposal {
			notes = append(notes, fmt.Sprintf("proposed: %s (%s)", x.Entity, strings.Join(x.Fields, ", ")))
		}
		notes = append(notes, f.Repeating...)
		for _, j := range f.Justified {
			notes = append(notes, fmt.Sprintf("`%s` is denormalised: %s; from %s, kept by %s", j.Field, j.Why, j.From, j.KeptBy))
		}
		p.line("| %s | %s | %s | %s |", f.Entity, f.Form, cell(strings.Join(keys, ", ")), cell(strings.Join(notes, "; ")))
	}
	p.line("\n## Diagram\n\n```mermaid\n%s```\n\n## Tables", d.Diagram)
	for _, t := range d.Tables {
		p.line("\n### %s\n", t.Name)
		if t.Comment != "" {
			p.line("%s\n", t.Comment)
		}
		p.line("| Column | Type | Null | Default | Meaning |\n| --- | --- | --- | --- | --- |")
		for _, c := range t.Columns {
			null := ""
			if c.Null {
				null = "yes"
			}
			p.line("| `%s` | `%s` | %s | %s | %s |", c.Name, c.Type, null, code(c.Default), cell(c.Comment))
		}
		p.line("\n| Constraint | Definition |\n| --- | --- |")
		for _, c := range t.Constraints {
			p.line("| `%s` | %s |", c.Name, code(c.Text))
		}
		if len(t.Indexes) > 0 {
			p.line("\nIndexes: `%s`", strings.Join(t.Indexes, "`, `"))
		}
	}
	p.line("\n## Indexes\n\n| Index | Kind | Columns | Serves | Why this order |\n| --- | --- | --- | --- | --- |")
	for _, ix := range d.Indexes {
		p.line("| `%s` | %s | %s | %s | %s |", ix.Name, ix.Kind, cell(ix.Table+" ("+strings.Join(ix.Columns, ", ")+")"+where(ix.Where)),
			cell(strings.Join(ix.Serves, "; ")), cell(ix.Order))
	}
	if len(d.Changes) > 0 {
		p.line("\n## Changes to the Ent schema\n")
		for _, c := range d.Changes {
			p.line("- %s", c)
		}
	}
	return p.err
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + cell(s) + "`"
}
