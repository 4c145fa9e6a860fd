package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"ariga.io/atlas/schemahcl"
	"ariga.io/atlas/sql/migrate"
	_ "ariga.io/atlas/sql/postgres/postgrescheck" // the library's own analyzers
	"ariga.io/atlas/sql/sqlcheck"
	"ariga.io/atlas/sql/sqlclient"
	_ "ariga.io/atlas/sql/sqlite/sqlitecheck"
	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/project"
)

// atlasLintFlags are those of 'migrate lint'.
type atlasLintFlags struct {
	dir                   atlasDir
	dev, format           string
	latest                uint
	gitBase, gitDir, base string
	web                   bool
}

func atlasLintCmd(g *atlasGlobal) *cobra.Command {
	var f atlasLintFlags
	cmd := &cobra.Command{
		Use: "lint [flags]", Short: "Run analysis on the migration directory", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := g.one(cmd)
			if err != nil {
				return err
			}
			return atlasLintRun(g, cmd, e, f)
		},
	}
	set := cmd.Flags()
	set.SortFlags = false
	set.StringVar(&f.dev, "dev-url", "", "[driver://username:password@address/dbname?param=value] select a dev database using the URL format")
	f.dir.bind(set)
	addLog(set, &f.format)
	set.UintVar(&f.latest, "latest", 0, "run analysis on the latest N migration files")
	set.StringVar(&f.gitBase, "git-base", "", "run analysis against the base Git branch")
	set.StringVar(&f.gitDir, "git-dir", ".", "path to the repository working directory")
	set.StringVar(&f.base, "base", "", "run analysis against a base directory")
	set.BoolVarP(&f.web, "web", "w", false, "open the lint report in the browser")
	set.String("context", "", "describes what triggered this command (e.g., GitHub Action)")
	for _, n := range []string{"web", "context"} {
		_ = set.MarkHidden(n)
	}
	return cmd
}

func atlasLintRun(g *atlasGlobal, cmd *cobra.Command, e *project.Env, f atlasLintFlags) error {
	dev := pick(cmd, "dev-url", f.dev, e.Dev)
	if err := required("dev-url", dev); err != nil {
		return err
	}
	if f.web {
		return errors.New("--web is not supported: it needs the vendor's cloud")
	}
	d, err := f.dir.open(g, cmd, e, false, false)
	if err != nil {
		return err
	}
	chosen := cmd.Flags().Changed
	if !chosen("latest") && !chosen("git-base") && !chosen("base") {
		f.latest, f.gitBase = uint(e.Lint.Latest), e.Lint.GitBase
		if f.latest > 0 {
			f.gitBase = ""
		}
	}
	f.gitDir = pick(cmd, "git-dir", f.gitDir, e.Lint.GitDir)
	base, files, err := f.detect(cmd.Context(), e, d)
	if err != nil {
		return err
	}
	text := first(pick(cmd, "format", f.format, e.Format.Lint), lintText)
	t, err := template.New("format").Funcs(lintFuncs(g)).Parse(text)
	if err != nil {
		return fmt.Errorf("parse format: %w", err)
	}
	c, err := openAtlasClient(cmd.Context(), e, dev)
	if err != nil {
		return err
	}
	defer c.Close()
	az, err := sqlcheck.AnalyzerFor(c.Name, &schemahcl.Resource{Children: e.Lint.Blocks})
	if err != nil {
		return err
	}
	rep := newLintReport(c, d)
	fatal := rep.run(cmd.Context(), c, d, base, files, az)
	rep.End = time.Now()
	if err := t.Execute(g.out, rep); err != nil {
		return err
	}
	for _, f := range rep.Files {
		if f.Error != "" {
			return &silent{errors.New(f.Error)}
		}
	}
	return fatal
}

// detect splits the files into those that were there and those to judge.
func (f *atlasLintFlags) detect(ctx context.Context, e *project.Env, d *migration.Dir) (base, files []migrate.File, err error) {
	n := 0
	for _, set := range []bool{f.latest > 0, f.gitBase != "", f.base != ""} {
		if set {
			n++
		}
	}
	if n > 1 {
		return nil, nil, errors.New("--latest, --git-base, and --base are mutually exclusive")
	}
	if n == 0 {
		return nil, nil, errors.New("--latest or --git-base is required")
	}
	all, err := d.Files()
	if err != nil {
		return nil, nil, err
	}
	switch {
	case f.latest > 0:
		i := max(0, len(all)-int(f.latest))
		return all[:i], all[i:], nil
	case f.base != "":
		other, err := openAtlasDir(&project.Env{Migration: project.Migration{Dir: f.base, Format: d.Format()}}, false)
		if err != nil {
			return nil, nil, err
		}
		a, err := other.Checksum()
		if err != nil {
			return nil, nil, err
		}
		b, err := d.Checksum()
		if err != nil {
			return nil, nil, err
		}
		for i := range b {
			if i >= len(a) || a[i] != b[i] {
				return all[:i], all[i:], nil
			}
		}
		return all, nil, nil
	}
	path := d.Path()
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	cmd := exec.CommandContext(ctx, "git", "-C", f.gitDir, "--no-pager", "diff", "--name-only", "--diff-filter=A", f.gitBase, "HEAD", "--", path)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, nil, fmt.Errorf("git diff: %w: %s", err, strings.TrimSpace(string(out)))
	}
	added := map[string]bool{}
	for _, line := range strings.Split(string(out), "\n") {
		added[filepath.Base(line)] = true
	}
	for i, file := range all {
		if added[filepath.Base(file.Name())] {
			return all[:i], all[i:], nil
		}
	}
	return all, nil, nil
}

