package cli

import (
	"errors"
	"fmt"
	"time"

	"ariga.io/atlas/sql/migrate"
	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/project"
)

func atlasHashCmd(g *atlasGlobal) *cobra.Command {
	var dir atlasDir
	cmd := &cobra.Command{
		Use: "hash [flags]", Short: "Hash (re-)creates an integrity hash file for the migration directory.", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := g.one(cmd)
			if err != nil {
				return err
			}
			d, err := dir.open(g, cmd, e, false, false)
			if err != nil {
				return err
			}
			return d.Hash()
		},
	}
	dir.bind(cmd.Flags())
	cmd.Flags().Bool("force", false, "")
	_ = cmd.Flags().MarkHidden("force")
	return cmd
}

func atlasNewCmd(g *atlasGlobal) *cobra.Command {
	var (
		dir  atlasDir
		edit bool
	)
	cmd := &cobra.Command{
		Use: "new [flags] [name]", Short: "Creates a new empty migration file in the migration directory.", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := g.one(cmd)
			if err != nil {
				return err
			}
			d, err := dir.open(g, cmd, e, true, true)
			if err != nil {
				return err
			}
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			names, err := writeLibrary(d, &migrate.Plan{Name: name}, "", "")
			if err != nil || !edit {
				return err
			}
			return editFiles(g.streams, d, names)
		},
	}
	dir.bind(cmd.Flags())
	cmd.Flags().BoolVar(&edit, "edit", false, "edit the created migration file(s)")
	return cmd
}

func atlasSetCmd(g *atlasGlobal) *cobra.Command {
	var (
		dir atlasDir
		db  atlasDB
	)
	cmd := &cobra.Command{
		Use: "set [flags] [version]", Short: "Set the current version of the migration history table.", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := g.one(cmd)
			if err != nil {
				return err
			}
			d, err := dir.open(g, cmd, e, false, true)
			if err != nil {
				return err
			}
			t, _, err := db.open(cmd, e)
			if err != nil {
				return err
			}
			defer t.DB.Close()
			version := ""
			if len(args) > 0 {
				version = args[0]
			}
			rep, err := t.Set(cmd.Context(), d, version, atlasOperator)
			if err != nil {
				return err
			}
			return atlasSet(g.out, rep)
		},
	}
	db.bind(cmd.Flags())
	dir.bind(cmd.Flags())
	return cmd
}

func atlasValidateCmd(g *atlasGlobal) *cobra.Command {
	var (
		dir atlasDir
		dev string
	)
	cmd := &cobra.Command{
		Use: "validate [flags]", Short: "Validates the migration directories checksum and SQL statements.", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := g.one(cmd)
			if err != nil {
				return err
			}
			d, err := dir.open(g, cmd, e, false, true)
			if err != nil {
				return err
			}
			raw := pick(cmd, "dev-url", dev, e.Dev)
			if raw == "" {
				return nil
			}
			c, err := openAtlasClient(cmd.Context(), e, raw)
			if err != nil {
				return err
			}
			defer c.Close()
			if _, err := c.replay(cmd.Context(), d, "", nil, nil); err != nil {
				return fmt.Errorf("replaying the migration directory: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dev, "dev-url", "", "[driver://username:password@address/dbname?param=value] select a dev database using the URL format")
	dir.bind(cmd.Flags())
	return cmd
}

func atlasImportCmd(g *atlasGlobal) *cobra.Command {
	var from, to, format string
	cmd := &cobra.Command{
		Use: "import [flags]", Short: "Import a migration directory from another migration management tool to the Atlas format.", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			src, err := openAtlasDir(&project.Env{Migration: project.Migration{Dir: from, Format: format}}, false)
			if err != nil {
				return err
			}
			if src.Format() == migration.FormatAtlas {
				return fmt.Errorf("cannot import a migration directory already in %q format", migration.FormatAtlas)
			}
			if err := src.Validate(); err != nil && !errors.Is(err, migrate.ErrChecksumNotFound) {
				printChecksum(g, err)
				return err
			}
			dst, err := openAtlasDir(&project.Env{Migration: project.Migration{Dir: to, Format: migration.FormatAtlas}}, true)
			if err != nil {
				return err
			}
			names, err := migration.Import(src, dst)
			if err == nil && len(names) == 0 {
				fmt.Fprint(g.out, "nothing to import")
			}
			return err
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVar(&from, "from", "file://migrations", "select migration directory using URL format")
	set.StringVar(&to, "to", "file://migrations", "select migration directory using URL format")
	set.StringVar(&format, "dir-format", "atlas", "select migration file format")
	return cmd
}

func atlasRebaseCmd(g *atlasGlobal) *cobra.Command {
	var dir atlasDir
	cmd := &cobra.Command{
		Use: "rebase [flags] [files]", Short: "Rebase one or more migration files on top of all other files.",
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := g.one(cmd)
			if err != nil {
				return err
			}
			d, err := dir.open(g, cmd, e, false, false)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return errors.New("requires at least 1 arg(s), only received 0")
			}
			_, err = migration.Rebase(d, args)
			return err
		},
	}
	dir.bind(cmd.Flags())
	return cmd
}

func atlasLsCmd(g *atlasGlobal) *cobra.Command {
	var (
		dir           atlasDir
		short, latest bool
	)
	cmd := &cobra.Command{
		Use: "ls [flags]", Short: "List the files of the migration directory.", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := g.one(cmd)
			if err != nil {
				return err
			}
			d, err := dir.open(g, cmd, e, false, false)
			if err != nil {
				return err
			}
			files, err := d.List()
			if err != nil {
				return err
			}
			if latest && len(files) > 0 {
				files = files[len(files)-1:]
			}
			for _, f := range files {
				if short {
					fmt.Fprintln(g.out, f.Version())
				} else {
					fmt.Fprintln(g.out, f.Name())
				}
			}
			return nil
		},
	}
	dir.bind(cmd.Flags())
	cmd.Flags().BoolVarP(&short, "short", "s", false, "print only the migration version")
	cmd.Flags().BoolVarP(&latest, "latest", "l", false, "print only the latest migration file")
	return cmd
}

// version of a file for the library's templates: never the same twice.
func nextVersion(d *migration.Dir) (string, error) {
	list, err := d.List()
	if err != nil {
		return "", err
	}
	v := time.Now().UTC().Truncate(time.Second)
	for _, f := range list {
		if t, err := time.Parse("20060102150405", f.Version()); err == nil && !v.After(t) {
			v = t.Add(time.Second)
		}
	}
	return v.Format("20060102150405"), nil
}
