package entload

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"entgo.io/ent/entc/gen"
	"entgo.io/ent/schema/field"
)

// Extension is the import path of the extension; a project that imports it follows the conventions.
const Extension = "github.com/plinth-go/plinth/extension"

// Project is what the files around a schema package say about how its code is generated.
type Project struct {
	Plinth   bool                // uses plinth's extension, by `plinth generate` or in its own entc.go
	Command  bool                // its directive runs `plinth generate`
	Features []string            // Ent features switched on
	Flags    map[string][]string // the other flags of the directive, by name
}

// ReadProject looks at the go:generate directives and the imports beside the schema package in dir: in its directory,
// its parents and the module's root.
func ReadProject(dir string) Project {
	p := Project{Flags: map[string][]string{}}
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	root, _, _ := moduleOf(dir)
	seen := map[string]bool{}
	for _, d := range []string{dir, filepath.Dir(dir), filepath.Dir(filepath.Dir(dir)), root} {
		if seen[d] || len(d) < len(root) {
			continue
		}
		seen[d] = true
		names, _ := filepath.Glob(filepath.Join(d, "*.go"))
		for _, n := range names {
			p.file(n, dir)
		}
	}
	return p
}

// file reads what a Go file says about the schema package in dir.
func (p *Project) file(name, dir string) {
	at := filepath.Dir(name)
	near := at == dir || at == filepath.Dir(dir)
	data, err := os.ReadFile(name)
	if err != nil {
		return
	}
	for _, line := range strings.Split(string(data), "\n") {
		if strings.HasPrefix(line, "//go:generate ") {
			if words := strings.Fields(strings.TrimPrefix(line, "//go:generate ")); about(words, at, dir) {
				p.directive(words)
			}
		}
	}
	f, err := parser.ParseFile(token.NewFileSet(), name, data, parser.ImportsOnly)
	if err != nil || !near {
		return
	}
	for _, imp := range f.Imports {
		if path, _ := strconv.Unquote(imp.Path.Value); path == Extension {
			p.Plinth = true
		}
	}
}

// about says whether a directive in the folder at is for the schema package in dir: one that names a path names it.
func about(words []string, at, dir string) bool {
	named := false
	for _, w := range words {
		if !strings.HasPrefix(w, ".") || strings.HasSuffix(w, ".go") {
			continue
		}
		path := filepath.Join(at, w)
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		if path == dir {
			return true
		}
		named = true
	}
	return !named
}

// directive reads `… ent generate --feature a,b --idtype string ./schema` and `… plinth generate …`.
func (p *Project) directive(words []string) {
	tool := ""
	for i, w := range words {
		if base := filepath.Base(strings.Split(w, "@")[0]); base == "ent" || base == "plinth" {
			tool = base
		}
		if w != "generate" || tool == "" {
			continue
		}
		if tool == "plinth" {
			p.Plinth, p.Command = true, true
		}
		for j := i + 1; j < len(words); j++ {
			name, value, ok := strings.Cut(words[j], "=")
			if !strings.HasPrefix(name, "-") {
				continue
			}
			if !ok && j+1 < len(words) {
				value = words[j+1]
			}
			value = strings.Trim(value, `"'`)
			switch name = strings.TrimLeft(name, "-"); name {
			case "feature":
				p.Features = append(p.Features, strings.Split(value, ",")...)
			default:
				p.Flags[name] = append(p.Flags[name], value)
			}
		}
		return
	}
}

func (p Project) flag(name string) string {
	if v := p.Flags[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func (p Project) idType() field.Type {
	switch p.flag("idtype") {
	case "int64":
		return field.TypeInt64
	case "uint":
		return field.TypeUint
	case "uint64":
		return field.TypeUint64
	case "string":
		return field.TypeString
	}
	return field.TypeInt
}

func (p Project) features() []gen.Feature {
	var fs []gen.Feature
	for _, n := range p.Features {
		for _, f := range gen.AllFeatures {
			if f.Name == n {
				fs = append(fs, f)
			}
		}
	}
	return fs
}

func (p Project) buildFlags() []string {
	if tags := p.flag("tags"); tags != "" {
		return []string{"-tags=" + tags}
	}
	return nil
}
