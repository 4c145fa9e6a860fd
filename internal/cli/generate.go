package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/codegen"
	"github.com/plinth-go/plinth/internal/entload"
)

func newGenerate(s streams) *cobra.Command {
	var o codegen.Options
	cmd := &cobra.Command{
		Use:   "generate [SCHEMA_DIR]",
		Short: "Generate the typed client, migrate/schema.sql and the repositories from the Ent schema",
		Long: `Runs Ent's code generator with plinth's extension on a schema package (default ./schema, else ent/schema) and
skips it when neither the schema nor a generated file has changed. In ent/generate.go:

	//go:generate go run github.com/plinth-go/plinth/cmd/plinth generate ./schema`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			start := time.Now()
			o.Schema = defaultSchemaDir(args)
			r, err := codegen.Run(cmd.Context(), o)
			if err != nil {
				return projectError(err)
			}
			did := "generated"
			if r.Skipped {
				did = "unchanged:"
			}
			fmt.Fprintf(s.err, "%s %d files  %s\n", did, r.Files, time.Since(start).Round(10*time.Millisecond))
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Target, "target", "", "directory to write to (default: the parent of SCHEMA_DIR)")
	f.StringVar(&o.Package, "package", "", "import path of the target (default: as its module says)")
	f.StringVar(&o.Header, "header", "", "first line of each generated file")
	f.StringVar(&o.IDType, "idtype", "int", "type of ids that no field declares: int, int64, uint, uint64 or string")
	f.StringSliceVar(&o.Features, "feature", nil, "Ent features to switch on, for instance sql/upsert")
	f.StringSliceVar(&o.Templates, "template", nil, "more templates: dir=PATH, file=PATH or glob=PATTERN")
	f.StringVar(&o.Dialect, "dialect", "postgres", "dialect of migrate/schema.sql: postgres or sqlite3")
	f.StringVar(&o.Repositories, "repositories", "", `where the repositories go, relative to the target (default: ../internal/repository; "off": nowhere)`)
	f.StringVar(&o.CacheDir, "cache-dir", "", `where to keep what loading told (default: the user's cache directory; "off": nowhere)`)
	f.BoolVar(&o.Force, "force", false, "generate although nothing has changed")
	return cmd
}

// defaultSchemaDir is the schema package given, or the usual places.
func defaultSchemaDir(args []string) string {
	if len(args) > 0 {
		return strings.TrimPrefix(args[0], "ent://")
	}
	for _, d := range []string{"ent/schema", "schema"} {
		if isDir(d) {
			return d
		}
	}
	return "ent/schema"
}

// projectError gives exit 2 to what is the user's to mend: a schema that does not load, a wrong annotation.
func projectError(err error) error {
	var one *entload.Error
	var many entload.Problems
	if errors.As(err, &one) || errors.As(err, &many) {
		return exit(ExitUsage, err)
	}
	return err
}
