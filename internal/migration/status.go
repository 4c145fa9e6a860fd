package migration

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Status compares the directory with the revision table. It changes nothing, not even an old revision table.
func (t *Target) Status(ctx context.Context, dir *Dir) (*StatusReport, error) {
	if err := dir.Validate(); err != nil {
		return nil, fmt.Errorf("validating migration directory: %w", err)
	}
	if err := t.checkClarity(ctx, t.DB); err != nil {
		return nil, err
	}
	revs, err := t.revisions(ctx, t.DB)
	if err != nil {
		return nil, err
	}
	rep := &StatusReport{Applied: revs}
	all, err := dir.List()
	if err != nil {
		return nil, err
	}
	var outOfOrder *NonLinearError
	rep.Pending, err = pending(dir, revs, OrderLinear)
	switch {
	case errors.As(err, &outOfOrder):
		rep.OutOfOrder, rep.Error = outOfOrder.OutOfOrder, err.Error()
	case err != nil:
		return nil, err
	}
	rep.Available = all
	if len(revs) == 0 {
		rep.Available = rep.Pending
		rep.Current = "No migration applied yet"
	} else {
		rep.Current = revs[len(revs)-1].Version
	}
	switch {
	case len(rep.Pending) > 0:
		rep.Status, rep.Next = "PENDING", rep.Pending[0].Version()
	case len(rep.OutOfOrder) > 0:
		rep.Status, rep.Next = "PENDING", ""
	default:
		rep.Status, rep.Next = "OK", "Already at latest version"
	}
	if len(revs) == 0 {
		return rep, nil
	}
	last := revs[len(revs)-1]
	if v := revertingOf(last); v != nil {
		rep.Status, rep.Error, rep.SQL = "PENDING", strings.ReplaceAll(last.Error, "\n", " "), strings.ReplaceAll(last.ErrorStmt, "\n", " ")
		rep.Next, rep.Count, rep.Total = last.Version, v.total-v.ran, v.total
		return rep, nil
	}
	if !done(last) {
		rep.SQL = strings.ReplaceAll(last.ErrorStmt, "\n", " ")
		rep.Error = strings.ReplaceAll(last.Error, "\n", " ")
		rep.Count = last.Applied
		f, err := dir.Locate(last.Version)
		if err != nil {
			return nil, fmt.Errorf("migration file with version %q not found", last.Version)
		}
		stmts, err := f.Up(t.Dialect)
		if err != nil {
			return nil, err
		}
		rep.Total = len(stmts)
	}
	return rep, nil
}
