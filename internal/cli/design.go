package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/entload"
	"github.com/plinth-go/plinth/internal/entwrite"
	"github.com/plinth-go/plinth/internal/lint"
	documents "github.com/plinth-go/plinth/internal/report"
	"github.com/plinth-go/plinth/internal/requirement"
)

// designFlags are what `plinth design` is told.
type designFlags struct {
	schema, format        string
	dryRun, check, strict bool
	quiet                 bool
}

func newDesign(s streams) *cobra.Command {
	var o designFlags
	cmd := &cobra.Command{
		Use:   "design FILE",
		Short: "From requirements to Ent schemas: questions, normal forms, diagram, tables, indexes with reasons",
		Long: `Reads a requirements file (YAML, or DBML by its ending; "-" is standard input) and prints what it leaves open, the
normal forms with a decomposition where one is violated, the diagram, a document for each table, and each index with
the query, foreign key or constraint it serves. Then it adds to the Ent schema what is missing there: new files for new
entities, additions to existing ones. It never deletes or changes what a person wrote, and running it again changes
nothing.

With --check nothing is printed or written but the differences between requirements and schema, both ways (exit 5).
With --strict open questions stop it (exit 2). A violated normal form without a justification stops it as well (exit 4).`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.check && o.dryRun {
				return usagef("--check and --dry-run exclude each other")
			}
			if !slices.Contains([]string{"text", "json", "markdown"}, o.format) {
				return usagef("unknown --format %q; one of text, json, markdown", o.format)
			}
			d, err := readDesign(args[0], s.in)
			if err != nil {
				return exit(ExitUsage, fmt.Errorf("%w\nnothing was written", err))
			}
			if o.check {
				return checkDesign(cmd.Context(), d, o, s)
			}
			return runDesign(d, o, s)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.schema, "schema", "ent/schema", "directory of the Ent schema")
	f.StringVar(&o.format, "format", "text", "text, json or markdown")
	f.BoolVar(&o.dryRun, "dry-run", false, "show the changes to the schema as a unified diff and write nothing")
	f.BoolVar(&o.check, "check", false, "compare requirements and schema both ways; exit 5 if they differ")
	f.BoolVar(&o.strict, "strict", false, "refuse to go on while questions are open")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "write the schema without printing the report")
	return cmd
}

// readDesign reads a requirements file and works out its design.
func readDesign(file string, stdin io.Reader) (*requirement.Design, error) {
	var data []byte
	var err error
	if file == "-" {
		file = "stdin"
		data, err = io.ReadAll(stdin)
	} else {
		data, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the requirements: %w", err)
	}
	parse := requirement.Parse
	if strings.HasSuffix(strings.ToLower(file), ".dbml") {
		parse = requirement.ParseDBML
	}
	doc, err := parse(file, data)
	if err != nil {
		return nil, err
	}
	return requirement.New(doc)
}

func runDesign(d *requirement.Design, o designFlags, s streams) error {
	files, err := readGo(o.schema)
	if err != nil {
		return exit(ExitUsage, err)
	}
	res, err := entwrite.Edit(files, entwrite.FromDesign(d))
	if err != nil {
		return exit(ExitUsage, fmt.Errorf("%s: %w", o.schema, err))
	}
	doc := documents.NewDesign(d)
	for _, x := range lint.Run(d.Graph(), lint.Options{}).Findings {
		if x.Severity > lint.Info {
			doc.Findings = append(doc.Findings, fmt.Sprintf("%s %s %s: %s", x.Severity, x.Code, x.Object, x.Message))
		}
	}
	for _, c := range res.Changes {
		doc.Changes = append(doc.Changes, c.String())
	}
	for _, m := range res.Manual {
		doc.Manual = append(doc.Manual, fmt.Sprintf("%s:%d: %s: %s; add by hand: %s",
			filepath.Join(o.schema, m.File), m.Line, m.Change, m.Why, strings.Join(strings.Fields(m.Expr), " ")))
	}
	if !o.quiet {
		render := map[string]func(io.Writer) error{"text": doc.Text, "json": doc.JSON, "markdown": doc.Markdown}[o.format]
		if err := render(s.out); err != nil {
			return err
		}
	}
	for _, m := range doc.Manual {
		fmt.Fprintln(s.err, m)
	}
	switch {
	case o.strict && len(d.Questions) > 0:
		return exit(ExitUsage, fmt.Errorf("%d open questions; answer them in the file, or leave out --strict\nnothing was written", len(d.Questions)))
	case d.Violated():
		return exit(ExitFindings, violated(d))
	case o.dryRun:
		return printDiff(s.out, o, files, res)
	}
	return writeSchema(o, res, s)
}