// The report of 'migrate lint', with the fields of the atlas CLI's.
type (
	lintReport struct {
		URL string `json:"URL,omitempty"`
		Env struct {
			Driver string         `json:"Driver,omitempty"`
			URL    *sqlclient.URL `json:"URL,omitempty"`
			Dir    string         `json:"Dir,omitempty"`
		}
		Schema struct {
			Current string `json:"Current,omitempty"`
			Desired string `json:"Desired,omitempty"`
		}
		Steps      []*lintStep `json:"Steps,omitempty"`
		Files      []*lintFile `json:"Files,omitempty"`
		Start      time.Time   `json:"-"`
		End        time.Time   `json:"-"`
		FromV      string      `json:"-"`
		ToV        string      `json:"-"`
		TotalFiles int         `json:"-"`
	}
	lintStep struct {
		Name   string    `json:"Name,omitempty"`
		Text   string    `json:"Text,omitempty"`
		Error  string    `json:"Error,omitempty"`
		Result *lintFile `json:"Result,omitempty"`
	}
	lintFile struct {
		Name           string            `json:"Name,omitempty"`
		Text           string            `json:"Text,omitempty"`
		Reports        []sqlcheck.Report `json:"Reports,omitempty"`
		Error          string            `json:"Error,omitempty"`
		Start          time.Time         `json:"-"`
		End            time.Time         `json:"-"`
		*sqlcheck.File `json:"-"`
	}
)

func newLintReport(c *atlasClient, d *migration.Dir) *lintReport {
	r := &lintReport{Start: time.Now(), Files: []*lintFile{}}
	r.Env.Driver, r.Env.Dir = c.Name, d.Path()
	r.Env.URL = reportURL(c.raw, c.URL.Schema)
	return r
}

func (r *lintReport) step(name, text string, err error) {
	s := &lintStep{Name: name, Text: text}
	if err != nil {
		s.Error = err.Error()
	}
	r.Steps = append(r.Steps, s)
}

// run replays the files on the dev database and judges what each changed. An error that belongs to a file is in the
// file's report as well.
func (r *lintReport) run(ctx context.Context, c *atlasClient, d *migration.Dir, base, files []migrate.File, az []sqlcheck.Analyzer) error {
	const integrity = "Migration Integrity Check"
	switch err := d.Validate(); {
	case errors.Is(err, migrate.ErrChecksumNotFound):
	case err != nil:
		text := err.Error()
		if sum := (*migrate.ChecksumError)(nil); errors.As(err, &sum) {
			text = fmt.Sprintf("%s (atlas.sum): L%d: %s was %s", sum, sum.Line, sum.File, sum.Reason)
		}
		r.Files = append(r.Files, &lintFile{Name: migrate.HashFileName, Error: text})
		r.step(integrity, "File atlas.sum is invalid", err)
		return &silent{err}
	default:
		if _, err := fs.Stat(d.Dir, migrate.HashFileName); err == nil {
			r.step(integrity, "File atlas.sum is valid", nil)
		}
	}
	r.step("Detect New Migration Files", fmt.Sprintf("Found %d new migration files (from %d total)", len(files), len(base)+len(files)), nil)
	if len(base) > 0 {
		r.FromV = base[len(base)-1].Version()
	}
	if len(files) > 0 {
		r.ToV = files[len(files)-1].Version()
	}
	r.TotalFiles = len(files)
	l := &lintLoader{c: c}
	checked, err := l.load(ctx, base, files)
	if err != nil {
		var fe *lintFileError
		if errors.As(err, &fe) {
			r.Files = append(r.Files, &lintFile{Name: fe.name, Error: err.Error()})
			err = &silent{err}
		}
		r.step("Replay Migration Files", "Failed loading changes on dev database", err)
		return err
	}
	r.step("Replay Migration Files", fmt.Sprintf("Loaded %d changes on dev database", len(checked)), nil)
	if b, err := c.MarshalSpec(l.from); err == nil {
		r.Schema.Current = string(b)
	}
	if b, err := c.MarshalSpec(l.to); err == nil {
		r.Schema.Desired = string(b)
	}
	for _, f := range checked {
		r.analyze(ctx, c, f, az)
	}
	return nil
}

