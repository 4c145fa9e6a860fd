package lint

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/migration/lint/catalog"
	"github.com/plinth-go/plinth/internal/migration/lint/effect"
	"github.com/plinth-go/plinth/internal/sqlparse"
)

// rule is a rule of family M: what there is to say about it, and its check. At most one of action, stmt and file is
// set; each is called for every action, statement or file of the batch, in order.
type rule struct {
	lint.Rule
	action func(*pass, *stmt, *effect.Action)
	stmt   func(*pass, *stmt)
	file   func(*pass, *file)
	dir    func(*pass)
	// milder is the severity in a plain file, which says nothing of the session that runs it; Off for the same.
	milder lint.Severity
	// traced says that it needs a trace.
	traced bool
	// directory says that it needs a migrations directory, compared that its result was compared with the declared schema.
	directory, compared bool
}

// pass is one run.
type pass struct {
	in  Input
	opt Options
	cat *catalog.Catalog
	z   *effect.Analyzer
	// files is the batch that is being judged, done those before it.
	files, done []*file
	cur         *rule
	found       []lint.Finding
	gaps        []string
	sups        []lint.Suppression
	server      string
	traced      [][]Traced
	// major is the version of the server that was traced on.
	major int
	// roundTrips are what running up, down and up again found; tripped says that it was run.
	roundTrips []RoundTrip
	tripped    bool
}

// file is a file of the batch as it was read.
type file struct {
	File
	parsed *sqlparse.File
	stmts  []*stmt
	// none says that the file is not run in one transaction; declared that it says so itself.
	none, declared bool
	// explicit says that the file has its own BEGIN … COMMIT.
	explicit bool
}

// stmt is a statement with what it does.
type stmt struct {
	*sqlparse.Stmt
	file    *file
	index   int
	actions []*effect.Action
	// tx is the transaction it runs in; alone says that it runs in one of its own.
	tx    int
	alone bool
	// begun says that the file itself began the transaction.
	begun bool
	// lockTimeout and timeout say that the timeouts were set before it.
	lockTimeout, timeout, idleTimeout bool
	// enums are the values that this transaction has added to enums before.
	enums map[string]*catalog.Type
	// made says, for a CREATE VIEW or similar, nothing; for statements inside of DO it is the outer statement's place.
	inner bool
	seen  *Traced
}

func newPass(in Input, opt Options) *pass {
	p := &pass{in: in, opt: opt, cat: catalog.New()}
	p.z = &effect.Analyzer{Catalog: p.cat, Version: opt.Version}
	return p
}

// replayDeployed brings the state to where the batch begins.
func (p *pass) replayDeployed() {
	for _, group := range [][]File{p.in.Schema, p.in.Before} {
		for _, f := range group {
			for _, s := range sqlparse.Parse(f.Name, UpOnly(f.Text)).Stmts {
				p.cat.Tx++
				p.replay(p.z, s)
			}
			p.cat.Path, p.z.NotUTC = "public", false
		}
	}
	p.cat.Batch = true
}

// replay moves the state on by a statement that is deployed.
func (p *pass) replay(z *effect.Analyzer, s *sqlparse.Stmt) {
	if s.Node == nil {
		return
	}
	if s.Newer.Any() {
		z.Apply(s.Node, s.Newer)
		return
	}
	p.cat.Apply(s.Node)
	for _, in := range innerStatements(s) {
		p.replay(z, in)
	}
}

var downMark = regexp.MustCompile(`(?im)^[ \t]*--[ \t]*(?:\+goose[ \t]+down|\+migrate[ \t]+down|migrate:down|@down)\b`)

// UpOnly blanks out the part of a file that undoes it, for tools that keep both in one file. Offsets stay.
func UpOnly(text string) string {
	m := downMark.FindStringIndex(text)
	if m == nil {
		return text
	}
	keep := text[:m[0]]
	return keep + strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return -1
	}, text[m[0]:])
}

// readFile reads a file into the batch.
func (p *pass) readFile(i int) {
	in, z := p.in.Files[i], p.z
	f := &file{File: in, parsed: sqlparse.Parse(in.Name, UpOnly(in.Text))}
	f.modes(p.in.TxNone)
	p.cat.Tx++
	var (
		open               bool // the file's own transaction
		session, local, st timeouts
	)
	for i, s := range f.parsed.Stmts {
		st = session.or(local)
		d := &stmt{Stmt: s, file: f, index: i, lockTimeout: st.lock, timeout: st.statement, idleTimeout: st.idle, tx: p.cat.Tx,
			alone: f.none && !open, begun: open}
		d.enums = p.cat.AddedValues(p.cat.Tx)
		if s.Node != nil {
			d.actions = z.Apply(s.Node, s.Newer)
			setTimeouts(s.Node, &session, &local)
		}
		f.stmts = append(f.stmts, d)
		for _, in := range innerStatements(s) {
			e := *d
			e.Stmt, e.inner, e.actions = in, true, nil
			if in.Node != nil {
				e.actions = z.Apply(in.Node, in.Newer)
			}
			f.stmts = append(f.stmts, &e)
		}
		switch transaction(s.Node) {
		case begins:
			open = true
			p.cat.Tx++
		case ends:
			open, local = false, timeouts{}
			p.cat.Tx++
		default:
			if f.none && !open {
				p.cat.Tx++
			}
		}
		d.begun = d.begun || open
	}
	p.cat.Tx++
	p.cat.Path, z.NotUTC = "public", false
	p.suppressions(f)
	if i < len(p.traced) {
		p.correct(f, p.traced[i])
	}
	p.files = append(p.files, f)
}

