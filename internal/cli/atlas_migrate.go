package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/project"
)

func atlasApplyCmd(g *atlasGlobal) *cobra.Command {
	var (
		dir    atlasDir
		db     atlasDB
		opts   migration.ApplyOptions
		format string
	)
	cmd := &cobra.Command{
		Use: "apply [flags] [amount]", Short: "Applies pending migration files on the connected database.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				n, err := strconv.Atoi(args[0])
				if err != nil {
					return err
				}
				if n < 1 {
					return fmt.Errorf("cannot apply '%d' migration files", n)
				}
				opts.Amount = n
			}
			envs, err := g.envs(cmd)
			if err != nil {
				return err
			}
			for i, e := range envs {
				if err := atlasApplyRun(g, cmd, e, &dir, &db, opts, pick(cmd, "format", format, e.Format.Apply), i < len(envs)-1); err != nil {
					return err
				}
			}
			return nil
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	db.bind(set)
	dir.bind(set)
	addLog(set, &format)
	set.BoolVar(&opts.DryRun, "dry-run", false, "print SQL without executing it")
	addLockTimeout(set, &opts.LockTimeout)
	set.StringVar(&opts.LockName, "lock-name", migration.LockExecute, "set the name of the database lock")
	set.StringVar(&opts.Baseline, "baseline", "", "start the first migration after the given baseline version")
	set.StringVar(&opts.TxMode, "tx-mode", migration.TxFile, "set transaction mode [none, file, all]")
	set.StringVar(&opts.Order, "exec-order", migration.OrderLinear, "set file execution order [linear, linear-skip, non-linear]")
	set.StringVar(&opts.To, "to-version", "", "apply migrations up to and including the given version")
	set.String("context", "", "describes what triggered this command (e.g., GitHub Action)")
	_ = set.MarkHidden("context")
	set.BoolVar(&opts.AllowDirty, "allow-dirty", false, "allow start working on a non-clean database")
	cmd.MarkFlagsMutuallyExclusive("log", "format")
	return cmd
}

func atlasApplyRun(g *atlasGlobal, cmd *cobra.Command, e *project.Env, dir *atlasDir, db *atlasDB, opts migration.ApplyOptions, format string, more bool) error {
	tmpl := atlasApply(g.out)
	if format != "" {
		t, err := template.New("format").Funcs(templateFuncs(g.out)).Parse(format)
		if err != nil {
			return fmt.Errorf("parse format: %w", err)
		}
		tmpl = t
	}
	d, err := dir.open(g, cmd, e, false, true)
	if err != nil {
		return err
	}
	opts.Order = pick(cmd, "exec-order", opts.Order, e.Migration.ExecOrder)
	opts.TxMode = pick(cmd, "tx-mode", opts.TxMode, e.Migration.TxMode)
	opts.Baseline = pick(cmd, "baseline", opts.Baseline, e.Migration.Baseline)
	if opts.LockTimeout, err = lockTimeout(cmd, opts.LockTimeout, e); err != nil {
		return err
	}
	switch opts.TxMode {
	case migration.TxFile, migration.TxAll, migration.TxNone:
	default:
		return fmt.Errorf("unknown tx-mode %q", opts.TxMode)
	}
	switch opts.Order {
	case migration.OrderLinear, migration.OrderLinearSkip, migration.OrderNonLinear:
	default:
		return fmt.Errorf("unknown execution order: %q", opts.Order)
	}
	t, u, err := db.open(cmd, e)
	if err != nil {
		return err
	}
	defer t.DB.Close()
	opts.Operator, opts.AnyState = atlasOperator, opts.DryRun
	rep, err := t.Apply(cmd.Context(), d, opts)
	rep.Env = dir.env(u, d, cmd, e)
	if err != nil && len(rep.Pending) == 0 {
		// Planning failed: there is nothing to report on.
		return err
	}
	if err != nil {
		rep.Error = project.Redact(atlasText(err))
		for _, f := range rep.Applied {
			if f.Error != nil && f.Error.Text != "" {
				f.Error.Text = driverText(errors.New(f.Error.Text))
			}
		}
	}
	var b strings.Builder
	if terr := tmpl.Execute(&b, rep); terr != nil {
		return fmt.Errorf("execute log template: %w", terr)
	}
	fmt.Fprint(g.out, b.String())
	if format != "" && more && !strings.HasSuffix(b.String(), "\n") {
		fmt.Fprintln(g.out)
	}
	if err != nil && format != "" {
		return &silent{err}
	}
	return err
}

