package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/devdb"
	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/project"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// newMigrateHash writes atlas.sum.
func newMigrateHash(s streams) *cobra.Command {
	var f projectFlags
	cmd := &cobra.Command{
		Use:   "hash",
		Short: "Write the checksum file of the migration directory anew, after files were edited by hand",
		Args:  maximumArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.warn = warner(s)
			return eachEnv(cmd.Context(), &f, func(e *project.Env) error {
				d, err := openDir(e, false)
				if err != nil {
					return err
				}
				if err := d.Hash(); err != nil {
					return exit(ExitFailure, err)
				}
				fmt.Fprintf(s.out, "hashed %s\n", d.Path())
				return nil
			})
		},
	}
	f.bindProject(cmd.Flags())
	f.bindDir(cmd.Flags())
	return cmd
}

// newMigrateValidate checks the directory and, on a throwaway database, that its files run.
func newMigrateValidate(s streams) *cobra.Command {
	var (
		f      projectFlags
		replay bool
	)
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check the directory against its checksum file and run it up on a throwaway database",
		Args:  maximumArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
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
			list, err := d.List()
			if err != nil {
				return exit(ExitUsage, err)
			}
			if !replay {
				fmt.Fprintf(s.out, "%s: %s, checksum right\n", d.Path(), count(len(list), "migration"))
				return nil
			}
			if err := replayDir(cmd.Context(), e, d); err != nil {
				return err
			}
			fmt.Fprintf(s.out, "%s: %s, checksum right, all run on an empty database\n", d.Path(), count(len(list), "migration"))
			return nil
		},
	}
	f.bindProject(cmd.Flags())
	f.bindDir(cmd.Flags())
	f.bindDev(cmd.Flags())
	cmd.Flags().BoolVar(&replay, "replay", true, "run the files on a throwaway database")
	return cmd
}

// devTarget gives a fresh throwaway database of an environment's dialect and the function that ends it.
func devTarget(ctx context.Context, e *project.Env) (*migration.Target, func(), error) {
	dev := e.Dev
	if dev == "" {
		if u, err := project.ParseURL(e.URL); err == nil && u.Kind == schemagraph.SQLite {
			dev = "sqlite://dev?mode=memory"
		}
	}
	schema := ""
	if dev != "" {
		u, err := project.ParseURL(dev)
		if err != nil {
			return nil, nil, exit(ExitUsage, fmt.Errorf("reading the dev database's URL: %w", err))
		}
		if u.Kind == schemagraph.SQLite {
			db, err := devdb.OpenSQLite(ctx)
			if err != nil {
				return nil, nil, exit(ExitUsage, err)
			}
			return &migration.Target{DB: db.DB, Dialect: schemagraph.SQLite, Schema: "main"}, func() { db.Close() }, nil
		}
		schema = u.Query.Get("search_path")
	}
	srv, err := devServer(ctx, dev)
	if err != nil {
		return nil, nil, exit(ExitUsage, project.RedactError(err))
	}
	db, err := srv.NewDatabase(ctx)
	if err != nil {
		return nil, nil, exit(ExitUsage, project.RedactError(err))
	}
	return &migration.Target{DB: db.DB, Dialect: schemagraph.Postgres, Schema: schema}, func() { db.Close() }, nil
}

// devServers are the throwaway servers that a command has started, by URL: one serves all its databases.
var devServers = struct {
	sync.Mutex
	m     map[string]*devdb.Server
	users int // command lines that are running in this process
}{m: map[string]*devdb.Server{}}

func devServer(ctx context.Context, url string) (*devdb.Server, error) {
	devServers.Lock()
	defer devServers.Unlock()
	if s := devServers.m[url]; s != nil {
		return s, nil
	}
	s, err := devdb.Start(ctx, devdb.Options{URL: url})
	if err == nil {
		devServers.m[url] = s
	}
	return s, err
}

// useDevServers announces a command line; what it returns stops the servers after the last one.
func useDevServers() func() {
	devServers.Lock()
	defer devServers.Unlock()
	devServers.users++
	return closeDevServers
}

func closeDevServers() {
	devServers.Lock()
	defer devServers.Unlock()
	if devServers.users--; devServers.users > 0 {
		return
	}
	for url, s := range devServers.m {
		s.Close()
		delete(devServers.m, url)
	}
}

// replayDir runs the whole directory on a throwaway database.
func replayDir(ctx context.Context, e *project.Env, d *migration.Dir) error {
	t, done, err := devTarget(ctx, e)
	if err != nil {
		return err
	}
	defer done()
	_, err = t.Apply(ctx, d, migration.ApplyOptions{Operator: operator, AnyState: true})
	return migrateExit(d, err)
}

// newMigrateNew makes an empty migration.
func newMigrateNew(s streams) *cobra.Command {
	var (
		f     projectFlags
		data  bool
		batch migration.Backfill
	)
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Make a new migration to be written by hand, or with --data a batched change of data",
		Example: "  plinth migrate new add_audit_trigger\n" +
			"  plinth migrate new --data fill_totals --table orders --set 'total_cents = 0' --where 'total_cents IS NULL'",
		Args: maximumArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.warn = warner(s)
			e, err := f.one(cmd.Context())
			if err != nil {
				return err
			}
			d, err := openDir(e, true)
			if err != nil {
				return err
			}
			if err := d.Validate(); err != nil {
				return migrateExit(d, err)
			}
			n := migration.NewFile{}
			if len(args) > 0 {
				n.Name = args[0]
			}
			if data {
				batch.Dialect = dialectOf(e)
				if n, err = batch.File(n.Name); err != nil {
					return exit(ExitUsage, err)
				}
			}
			names, err := migration.Write(d, []migration.NewFile{n}, nil)
			if err != nil {
				return exit(ExitUsage, err)
			}
			printFiles(s.out, d, names)
			return nil
		},
	}
	set := cmd.Flags()
	f.bindProject(set)
	f.bindDir(set)
	set.BoolVar(&data, "data", false, "a change of data: batched, interruptible, in a file of its own")
	set.StringVar(&batch.Table, "table", "", "with --data: the table to change")
	set.StringVar(&batch.Set, "set", "", "with --data: what to set, \"column = expression\"")
	set.StringVar(&batch.Where, "where", "", "with --data: which rows still need it")
	set.StringVar(&batch.Key, "key", "id", "with --data: the primary key")
	set.IntVar(&batch.Size, "batch", 1000, "with --data: rows a batch")
	return cmd
}

