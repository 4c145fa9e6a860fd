package cli

import (
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/sqlclient"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/project"
)

// operator is who the revision table says ran a migration.
const operator = "plinth"

// newMigrate is the parent of the commands around versioned migrations.
func newMigrate(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Plan, apply, undo and look after versioned migrations",
		Long: "The commands around a directory of versioned migrations. Directories, checksums and the revision table are\n" +
			"those of the atlas CLI: either tool continues what the other began.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newMigrateDiff(s), newMigrateApply(s), newMigrateDown(s), newMigrateStatus(s), newMigrateValidate(s), newMigrateHash(s),
		newMigrateNew(s), newMigrateSet(s), newMigrateImport(s), newMigrateRebase(s), newMigrateSquash(s), newMigrateTest(s), newMigrateLint(s),
	)
	return cmd
}

// projectFlags choose a project and an environment of it, and override what it says.
type projectFlags struct {
	env, config    string
	vars           varFlag
	dir, dirFormat string
	url, devURL    string
	revisions      string
	lockTimeout    time.Duration
	format         string
	// warn is told of what the project file says in vain.
	warn func(string)
}

// varFlag collects --var name=value.
type varFlag map[string][]string

func (v *varFlag) String() string { return "" }
func (v *varFlag) Type() string   { return "<name>=<value>" }
func (v *varFlag) Set(s string) error {
	if *v == nil {
		*v = varFlag{}
	}
	kvs, err := csv.NewReader(strings.NewReader(s)).Read()
	if err != nil {
		return err
	}
	for _, kv := range kvs {
		name, value, ok := strings.Cut(kv, "=")
		if !ok {
			return fmt.Errorf("variables must be format as key=value, got: %q", kv)
		}
		(*v)[name] = append((*v)[name], value)
	}
	return nil
}

func (f *projectFlags) bindProject(set *pflag.FlagSet) {
	set.StringVar(&f.env, "env", os.Getenv("PLINTH_ENV"), "environment of atlas.hcl to use")
	set.StringVarP(&f.config, "config", "c", "", "the project file (default atlas.hcl)")
	set.Var(&f.vars, "var", "value of a variable of the project file; may be repeated")
}

func (f *projectFlags) bindDir(set *pflag.FlagSet) {
	set.StringVar(&f.dir, "dir", "", "migration directory, a path or a file:// URL")
	set.StringVar(&f.dirFormat, "dir-format", "", "its format: "+strings.Join(migration.Formats, ", "))
}

func (f *projectFlags) bindDB(set *pflag.FlagSet) {
	set.StringVarP(&f.url, "url", "u", "", "the database, postgres://… or sqlite://…")
	set.StringVar(&f.revisions, "revisions-schema", "", "schema of the revision table")
}

func (f *projectFlags) bindDev(set *pflag.FlagSet) {
	set.StringVar(&f.devURL, "dev-url", "", "server for throwaway databases (default: one of this machine's, or a download)")
}

func (f *projectFlags) bindFormat(set *pflag.FlagSet) {
	set.StringVar(&f.format, "format", "", "text, json, or a Go template over the report")
}

// envs evaluates the project and completes its environments by the flags, which win.
func (f *projectFlags) envs(ctx context.Context) ([]*project.Env, error) {
	opts := project.Options{Env: f.env, Vars: f.vars, OpenDB: func(ctx context.Context, u string) (*sql.DB, error) {
		return openURL(ctx, u)
	}}
	p, err := f.project(ctx, opts)
	if err != nil {
		return nil, exit(ExitUsage, err)
	}
	if f.warn != nil {
		for _, w := range p.Warnings {
			f.warn(w.String())
		}
	}
	envs := p.Envs
	if len(envs) == 0 {
		envs = []*project.Env{p.Global}
	}
	for _, e := range envs {
		e.URL = first(f.url, os.Getenv("PLINTH_URL"), e.URL, os.Getenv("DATABASE_URL"))
		e.Dev = first(f.devURL, e.Dev)
		e.Migration.Format = first(f.dirFormat, e.Migration.Format, dirURLFormat(e.Migration.Dir))
		e.Migration.RevisionsSchema = first(f.revisions, e.Migration.RevisionsSchema)
		e.Migration.Dir = first(f.dir, e.Migration.Dir, "file://migrations")
	}
	return envs, nil
}

