// Package verify runs every check of a design end to end on a throwaway database: the schema loads, the generated
// files are current, the rules are kept, the migrations go up, give exactly the schema, go down to nothing and up
// again, every foreign key has an index, and the tests pass.
//
// In: a project's directories. Out: a Report with one Step a check. What falls short is in the report; an error is
// returned only where there is nothing to judge or no way to (a schema that does not load, a migrations directory whose
// checksum does not match, no PostgreSQL, a cancelled context). The project is never
// changed, and no database of the project is touched.
package verify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/plinth-go/plinth/internal/devdb"
	"github.com/plinth-go/plinth/internal/entload"
	"github.com/plinth-go/plinth/internal/inspect"
	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Options say what to verify.
type Options struct {
	// Root is the project's directory; tests run there.
	Root string
	// Schema is the directory of the Ent schema package.
	Schema string
	// Dir is the directory of the migrations; nil plans one from the schema, for a project without any.
	Dir *migration.Dir
	// Dialect is schemagraph.Postgres (the default) or schemagraph.SQLite.
	Dialect string
	// Lint configures the rules on the design and on the migrations.
	Lint lint.Config
	// Dev says which server to use; the zero value finds one.
	Dev devdb.Options
	// Skip names the steps to leave out.
	Skip []string
	// Progress, when not nil, is told of each step as it ends.
	Progress func(Step)
}

// Status of a step.
type Status string

// A step is OK, Failed (something falls short), or Skipped (it was left out, or what it needs failed).
const (
	OK      Status = "ok"
	Failed  Status = "failed"
	Skipped Status = "skipped"
)

// Step is one check and its result.
type Step struct {
	Name   string `json:"name"` // short, for Options.Skip
	Title  string `json:"title"`
	Status Status `json:"status"`
	// Detail is a line about what was checked, or why it was skipped.
	Detail string `json:"detail,omitempty"`
	// Problems are what falls short, each with its fix where there is one.
	Problems []string `json:"problems,omitempty"`
	// Seconds is how long it took.
	Seconds float64 `json:"seconds"`
}

// Report is the result of a run.
type Report struct {
	OK      bool    `json:"ok"`
	Dialect string  `json:"dialect"`
	Server  string  `json:"server,omitempty"` // "PostgreSQL 15"
	Steps   []Step  `json:"steps"`
	Seconds float64 `json:"seconds"`
}

// result is what a check says.
type result struct {
	detail   string
	problems []string
	skipped  string // why it did not apply
}

func (r *result) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// check is one entry of the sequence.
type check struct {
	name, title string
	needs       []string // steps that must be OK first
	run         func(*run, context.Context) (result, error)
}

// sequence is every check, in the order they run.
var sequence = []check{
	{"schema", "schema loads", nil, (*run).schema},
	{"generated", "generated files current", []string{"schema"}, (*run).generated},
	{"design", "design rules", []string{"schema"}, (*run).design},
	{"up", "migrations up", []string{"schema"}, (*run).up},
	{"tables", "tables, constraints, indexes", []string{"up"}, (*run).tables},
	{"keys", "foreign keys", []string{"up"}, (*run).keys},
	{"down", "down, up again", []string{"up"}, (*run).down},
	{"migrations", "migration rules", []string{"up"}, (*run).migrations},
	{"tests", "tests", nil, (*run).tests},
}

// Names are the steps that can be skipped.
func Names() []string {
	names := make([]string, len(sequence))
	for i, c := range sequence {
		names[i] = c.name
	}
	return names
}

// run is the state that the checks share.
type run struct {
	Options
	server *devdb.Server
	graph  *schemagraph.Graph
	db     *sql.DB
	target *migration.Target
	before *schemagraph.Graph // the inspected schema after the first up
	close  []func() error
}

// Run verifies a project.
func Run(ctx context.Context, o Options) (*Report, error) {
	for _, s := range o.Skip {
		if !slices.Contains(Names(), s) {
			return nil, fmt.Errorf("there is no step %q to skip; the steps are %v", s, Names())
		}
	}
	if o.Dialect == "" {
		o.Dialect = schemagraph.Postgres
	}
	start := time.Now()
	r := &run{Options: o}
	defer r.cleanup()
	rep := &Report{OK: true, Dialect: o.Dialect}
	status := map[string]Status{}
	for _, c := range sequence {
		step := Step{Name: c.name, Title: c.title}
		began := time.Now()
		if why := r.skip(c, status); why != "" {
			step.Status, step.Detail = Skipped, why
		} else {
			res, err := c.run(r, ctx)
			if err != nil {
				var setup *setupError
				if ctx.Err() != nil || errors.As(err, &setup) {
					return nil, err
				}
				res.problems = append(res.problems, err.Error())
			}
			step.Status, step.Detail, step.Problems = OK, res.detail, res.problems
			switch {
			case len(res.problems) > 0:
				step.Status, rep.OK = Failed, false
			case res.skipped != "":
				step.Status, step.Detail = Skipped, res.skipped
			}
		}
		step.Seconds = time.Since(began).Seconds()
		status[c.name] = step.Status
		rep.Steps = append(rep.Steps, step)
		if o.Progress != nil {
			o.Progress(step)
		}
	}
	if r.server != nil {
		rep.Server = fmt.Sprintf("PostgreSQL %d", r.server.Major())
	}
	rep.Seconds = time.Since(start).Seconds()
	return rep, nil
}

func (r *run) skip(c check, status map[string]Status) string {
	if slices.Contains(r.Skip, c.name) {
		return "left out"
	}
	for _, n := range c.needs {
		if status[n] != OK {
			return "needs " + n
		}
	}
	return ""
}

func (r *run) cleanup() {
	for i := len(r.close) - 1; i >= 0; i-- {
		_ = r.close[i]()
	}
}

// setupError ends the run: it says nothing about the project.
type setupError struct{ err error }

func setupf(format string, args ...any) error { return &setupError{fmt.Errorf(format, args...)} }

func (e *setupError) Error() string { return e.err.Error() }
func (e *setupError) Unwrap() error { return e.err }

// database makes an empty throwaway database.
func (r *run) database(ctx context.Context) (*sql.DB, error) {
	if r.Dialect == schemagraph.SQLite {
		db, err := devdb.OpenSQLite(ctx)
		if err != nil {
			return nil, &setupError{err}
		}
		r.close = append(r.close, db.Close)
		return db.DB, nil
	}
	if r.server == nil {
		s, err := devdb.Start(ctx, r.Dev)
		if err != nil {
			return nil, &setupError{err}
		}
		r.server = s
		r.close = append(r.close, s.Close)
	}
	db, err := r.server.NewDatabase(ctx)
	if err != nil {
		return nil, &setupError{err}
	}
	r.close = append(r.close, db.Close)
	return db.DB, nil
}

func (r *run) inspect(ctx context.Context) (*schemagraph.Graph, error) {
	return inspect.Database(ctx, r.db, inspect.Options{Dialect: r.Dialect})
}

func (r *run) schema(ctx context.Context) (result, error) {
	g, err := entload.Load(ctx, entload.Options{Path: r.Schema, Dialect: r.Dialect})
	if err != nil {
		return result{}, &setupError{err}
	}
	r.graph = g
	return result{detail: entload.Describe(g)}, nil
}
