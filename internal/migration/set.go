package migration

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ariga.io/atlas/sql/migrate"
)

// SetReport says what a set changed.
type SetReport struct {
	// Revisions are those that were written or taken away, in the order of their versions.
	Revisions []RevisionOp `json:"Revisions,omitempty"`
	// Current is the last revision afterwards.
	Current *Revision `json:"Latest,omitempty"`
}

// RevisionOp is one change of the revision table.
type RevisionOp struct {
	*Revision
	Op string `json:"Op,omitempty"` // "set" or "remove"
}

// Summary counts the changes.
func (r *SetReport) Summary() string {
	var set, removed int
	for _, op := range r.Revisions {
		if op.Op == "set" {
			set++
		} else {
			removed++
		}
	}
	switch {
	case set > 0 && removed > 0:
		return fmt.Sprintf("%d set, %d removed", set, removed)
	case removed > 0:
		return fmt.Sprintf("%d removed", removed)
	}
	return fmt.Sprintf("%d set", set)
}

// Set makes the revision table say that the migrations up to and including version ran, and none after it. Without
// a version it is the last of the directory; a directory without files empties the table. No migration runs.
func (t *Target) Set(ctx context.Context, dir *Dir, version, operator string) (*SetReport, error) {
	files, err := dir.List()
	if err != nil {
		return nil, err
	}
	if version != "" {
		if _, err := dir.Locate(version); err != nil {
			return nil, err
		}
	}
	s, err := t.open(ctx, "", 0, true)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := t.checkClarity(ctx, s.conn); err != nil {
		return nil, err
	}
	revs, err := t.revisions(ctx, s.conn)
	if err != nil {
		return nil, err
	}
	if version == "" {
		if len(revs) == 0 {
			return nil, errors.New("accepts 1 arg(s), received 0")
		}
		if len(files) > 0 {
			version = files[len(files)-1].Version()
		}
	}
	if err := t.ensureRevisions(ctx, s.conn); err != nil {
		return nil, err
	}
	sum, err := dir.Checksum()
	if err != nil {
		return nil, err
	}
	rep := &SetReport{}
	if err := s.begin(ctx, ""); err != nil {
		return nil, fmt.Errorf("starting transaction: %w", err)
	}
	if err := s.set(ctx, rep, revs, files, sum, version, operator); err != nil {
		s.rollback(ctx)
		return nil, err
	}
	if err := s.commit(ctx, ""); err != nil {
		s.rollback(ctx)
		return nil, fmt.Errorf("committing: %w", err)
	}
	return rep, nil
}

func (s *session) set(ctx context.Context, rep *SetReport, revs []*Revision, files []*File, sum migrate.HashFile, version, operator string) error {
	last := ""
	for _, r := range revs {
		switch {
		case r.Version > version:
			rep.Revisions = append(rep.Revisions, RevisionOp{r, "remove"})
			if err := s.exec(ctx, s.remove(r)); err != nil {
				return fmt.Errorf("deleting revision %q: %w", r.Version, err)
			}
			continue
		case r.Version == version && (r.Error != "" || r.Total != r.Applied):
			r.Type = migrate.RevisionTypeExecute | migrate.RevisionTypeResolved
			// Counted as complete, so that no tool goes on with it.
			r.Applied, r.PartialHashes = r.Total, nil
			if revertingOf(r) != nil {
				r.Error, r.ErrorStmt = "", ""
			}
			rep.Revisions = append(rep.Revisions, RevisionOp{r, "set"})
			if err := s.exec(ctx, s.upsert(r)); err != nil {
				return fmt.Errorf("writing revision %q: %w", r.Version, err)
			}
		}
		last, rep.Current = r.Version, r
	}
	for _, f := range files {
		if f.Version() <= last || f.Version() > version {
			continue
		}
		hash, _ := sum.SumByName(f.Name())
		r := &Revision{Version: f.Version(), Description: f.Desc(), Type: migrate.RevisionTypeResolved,
			ExecutedAt: time.Now(), Hash: hash, OperatorVersion: operator}
		rep.Revisions = append(rep.Revisions, RevisionOp{r, "set"})
		rep.Current = r
		if err := s.exec(ctx, s.upsert(r)); err != nil {
			return fmt.Errorf("writing revision %q: %w", r.Version, err)
		}
	}
	return nil
}
