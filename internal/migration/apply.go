package migration

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"ariga.io/atlas/sql/migrate"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// ApplyOptions say what to apply and how. The zero value applies all pending files, one transaction each.
type ApplyOptions struct {
	// Amount is how many files to apply at most, To the last version to apply. Zero values mean all.
	Amount int
	To     string
	// TxMode is TxFile (default), TxAll or TxNone; Order is OrderLinear (default), OrderLinearSkip or OrderNonLinear.
	TxMode, Order string
	// Baseline is the version a database without revisions is taken to be at. AllowDirty starts from the first
	// file on a database that is not empty.
	Baseline   string
	AllowDirty bool
	// DryRun reports what would run and changes nothing, not even the revision table. AnyState skips the check
	// that the database is empty.
	DryRun   bool
	AnyState bool
	// LockTimeout is how long to wait for the advisory lock called LockName (LockExecute when empty).
	LockTimeout time.Duration
	LockName    string
	// StmtLockTimeout is PostgreSQL's lock_timeout for files that do not set their own; zero leaves the server's.
	// A file that gives up waiting is tried again up to Retries times, with growing pauses.
	StmtLockTimeout time.Duration
	Retries         int
	// StmtTimeout is PostgreSQL's statement_timeout; zero leaves the server's.
	StmtTimeout time.Duration
	// Operator is who is recorded as having run the files.
	Operator string
	// Log is told what happens, as it happens.
	Log func(Event)
}

// Event is one thing that happened during a run.
type Event struct {
	Kind  EventKind
	File  *File
	Stmt  string // the statement, for EventStmt
	Index int    // its number in the file, from 1
	Total int    // how many the file has
	Took  time.Duration
	Text  string // what an EventNotice says
	Err   error
}

// EventKind says what an Event is about.
type EventKind int

// The kinds of events.
const (
	EventFile   EventKind = iota // a file begins
	EventStmt                    // a statement begins
	EventDone                    // a file ended, with Err when it failed
	EventNotice                  // something worth saying, such as another attempt
)

// HistoryChangedError says that statements of a partly applied file were changed after they ran.
type HistoryChangedError struct {
	File string
	Stmt int
}

func (e *HistoryChangedError) Error() string {
	return fmt.Sprintf("history changed: statement %d from file %q changed", e.Stmt, e.File)
}

// StmtExecError is a statement that failed, and where it stands.
type StmtExecError struct {
	File *File
	Name string // the file's name; of the down file on the way back
	Stmt string
	Line int
	Err  error
}

func (e *StmtExecError) Error() string {
	return fmt.Sprintf("%s:%d: executing statement %q: %v", e.Name, e.Line, shorten(e.Stmt), e.Err)
}

func (e *StmtExecError) Unwrap() error { return e.Err }

func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}

// run is one apply.
type run struct {
	*session
	dir  *Dir
	opts ApplyOptions
	rep  *ApplyReport
	revs map[string]*Revision
	hash migrate.HashFile
}

// Apply runs the pending files of the directory. The report is never nil; it says what ran, also when the error
// says why not everything did.
func (t *Target) Apply(ctx context.Context, dir *Dir, opts ApplyOptions) (*ApplyReport, error) {
	rep := &ApplyReport{Start: time.Now(), DryRun: opts.DryRun}
	err := t.apply(ctx, dir, opts, rep)
	rep.End = time.Now()
	if err != nil {
		rep.Error = err.Error()
	}
	return rep, err
}

func (t *Target) apply(ctx context.Context, dir *Dir, opts ApplyOptions, rep *ApplyReport) error {
	if opts.Baseline != "" && opts.AllowDirty {
		return errors.New("baseline and allow-dirty are mutually exclusive")
	}
	if err := dir.Validate(); err != nil {
		return fmt.Errorf("validating migration directory: %w", err)
	}
	s, err := t.open(ctx, opts.LockName, opts.LockTimeout, !opts.DryRun)
	if err != nil {
		return err
	}
	defer s.close()
	if err := t.checkClarity(ctx, s.conn); err != nil {
		return err
	}
	revs, err := t.revisions(ctx, s.conn)
	if err != nil {
		return err
	}
	var files []*File
	if len(revs) == 0 {
		if revs, err = s.first(ctx, dir, opts); err != nil {
			return err
		}
	}
	if n := len(revs); n > 0 {
		if v := revertingOf(revs[n-1]); v != nil {
			return fmt.Errorf("revision %q is on its way down (%s); complete that first with: plinth migrate down", revs[n-1].Version, v)
		}
	}
	if files, err = pending(dir, revs, opts.Order); err != nil {
		return err
	}
	if opts.To != "" {
		if files, err = upTo(dir, files, revs, opts.To); err != nil {
			return err
		}
	}
	if opts.Amount > 0 && opts.Amount < len(files) {
		files = files[:opts.Amount]
	}
	if len(revs) > 0 {
		rep.Current = revs[len(revs)-1].Version
	}
	rep.Pending = files
	if len(files) == 0 {
		return nil
	}
	rep.Target = files[len(files)-1].Version()
	r := &run{session: s, dir: dir, opts: opts, rep: rep, revs: map[string]*Revision{}}
	for _, v := range revs {
		r.revs[v.Version] = v
	}
	if r.hash, err = dir.Checksum(); err != nil {
		return err
	}
	return r.files(ctx, files)
}

