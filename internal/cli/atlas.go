package cli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"ariga.io/atlas/sql/migrate"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/project"
)

// atlasVersion is the version of the atlas CLI whose flags, texts and exit codes the face has.
const atlasVersion = "v1.2.3"

// atlasOperator is what the revision table says, in the words of the atlas CLI.
const atlasOperator = "Atlas CLI " + atlasVersion

// newAtlas is the atlas CLI's command tree over our engine: its flags and their defaults, its texts, its exit codes
// (0, and 1 for everything else), so that scripts and programs that drive it run unchanged.
func newAtlas(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "atlas",
		Short: "The atlas CLI's own flags, texts and exit codes over the same engine",
		Long: "Everything here takes the flags of the atlas CLI (community build) and prints what it prints. A program\n" +
			"that calls atlas can call this binary under that name: make atlas.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown command %q for \"atlas\"", args[0])
			}
			return cmd.Help()
		},
	}
	g := &atlasGlobal{streams: s}
	migrateCmd := &cobra.Command{Use: "migrate", Short: "Manage versioned migration files", RunE: groupRun}
	schemaCmd := &cobra.Command{Use: "schema", Short: "Work with atlas schemas.", RunE: groupRun}
	g.bind(migrateCmd.PersistentFlags())
	g.bind(schemaCmd.PersistentFlags())
	migrateCmd.AddCommand(
		atlasApplyCmd(g), atlasDownCmd(g), atlasDiffCmd(g), atlasHashCmd(g), atlasImportCmd(g), atlasLintCmd(g),
		atlasNewCmd(g), atlasSetCmd(g), atlasStatusCmd(g), atlasValidateCmd(g), atlasRebaseCmd(g), atlasLsCmd(g), atlasTestCmd(g), atlasCheckpointCmd(g),
		atlasRefused("migrate", "push", "it needs the vendor's registry"),
		atlasRefused("migrate", "edit", "edit the file, then run 'atlas migrate hash'"),
		atlasRefused("migrate", "rm", "remove the file, then run 'atlas migrate hash'"),
	)
	schemaCmd.AddCommand(
		atlasInspectCmd(g), atlasSchemaDiffCmd(g), atlasSchemaApplyCmd(g), atlasCleanCmd(g), atlasFmtCmd(g),
		atlasRefused("schema", "push", "it needs the vendor's registry"),
		atlasRefused("schema", "plan", "use 'atlas schema apply --dry-run' or 'atlas migrate diff'"),
		atlasRefused("schema", "test", "use 'plinth migrate test'"),
		atlasRefused("schema", "lint", "use 'plinth lint'"),
	)
	cmd.AddCommand(migrateCmd, schemaCmd,
		&cobra.Command{Use: "version", Short: "Prints this Atlas CLI version information.", RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(s.out, "atlas version %s\nhttps://github.com/ariga/atlas/releases/tag/%s\n", atlasVersion, atlasVersion)
			return nil
		}},
		&cobra.Command{Use: "license", Short: "Display license information", RunE: func(*cobra.Command, []string) error {
			fmt.Fprintln(s.out, "LICENSE\nThis is plinth, licensed under Apache 2.0, speaking the command line of Atlas.")
			return nil
		}},
	)
	for _, name := range []string{"login", "logout", "whoami", "cloud", "copilot"} {
		cmd.AddCommand(atlasRefused("", name, "it needs the vendor's cloud"))
	}
	atlasErrors(cmd)
	return cmd
}

func groupRun(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unknown command %q for %q", args[0], "atlas "+cmd.Name())
	}
	return cmd.Help()
}

// atlasRefused is a command of the vendor's binary that has no meaning here.
func atlasRefused(group, name, why string) *cobra.Command {
	return &cobra.Command{
		Use: name, Hidden: true, DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return fmt.Errorf("'atlas %s' is not supported: %s", strings.TrimSpace(group+" "+name), why)
		},
	}
}

// silent is an error that was told already, in a report that a program reads.
type silent struct{ err error }

func (e *silent) Error() string { return e.err.Error() }
func (e *silent) Unwrap() error { return e.err }

// atlasErrors makes every failure below cmd end as the atlas CLI's do: "Error: …" on stderr and exit code 1.
func atlasErrors(cmd *cobra.Command) {
	fail := func(err error) error {
		var quiet *silent
		switch {
		case err == nil:
			return nil
		case errors.As(err, &quiet):
			return exit(1, nil)
		}
		return exit(1, errors.New("Error: "+project.Redact(atlasText(err))))
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fail(err) })
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(c *cobra.Command, args []string) error { return fail(run(c, args)) }
	}
	if check := cmd.Args; check != nil {
		cmd.Args = func(c *cobra.Command, args []string) error { return fail(check(c, args)) }
	}
	for _, c := range cmd.Commands() {
		atlasErrors(c)
	}
}

