// Package entload reads an Ent project into a schemagraph.Graph without a database: it compiles and runs a small
// program that imports the schema package, builds Ent's own graph from the answer, completes it by plinth's
// conventions where the project uses plinth's extension, and converts Ent's tables to an Atlas realm.
//
// A project that does not use the extension comes out exactly as Ent itself would build it: no names rewritten,
// nothing added. Nothing is written into the project.
package entload

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"entgo.io/ent/entc/gen"
	"entgo.io/ent/entc/load"
	"entgo.io/ent/schema/field"

	entschema "entgo.io/ent/dialect/sql/schema"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Options say what to load.
type Options struct {
	// Path is the directory of the schema package, "ent/schema". An "ent://" prefix is accepted.
	Path string
	// Dialect is schemagraph.Postgres (the default) or schemagraph.SQLite.
	Dialect string
	// CacheDir keeps what compiling the schema package told; empty means the user's cache directory, "off" none.
	CacheDir string
	// Conventions applies plinth's conventions; nil means as the project does (it uses the extension or not).
	Conventions *bool
	// Base is the directory that file names in positions are relative to; empty means the working directory.
	Base string
}

// Design is a loaded Ent project: the graph, and what it was made from.
type Design struct {
	Graph  *schemagraph.Graph
	Gen    *gen.Graph         // Ent's graph
	Tables []*entschema.Table // Ent's tables, completed by the conventions where they apply
	Dir    string             // absolute directory of the schema package
	// Problems are what the conventions refuse and what annotations say wrongly.
	Problems Problems
}

