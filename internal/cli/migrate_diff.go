package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/plan"
	"github.com/plinth-go/plinth/internal/project"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

const syncedText = "The migration directory is synced with the desired state, no changes to be made"

// diffFlags are the choices of a diff beyond those of the project.
type diffFlags struct {
	to       []string
	online   bool
	dryRun   bool
	replay   bool
	consent  string
	renames  []string
	using    []string
	backfill []string
	rewrite  []string
	pg       int
	lock     string
}

// newMigrateDiff plans the next migration.
func newMigrateDiff(s streams) *cobra.Command {
	var (
		f projectFlags
		o diffFlags
	)
	cmd := &cobra.Command{
		Use:   "diff [NAME]",
		Short: "Write the migration from the directory's state to the schema",
		Long: "Compare the state the migration directory leads to with the desired schema, and write what is missing as new\n" +
			"migrations, up and down. The directory's state is read from its snapshot, without a database; where the files\n" +
			"were changed since, they are replayed on a throwaway one.",
		Example: "  plinth migrate diff add_orders\n" +
			"  plinth migrate diff rename_total --rename orders.total=orders.total_cents\n" +
			"  plinth migrate diff --dry-run",
		Args: maximumArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.warn = warner(s)
			e, err := f.one(cmd.Context())
			if err != nil {
				return err
			}
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			return migrateDiff(cmd.Context(), s, e, name, o)
		},
	}
	set := cmd.Flags()
	f.bindProject(set)
	f.bindDir(set)
	f.bindDev(set)
	set.StringVarP(&f.url, "url", "u", "", "the database, to count what would be lost")
	set.StringSliceVar(&o.to, "to", nil, "the desired state: ent://PATH, file://schema.sql or .hcl, a directory, a database")
	set.BoolVar(&o.online, "online", true, "plan forms that do not block the users of existing tables")
	set.BoolVar(&o.dryRun, "dry-run", false, "print the files; write nothing")
	set.BoolVar(&o.replay, "replay", false, "replay the directory even where its snapshot is fresh")
	set.StringVar(&o.consent, "consent", "", "hash of the plan whose loss of data you agree to")
	set.StringArrayVar(&o.renames, "rename", nil, "a rename: old=new for tables, table.old=new for columns")
	set.StringArrayVar(&o.using, "using", nil, "conversion of a type change: table.column=EXPRESSION")
	set.StringArrayVar(&o.backfill, "backfill", nil, "value of existing rows in a new required column: table.column=EXPRESSION")
	set.StringSliceVar(&o.rewrite, "rewrite", nil, "columns (table.column) whose table may be rewritten under a lock, where nothing else is possible")
	set.IntVar(&o.pg, "pg-version", 0, "major version of the target server (default: the oldest supported)")
	set.StringVar(&o.lock, "file-lock-timeout", "", "lock_timeout that the files set (default 2s; 0 for none)")
	return cmd
}

func (o *diffFlags) options() (plan.Options, error) {
	opts := plan.Options{Direct: !o.online, PGVersion: o.pg, Rewrite: o.rewrite, LockTimeout: o.lock,
		Using: map[string]string{}, Backfill: map[string]string{}}
	for _, r := range o.renames {
		rename, err := plan.ParseRename(r)
		if err != nil {
			return opts, exit(ExitUsage, err)
		}
		opts.Renames = append(opts.Renames, rename)
	}
	for dst, list := range map[*map[string]string][]string{&opts.Using: o.using, &opts.Backfill: o.backfill} {
		for _, kv := range list {
			k, v, ok := strings.Cut(kv, "=")
			if !ok || !strings.Contains(k, ".") {
				return opts, usagef("%q is not table.column=EXPRESSION", kv)
			}
			(*dst)[strings.TrimSpace(k)] = strings.TrimSpace(v)
		}
	}
	return opts, nil
}

