package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/plinth-go/plinth/internal/codegen"
	"github.com/plinth-go/plinth/internal/entwrite"
	"github.com/plinth-go/plinth/internal/requirement"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// plinthModule is the module that projects depend on.
const plinthModule = "github.com/plinth-go/plinth"

// initFlags are what `plinth init` is told.
type initFlags struct {
	from, module, dialect, replace string
}

func newInit(s streams) *cobra.Command {
	var o initFlags
	cmd := &cobra.Command{
		Use:   "init [DIR]",
		Short: "A new project of this shape that builds, tests and verifies at once",
		Long: `Makes a project in DIR (default: the current directory): ent/schema from the requirements, the generated client, the
first migration, a program, atlas.hcl, go.mod, Makefile, a CI workflow and a README with the two commands to know. Without
--from it starts from a small requirements.yaml to be extended. A file that is there already is never overwritten: then
nothing is written at all (exit 2).`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			return runInit(cmd.Context(), dir, o, s)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "requirements file (YAML or DBML)")
	f.StringVar(&o.module, "module", "", "path of the new Go module (default: example.com/ and the directory's name)")
	f.StringVar(&o.dialect, "dialect", "", "postgres or sqlite (default: as the requirements say)")
	f.StringVar(&o.replace, "replace", "", "directory of a clone of plinth that go.mod points to (default: the one this program was built from, while there is no release)")
	return cmd
}

// starter is the requirements file of a project that begins with nothing.
const starter = `# yaml-language-server: $schema=https://github.com/plinth-go/plinth/raw/main/docs/requirements.schema.json
# What the database must serve. After a change: plinth design requirements.yaml
version: 1
name: {{.Name}}

tenancy: none
defaults: {soft_delete: false, audit: false}

entities:
  User:
    description: User is a person who can sign in.
    soft_delete: true
    volume: {rows: 100_000, growth_per_year: 20_000}
    attributes:
      email: {type: string(320), not_empty: true, unique: true, sensitive: pii, description: Address the user signs in with.}
      name: {type: string(200), not_empty: true, sensitive: pii, description: Full name.}
      active: {type: bool, default: true, description: Whether the user may sign in.}
    queries:
      ByEmail: {eq: email, page: one, rate: 10/s, why: sign-in}
      Active: {where: {active: "true"}, sort: name, page: offset, limit: 50, rate: 1/s, why: the list of users}

writes:
  SignUp: {creates: [User], idempotent: User.email, why: the address is unique}
`

// scaffold is what the templates of a project are filled with.
type scaffold struct {
	Name, Module, GoVersion string
	Program                 string // name of cmd/…
	Postgres                bool
	EntDialect              string // postgres or sqlite3
}

var notWord = regexp.MustCompile(`[^a-z0-9]+`)

func runInit(ctx context.Context, dir string, o initFlags, s streams) error {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return exit(ExitUsage, err)
	}
	name := strings.Trim(notWord.ReplaceAllString(strings.ToLower(filepath.Base(abs)), "-"), "-")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "app"
	}
	in := scaffold{Name: name, Module: o.module, Program: name, GoVersion: strings.TrimPrefix(runtime.Version(), "go")}
	source, ending, err := initSource(o, in)
	if err != nil {
		return exit(ExitUsage, fmt.Errorf("%w\nnothing was written", err))
	}
	parse := requirement.Parse
	if ending == ".dbml" {
		parse = requirement.ParseDBML
	}
	where := o.from
	if where == "" {
		where = "requirements.yaml"
	}
	doc, err := parse(where, source)
	if err != nil {
		return exit(ExitUsage, fmt.Errorf("%w\nnothing was written", err))
	}
	switch o.dialect {
	case "":
	case "postgres", "sqlite":
		doc.Dialect = o.dialect
	default:
		return usagef("--dialect %q is neither postgres nor sqlite", o.dialect)
	}
	design, err := requirement.New(doc)
	if err != nil {
		return exit(ExitUsage, err)
	}
	if design.Violated() {
		return exit(ExitFindings, violated(design))
	}
	if in.Module == "" {
		in.Module = "example.com/" + name
	}
	if err := module.CheckPath(in.Module); err != nil {
		return usagef("--module %q is no module path: %v", in.Module, err)
	}
	in.Postgres = design.Dialect == schemagraph.Postgres
	in.EntDialect = design.Dialect
	files, err := initFiles(in, design, source, ending, o.replace)
	if err != nil {
		return exit(ExitUsage, fmt.Errorf("%w\nnothing was written", err))
	}
	if err := refuseExisting(abs, files); err != nil {
		return exit(ExitUsage, err)
	}
	if err := writeProject(abs, files); err != nil {
		return fmt.Errorf("writing the project: %w", err)
	}
	fmt.Fprintf(s.err, "wrote %d files in %s\n", len(files), dir)
	if err := finishProject(ctx, abs, in, s); err != nil {
		return err
	}
	for i, q := range design.Questions {
		if i == 0 {
			fmt.Fprintf(s.err, "%d open questions; plinth design requirements%s lists them with what was assumed, the first:\n", len(design.Questions), ending)
			fmt.Fprintf(s.err, "  %s\n", q.Text)
		}
	}
	fmt.Fprintf(s.out, "%s is ready. Next:\n", in.Module)
	if dir != "." {
		fmt.Fprintf(s.out, "  cd %s\n", dir)
	}
	fmt.Fprintf(s.out, "  go generate ./ent\n  go tool plinth verify\n")
	return nil
}

