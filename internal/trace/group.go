package trace

import (
	"context"
	"strings"
)

// group is the statements of one transaction, or a single statement that runs by itself.
type group struct {
	file  string
	tx    bool // its statements share a transaction
	items []*Statement
}

// groups cuts the report's statements into the transactions that the files' modes and their own BEGIN and COMMIT make,
// and marks those that are not run.
func groups(report *Report, private bool) []group {
	var out []group
	for i := range report.Files {
		f := &report.Files[i]
		joined := f.TxMode == TxAll && i > 0 && report.Files[i-1].TxMode == TxAll
		if !joined || len(out) == 0 {
			out = append(out, group{file: f.Name, tx: f.TxMode != TxNone})
		}
		begun := false // inside the file's own transaction
		for j := range f.Statements {
			s := &f.Statements[j]
			if s.Skipped = refused(s.Text, private); s.Skipped != "" {
				switch control(s.Text) {
				case "begin":
					begun = true
					out = append(out, group{file: f.Name, tx: true})
				case "end":
					begun = false
					out = append(out, group{file: f.Name, tx: f.TxMode != TxNone})
				}
				continue
			}
			if f.TxMode == TxNone && !begun {
				out = append(out, group{file: f.Name})
			}
			last := &out[len(out)-1]
			last.items = append(last.items, s)
		}
	}
	return out
}

// outsideTx are the errors of a statement that must not run in a transaction: active_sql_transaction and
// invalid_transaction_termination.
func outsideTx(e *Error) bool { return e != nil && (e.SQLState == "25001" || e.SQLState == "2D000") }

// dataDependent is whether an error can come from the rows (data exceptions, integrity constraints).
func dataDependent(e *Error) bool {
	return e != nil && (strings.HasPrefix(e.SQLState, "22") || strings.HasPrefix(e.SQLState, "23"))
}

// aboutTx are errors that come from sharing a transaction with what ran before, whatever else failed there.
func aboutTx(e *Error) bool {
	return outsideTx(e) || e != nil && (e.SQLState == "55P04" || e.SQLState == "55006")
}

// group rehearses the group, then runs it statement by statement.
func (r *run) group(ctx context.Context, g group) error {
	if len(g.items) == 0 {
		return nil
	}
	texts := make([]string, len(g.items))
	for i, s := range g.items {
		texts[i] = s.Text
	}
	named := r.catalog.named(texts...)
	if err := r.seed(ctx, named); err != nil {
		return err
	}
	rehearsed, err := r.rehearse(ctx, texts)
	if err != nil {
		return err
	}
	var locals []string
	broken := false // an earlier statement failed in the rehearsal: what follows it there proves little
	for i, s := range g.items {
		alone := rehearsed[i]
		s.InTx = !outsideTx(alone)
		if err := r.seed(ctx, r.catalog.named(s.Text)); err != nil {
			return err
		}
		if err := r.measure(ctx, s, locals); err != nil {
			return err
		}
		if g.tx && alone != nil && s.Error == nil && (!broken || aboutTx(alone)) {
			switch {
			case !dataDependent(alone):
				s.Error, s.DataError = alone, nil
			case s.DataError == nil:
				s.DataError = alone
			}
		}
		broken = broken || alone != nil
		if isLocal(s.Text) {
			locals = append(locals, s.Text)
		}
	}
	return nil
}

// measure runs one statement. When it fails on rows that were put there, it runs again without them.
func (r *run) measure(ctx context.Context, s *Statement, locals []string) error {
	once := func() error {
		if s.InTx {
			return r.runInside(ctx, s, locals)
		}
		return r.runOutside(ctx, s)
	}
	if err := once(); err != nil || !dataDependent(s.Error) || !r.hasRows() {
		return err
	}
	first := s.Error
	if err := r.unseed(ctx); err != nil {
		return err
	}
	text, inTx := s.Text, s.InTx
	*s = Statement{Text: text, InTx: inTx}
	if err := once(); err != nil {
		return err
	}
	if s.Error == nil {
		s.DataError = first
	}
	return nil
}
