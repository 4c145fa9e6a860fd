package migration

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"time"

	"ariga.io/atlas/sql/migrate"
)

// DownOptions say how far back to go and how.
type DownOptions struct {
	// To is the version to come back to, which stays applied; "0" goes back to the empty database. Without it
	// Amount files are undone, one when it is 0.
	To     string
	Amount int
	// TxMode is TxFile (default), TxAll or TxNone.
	TxMode string
	DryRun bool
	// Consent is the hash of the plan (DownPlan.Hash) whose loss of data was agreed to.
	Consent string

	LockTimeout     time.Duration
	LockName        string
	StmtLockTimeout time.Duration
	Retries         int
	Operator        string
	Log             func(Event)
}

// DownPlan is what a down would do.
type DownPlan struct {
	Files []*File
	// Losses is the data that would go. It is empty when nothing is dropped that holds any.
	Losses []Loss
	// Hash identifies the plan: the files, their text and what would be lost.
	Hash string
}

// ConsentError says that a down would destroy data and nobody agreed to it.
type ConsentError struct {
	Plan *DownPlan
	// Given is the consent that was given for another plan.
	Given string
}

func (e *ConsentError) Error() string {
	if e.Given != "" {
		return fmt.Sprintf("consent %s is for another plan: what would be lost has changed; look again and consent with --consent %s", e.Given, e.Plan.Hash)
	}
	return fmt.Sprintf("going down would lose data; consent with --consent %s", e.Plan.Hash)
}

// PlanDown finds the files to undo, newest first, and counts what would be lost. It changes nothing.
func (t *Target) PlanDown(ctx context.Context, dir *Dir, opts DownOptions) (*DownPlan, error) {
	s, err := t.open(ctx, "", 0, false)
	if err != nil {
		return nil, err
	}
	defer s.close()
	revs, err := s.revisions(ctx, s.conn)
	if err != nil {
		return nil, err
	}
	return s.planDown(ctx, dir, revs, opts)
}

func (s *session) planDown(ctx context.Context, dir *Dir, revs []*Revision, opts DownOptions) (*DownPlan, error) {
	files, err := downFiles(dir, revs, opts)
	if err != nil {
		return nil, err
	}
	p := &DownPlan{Files: files}
	h := sha256.New()
	for _, f := range files {
		stmts, name, err := f.Down(s.Dialect)
		if err != nil {
			if errors.Is(err, ErrNoDown) {
				return nil, fmt.Errorf("%w; write one, or go forward with a new migration instead", err)
			}
			return nil, err
		}
		if _, err := f.downTxMode(); err != nil {
			return nil, err
		}
		fmt.Fprintln(h, name)
		for _, st := range stmts {
			fmt.Fprintln(h, st.Text)
			losses, err := s.losses(ctx, st.Text)
			if err != nil {
				return nil, err
			}
			for _, l := range losses {
				l.File, l.Line = name, downLine(f, name, st)
				p.Losses = append(p.Losses, l)
			}
		}
	}
	for _, l := range p.Losses {
		fmt.Fprintln(h, l.Kind, l.Object)
	}
	p.Hash = hex.EncodeToString(h.Sum(nil))[:12]
	return p, nil
}

func downLine(f *File, name string, st *migrate.Stmt) int {
	text, _, err := f.DownText()
	if err != nil || name == f.Name() {
		return 0
	}
	return lineCounter([]byte(text))(st.Pos)
}

// downFiles are the files to undo, newest first.
func downFiles(dir *Dir, revs []*Revision, opts DownOptions) ([]*File, error) {
	revs = append([]*Revision(nil), revs...)
	sort.SliceStable(revs, func(i, j int) bool { return revs[i].Version > revs[j].Version })
	n := opts.Amount
	if n <= 0 {
		n = 1
	}
	if opts.To != "" {
		n = 0
		found := opts.To == "0"
		for _, r := range revs {
			if r.Version <= opts.To {
				found = found || r.Version == opts.To
				break
			}
			n++
		}
		if !found {
			if _, err := dir.Locate(opts.To); err != nil {
				return nil, err
			}
			return nil, fmt.Errorf("version %q is not applied; going down ends at an applied version, or at 0 for the empty database", opts.To)
		}
	}
	if n > len(revs) {
		n = len(revs)
	}
	var files []*File
	for _, r := range revs[:n] {
		if r.Type.Has(migrate.RevisionTypeBaseline) {
			return nil, fmt.Errorf("version %q is the baseline: what it stands for was made outside of the migrations and cannot be undone by them", r.Version)
		}
		f, err := dir.Locate(r.Version)
		if err != nil {
			return nil, fmt.Errorf("undoing revision %q: %w", r.Version, err)
		}
		if !done(r) {
			return nil, fmt.Errorf("revision %q is applied in part (%d of %d statements); complete it with: plinth migrate apply, or settle it with: plinth migrate set", r.Version, r.Applied, r.Total)
		}
		files = append(files, f)
	}
	return files, nil
}

