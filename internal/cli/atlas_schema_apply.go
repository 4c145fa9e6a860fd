package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/template"
	"time"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/project"
)

const schemaPlanText = `{{- with .Changes.Pending -}}
-- Planned Changes:
{{ range . -}}
{{- if .Comment -}}
{{- printf "-- %s%s\n" (slice .Comment 0 1 | upper ) (slice .Comment 1) -}}
{{- end -}}
{{- printf "%s;\n" .Cmd -}}
{{- end -}}
{{- else -}}
Schema is synced, no changes to be made
{{ end -}}
`

// atlasApplied is the report of 'schema apply' and 'schema clean'.
type atlasApplied struct {
	migration.Env
	Changes atlasChanges `json:"Changes,omitempty"`
	Start   time.Time    `json:"Start,omitempty"`
	End     time.Time    `json:"End,omitempty"`
	Error   string       `json:"Error,omitempty"`
}

type atlasChanges struct {
	Applied, Pending []*migrate.Change
	Error            *migration.StmtError
}

// MarshalJSON implements json.Marshaler: changes are their statements.
func (c atlasChanges) MarshalJSON() ([]byte, error) {
	var v struct {
		Applied []string             `json:"Applied,omitempty"`
		Pending []string             `json:"Pending,omitempty"`
		Error   *migration.StmtError `json:"Error,omitempty"`
	}
	for _, ch := range c.Applied {
		v.Applied = append(v.Applied, ch.Cmd)
	}
	for _, ch := range c.Pending {
		v.Pending = append(v.Pending, ch.Cmd)
	}
	v.Error = c.Error
	return json.Marshal(v)
}

// atlasApplyFlags are those of 'schema apply' and 'schema clean'.
type atlasApplyFlags struct {
	atlasScope
	url, format    string
	to, files      []string
	dryRun, auto   bool
	txMode         string
	edit           bool
	plan, lockName string
	lock           time.Duration
}

