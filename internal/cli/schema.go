package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/erd"
	"github.com/plinth-go/plinth/internal/plan"
	"github.com/plinth-go/plinth/internal/project"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// newSchema is the parent of the commands that look at states.
func newSchema(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Look at a schema, or at the difference of two, whatever they are written in",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSchemaInspect(s), newSchemaDiff(s))
	return cmd
}

const sourcesText = "A schema is read from an Ent project (ent://ent/schema), a database (postgres://…, sqlite://…), SQL or HCL files\n" +
	"(file://schema.sql), or a directory of migrations (file://migrations). SQL and migrations are run on a throwaway database."

// schemaFlags narrow what is read.
type schemaFlags struct {
	projectFlags
	schemas, exclude []string
}

func (f *schemaFlags) bind(cmd *cobra.Command) {
	set := cmd.Flags()
	f.bindProject(set)
	f.bindDev(set)
	set.StringSliceVarP(&f.schemas, "schema", "s", nil, "read these database schemas only")
	set.StringSliceVar(&f.exclude, "exclude", nil, "leave out what matches: table, schema.table, *.table")
}

// environment is the project's, or an empty one where there is no project: these commands need none.
func (f *schemaFlags) environment(ctx context.Context, s streams) (*project.Env, error) {
	f.warn = warner(s)
	if f.dir == "" && f.env == "" && f.config == "" {
		f.dir = "file://migrations" // no project is no mistake here
		defer func() { f.dir = "" }()
	}
	e, err := f.one(ctx)
	if err != nil {
		return nil, err
	}
	if len(f.schemas) > 0 {
		e.Schemas = f.schemas
	}
	e.Exclude = append(e.Exclude, f.exclude...)
	return e, nil
}

// dialectOfSources is SQLite where one of the URLs says so.
func dialectOfSources(e *project.Env, urls ...string) string {
	for _, raw := range urls {
		if strings.HasPrefix(raw, "sqlite://") || strings.HasPrefix(raw, "sqlite3://") {
			return schemagraph.SQLite
		}
	}
	return dialectOf(e)
}

func newSchemaInspect(s streams) *cobra.Command {
	var (
		f      schemaFlags
		format string
	)
	cmd := &cobra.Command{
		Use:   "inspect [SOURCE…]",
		Short: "Write a schema as HCL, SQL, JSON or a Mermaid diagram",
		Long:  sourcesText + "\nWithout a source it is the database that --url or the project names, else the project's Ent schema.",
		Example: "  plinth schema inspect ent://ent/schema --format sql\n" +
			"  plinth schema inspect -u \"$DATABASE_URL\" --format mermaid",
		RunE: func(cmd *cobra.Command, args []string) error {
			render, ok := schemaFormats[format]
			if !ok {
				return usagef("unknown --format %q: hcl, sql, json or mermaid", format)
			}
			e, err := f.environment(cmd.Context(), s)
			if err != nil {
				return err
			}
			if len(args) == 0 && e.URL != "" {
				args = []string{e.URL}
			}
			st, err := sourceState(cmd.Context(), e, args)
			if err != nil {
				return err
			}
			return render(s, st.graph)
		},
	}
	f.bind(cmd)
	cmd.Flags().StringVarP(&f.url, "url", "u", "", "the database")
	cmd.Flags().StringVar(&format, "format", "hcl", "hcl, sql, json or mermaid")
	return cmd
}

func sourceState(ctx context.Context, e *project.Env, urls []string) (*state, error) {
	if len(urls) == 0 {
		return desiredState(ctx, e, nil)
	}
	return loadState(ctx, e, urls, dialectOfSources(e, urls...))
}

// schemaFormats write a graph to stdout.
var schemaFormats = map[string]func(s streams, g *schemagraph.Graph) error{
	"hcl": func(s streams, g *schemagraph.Graph) error {
		data, err := schemagraph.HCL(g)
		if err != nil {
			return exit(ExitFailure, err)
		}
		_, err = s.out.Write(data)
		return err
	},
	"json": func(s streams, g *schemagraph.Graph) error {
		data, err := schemagraph.Marshal(g)
		if err != nil {
			return exit(ExitFailure, err)
		}
		_, err = s.out.Write(data)
		return err
	},
	"sql": func(s streams, g *schemagraph.Graph) error {
		p, err := plan.Diff(nil, g, plan.Options{Direct: true, LockTimeout: "0"})
		if err != nil {
			return exit(ExitFailure, err)
		}
		return printStatements(s, p)
	},
	"mermaid": func(s streams, g *schemagraph.Graph) error { return erd.Mermaid(s.out, g) },
}

// printStatements writes what a plan does, one statement after the other.
func printStatements(s streams, p *plan.Plan) error {
	for i, f := range p.Files {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		if _, err := fmt.Fprint(s.out, f.Body()); err != nil {
			return err
		}
	}
	return nil
}

func newSchemaDiff(s streams) *cobra.Command {
	var (
		f        schemaFlags
		from, to []string
		format   string
		check    bool
		online   bool
		renames  []string
	)
	cmd := &cobra.Command{
		Use:   "diff --from SOURCE --to SOURCE",
		Short: "Show what turns one schema into another",
		Long:  sourcesText + "\nThe answer is the SQL that leads from the first to the second, or with --format text the difference in words.",
		Example: "  plinth schema diff --from \"$DATABASE_URL\" --to ent://ent/schema --check\n" +
			"  plinth schema diff --from file://migrations --to file://schema.sql",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(from) == 0 {
				return usagef("give --from, the schema to start at")
			}
			e, err := f.environment(cmd.Context(), s)
			if err != nil {
				return err
			}
			d := schemaDiff{streams: s, env: e, from: from, to: to, format: format, opts: plan.Options{Direct: !online}}
			for _, r := range renames {
				rename, err := plan.ParseRename(r)
				if err != nil {
					return exit(ExitUsage, err)
				}
				d.opts.Renames = append(d.opts.Renames, rename)
			}
			differs, err := d.run(cmd.Context())
			if err == nil && differs && check {
				return exit(ExitDiffers, nil)
			}
			return err
		},
	}
	f.bind(cmd)
	set := cmd.Flags()
	set.StringSliceVarP(&from, "from", "f", nil, "the schema to start at")
	set.StringSliceVar(&to, "to", nil, "the schema to arrive at (default: the project's)")
	set.StringVar(&format, "format", "sql", "sql, text or json")
	set.BoolVar(&check, "check", false, "exit 5 when they differ")
	set.BoolVar(&online, "online", false, "show the forms that do not block the users of existing tables")
	set.StringArrayVar(&renames, "rename", nil, "a rename: old=new for tables, table.old=new for columns")
	return cmd
}

// refusedExit is how a refused plan ends a command.
func refusedExit(err error) error {
	var refused *plan.RefusedError
	if errors.As(err, &refused) {
		return exit(ExitUsage, err)
	}
	return exit(ExitFailure, err)
}
