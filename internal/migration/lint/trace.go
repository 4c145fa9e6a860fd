package lint

import (
	"context"
	"fmt"
	"strings"

	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/migration/lint/catalog"
	"github.com/plinth-go/plinth/internal/migration/lint/effect"
)

// Tracer runs the statements of files on a throwaway server and says what each really did.
type Tracer interface {
	// Trace runs what is deployed, then the batch. It gives one entry for each statement of each file of the batch, in
	// the parser's order (psql meta commands included), and the server's description ("PostgreSQL 15").
	Trace(ctx context.Context, in Input) (files [][]Traced, server string, major int, err error)
}

// RoundTripper is a Tracer that also runs up, down and up again.
type RoundTripper interface {
	RoundTrips(ctx context.Context, in Input) ([]RoundTrip, error)
}

// Traced is what a statement did on the throwaway server.
type Traced struct {
	// Ran says that it was run; Err and Code are the server's error and its SQLSTATE.
	Ran       bool
	Err, Code string
	Locks     []LockOn
	// Rewritten, Scanned and Built are the relations that were written anew, read from end to end, and the tables on
	// which indexes were built.
	Rewritten, Scanned, Built []string
	Millis                    float64
}

// trace lets the tracer run the batch.
func (p *pass) trace(ctx context.Context) error {
	if p.opt.Tracer == nil {
		return nil
	}
	var err error
	if p.traced, p.server, p.major, err = p.opt.Tracer.Trace(ctx, p.in); err != nil {
		return fmt.Errorf("tracing: %w", err)
	}
	if r, ok := p.opt.Tracer.(RoundTripper); ok && p.in.Directory != nil {
		if p.roundTrips, err = r.RoundTrips(ctx, p.in); err != nil {
			return fmt.Errorf("running the down files: %w", err)
		}
		p.tripped = true
	}
	return nil
}

// correct gives a file's statements what was seen of them, and corrects their actions by it.
func (p *pass) correct(f *file, traced []Traced) {
	n := 0
	for _, s := range f.stmts {
		if s.inner {
			continue
		}
		if n < len(traced) {
			s.seen = &traced[n]
			if p.major == p.opt.Version && s.seen.Ran && s.seen.Err == "" {
				s.correct(s.seen)
			}
		}
		n++
	}
}

// correct makes the actions of a statement say what was seen. A statement of one action is corrected in full; of
// several, only what cannot be any of them is taken back.
func (s *stmt) correct(t *Traced) {
	has := func(list []string, table *catalog.Table) bool {
		for _, name := range list {
			if name == table.Name || name == table.String() || strings.HasSuffix(name, "."+table.Name) {
				return true
			}
		}
		return false
	}
	for _, a := range s.actions {
		if a.Table == nil || !judgedByTrace(a) {
			continue
		}
		if !has(t.Rewritten, a.Table) {
			a.Rewrite = false
		} else if len(s.actions) == 1 {
			a.Rewrite = true
		}
		var scans []*catalog.Table
		for _, table := range a.Scan {
			if has(t.Scanned, table) || has(t.Rewritten, table) {
				scans = append(scans, table)
			}
		}
		if a.Op != effect.Validate {
			a.Scan = scans
		}
		if len(s.actions) == 1 && len(scans) == 0 && has(t.Scanned, a.Table) && !requiresValue(a.Def) { // that one is M501's
			a.Scan = append(a.Scan, a.Table)
		}
		if a.Build && !has(t.Built, a.Table) && !has(t.Rewritten, a.Table) {
			a.Build = false
		}
	}
}

// judgedByTrace says whether rewrite, scan and build of an action are things the tracer sees.
func judgedByTrace(a *effect.Action) bool {
	switch a.Op {
	case effect.AddColumn, effect.AlterType, effect.SetNotNull, effect.AddConstraint, effect.Attach, effect.SetExpression:
		return !a.Table.New
	}
	return false
}

// explain gives what each statement does, for the table of --explain.
func (p *pass) explain(found []lint.Finding) []*Judged {
	var list []*Judged
	at := map[place][]*lint.Finding{}
	for i := range found {
		at[place{found[i].File, found[i].Line}] = append(at[place{found[i].File, found[i].Line}], &found[i])
	}
	for _, f := range p.done {
		j := &Judged{Name: f.Name}
		for _, s := range f.stmts {
			if s.inner {
				continue
			}
			j.Statements = append(j.Statements, s.explain(at))
		}
		list = append(list, j)
	}
	return list
}

func (s *stmt) explain(found map[place][]*lint.Finding) *Statement {
	e := &Statement{Line: s.Line, EndLine: s.EndLine, Text: s.Text, InTx: !s.alone, Traced: s.seen != nil && s.seen.Ran}
	add := func(object, mode string) {
		for i, l := range e.Locks {
			if l.Object == object {
				if effect.ParseMode(mode) > effect.ParseMode(l.Mode) {
					e.Locks[i].Mode = mode
				}
				return
			}
		}
		e.Locks = append(e.Locks, LockOn{object, mode})
	}
	for _, a := range s.actions {
		e.Rewrite, e.Build, e.NoTx = e.Rewrite || a.Rewrite, e.Build || a.Build, e.NoTx || a.NoTx
		e.Scan = e.Scan || len(a.Scan) > 0
		for _, l := range a.Locks {
			add(l.Table.String(), l.Mode.String())
		}
	}
	if e.Traced && s.seen.Err == "" {
		e.Locks = nil
		for _, l := range s.seen.Locks {
			add(l.Object, strings.TrimSuffix(l.Mode, "Lock"))
		}
		e.Rewrite, e.Scan, e.Build = len(s.seen.Rewritten) > 0, len(s.seen.Scanned) > 0, len(s.seen.Built) > 0
	}
	for line := s.Line; line <= s.EndLine; line++ {
		for _, f := range found[place{s.file.Name, line}] {
			if f.Statement == s.Text {
				e.Codes = append(e.Codes, f.Code)
			}
		}
	}
	return e
}

// place is a line of a file.
type place struct {
	file string
	line int
}

// place is the statement's place for messages.
func (s *stmt) place() string { return fmt.Sprintf("%s:%d", s.file.Name, s.Line) }
