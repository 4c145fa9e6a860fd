package migration

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// whole runs a file in one transaction, its record included: it happened as a whole or left no trace.
func (r *run) whole(ctx context.Context, j *job) error {
	for attempt := 0; ; attempt++ {
		err := r.inTx(ctx, j)
		if err == nil || !r.retry(ctx, j, attempt, err) {
			return err
		}
		j.out.Applied, j.out.Checks = nil, nil
	}
}

func (r *run) inTx(ctx context.Context, j *job) error {
	if err := r.begin(ctx, r.opts.settings(r.Dialect, stmtTexts(j.stmts))); err != nil {
		r.broken = r.Dialect == schemagraph.Postgres
		return fmt.Errorf("starting transaction: %w", err)
	}
	if r.Dialect == schemagraph.SQLite {
		// There is no lock across processes but the database's own, which we hold from here on.
		now, err := r.revision(ctx, r.conn, j.rev.Version)
		if err != nil {
			r.rollback(ctx)
			return err
		}
		if now != nil && done(now) {
			r.rollback(ctx)
			r.log(Event{Kind: EventNotice, File: j.file, Text: "another process applied this file"})
			return nil
		}
	}
	rev := *j.rev
	rev.ExecutedAt = time.Now()
	if err := r.stmts(ctx, j); err != nil {
		r.rollback(ctx)
		return err
	}
	finish(&rev, len(j.stmts))
	if err := r.commit(ctx, r.upsert(&rev)); err != nil {
		r.rollback(ctx)
		return fmt.Errorf("committing %s: %w", j.file.Name(), err)
	}
	*j.rev = rev
	return nil
}

// finish marks a revision as run whole.
func finish(rev *Revision, total int) {
	rev.Applied, rev.Total = total, total
	rev.PartialHashes, rev.Error, rev.ErrorStmt = nil, "", ""
	rev.ExecutionTime = time.Since(rev.ExecutedAt)
}

// stmts runs the checks and the statements of a file inside a transaction that the caller began.
func (r *run) stmts(ctx context.Context, j *job) error {
	if err := r.checks(ctx, j); err != nil {
		return err
	}
	for i := j.start; i < len(j.stmts); i++ {
		if err := r.stmt(ctx, j, i); err != nil {
			return err
		}
	}
	return nil
}

// stmt runs one statement. One that is tried again is reported once.
func (r *run) stmt(ctx context.Context, j *job, i int) error {
	s := j.stmts[i]
	if n := i - j.start; n == len(j.out.Applied) {
		j.out.Applied = append(j.out.Applied, s.Text)
	}
	r.log(Event{Kind: EventStmt, File: j.file, Stmt: s.Text, Index: i + 1, Total: len(j.stmts)})
	if err := r.exec(ctx, s.Text); err != nil {
		return &StmtExecError{File: j.file, Name: j.file.Name(), Stmt: s.Text, Line: j.lines(s.Pos), Err: err}
	}
	return nil
}

// together runs all files in one transaction.
func (r *run) together(ctx context.Context, jobs []*job) error {
	var texts []string
	for _, j := range jobs {
		texts = append(texts, stmtTexts(j.stmts)...)
	}
	if err := r.begin(ctx, r.opts.settings(r.Dialect, texts)); err != nil {
		return fmt.Errorf("starting transaction: %w", err)
	}
	var records []string
	for _, j := range jobs {
		r.begins(j)
		rev := *j.rev
		rev.ExecutedAt = time.Now()
		err := r.stmts(ctx, j)
		r.ends(j, err)
		if err != nil {
			r.rollback(ctx)
			return err
		}
		finish(&rev, len(j.stmts))
		records = append(records, r.upsert(&rev))
	}
	if err := r.commit(ctx, strings.Join(records, "; ")); err != nil {
		r.rollback(ctx)
		return fmt.Errorf("committing %d files: %w", len(jobs), err)
	}
	return nil
}

// stepwise runs a file outside of a transaction and records it statement by statement. A statement that can share
// a transaction with its record does; one that cannot (an index built concurrently) is examined before it is run
// again. A file that begins transactions itself has its record written inside them.
func (r *run) stepwise(ctx context.Context, j *job) error {
	resumed := r.revs[j.rev.Version] != nil
	rev := j.rev
	rev.ExecutedAt = time.Now()
	if err := r.exec(ctx, r.upsert(rev)); err != nil {
		r.broken = true
		return fmt.Errorf("writing revision %q: %w", rev.Version, err)
	}
	if err := r.checks(ctx, j); err != nil {
		r.failed(ctx, j, rev, err)
		return err
	}
	safe := *rev // what is certain to be in the table: the state before the file's own BEGIN
	own := false
	for i := j.start; i < len(j.stmts); i++ {
		kind := kindOf(j.stmts[i].Text)
		if resumed && i == j.start && kind == kindOther {
			skip, err := r.repair(ctx, j.stmts[i].Text)
			if err != nil {
				return err
			}
			if skip {
				r.log(Event{Kind: EventNotice, File: j.file, Text: "statement " + fmt.Sprint(i+1) + " was completed by the attempt before"})
				j.out.Applied = append(j.out.Applied, j.stmts[i].Text)
				if err := r.advance(ctx, j, rev, i); err != nil {
					return err
				}
				safe = *rev
				continue
			}
		}
		if kind == kindBegin {
			own = true
		}
		var err error
		if kind == kindAtomic && !own {
			err = r.atomic(ctx, j, rev, i)
		} else if err = r.stmt(ctx, j, i); err == nil {
			if kind == kindCommit || kind == kindRollback {
				own = false
			}
			err = r.advance(ctx, j, rev, i)
		}
		if err != nil {
			if own {
				r.rollback(ctx)
				*rev = safe
			}
			r.failed(ctx, j, rev, err)
			return err
		}
		if !own {
			safe = *rev
		}
	}
	if own {
		r.rollback(ctx)
		*rev = safe
		err := fmt.Errorf("%s begins a transaction and does not end it; add COMMIT", j.file.Name())
		r.failed(ctx, j, rev, err)
		return err
	}
	finish(rev, len(j.stmts))
	if err := r.exec(ctx, r.upsert(rev)); err != nil {
		r.broken = true
		return fmt.Errorf("writing revision %q: %w", rev.Version, err)
	}
	return nil
}

