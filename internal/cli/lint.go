package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/lint"
	documents "github.com/plinth-go/plinth/internal/report"
)

// lintFlags are the flags of plinth lint.
type lintFlags struct {
	source         lintSource
	format         string
	severity       string
	baseline       string
	updateBaseline bool
	fix            bool
	only           []string
}

func newLint(s streams) *cobra.Command {
	var f lintFlags
	cmd := &cobra.Command{
		Use:   "lint [PATH]",
		Short: "Judge a design by the design rules",
		Long: `Judges an Ent project (PATH: the schema package or the project; default ./ent/schema), a live database (--url) or a
schema file that is loaded on a throwaway server (--schema FILE.sql or FILE.hcl). A rule that needs what the source
cannot tell is skipped, and the summary says so. Exit code 4 for findings at or above --severity, 2 for what cannot be
read.

A finding is suppressed with annotation.Allow in an Ent schema, and with "-- plinth:allow S301 because …" in SQL; rules
are configured in atlas.hcl:

	lint {
	  rule "S301" { severity = "warning" }
	  rule "S608" { max = 60 }
	}`,
		Example: `  plinth lint
  plinth lint --fix
  plinth lint --url "postgres://localhost/app?sslmode=disable" --severity error
  plinth lint --schema dump.sql --format sarif > lint.sarif
  plinth lint --baseline lint-baseline.json --update-baseline`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				f.source.path = args[0]
			}
			return runLint(cmd, s, f)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.source.url, "url", "", "URL of a live database to judge: postgres://… or sqlite://…")
	fl.StringVar(&f.source.file, "schema", "", "schema file to judge: FILE.sql or FILE.hcl")
	fl.StringSliceVar(&f.source.schemas, "schemas", nil, "database schemas to look at (default: all that users made)")
	fl.StringSliceVar(&f.source.exclude, "exclude", nil, "objects to leave out, as Atlas writes them: public.audit_*")
	fl.StringVar(&f.source.dialect, "dialect", "", "dialect of an Ent project or schema file: postgres (default) or sqlite3")
	fl.StringVar(&f.source.dev, "dev-url", "", "server to make throwaway databases on (default: one is found or started)")
	fl.StringVar(&f.source.env, "env", "", "environment of atlas.hcl whose lint settings apply")
	fl.StringVar(&f.format, "format", "text", documents.FormatNames)
	fl.StringVar(&f.severity, "severity", "warn", "least severity that is shown as text and that exits with 4: info, warn or error")
	fl.StringVar(&f.baseline, "baseline", "", "file of known findings, which are not reported again")
	fl.BoolVar(&f.updateBaseline, "update-baseline", false, "write the baseline: all findings if the file is not there, else without those that are gone")
	fl.BoolVar(&f.fix, "fix", false, "repair what can be repaired mechanically, by editing the Ent schema")
	fl.StringSliceVar(&f.only, "rule", nil, "run these rules only, by code or name")
	cmd.MarkFlagsMutuallyExclusive("url", "schema")
	return cmd
}

func runLint(cmd *cobra.Command, s streams, f lintFlags) error {
	at, err := lint.ParseSeverity(f.severity)
	if err != nil || at == lint.Off {
		return usagef("--severity %q is none of info, warn and error", f.severity)
	}
	if !documents.KnownFormat(f.format) {
		return usagef("--format %q is none of %s", f.format, documents.FormatNames)
	}
	if f.updateBaseline && f.baseline == "" {
		return usagef("--update-baseline needs --baseline FILE")
	}
	for _, name := range f.only {
		if len(lint.Lookup(lint.Rules(), name)) == 0 {
			return usagef("--rule %q is no design rule; see: plinth rules", name)
		}
	}
	base, err := readBaseline(f)
	if err != nil {
		return err
	}
	run := func() (lint.Result, error) {
		in, err := f.source.load(cmd)
		if err != nil {
			return lint.Result{}, err
		}
		in.options.Only, in.options.Baseline = f.only, base
		return lint.Run(in.graph, in.options), nil
	}
	res, err := run()
	if err != nil {
		return err
	}
	if f.fix {
		if f.source.url != "" || f.source.file != "" {
			return usagef("--fix edits an Ent schema; it cannot change what --url and --schema name")
		}
		if res, err = fixAll(s, schemaPath(f.source.path), res, run); err != nil {
			return err
		}
	}
	if f.updateBaseline {
		return writeMigrateBaseline(s, f.baseline, base, res)
	}
	in := documents.FindingsInput{Result: res, Rules: append(lint.Rules(), lint.Own()...), Source: sourceFile, Command: "plinth lint --fix"}
	if err := printFindings(s, f.format, in, at); err != nil {
		return err
	}
	if res.AtLeast(at) > 0 {
		return exit(ExitFindings, nil)
	}
	return nil
}

// readBaseline reads the baseline named by a flag. A file that is not there is fine when it is about to be written.
func readBaseline(f lintFlags) (*lint.Baseline, error) {
	if f.baseline == "" {
		return nil, nil
	}
	file, err := os.Open(f.baseline)
	if errors.Is(err, fs.ErrNotExist) && f.updateBaseline {
		return nil, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("baseline %s is not there; make it with --update-baseline", f.baseline)
	}
	if err != nil {
		return nil, exit(ExitUsage, err)
	}
	defer file.Close()
	b, err := lint.ReadBaseline(file)
	if err != nil {
		return nil, exit(ExitUsage, fmt.Errorf("%s: %w", f.baseline, err))
	}
	return b, nil
}