// Problems are mistakes in a schema, each with its place.
type Problems []*Error

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, e := range p {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Load reads an Ent project. Mistakes in the schema are returned as Problems.
func Load(ctx context.Context, opts Options) (*schemagraph.Graph, error) {
	d, err := LoadDesign(ctx, opts)
	if err != nil {
		return nil, err
	}
	if len(d.Problems) > 0 {
		return nil, d.Problems
	}
	return d.Graph, nil
}

// LoadDesign is Load for a caller that also needs Ent's own graph, or wants the graph although it has problems.
func LoadDesign(ctx context.Context, opts Options) (*Design, error) {
	dir, err := schemaDir(opts.Path)
	if err != nil {
		return nil, err
	}
	src, err := parseSource(dir, base(opts.Base))
	if err != nil {
		return nil, err
	}
	if len(src.order) == 0 {
		return nil, &Error{Dir: opts.Path, Msg: "has no Ent schema", Fix: "give the directory of the schema package, usually ent/schema"}
	}
	project := ReadProject(dir)
	sp, err := readSpec(ctx, dir, CacheDir(opts.CacheDir), src, project.buildFlags())
	if err != nil {
		return nil, err
	}
	if len(sp.Types) == 0 {
		return nil, &Error{Dir: opts.Path, Msg: "has no Ent schema (no exported struct embeds ent.Schema)",
			Fix: "give the directory of the schema package, usually ent/schema"}
	}
	g, err := newGraph(sp, src, dir, project)
	if err != nil {
		return nil, &Error{Dir: opts.Path, Msg: "is not a valid Ent schema: " + strings.TrimPrefix(err.Error(), "entc/gen: ")}
	}
	conventions := project.Plinth
	if opts.Conventions != nil {
		conventions = *opts.Conventions
	}
	return assemble(ctx, g, src, sp, dir, opts.Dialect, conventions)
}

// Complete is what the extension calls on the graph Ent has built: the design with the conventions applied.
func Complete(ctx context.Context, g *gen.Graph, opts Options) (*Design, error) {
	dir := opts.Path
	if dir == "" {
		for _, s := range g.Schemas {
			if file, _, ok := strings.Cut(s.Pos, ":"); ok && file != "" {
				dir = filepath.Dir(file)
				break
			}
		}
	}
	dir, err := schemaDir(dir)
	if err != nil {
		return nil, err
	}
	src, err := parseSource(dir, base(opts.Base))
	if err != nil {
		return nil, err
	}
	sp, err := readSpec(ctx, dir, CacheDir(opts.CacheDir), src, g.BuildFlags)
	if err != nil {
		return nil, err
	}
	return assemble(ctx, g, src, sp, dir, opts.Dialect, true)
}

// Spec reads a schema package for code generation: Ent's schemas, its import path and Ent's graph for a
// configuration, without Ent's own (slower, uncached) loader.
func Spec(ctx context.Context, schemaPath string, cfg *gen.Config, cacheDir string) (*gen.Graph, error) {
	dir, err := schemaDir(schemaPath)
	if err != nil {
		return nil, err
	}
	src, err := parseSource(dir, base(""))
	if err != nil {
		return nil, err
	}
	sp, err := readSpec(ctx, dir, CacheDir(cacheDir), src, cfg.BuildFlags)
	if err != nil {
		return nil, err
	}
	if len(sp.Types) == 0 {
		return nil, &Error{Dir: schemaPath, Msg: "has no Ent schema (no exported struct embeds ent.Schema)"}
	}
	cfg.Schema = sp.PkgPath
	if cfg.Package == "" {
		cfg.Package = path.Dir(sp.PkgPath)
	}
	if cfg.Target == "" {
		cfg.Target = filepath.Dir(dir)
	}
	if cfg.IDType == nil {
		cfg.IDType = &field.TypeInfo{Type: field.TypeInt}
	}
	g, err := gen.NewGraph(cfg, schemas(sp, src, dir)...)
	if err != nil {
		return nil, &Error{Dir: schemaPath, Msg: "is not a valid Ent schema: " + strings.TrimPrefix(err.Error(), "entc/gen: ")}
	}
	return g, nil
}

func newGraph(sp *spec, src *source, dir string, p Project) (*gen.Graph, error) {
	storage, err := gen.NewStorage("sql")
	if err != nil {
		return nil, err
	}
	cfg := &gen.Config{
		Schema: sp.PkgPath, Package: path.Dir(sp.PkgPath), Target: filepath.Dir(dir), Storage: storage,
		IDType: &field.TypeInfo{Type: p.idType()}, Features: p.features(),
	}
	return gen.NewGraph(cfg, schemas(sp, src, dir)...)
}

// schemas are Ent's schema descriptions with the positions Ent's loader would give.
func schemas(sp *spec, src *source, dir string) []*load.Schema {
	out := make([]*load.Schema, len(sp.Types))
	for i, t := range sp.Types {
		if ts := src.types[t.Schema.Name]; ts != nil {
			t.Schema.Pos = fmt.Sprintf("%s:%d", filepath.Join(dir, path.Base(ts.pos.File)), ts.pos.Line)
		}
		out[i] = t.Schema
	}
	return out
}

// schemaDir makes the given path an absolute directory.
func schemaDir(p string) (string, error) {
	p = strings.TrimPrefix(p, "ent://")
	if p == "" {
		p = filepath.Join("ent", "schema")
	}
	abs, err := filepath.Abs(p)
	if err != nil {
		return "", err
	}
	st, err := os.Stat(abs)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", &Error{Dir: p, Msg: "does not exist", Fix: "give the directory of the Ent schema package, usually ent/schema, or run `plinth init`"}
	case err != nil:
		return "", err
	case !st.IsDir():
		return "", &Error{Dir: p, Msg: "is a file", Fix: "give the directory of the Ent schema package, usually ent/schema"}
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return "", err
	}
	return abs, nil
}

func base(dir string) string {
	if dir == "" {
		dir, _ = os.Getwd()
	}
	if d, err := filepath.EvalSymlinks(dir); err == nil {
		dir = d
	}
	return dir
}

// CacheDir is the directory for what is cached between runs: dir itself, the user's cache directory where dir is
// empty, and none ("") where dir is "off".
func CacheDir(dir string) string {
	switch dir {
	case "off":
		return ""
	case "":
		c, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		return filepath.Join(c, "plinth")
	}
	return dir
}