func atlasDownCmd(g *atlasGlobal) *cobra.Command {
	var (
		dir         atlasDir
		db          atlasDB
		opts        migration.DownOptions
		format, dev string
		tag         string
	)
	cmd := &cobra.Command{
		Use: "down [flags] [amount]", Short: "Reverting applied migration files from the database",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				n, err := strconv.Atoi(args[0])
				if err != nil {
					return err
				}
				if n < 1 {
					return fmt.Errorf("cannot revert '%d' migration files", n)
				}
				opts.Amount = n
			}
			if tag != "" {
				return errors.New("--to-tag is not supported: it needs the vendor's registry; use --to-version")
			}
			e, err := g.one(cmd)
			if err != nil {
				return err
			}
			format := pick(cmd, "format", format, e.Format.Down)
			tmpl := atlasDown(g.out)
			if format != "" {
				if tmpl, err = template.New("format").Funcs(templateFuncs(g.out)).Parse(format); err != nil {
					return fmt.Errorf("parse format: %w", err)
				}
			}
			d, err := dir.open(g, cmd, e, false, true)
			if err != nil {
				return err
			}
			if opts.LockTimeout, err = lockTimeout(cmd, opts.LockTimeout, e); err != nil {
				return err
			}
			t, u, err := db.open(cmd, e)
			if err != nil {
				return err
			}
			defer t.DB.Close()
			opts.Operator = atlasOperator
			rep, err := t.Down(cmd.Context(), d, opts)
			rep.Env = dir.env(u, d, cmd, e)
			if err != nil {
				rep.Error = project.Redact(atlasText(err))
			}
			var consent *migration.ConsentError
			if errors.As(err, &consent) {
				printLosses(g.err, consent.Plan)
				return err
			}
			if terr := tmpl.Execute(g.out, rep); terr != nil {
				return fmt.Errorf("execute log template: %w", terr)
			}
			if err != nil && format != "" {
				return &silent{err}
			}
			return err
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	db.bind(set)
	dir.bind(set)
	addLog(set, &format)
	set.StringVar(&dev, "dev-url", "", "[driver://username:password@address/dbname?param=value] select a dev database using the URL format")
	set.StringVar(&opts.To, "to-version", "", "to which version to revert")
	set.StringVar(&tag, "to-tag", "", "to which tag to revert")
	set.BoolVar(&opts.DryRun, "dry-run", false, "print SQL without executing it")
	set.StringVar(&opts.Consent, "consent", "", "hash of the plan whose loss of data is agreed to")
	set.StringVar(&opts.TxMode, "tx-mode", migration.TxFile, "set transaction mode [none, file, all]")
	addLockTimeout(set, &opts.LockTimeout)
	set.String("context", "", "describes what triggered this command (e.g., GitHub Action)")
	_ = set.MarkHidden("context")
	return cmd
}

func atlasStatusCmd(g *atlasGlobal) *cobra.Command {
	var (
		dir    atlasDir
		db     atlasDB
		format string
	)
	cmd := &cobra.Command{
		Use: "status [flags]", Short: "Get information about the current migration status.", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := g.one(cmd)
			if err != nil {
				return err
			}
			d, err := dir.open(g, cmd, e, false, true)
			if err != nil {
				return err
			}
			t, u, err := db.open(cmd, e)
			if err != nil {
				return err
			}
			defer t.DB.Close()
			rep, err := t.Status(cmd.Context(), d)
			if err != nil {
				return err
			}
			rep.Env = dir.env(u, d, cmd, e)
			if f := pick(cmd, "format", format, e.Format.Status); f != "" {
				t, err := template.New("format").Funcs(templateFuncs(g.out)).Parse(f)
				if err != nil {
					return fmt.Errorf("parse format: %w", err)
				}
				return t.Execute(g.out, rep)
			}
			return atlasStatus(g.out).Execute(g.out, rep)
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	db.bind(set)
	addLog(set, &format)
	dir.bind(set)
	cmd.MarkFlagsMutuallyExclusive("log", "format")
	return cmd
}
