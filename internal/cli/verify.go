package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/devdb"
	"github.com/plinth-go/plinth/internal/project"
	"github.com/plinth-go/plinth/internal/schemagraph"
	"github.com/plinth-go/plinth/internal/verify"
)

func newVerify(s streams) *cobra.Command {
	var (
		o      verify.Options
		f      projectFlags
		format string
	)
	cmd := &cobra.Command{
		Use:   "verify [SCHEMA_DIR]",
		Short: "Every check, end to end, on a throwaway database",
		Long: `Loads the schema, checks the generated files, the design rules and the migrations: up on an empty database, exactly
the schema, an index for every foreign key, down to nothing, up again, and runs the tests. A project without migrations
is verified with a migration planned from its schema. Exit code 4 if anything falls short.

Steps that --skip can name: ` + strings.Join(verify.Names(), ", ") + ".",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return usagef("--format %q is neither text nor json", format)
			}
			o.Schema = defaultSchemaDir(args)
			if err := verifyProject(cmd.Context(), s, &f, &o); err != nil {
				return err
			}
			if format == "text" {
				fmt.Fprintln(s.out, "plinth verify")
				o.Progress = func(st verify.Step) { renderStep(s.out, st) }
			}
			rep, err := verify.Run(cmd.Context(), o)
			if err != nil {
				return exit(ExitUsage, err)
			}
			if format == "json" {
				enc := json.NewEncoder(s.out)
				enc.SetIndent("", "  ")
				if err := enc.Encode(rep); err != nil {
					return err
				}
			}
			took := fmt.Sprintf("%.1f s", rep.Seconds)
			switch {
			case !rep.OK && format == "text":
				fmt.Fprintln(s.out, "not verified:", summary(rep), "fell short, in", took)
				return exit(ExitFindings, nil)
			case !rep.OK:
				return exit(ExitFindings, nil)
			case format == "text":
				fmt.Fprintln(s.out, "verified in", took)
			}
			return nil
		},
	}
	set := cmd.Flags()
	f.bindProject(set)
	f.bindDir(set)
	f.bindDev(set)
	set.StringVar(&format, "format", "text", "text or json")
	set.StringVar(&o.Dialect, "dialect", "", "postgres or sqlite3 (default: as atlas.hcl says, else postgres)")
	set.StringSliceVar(&o.Skip, "skip", nil, "steps to leave out")
	return cmd
}

// verifyProject fills in what atlas.hcl and the project's folders say.
func verifyProject(ctx context.Context, s streams, f *projectFlags, o *verify.Options) error {
	o.Root = "."
	if !isDir(o.Schema) {
		return usagef("%s is not the directory of an Ent schema package; give it as an argument, or start a project with `plinth init`", o.Schema)
	}
	f.warn = warner(s)
	e, err := f.one(ctx)
	switch {
	case errors.Is(err, project.ErrNotProject) && f.env == "":
		e = project.Defaults(".").Global
	case err != nil:
		return err
	}
	o.Dev = devdb.Options{URL: e.Dev, Logf: func(format string, args ...any) { fmt.Fprintf(s.err, format+"\n", args...) }}
	switch o.Dialect {
	case "":
		o.Dialect = dialectOf(e)
	case schemagraph.Postgres, schemagraph.SQLite:
	case "sqlite":
		o.Dialect = schemagraph.SQLite
	default:
		return usagef("--dialect %q is neither postgres nor sqlite3", o.Dialect)
	}
	if o.Lint, err = migrateLintConfig(e); err != nil {
		return err
	}
	if o.Dir, err = openDir(e, false); err != nil && f.dir == "" && !isDir("migrations") {
		o.Dir, err = nil, nil // a project without migrations
	}
	return err
}

var stepMarks = map[verify.Status]string{verify.OK: "✓", verify.Failed: "✗", verify.Skipped: "-"}

func renderStep(w io.Writer, s verify.Step) {
	fmt.Fprintf(w, "  %s %-30s %-58s %5.1f s\n", stepMarks[s.Status], s.Title, s.Detail, s.Seconds)
	for _, p := range s.Problems {
		fmt.Fprintln(w, "      "+strings.ReplaceAll(p, "\n", "\n      "))
	}
}

func summary(rep *verify.Report) string {
	var names []string
	for _, s := range rep.Steps {
		if s.Status == verify.Failed {
			names = append(names, s.Title)
		}
	}
	return strings.Join(names, "; ")
}
