package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/plinth-go/plinth/internal/project"
)

// atlasScope are the flags that choose schemas and objects.
type atlasScope struct {
	dev              string
	schemas, exclude []string
	include          []string
}

func (f *atlasScope) bind(set *pflag.FlagSet) {
	set.StringVar(&f.dev, "dev-url", "", "[driver://username:password@address/dbname?param=value] select a dev database using the URL format")
	set.StringSliceVarP(&f.schemas, "schema", "s", nil, "set schema names")
	set.StringSliceVar(&f.exclude, "exclude", nil, "list of glob patterns used to filter resources from applying")
	set.StringSliceVar(&f.include, "include", nil, "list of glob patterns used to select which resources to keep")
}

func (f *atlasScope) complete(cmd *cobra.Command, e *project.Env) error {
	if len(f.include) > 0 {
		return errors.New("--include is not supported; use --schema and --exclude")
	}
	f.dev = pick(cmd, "dev-url", f.dev, e.Dev)
	if len(f.schemas) == 0 {
		f.schemas = e.Schemas
	}
	if len(f.exclude) == 0 {
		f.exclude = e.Exclude
	}
	return nil
}

// needsDev says whether a source is read through a dev database.
func needsDev(e *project.Env, urls []string) bool {
	for _, u := range urls {
		if v, err := e.Lookup(u); err == nil {
			if _, ok := e.Documents[v]; ok {
				return true
			}
			if strings.HasPrefix(v, "file://") || strings.HasPrefix(v, "ent://") {
				return true
			}
		}
	}
	return false
}

func (f *atlasScope) openDev(ctx context.Context, e *project.Env, urls ...string) (*atlasClient, error) {
	if f.dev == "" || !needsDev(e, urls) {
		return nil, nil
	}
	return openAtlasClient(ctx, e, f.dev)
}

// schemaFuncs are what the templates of the schema commands can use.
func schemaFuncs(ctx context.Context, out io.Writer, c *atlasClient) template.FuncMap {
	funcs := templateFuncs(out)
	funcs["sql"] = func(v any, indent ...string) (string, error) {
		switch v := v.(type) {
		case *inspected:
			return v.MarshalSQL(indent...)
		case *atlasChangeSet:
			return planText(ctx, c, v.Changes, indent)
		}
		return "", fmt.Errorf("sql: unexpected %T", v)
	}
	funcs["hcl"] = func(v *inspected) (string, error) { return v.MarshalHCL() }
	funcs["mermaid"] = func(v *inspected, _ ...string) (string, error) { return v.mermaid() }
	return funcs
}

// planText is a plan as one text.
func planText(ctx context.Context, c *atlasClient, changes []schema.Change, indent []string) (string, error) {
	if len(indent) > 1 {
		return "", fmt.Errorf("unexpected number of arguments: %d", len(indent))
	}
	p, err := c.PlanChanges(ctx, "plan", changes, func(o *migrate.PlanOptions) {
		o.Mode = migrate.PlanModeDump
		if c.URL.Schema != "" {
			o.SchemaQualifier = new(string)
		}
		if len(indent) > 0 {
			o.Indent = indent[0]
		}
	})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = migrate.DefaultFormatter.FormatTo(p, &b)
	return b.String(), err
}