func migrateDiff(ctx context.Context, s streams, e *project.Env, name string, o diffFlags) error {
	opts, err := o.options()
	if err != nil {
		return err
	}
	d, err := openDir(e, !o.dryRun)
	if err != nil {
		return err
	}
	if err := d.Validate(); err != nil {
		return migrateExit(d, err)
	}
	to, err := desiredState(ctx, e, o.to)
	if err != nil {
		return err
	}
	p, normal, err := planFor(ctx, e, d, to, opts, o.replay)
	if err != nil {
		return err
	}
	for len(p.Ambiguities) > 0 && o.consent == "" {
		rename, ok := askRename(s, p.Ambiguities[0])
		if !ok {
			break
		}
		opts.Renames = append(opts.Renames, rename)
		if p, normal, err = planFor(ctx, e, d, to, opts, o.replay); err != nil {
			return err
		}
	}
	if p.Empty() {
		fmt.Fprintln(s.out, syncedText)
		if !o.dryRun {
			return refreshSnapshot(d, to, normal)
		}
		return nil
	}
	files := migration.FromPlan(p, name)
	if o.dryRun {
		names, texts, err := d.Render(files)
		if err != nil {
			return exit(ExitUsage, err)
		}
		for i, n := range names {
			if i > 0 {
				fmt.Fprintln(s.out)
			}
			fmt.Fprintf(s.out, "-- %s\n%s", n, texts[n])
		}
		if len(p.Destructive) > 0 {
			printDestruction(ctx, s.err, e, p)
		}
		return nil
	}
	if len(p.Destructive) > 0 && o.consent != p.Hash() {
		printDestruction(ctx, s.err, e, p)
		return exit(ExitConsent, errors.New("nothing was written"))
	}
	names, err := migration.Write(d, files, snapshotOf(to, normal))
	if err != nil {
		return exit(ExitFailure, err)
	}
	printFiles(s.out, d, names)
	return nil
}

// desiredState reads what the schema should be: what was asked for, what the project says, or the Ent schema.
func desiredState(ctx context.Context, e *project.Env, to []string) (*state, error) {
	if len(to) == 0 {
		to = e.Src
		if len(to) == 1 {
			if ent, ok := entSource(to[0]); ok {
				to = []string{ent}
			}
		}
	}
	if len(to) == 0 {
		if fi, err := os.Stat("ent/schema"); err == nil && fi.IsDir() {
			to = []string{"ent://ent/schema"}
		}
	}
	return loadState(ctx, e, to, dialectOf(e))
}

// planFor compares the directory with the desired state. normal is the desired state as a database gives it back,
// where that was needed.
func planFor(ctx context.Context, e *project.Env, d *migration.Dir, to *state, opts plan.Options, replay bool) (p *plan.Plan, normal *state, err error) {
	list, err := d.List()
	if err != nil {
		return nil, nil, exit(ExitUsage, err)
	}
	snap, fresh, err := d.Snapshot()
	if err != nil {
		return nil, nil, exit(ExitUsage, err)
	}
	var old *schemagraph.Graph
	if snap != nil {
		if old, err = schemagraph.Unmarshal(snap.Schema); err != nil {
			old, fresh = nil, false
		}
	}
	var from *schemagraph.Graph
	target := to.graph
	switch {
	case len(list) == 0:
	case fresh && !replay && old.Dialect == to.graph.Dialect && (snap.Form == migration.FormNatural) == to.natural:
		from = old
	default:
		cur, err := dirState(ctx, e, d, "")
		if err != nil {
			return nil, nil, err
		}
		if normal, err = normalize(ctx, e, to); err != nil {
			return nil, nil, err
		}
		from, target = cur.graph, normal.graph
		if to.ent {
			from.Companions = managed(from, target, old)
		}
	}
	p, err = plan.Diff(from, target, opts)
	var refused *plan.RefusedError
	if errors.As(err, &refused) {
		return nil, nil, exit(ExitUsage, err)
	}
	if err != nil {
		return nil, nil, exit(ExitFailure, err)
	}
	return p, normal, nil
}

