package project

import (
	"fmt"
	"strings"

	"ariga.io/atlas/schemahcl"
	"github.com/zclconf/go-cty/cty"
)

// env makes an Env of its block and of the project-wide ones.
func (ev *evaluation) env(file *fileSpec, es *envSpec) (*Env, error) {
	e := &Env{
		Name: es.Name, URL: es.URL, Dev: es.Dev, Schemas: es.Schemas, Exclude: es.Exclude,
		Vars: map[string]cty.Value{}, Documents: ev.docs, Dirs: ev.dirs, attrs: map[string]string{},
	}
	for _, a := range es.Extra.Attrs {
		if a.K == "src" {
			continue
		}
		e.Vars[a.K] = a.V
		if s, err := a.String(); err == nil {
			e.attrs[a.K] = s
		}
	}
	var err error
	if e.Src, err = sources(es); err != nil {
		return nil, fmt.Errorf("%s: env %q: %w", ev.path, es.Name, err)
	}
	e.Lint = lint(es.Lint, file.Lint)
	if e.Diff, err = diff(es.Diff, file.Diff); err != nil {
		return nil, fmt.Errorf("%s: env %q: %w", ev.path, es.Name, err)
	}
	e.Format = format(es.Format, es.Log, file.Format)
	if e.Format.Lint == "" {
		e.Format.Lint = e.Lint.Format
	}
	for _, t := range []*testSpec{es.Test, file.Test} {
		if t == nil {
			continue
		}
		if len(e.Test.MigrateSrc) == 0 {
			e.Test.MigrateSrc = t.Migrate.Src
		}
		if len(e.Test.SchemaSrc) == 0 {
			e.Test.SchemaSrc = t.Schema.Src
		}
	}
	if m := es.Migration; m != nil {
		e.Migration = Migration{
			Dir: m.Dir, Format: m.Format, Exclude: m.Exclude, Baseline: m.Baseline,
			RevisionsSchema: m.RevisionsSchema, LockTimeout: m.LockTimeout,
			ExecOrder: enum(m.ExecOrder), TxMode: enum(m.TxMode),
		}
	}
	return e, nil
}

// enum turns LINEAR_SKIP into linear-skip.
func enum(s string) string { return strings.ReplaceAll(strings.ToLower(s), "_", "-") }

// sources reads src of the environment, else of its schema block.
func sources(es *envSpec) ([]string, error) {
	attr, ok := es.Attr("src")
	if !ok && es.Schema != nil {
		attr, ok = es.Schema.Attr("src")
	}
	if !ok || attr.V.IsNull() {
		return nil, nil
	}
	if t := attr.V.Type(); t == cty.String {
		s, err := attr.String()
		if err != nil {
			return nil, fmt.Errorf("reading src: %w", err)
		}
		return []string{s}, nil
	}
	if !attr.V.CanIterateElements() || attr.V.Type().IsObjectType() || attr.V.Type().IsMapType() {
		return nil, fmt.Errorf("expected src to be a string or a list of strings, got %s", attr.V.Type().FriendlyName())
	}
	var out []string
	for it := attr.V.ElementIterator(); it.Next(); {
		_, v := it.Element()
		if v.Type() != cty.String || v.IsNull() {
			return nil, fmt.Errorf("expected src to be a string or a list of strings, got %s", attr.V.Type().FriendlyName())
		}
		out = append(out, v.AsString())
	}
	return out, nil
}

// lint is the environment's lint policy over the project's.
func lint(env, file *lintSpec) Lint {
	l := Lint{Rules: map[string]Rule{}}
	for _, s := range []*lintSpec{env, file} {
		if s == nil {
			continue
		}
		for dst, v := range map[*string]string{&l.Review: s.Review, &l.Format: s.Format} {
			if *dst == "" {
				*dst = v
			}
		}
		if l.Format == "" {
			l.Format = s.Log
		}
		// A detector of changes that the environment chose wins as a whole.
		if l.Latest == 0 && (l.GitDir == "" || l.GitBase == "") {
			l.Latest = s.Latest
			if s.Git.Dir != "" {
				l.GitDir = s.Git.Dir
			}
			if s.Git.Base != "" {
				l.GitBase = s.Git.Base
			}
		}
		if len(l.Blocks) == 0 {
			l.Blocks = s.Extra.Children
		}
		for _, b := range s.Extra.Children {
			if b.Type != "rule" || b.Name == "" || b.Qualifier != "" {
				continue
			}
			if _, ok := l.Rules[b.Name]; !ok {
				l.Rules[b.Name] = rule(b)
			}
		}
	}
	return l
}

func rule(b *schemahcl.Resource) Rule {
	r := Rule{Options: map[string]cty.Value{}}
	for _, a := range b.Attrs {
		if a.K == "severity" {
			r.Severity, _ = a.String()
			r.Severity = strings.ToLower(r.Severity)
			continue
		}
		r.Options[a.K] = a.V
	}
	return r
}

// diff is the environment's diff policy over the project's.
func diff(env, file *diffSpec) (Diff, error) {
	d := Diff{Skip: map[string]bool{}}
	for _, s := range []*diffSpec{env, file} {
		if s == nil {
			continue
		}
		if len(d.Extra.Extra.Children) == 0 {
			d.Extra = s.DefaultExtension
		}
		for _, b := range s.Extra.Children {
			for _, a := range b.Attrs {
				v, err := a.Bool()
				if err != nil {
					return d, fmt.Errorf("reading diff.%s.%s: %w", b.Type, a.K, err)
				}
				switch b.Type {
				case "skip":
					if _, ok := d.Skip[a.K]; !ok {
						d.Skip[a.K] = v
					}
				case "concurrent_index":
					dst := map[string]**bool{
						"create": &d.ConcurrentCreate, "add": &d.ConcurrentAdd, "drop": &d.ConcurrentDrop,
					}[a.K]
					if dst != nil && *dst == nil {
						*dst = &v
					}
				}
			}
		}
	}
	return d, nil
}

// format is the first text said for each command: the environment's, its older "log" block's, the project's.
func format(specs ...*formatSpec) Format {
	var f Format
	for _, s := range specs {
		if s == nil {
			continue
		}
		for dst, v := range map[*string]string{
			&f.Apply: s.Migrate.Apply, &f.Down: s.Migrate.Down, &f.Lint: s.Migrate.Lint, &f.Status: s.Migrate.Status,
			&f.Diff: s.Migrate.Diff, &f.SchemaApply: s.Schema.Apply, &f.SchemaDiff: s.Schema.Diff,
			&f.SchemaInspect: s.Schema.Inspect, &f.SchemaClean: s.Schema.Clean,
		} {
			if *dst == "" {
				*dst = v
			}
		}
	}
	return f
}
