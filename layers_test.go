package plinth_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/plinth-go/plinth"

// layers is the order of the packages, bottom-up: a package imports only packages of its own layer that are named
// before it, and of layers below. The reason stands beside each. docs/architecture.md tells it in words.
var layers = []struct {
	packages []string
	why      string
}{
	{[]string{"docs/rules"}, "pages alone: imports nothing"},
	{[]string{"annotation"}, "schemas link it: it stays light"},
	{[]string{"store", "mixin"}, "a user's binary links them: no generator, no driver, no command-line library"},
	{[]string{"internal/normalform", "internal/schemagraph", "internal/requirement"}, "pure models: values in, values out"},
	{[]string{"internal/lint", "internal/plan"}, "pure judgements on the models"},
	{[]string{"internal/sqlparse", "internal/project", "internal/entload", "internal/entwrite", "internal/devdb"},
		"readers of the outside world; none knows another's"},
	{[]string{"internal/inspect", "internal/migration"}, "a database's state and how it changes"},
	{[]string{"internal/trace", "internal/evidence", "internal/audit"}, "measurements on a throwaway database"},
	{[]string{"internal/erd", "internal/report", "internal/docsite", "internal/migration/lint", "internal/ruledoc"},
		"renderers and what judges migrations with all of the above"},
	{[]string{"internal/repogen", "extension", "internal/codegen"}, "the generator: imports the models, never its own output"},
	{[]string{"internal/verify"}, "every check, end to end"},
	{[]string{"internal/mcp"}, "the same calls as tools"},
	{[]string{"internal/cli"}, "flags, one call, one rendering"},
	{[]string{"cmd/plinth"}, "at most 15 lines"},
}

// pure packages do no input or output of their own: values in, values out.
var pure = []string{"internal/requirement", "internal/normalform", "internal/schemagraph", "internal/lint", "internal/plan"}

var impure = []string{"database/sql", "os", "os/exec", "net", "net/http"}

// light packages are linked into the binaries of users.
var light = []string{"annotation", "mixin", "store"}

// heavy are the modules a light package must not link, directly or through another.
var heavy = []string{"entgo.io/ent/entc", "github.com/lib/pq", "github.com/jackc/pgx", "github.com/spf13/cobra",
	"ariga.io/atlas/schemahcl", "golang.org/x/tools", "modernc.org/sqlite"}

// linkers of the generated client.
var linkEnt = []string{"ent", "internal/repository", "cmd/shop", "internal/integration", "internal/benchmark"}

type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
	GoFiles    []string
}

func packages(t *testing.T) map[string]pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps=false", "-json=ImportPath,Imports,Deps,GoFiles", "./...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("listing packages: %v", err)
	}
	pkgs := map[string]pkg{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs[strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")] = p
	}
}

// place is the layer and the place in it of a package or of the nearest folder above it that has one.
func place(name string) (int, int, bool) {
	for dir := name; dir != "" && dir != "."; {
		for i, l := range layers {
			if j := slices.Index(l.packages, dir); j >= 0 {
				return i, j, true
			}
		}
		k := strings.LastIndex(dir, "/")
		if k < 0 {
			break
		}
		dir = dir[:k]
	}
	return 0, 0, false
}

func under(name string, roots []string) bool {
	return slices.ContainsFunc(roots, func(r string) bool { return name == r || strings.HasPrefix(name, r+"/") })
}

func TestLayers(t *testing.T) {
	for name, p := range packages(t) {
		if name == "" || under(name, linkEnt) || testOnly(name) {
			continue
		}
		layer, at, ok := place(name)
		if !ok {
			t.Errorf("package %s has no layer: give it one in layers_test.go and docs/architecture.md", name)
			continue
		}
		for _, imp := range p.Imports {
			other, own := strings.CutPrefix(imp, module+"/")
			if !own {
				if slices.Contains(pure, name) && slices.Contains(impure, imp) {
					t.Errorf("%s imports %s, but it is pure: values in, values out", name, imp)
				}
				continue
			}
			if under(other, linkEnt) {
				t.Errorf("%s imports %s: a generator that links its own output cannot repair it", name, other)
				continue
			}
			l, a, ok := place(other)
			if ok && (l > layer || l == layer && a > at) {
				t.Errorf("%s imports %s, which stands above it (%s)", name, other, layers[l].why)
			}
		}
	}
}

// testOnly packages help tests and are linked by nothing else.
func testOnly(name string) bool {
	return strings.HasSuffix(name, "test") || strings.Contains(name, "/testdata/") || strings.Contains(name, "/internal/test")
}

func TestLightPackagesStayLight(t *testing.T) {
	pkgs := packages(t)
	for _, name := range light {
		for _, dep := range pkgs[name].Deps {
			for _, h := range heavy {
				if dep == h || strings.HasPrefix(dep, h+"/") {
					t.Errorf("%s links %s: schemas and stores are part of a user's binary", name, dep)
				}
			}
		}
	}
}

func TestCommandIsThin(t *testing.T) {
	if p := packages(t)["cmd/plinth"]; len(p.GoFiles) != 1 {
		t.Errorf("cmd/plinth has %v; a command is one main.go", p.GoFiles)
	}
}
