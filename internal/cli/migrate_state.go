package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ariga.io/atlas/schemahcl"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/zclconf/go-cty/cty"

	"github.com/plinth-go/plinth/internal/entload"
	"github.com/plinth-go/plinth/internal/inspect"
	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/project"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// state is a schema and the form it is written in.
type state struct {
	graph *schemagraph.Graph
	// natural says that the graph is as its source wrote it, not as a database gives it back.
	natural bool
	// ent says that the source was an Ent project.
	ent bool
}

// entSource gives the Ent schema package behind a generated schema.sql: ent/migrate/schema.sql is written from
// ent/schema, and the source is read rather than the copy.
func entSource(src string) (string, bool) {
	path := filepath.Clean(strings.TrimPrefix(src, "file://"))
	if strings.HasPrefix(src, "ent://") || filepath.Base(path) != "schema.sql" || filepath.Base(filepath.Dir(path)) != "migrate" {
		return "", false
	}
	dir := filepath.Join(filepath.Dir(filepath.Dir(path)), "schema")
	if fi, err := os.Stat(dir); err != nil || !fi.IsDir() {
		return "", false
	}
	return "ent://" + filepath.ToSlash(dir), true
}

// loadState reads a state from one or several URLs: an Ent project, SQL or HCL files, a migration directory, a
// database, or what a data source of the project file makes.
func loadState(ctx context.Context, e *project.Env, urls []string, dialect string) (*state, error) {
	if len(urls) == 0 {
		return nil, usagef("no desired state: give --to, write src into an env of atlas.hcl, or keep the schema in ent/schema")
	}
	var sql []string
	var hcl []string
	vars := e.Vars
	for _, raw := range urls {
		u, err := e.Lookup(raw)
		if err != nil {
			return nil, exit(ExitUsage, err)
		}
		if doc, ok := e.Documents[u]; ok {
			if doc.Kind == "hcl" {
				hcl, vars = append(hcl, doc.Paths...), doc.Vars
				continue
			}
			text, err := doc.Read(ctx)
			if err != nil {
				return nil, exit(ExitUsage, err)
			}
			sql = append(sql, string(text))
			continue
		}
		if !strings.Contains(u, "://") {
			u = "file://" + u
		}
		p, err := project.ParseURL(u)
		if err != nil {
			return nil, exit(ExitUsage, err)
		}
		if p.Kind != "file" && len(urls) > 1 {
			return nil, usagef("only several file:// URLs can make one state; %q is none", p)
		}
		switch {
		case p.Kind == "ent":
			g, err := entload.Load(ctx, entload.Options{Path: p.Path, Dialect: dialect})
			if err != nil {
				return nil, exit(ExitUsage, err)
			}
			return &state{graph: g, natural: true, ent: true}, nil
		case p.IsDB():
			return inspectURL(ctx, e, p)
		case p.Kind != "file":
			return nil, usagef("cannot read a schema from %q; use ent://, file://, or a database", p)
		}
		s, h, dir, err := schemaFiles(p.Path)
		if err != nil {
			return nil, exit(ExitUsage, err)
		}
		if dir {
			return replayState(ctx, e, p)
		}
		sql, hcl = append(sql, s...), append(hcl, h...)
	}
	switch {
	case len(sql) > 0 && len(hcl) > 0:
		return nil, usagef("ambiguous schema: both SQL and HCL files found")
	case len(hcl) > 0:
		realm, err := evalHCL(hcl, vars, dialect)
		if err != nil {
			return nil, exit(ExitUsage, err)
		}
		return &state{graph: &schemagraph.Graph{Dialect: dialect, Realm: realm}, natural: true}, nil
	}
	return execState(ctx, e, sql)
}

// schemaFiles reads a file, or the files of a directory. A directory with a checksum file is one of migrations.
func schemaFiles(path string) (sql, hcl []string, migrations bool, err error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, nil, false, fmt.Errorf("reading schema: %w", err)
	}
	paths := []string{path}
	if fi.IsDir() {
		if _, err := os.Stat(filepath.Join(path, "atlas.sum")); err == nil {
			return nil, nil, true, nil
		}
		if paths, err = filepath.Glob(filepath.Join(path, "*.[sh][qc]l")); err != nil {
			return nil, nil, false, fmt.Errorf("reading schema: %w", err)
		}
	}
	for _, p := range paths {
		switch filepath.Ext(p) {
		case ".hcl":
			hcl = append(hcl, p)
		case ".sql":
			b, err := os.ReadFile(p)
			if err != nil {
				return nil, nil, false, fmt.Errorf("reading schema: %w", err)
			}
			sql = append(sql, string(b))
		default:
			return nil, nil, false, fmt.Errorf("unknown schema file: %q; use .sql or .hcl", p)
		}
	}
	if len(sql)+len(hcl) == 0 {
		return nil, nil, false, fmt.Errorf("%q contains neither SQL nor HCL files", path)
	}
	return sql, hcl, false, nil
}

