package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/project"
)

// newMigrateStatus compares directory and database.
func newMigrateStatus(s streams) *cobra.Command {
	var (
		f     projectFlags
		check bool
	)
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say which migrations ran, which are pending, and what stopped the last one",
		Args:  maximumArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.warn = warner(s)
			pending := false
			err := eachEnv(cmd.Context(), &f, func(e *project.Env) error {
				rep, err := migrateStatus(cmd.Context(), s, &f, e)
				pending = pending || rep != nil && rep.Status != "OK"
				return err
			})
			if err == nil && check && pending {
				return exit(ExitDiffers, nil)
			}
			return err
		},
	}
	set := cmd.Flags()
	f.bindProject(set)
	f.bindDB(set)
	f.bindDir(set)
	f.bindFormat(set)
	set.BoolVar(&check, "check", false, "exit 5 when migrations are pending")
	return cmd
}

func migrateStatus(ctx context.Context, s streams, f *projectFlags, e *project.Env) (*migration.StatusReport, error) {
	d, err := openDir(e, false)
	if err != nil {
		return nil, err
	}
	t, u, err := openTarget(ctx, e)
	if err != nil {
		return nil, err
	}
	defer t.DB.Close()
	rep, err := t.Status(ctx, d)
	if err != nil {
		return nil, migrateExit(d, err)
	}
	rep.Env = reportEnv(u, d)
	if format := first(f.format, e.Format.Status); !isText(format) {
		return rep, render(s.out, format, rep)
	}
	statusText(s.out, rep, u)
	return rep, nil
}

func statusText(w io.Writer, r *migration.StatusReport, u *project.URL) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-10s"+format+"\n", append([]any{name}, args...)...)
	}
	line("database", "%s", u)
	line("status", "%s", r.Status)
	current := r.Current
	if len(r.Applied) == 0 {
		current = "none"
	}
	if r.Total > 0 {
		current += fmt.Sprintf(", in part: %d of %s ran", r.Count, count(r.Total, "statement"))
	}
	line("current", "%s", current)
	line("applied", "%s", count(len(r.Applied), "migration"))
	line("pending", "%s", count(len(r.Pending), "migration"))
	for _, f := range r.Pending {
		fmt.Fprintf(w, "  %s\n", f.Name())
	}
	if len(r.OutOfOrder) > 0 {
		line("late", "%s added before what ran already; renumber with: plinth migrate rebase", count(len(r.OutOfOrder), "migration"))
		for _, f := range r.OutOfOrder {
			fmt.Fprintf(w, "  %s\n", f.Name())
		}
	}
	if r.Total > 0 {
		fmt.Fprintf(w, "\nthe last attempt stopped:\n")
		if r.SQL != "" {
			fmt.Fprintf(w, "  statement  %s\n", r.SQL)
		}
		fmt.Fprintf(w, "  error      %s\n", first(r.Error, "none was recorded: the process ended in between"))
	}
}
