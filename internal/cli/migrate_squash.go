package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/inspect"
	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/plan"
	"github.com/plinth-go/plinth/internal/project"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// newMigrateSquash folds history into one file.
func newMigrateSquash(s streams) *cobra.Command {
	var (
		f      projectFlags
		to     string
		dryRun bool
	)
	cmd := &cobra.Command{
		Use:   "squash",
		Short: "Fold applied history into one file, proven to lead to the same schema",
		Long: "Make one migration of all up to --to. In the atlas format it is a checkpoint beside the old files; in the\n" +
			"others it takes their place under the version of the last: databases at that version or later, and empty\n" +
			"ones, go on as before. Old and new are both run on a throwaway database, and nothing is written unless the\n" +
			"schemas (and the rows that migrations insert) are equal.",
		Args: maximumArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.warn = warner(s)
			e, err := f.one(cmd.Context())
			if err != nil {
				return err
			}
			return migrateSquash(cmd.Context(), s, e, to, dryRun)
		},
	}
	set := cmd.Flags()
	f.bindProject(set)
	f.bindDir(set)
	f.bindDev(set)
	set.StringVar(&to, "to", "", "last version to fold (default: all)")
	set.BoolVar(&dryRun, "dry-run", false, "print the file; write nothing")
	return cmd
}

func migrateSquash(ctx context.Context, s streams, e *project.Env, to string, dryRun bool) error {
	d, err := openDir(e, false)
	if err != nil {
		return err
	}
	if err := d.Validate(); err != nil {
		return migrateExit(d, err)
	}
	files, err := foldable(d, to)
	if err != nil {
		return exit(ExitUsage, err)
	}
	last := files[len(files)-1].Version()
	want, err := replayed(ctx, e, d, last)
	if err != nil {
		return err
	}
	folded, how, err := foldFiles(ctx, e, d, files, want)
	if err != nil {
		return err
	}
	if dryRun {
		fmt.Fprint(s.out, folded.Up)
		return nil
	}
	names, err := d.Fold(files, folded)
	if err != nil {
		return exit(ExitFailure, err)
	}
	fmt.Fprintf(s.out, "folded %s into one, %s; proven equal: %s\n", count(len(files), "migration"), how, entsText(want.graph))
	printFiles(s.out, d, names)
	return nil
}

func entsText(g *schemagraph.Graph) string { return count(len(g.Tables()), "table") }

// foldable are the files up to a version. A directory that starts with a checkpoint is folded from there.
func foldable(d *migration.Dir, to string) ([]*migration.File, error) {
	list, err := d.List()
	if err != nil {
		return nil, err
	}
	if to != "" {
		if _, err := d.Locate(to); err != nil {
			return nil, err
		}
	}
	var out []*migration.File
	for _, f := range list {
		if to != "" && f.Version() > to {
			break
		}
		if f.IsCheckpoint() {
			out = out[:0]
		}
		out = append(out, f)
	}
	if len(out) < 2 {
		return nil, fmt.Errorf("there is nothing to fold: %s up to that version", count(len(out), "migration"))
	}
	return out, nil
}

// outcome is what migrations leave behind: a schema and rows.
type outcome struct {
	graph *schemagraph.Graph
	rows  map[string]int64
}

// replayed runs the directory up to a version on a throwaway database.
func replayed(ctx context.Context, e *project.Env, d *migration.Dir, version string) (*outcome, error) {
	t, done, err := devTarget(ctx, e)
	if err != nil {
		return nil, err
	}
	defer done()
	if _, err := t.Apply(ctx, d, migration.ApplyOptions{To: version, AnyState: true, Operator: operator}); err != nil {
		return nil, migrateExit(d, err)
	}
	return outcomeOf(ctx, t)
}

func outcomeOf(ctx context.Context, t *migration.Target) (*outcome, error) {
	g, err := inspect.Database(ctx, t.DB, inspect.Options{Dialect: t.Dialect})
	if err != nil {
		return nil, exit(ExitFailure, err)
	}
	o := &outcome{graph: g, rows: map[string]int64{}}
	for _, tab := range g.Tables() {
		name := quoteName(tab.Name)
		if tab.Schema != nil && tab.Schema.Name != "" && t.Dialect == schemagraph.Postgres {
			name = quoteName(tab.Schema.Name) + "." + name
		}
		n, _, err := t.Count(ctx, name, "")
		if err != nil {
			return nil, exit(ExitFailure, err)
		}
		if n > 0 {
			o.rows[name] = n
		}
	}
	return o, nil
}

// foldFiles finds one file that leads to the same outcome: the schema written down anew where that is provably the
// same, else the statements of all files.
func foldFiles(ctx context.Context, e *project.Env, d *migration.Dir, files []*migration.File, want *outcome) (migration.NewFile, string, error) {
	if len(want.rows) == 0 {
		p, err := plan.Diff(nil, want.graph, plan.Options{})
		if err == nil && len(p.Files) == 1 {
			f := migration.FromPlan(p, "squashed")[0]
			if diff, err := prove(ctx, e, d, f, want); err == nil && diff == "" {
				return f, "its schema written anew", nil
			}
		}
	}
	f, err := migration.Concat(files, want.graph.Dialect, "squashed")
	if err != nil {
		return f, "", exit(ExitUsage, err)
	}
	diff, err := prove(ctx, e, d, f, want)
	if err != nil {
		return f, "", err
	}
	if diff != "" {
		return f, "", exit(ExitFailure, errors.New("folding migrations: the folded file does not lead to the same result: "+diff))
	}
	return f, "its statements one after the other", nil
}

// prove runs one file on an empty throwaway database and says how the result differs.
func prove(ctx context.Context, e *project.Env, d *migration.Dir, f migration.NewFile, want *outcome) (string, error) {
	t, done, err := devTarget(ctx, e)
	if err != nil {
		return "", err
	}
	defer done()
	one, err := migration.Single(f)
	if err != nil {
		return "", exit(ExitFailure, err)
	}
	if _, err := t.Apply(ctx, one, migration.ApplyOptions{AnyState: true, Operator: operator}); err != nil {
		return "", migrateExit(one, err)
	}
	got, err := outcomeOf(ctx, t)
	if err != nil {
		return "", err
	}
	if diffs := inspect.Compare(want.graph, got.graph); len(diffs) > 0 {
		return diffs[0].String(), nil
	}
	for name, n := range want.rows {
		if got.rows[name] != n {
			return fmt.Sprintf("table %s has %d rows instead of %d", name, got.rows[name], n), nil
		}
	}
	for name, n := range got.rows {
		if want.rows[name] == 0 {
			return fmt.Sprintf("table %s has %d rows instead of none", name, n), nil
		}
	}
	return "", nil
}