var (
	reLiteCode   = regexp.MustCompile(` \(\d+\)$`)
	reLitePrefix = regexp.MustCompile(`^(SQL logic error|constraint failed|unable to open database file|datatype mismatch): `)
)

// driverText is a database's error as the atlas CLI's drivers word it.
func driverText(err error) string {
	s := err.Error()
	if reLiteCode.MatchString(s) {
		s = reLitePrefix.ReplaceAllString(reLiteCode.ReplaceAllString(s, ""), "")
	}
	return s
}

// atlasText is an error in the words of the atlas CLI.
func atlasText(err error) string {
	var (
		stmt    *migration.StmtExecError
		changed *migration.HistoryChangedError
		missing *migrate.MissingMigrationError
		dirty   *migrate.NotCleanError
		sum     *migrate.ChecksumError
		coded   *exitError
		ambig   = errors.Is(err, migration.ErrAmbiguousRevisions)
	)
	switch {
	case errors.As(err, &stmt):
		return fmt.Sprintf("sql/migrate: executing statement %q from version %q: %s", stmt.Stmt, stmt.File.Version(), driverText(stmt.Err))
	case errors.As(err, &changed):
		return "sql/migrate: " + changed.Error()
	case errors.As(err, &missing):
		return missing.Error()
	case errors.As(err, &dirty):
		return err.Error()
	case errors.As(err, &sum), errors.Is(err, migrate.ErrChecksumMismatch):
		return "checksum mismatch"
	case errors.Is(err, migrate.ErrChecksumNotFound):
		return "checksum file not found"
	case ambig:
		return "ambiguous revision table"
	case errors.As(err, &coded) && coded.err != nil:
		return coded.err.Error()
	}
	return err.Error()
}

// atlasGlobal are the flags of all commands.
type atlasGlobal struct {
	streams
	env, config string
	vars        varFlag
}

func (g *atlasGlobal) bind(set *pflag.FlagSet) {
	set.StringVar(&g.env, "env", "", "set which env from the config file to use")
	set.Var(&g.vars, "var", "input variables")
	set.StringVarP(&g.config, "config", "c", "file://atlas.hcl", "select config (project) file using URL format")
}

// envs are the environments selected, or one without anything when none is.
func (g *atlasGlobal) envs(cmd *cobra.Command) ([]*project.Env, error) {
	if g.env == "" && !cmd.Flags().Changed("config") {
		return []*project.Env{{}}, nil
	}
	path, ok := strings.CutPrefix(g.config, "file://")
	if !ok {
		if !strings.Contains(g.config, "://") {
			return nil, fmt.Errorf("missing scheme for config file. Did you mean file://%s?", g.config)
		}
		return nil, fmt.Errorf("unsupported config file driver %q", strings.SplitN(g.config, "://", 2)[0])
	}
	p, err := project.Load(cmd.Context(), path, project.Options{Env: g.env, Vars: g.vars,
		OpenDB: func(ctx context.Context, u string) (*sql.DB, error) { return openURL(ctx, u) }})
	if err != nil {
		return nil, err
	}
	if g.env == "" {
		return []*project.Env{p.Global}, nil
	}
	return p.Envs, nil
}

func (g *atlasGlobal) one(cmd *cobra.Command) (*project.Env, error) {
	envs, err := g.envs(cmd)
	if err != nil {
		return nil, err
	}
	if len(envs) > 1 {
		return nil, fmt.Errorf("multiple envs found for %q", g.env)
	}
	return envs[0], nil
}

// schemaVars are the input variables of HCL schemas: the environment's own attributes, and --var beside them.
func (g *atlasGlobal) schemaVars(e *project.Env) *project.Env {
	c := *e
	c.Vars = project.Inputs(g.vars)
	for k, v := range e.Vars {
		c.Vars[k] = v
	}
	return &c
}

// pick gives a flag's value when it was set, else the project's, else the flag's default.
func pick(cmd *cobra.Command, flag, value, fromEnv string) string {
	if f := cmd.Flag(flag); f != nil && f.Changed || fromEnv == "" {
		return value
	}
	return fromEnv
}

// atlasDir are the flags of a migration directory.
type atlasDir struct{ url, format string }

