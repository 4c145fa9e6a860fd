package cli

import (
	"context"
	"errors"
	"fmt"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlcheck"

	"github.com/plinth-go/plinth/internal/migration"
)

// lintLoader replays files and records what each statement changed.
type lintLoader struct {
	c        *atlasClient
	from, to *schema.Realm
}

// lintFileError is a statement of a file that does not run.
type lintFileError struct {
	name string
	err  error
}

func (e *lintFileError) Error() string { return e.err.Error() }
func (e *lintFileError) Unwrap() error { return e.err }

func (l *lintLoader) load(ctx context.Context, base, files []migrate.File) (out []*sqlcheck.File, err error) {
	name := "atlas_lint"
	if l.c.URL.Schema != "" {
		name += "_" + l.c.URL.Schema
	}
	unlock, err := l.c.Lock(ctx, name, 0)
	if err != nil {
		return nil, fmt.Errorf("acquiring database lock: %w", err)
	}
	defer func() { _ = unlock() }()
	restore, err := l.c.Driver.Snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("taking database snapshot: %w", err)
	}
	defer func() {
		if rerr := restore(ctx); rerr != nil {
			err = errors.Join(err, fmt.Errorf("restore dev-database snapshot: %w", rerr))
		}
	}()
	for i := len(base) - 1; i >= 0; i-- {
		if ck, ok := base[i].(migrate.CheckpointFile); ok && ck.IsCheckpoint() {
			base = base[i:]
			break
		}
	}
	for _, f := range base {
		if err := l.exec(ctx, f, nil); err != nil {
			return nil, err
		}
	}
	cur, err := l.inspect(ctx)
	if err != nil {
		return nil, err
	}
	l.from = cur
	for i, f := range files {
		sf := &sqlcheck.File{File: f, From: cur}
		out = append(out, sf)
		if ck, ok := f.(migrate.CheckpointFile); ok && ck.IsCheckpoint() {
			continue
		}
		if cur, err = l.next(ctx, sf, cur, len(base) == 0 && i == 0); err != nil {
			return nil, err
		}
		sf.To = cur
	}
	l.to = cur
	return out, nil
}

// next runs a file statement by statement. The long first file of a project is judged as a whole.
func (l *lintLoader) next(ctx context.Context, f *sqlcheck.File, start *schema.Realm, first bool) (*schema.Realm, error) {
	stmts, err := l.stmts(f.File)
	if err != nil {
		return nil, err
	}
	cur := start
	if first && len(stmts) > 10 {
		if err := l.exec(ctx, f.File, nil); err != nil {
			return nil, err
		}
		if cur, err = l.inspect(ctx); err != nil {
			return nil, err
		}
		changes, err := l.c.RealmDiff(start, cur)
		if err != nil {
			return nil, err
		}
		f.Changes, f.Sum = []*sqlcheck.Change{{Changes: changes, Stmt: &migrate.Stmt{}}}, changes
		return cur, nil
	}
	err = l.exec(ctx, f.File, func(s *migrate.Stmt) error {
		next, err := l.inspect(ctx)
		if err != nil {
			return err
		}
		changes, err := l.c.RealmDiff(cur, next)
		if err != nil {
			return err
		}
		cur = next
		f.Changes = append(f.Changes, &sqlcheck.Change{Stmt: s, Changes: changes})
		return nil
	})
	if err != nil {
		return nil, err
	}
	f.Sum, err = l.c.RealmDiff(start, cur)
	return cur, err
}

func (l *lintLoader) stmts(f migrate.File) ([]*migrate.Stmt, error) {
	dialect := "postgres"
	if l.c.Name == "sqlite" {
		dialect = "sqlite3"
	}
	if m, ok := f.(*migration.File); ok {
		return m.Up(dialect)
	}
	return f.StmtDecls()
}

func (l *lintLoader) exec(ctx context.Context, f migrate.File, after func(*migrate.Stmt) error) error {
	stmts, err := l.stmts(f)
	if err != nil {
		return &lintFileError{f.Name(), err}
	}
	for _, s := range stmts {
		if _, err := l.c.ExecContext(ctx, s.Text); err != nil {
			return &lintFileError{f.Name(), fmt.Errorf("executing statement: %s: %s", s.Text, driverText(err))}
		}
		if after != nil {
			if err := after(s); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *lintLoader) inspect(ctx context.Context) (*schema.Realm, error) {
	opts := &schema.InspectRealmOption{}
	if l.c.URL.Schema != "" {
		opts.Schemas = []string{l.c.URL.Schema}
	}
	return l.c.InspectRealm(ctx, opts)
}