// initSource is the requirements file of the new project and its ending.
func initSource(o initFlags, in scaffold) ([]byte, string, error) {
	if o.from == "" {
		text, err := fill("requirements.yaml", starter, in)
		return text, ".yaml", err
	}
	data, err := os.ReadFile(o.from)
	if err != nil {
		return nil, "", fmt.Errorf("reading the requirements: %w", err)
	}
	if strings.EqualFold(filepath.Ext(o.from), ".dbml") {
		return data, ".dbml", nil
	}
	return data, ".yaml", nil
}

// initFiles are the contents of the project, by path.
func initFiles(in scaffold, d *requirement.Design, source []byte, ending, replace string) (map[string][]byte, error) {
	files := map[string][]byte{"requirements" + ending: source}
	for path, text := range projectFiles {
		data, err := fill(path, text, in)
		if err != nil {
			return nil, err
		}
		files[strings.ReplaceAll(path, "PROGRAM", in.Program)] = data
	}
	res, err := entwrite.Edit(nil, entwrite.FromDesign(d))
	if err != nil {
		return nil, err
	}
	for n, data := range res.Files {
		files[filepath.Join("ent", "schema", n)] = data
	}
	return files, goModules(in, replace, files)
}

// goModules writes go.mod and go.sum. While plinth has no release go.mod points to a clone; the versions of
// everything else, and their checksums, are the clone's, so that nothing has to be downloaded.
func goModules(in scaffold, replace string, files map[string][]byte) error {
	f := new(modfile.File)
	f.AddModuleStmt(in.Module)
	clone, version := plinthSource(replace)
	if clone == "" && version == "" {
		return errors.New("this program does not know where its source is; give the directory of a clone of " + plinthModule + " with --replace")
	}
	goVersion := in.GoVersion
	if clone != "" {
		data, err := os.ReadFile(filepath.Join(clone, "go.mod"))
		if err != nil {
			return fmt.Errorf("reading plinth's go.mod: %w", err)
		}
		from, err := modfile.Parse("go.mod", data, nil)
		if err != nil {
			return fmt.Errorf("reading plinth's go.mod: %w", err)
		}
		if from.Module == nil || from.Module.Mod.Path != plinthModule {
			return fmt.Errorf("%s is not a clone of %s", clone, plinthModule)
		}
		goVersion = from.Go.Version
		for _, r := range from.Require {
			f.AddNewRequire(r.Mod.Path, r.Mod.Version, !slices.Contains(direct, r.Mod.Path))
		}
		for _, r := range from.Replace {
			if err := f.AddReplace(r.Old.Path, r.Old.Version, r.New.Path, r.New.Version); err != nil {
				return err
			}
		}
		version = "v0.0.0"
		if err := f.AddReplace(plinthModule, "", clone, ""); err != nil {
			return err
		}
		if sum, err := os.ReadFile(filepath.Join(clone, "go.sum")); err == nil {
			files["go.sum"] = sum
		}
	}
	f.AddNewRequire(plinthModule, version, false)
	if err := f.AddGoStmt(goVersion); err != nil {
		return err
	}
	if err := f.AddTool(plinthModule + "/cmd/plinth"); err != nil {
		return err
	}
	f.SortBlocks()
	f.Cleanup()
	data, err := f.Format()
	if err != nil {
		return err
	}
	files["go.mod"] = data
	return nil
}

// direct are the modules that a new project imports itself.
var direct = []string{"entgo.io/ent", "github.com/google/uuid", "github.com/lib/pq", "github.com/stretchr/testify", "modernc.org/sqlite"}