func (f *atlasDir) bind(set *pflag.FlagSet) {
	set.StringVar(&f.url, "dir", "file://migrations", "select migration directory using URL format")
	set.StringVar(&f.format, "dir-format", "atlas", "select migration file format")
}

// open opens the directory and, unless told otherwise, checks it against its checksum file.
func (f *atlasDir) open(g *atlasGlobal, cmd *cobra.Command, e *project.Env, create, check bool) (*migration.Dir, error) {
	env := *e
	var err error
	if env.Migration.Dir, err = e.Lookup(pick(cmd, "dir", f.url, e.Migration.Dir)); err != nil {
		return nil, err
	}
	env.Migration.Format = pick(cmd, "dir-format", f.format, e.Migration.Format)
	d, err := openAtlasDir(&env, create)
	if err != nil || !check {
		return d, err
	}
	if err := d.Validate(); err != nil {
		printChecksum(g, err)
		return nil, err
	}
	return d, nil
}

// env is the part of a report that says what it is about: the directory by its URL.
func (f *atlasDir) env(u *project.URL, d *migration.Dir, cmd *cobra.Command, e *project.Env) migration.Env {
	out := reportEnv(u, d)
	out.Dir = pick(cmd, "dir", f.url, e.Migration.Dir)
	return out
}

func openAtlasDir(e *project.Env, create bool) (*migration.Dir, error) {
	raw := e.Migration.Dir
	if _, ok := e.Dirs[raw]; !ok {
		if !strings.Contains(raw, "://") {
			return nil, fmt.Errorf("missing scheme for dir url. Did you mean %q?", "file://"+raw)
		}
		u, err := project.ParseURL(raw)
		if err != nil {
			return nil, err
		}
		if u.Kind != "file" {
			return nil, fmt.Errorf("unsupported driver %q", strings.SplitN(raw, "://", 2)[0])
		}
		path := filepath.Clean(first(u.Path, "migrations"))
		if _, err := os.Stat(path); err != nil && !(create && errors.Is(err, fs.ErrNotExist)) {
			return nil, fmt.Errorf("sql/migrate: %w", err)
		}
	}
	return openDir(e, create)
}

func printChecksum(g *atlasGlobal, err error) {
	fmt.Fprintln(g.out, "You have a checksum error in your migration directory.")
	if sum := (*migrate.ChecksumError)(nil); errors.As(err, &sum) {
		fmt.Fprintf(g.out, "\n\tL%d: %s was %s\n\n", sum.Line, sum.File, sum.Reason)
	}
	fmt.Fprintf(g.out, "Please check your migration files and run %s to re-hash the contents\n\n", colours(g.out)("36")("'atlas migrate hash'"))
}

// atlasDB are the flags of a target database.
type atlasDB struct{ url, revisions string }

func (f *atlasDB) bind(set *pflag.FlagSet) {
	set.StringVarP(&f.url, "url", "u", "", "[driver://username:password@address/dbname?param=value] select a resource using the URL format")
	set.StringVar(&f.revisions, "revisions-schema", "", "name of the schema the revisions table resides in")
}

func (f *atlasDB) open(cmd *cobra.Command, e *project.Env) (*migration.Target, *project.URL, error) {
	env := *e
	env.URL = pick(cmd, "url", f.url, e.URL)
	env.Migration.RevisionsSchema = pick(cmd, "revisions-schema", f.revisions, e.Migration.RevisionsSchema)
	if env.URL == "" {
		return nil, nil, errors.New(`required flag "url" not set`)
	}
	return openTarget(cmd.Context(), &env)
}

// addLog binds --format and its older name --log.
func addLog(set *pflag.FlagSet, format *string) {
	set.StringVar(format, "log", "", "Go template to use to format the output")
	_ = set.MarkHidden("log")
	set.StringVar(format, "format", "", "Go template to use to format the output")
}

func addLockTimeout(set *pflag.FlagSet, d *time.Duration) {
	set.DurationVar(d, "lock-timeout", 10*time.Second, "set how long to wait for the database lock")
}

func lockTimeout(cmd *cobra.Command, d time.Duration, e *project.Env) (time.Duration, error) {
	if v := e.Migration.LockTimeout; v != "" && !cmd.Flags().Changed("lock-timeout") {
		return time.ParseDuration(v)
	}
	return d, nil
}

// required says which flags are missing, as cobra says it.
func required(pairs ...string) error {
	var missing []string
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			missing = append(missing, fmt.Sprintf("%q", pairs[i]))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("required flag(s) %s not set", strings.Join(missing, ", "))
}
