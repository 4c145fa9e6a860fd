package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/project"
)

// newMigrateApply runs pending migrations.
func newMigrateApply(s streams) *cobra.Command {
	var (
		f    projectFlags
		opts migration.ApplyOptions
	)
	cmd := &cobra.Command{
		Use:   "apply [AMOUNT]",
		Short: "Run the pending migrations, all or the next AMOUNT",
		Example: "  plinth migrate apply --env prod --dry-run\n" +
			"  plinth migrate apply --url 'postgres://app@db/shop?sslmode=require' --to 20261201093000",
		Args: maximumArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := amount(args)
			if err != nil {
				return err
			}
			opts.Amount = n
			f.warn = warner(s)
			return eachEnv(cmd.Context(), &f, func(e *project.Env) error {
				return migrateApply(cmd.Context(), s, &f, e, opts, cmd)
			})
		},
	}
	set := cmd.Flags()
	f.bindProject(set)
	f.bindDB(set)
	f.bindDir(set)
	f.bindFormat(set)
	set.StringVar(&opts.To, "to", "", "last version to run")
	set.StringVar(&opts.TxMode, "tx-mode", "", "transactions: file (one each, default), all (one for all) or none")
	set.StringVar(&opts.Order, "exec-order", "", "files added out of order: linear (refuse, default), linear-skip or non-linear")
	set.StringVar(&opts.Baseline, "baseline", "", "version a database without history is at")
	set.BoolVar(&opts.AllowDirty, "allow-dirty", false, "start on a database that is not empty")
	set.BoolVar(&opts.DryRun, "dry-run", false, "print what would run; change nothing")
	set.DurationVar(&f.lockTimeout, "lock-timeout", 10*time.Second, "how long to wait while another process migrates")
	set.DurationVar(&opts.StmtLockTimeout, "ddl-lock-timeout", 3*time.Second, "lock_timeout of files that set none; 0 leaves the server's")
	set.DurationVar(&opts.StmtTimeout, "statement-timeout", 0, "statement_timeout of every file; 0 leaves the server's")
	set.IntVar(&opts.Retries, "retries", 5, "attempts after a lock timeout, with growing pauses")
	return cmd
}

func maximumArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return usagef("%s takes at most %d argument(s), got %d", cmd.CommandPath(), n, len(args))
		}
		return nil
	}
}

func amount(args []string) (int, error) {
	if len(args) == 0 {
		return 0, nil
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 {
		return 0, usagef("%q is not a number of migrations", args[0])
	}
	return n, nil
}

func warner(s streams) func(string) {
	return func(text string) { fmt.Fprintln(s.err, "warning:", text) }
}

// eachEnv runs a command on every environment of the name, one after the other, and stops at the first failure.
func eachEnv(ctx context.Context, f *projectFlags, run func(*project.Env) error) error {
	if err := checkFormat(f.format); err != nil {
		return err
	}
	envs, err := f.envs(ctx)
	if err != nil {
		return err
	}
	for _, e := range envs {
		if err := run(e); err != nil {
			return err
		}
	}
	return nil
}

func migrateApply(ctx context.Context, s streams, f *projectFlags, e *project.Env, opts migration.ApplyOptions, cmd *cobra.Command) error {
	if err := applySettings(f, e, &opts, cmd.Flags().Changed("lock-timeout")); err != nil {
		return err
	}
	d, err := openDir(e, false)
	if err != nil {
		return err
	}
	t, u, err := openTarget(ctx, e)
	if err != nil {
		return err
	}
	defer t.DB.Close()
	format := first(f.format, e.Format.Apply)
	opts.Operator = operator
	if isText(format) {
		opts.Log = progress(s.err)
	}
	rep, err := t.Apply(ctx, d, opts)
	rep.Env = reportEnv(u, d)
	rep.Error = project.Redact(rep.Error)
	if !isText(format) {
		if rerr := render(s.out, format, rep); rerr != nil && err == nil {
			return rerr
		}
		return migrateExit(d, err)
	}
	applyText(s.out, rep, u, err)
	return migrateExit(d, err)
}

// applySettings completes the options by the project file and checks their words.
func applySettings(f *projectFlags, e *project.Env, opts *migration.ApplyOptions, lockGiven bool) error {
	m := e.Migration
	opts.TxMode = first(opts.TxMode, m.TxMode, migration.TxFile)
	opts.Order = first(opts.Order, m.ExecOrder, migration.OrderLinear)
	if !opts.AllowDirty {
		opts.Baseline = first(opts.Baseline, m.Baseline)
	}
	opts.LockTimeout = f.lockTimeout
	if !lockGiven && m.LockTimeout != "" {
		d, err := time.ParseDuration(m.LockTimeout)
		if err != nil {
			return usagef("reading lock_timeout of env %q: %w; write it as \"10s\"", e.Name, err)
		}
		opts.LockTimeout = d
	}
	switch opts.TxMode {
	case migration.TxFile, migration.TxAll, migration.TxNone:
	default:
		return usagef("unknown tx-mode %q; use file, all or none", opts.TxMode)
	}
	switch opts.Order {
	case migration.OrderLinear, migration.OrderLinearSkip, migration.OrderNonLinear:
	default:
		return usagef("unknown execution order: %q; use linear, linear-skip or non-linear", opts.Order)
	}
	return nil
}

// progress prints each file as it begins and ends.
func progress(w io.Writer) func(migration.Event) {
	return func(e migration.Event) {
		switch e.Kind {
		case migration.EventFile:
			fmt.Fprintf(w, "  … %s  (%s)\n", e.File.Name(), count(e.Total, "statement"))
		case migration.EventNotice:
			fmt.Fprintf(w, "    %s: %s\n", e.File.Name(), e.Text)
		case migration.EventDone:
			mark := "✓"
			if e.Err != nil {
				mark = "✗"
			}
			fmt.Fprintf(w, "  %s %s  %s\n", mark, e.File.Name(), e.Took.Round(time.Millisecond))
		}
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func applyText(w io.Writer, rep *migration.ApplyReport, u *project.URL, err error) {
	stmts := 0
	for _, f := range rep.Applied {
		stmts += len(f.Applied)
	}
	took := rep.End.Sub(rep.Start).Round(time.Millisecond)
	switch {
	case rep.DryRun && err == nil && len(rep.Pending) > 0:
		fmt.Fprintf(w, "-- would apply %s to %s\n", count(len(rep.Pending), "migration"), u)
		for _, f := range rep.Applied {
			fmt.Fprintf(w, "\n-- %s\n", f.Name())
			for _, s := range f.Applied {
				fmt.Fprintln(w, s)
			}
		}
	case err != nil && len(rep.Pending) > 0:
		done := 0
		for _, f := range rep.Applied {
			if f.Error == nil {
				done++
			}
		}
		fmt.Fprintf(w, "stopped after %d of %s; what ran is in: plinth migrate status\n", done, count(len(rep.Pending), "migration"))
	case err != nil:
	case len(rep.Pending) == 0:
		fmt.Fprintf(w, "nothing to apply: the database is at %s\n", first(rep.Current, "the last version"))
	default:
		fmt.Fprintf(w, "applied %s, %s in %s; now at version %s\n", count(len(rep.Applied), "migration"),
			count(stmts, "statement"), took, rep.Target)
	}
}
