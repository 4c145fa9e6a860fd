package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/project"
)

// newMigrateDown undoes migrations.
func newMigrateDown(s streams) *cobra.Command {
	var (
		f    projectFlags
		opts migration.DownOptions
	)
	cmd := &cobra.Command{
		Use:   "down [AMOUNT]",
		Short: "Undo the last migration, the last AMOUNT, or all after --to VERSION",
		Long: "Undo migrations by their down files, newest first. Where that would destroy data, the rows and values are\n" +
			"counted and nothing happens until you agree with --consent and the printed hash.",
		Args: maximumArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := amount(args)
			if err != nil {
				return err
			}
			opts.Amount = n
			f.warn = warner(s)
			return eachEnv(cmd.Context(), &f, func(e *project.Env) error {
				return migrateDown(cmd.Context(), s, &f, e, opts)
			})
		},
	}
	set := cmd.Flags()
	f.bindProject(set)
	f.bindDB(set)
	f.bindDir(set)
	f.bindFormat(set)
	set.StringVar(&opts.To, "to", "", "version to come back to, which stays applied; 0 undoes everything")
	set.StringVar(&opts.TxMode, "tx-mode", migration.TxFile, "transactions: file (one each), all (one for all) or none")
	set.BoolVar(&opts.DryRun, "dry-run", false, "print what would run and what would be lost; change nothing")
	set.StringVar(&opts.Consent, "consent", "", "hash of the plan whose loss of data you agree to")
	set.DurationVar(&opts.LockTimeout, "lock-timeout", 10*time.Second, "how long to wait while another process migrates")
	set.DurationVar(&opts.StmtLockTimeout, "ddl-lock-timeout", 3*time.Second, "lock_timeout of files that set none; 0 leaves the server's")
	set.IntVar(&opts.Retries, "retries", 5, "attempts after a lock timeout, with growing pauses")
	return cmd
}

func migrateDown(ctx context.Context, s streams, f *projectFlags, e *project.Env, opts migration.DownOptions) error {
	switch opts.TxMode {
	case migration.TxFile, migration.TxAll, migration.TxNone:
	default:
		return usagef("unknown tx-mode %q; use file, all or none", opts.TxMode)
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
	format := first(f.format, e.Format.Down)
	opts.Operator = operator
	if isText(format) {
		opts.Log = progress(s.err)
	}
	rep, err := t.Down(ctx, d, opts)
	rep.Env = reportEnv(u, d)
	rep.Error = project.Redact(rep.Error)
	var consent *migration.ConsentError
	if errors.As(err, &consent) {
		printLosses(s.err, consent.Plan)
	} else if opts.DryRun && err == nil {
		plan, perr := t.PlanDown(ctx, d, opts)
		if perr == nil && len(plan.Losses) > 0 {
			printLosses(s.err, plan)
		}
	}
	if !isText(format) {
		if rerr := render(s.out, format, rep); rerr != nil && err == nil {
			return rerr
		}
		return downExit(d, err)
	}
	downText(s.out, rep, u, err)
	return downExit(d, err)
}

// downExit is migrateExit, but what a down refuses before it began is the user's to settle.
func downExit(d *migration.Dir, err error) error {
	var stmt *migration.StmtExecError
	if coded := migrateExit(d, err); err == nil || errors.As(err, &stmt) {
		return coded
	} else if e := (*exitError)(nil); errors.As(coded, &e) && e.code != ExitFailure {
		return coded
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return exit(ExitFailure, err)
	}
	return exit(ExitUsage, project.RedactError(err))
}

func printLosses(w io.Writer, p *migration.DownPlan) {
	fmt.Fprintln(w, "going down destroys data:")
	for _, l := range p.Losses {
		where := l.File
		if l.Line > 0 {
			where = fmt.Sprintf("%s:%d", l.File, l.Line)
		}
		fmt.Fprintf(w, "  %s  (%s)\n", l, where)
	}
	fmt.Fprintf(w, "to agree: --consent %s\n", p.Hash)
}

func downText(w io.Writer, rep *migration.DownReport, u *project.URL, err error) {
	took := rep.End.Sub(rep.Start).Round(time.Millisecond)
	switch {
	case err != nil && len(rep.Reverted) > 0:
		fmt.Fprintf(w, "stopped in %s; what ran is in: plinth migrate status\n", rep.Reverted[len(rep.Reverted)-1].Name())
	case err != nil:
	case rep.Total == 0:
		fmt.Fprintln(w, "nothing to undo: no migration is applied")
	case rep.DryRun:
		fmt.Fprintf(w, "-- would undo %s on %s\n", count(rep.Total, "migration"), u)
		for i, f := range rep.Reverted {
			fmt.Fprintf(w, "\n-- %s\n", rep.Planned[i].Name())
			for _, st := range f.Applied {
				fmt.Fprintln(w, st)
			}
		}
	default:
		fmt.Fprintf(w, "undid %s in %s; now at %s\n", count(len(rep.Reverted), "migration"), took,
			first(rep.Target, "the empty database"))
	}
}
