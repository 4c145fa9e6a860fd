package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/migration"
)

// atlasTestCmd is 'migrate test', which the community build does not have.
func atlasTestCmd(g *atlasGlobal) *cobra.Command {
	var (
		dir                 atlasDir
		dev, run, revisions string
	)
	cmd := &cobra.Command{
		Use: "test [flags] [paths]", Short: "Run migration tests against the migration directory.",
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := g.one(cmd)
			if err != nil {
				return err
			}
			env := *e
			env.Dev = pick(cmd, "dev-url", dev, e.Dev)
			if err := required("dev-url", env.Dev); err != nil {
				return err
			}
			d, err := dir.open(g, cmd, e, false, true)
			if err != nil {
				return err
			}
			cases, err := testCases(&env, args, run, g.vars)
			if err != nil {
				return err
			}
			start := time.Now()
			failed, err := runTests(cmd.Context(), g.streams, &env, d, cases, atlasTestText)
			if err != nil {
				return err
			}
			if failed > 0 {
				fmt.Fprintf(g.out, "FAIL (%s)\n", time.Since(start))
				return &silent{errors.New("tests failed")}
			}
			fmt.Fprintln(g.out, "PASS")
			return nil
		},
	}
	set := cmd.Flags()
	set.StringVar(&dev, "dev-url", "", "[driver://username:password@address/dbname?param=value] select a dev database using the URL format")
	dir.bind(set)
	set.StringVar(&run, "run", "", "run only tests matching regexp")
	set.StringVar(&revisions, "revisions-schema", "", "name of the schema the revisions table resides in")
	set.String("context", "", "describes what triggered this command (e.g., GitHub Action)")
	_ = set.MarkHidden("context")
	return cmd
}

func atlasTestText(s streams, c migration.TestCase, took time.Duration, err error) {
	switch {
	case c.Skip:
		fmt.Fprintf(s.out, "-- SKIP: %s\n", c.Name)
	case err != nil:
		fmt.Fprintf(s.out, "-- FAIL: %s (%s)\n    %s\n", c.Name, took, strings.ReplaceAll(err.Error(), "\n", "\n    "))
	default:
		fmt.Fprintf(s.out, "-- PASS: %s (%s)\n", c.Name, took)
	}
}

// atlasCheckpointCmd is 'migrate checkpoint', which the community build does not have.
func atlasCheckpointCmd(g *atlasGlobal) *cobra.Command {
	var (
		dir atlasDir
		dev string
		tag string
	)
	cmd := &cobra.Command{
		Use: "checkpoint [flags] [tag]", Short: "Generate a checkpoint file representing the state of the migration directory.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := g.one(cmd)
			if err != nil {
				return err
			}
			dev := pick(cmd, "dev-url", dev, e.Dev)
			if err := required("dev-url", dev); err != nil {
				return err
			}
			d, err := dir.open(g, cmd, e, false, true)
			if err != nil {
				return err
			}
			if !d.Checkpoints() {
				return fmt.Errorf("checkpoint is not supported by %s directories; use: plinth migrate squash", d.Format())
			}
			env := *e
			env.Dev, env.Migration.Dir, env.Migration.Format = dev, d.Path(), d.Format()
			files, err := foldable(d, "")
			if err != nil {
				return err
			}
			want, err := replayed(cmd.Context(), &env, d, files[len(files)-1].Version())
			if err != nil {
				return err
			}
			f, _, err := foldFiles(cmd.Context(), &env, d, files, want)
			if err != nil {
				return err
			}
			f.Name = "checkpoint"
			if len(args) > 0 {
				tag = args[0]
			}
			if tag != "" {
				f.Name = "checkpoint_" + tag
			}
			_, err = d.Fold(files, f)
			return err
		},
	}
	set := cmd.Flags()
	set.StringVar(&dev, "dev-url", "", "[driver://username:password@address/dbname?param=value] select a dev database using the URL format")
	dir.bind(set)
	return cmd
}
