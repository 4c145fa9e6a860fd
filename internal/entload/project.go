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

// project is what the files around a schema package say about how its code is generated.
type project struct {
	plinth bool // uses plinth's extension, by `plinth generate` or in its own entc.go
	id     string
	feats  []string
	tags   string
}

// readProject looks at the directives and imports beside the schema package: in its directory, its parent and the
// module's root.
func readProject(dir string) project {
	var p project
	root, _, _ := moduleOf(dir)
	seen := map[string]bool{}
	for _, d := range []string{dir, filepath.Dir(dir), filepath.Dir(filepath.Dir(dir)), root} {
		if seen[d] || len(d) < len(root) {
			continue
		}
		seen[d] = true
		names, _ := filepath.Glob(filepath.Join(d, "*.go"))
		for _, n := range names {
			p.file(n, d == dir || d == filepath.Dir(dir))
		}
	}
	return p
}

func (p *project) file(name string, near bool) {
	data, err := os.ReadFile(name)
	if err != nil {
		return
	}
	for _, line := range strings.Split(string(data), "\n") {
		if strings.HasPrefix(line, "//go:generate ") {
			p.directive(strings.Fields(strings.TrimPrefix(line, "//go:generate ")))
		}
	}
	f, err := parser.ParseFile(token.NewFileSet(), name, data, parser.ImportsOnly)
	if err != nil || !near {
		return
	}
	for _, imp := range f.Imports {
		if path, _ := strconv.Unquote(imp.Path.Value); path == Extension {
			p.plinth = true
		}
	}
}

// directive reads `… ent generate --feature a,b --idtype string ./schema` and `… plinth generate …`.
func (p *project) directive(words []string) {
	tool := ""
	for i, w := range words {
		if base := filepath.Base(strings.Split(w, "@")[0]); base == "ent" || base == "plinth" {
			tool = base
		}
		if w != "generate" || tool == "" {
			continue
		}
		if tool == "plinth" {
			p.plinth = true
		}
		for j := i + 1; j < len(words); j++ {
			name, value, ok := strings.Cut(words[j], "=")
			if !ok && j+1 < len(words) {
				value = words[j+1]
			}
			switch strings.TrimLeft(name, "-") {
			case "idtype":
				p.id = strings.Trim(value, `"'`)
			case "feature":
				p.feats = append(p.feats, strings.Split(strings.Trim(value, `"'`), ",")...)
			case "tags":
				p.tags = strings.Trim(value, `"'`)
			}
		}
		return
	}
}

func (p project) idType() field.Type {
	switch p.id {
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

func (p project) features() []gen.Feature {
	var fs []gen.Feature
	for _, n := range p.feats {
		for _, f := range gen.AllFeatures {
			if f.Name == n {
				fs = append(fs, f)
			}
		}
	}
	return fs
}

func (p project) buildFlags() []string {
	if p.tags == "" {
		return nil
	}
	return []string{"-tags=" + p.tags}
}
