// Package codegen runs Ent's code generator with plinth's extension, and skips it when nothing it depends on and
// nothing it wrote has changed. In: a schema directory and what Ent's own command takes. Out: the generated files.
package codegen

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
	"entgo.io/ent/schema/field"

	"github.com/plinth-go/plinth/extension"
	"github.com/plinth-go/plinth/internal/entload"
)

// Options say what to generate. All but Schema have the defaults of Ent's own command.
type Options struct {
	Schema    string   // directory of the schema package
	Target    string   // directory to write to; default: the parent of Schema
	Package   string   // import path of Target
	Header    string   // first line of each file
	IDType    string   // int, int64, uint, uint64 or string
	Features  []string // names of Ent's features
	Templates []string // "dir=…", "file=…" or "glob=…"
	Dialect   string   // dialect of migrate/schema.sql
	// Repositories is where the repositories go, relative to the target; "off" writes none. The default is
	// "../internal/repository", and within the target where that is the module's root.
	Repositories string
	CacheDir     string // as entload.Options.CacheDir
	Force        bool   // generate although nothing has changed
}

// Result says what was done.
type Result struct {
	Skipped bool // nothing had changed
	Files   int  // files that are generated
}

// OptionsOf are the options that the go:generate directive beside a schema package gives, and whether it runs
// `plinth generate` at all.
func OptionsOf(schemaDir string) (Options, bool) {
	p := entload.ReadProject(schemaDir)
	one := func(name string) string {
		if v := p.Flags[name]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	o := Options{
		Schema: schemaDir, Package: one("package"), Header: one("header"), IDType: one("idtype"), Features: p.Features,
		Templates: p.Flags["template"], Dialect: one("dialect"),
		Repositories: one("repositories"),
	}
	if target := one("target"); target != "" {
		o.Target = filepath.Join(filepath.Dir(schemaDir), target)
	}
	return o, p.Command
}

var idTypes = map[string]field.Type{
	"int": field.TypeInt, "int64": field.TypeInt64, "uint": field.TypeUint, "uint64": field.TypeUint64,
	"string": field.TypeString,
}

// complete makes the paths absolute and fills in the defaults.
func (o Options) complete() (Options, error) {
	given := o.Schema
	var err error
	if o.Schema, err = filepath.Abs(o.Schema); err != nil {
		return o, err
	}
	if st, err := os.Stat(o.Schema); err != nil || !st.IsDir() {
		return o, &entload.Error{Dir: given, Msg: "is not a directory", Fix: "give the directory of the Ent schema package, usually ./schema"}
	}
	if o.Target == "" {
		o.Target = filepath.Dir(o.Schema)
	}
	if o.Target, err = filepath.Abs(o.Target); err != nil {
		return o, err
	}
	if len(o.Features) == 0 {
		o.Features = nil // one spelling, so that a directive and a command line are told to be the same
	}
	if len(o.Templates) == 0 {
		o.Templates = nil
	}
	o.IDType = cmp.Or(o.IDType, "int")
	o.Dialect = cmp.Or(o.Dialect, "postgres")
	if o.Repositories == "" {
		o.Repositories = extension.RepositoriesDir(o.Target)
	}
	return o, nil
}

// Run generates.
func Run(ctx context.Context, o Options) (Result, error) {
	o, err := o.complete()
	if err != nil {
		return Result{}, err
	}
	state := newState(o)
	if !o.Force {
		if n, ok := state.unchanged(); ok {
			return Result{Skipped: true, Files: n}, nil
		}
	}
	if err := generate(ctx, o); err != nil {
		return Result{}, err
	}
	n, err := state.keep()
	return Result{Files: n}, err
}

// generate runs Ent's generator for a schema into a target.
func generate(ctx context.Context, o Options) error {
	cfg, err := config(o, o.Target)
	if err != nil {
		return err
	}
	undo, err := gen.PrepareEnv(cfg)
	if err != nil {
		return fmt.Errorf("preparing %s: %w", o.Target, err)
	}
	g, err := entload.Spec(ctx, o.Schema, cfg, o.CacheDir)
	if err == nil {
		err = g.Gen()
	}
	if err != nil {
		_ = undo()
	}
	return err
}

func config(o Options, target string) (*gen.Config, error) {
	id, ok := idTypes[o.IDType]
	if !ok {
		return nil, mistake("id type %q is not one of int, int64, uint, uint64, string", o.IDType)
	}
	storage, err := gen.NewStorage("sql")
	if err != nil {
		return nil, err
	}
	cfg := &gen.Config{Target: target, Package: o.Package, Header: o.Header, IDType: &field.TypeInfo{Type: id}, Storage: storage}
	opts := []entc.Option{
		entc.FeatureNames(o.Features...),
		entc.Extensions(extension.New(extension.Dialect(o.Dialect), extension.CacheDir(o.CacheDir), extension.Repositories(o.Repositories))),
	}
	for _, name := range o.Features {
		if !slices.ContainsFunc(gen.AllFeatures, func(f gen.Feature) bool { return f.Name == name }) {
			return nil, mistake("%q is not a feature of Ent; there are %s", name, featureNames())
		}
	}
	for _, t := range o.Templates {
		kind, path, ok := strings.Cut(t, "=")
		if !ok {
			kind, path = "dir", t
		}
		switch kind {
		case "dir":
			opts = append(opts, entc.TemplateDir(path))
		case "file":
			opts = append(opts, entc.TemplateFiles(path))
		case "glob":
			opts = append(opts, entc.TemplateGlob(path))
		default:
			return nil, mistake("template %q does not begin with dir=, file= or glob=", t)
		}
	}
	for _, opt := range opts {
		if err := opt(cfg); err != nil {
			return nil, err
		}
	}
	return cfg, nil
}

func mistake(format string, args ...any) error {
	return &entload.Error{Msg: fmt.Sprintf(format, args...)}
}

func featureNames() string {
	names := make([]string, len(gen.AllFeatures))
	for i, f := range gen.AllFeatures {
		names[i] = f.Name
	}
	return strings.Join(names, ", ")
}
