package cli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/devdb"
	"github.com/plinth-go/plinth/internal/entload"
	"github.com/plinth-go/plinth/internal/inspect"
	"github.com/plinth-go/plinth/internal/inspect/live"
	"github.com/plinth-go/plinth/internal/lint"
	migrationlint "github.com/plinth-go/plinth/internal/migration/lint"
	"github.com/plinth-go/plinth/internal/project"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// lintSource is what is judged: an Ent project by its path, a live database, or a schema file.
type lintSource struct {
	path, url, file  string
	dialect, dev     string
	env              string
	schemas, exclude []string
}

// judged is a loaded source, and what lint needs besides the graph.
type judged struct {
	graph   *schemagraph.Graph
	options lint.Options
}

func (l lintSource) load(cmd *cobra.Command) (*judged, error) {
	switch l.dialect {
	case "", schemagraph.Postgres, schemagraph.SQLite:
	case "sqlite":
		l.dialect = schemagraph.SQLite
	default:
		return nil, usagef("--dialect %q is neither postgres nor sqlite3", l.dialect)
	}
	ctx := cmd.Context()
	var (
		in  *judged
		err error
	)
	switch {
	case l.url != "":
		in, err = l.database(ctx)
	case l.file != "":
		in, err = l.schemaFile(ctx)
	default:
		in, err = l.entProject(ctx)
	}
	if err != nil {
		return nil, err
	}
	dir := "."
	if l.url == "" && l.file == "" && l.path != "" {
		dir = projectDir(l.path)
	}
	in.options.Known = migrationlint.Rules()
	in.options.Config, err = lintConfig(ctx, dir, l.env)
	return in, err
}

func (l lintSource) entProject(ctx context.Context) (*judged, error) {
	d, err := entload.LoadDesign(ctx, entload.Options{Path: schemaPath(l.path), Dialect: l.dialect})
	if err != nil {
		return nil, exit(ExitUsage, err)
	}
	return &judged{graph: d.Graph}, nil
}

// schemaPath is the schema package that a path means: itself, or the usual place in the project.
func schemaPath(path string) string {
	path = strings.TrimPrefix(path, "ent://")
	if path == "" {
		return defaultSchemaDir(nil)
	}
	if files, _ := filepath.Glob(filepath.Join(path, "*.go")); len(files) > 0 && !isDir(filepath.Join(path, "schema")) && !isDir(filepath.Join(path, "ent", "schema")) {
		return path
	}
	for _, sub := range []string{"ent/schema", "schema", "internal/ent/schema", "pkg/ent/schema", "internal/data/ent/schema", "db/ent/schema"} {
		if isDir(filepath.Join(path, sub)) {
			return filepath.Join(path, sub)
		}
	}
	return path
}

// projectDir is the directory of the project file that governs a schema package: the nearest one above it.
func projectDir(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "."
	}
	for dir := abs; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, project.FileName)); err == nil {
			return dir
		}
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
	}
}

func (l lintSource) database(ctx context.Context) (*judged, error) {
	u, err := project.ParseURL(l.url)
	if err != nil {
		return nil, exit(ExitUsage, err)
	}
	if !u.IsDB() {
		return nil, usagef("--url %s is no database; use postgres://… or sqlite://…", u)
	}
	db, err := openURL(ctx, l.url)
	if err != nil {
		return nil, exit(ExitUsage, err)
	}
	defer db.Close()
	schemas := l.schemas
	if len(schemas) == 0 && u.Schema != "" && u.Kind == "postgres" {
		schemas = []string{u.Schema}
	}
	dialect := schemagraph.Postgres
	if u.Kind == "sqlite3" {
		dialect = schemagraph.SQLite
	}
	in, err := l.inspect(ctx, db, dialect, schemas, true)
	if err != nil {
		return nil, exit(ExitUsage, project.RedactError(err))
	}
	return in, nil
}

func (l lintSource) inspect(ctx context.Context, db *sql.DB, dialect string, schemas []string, serving bool) (*judged, error) {
	g, err := inspect.Database(ctx, db, inspect.Options{Schemas: schemas, Exclude: l.exclude, Dialect: dialect})
	if err != nil {
		return nil, err
	}
	in := &judged{graph: g}
	if dialect == schemagraph.Postgres {
		in.options.Live, err = live.Read(ctx, db, live.Options{Serving: serving, Schemas: schemas})
	}
	return in, err
}

// schemaFile loads a schema file on a throwaway database and reads it back, so that what is judged is what the server
// makes of it.
func (l lintSource) schemaFile(ctx context.Context) (*judged, error) {
	text, err := os.ReadFile(l.file)
	if err != nil {
		return nil, exit(ExitUsage, err)
	}
	dialect := l.dialect
	if dialect == "" {
		dialect = schemagraph.Postgres
	}
	db, done, err := l.throwaway(ctx, dialect)
	if err != nil {
		return nil, err
	}
	defer done()
	if strings.EqualFold(filepath.Ext(l.file), ".hcl") {
		return l.hcl(ctx, db, dialect, text)
	}
	if _, err := db.ExecContext(ctx, string(text)); err != nil {
		return nil, exit(ExitUsage, fmt.Errorf("loading %s on a throwaway database: %w%s", l.file, err, errorLine(string(text), err)))
	}
	in, err := l.inspect(ctx, db, dialect, l.schemas, false)
	if err != nil {
		return nil, err
	}
	file := lint.ReadSQL(l.file, string(text))
	in.options.Locate, in.options.Stated, in.options.Suppressions = file.Locate, file.Stated, file.Suppressions
	return in, nil
}