// dialectOf guesses the dialect an environment is about from its URLs.
func dialectOf(e *project.Env) string {
	for _, raw := range append([]string{e.URL, e.Dev}, e.Src...) {
		if u, err := project.ParseURL(raw); err == nil && u.Kind == schemagraph.SQLite {
			return schemagraph.SQLite
		}
	}
	return schemagraph.Postgres
}

func printFiles(w io.Writer, d *migration.Dir, names []string) {
	for _, n := range names {
		fmt.Fprintln(w, filepath.Join(d.Path(), n))
	}
}

// newMigrateSet corrects the revision table by hand.
func newMigrateSet(s streams) *cobra.Command {
	var f projectFlags
	cmd := &cobra.Command{
		Use:   "set [VERSION]",
		Short: "Make the revision table say that everything up to VERSION ran; nothing is run",
		Args:  maximumArgs(1),
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
			t, _, err := openTarget(cmd.Context(), e)
			if err != nil {
				return err
			}
			defer t.DB.Close()
			version := ""
			if len(args) > 0 {
				version = args[0]
			}
			rep, err := t.Set(cmd.Context(), d, version, operator)
			if err != nil {
				return exit(ExitUsage, project.RedactError(err))
			}
			return atlasSet(s.out, rep)
		},
	}
	f.bindProject(cmd.Flags())
	f.bindDB(cmd.Flags())
	f.bindDir(cmd.Flags())
	return cmd
}

// newMigrateImport converts a directory into another format.
func newMigrateImport(s streams) *cobra.Command {
	var from, to, fromFormat, toFormat string
	cmd := &cobra.Command{
		Use:     "import --from DIR --to DIR",
		Short:   "Convert a migration directory of another tool, ways down included",
		Example: "  plinth migrate import --from 'file://db/migrate?format=goose' --to file://migrations",
		Args:    maximumArgs(0),
		RunE: func(*cobra.Command, []string) error {
			if from == "" || to == "" {
				return usagef("import needs --from and --to")
			}
			src, err := openDir(&project.Env{Migration: project.Migration{Dir: from, Format: fromFormat}}, false)
			if err != nil {
				return err
			}
			dst, err := openDir(&project.Env{Migration: project.Migration{Dir: to, Format: first(toFormat, migration.FormatGolangMigrate)}}, true)
			if err != nil {
				return err
			}
			names, err := migration.Import(src, dst)
			if err != nil {
				return exit(ExitUsage, err)
			}
			if len(names) == 0 {
				fmt.Fprintf(s.out, "nothing to import: %s has no migrations of format %s\n", src.Path(), src.Format())
				return nil
			}
			fmt.Fprintf(s.out, "imported %s from %s into %s\n", count(len(names), "file"), src.Format(), dst.Format())
			return nil
		},
	}
	set := cmd.Flags()
	set.StringVar(&from, "from", "", "directory to read; its format after ?format=")
	set.StringVar(&to, "to", "", "empty directory to write")
	set.StringVar(&fromFormat, "dir-format", "", "format of --from (default: as its files look)")
	set.StringVar(&toFormat, "to-format", "", "format of --to (default "+migration.FormatGolangMigrate+")")
	return cmd
}

// newMigrateRebase renumbers what a branch added.
func newMigrateRebase(s streams) *cobra.Command {
	var (
		f    projectFlags
		base string
	)
	cmd := &cobra.Command{
		Use:   "rebase [FILE…]",
		Short: "Renumber migrations to come last, after another branch was merged, and hash again",
		Long: "Give the named migrations, or those that the git revision --base does not have, new versions after all\n" +
			"others and write the checksum file anew.",
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
			if len(args) == 0 {
				if args, err = notInBase(cmd.Context(), d, first(base, "origin/HEAD")); err != nil {
					return err
				}
			}
			renames, err := migration.Rebase(d, args)
			if err != nil {
				return exit(ExitUsage, err)
			}
			for _, r := range renames {
				fmt.Fprintf(s.out, "%s -> %s\n", r.From, r.To)
			}
			fmt.Fprintf(s.out, "hashed %s\n", d.Path())
			return nil
		},
	}
	f.bindProject(cmd.Flags())
	f.bindDir(cmd.Flags())
	cmd.Flags().StringVar(&base, "base", "", "git revision whose migrations come first (default origin/HEAD)")
	return cmd
}

// notInBase asks git which files of the directory a revision has.
func notInBase(ctx context.Context, d *migration.Dir, base string) ([]string, error) {
	git := exec.CommandContext(ctx, "git", "ls-tree", "-r", "--name-only", base, "--", ".")
	git.Dir = d.Path()
	git.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0")
	out, err := git.Output()
	if err != nil {
		return nil, usagef("asking git for the migrations of %q: %w; name the files to renumber, or give --base", base, err)
	}
	names, err := d.NotIn(strings.Split(strings.TrimSpace(string(out)), "\n"))
	if err != nil {
		return nil, exit(ExitUsage, err)
	}
	return names, nil
}
