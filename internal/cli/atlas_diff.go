package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
	"time"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/sqltool"
	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/project"
)

// atlasDiffFlags are those of 'migrate diff'.
type atlasDiffFlags struct {
	dir          atlasDir
	to, schemas  []string
	dev, format  string
	qualifier    string
	lock         time.Duration
	edit, dryRun bool
}

func atlasDiffCmd(g *atlasGlobal) *cobra.Command {
	var f atlasDiffFlags
	cmd := &cobra.Command{
		Use: "diff [flags] [name]", Short: "Compute the diff between the migration directory and a desired state and create a new migration file.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := g.one(cmd)
			if err != nil {
				return err
			}
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			return atlasDiffRun(g, cmd, g.schemaVars(e), f, name)
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringSliceVar(&f.to, "to", nil, "[driver://username:password@address/dbname?param=value] select a desired state using the URL format")
	set.StringVar(&f.dev, "dev-url", "", "[driver://username:password@address/dbname?param=value] select a dev database using the URL format")
	f.dir.bind(set)
	set.StringSliceVarP(&f.schemas, "schema", "s", nil, "set schema names")
	addLockTimeout(set, &f.lock)
	set.StringVar(&f.format, "format", "", "Go template to use to format the output")
	set.StringVar(&f.qualifier, "qualifier", "", "qualify tables with custom qualifier when working on a single schema")
	set.BoolVar(&f.edit, "edit", false, "edit the generated migration file(s)")
	set.BoolVar(&f.dryRun, "dry-run", false, "print the generated file to stdout instead of writing it to the migration directory")
	cmd.MarkFlagsMutuallyExclusive("edit", "dry-run")
	return cmd
}

func atlasDiffRun(g *atlasGlobal, cmd *cobra.Command, e *project.Env, f atlasDiffFlags, name string) error {
	ctx := cmd.Context()
	to := f.to
	if !cmd.Flags().Changed("to") {
		to = srcURLs(e.Src)
	}
	dev := pick(cmd, "dev-url", f.dev, e.Dev)
	if err := required("dev-url", dev, "to", strings.Join(to, ",")); err != nil {
		return err
	}
	schemas := f.schemas
	if len(schemas) == 0 {
		schemas = e.Schemas
	}
	d, err := f.dir.open(g, cmd, e, !f.dryRun, true)
	if err != nil {
		return err
	}
	c, err := openAtlasClient(ctx, e, dev)
	if err != nil {
		return err
	}
	defer c.Close()
	wait, err := lockTimeout(cmd, f.lock, e)
	if err != nil {
		return err
	}
	unlock, err := c.Lock(ctx, migration.LockDiff, wait)
	if err != nil {
		return fmt.Errorf("acquiring database lock: %w", err)
	}
	defer func() { _ = unlock() }()
	indent, custom, err := indentOf(pick(cmd, "format", f.format, e.Format.Diff))
	if err != nil {
		return err
	}
	if f.dryRun && indent == "" && custom == nil {
		indent = "  "
	}
	p, err := planAtlas(ctx, c, d, e, to, schemas, name, indent, f.qualifier)
	if errors.Is(err, migrate.ErrNoPlan) {
		fmt.Fprintln(g.out, syncedText)
		return nil
	}
	if err != nil {
		return err
	}
	files, err := formatPlan(d, p, custom)
	if err != nil {
		return err
	}
	if f.dryRun {
		return printPlanned(g.out, f.dir, d, files)
	}
	if err := d.Add(files...); err != nil {
		return err
	}
	if f.edit {
		names := make([]string, len(files))
		for i := range files {
			names[i] = files[i].Name()
		}
		return editFiles(g.streams, d, names)
	}
	return nil
}

// srcURLs turns plain paths into URLs.
func srcURLs(src []string) []string {
	out := make([]string, len(src))
	for i, s := range src {
		if !strings.Contains(s, "://") {
			if abs, err := filepath.Abs(s); err == nil {
				s = abs
			}
			s = "file://" + s
		}
		out[i] = s
	}
	return out
}

// planAtlas plans with the library, so that the files read as those of the atlas CLI, and refuses what the library
// would get wrong.
func planAtlas(ctx context.Context, c *atlasClient, d *migration.Dir, e *project.Env, to, schemas []string, name, indent, qualifier string) (*migrate.Plan, error) {
	desired, err := readAtlas(ctx, e, stateSpec{urls: to, client: c, dev: c, schemas: schemas})
	if err != nil {
		return nil, err
	}
	defer desired.close()
	opts := []migrate.PlannerOption{
		migrate.PlanWithIndent(indent), migrate.PlanWithDiffOptions(diffPolicy(e)...), migrate.PlanWithExclude(e.Migration.Exclude...),
	}
	if c.URL.Schema != "" {
		opts = append(opts, migrate.PlanWithSchemaQualifier(qualifier))
	}
	pl := migrate.NewPlanner(c.Driver, libraryDir(d), opts...)
	plan := pl.Plan
	if c.URL.Schema != "" {
		plan = pl.PlanSchema
	}
	p, err := plan(ctx, name, desired)
	var dirty *migrate.NotCleanError
	if errors.As(err, &dirty) && c.URL.Schema == "" && desired.schema != "" {
		return nil, fmt.Errorf("dev database is not clean (%s). Add a schema to the URL to limit the scope of the connection", dirty.Reason)
	}
	extensions, xerr := missingExtensions(d, desired.companions)
	if xerr != nil {
		return nil, xerr
	}
	switch {
	case errors.Is(err, migrate.ErrNoPlan) && len(extensions) > 0:
		p = &migrate.Plan{Name: name}
	case err != nil:
		return nil, err
	case len(p.Changes) == 0:
		return nil, errors.New("the change cannot be planned here, as when a value is removed from an enum; use: plinth migrate diff")
	}
	if p.Version, err = nextVersion(d); err != nil {
		return nil, err
	}
	p.Changes = append(extensions, p.Changes...)
	for _, ch := range p.Changes {
		if strings.Contains(ch.Cmd, " CONCURRENTLY ") && !hasDirective(p.Directives, "txmode") {
			p.Directives = append(p.Directives, "-- atlas:txmode none")
		}
	}
	return p, nil
}

func hasDirective(ds []string, name string) bool {
	for _, d := range ds {
		if strings.Contains(d, "atlas:"+name) {
			return true
		}
	}
	return false
}

var reExtension = regexp.MustCompile(`(?i)create\s+extension\s+(?:if\s+not\s+exists\s+)?"?([\w-]+)"?`)

// missingExtensions are the extensions of the desired state that no migration makes.
func missingExtensions(d *migration.Dir, creates []string) ([]*migrate.Change, error) {
	if len(creates) == 0 {
		return nil, nil
	}
	list, err := d.List()
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, f := range list {
		for _, m := range reExtension.FindAllStringSubmatch(string(f.Bytes()), -1) {
			have[strings.ToLower(m[1])] = true
		}
	}
	var out []*migrate.Change
	for _, c := range creates {
		m := reExtension.FindStringSubmatch(c)
		if m == nil || have[strings.ToLower(m[1])] {
			continue
		}
		out = append(out, &migrate.Change{Cmd: strings.TrimSuffix(strings.TrimSpace(c), ";"),
			Comment: fmt.Sprintf("create extension %q", m[1]), Reverse: fmt.Sprintf("DROP EXTENSION IF EXISTS %q", m[1])})
	}
	return out, nil
}

// indentOf reads a --format of 'migrate diff': the form {{ sql . "  " }} sets the indentation, anything else is a
// template of the file.
func indentOf(format string) (string, *template.Template, error) {
	if format == "" {
		return "", nil, nil
	}
	reject := errors.New(`'sql' can only be used to indent statements`)
	t, err := template.New("format").Funcs(template.FuncMap{
		"sql": func(...any) (string, error) { return "", reject },
	}).Parse(format)
	if err != nil {
		return "", nil, fmt.Errorf("parse format: %w", err)
	}
	if len(t.Root.Nodes) == 1 {
		if n, ok := t.Root.Nodes[0].(*parse.ActionNode); ok && len(n.Pipe.Cmds) == 1 {
			args := n.Pipe.Cmds[0].Args
			if (len(args) == 2 || len(args) == 3) && args[0].String() == "sql" {
				if len(args) == 2 {
					return "", nil, nil
				}
				indent, err := strconv.Unquote(args[2].String())
				if err != nil {
					return "", nil, fmt.Errorf("parse indent: %w", err)
				}
				return indent, nil, nil
			}
		}
	}
	if err := t.Execute(io.Discard, &migrate.Plan{}); errors.Is(err, reject) {
		return "", nil, fmt.Errorf("%w. got: %v", reject, t.Root.String())
	}
	return "", t, nil
}

// formatPlan renders a plan in the directory's format with the library's own templates.
func formatPlan(d *migration.Dir, p *migrate.Plan, custom *template.Template) ([]migrate.File, error) {
	var f migrate.Formatter = migrate.DefaultFormatter
	switch d.Format() {
	case migration.FormatGolangMigrate:
		f = sqltool.GolangMigrateFormatter
	case migration.FormatGoose:
		f = sqltool.GooseFormatter
	case migration.FormatFlyway:
		f = sqltool.FlywayFormatter
	case migration.FormatLiquibase:
		f = sqltool.LiquibaseFormatter
	case migration.FormatDBMate:
		f = sqltool.DBMateFormatter
	}
	if custom != nil {
		tf, ok := f.(migrate.TemplateFormatter)
		if !ok || len(tf) != 1 {
			return nil, fmt.Errorf("cannot use format with: %q", d.Format())
		}
		f = migrate.TemplateFormatter{{N: tf[0].N, C: custom}}
	}
	if p.Version == "" {
		v, err := nextVersion(d)
		if err != nil {
			return nil, err
		}
		p.Version = v
	}
	if d.Format() != migration.FormatAtlas {
		// These templates take the clock's time: wait until it is past the last version.
		if at, err := time.Parse("20060102150405", p.Version); err == nil {
			if wait := time.Until(at); wait > 0 && wait <= 2*time.Second {
				time.Sleep(wait)
			}
		}
	}
	return f.Format(p)
}

// writeLibrary formats a plan and adds it to the directory.
func writeLibrary(d *migration.Dir, p *migrate.Plan, indent, version string) ([]string, error) {
	p.Version = version
	files, err := formatPlan(d, p, nil)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.Name()
	}
	return names, d.Add(files...)
}

func printPlanned(w io.Writer, dir atlasDir, d *migration.Dir, files []migrate.File) error {
	type file struct {
		Name    string `json:"Name"`
		Content string `json:"Content"`
	}
	out := struct {
		Files []file `json:"Files"`
		Dir   string `json:"Dir"`
	}{Dir: dir.url}
	if !strings.Contains(out.Dir, "format=") {
		out.Dir += "?format=" + d.Format()
	}
	for _, f := range files {
		out.Files = append(out.Files, file{f.Name(), string(f.Bytes())})
	}
	return json.NewEncoder(w).Encode(out)
}

// editFiles opens each file in the user's editor and hashes the directory again.
func editFiles(s streams, d *migration.Dir, names []string) error {
	editor := first(os.Getenv("EDITOR"), "vi")
	for _, n := range names {
		cmd := exec.Command("sh", "-c", editor+` "$1"`, "sh", filepath.Join(d.Path(), n))
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, s.out, s.err
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("exec edit: %w", err)
		}
	}
	return d.Hash()
}
