package cli

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/entload"
	"github.com/plinth-go/plinth/internal/erd"
	"github.com/plinth-go/plinth/internal/inspect"
	"github.com/plinth-go/plinth/internal/project"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

func newERD(s streams) *cobra.Command {
	var url, out, format, dialect string
	cmd := &cobra.Command{
		Use:   "erd [SOURCE]",
		Short: "The entity-relationship diagram as text, Mermaid, DBML, DOT or SVG",
		Long: `Draws the tables, keys and relationships of SOURCE: the directory of an Ent schema (default ent/schema), a requirements
file (.yaml or .dbml), or the URL of a database. The format follows the file's ending with -o (.txt, .mmd, .md, .dbml, .dot,
.gv, .svg), and is text otherwise.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format == "" {
				format = formatOf(out)
			}
			render, ok := erd.Formats[format]
			if !ok {
				return usagef("unknown format %q; one of %s", format, strings.Join(erd.Names, ", "))
			}
			source := url
			if len(args) > 0 {
				if url != "" {
					return usagef("give either SOURCE or --url")
				}
				source = args[0]
			}
			g, err := graphOf(cmd.Context(), source, dialect, s.in)
			if err != nil {
				return err
			}
			if out == "" || out == "-" {
				return render(s.out, g)
			}
			var b bytes.Buffer
			if strings.HasSuffix(out, ".md") && format == "mermaid" {
				b.WriteString("```mermaid\n")
			}
			if err := render(&b, g); err != nil {
				return err
			}
			if strings.HasSuffix(out, ".md") && format == "mermaid" {
				b.WriteString("```\n")
			}
			if err := replaceFile(out, b.Bytes()); err != nil {
				return fmt.Errorf("writing the diagram: %w", err)
			}
			fmt.Fprintf(s.err, "wrote %s: %d tables\n", out, len(g.Tables()))
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&url, "url", "", "URL of a database (the same as SOURCE)")
	f.StringVarP(&out, "output", "o", "", "file to write (default: standard output)")
	f.StringVar(&format, "format", "", strings.Join(erd.Names, ", "))
	f.StringVar(&dialect, "dialect", "postgres", "dialect of an Ent schema: postgres or sqlite")
	return cmd
}

// formatOf is the format that a file's ending asks for.
func formatOf(file string) string {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".mmd", ".mermaid", ".md":
		return "mermaid"
	case ".dbml":
		return "dbml"
	case ".dot", ".gv":
		return "dot"
	case ".svg":
		return "svg"
	}
	return "text"
}

// graphOf reads the design of an Ent schema, a requirements file or a database.
func graphOf(ctx context.Context, source, dialect string, stdin io.Reader) (*schemagraph.Graph, error) {
	switch ext := strings.ToLower(filepath.Ext(source)); {
	case source == "-" || ext == ".yaml" || ext == ".yml" || ext == ".dbml":
		d, err := readDesign(source, stdin)
		if err != nil {
			return nil, exit(ExitUsage, err)
		}
		return d.Graph(), nil
	case strings.Contains(source, "://") && !strings.HasPrefix(source, "ent://"):
		g, err := databaseGraph(ctx, source)
		if err != nil {
			return nil, exit(ExitUsage, err)
		}
		return g, nil
	}
	if dialect == "sqlite" {
		dialect = schemagraph.SQLite
	}
	var args []string
	if source != "" {
		args = []string{source}
	}
	g, err := entload.LoadDesign(ctx, entload.Options{Path: defaultSchemaDir(args), Dialect: dialect})
	if err != nil {
		return nil, projectError(err)
	}
	return g.Graph, nil
}

// databaseGraph reads a database's design. Errors never show a password.
func databaseGraph(ctx context.Context, raw string) (*schemagraph.Graph, error) {
	u, err := project.ParseURL(raw)
	if err != nil {
		return nil, err
	}
	if !u.IsDB() {
		return nil, fmt.Errorf("%s is no database; use postgres://… or sqlite://…", u)
	}
	db, err := sql.Open(u.Driver(), u.DSN)
	if err != nil {
		return nil, project.RedactError(fmt.Errorf("opening database %s: %w", u, err))
	}
	defer db.Close()
	ping, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := db.PingContext(ping); err != nil {
		return nil, project.RedactError(fmt.Errorf("connecting to %s: %w", u, err))
	}
	o := inspect.Options{Dialect: schemagraph.Postgres, NoCompanions: true}
	if u.Kind == "sqlite3" {
		o.Dialect = schemagraph.SQLite
	} else if u.Schema != "" {
		o.Schemas = []string{u.Schema}
	}
	g, err := inspect.Database(ctx, db, o)
	if err != nil {
		return nil, project.RedactError(err)
	}
	return g, nil
}