// evalHCL reads Atlas's HCL schema language, without a database.
func evalHCL(paths []string, vars map[string]cty.Value, dialect string) (*schema.Realm, error) {
	p := hclparse.NewParser()
	for _, path := range paths {
		if _, diags := p.ParseHCLFile(path); diags.HasErrors() {
			return nil, fmt.Errorf("reading schema: %w", diags)
		}
	}
	realm := &schema.Realm{}
	var eval schemahcl.Evaluator = postgres.EvalHCL
	if dialect == schemagraph.SQLite {
		eval = sqlite.EvalHCL
	}
	if err := eval.Eval(p, realm, vars); err != nil {
		return nil, fmt.Errorf("evaluating schema: %w", err)
	}
	return realm, nil
}

// execState runs SQL on a throwaway database and looks at the result.
func execState(ctx context.Context, e *project.Env, texts []string) (*state, error) {
	t, done, err := devTarget(ctx, e)
	if err != nil {
		return nil, err
	}
	defer done()
	var stmts []string
	for _, text := range texts {
		list, err := migration.Split(t.Dialect, text)
		if err != nil {
			return nil, usagef("reading schema: %w", err)
		}
		stmts = append(stmts, list...)
	}
	if err := inspect.Execute(ctx, t.DB, stmts); err != nil {
		return nil, usagef("reading schema: %w", err)
	}
	return inspectTarget(ctx, e, t)
}

// replayState runs a migration directory on a throwaway database and looks at the result.
func replayState(ctx context.Context, e *project.Env, u *project.URL) (*state, error) {
	env := *e
	env.Migration.Dir, env.Migration.Format = u.Raw(), ""
	d, err := openDir(&env, false)
	if err != nil {
		return nil, err
	}
	return dirState(ctx, e, d, u.Query.Get("version"))
}

func dirState(ctx context.Context, e *project.Env, d *migration.Dir, version string) (*state, error) {
	t, done, err := devTarget(ctx, e)
	if err != nil {
		return nil, err
	}
	defer done()
	if _, err := t.Apply(ctx, d, migration.ApplyOptions{To: version, AnyState: true, Operator: operator}); err != nil {
		var stmt *migration.StmtExecError
		if errors.As(err, &stmt) {
			return nil, usagef("replaying the migration directory: %w", err)
		}
		return nil, migrateExit(d, err)
	}
	return inspectTarget(ctx, e, t)
}

func inspectURL(ctx context.Context, e *project.Env, u *project.URL) (*state, error) {
	db, err := openURL(ctx, u.Raw())
	if err != nil {
		return nil, exit(ExitUsage, err)
	}
	defer db.Close()
	return inspectTarget(ctx, e, &migration.Target{DB: db, Dialect: u.Kind, Schema: u.Schema})
}

func inspectTarget(ctx context.Context, e *project.Env, t *migration.Target) (*state, error) {
	opts := inspect.Options{Dialect: t.Dialect, Schemas: e.Schemas, Exclude: e.Exclude}
	if t.Schema != "" && t.Dialect == schemagraph.Postgres && len(opts.Schemas) == 0 {
		opts.Schemas = []string{t.Schema}
	}
	g, err := inspect.Database(ctx, t.DB, opts)
	if err != nil {
		return nil, exit(ExitFailure, project.RedactError(err))
	}
	return &state{graph: g}, nil
}

// normalize gives a state in the form that a database gives back.
func normalize(ctx context.Context, e *project.Env, s *state) (*state, error) {
	if !s.natural {
		return s, nil
	}
	t, done, err := devTarget(ctx, e)
	if err != nil {
		return nil, err
	}
	defer done()
	g, err := inspect.Normalize(ctx, t.DB, s.graph)
	if err != nil {
		return nil, exit(ExitUsage, project.RedactError(fmt.Errorf("creating the desired schema on a throwaway database: %w", err)))
	}
	return &state{graph: g, ent: s.ent}, nil
}