// managed leaves out the companions that an Ent schema never spoke of: a trigger written by hand into a migration
// is nobody's mistake.
func managed(from, to, old *schemagraph.Graph) []schemagraph.Companion {
	known := map[string]bool{}
	for _, g := range []*schemagraph.Graph{to, old} {
		if g == nil {
			continue
		}
		for _, c := range g.Companions {
			known[c.Kind+" "+c.Table+" "+c.Name] = true
		}
	}
	var out []schemagraph.Companion
	for _, c := range from.Companions {
		if known[c.Kind+" "+c.Table+" "+c.Name] {
			out = append(out, c)
		}
	}
	return out
}

// quoteName writes a name as SQL.
func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// snapshotOf is the snapshot of the desired state, in the form that the next diff can use without a database.
func snapshotOf(to, normal *state) *migration.Snapshot {
	form, g := migration.FormNatural, to.graph
	if !to.natural {
		form = migration.FormNormal
		if normal != nil {
			g = normal.graph
		}
	}
	b, err := schemagraph.Marshal(g.Structure())
	if err != nil {
		return nil
	}
	return &migration.Snapshot{Form: form, Schema: b}
}

// refreshSnapshot keeps the next diff from replaying a directory whose hand-written files were found in order.
func refreshSnapshot(d *migration.Dir, to, normal *state) error {
	list, err := d.List()
	if err != nil || len(list) == 0 || normal == nil {
		return err
	}
	if s := snapshotOf(to, normal); s != nil {
		if err := d.WriteSnapshot(s); err != nil {
			return exit(ExitFailure, err)
		}
	}
	return nil
}

// printDestruction says what a plan would destroy, with numbers where there is a database to count in.
func printDestruction(ctx context.Context, w io.Writer, e *project.Env, p *plan.Plan) {
	var t *migration.Target
	if e.URL != "" {
		if got, _, err := openTarget(ctx, e); err == nil {
			t = got
			defer t.DB.Close()
		}
	}
	fmt.Fprintln(w, "the plan destroys data:")
	for _, l := range p.Destructive {
		text := l.String()
		if t != nil {
			table := quoteName(l.Table)
			if l.Schema != "" && t.Dialect == schemagraph.Postgres {
				table = quoteName(l.Schema) + "." + table
			}
			column := ""
			if l.Column != "" {
				column = quoteName(l.Column)
			}
			if n, ok, err := t.Count(ctx, table, column); err == nil && ok {
				unit := "row"
				if column != "" {
					unit = "value"
				}
				text += ": " + count(int(n), unit)
			}
		}
		fmt.Fprintf(w, "  %s\n", text)
	}
	for _, a := range p.Ambiguities {
		fmt.Fprintf(w, "  %s\n", a)
		if len(a.To) > 0 {
			from := a.From
			if a.Table != "" {
				from = a.Table + "." + from
			}
			fmt.Fprintf(w, "    if it was renamed: --rename %s=%s\n", from, a.To[0])
		}
	}
	fmt.Fprintf(w, "to agree: --consent %s\n", p.Hash())
}

// askRename asks about an ambiguity where somebody can answer.
func askRename(s streams, a plan.Ambiguity) (plan.Rename, bool) {
	in, ok1 := s.in.(*os.File)
	out, ok2 := s.out.(*os.File)
	if !ok1 || !ok2 || !isatty.IsTerminal(in.Fd()) || !isatty.IsTerminal(out.Fd()) || len(a.To) == 0 {
		return plan.Rename{}, false
	}
	fmt.Fprintf(s.out, "%s\n", a)
	for i, to := range a.To {
		fmt.Fprintf(s.out, "  %d  renamed to %s\n", i+1, to)
	}
	fmt.Fprint(s.out, "  0  no, dropped\nchoice [0]: ")
	line, err := bufio.NewReader(in).ReadString('\n')
	var n int
	if err != nil || strings.TrimSpace(line) == "" {
		return plan.Rename{}, false
	}
	if _, err := fmt.Sscan(line, &n); err != nil || n < 1 || n > len(a.To) {
		return plan.Rename{}, false
	}
	return plan.Rename{Table: a.Table, From: a.From, To: a.To[n-1]}, true
}