// first prepares a database without revisions: it must be empty unless the caller said otherwise, and gets the
// revision table and perhaps a baseline.
func (s *session) first(ctx context.Context, dir *Dir, opts ApplyOptions) ([]*Revision, error) {
	if !opts.AllowDirty && opts.Baseline == "" && !opts.AnyState {
		var dirty *migrate.NotCleanError
		if err := s.checkClean(ctx, s.conn); errors.As(err, &dirty) {
			return nil, fmt.Errorf("%w. baseline version or allow-dirty is required", err)
		} else if err != nil {
			return nil, err
		}
	}
	var base *Revision
	if opts.Baseline != "" {
		f, err := dir.Locate(opts.Baseline)
		if err != nil {
			return nil, fmt.Errorf("baseline version %q not found", opts.Baseline)
		}
		base = &Revision{Version: f.Version(), Description: f.Desc(), Type: migrate.RevisionTypeBaseline,
			ExecutedAt: time.Now(), OperatorVersion: opts.Operator}
	}
	if opts.DryRun {
		if base != nil {
			return []*Revision{base}, nil
		}
		return nil, nil
	}
	if err := s.ensureRevisions(ctx, s.conn); err != nil {
		return nil, err
	}
	if base == nil {
		return nil, nil
	}
	if err := s.exec(ctx, s.upsert(base)); err != nil {
		return nil, fmt.Errorf("writing baseline revision: %w", err)
	}
	return []*Revision{base}, nil
}

// job is one file made ready to run.
type job struct {
	file  *File
	stmts []*migrate.Stmt
	sums  []string
	rev   *Revision
	start int // the first statement to run
	mode  string
	out   *AppliedFile
	lines func(pos int) int
}

func (r *run) files(ctx context.Context, files []*File) error {
	jobs := make([]*job, len(files))
	for i, f := range files {
		j, err := r.prepare(f)
		if err != nil {
			return err
		}
		jobs[i] = j
	}
	if !r.opts.DryRun {
		if err := r.ensureRevisions(ctx, r.conn); err != nil {
			return err
		}
	}
	if r.opts.TxMode == TxAll && !r.opts.DryRun {
		return r.together(ctx, jobs)
	}
	for _, j := range jobs {
		r.begins(j)
		var err error
		switch {
		case r.opts.DryRun:
			for _, s := range j.stmts[j.start:] {
				j.out.Applied = append(j.out.Applied, s.Text)
			}
		case j.mode == TxNone:
			err = r.stepwise(ctx, j)
		default:
			err = r.whole(ctx, j)
		}
		if !r.opts.DryRun && r.Dialect == schemagraph.Postgres && setsSession(stmtTexts(j.stmts)) {
			r.resetSession(ctx)
		}
		r.ends(j, err)
		if err != nil {
			return err
		}
	}
	return nil
}

// resetSession undoes what a file set on the session: a dump that empties the search path must not be felt by the
// next file. A session that cannot be reset is not used again.
func (s *session) resetSession(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := s.exec(ctx, "RESET ROLE; RESET ALL"); err != nil {
		s.broken = true
	}
}

