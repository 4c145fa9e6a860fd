package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/project"
)

// newMigrateTest runs tests of migrations.
func newMigrateTest(s streams) *cobra.Command {
	var (
		f   projectFlags
		run string
	)
	cmd := &cobra.Command{
		Use:   "test [PATH…]",
		Short: "Run *.test.hcl and *.test.sql files against a throwaway database between versions",
		Long: "Each test starts with an empty database, brings it to versions and says what must hold there. An SQL test\n" +
			"moves on at comments such as \"-- migrate 20261201093000\"; a query in it must return one row that says true.",
		RunE: func(cmd *cobra.Command, args []string) error {
			f.warn = warner(s)
			e, err := f.one(cmd.Context())
			if err != nil {
				return err
			}
			d, err := openDir(e, false)
			if err != nil {
				return err
			}
			if err := d.Validate(); err != nil {
				return migrateExit(d, err)
			}
			cases, err := testCases(e, args, run, f.vars)
			if err != nil {
				return err
			}
			failed, err := runTests(cmd.Context(), s, e, d, cases, houseTestText)
			if err != nil {
				return err
			}
			if failed > 0 {
				return exit(ExitFailure, fmt.Errorf("%s of %d failed", count(failed, "test"), len(cases)))
			}
			fmt.Fprintf(s.out, "%s passed\n", count(len(cases), "test"))
			return nil
		},
	}
	set := cmd.Flags()
	f.bindProject(set)
	f.bindDir(set)
	f.bindDev(set)
	set.StringVar(&run, "run", "", "only tests whose name matches this regular expression")
	return cmd
}

// testCases reads the test files of the paths given, else of the project.
func testCases(e *project.Env, paths []string, run string, vars varFlag) ([]migration.TestCase, error) {
	re, err := regexp.Compile(run)
	if err != nil {
		return nil, usagef("reading --run: %w", err)
	}
	if len(paths) == 0 {
		paths = e.Test.MigrateSrc
	}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	var files []string
	for _, p := range paths {
		p = strings.TrimPrefix(p, "file://")
		err := filepath.WalkDir(p, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && path != p && strings.HasPrefix(entry.Name(), "."):
				return fs.SkipDir
			case path == p && !entry.IsDir(), strings.HasSuffix(path, ".test.hcl"), strings.HasSuffix(path, ".test.sql"):
				files = append(files, path)
			}
			return nil
		})
		if err != nil {
			return nil, usagef("looking for tests: %w", err)
		}
	}
	var cases []migration.TestCase
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, usagef("reading tests: %w", err)
		}
		list, err := migration.ParseTests(path, string(b), project.Inputs(vars))
		if err != nil {
			return nil, exit(ExitUsage, err)
		}
		for _, c := range list {
			if re.MatchString(c.Name) {
				cases = append(cases, c)
			}
		}
	}
	if len(cases) == 0 {
		return nil, usagef("no tests found in %s; write one as NAME.test.hcl or NAME.test.sql", strings.Join(paths, ", "))
	}
	return cases, nil
}

// testText prints the outcome of one test.
type testText func(s streams, c migration.TestCase, took time.Duration, err error)

func houseTestText(s streams, c migration.TestCase, took time.Duration, err error) {
	switch {
	case c.Skip:
		fmt.Fprintf(s.out, "  - %s  skipped\n", c.Name)
	case err != nil:
		fmt.Fprintf(s.out, "  ✗ %s  %s\n    %s\n", c.Name, took.Round(time.Millisecond), strings.ReplaceAll(err.Error(), "\n", "\n    "))
	default:
		fmt.Fprintf(s.out, "  ✓ %s  %s\n", c.Name, took.Round(time.Millisecond))
	}
}

func runTests(ctx context.Context, s streams, e *project.Env, d *migration.Dir, cases []migration.TestCase, text testText) (failed int, err error) {
	for _, c := range cases {
		start := time.Now()
		var terr error
		if !c.Skip {
			t, done, err := devTarget(ctx, e)
			if err != nil {
				return failed, err
			}
			terr = t.RunTest(ctx, d, c, func(msg string) { fmt.Fprintf(s.out, "    %s\n", msg) })
			done()
		}
		if terr != nil {
			failed++
		}
		text(s, c, time.Since(start), terr)
	}
	return failed, nil
}