// plinthSource finds the source of this program: a clone, or the version it was released as.
func plinthSource(given string) (clone, version string) {
	if given != "" {
		if abs, err := filepath.Abs(given); err == nil {
			return abs, ""
		}
		return given, ""
	}
	if dir := os.Getenv("PLINTH_SOURCE"); dir != "" {
		return dir, ""
	}
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		if dir := filepath.Dir(filepath.Dir(filepath.Dir(file))); isClone(dir) {
			return dir, ""
		}
	}
	if out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", plinthModule).Output(); err == nil {
		if dir := strings.TrimSpace(string(out)); isClone(dir) {
			return dir, ""
		}
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path == plinthModule && strings.HasPrefix(info.Main.Version, "v") {
		return "", info.Main.Version
	}
	return "", ""
}

// isClone says that a directory holds plinth's source, and is not a read-only copy in the module cache.
func isClone(dir string) bool {
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && modfile.ModulePath(data) == plinthModule && !strings.Contains(dir, "@v")
}

func refuseExisting(dir string, files map[string][]byte) error {
	var there []string
	for path := range files {
		if _, err := os.Lstat(filepath.Join(dir, path)); err == nil {
			there = append(there, path)
		}
	}
	for _, path := range []string{"migrations", filepath.Join("ent", "client.go")} {
		if _, err := os.Lstat(filepath.Join(dir, path)); err == nil {
			there = append(there, path)
		}
	}
	if len(there) == 0 {
		return nil
	}
	slices.Sort(there)
	more := ""
	if len(there) > 5 {
		more = fmt.Sprintf(" and %d more", len(there)-5)
		there = there[:5]
	}
	return fmt.Errorf("%s has %s%s already; init does not overwrite anything. To add to a project use: plinth design requirements.yaml\nnothing was written",
		dir, strings.Join(there, ", "), more)
}

func writeProject(dir string, files map[string][]byte) error {
	for path, data := range files {
		to := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// finishProject generates the client and plans the first migration, as its user would.
func finishProject(ctx context.Context, dir string, in scaffold, s streams) error {
	start := time.Now()
	gen := codegen.Options{Schema: filepath.Join(dir, "ent", "schema"), Dialect: in.EntDialect}
	r, err := codegen.Run(ctx, gen)
	if err != nil {
		return fmt.Errorf("generating the client: %w", err)
	}
	fmt.Fprintf(s.err, "generated %d files  %s\n", r.Files, time.Since(start).Round(100*time.Millisecond))
	pruneModules(ctx, dir)
	back, err := os.Getwd()
	if err != nil {
		return err
	}
	if err := os.Chdir(dir); err != nil {
		return err
	}
	defer func() { _ = os.Chdir(back) }()
	var said bytes.Buffer
	plan := newRoot(streams{in: strings.NewReader(""), out: &said, err: &said})
	plan.SetArgs([]string{"migrate", "diff", "initial"})
	if err := plan.ExecuteContext(ctx); err != nil {
		return fmt.Errorf("planning the first migration: %w\n%s", err, said.String())
	}
	fmt.Fprintf(s.err, "planned the first migration in migrations/\n")
	return nil
}

// pruneModules leaves in go.mod what the project, its tests and the tool really import. Where that cannot be told the
// file stays as it is: more than is needed does no harm.
func pruneModules(ctx context.Context, dir string) {
	list := exec.CommandContext(ctx, "go", "list", "-deps", "-test", "-f", "{{with .Module}}{{.Path}}{{end}}",
		"./...", plinthModule+"/cmd/plinth", plinthModule+"/store", "github.com/stretchr/testify/require", "github.com/stretchr/testify/assert")
	list.Dir = dir
	out, err := list.Output()
	if err != nil {
		return
	}
	used := map[string]bool{}
	for _, path := range strings.Fields(string(out)) {
		used[path] = true
	}
	file := filepath.Join(dir, "go.mod")
	data, err := os.ReadFile(file)
	if err != nil {
		return
	}
	f, err := modfile.Parse(file, data, nil)
	if err != nil {
		return
	}
	for _, r := range slices.Clone(f.Require) {
		if !used[r.Mod.Path] {
			_ = f.DropRequire(r.Mod.Path) // it was listed a moment ago
		}
	}
	f.Cleanup()
	if pruned, err := f.Format(); err == nil {
		_ = os.WriteFile(file, pruned, 0o644)
	}
}
