package entload

import (
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"
)

// SourceHash is the hash of everything the meaning of the Go package in dir depends on: its files, those of the
// packages of the same module (and of modules replaced by a directory) that it imports, the module files, and the
// toolchain. Two equal hashes mean the package compiles to the same program.
func SourceHash(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	root, modPath, replaces := moduleOf(dir)
	parts := []string{runtime.Version(), os.Getenv("GOFLAGS"), os.Getenv("GOOS"), os.Getenv("GOARCH"), dir}
	for _, f := range []string{"go.mod", "go.sum", "vendor/modules.txt"} {
		data, _ := os.ReadFile(filepath.Join(root, f))
		parts = append(parts, string(data))
	}
	if work := findUp(dir, "go.work"); work != "" {
		data, _ := os.ReadFile(work)
		parts = append(parts, string(data))
	}
	local := map[string]string{modPath: root}
	for path, d := range replaces {
		local[path] = d
	}
	seen := map[string]bool{}
	queue := []string{dir}
	var dirs []string
	for len(queue) > 0 {
		d := queue[0]
		queue = queue[1:]
		if seen[d] {
			continue
		}
		seen[d] = true
		dirs = append(dirs, d)
		for _, imp := range importsOf(d) {
			for path, base := range local {
				if path != "" && (imp == path || strings.HasPrefix(imp, path+"/")) {
					queue = append(queue, filepath.Join(base, strings.TrimPrefix(imp, path)))
				}
			}
		}
	}
	sort.Strings(dirs)
	for _, d := range dirs {
		names, _ := filepath.Glob(filepath.Join(d, "*.go"))
		for _, n := range names {
			if strings.HasSuffix(n, "_test.go") {
				continue
			}
			data, err := os.ReadFile(n)
			if err != nil {
				return "", err
			}
			parts = append(parts, n, string(data))
		}
	}
	return hashOf(parts...), nil
}

func cacheKey(dir string, types, buildFlags []string) (string, error) {
	h, err := SourceHash(dir)
	if err != nil {
		return "", err
	}
	return hashOf(append([]string{h, programText, strings.Join(buildFlags, "\x00")}, types...)...), nil
}

// moduleOf finds the module of dir: its root, its path, and the modules it replaces by directories.
func moduleOf(dir string) (root, path string, replaces map[string]string) {
	file := findUp(dir, "go.mod")
	if file == "" {
		return dir, "", nil
	}
	root = filepath.Dir(file)
	data, err := os.ReadFile(file)
	if err != nil {
		return root, "", nil
	}
	mod, err := modfile.Parse(file, data, nil)
	if err != nil || mod.Module == nil {
		return root, "", nil
	}
	replaces = map[string]string{}
	for _, r := range mod.Replace {
		if r.New.Version == "" {
			d := r.New.Path
			if !filepath.IsAbs(d) {
				d = filepath.Join(root, d)
			}
			replaces[r.Old.Path] = d
		}
	}
	return root, mod.Module.Mod.Path, replaces
}

func findUp(dir, name string) string {
	for {
		f := filepath.Join(dir, name)
		if st, err := os.Stat(f); err == nil && !st.IsDir() {
			return f
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

func importsOf(dir string) []string {
	pkg, _ := build.Default.ImportDir(dir, 0)
	if pkg != nil && len(pkg.Imports) > 0 {
		return pkg.Imports
	}
	var imports []string
	names, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	for _, n := range names {
		f, err := parser.ParseFile(token.NewFileSet(), n, nil, parser.ImportsOnly)
		if err != nil {
			continue
		}
		for _, imp := range f.Imports {
			if p, err := strconv.Unquote(imp.Path.Value); err == nil {
				imports = append(imports, p)
			}
		}
	}
	return imports
}