func (l lintSource) throwaway(ctx context.Context, dialect string) (*sql.DB, func(), error) {
	if dialect == schemagraph.SQLite {
		d, err := devdb.OpenSQLite(ctx)
		if err != nil {
			return nil, nil, err
		}
		return d.DB, func() { _ = d.Close() }, nil
	}
	server, err := devServer(ctx, l.dev)
	if err != nil {
		return nil, nil, exit(ExitUsage, err)
	}
	d, err := server.NewDatabase(ctx)
	if err != nil {
		return nil, nil, exit(ExitUsage, err)
	}
	return d.DB, func() { _ = d.Close() }, nil
}

// hcl evaluates an HCL schema, creates it, and reads it back. Positions are those of the HCL text.
func (l lintSource) hcl(ctx context.Context, db *sql.DB, dialect string, text []byte) (*judged, error) {
	p := hclparse.NewParser()
	if _, diag := p.ParseHCL(text, l.file); diag.HasErrors() {
		return nil, exit(ExitUsage, diag)
	}
	realm := &schema.Realm{}
	eval := postgres.EvalHCL
	if dialect == schemagraph.SQLite {
		eval = sqlite.EvalHCL
	}
	if err := eval.Eval(p, realm, nil); err != nil {
		return nil, exit(ExitUsage, fmt.Errorf("evaluating %s: %w", l.file, err))
	}
	g := &schemagraph.Graph{Dialect: dialect, Realm: realm}
	n, err := inspect.Normalize(ctx, db, g)
	if err != nil {
		return nil, exit(ExitUsage, fmt.Errorf("loading %s on a throwaway database: %w", l.file, err))
	}
	in := &judged{graph: n}
	if dialect == schemagraph.Postgres {
		if in.options.Live, err = live.Read(ctx, db, live.Options{}); err != nil {
			return nil, err
		}
	}
	in.options.Locate = hclPlaces(realm)
	return in, nil
}

// hclPlaces finds objects in the text they were evaluated from.
func hclPlaces(r *schema.Realm) func(string) schemagraph.Pos {
	at := make(map[string]schemagraph.Pos)
	put := func(name string, p *schema.Pos) {
		if p != nil {
			at[strings.ToLower(name)] = schemagraph.Pos{File: p.Filename, Line: p.Start.Line, Column: p.Start.Column}
		}
	}
	for _, s := range r.Schemas {
		for _, t := range s.Tables {
			name := t.Name
			if s.Name != "public" && s.Name != "main" {
				name = s.Name + "." + t.Name
			}
			put(name, t.Pos())
			for _, c := range t.Columns {
				put(name+"."+c.Name, c.Pos())
			}
			for _, i := range t.Indexes {
				put(name+"."+i.Name, i.Pos())
			}
			for _, fk := range t.ForeignKeys {
				put(name+"."+fk.Symbol, fk.Pos())
			}
			for _, c := range t.Checks() {
				put(name+"."+c.Name, c.Pos())
			}
		}
	}
	return func(object string) schemagraph.Pos {
		object = strings.ToLower(object)
		if p, ok := at[object]; ok {
			return p
		}
		if i := strings.LastIndexByte(object, '.'); i > 0 {
			return at[object[:i]]
		}
		return schemagraph.Pos{}
	}
}

// errorLine says on which line of a text the server found an error, where it says so.
func errorLine(text string, err error) string {
	var at interface{ SQLState() string }
	if !errors.As(err, &at) {
		return ""
	}
	pos := 0
	if _, err := fmt.Sscanf(errorPosition(err), "%d", &pos); err != nil || pos < 1 || pos > len(text)+1 {
		return ""
	}
	return fmt.Sprintf(" (line %d)", 1+strings.Count(string([]rune(text)[:min(pos-1, len([]rune(text)))]), "\n"))
}

// lintConfig is the lint settings of the project file in dir; none where there is no file.
func lintConfig(ctx context.Context, dir, env string) (lint.Config, error) {
	path := filepath.Join(dir, project.FileName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if env != "" {
			return lint.Config{}, usagef("--env %s: %s is not there", env, path)
		}
		return lint.Config{}, nil
	}
	p, err := project.Load(ctx, path, project.Options{Env: env})
	if err != nil {
		return lint.Config{}, exit(ExitUsage, err)
	}
	e := p.Global
	if len(p.Envs) > 0 {
		e = p.Envs[0]
	}
	if e == nil {
		return lint.Config{}, nil
	}
	cfg, err := migrateLintConfig(e)
	if err != nil {
		return lint.Config{}, exit(ExitUsage, fmt.Errorf("%s: %w", path, err))
	}
	return cfg, nil
}