func atlasSchemaApplyCmd(g *atlasGlobal) *cobra.Command {
	var f atlasApplyFlags
	cmd := &cobra.Command{
		Use: "apply", Short: "Apply an atlas schema to a target database.", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			envs, err := g.envs(cmd)
			if err != nil {
				return err
			}
			for _, e := range envs {
				if err := atlasSchemaApply(g, cmd, g.schemaVars(e), f); err != nil {
					return err
				}
			}
			return nil
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVarP(&f.url, "url", "u", "", "[driver://username:password@address/dbname?param=value] select a resource using the URL format")
	set.StringSliceVar(&f.to, "to", nil, "[driver://username:password@address/dbname?param=value] select a desired state using the URL format")
	f.bind(set)
	set.BoolVar(&f.dryRun, "dry-run", false, "print SQL without executing it")
	set.BoolVar(&f.auto, "auto-approve", false, "apply changes without prompting for approval")
	addLog(set, &f.format)
	set.StringVar(&f.txMode, "tx-mode", migration.TxFile, "set transaction mode [none, file]")
	set.StringVar(&f.plan, "plan", "", "URL to a pre-planned migration (e.g., atlas://repo/plans/name)")
	set.BoolVar(&f.edit, "edit", false, "open the generated SQL in an editor")
	set.StringVar(&f.lockName, "lock-name", "", "set the name of the database lock")
	addLockTimeout(set, &f.lock)
	set.StringSliceVarP(&f.files, "file", "f", nil, "[paths...] file or directory containing HCL or SQL files")
	_ = set.MarkHidden("file")
	cmd.MarkFlagsMutuallyExclusive("file", "to")
	cmd.MarkFlagsMutuallyExclusive("dry-run", "auto-approve")
	return cmd
}

func atlasSchemaApply(g *atlasGlobal, cmd *cobra.Command, e *project.Env, f atlasApplyFlags) error {
	ctx := cmd.Context()
	url := pick(cmd, "url", f.url, e.URL)
	to := f.to
	if len(to) == 0 {
		to = srcURLs(append(f.files, map[bool][]string{true: e.Src}[len(f.files) == 0]...))
	}
	switch {
	case url == "":
		return errors.New(`required flag(s) "url" not set`)
	case len(to) == 0:
		return errors.New(`one of flag(s) "file" or "to" is required`)
	case f.txMode != migration.TxNone && f.txMode != migration.TxFile:
		return fmt.Errorf("unknown tx-mode %q", f.txMode)
	case f.plan != "" || f.edit:
		return errors.New("'atlas schema apply --plan' and '--edit' are not supported; use 'atlas migrate diff'")
	}
	if err := f.complete(cmd, e); err != nil {
		return err
	}
	format := pick(cmd, "format", f.format, e.Format.SchemaApply)
	if format != "" && !f.dryRun && !f.auto {
		return errors.New(`--log and --format can only be used with --dry-run or --auto-approve`)
	}
	dev, err := f.openDev(ctx, e, to...)
	if err != nil {
		return err
	}
	if dev != nil {
		defer dev.Close()
	}
	from, err := readAtlas(ctx, e, stateSpec{urls: []string{url}, schemas: f.schemas, exclude: f.exclude})
	if err != nil {
		return err
	}
	defer from.close()
	if from.client == nil {
		return errors.New("--url must be a database connection")
	}
	desired, err := readAtlas(ctx, e, stateSpec{urls: to, dev: dev, client: from.client, schemas: f.schemas, exclude: f.exclude})
	if err != nil {
		return err
	}
	defer desired.close()
	d, err := compareStates(ctx, from.client, from, desired, diffPolicy(e))
	if err != nil {
		return err
	}
	return f.execute(ctx, g, from.client, d.Changes, format, desired.companions)
}

// execute shows the changes and, when they are approved, runs them.
func (f *atlasApplyFlags) execute(ctx context.Context, g *atlasGlobal, c *atlasClient, changes []schema.Change, format string, before []string) error {
	t, err := template.New("format").Funcs(templateFuncs(g.out)).Parse(first(format, schemaPlanText))
	if err != nil {
		return fmt.Errorf("parse log format: %w", err)
	}
	rep := &atlasApplied{Start: time.Now(), Env: migration.Env{Driver: c.Name, URL: reportURL(c.raw, c.URL.Schema)}}
	if len(changes) == 0 {
		rep.End = time.Now()
		return t.Execute(g.out, rep)
	}
	p, err := c.PlanChanges(ctx, "", changes, func(o *migrate.PlanOptions) {
		o.Indent = "  "
		if c.URL.Schema != "" {
			o.SchemaQualifier = new(string)
		}
	})
	if err != nil {
		return err
	}
	rep.Changes.Pending = p.Changes
	report := format != "" && f.auto
	if !report {
		if err := t.Execute(g.out, rep); err != nil {
			return err
		}
	}
	if f.dryRun || !f.auto && !approve(g.streams) {
		return nil
	}
	stmts := append([]string(nil), before...)
	for _, ch := range p.Changes {
		stmts = append(stmts, ch.Cmd)
	}
	n, err := targetOf(c).Run(ctx, stmts, f.txMode)
	if !report {
		return err
	}
	n = max(0, n-len(before))
	rep.End = time.Now()
	rep.Changes.Applied, rep.Changes.Pending = p.Changes[:n], p.Changes[n:]
	if err != nil {
		rep.Error = project.Redact(driverText(err))
		rep.Changes.Error = &migration.StmtError{Text: rep.Error}
		if n < len(p.Changes) {
			rep.Changes.Error.Stmt = p.Changes[n].Cmd
		}
	}
	if terr := t.Execute(g.out, rep); terr != nil {
		return terr
	}
	if err != nil {
		return &silent{err}
	}
	return nil
}

// approve asks for approval where somebody can give it.
func approve(s streams) bool {
	in, ok := s.in.(*os.File)
	if !ok || !isatty.IsTerminal(in.Fd()) {
		fmt.Fprintln(s.err, "nothing was applied: approve with --auto-approve")
		return false
	}
	fmt.Fprint(s.out, "Are you sure? [Apply/Abort]: ")
	line, err := bufio.NewReader(in).ReadString('\n')
	return err == nil && strings.EqualFold(strings.TrimSpace(line), "apply")
}

func atlasCleanCmd(g *atlasGlobal) *cobra.Command {
	var f atlasApplyFlags
	cmd := &cobra.Command{
		Use: "clean [flags]", Short: "Removes all objects from the connected database.", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := g.one(cmd)
			if err != nil {
				return err
			}
			url := pick(cmd, "url", f.url, e.URL)
			if err := required("url", url); err != nil {
				return err
			}
			ctx := cmd.Context()
			c, err := openAtlasClient(ctx, e, url)
			if err != nil {
				return err
			}
			defer c.Close()
			realm, err := c.reader(nil, nil).ReadState(ctx)
			if err != nil {
				return err
			}
			var drop []schema.Change
			for _, s := range realm.Schemas {
				// What is in the schemas goes; the schemas stay.
				changes, err := c.SchemaDiff(s, schema.New(s.Name).AddAttrs(s.Attrs...))
				if err != nil {
					return err
				}
				drop = append(drop, changes...)
			}
			format := pick(cmd, "format", f.format, e.Format.SchemaClean)
			if len(drop) == 0 && format == "" {
				fmt.Fprintln(g.out, "Nothing to drop")
				return nil
			}
			f.txMode = migration.TxFile
			return f.execute(ctx, g, c, drop, format, nil)
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVarP(&f.url, "url", "u", "", "[driver://username:password@address/dbname?param=value] select a resource using the URL format")
	set.BoolVar(&f.dryRun, "dry-run", false, "print SQL without executing it")
	set.StringVar(&f.format, "format", "", "Go template to use to format the output")
	set.BoolVar(&f.auto, "auto-approve", false, "apply changes without prompting for approval")
	return cmd
}
