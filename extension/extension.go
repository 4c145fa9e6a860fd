// Package extension is plinth's extension of entc, Ent's code generator. It completes the schema by convention —
// names, checks of enums, varchar(n), database defaults, an index for every foreign key — checks the annotations
// against the graph, adds to the client what the mixins need, and writes the desired state as plain SQL.
//
// `plinth generate` runs it. A team that keeps its own entc.go beside other extensions uses it directly:
//
//	err := entc.Generate("./schema", &gen.Config{}, entc.Extensions(extension.New()))
package extension

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"

	"github.com/plinth-go/plinth/internal/entload"
	"github.com/plinth-go/plinth/internal/repogen"
)

// Extension implements entc.Extension. Make one with New.
type Extension struct {
	entc.DefaultExtension
	dialect   string
	schemaSQL string
	cacheDir  string
	repos     string
	design    *entload.Design
}

// Option changes what the extension does.
type Option func(*Extension)

// Dialect sets the dialect that ent/migrate/schema.sql is written for: "postgres" (the default) or "sqlite3".
func Dialect(name string) Option { return func(e *Extension) { e.dialect = name } }

// SchemaSQL sets where the desired state is written as SQL, relative to the target directory; the default is
// "migrate/schema.sql", and an empty path writes none.
func SchemaSQL(path string) Option { return func(e *Extension) { e.schemaSQL = path } }

// CacheDir sets the directory where what compiling the schema package told is kept; the default is the user's cache
// directory, "off" turns it off.
func CacheDir(dir string) Option { return func(e *Extension) { e.cacheDir = dir } }

// Repositories sets where the repositories are written, relative to the target directory; the last part names the
// package. The default is "../internal/repository", within the target where that is the module's root; "off" writes
// none.
func Repositories(dir string) Option { return func(e *Extension) { e.repos = dir } }

// RepositoriesDir is where the repositories of a client in the target directory go, relative to it.
func RepositoriesDir(target string) string {
	if _, err := os.Stat(filepath.Join(target, "go.mod")); err == nil {
		return filepath.Join("internal", "repository")
	}
	return filepath.Join("..", "internal", "repository")
}

// New gives the extension for entc.Extensions.
func New(opts ...Option) *Extension {
	e := &Extension{
		dialect:   "postgres",
		schemaSQL: filepath.Join("migrate", "schema.sql"),
	}
	for _, o := range opts {
		o(e)
	}
	return e
}

var _ entc.Extension = (*Extension)(nil)

// Templates are the templates that add to the generated client, and the one that writes migrate/schema.go.
func (e *Extension) Templates() []*gen.Template {
	return append(append(clientTemplates(), e.schemaTemplate()), repogen.Templates()...)
}

// Hooks complete and check the schema before Ent generates, and write the desired state after.
func (e *Extension) Hooks() []gen.Hook { return []gen.Hook{e.generate} }

func (e *Extension) generate(next gen.Generator) gen.Generator {
	return gen.GenerateFunc(func(g *gen.Graph) error {
		d, err := entload.Complete(context.Background(), g, entload.Options{Dialect: e.dialect, CacheDir: e.cacheDir})
		if err != nil {
			return err
		}
		if len(d.Problems) > 0 {
			return d.Problems
		}
		e.design = d
		if err := next.Generate(g); err != nil {
			return err
		}
		if err := e.writeSchemaSQL(g.Target); err != nil || e.repos == "off" {
			return err
		}
		dir := e.repos
		if dir == "" {
			dir = RepositoriesDir(g.Target)
		}
		return repogen.Generate(g, d.Graph, repogen.Options{Target: filepath.Join(g.Target, dir)})
	})
}

func (e *Extension) writeSchemaSQL(target string) error {
	if e.schemaSQL == "" {
		return nil
	}
	text, err := schemaSQL(e.design)
	if err != nil {
		return fmt.Errorf("writing the desired state as SQL: %w", err)
	}
	file := filepath.Join(target, e.schemaSQL)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}
