// Package project reads a project's atlas.hcl as the atlas CLI does and answers where everything is: the desired
// state, the database, the dev database, the migrations directory, and the policies written beside them. Without
// an atlas.hcl the defaults of this tool's layout apply.
//
// In comes a file, the name of an environment and the values of its variables; out come the environments of that
// name (for_each can make several). Evaluating opens no connection of its own: a data source that asks a database
// is given the connection by the caller (Options.OpenDB). Nothing is ever written. What only the vendor's cloud
// can answer is refused by name; an attribute nobody knows is reported as a Warning, never dropped silently.
package project

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ariga.io/atlas/schemahcl"
	"ariga.io/atlas/sql/migrate"
	"github.com/zclconf/go-cty/cty"
)

// FileName is the name of the project file.
const FileName = "atlas.hcl"

// Options say what to evaluate, and with what.
type Options struct {
	// Env is the name of the environment. With the empty name only the project-wide blocks are evaluated.
	Env string
	// Vars are the values given with --var. A name given more than once is a list.
	Vars map[string][]string
	// OpenDB opens the database that a data source of kind "sql" asks. Without it such a source is an error.
	OpenDB func(ctx context.Context, url string) (*sql.DB, error)
}

// Warning is something in the file that has no effect, and what was probably meant.
type Warning struct {
	File string
	Line int
	Text string
}

// String gives file:line: text.
func (w Warning) String() string { return fmt.Sprintf("%s:%d: %s", w.File, w.Line, w.Text) }

// Project is an evaluated atlas.hcl.
type Project struct {
	// Path is the file's path; empty where the defaults stand in for a file.
	Path string
	// Envs are the instances of the selected environment, in order.
	Envs []*Env
	// Names are the names of all environments in the file. One that is computed by an expression is not in it.
	Names []string
	// Global is an environment that holds only what the file says outside of env blocks.
	Global   *Env
	Warnings []Warning
}

// Env is one environment: everything a command needs to know of a project.
type Env struct {
	Name string
	// Src are the URLs of the desired state: ent://ent/schema, file://schema.sql, a database, a Document.
	Src []string
	// URL is the target database's, Dev the throwaway database's.
	URL, Dev string
	Schemas  []string
	Exclude  []string
	// Migration says where the migrations are and how they run.
	Migration Migration
	Diff      Diff
	Lint      Lint
	Format    Format
	Test      Test
	// Vars are the attributes of the environment that have no meaning of their own. They are passed to HCL
	// schemas as their input variables.
	Vars map[string]cty.Value
	// Documents are the desired states made by data sources, by the URL that Src names them with.
	Documents map[string]*Document
	// Dirs are the migration directories made by data sources, by the URL that Migration.Dir names them with.
	Dirs map[string]migrate.Dir
	// Attrs are all string attributes by name, for URLs of the form env://NAME.
	attrs map[string]string
}

// Document is a desired state that a data source makes.
type Document struct {
	// Kind is "sql" or "hcl".
	Kind string
	// Paths are the HCL files, Vars their input variables; both for Kind "hcl".
	Paths []string
	Vars  map[string]cty.Value
	// Read runs the source's program and gives its output; for Kind "sql".
	Read func(context.Context) ([]byte, error)
}

// Migration is the migration block.
type Migration struct {
	// Dir is the directory's URL, "file://migrations" or with "?format=golang-migrate".
	Dir string
	// Format is atlas, golang-migrate, goose, flyway, liquibase or dbmate; empty where Dir alone decides.
	Format          string
	Exclude         []string
	Baseline        string
	RevisionsSchema string
	// LockTimeout is how long to wait for the advisory lock, as time.ParseDuration reads it.
	LockTimeout string
	// ExecOrder is linear, linear-skip or non-linear.
	ExecOrder string
	// TxMode is file, all or none.
	TxMode string
}

// Diff is the diff policy.
type Diff struct {
	// Skip are the kinds of change that are left out, by Atlas's names: "drop_table", "modify_column".
	Skip map[string]bool
	// ConcurrentCreate, ConcurrentAdd and ConcurrentDrop ask for indexes built and dropped CONCURRENTLY.
	ConcurrentCreate, ConcurrentAdd, ConcurrentDrop *bool
	// Extra is what Atlas's own differ reads from the block.
	Extra schemahcl.DefaultExtension
}

// Lint is the lint policy.
type Lint struct {
	Format  string
	Latest  int
	GitDir  string
	GitBase string
	Review  string
	// Blocks are the analyzers' blocks as written: destructive, data_depend, incompatible, concurrent_index,
	// naming, rule …
	Blocks []*schemahcl.Resource
	// Rules are the rule blocks with one label: rule "M101" { severity = "warning" }.
	Rules map[string]Rule
}

