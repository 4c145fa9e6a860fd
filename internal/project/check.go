package project

import (
	"fmt"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// blockSpec lists what a block may hold. A nil map of attributes allows any.
type blockSpec struct {
	attrs  []string
	blocks map[string]*blockSpec
	open   bool // attributes and blocks of any name are fine
}

var anything = &blockSpec{open: true}

var known = func() *blockSpec {
	format := &blockSpec{blocks: map[string]*blockSpec{
		"migrate": {attrs: []string{"apply", "down", "lint", "status", "diff"}},
		"schema":  {attrs: []string{"apply", "diff", "inspect", "clean", "push"}},
	}}
	repo := &blockSpec{attrs: []string{"name"}}
	lint := &blockSpec{
		attrs: []string{"format", "log", "latest", "review"},
		blocks: map[string]*blockSpec{
			"git":         {attrs: []string{"dir", "base"}},
			"destructive": anything, "data_depend": anything, "incompatible": anything, "concurrent_index": anything,
			"condrop": anything, "naming": anything, "nestedtx": anything, "sqlserver": anything, "statement": anything,
			"ownership": anything, "policy": anything, "rule": anything, "mysql": anything, "non_linear": anything,
			"check": anything, "table_locks": anything,
		},
	}
	skip := &blockSpec{}
	for _, object := range []string{"schema", "table", "column", "index", "foreign_key", "view", "func", "proc", "trigger", "check", "object"} {
		for _, verb := range []string{"add_", "drop_", "modify_", "rename_"} {
			skip.attrs = append(skip.attrs, verb+object)
		}
	}
	skip.attrs = append(skip.attrs, "rename_constraint")
	diff := &blockSpec{blocks: map[string]*blockSpec{
		"skip":             skip,
		"concurrent_index": {attrs: []string{"create", "add", "drop", "modify"}},
		"materialized":     anything,
	}}
	test := &blockSpec{blocks: map[string]*blockSpec{
		"schema":  {attrs: []string{"src", "vars", "run"}},
		"migrate": {attrs: []string{"src", "vars", "run"}},
	}}
	env := &blockSpec{
		attrs: []string{"name", "url", "dev", "src", "schemas", "exclude", "include", "for_each"},
		blocks: map[string]*blockSpec{
			"schema": {attrs: []string{"src", "mode"}, blocks: map[string]*blockSpec{"repo": repo, "mode": anything}},
			"migration": {
				attrs: []string{"dir", "exclude", "format", "baseline", "exec_order", "tx_mode", "lock_timeout",
					"revisions_schema"},
				blocks: map[string]*blockSpec{"repo": repo},
			},
			"diff": diff, "lint": lint, "format": format, "log": format, "test": test,
		},
	}
	return &blockSpec{blocks: map[string]*blockSpec{
		"env": env, "lint": lint, "diff": diff, "format": format, "test": test,
		"variable": {attrs: []string{"type", "default", "description"}},
		"locals":   anything, "data": anything, "docker": anything,
		"atlas": {blocks: map[string]*blockSpec{"cloud": {attrs: []string{"token", "url", "project", "org"}}}},
	}}
}()

// unknown reports every attribute and block that has no meaning, with what was probably meant.
func unknown(path string, body *hclsyntax.Body) []Warning {
	var ws []Warning
	var walk func(where string, b *hclsyntax.Body, s *blockSpec)
	walk = func(where string, b *hclsyntax.Body, s *blockSpec) {
		if s.open {
			return
		}
		for name, a := range b.Attributes {
			if !contains(s.attrs, name) {
				ws = append(ws, Warning{path, a.SrcRange.Start.Line, meant("attribute", name, where, s.attrs)})
			}
		}
		names := make([]string, 0, len(s.blocks))
		for n := range s.blocks {
			names = append(names, n)
		}
		sort.Strings(names)
		for _, c := range b.Blocks {
			cs, ok := s.blocks[c.Type]
			if !ok {
				ws = append(ws, Warning{path, c.TypeRange.Start.Line, meant("block", c.Type, where, names)})
				continue
			}
			walk(blockName(where, c), c.Body, cs)
		}
	}
	walk("", body, known)
	sort.SliceStable(ws, func(i, j int) bool { return ws[i].Line < ws[j].Line })
	return ws
}

func blockName(where string, b *hclsyntax.Block) string {
	name := b.Type
	for _, l := range b.Labels {
		name += fmt.Sprintf(" %q", l)
	}
	if where == "" {
		return name
	}
	return where + ", " + name
}

func meant(kind, name, where string, options []string) string {
	text := fmt.Sprintf("unknown %s %q", kind, name)
	if where != "" {
		text += " in " + where
	}
	if s := closest(name, options); s != "" {
		return text + fmt.Sprintf("; did you mean %q?", s)
	}
	if strings.HasPrefix(where, "env") && !strings.Contains(where, ",") && kind == "attribute" {
		return text + "; it is passed to HCL schemas as an input variable and means nothing else"
	}
	return text + "; it is ignored"
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// closest finds the option that is at most a third of its length of edits away.
func closest(s string, options []string) string {
	best, limit := "", max(1, len(s)/3)
	for _, o := range options {
		if d := distance(s, o); d <= limit {
			best, limit = o, d-1
		}
	}
	return best
}

// distance is the optimal string alignment distance: insertions, deletions, substitutions, swaps of neighbours.
func distance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// checkVariables finds the variables that must be given and were not, so that the message has a place and a fix.
func checkVariables(path string, body *hclsyntax.Body, given map[string][]string) error {
	for _, b := range body.Blocks {
		if b.Type != "variable" || len(b.Labels) != 1 {
			continue
		}
		name := b.Labels[0]
		if _, ok := given[name]; ok || b.Body.Attributes["default"] != nil {
			continue
		}
		return fmt.Errorf("%s:%d: missing value for required variable %q; give it with --var %s=VALUE",
			path, b.TypeRange.Start.Line, name, name)
	}
	return nil
}

// checkData finds data sources of a kind that nobody knows.
func checkData(path string, body *hclsyntax.Body) error {
	names := append([]string{"sql", "external", "external_schema", "hcl_schema", "template_dir"}, refusedNames()...)
	for _, b := range body.Blocks {
		if b.Type != "data" {
			continue
		}
		if len(b.Labels) != 2 {
			return fmt.Errorf("%s:%d: a data block has two labels: data \"KIND\" \"NAME\"", path, b.TypeRange.Start.Line)
		}
		if !contains(names, b.Labels[0]) {
			text := fmt.Sprintf("%s:%d: unknown data source %q", path, b.TypeRange.Start.Line, b.Labels[0])
			if s := closest(b.Labels[0], names); s != "" {
				text += fmt.Sprintf("; did you mean %q?", s)
			}
			return fmt.Errorf("%s", text)
		}
	}
	return nil
}