// prepare reads a file before anything runs, so that a mistake in the third file is found before the first ran.
func (r *run) prepare(f *File) (*job, error) {
	stmts, err := f.Up(r.Dialect)
	if err != nil {
		return nil, err
	}
	j := &job{file: f, stmts: stmts, sums: stmtSums(stmts), mode: r.opts.TxMode, lines: lineCounter(f.Bytes())}
	if j.mode == "" {
		j.mode = TxFile
	}
	mode, err := f.TxMode()
	if err != nil {
		return nil, err
	}
	if mode != "" && mode != j.mode {
		if j.mode == TxAll {
			return nil, fmt.Errorf("cannot set txmode directive to %q in %q when txmode %q is set globally", mode, f.Name(), TxAll)
		}
		j.mode = mode
	}
	texts := stmtTexts(stmts)
	if j.mode != TxNone && ownsTransaction(texts) {
		if j.mode == TxAll {
			return nil, fmt.Errorf("%s begins or ends transactions itself and cannot run in tx-mode %q; remove its BEGIN and COMMIT, or use tx-mode %q", f.Name(), TxAll, TxFile)
		}
		j.mode = TxNone
	}
	hash, _ := r.hash.SumByName(f.Name()) // a file with "sum ignore" has none
	if j.rev = r.revs[f.Version()]; j.rev == nil {
		j.rev = &Revision{Version: f.Version(), Description: f.Desc(), Type: migrate.RevisionTypeExecute, Hash: hash}
	} else if err := r.resume(j); err != nil {
		return nil, err
	}
	j.rev.Total = len(stmts)
	j.rev.OperatorVersion = r.opts.Operator
	j.rev.Hash = hash
	return j, nil
}

// resume finds where an earlier attempt stopped; what it ran must still be what the file says.
func (r *run) resume(j *job) error {
	if j.rev.Applied > len(j.stmts) {
		return &HistoryChangedError{File: j.file.Name(), Stmt: len(j.stmts) + 1}
	}
	for i := 0; i < j.rev.Applied; i++ {
		if i >= len(j.rev.PartialHashes) || j.sums[i] != strings.TrimPrefix(j.rev.PartialHashes[i], "h1:") {
			return &HistoryChangedError{File: j.file.Name(), Stmt: i + 1}
		}
	}
	j.start = j.rev.Applied
	return nil
}

// stmtSums are the hashes of the statements, each over all before it.
func stmtSums(stmts []*migrate.Stmt) []string {
	sums, h := make([]string, len(stmts)), sha256.New()
	for i, s := range stmts {
		h.Write([]byte(s.Text))
		sums[i] = base64.StdEncoding.EncodeToString(h.Sum(nil))
	}
	return sums
}

func stmtTexts(stmts []*migrate.Stmt) []string {
	out := make([]string, len(stmts))
	for i, s := range stmts {
		out[i] = s.Text
	}
	return out
}

// lineCounter turns positions in a text into line numbers from 1.
func lineCounter(text []byte) func(int) int {
	return func(pos int) int {
		return 1 + strings.Count(string(text[:max(0, min(pos, len(text)))]), "\n")
	}
}

func (r *run) begins(j *job) {
	j.out = &AppliedFile{File: j.file, Start: time.Now(), Skipped: j.start}
	r.rep.Applied = append(r.rep.Applied, j.out)
	r.log(Event{Kind: EventFile, File: j.file, Total: len(j.stmts)})
}

func (r *run) ends(j *job, err error) {
	j.out.End = time.Now()
	if err != nil && j.out.Error == nil {
		e := &StmtError{Text: err.Error()}
		var se *StmtExecError
		if errors.As(err, &se) {
			e.Stmt, e.Text = se.Stmt, se.Err.Error()
		}
		j.out.Error = e
	}
	r.log(Event{Kind: EventDone, File: j.file, Total: len(j.stmts), Took: j.out.End.Sub(j.out.Start), Err: err})
}

func (r *run) log(e Event) {
	if r.opts.Log != nil {
		r.opts.Log(e)
	}
}

// settings are the SET LOCAL statements of a file's transaction.
func (o *ApplyOptions) settings(dialect string, texts []string) string {
	var out []string
	if dialect != schemagraph.Postgres {
		return ""
	}
	if o.StmtLockTimeout > 0 && !setsLockTimeout(texts) {
		out = append(out, fmt.Sprintf("SET LOCAL lock_timeout = '%dms'", o.StmtLockTimeout.Milliseconds()))
	}
	if o.StmtTimeout > 0 {
		out = append(out, fmt.Sprintf("SET LOCAL statement_timeout = '%dms'", o.StmtTimeout.Milliseconds()))
	}
	return strings.Join(out, "; ")
}

// retry says whether a failure is one to try again after a pause, and pauses.
func (r *run) retry(ctx context.Context, j *job, attempt int, err error) bool {
	if attempt >= r.opts.Retries || !isLockTimeout(err) || r.broken {
		return false
	}
	pause := min(200*time.Millisecond<<min(attempt, 6), 10*time.Second)
	r.log(Event{Kind: EventNotice, File: j.file, Err: err,
		Text: fmt.Sprintf("waiting for a lock took too long; attempt %d of %d in %s", attempt+2, r.opts.Retries+1, pause)})
	select {
	case <-ctx.Done():
		return false
	case <-time.After(pause):
		return true
	}
}