// Rule is what a project says about one lint rule.
type Rule struct {
	// Severity is error, warning, info or off; empty where the rule's own applies.
	Severity string
	// Options are the other attributes.
	Options map[string]cty.Value
}

// Format holds the Go templates of the commands' output; empty for the default text.
type Format struct {
	Apply, Down, Lint, Status, Diff                     string // migrate
	SchemaApply, SchemaDiff, SchemaInspect, SchemaClean string
}

// Test is the test block: where the test files are.
type Test struct {
	MigrateSrc, SchemaSrc []string
}

// ErrNotProject says that a directory has neither an atlas.hcl nor the usual layout.
var ErrNotProject = errors.New("not a project")

// Find evaluates the atlas.hcl of dir. A directory without one is a project when it has ent/schema or migrations;
// the defaults stand in then. Anything else is an error that wraps ErrNotProject and says what to do.
func Find(ctx context.Context, dir string, opts Options) (*Project, error) {
	path := filepath.Join(dir, FileName)
	if _, err := os.Stat(path); err == nil {
		return Load(ctx, path, opts)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading project file: %w", err)
	}
	if !isDir(filepath.Join(dir, "ent", "schema")) && !isDir(filepath.Join(dir, "migrations")) {
		abs, err := filepath.Abs(dir)
		if err != nil {
			abs = dir
		}
		return nil, fmt.Errorf("%s is %w: it has no %s, no ent/schema and no migrations directory; "+
			"run the command in the project's directory, or make a project with: plinth init",
			abs, ErrNotProject, FileName)
	}
	if opts.Env != "" {
		return nil, fmt.Errorf("env %q is not defined: there is no %s in this directory", opts.Env, FileName)
	}
	return Defaults(dir), nil
}

// Defaults is the project of a directory without an atlas.hcl: ent/schema to migrations, in golang-migrate format
// unless the directory holds plain Atlas files.
func Defaults(dir string) *Project {
	e := &Env{
		URL:       os.Getenv("DATABASE_URL"),
		Migration: Migration{Dir: "file://migrations", Format: "golang-migrate"},
	}
	if isDir(filepath.Join(dir, "ent", "schema")) {
		e.Src = []string{"ent://ent/schema"}
	}
	if format, ok := GuessFormat(filepath.Join(dir, "migrations")); ok {
		e.Migration.Format = format
	}
	return &Project{Envs: []*Env{e}, Global: e}
}

func isDir(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.IsDir()
}

// GuessFormat tells a migration directory's format by its files; ok is false where there are none to tell by.
func GuessFormat(dir string) (format string, ok bool) {
	if up, _ := filepath.Glob(filepath.Join(dir, "*.up.sql")); len(up) > 0 {
		return "golang-migrate", true
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.sql"))
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		for mark, format := range map[string]string{
			"-- +goose": "goose", "-- migrate:up": "dbmate", "--liquibase formatted sql": "liquibase",
		} {
			if strings.Contains(string(b), mark) {
				return format, true
			}
		}
	}
	return "atlas", len(files) > 0
}

// Default gives the environment a command uses when none was named: the only one of the file, else the one called
// "local" or "dev". The error lists the names.
func (p *Project) Default() (string, error) {
	switch {
	case len(p.Names) == 1:
		return p.Names[0], nil
	case len(p.Names) == 0:
		return "", nil
	}
	for _, want := range []string{"local", "dev"} {
		for _, n := range p.Names {
			if n == want {
				return n, nil
			}
		}
	}
	return "", fmt.Errorf("%s defines the environments %s; choose one with --env", p.Path, strings.Join(p.Names, ", "))
}

// Lookup resolves a URL of the form env://NAME to the attribute it stands for; any other URL is returned as it is.
func (e *Env) Lookup(u string) (string, error) {
	name, ok := strings.CutPrefix(u, "env://")
	if !ok {
		return u, nil
	}
	if e == nil {
		return "", fmt.Errorf("resolving %q: no environment was selected; choose one with --env", u)
	}
	var v string
	switch name {
	case "url":
		v = e.URL
	case "dev":
		v = e.Dev
	case "src", "schema.src":
		if len(e.Src) > 1 {
			return "", fmt.Errorf("resolving %q: env %q has %d sources, expected one", u, e.Name, len(e.Src))
		}
		if len(e.Src) == 1 {
			v = e.Src[0]
		}
	case "migration.dir":
		v = e.Migration.Dir
	default:
		v = e.attrs[name]
	}
	if v == "" {
		return "", fmt.Errorf("resolving %q: attribute %q is not defined in env %q", u, name, e.Name)
	}
	if strings.HasPrefix(v, "env://") {
		return "", fmt.Errorf("resolving %q: %q refers to another env:// attribute", u, name)
	}
	return v, nil
}