// modes decides whether the file runs in one transaction.
func (f *file) modes(plainNone bool) {
	first := len(f.parsed.Text)
	if len(f.parsed.Stmts) > 0 {
		first = f.parsed.Stmts[0].Start
	}
	for _, c := range f.parsed.Comments {
		if c.Start < first && noTransaction.MatchString(c.Text) {
			f.none, f.declared = true, true
		}
	}
	for _, s := range f.parsed.Stmts {
		if transaction(s.Node) == begins {
			f.explicit = true
		}
	}
	if f.none || f.Migration {
		return
	}
	if f.explicit || plainNone {
		f.none = true
		return
	}
	for _, s := range f.parsed.Stmts {
		if s.Node != nil && refusesTx(s) {
			f.none = true
			return
		}
	}
}

var noTransaction = regexp.MustCompile(`(?i)^(atlas:txmode[ \t]+none\b|\+goose[ \t]+no[ \t]+transaction|\+migrate[ \t]+up[ \t]+notransaction|migrate:up[ \t]+transaction:false|.*\bdisable-tx\b)`)

// judgeDirectory runs the rules about the directory as a whole.
func (p *pass) judgeDirectory() {
	for i := range registry {
		if r := &registry[i]; r.dir != nil && p.in.Directory != nil && p.on(r) {
			p.cur = r
			r.dir(p)
		}
	}
}

// on says whether a rule is switched on and can run.
func (p *pass) on(r *rule) bool {
	return p.opt.Config.Severity(&r.Rule) != lint.Off && p.skipped(r) == ""
}

// judge runs the rules on the batch.
func (p *pass) judge() {
	for i := range registry {
		r := &registry[i]
		if !p.on(r) {
			continue
		}
		p.cur = r
		for _, f := range p.files {
			if r.file != nil {
				r.file(p, f)
			}
			for _, s := range f.stmts {
				if r.stmt != nil {
					r.stmt(p, s)
				}
				if r.action == nil {
					continue
				}
				for _, a := range s.actions {
					r.action(p, s, a)
				}
			}
		}
	}
}

// skipped says why a rule cannot run; empty where it can.
func (p *pass) skipped(r *rule) string {
	switch {
	case r.directory && p.in.Directory == nil:
		return "no migrations directory"
	case r.traced && !p.tripped:
		return "down files were not run"
	case r.compared && !p.in.Directory.Compared:
		return "not compared with the declared schema"
	}
	return ""
}

// hot says whether a table is in use: it was there before the batch, is not temporary and not declared small.
func (p *pass) hot(t *catalog.Table) bool {
	return t != nil && !t.New && !t.Temp && !p.small(t)
}

// used says whether a table was there before the batch, small or not.
func used(t *catalog.Table) bool { return t != nil && !t.New && !t.Temp }

func (p *pass) small(t *catalog.Table) bool { return p.opt.Small[t.Name] || p.opt.Small[t.String()] }

// rows says how many rows a table is declared to have, as a sentence to put behind a message; empty where not known.
func (p *pass) rows(t *catalog.Table) string {
	n := p.opt.Rows[t.String()]
	if n == 0 {
		n = p.opt.Rows[t.Name]
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" %s is declared with %s rows.", t, thousands(n))
}

func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// finding is what a rule says beyond the place.
type finding struct {
	object   string
	message  string
	fix      string
	severity lint.Severity // Off for the rule's own
	state    bool          // the state before the statement was needed
	within   []string
	loc      int32 // in the tree; 0 for the statement
	aliases  []string
}

// report adds a finding of the current rule on a statement.
func (p *pass) report(s *stmt, f finding) {
	line, col := s.file.parsed.At(s.Stmt, f.loc)
	if s.inner {
		line, col = s.Line, s.Column
	}
	sources := []string{lint.Parsed}
	if f.state {
		sources = append(sources, lint.State)
	}
	if s.seen != nil && (s.seen.Ran && s.seen.Err == "" || s.seen.Err != "" && p.cur.Code == m801Code) {
		sources = append(sources, lint.Traced)
	}
	if f.severity == lint.Off && !s.file.Migration && p.cur.milder != lint.Off {
		f.severity = p.cur.milder
	}
	end := s.EndLine
	if end == line {
		end = 0
	}
	p.found = append(p.found, lint.Finding{Code: p.cur.Code, Severity: f.severity, File: s.file.Name, Line: line, Column: col, EndLine: end,
		Object: f.object, Statement: s.Text, Message: f.message, Fix: f.fix, Sources: sources, Within: f.within, Aliases: f.aliases})
}

// reportFile adds a finding of the current rule on a file as a whole.
func (p *pass) reportFile(name string, line int, object, message, fix string) {
	p.found = append(p.found, lint.Finding{Code: p.cur.Code, File: name, Line: line, Object: object, Message: message, Fix: fix, Sources: []string{lint.Parsed}})
}

func (p *pass) result() *Result {
	var skips []lint.Skip
	for i := range registry {
		if why := p.skipped(&registry[i]); why != "" {
			skips = append(skips, lint.Skip{Rule: registry[i].Code, Why: why})
		}
	}
	res := &Result{Traced: p.server}
	res.Result = lint.Finish(append(p.found, p.opt.Extra...), lint.Finishing{Rules: Rules(), Known: append(Rules(), p.opt.Known...),
		Config: p.opt.Config, Suppressions: p.sups, Baseline: p.opt.Baseline, Skipped: skips, Gaps: p.gaps})
	res.Files = p.explain(res.Findings)
	return res
}