// Down undoes migrations by their down statements, newest first, and takes their revisions away, each together
// with its statements. The report is never nil.
func (t *Target) Down(ctx context.Context, dir *Dir, opts DownOptions) (*DownReport, error) {
	rep := &DownReport{Start: time.Now(), DryRun: opts.DryRun}
	err := t.down(ctx, dir, opts, rep)
	rep.End = time.Now()
	if err != nil {
		rep.Error = err.Error()
	} else if !opts.DryRun {
		rep.Status = "APPLIED"
	}
	return rep, err
}

func (t *Target) down(ctx context.Context, dir *Dir, opts DownOptions, rep *DownReport) error {
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
	if len(revs) > 0 {
		rep.Current = revs[len(revs)-1].Version
	}
	plan, err := s.planDown(ctx, dir, revs, opts)
	if err != nil {
		return err
	}
	rep.Planned, rep.Total = plan.Files, len(plan.Files)
	if n := len(revs) - len(plan.Files); n > 0 {
		rep.Target = revs[n-1].Version
	}
	if len(plan.Losses) > 0 && opts.Consent != plan.Hash && !opts.DryRun {
		return &ConsentError{Plan: plan, Given: opts.Consent}
	}
	d := &downRun{run: &run{session: s, dir: dir, rep: &ApplyReport{}, opts: ApplyOptions{
		StmtLockTimeout: opts.StmtLockTimeout, Retries: opts.Retries, Operator: opts.Operator, Log: opts.Log,
		LockName: opts.LockName,
	}}, rep: rep, opts: opts}
	return d.files(ctx, plan.Files, revs)
}

// downRun shares the engine of apply; only what is recorded differs.
type downRun struct {
	*run
	rep  *DownReport
	opts DownOptions
}

func (d *downRun) files(ctx context.Context, files []*File, revs []*Revision) error {
	jobs := make([]*job, len(files))
	for i, f := range files {
		j, err := d.prepareDown(f, revs)
		if err != nil {
			return err
		}
		jobs[i] = j
	}
	var texts []string
	for _, j := range jobs {
		texts = append(texts, stmtTexts(j.stmts)...)
	}
	all := d.opts.TxMode == TxAll && !d.opts.DryRun && len(jobs) > 0
	if all {
		if err := d.begin(ctx, d.run.opts.settings(d.Dialect, texts)); err != nil {
			return fmt.Errorf("starting transaction: %w", err)
		}
	}
	for _, j := range jobs {
		out := &RevertedFile{File: j.file, Start: time.Now(), Scope: "transaction"}
		d.rep.Reverted = append(d.rep.Reverted, out)
		d.begins(j)
		var err error
		switch {
		case d.opts.DryRun:
			j.out.Applied = stmtTexts(j.stmts)
		case all:
			if err = d.every(ctx, j); err == nil {
				err = d.exec(ctx, d.remove(j.rev))
			}
		case j.mode == TxNone:
			out.Scope = "statement"
			err = d.stepDown(ctx, j)
		default:
			err = d.wholeDown(ctx, j)
		}
		d.ends(j, err)
		out.End, out.Applied, out.Error = j.out.End, j.out.Applied, j.out.Error
		if err != nil {
			if all {
				d.rollback(ctx)
			}
			return err
		}
	}
	if all {
		if err := d.commit(ctx, ""); err != nil {
			d.rollback(ctx)
			return fmt.Errorf("committing: %w", err)
		}
	}
	return nil
}

func (d *downRun) prepareDown(f *File, revs []*Revision) (*job, error) {
	stmts, name, err := f.Down(d.Dialect)
	if err != nil {
		return nil, err
	}
	text, _, err := f.DownText()
	if err != nil {
		return nil, err
	}
	j := &job{file: &File{File: &named{f, name}, format: f.format, dir: f.dir}, stmts: stmts, mode: d.opts.TxMode, lines: lineCounter([]byte(text))}
	if j.mode == "" {
		j.mode = TxFile
	}
	mode, err := f.downTxMode()
	if err != nil {
		return nil, err
	}
	if mode != "" && mode != j.mode {
		if j.mode == TxAll {
			return nil, fmt.Errorf("cannot set txmode directive to %q in %q when txmode %q is set globally", mode, name, TxAll)
		}
		j.mode = mode
	}
	if j.mode == TxFile && ownsTransaction(stmtTexts(stmts)) {
		j.mode = TxNone
	}
	for _, r := range revs {
		if r.Version == f.Version() {
			j.rev = r
		}
	}
	j.sums = stmtSums(stmts)
	if v := revertingOf(j.rev); v != nil {
		if v.ran > len(stmts) || v.hash != sumsHash(j.sums, v.ran) {
			return nil, &HistoryChangedError{File: name, Stmt: min(v.ran, len(stmts))}
		}
		j.start, j.mode = v.ran, TxNone
	}
	return j, nil
}

