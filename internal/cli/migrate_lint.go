package cli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/devdb"
	"github.com/plinth-go/plinth/internal/lint"
	migrationlint "github.com/plinth-go/plinth/internal/migration/lint"
	"github.com/plinth-go/plinth/internal/project"
	documents "github.com/plinth-go/plinth/internal/report"
)

// migrateLintFlags are the flags of plinth migrate lint.
type migrateLintFlags struct {
	projectFlags
	latest         int
	gitBase        string
	schema         []string
	noTrace        bool
	version        int
	explain        bool
	txMode         string
	severity       string
	baseline       string
	updateBaseline bool
}

func newMigrateLint(s streams) *cobra.Command {
	var f migrateLintFlags
	cmd := &cobra.Command{
		Use:   "lint [FILE…|-]",
		Short: "Judge migrations by what they do to a running server",
		Long: `Judges migrations: each statement is parsed by PostgreSQL's own parser, the schema before it is replayed, and it is run
on a throwaway server to see its locks, rewrites and scans (--no-trace does without).

Without arguments the migration directory is judged, each file as if those before it were deployed. --latest N,
--git-base REV and --url (what is pending there) choose the files that are not deployed yet; they are one batch, in which
a table that an earlier file makes is new. With FILE, or - for standard input, plain SQL files are one batch over the
schema of --schema.

Exit code 4 for findings at or above --severity, 2 for what cannot be read. A finding is suppressed by a comment above
its statement: "-- plinth:allow M101 because …"; at the top of a file, with an empty line below, for the whole file.`,
		Example: `  plinth migrate lint --latest 1 --explain
  plinth migrate lint --git-base origin/main --format github
  plinth migrate lint --url "postgres://localhost/app?sslmode=disable"
  plinth migrate lint change.sql --schema schema.sql --pg-version 14
  cat change.sql | plinth migrate lint - --no-trace --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.warn = warner(s)
			return runMigrateLint(cmd.Context(), s, &f, args)
		},
	}
	set := cmd.Flags()
	f.bindProject(set)
	f.bindDir(set)
	f.bindDev(set)
	set.StringVarP(&f.url, "url", "u", "", "judge what is pending in this database")
	set.StringVar(&f.revisions, "revisions-schema", "", "schema of the revision table")
	set.IntVar(&f.latest, "latest", 0, "judge the last N files")
	set.StringVar(&f.gitBase, "git-base", "", "judge the files that this git revision does not have")
	set.StringSliceVar(&f.schema, "schema", nil, "SQL file of the schema that plain files start from; may be repeated")
	set.BoolVar(&f.noTrace, "no-trace", false, "do not run the statements on a throwaway server")
	set.IntVar(&f.version, "pg-version", 0, "major version of the server that the migrations are for, 11 to 18 (default: the traced one's, or 15)")
	set.StringVar(&f.txMode, "tx-mode", "file", "how plain files are run: file, in one transaction as a migration runner does, or none, as psql does")
	set.BoolVar(&f.explain, "explain", false, "show what each statement does")
	set.StringVar(&f.format, "format", "", documents.FormatNames)
	set.StringVar(&f.severity, "severity", "warn", "least severity that is shown as text and that exits with 4: info, warn or error")
	set.StringVar(&f.baseline, "baseline", "", "file of known findings, which are not reported again")
	set.BoolVar(&f.updateBaseline, "update-baseline", false, "write the baseline: all findings if the file is not there, else without those that are gone")
	cmd.MarkFlagsMutuallyExclusive("latest", "git-base", "url")
	return cmd
}

func runMigrateLint(ctx context.Context, s streams, f *migrateLintFlags, args []string) error {
	at, err := lint.ParseSeverity(f.severity)
	if err != nil || at == lint.Off {
		return usagef("--severity %q is none of info, warn and error", f.severity)
	}
	if f.format = first(f.format, "text"); !documents.KnownFormat(f.format) {
		return usagef("--format %q is none of %s", f.format, documents.FormatNames)
	}
	if f.version != 0 && (f.version < 11 || f.version > 18) {
		return usagef("--pg-version %d is not supported; give 11 to 18", f.version)
	}
	if f.updateBaseline && f.baseline == "" {
		return usagef("--update-baseline needs --baseline FILE")
	}
	job := &lintJob{texts: map[string]string{}}
	if len(args) > 0 {
		if err = job.plainFiles(s, f, args); err == nil {
			err = job.projectRules(ctx, f)
		}
	} else {
		err = job.directory(ctx, f)
	}
	if err != nil {
		return err
	}
	for _, path := range f.schema {
		file, err := job.read(path)
		if err != nil {
			return err
		}
		job.in.Schema = append(job.in.Schema, file)
	}
	if job.opt.Baseline, err = migrateBaseline(f); err != nil {
		return err
	}
	job.opt.Version, job.opt.Known = f.version, knownRules()
	res, err := job.run(ctx, s, f)
	if err != nil {
		return err
	}
	if f.updateBaseline {
		return writeMigrateBaseline(s, f.baseline, job.opt.Baseline, res.Result)
	}
	if err := job.render(s, f, res, at); err != nil {
		return err
	}
	if res.AtLeast(at) > 0 {
		return exit(ExitFindings, nil)
	}
	return nil
}

// lintJob is what one call judges.
type lintJob struct {
	in    migrationlint.Input
	opt   migrationlint.Options
	dev   string
	texts map[string]string // by the name that findings show
}

func (j *lintJob) read(path string) (migrationlint.File, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return migrationlint.File{}, usagef("%s is not there", path)
		}
		return migrationlint.File{}, exit(ExitUsage, err)
	}
	j.texts[path] = string(b)
	return migrationlint.File{Name: path, Text: string(b)}, nil
}

// plainFiles reads the files given as arguments; - is standard input, and a directory stands for its SQL files.
func (j *lintJob) plainFiles(s streams, f *migrateLintFlags, args []string) error {
	if f.latest > 0 || f.gitBase != "" || f.url != "" {
		return usagef("--latest, --git-base and --url choose files of the migration directory; leave them out with FILE")
	}
	if f.txMode != "file" && f.txMode != "none" {
		return usagef("--tx-mode %q is none of file and none", f.txMode)
	}
	j.dev, j.in.Open, j.in.TxNone = f.devURL, len(f.schema) == 0, f.txMode == "none"
	for _, arg := range args {
		if arg == "-" {
			b, err := io.ReadAll(s.in)
			if err != nil {
				return fmt.Errorf("reading standard input: %w", err)
			}
			j.texts["stdin"] = string(b)
			j.in.Files = append(j.in.Files, migrationlint.File{Name: "stdin", Text: string(b)})
			continue
		}
		paths := []string{arg}
		if isDir(arg) {
			var err error
			if paths, err = filepath.Glob(filepath.Join(arg, "*.sql")); err != nil {
				return exit(ExitUsage, err)
			}
			paths = slices.DeleteFunc(paths, func(p string) bool { return strings.HasSuffix(p, ".down.sql") })
			if len(paths) == 0 {
				return usagef("%s has no SQL files", arg)
			}
		}
		for _, path := range paths {
			file, err := j.read(path)
			if err != nil {
				return err
			}
			j.in.Files = append(j.in.Files, file)
		}
	}
	return nil
}

// projectRules reads the rules' settings for plain files, where there is a project file to read them from.
func (j *lintJob) projectRules(ctx context.Context, f *migrateLintFlags) error {
	if _, err := os.Stat(first(strings.TrimPrefix(f.config, "file://"), project.FileName)); err != nil && f.config == "" && f.env == "" {
		return nil
	}
	e, err := f.one(ctx)
	if err != nil {
		return err
	}
	j.dev = first(j.dev, e.Dev)
	j.opt.Config, err = migrateLintConfig(e)
	return err
}

// run judges, with a trace where that is possible.
func (j *lintJob) run(ctx context.Context, s streams, f *migrateLintFlags) (*migrationlint.Result, error) {
	if f.noTrace || len(j.in.Files) == 0 {
		return migrationlint.Run(ctx, j.in, j.opt)
	}
	srv, err := devdb.Start(ctx, devdb.Options{URL: j.dev, Major: privateMajor(j.dev, f.version)})
	if err != nil && f.version != 0 && j.dev == "" {
		srv, err = devdb.Start(ctx, devdb.Options{})
	}
	if err != nil {
		return nil, usagef("no server to run the migrations on: %w\ngive --dev-url, or judge without running them: --no-trace", err)
	}
	defer srv.Close()
	if f.version == 0 {
		j.opt.Version = srv.Major()
	}
	if srv.Major() != j.opt.Version { // what another version does proves nothing
		fmt.Fprintf(s.err, "the server at hand is PostgreSQL %d: judged for %d without running the statements\n", srv.Major(), f.version)
		return migrationlint.Run(ctx, j.in, j.opt)
	}
	opened := func(db *devdb.Database, err error) (*sql.DB, func(), error) {
		if err != nil {
			return nil, nil, err
		}
		return db.DB, func() { db.Close() }, nil
	}
	j.opt.Tracer = migrationlint.OnServer{Private: srv.DataDir() != "",
		NewDB: func(ctx context.Context) (*sql.DB, func(), error) { return opened(srv.NewDatabase(ctx)) },
		Clone: func(ctx context.Context, key string, prepare func(context.Context, *sql.DB) error) (*sql.DB, func(), error) {
			return opened(srv.Clone(ctx, key, prepare))
		}}
	res, err := migrationlint.Run(ctx, j.in, j.opt)
	if err == nil || ctx.Err() != nil {
		return res, err
	}
	fmt.Fprintf(s.err, "%s\njudged without running the statements\n", project.RedactError(err))
	j.opt.Tracer = nil
	return migrationlint.Run(ctx, j.in, j.opt)
}

// privateMajor is the major version to ask a private server for: the one judged for, where devdb has a say.
func privateMajor(dev string, version int) int {
	if dev != "" || version < devdb.MinMajor {
		return 0
	}
	return version
}

// migrateBaseline reads the baseline. One that is not there is fine when it is about to be written.
func migrateBaseline(f *migrateLintFlags) (*lint.Baseline, error) {
	if f.baseline == "" {
		return nil, nil
	}
	file, err := os.Open(f.baseline)
	if errors.Is(err, fs.ErrNotExist) {
		if f.updateBaseline {
			return nil, nil
		}
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

// writeMigrateBaseline records all findings in a new baseline, or takes out of an old one what is found no more.
func writeMigrateBaseline(s streams, path string, old *lint.Baseline, res lint.Result) error {
	b, gone := lint.NewBaseline(res.Findings), 0
	if old != nil {
		b, gone = old.Shrink(res.Known)
	}
	var text strings.Builder
	if err := b.Write(&text); err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		return fmt.Errorf("writing baseline: %w", err)
	}
	fmt.Fprintf(s.err, "%s: %d findings", path, len(b.Entries))
	if old != nil {
		fmt.Fprintf(s.err, ", %d gone, %d new ones not taken in", gone, len(res.Findings))
	}
	fmt.Fprintln(s.err)
	return nil
}