func atlasInspectCmd(g *atlasGlobal) *cobra.Command {
	var (
		f           atlasScope
		url, format string
	)
	cmd := &cobra.Command{
		Use: "inspect", Short: "Inspect a database and print its schema in Atlas DDL syntax.", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := g.one(cmd)
			if err != nil {
				return err
			}
			e = g.schemaVars(e)
			url := pick(cmd, "url", url, e.URL)
			if err := errors.Join(required("url", url), f.complete(cmd, e)); err != nil {
				return err
			}
			ctx := cmd.Context()
			dev, err := f.openDev(ctx, e, url)
			if err != nil {
				return err
			}
			if dev != nil {
				defer dev.Close()
			}
			st, err := readAtlas(ctx, e, stateSpec{urls: []string{url}, dev: dev, schemas: f.schemas, exclude: f.exclude})
			if err != nil {
				return err
			}
			defer st.close()
			c := st.client
			if c == nil {
				c = dev
			}
			realm, err := st.ReadState(ctx)
			if err != nil {
				return err
			}
			text := first(pick(cmd, "format", format, e.Format.SchemaInspect), "{{ $.MarshalHCL }}")
			t, err := template.New("format").Funcs(schemaFuncs(ctx, g.out, c)).Parse(text)
			if err != nil {
				return fmt.Errorf("parse log format: %w", err)
			}
			return t.Execute(g.out, &inspected{Realm: realm, ctx: ctx, client: c})
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVarP(&url, "url", "u", "", "[driver://username:password@address/dbname?param=value] select a resource using the URL format")
	f.bind(set)
	addLog(set, &format)
	cmd.MarkFlagsMutuallyExclusive("log", "format")
	return cmd
}

// atlasChangeSet is what the templates of 'schema diff' see.
type atlasChangeSet struct {
	From, To *schema.Realm
	Changes  []schema.Change
	text     func(...string) (string, error)
}

// MarshalSQL is the plan as SQL.
func (d *atlasChangeSet) MarshalSQL(indent ...string) (string, error) { return d.text(indent...) }

func atlasSchemaDiffCmd(g *atlasGlobal) *cobra.Command {
	var (
		f        atlasScope
		from, to []string
		format   string
	)
	cmd := &cobra.Command{
		Use: "diff", Short: "Calculate and print the diff between two schemas.", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := g.one(cmd)
			if err != nil {
				return err
			}
			e = g.schemaVars(e)
			if err := errors.Join(required("from", strings.Join(from, ","), "to", strings.Join(to, ",")), f.complete(cmd, e)); err != nil {
				return err
			}
			ctx := cmd.Context()
			var dev *atlasClient
			if f.dev != "" {
				if dev, err = openAtlasClient(ctx, e, f.dev); err != nil {
					return err
				}
				defer dev.Close()
			}
			a, err := readAtlas(ctx, e, stateSpec{urls: from, dev: dev, schemas: f.schemas, exclude: f.exclude})
			if err != nil {
				return err
			}
			defer a.close()
			b, err := readAtlas(ctx, e, stateSpec{urls: to, dev: dev, schemas: f.schemas, exclude: f.exclude})
			if err != nil {
				return err
			}
			defer b.close()
			c := dev
			if c == nil {
				c = b.client
			}
			d, err := compareStates(ctx, c, a, b, diffPolicy(e))
			if err != nil {
				return err
			}
			d.text = func(indent ...string) (string, error) { return planText(ctx, c, d.Changes, indent) }
			text := first(pick(cmd, "format", format, e.Format.SchemaDiff),
				"{{- with .Changes -}}\n{{ sql $ }}\n{{- else -}}\nSchemas are synced, no changes to be made.\n{{ end -}}\n")
			t, err := template.New("format").Funcs(schemaFuncs(ctx, g.out, c)).Parse(text)
			if err != nil {
				return fmt.Errorf("parse log format: %w", err)
			}
			return t.Execute(g.out, d)
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringSliceVarP(&from, "from", "f", nil, "[driver://username:password@address/dbname?param=value] select a resource using the URL format")
	set.StringSliceVar(&to, "to", nil, "[driver://username:password@address/dbname?param=value] select a desired state using the URL format")
	f.bind(set)
	set.StringVar(&format, "format", "", "Go template to use to format the output")
	return cmd
}

// compareStates is the library's difference of two states.
func compareStates(ctx context.Context, c *atlasClient, from, to *atlasState, opts []schema.DiffOption) (*atlasChangeSet, error) {
	a, err := from.ReadState(ctx)
	if err != nil {
		return nil, err
	}
	b, err := to.ReadState(ctx)
	if err != nil {
		return nil, err
	}
	d := &atlasChangeSet{From: a, To: b}
	switch {
	case to.hcl && len(b.Schemas) == 1 && from.schema != "" && b.Schemas[0].Name != from.schema:
		return nil, fmt.Errorf("mismatched HCL and database schemas: %q <> %q", from.schema, b.Schemas[0].Name)
	case from.hcl, to.hcl, from.schema == "" && to.schema == "":
		d.Changes, err = c.RealmDiff(a, b, opts...)
	case from.schema == "":
		return nil, fmt.Errorf("cannot diff a schema %q with a database connection. See: https://atlasgo.io/url", to.schema)
	case to.schema == "":
		return nil, fmt.Errorf("cannot diff a database connection with a schema %q. See: https://atlasgo.io/url", from.schema)
	default:
		a.Schemas[0].Name, b.Schemas[0].Name = "", ""
		d.Changes, err = c.SchemaDiff(a.Schemas[0], b.Schemas[0], opts...)
	}
	return d, err
}

func atlasFmtCmd(g *atlasGlobal) *cobra.Command {
	return &cobra.Command{
		Use: "fmt [path ...]", Short: "Formats Atlas HCL files",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"./"}
			}
			for _, path := range args {
				fi, err := os.Stat(path)
				if err != nil {
					return err
				}
				files := []string{path}
				if fi.IsDir() {
					if files, err = filepath.Glob(filepath.Join(path, "*.hcl")); err != nil {
						return err
					}
				}
				for _, f := range files {
					if filepath.Ext(f) != ".hcl" {
						continue
					}
					changed, err := formatHCL(f)
					if err != nil {
						return err
					}
					if changed {
						fmt.Fprintln(g.out, f)
					}
				}
			}
			return nil
		},
	}
}

func formatHCL(path string) (bool, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	old, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	text := hclwrite.Format(old)
	if bytes.Equal(old, text) {
		return false, nil
	}
	return true, os.WriteFile(path, text, fi.Mode())
}