// named shows a file under the name of its way down.
type named struct {
	*File
	name string
}

func (n *named) Name() string { return n.name }

func (s *session) remove(r *Revision) string {
	return "DELETE FROM " + s.table() + ` WHERE "version" = ` + literal(s.Dialect, r.Version)
}

func (d *downRun) wholeDown(ctx context.Context, j *job) error {
	for attempt := 0; ; attempt++ {
		err := d.begin(ctx, d.run.opts.settings(d.Dialect, stmtTexts(j.stmts)))
		if err != nil {
			d.broken = true
			return fmt.Errorf("starting transaction: %w", err)
		}
		if err = d.every(ctx, j); err == nil {
			if err = d.commit(ctx, d.remove(j.rev)); err == nil {
				return nil
			}
			err = fmt.Errorf("committing %s: %w", j.file.Name(), err)
		}
		d.rollback(ctx)
		if !d.retry(ctx, j, attempt, err) {
			return err
		}
		j.out.Applied = nil
	}
}

// every runs the statements of a way down inside a transaction that the caller began.
func (d *downRun) every(ctx context.Context, j *job) error {
	for i := j.start; i < len(j.stmts); i++ {
		if err := d.stmt(ctx, j, i); err != nil {
			return err
		}
	}
	return nil
}

// reverting is the mark of a revision whose way down stopped in between. It stands in the error column, which the
// atlas CLI shows and otherwise leaves alone.
var reReverting = regexp.MustCompile(`^reverted (\d+) of (\d+) statements of (.+) \[([0-9a-f]+)\]`)

type reverting struct {
	ran, total int
	name, hash string
}

func revertingOf(r *Revision) *reverting {
	m := reReverting.FindStringSubmatch(r.Error)
	if m == nil {
		return nil
	}
	ran, _ := strconv.Atoi(m[1])
	total, _ := strconv.Atoi(m[2])
	return &reverting{ran: ran, total: total, name: m[3], hash: m[4]}
}

func (v *reverting) String() string {
	return fmt.Sprintf("reverted %d of %d statements of %s [%s]", v.ran, v.total, v.name, v.hash)
}

// mark is the statement that records how far a way down came.
func (d *downRun) mark(j *job, ran int, cause error) string {
	rev := *j.rev
	rev.Error = (&reverting{ran: ran, total: len(j.stmts), name: j.file.Name(), hash: sumsHash(j.sums, ran)}).String()
	rev.ErrorStmt = ""
	if se := (*StmtExecError)(nil); cause != nil && asStmt(cause, &se) {
		rev.Error += ": " + se.Err.Error()
		rev.ErrorStmt = se.Stmt
	}
	return d.upsert(&rev)
}

func sumsHash(sums []string, n int) string {
	h := sha256.New()
	for _, s := range sums[:n] {
		fmt.Fprintln(h, s)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// stepDown undoes a file outside of a transaction, recording each statement, so that another attempt goes on where
// this one stopped.
func (d *downRun) stepDown(ctx context.Context, j *job) error {
	own := false
	safe := j.start
	for i := j.start; i < len(j.stmts); i++ {
		text := j.stmts[i].Text
		kind := kindOf(text)
		own = own || kind == kindBegin
		err := d.stepStmt(ctx, j, i, kind, own)
		if err != nil {
			d.rollback(ctx)
			if !own {
				safe = i
			}
			wctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			if d.alive(wctx, d.opts.LockName) {
				if now, rerr := d.revision(wctx, d.conn, j.rev.Version); rerr == nil && now != nil {
					if v := revertingOf(now); v != nil {
						safe = v.ran
					}
					_ = d.exec(wctx, d.mark(j, safe, err))
				}
			}
			return err
		}
		if kind == kindCommit || kind == kindRollback {
			own = false
		}
		if !own {
			safe = i + 1
		}
	}
	if own {
		d.rollback(ctx)
		return fmt.Errorf("%s begins a transaction and does not end it; add COMMIT", j.file.Name())
	}
	return d.exec(ctx, d.remove(j.rev))
}

func (d *downRun) stepStmt(ctx context.Context, j *job, i int, kind stmtKind, own bool) error {
	if kind == kindAtomic && !own {
		if err := d.begin(ctx, d.run.opts.settings(d.Dialect, stmtTexts(j.stmts))); err != nil {
			return fmt.Errorf("starting transaction: %w", err)
		}
		if err := d.stmt(ctx, j, i); err != nil {
			return err
		}
		return d.commit(ctx, d.mark(j, i+1, nil))
	}
	skip, err := d.repair(ctx, j.stmts[i].Text)
	if err != nil {
		return err
	}
	if !skip {
		if err := d.stmt(ctx, j, i); err != nil {
			return err
		}
	}
	return d.exec(ctx, d.mark(j, i+1, nil))
}
