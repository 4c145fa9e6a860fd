package lint

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"
	_ "ariga.io/atlas/sql/postgres/postgrescheck" // registers Atlas's analyzers
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlcheck"
	"ariga.io/atlas/sql/sqlclient"

	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/sqlparse"
)

// atlasMost is the greatest number of statements that Atlas's analyzers look at: the schema is read after each.
const atlasMost = 200

// atlasTables is the greatest number of tables in the schema for which they run: all of it is compared each time.
const atlasTables = 300

// Foreigner is a Tracer that also runs the analyzers of another tool, and gives what they say.
type Foreigner interface {
	Foreign(ctx context.Context, in Input) ([]Foreign, error)
}

// Foreign is what another tool's analyzer says of a statement.
type Foreign struct {
	File      int // of the batch
	Statement int // among the parser's
	Code      string
	Analyzer  string
	Text      string
}

var _ Foreigner = OnServer{}

// Foreign implements Foreigner with the analyzers of Atlas: the schema is compared before and after each statement on
// a throwaway database, and the changes are handed to them file by file. A directory as a whole, or a batch of very
// many statements, is passed over.
func (o OnServer) Foreign(ctx context.Context, in Input) ([]Foreign, error) {
	total := 0
	for _, f := range in.Files {
		total += len(sqlparse.Parse(f.Name, UpOnly(f.Text)).Stmts)
	}
	if in.Apart || in.Open || total > atlasMost {
		return nil, nil
	}
	db, done, err := o.deployed(ctx, in)
	if err != nil {
		return nil, err
	}
	defer done()
	a, err := newAtlas(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("preparing Atlas's analyzers: %w", err)
	}
	tables := 0
	for _, s := range a.state.Schemas {
		tables += len(s.Tables)
	}
	if tables > atlasTables {
		return nil, nil
	}
	var list []Foreign
	for i, f := range in.Files {
		said, ok := a.file(ctx, f)
		for _, s := range said {
			s.File = i
			list = append(list, s)
		}
		if !ok {
			break
		}
	}
	return list, nil
}

// atlas runs Atlas's analyzers on a database.
type atlas struct {
	db    *sql.DB
	drv   migrate.Driver
	dev   *sqlclient.Client
	list  []sqlcheck.Analyzer
	state *schema.Realm
}

func newAtlas(ctx context.Context, db *sql.DB) (*atlas, error) {
	drv, err := postgres.Open(db)
	if err != nil {
		return nil, err
	}
	a := &atlas{db: db, drv: drv, dev: &sqlclient.Client{Name: postgres.DriverName, DB: db, Driver: drv}}
	if a.list, err = sqlcheck.AnalyzerFor(postgres.DriverName, nil); err != nil {
		return nil, err
	}
	a.state, err = drv.InspectRealm(ctx, nil)
	return a, err
}

// file runs a file's statements and hands the changes to the analyzers; ok is false where a statement failed.
func (a *atlas) file(ctx context.Context, f File) (said []Foreign, ok bool) {
	from := a.state
	conn, err := a.db.Conn(ctx)
	if err != nil {
		return nil, false
	}
	defer conn.Close()
	var (
		changes []*sqlcheck.Change
		parsed  = sqlparse.Parse(f.Name, UpOnly(f.Text))
		byStart = map[int]int{}
	)
	for i, s := range parsed.Stmts {
		if s.Kind != sqlparse.SQL || s.CopyData || s.Node == nil || transaction(s.Node) != within {
			continue
		}
		if _, err := conn.ExecContext(ctx, s.Text); err != nil {
			return nil, false
		}
		next, err := a.drv.InspectRealm(ctx, nil)
		if err != nil {
			return nil, false
		}
		diff, err := a.drv.RealmDiff(a.state, next, schema.DiffNormalized())
		if err != nil {
			return nil, false
		}
		a.state = next
		if s.Node.GetRenameStmt() != nil { // a comparison takes a rename for a drop and an addition
			continue
		}
		if len(diff) > 0 {
			byStart[s.Start] = i
			changes = append(changes, &sqlcheck.Change{Changes: diff, Stmt: &migrate.Stmt{Pos: s.Start, Text: s.Text}})
		}
	}
	sum, err := a.drv.RealmDiff(from, a.state, schema.DiffNormalized())
	if err != nil || len(changes) == 0 {
		return nil, true
	}
	file := &sqlcheck.File{File: migrate.NewLocalFile(f.Name, []byte(f.Text)), Changes: changes, Sum: sum, From: from, To: a.state}
	for _, an := range a.list {
		name := ""
		if n, named := an.(sqlcheck.NamedAnalyzer); named {
			name = n.Name()
		}
		w := reportFunc(func(r sqlcheck.Report) {
			for _, d := range r.Diagnostics {
				if at, found := byStart[d.Pos]; found {
					said = append(said, Foreign{Statement: at, Code: d.Code, Analyzer: name, Text: d.Text})
				}
			}
		})
		_ = an.Analyze(ctx, &sqlcheck.Pass{File: file, Dev: a.dev, Reporter: w}) // its error repeats the diagnostics
	}
	return said, true
}

type reportFunc func(sqlcheck.Report)

func (f reportFunc) WriteReport(r sqlcheck.Report) { f(r) }

// foreign adds what another tool's analyzers say, where no finding of ours on the statement carries their code.
func (p *pass) foreign(ctx context.Context) error {
	t, ok := p.opt.Tracer.(Foreigner)
	if !ok {
		return nil
	}
	list, err := t.Foreign(ctx, p.in)
	if err != nil {
		return err
	}
	for _, said := range list {
		if said.File >= len(p.done) {
			continue
		}
		f := p.done[said.File]
		if said.Statement >= len(f.parsed.Stmts) {
			continue
		}
		s := f.parsed.Stmts[said.Statement]
		if p.carries(f, s, said.Code) || p.nolint(f, s, said) {
			continue
		}
		p.found = append(p.found, lint.Finding{Code: said.Code, Slug: strings.ReplaceAll(said.Analyzer, "_", "-"), Title: "Atlas: " + strings.ReplaceAll(said.Analyzer, "_", " "), Severity: lint.Info,
			File: f.Name, Line: s.Line, Column: s.Column, Statement: s.Text, Message: said.Text + ".", Sources: []string{lint.State, lint.Traced},
			Fix: "-- our rules have looked at it and do not object", DocsURL: "https://atlasgo.io/lint/analyzers#" + said.Code})
	}
	return nil
}

// carries says whether a finding of ours on a statement has a code as its alias.
func (p *pass) carries(f *file, s *sqlparse.Stmt, code string) bool {
	for i := range p.found {
		fd := &p.found[i]
		if fd.File != f.Name || fd.Statement != s.Text || fd.Line < s.Line || fd.Line > s.EndLine {
			continue
		}
		if fd.Code == code || slices.Contains(fd.Aliases, code) {
			return true
		}
		for j := range registry {
			if registry[j].Code == fd.Code && slices.Contains(registry[j].Aliases, code) {
				return true
			}
		}
	}
	return false
}

// nolint says whether Atlas's own directive covers what one of its analyzers says.
func (p *pass) nolint(f *file, s *sqlparse.Stmt, said Foreign) bool {
	for _, sup := range p.sups {
		if sup.Foreign && sup.File == f.Name && s.Line >= sup.FromLine && (sup.ToLine == 0 || s.Line <= sup.ToLine) &&
			(sup.Rule == "all" || strings.EqualFold(sup.Rule, said.Code) || strings.EqualFold(sup.Rule, said.Analyzer)) {
			return true
		}
	}
	return false
}