func (f *projectFlags) project(ctx context.Context, opts project.Options) (*project.Project, error) {
	path := strings.TrimPrefix(f.config, "file://")
	if path == "" {
		path = project.FileName
		if _, err := os.Stat(path); err != nil {
			p, err := project.Find(ctx, ".", opts)
			if errors.Is(err, project.ErrNotProject) && f.dir != "" && f.env == "" {
				return project.Defaults("."), nil
			}
			return p, err
		}
	}
	p, err := project.Load(ctx, path, opts)
	if err != nil || opts.Env != "" {
		return p, err
	}
	name, err := p.Default()
	switch {
	case err != nil && f.dir == "":
		return nil, err
	case err != nil || name == "":
		return p, nil
	}
	opts.Env = name
	return project.Load(ctx, path, opts)
}

// one is envs for a command that works on a single environment.
func (f *projectFlags) one(ctx context.Context) (*project.Env, error) {
	envs, err := f.envs(ctx)
	if err != nil {
		return nil, err
	}
	if len(envs) > 1 {
		return nil, usagef("env %q stands for %d databases; this command works on one", f.env, len(envs))
	}
	return envs[0], nil
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// dirURLFormat is the format in a directory's URL; another --dir of the same project has the same.
func dirURLFormat(raw string) string {
	if u, err := project.ParseURL(raw); err == nil {
		return u.Query.Get("format")
	}
	return ""
}

// openDir opens an environment's migration directory.
func openDir(e *project.Env, create bool) (*migration.Dir, error) {
	raw := e.Migration.Dir
	if d, ok := e.Dirs[raw]; ok {
		return migration.Wrap(d), nil
	}
	format := e.Migration.Format
	path := raw
	if strings.Contains(raw, "://") {
		u, err := project.ParseURL(raw)
		if err != nil {
			return nil, usagef("reading --dir: %w", err)
		}
		if u.Kind != "file" {
			return nil, usagef("reading --dir: %q is not a directory; use file://PATH", u)
		}
		path = first(u.Path, "migrations")
		format = first(u.Query.Get("format"), format)
	}
	if format == "" {
		format = migration.FormatAtlas
		if f, ok := project.GuessFormat(path); ok {
			format = f
		} else if _, err := os.Stat(project.FileName); err != nil {
			format = migration.FormatGolangMigrate
		}
	}
	d, err := migration.Open(path, format, create)
	if err != nil {
		return nil, exit(ExitUsage, err)
	}
	return d, nil
}

// openURL opens a database. Errors never show a password.
func openURL(ctx context.Context, raw string) (*sql.DB, error) {
	u, err := project.ParseURL(raw)
	if err != nil {
		return nil, err
	}
	if !u.IsDB() {
		return nil, fmt.Errorf("opening database: %q is no database URL; use postgres://… or sqlite://…", u)
	}
	db, err := sql.Open(u.Driver(), u.DSN)
	if err != nil {
		return nil, project.RedactError(fmt.Errorf("opening database %s: %w", u, err))
	}
	ping, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := db.PingContext(ping); err != nil {
		db.Close()
		return nil, project.RedactError(fmt.Errorf("connecting to %s: %w%s", u, err, connectHint(u, err)))
	}
	return db, nil
}

// connectHint is the one thing that usually helps.
func connectHint(u *project.URL, err error) string {
	switch msg := err.Error(); {
	case strings.Contains(msg, "SSL is not enabled"):
		return "; add sslmode=disable to the URL"
	case strings.Contains(msg, "connection refused"):
		return "; is the server running, and is the port right?"
	}
	return ""
}

// openTarget opens the database of an environment for migrations.
func openTarget(ctx context.Context, e *project.Env) (*migration.Target, *project.URL, error) {
	if e.URL == "" {
		return nil, nil, usagef("no database: give --url, set PLINTH_URL, or write url into an env of atlas.hcl")
	}
	raw, err := e.Lookup(e.URL)
	if err != nil {
		return nil, nil, exit(ExitUsage, err)
	}
	db, err := openURL(ctx, raw)
	if err != nil {
		return nil, nil, exit(ExitUsage, err)
	}
	u, _ := project.ParseURL(raw) // openURL parsed it
	t := &migration.Target{DB: db, Dialect: u.Kind, Schema: u.Schema, Revisions: e.Migration.RevisionsSchema}
	if u.Kind == "sqlite3" && u.Query.Get("mode") != "memory" {
		t.File = u.Path
	}
	return t, u, nil
}

// reportEnv is the part of a report that says what it is about.
func reportEnv(u *project.URL, d *migration.Dir) migration.Env {
	e := migration.Env{Dir: d.Path()}
	if u == nil {
		return e
	}
	e.Driver = u.Kind
	if u.Kind == "sqlite3" {
		e.Driver = "sqlite"
	}
	e.URL = reportURL(u.Raw(), u.Schema)
	return e
}

// reportURL is a URL for reports: templates can print it, so it carries no password.
func reportURL(raw, schema string) *sqlclient.URL {
	u, err := url.Parse(raw)
	if err != nil {
		return nil
	}
	if _, ok := u.User.Password(); ok {
		u.User = url.UserPassword(u.User.Username(), "xxxxx")
	}
	return &sqlclient.URL{URL: u, Schema: schema}
}

// migrateExit gives an error of the migration engine its exit code and, where it is the user's to correct, its fix.
func migrateExit(d *migration.Dir, err error) error {
	var (
		coded   *exitError
		sum     *migrate.ChecksumError
		changed *migration.HistoryChangedError
		order   *migration.NonLinearError
		dirty   *migrate.NotCleanError
		consent *migration.ConsentError
		missing *migrate.MissingMigrationError
	)
	switch {
	case errors.As(err, &missing):
		return usagef("revision %q is applied in part and %s_%s is not in %s; restore the file, or settle the version by hand and run: plinth migrate set",
			missing.Version, missing.Version, missing.Description, d.Path())
	case err == nil:
		return nil
	case errors.As(err, &coded):
		return err
	case errors.As(err, &consent):
		return exit(ExitConsent, err)
	case errors.As(err, &sum):
		return usagef("%s/%s:%d: %s was %s after the directory was hashed; if that was meant, run: plinth migrate hash",
			d.Path(), migrate.HashFileName, sum.Line, sum.File, sum.Reason)
	case errors.Is(err, migrate.ErrChecksumNotFound):
		return usagef("%s has no %s; if its files are as they should be, run: plinth migrate hash", d.Path(), migrate.HashFileName)
	case errors.Is(err, migrate.ErrChecksumFormat), errors.Is(err, migrate.ErrChecksumMismatch):
		return usagef("%s/%s does not agree with itself, as after a merge; put the files in order with: plinth migrate rebase, or hash them with: plinth migrate hash",
			d.Path(), migrate.HashFileName)
	case errors.As(err, &changed):
		return usagef("%w after it ran; restore the statement, or settle the version by hand and run: plinth migrate set", err)
	case errors.As(err, &order):
		return usagef("%w; renumber with: plinth migrate rebase, or choose --exec-order linear-skip or non-linear", err)
	case errors.As(err, &dirty):
		return usagef("%w: give --baseline VERSION for the version the database is at, or --allow-dirty", dirty)
	case errors.Is(err, migration.ErrAmbiguousRevisions), errors.Is(err, migration.ErrNoDown), errors.Is(err, migration.ErrLocked):
		return exit(ExitUsage, err)
	}
	var stmt *migration.StmtExecError
	var check *migration.CheckError
	if errors.As(err, &stmt) || errors.As(err, &check) {
		return exit(ExitFailure, project.RedactError(err))
	}
	return exit(ExitFailure, project.RedactError(err))
}