// advanced is the revision after statement i.
func advanced(rev *Revision, j *job, i int) Revision {
	next := *rev
	next.Applied = i + 1
	next.PartialHashes = append(append([]string(nil), rev.PartialHashes...), "h1:"+j.sums[i])
	next.Error, next.ErrorStmt = "", ""
	next.ExecutionTime = time.Since(rev.ExecutedAt)
	return next
}

func (r *run) advance(ctx context.Context, j *job, rev *Revision, i int) error {
	next := advanced(rev, j, i)
	if err := r.exec(ctx, r.upsert(&next)); err != nil {
		return fmt.Errorf("writing revision %q after statement %d ran: %w", rev.Version, i+1, err)
	}
	*rev = next
	return nil
}

// atomic runs one statement and its record in a transaction of their own.
func (r *run) atomic(ctx context.Context, j *job, rev *Revision, i int) error {
	for attempt := 0; ; attempt++ {
		err := r.begin(ctx, r.opts.settings(r.Dialect, stmtTexts(j.stmts)))
		if err != nil {
			r.broken = r.Dialect == schemagraph.Postgres
			return fmt.Errorf("starting transaction: %w", err)
		}
		next := advanced(rev, j, i)
		if err = r.stmt(ctx, j, i); err == nil {
			if err = r.commit(ctx, r.upsert(&next)); err == nil {
				*rev = next
				return nil
			}
			err = fmt.Errorf("committing statement %d of %s: %w", i+1, j.file.Name(), err)
		}
		r.rollback(ctx)
		if !r.retry(ctx, j, attempt, err) {
			return err
		}
	}
}

// failed records why a file stopped, on a new connection when the old one is gone. That it cannot is no error of
// its own: the table then says truly how far the file came, without the reason.
func (r *run) failed(ctx context.Context, j *job, rev *Revision, cause error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if !r.alive(ctx, r.opts.LockName) {
		return
	}
	now, err := r.revision(ctx, r.conn, rev.Version)
	if err != nil || now == nil || done(now) && now.Total > 0 {
		return
	}
	// What the table says is the truth: the last record may or may not have arrived before the connection broke.
	now.Error, now.ErrorStmt = cause.Error(), ""
	if se := (*StmtExecError)(nil); asStmt(cause, &se) {
		now.Error, now.ErrorStmt = se.Err.Error(), se.Stmt
	}
	now.ExecutionTime = time.Since(rev.ExecutedAt)
	_ = r.exec(ctx, r.upsert(now))
}

var (
	reCreateConc = regexp.MustCompile(`(?is)^\s*create\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?("(?:[^"]|"")+"|[\w$]+)\s+on\s+(?:only\s+)?((?:"(?:[^"]|"")+"|[\w$]+)(?:\s*\.\s*(?:"(?:[^"]|"")+"|[\w$]+))?)`)
	reDropConc   = regexp.MustCompile(`(?is)^\s*drop\s+index\s+concurrently\s+(?:if\s+exists\s+)?((?:"(?:[^"]|"")+"|[\w$]+)(?:\s*\.\s*(?:"(?:[^"]|"")+"|[\w$]+))?)\s*(?:cascade|restrict)?\s*;?\s*$`)
)

// repair looks at what an interrupted statement left behind: an index that was finished need not be built again,
// a half-built one has to go first.
func (r *run) repair(ctx context.Context, text string) (skip bool, err error) {
	if r.Dialect != schemagraph.Postgres {
		return false, nil
	}
	if m := reDropConc.FindStringSubmatch(text); m != nil {
		gone, _, err := scalar[bool](ctx, r.conn, "SELECT to_regclass($1) IS NULL", m[1])
		if err != nil {
			return false, fmt.Errorf("looking for index %s: %w", m[1], err)
		}
		return gone, nil
	}
	m := reCreateConc.FindStringSubmatch(text)
	if m == nil {
		return false, nil
	}
	name := m[1]
	if strings.HasPrefix(name, `"`) {
		name = strings.ReplaceAll(name[1:len(name)-1], `""`, `"`)
	} else {
		name = strings.ToLower(name)
	}
	rows, err := r.conn.QueryContext(ctx, `SELECT n.nspname, i.indisvalid AND i.indisready FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE i.indrelid = to_regclass($1) AND c.relname = $2`, m[2], name)
	if err != nil {
		return false, fmt.Errorf("looking for index %q: %w", name, err)
	}
	defer rows.Close()
	if !rows.Next() {
		return false, rows.Err()
	}
	var schema string
	var valid bool
	if err := rows.Scan(&schema, &valid); err != nil {
		return false, fmt.Errorf("looking for index %q: %w", name, err)
	}
	rows.Close()
	if valid {
		return true, nil
	}
	if err := r.exec(ctx, "DROP INDEX CONCURRENTLY IF EXISTS "+quote(schema)+"."+quote(name)); err != nil {
		return false, fmt.Errorf("dropping the half-built index %q: %w", name, err)
	}
	return false, nil
}