// violated says which entities are short of third normal form and what to do.
func violated(d *requirement.Design) error {
	var lines []string
	for _, r := range d.Forms {
		for _, v := range r.Violations {
			lines = append(lines, fmt.Sprintf("%s is not in %s: %s", r.Type, v.Form, v.Explain()))
		}
	}
	lines = append(lines, "split the entity as proposed, or give each copied attribute \"denormalized:\" with a reason", "nothing was written")
	return errors.New(strings.Join(lines, "\n"))
}

// readGo reads the Go files of a directory; one that is not there has none.
func readGo(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return files, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			return nil, fmt.Errorf("reading the schema: %w", err)
		}
	}
	return files, nil
}

func printDiff(w io.Writer, o designFlags, files map[string][]byte, res *entwrite.Result) error {
	if o.format == "json" {
		return nil // the document lists the changes
	}
	names := changedFiles(res)
	if len(names) == 0 {
		_, err := fmt.Fprintf(w, "\n%s has everything already\n", o.schema)
		return err
	}
	for _, n := range names {
		diff := entwrite.Diff(filepath.ToSlash(filepath.Join(o.schema, n)), files[n], res.Files[n])
		if _, err := fmt.Fprintf(w, "\n%s", diff); err != nil {
			return err
		}
	}
	return nil
}

func changedFiles(res *entwrite.Result) []string {
	var names []string
	for n := range res.Files {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func writeSchema(o designFlags, res *entwrite.Result, s streams) error {
	names := changedFiles(res)
	if len(names) == 0 {
		fmt.Fprintf(s.err, "%s has everything already; nothing was written\n", o.schema)
		return nil
	}
	if err := os.MkdirAll(o.schema, 0o755); err != nil {
		return fmt.Errorf("writing the schema: %w", err)
	}
	for _, n := range names {
		if err := replaceFile(filepath.Join(o.schema, n), res.Files[n]); err != nil {
			return fmt.Errorf("writing the schema: %w", err)
		}
	}
	fmt.Fprintf(s.err, "wrote %d files in %s: %s\n", len(names), o.schema, strings.Join(names, ", "))
	fmt.Fprintf(s.err, "next: go generate ./ent && plinth migrate diff NAME\n")
	return nil
}

// replaceFile writes a file in whole or not at all.
func replaceFile(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if closing := tmp.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	if err := os.Chmod(tmp.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

func checkDesign(ctx context.Context, d *requirement.Design, o designFlags, s streams) error {
	g, err := entload.Load(ctx, entload.Options{Path: o.schema, Dialect: d.Dialect})
	if err != nil {
		return projectError(err)
	}
	diffs := d.Compare(g)
	missing := 0
	for _, x := range diffs {
		if !x.Extra {
			missing++
		}
	}
	if o.format == "json" {
		if err := documents.JSON(s.out, struct {
			Differences []requirement.Difference `json:"differences"`
		}{append([]requirement.Difference{}, diffs...)}); err != nil {
			return err
		}
	} else {
		for _, x := range diffs {
			fmt.Fprintln(s.out, x)
		}
	}
	if len(diffs) > 0 {
		return exit(ExitDiffers, fmt.Errorf("%d required and missing or different in %s, %d there and not required", missing, o.schema, len(diffs)-missing))
	}
	fmt.Fprintf(s.err, "%s is what the requirements ask\n", o.schema)
	return nil
}