func (r *lintReport) analyze(ctx context.Context, c *atlasClient, f *sqlcheck.File, az []sqlcheck.Analyzer) {
	nl := nolintOf(f)
	if nl.whole {
		return
	}
	fr := &lintFile{Name: f.Name(), Text: string(f.Bytes()), Start: time.Now(), File: f}
	var errs []string
	for _, a := range az {
		w := &lintWriter{nolint: nl, file: fr, analyzer: a}
		if err := a.Analyze(ctx, &sqlcheck.Pass{File: f, Dev: c.Client, Reporter: w}); err != nil && !w.skipped {
			errs = append(errs, err.Error())
		}
	}
	fr.Error = strings.Join(errs, "; ")
	fr.End = time.Now()
	r.Files = append(r.Files, fr)
	r.Steps = append(r.Steps, &lintStep{Name: "Analyze " + f.Name(),
		Text: fmt.Sprintf("%d reports were found in analysis", len(fr.Reports)), Result: fr})
}

// nolint is what a file's directives switch off: analyzers and codes, for the file or for a statement.
type nolint struct {
	whole bool
	file  map[string]bool
	stmts map[int]map[string]bool // by position; "" for everything
}

func nolintOf(f *sqlcheck.File) *nolint {
	n := &nolint{file: map[string]bool{}, stmts: map[int]map[string]bool{}}
	if d, ok := f.File.(interface{ Directive(string) []string }); ok {
		for _, v := range d.Directive("nolint") {
			if strings.TrimSpace(v) == "" {
				n.whole = true
			}
			for _, name := range strings.Fields(v) {
				n.file[name] = true
			}
		}
	}
	for _, c := range f.Changes {
		for _, v := range c.Stmt.Directive("nolint") {
			if n.stmts[c.Stmt.Pos] == nil {
				n.stmts[c.Stmt.Pos] = map[string]bool{}
			}
			if strings.TrimSpace(v) == "" {
				n.stmts[c.Stmt.Pos][""] = true
			}
			for _, name := range strings.Fields(v) {
				n.stmts[c.Stmt.Pos][name] = true
			}
		}
	}
	return n
}

// lintWriter takes an analyzer's reports and leaves out what was switched off.
type lintWriter struct {
	nolint   *nolint
	file     *lintFile
	analyzer sqlcheck.Analyzer
	skipped  bool
}

// WriteReport implements sqlcheck.ReportWriter.
func (w *lintWriter) WriteReport(r sqlcheck.Report) {
	name := ""
	if n, ok := w.analyzer.(sqlcheck.NamedAnalyzer); ok {
		name = n.Name()
	}
	off := func(set map[string]bool, code string) bool {
		return set[""] || set[name] && name != "" || code != "" && (set[code] || len(code) > 2 && set[code[:2]])
	}
	var kept []sqlcheck.Diagnostic
	for _, d := range r.Diagnostics {
		if !off(w.nolint.file, d.Code) && !off(w.nolint.stmts[d.Pos], d.Code) {
			kept = append(kept, d)
		}
	}
	w.skipped = len(r.Diagnostics) > 0 && len(kept) == 0 || off(w.nolint.file, "")
	if w.skipped {
		return
	}
	r.Diagnostics = kept
	w.file.Reports = append(w.file.Reports, r)
}

// Line is the line of a position in the file.
func (f *lintFile) Line(pos int) int {
	return strings.Count(f.Text[:min(max(pos, 0), len(f.Text))], "\n") + 1
}

// SuggestedFixes are the fixes of all reports that have a text.
func (f *lintFile) SuggestedFixes() (out []sqlcheck.SuggestedFix) {
	add := func(list []sqlcheck.SuggestedFix) {
		for _, x := range list {
			if x.Message != "" {
				out = append(out, x)
			}
		}
	}
	for _, r := range f.Reports {
		add(r.SuggestedFixes)
		for _, d := range r.Diagnostics {
			add(d.SuggestedFixes)
		}
	}
	return out
}

// DiagnosticsCount counts all diagnostics.
func (r *lintReport) DiagnosticsCount() (n int) {
	for _, f := range r.Files {
		for _, p := range f.Reports {
			n += len(p.Diagnostics)
		}
	}
	return n
}

// TotalChanges counts the schema changes that were judged.
func (r *lintReport) TotalChanges() (n int) {
	for _, f := range r.Files {
		if f.File != nil {
			n += len(f.Changes)
		}
	}
	return n
}

// VersionStatuses says how many versions are in order.
func (r *lintReport) VersionStatuses() string {
	var n [3]int
	for _, f := range r.Files {
		switch {
		case f.Error != "":
			n[2]++
		case len(f.Reports) > 0:
			n[1]++
		default:
			n[0]++
		}
	}
	var parts []string
	for i, text := range []string{"ok", "with warnings", "with errors"} {
		switch {
		case n[i] == 0:
		case len(parts) > 0:
			parts = append(parts, fmt.Sprintf("%d %s", n[i], text))
		default:
			parts = append(parts, fmt.Sprintf("%d version%s %s", n[i], map[bool]string{true: "s"}[n[i] > 1], text))
		}
	}
	return strings.Join(parts, ", ")
}
