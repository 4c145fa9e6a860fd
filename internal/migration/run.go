package migration

import (
	"context"
	"fmt"
)

// Run executes statements that belong to no migration, in one transaction or, with TxNone, one by one. It says how
// many took effect.
func (t *Target) Run(ctx context.Context, stmts []string, txMode string) (applied int, err error) {
	s, err := t.open(ctx, "", 0, false)
	if err != nil {
		return 0, err
	}
	defer s.close()
	if txMode == TxNone {
		for i, text := range stmts {
			if err := s.exec(ctx, text); err != nil {
				return i, err
			}
		}
		return len(stmts), nil
	}
	if err := s.begin(ctx, ""); err != nil {
		return 0, fmt.Errorf("starting transaction: %w", err)
	}
	for i, text := range stmts {
		if err := s.exec(ctx, text); err != nil {
			s.rollback(ctx)
			return 0, fmt.Errorf("executing statement %d of %d, %q: %w", i+1, len(stmts), shorten(text), err)
		}
	}
	if err := s.commit(ctx, ""); err != nil {
		s.rollback(ctx)
		return 0, fmt.Errorf("committing: %w", err)
	}
	return len(stmts), nil
}
