package migration

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// session is the one connection that a run uses for everything: the lock, the statements and their record. What a
// dead client's statement still does on the server is thereby covered by the lock.
type session struct {
	*Target
	conn   *sql.Conn
	unlock func()
	broken bool
	// fks remembers that SQLite's foreign keys were on before the transaction switched them off.
	fks   bool
	prior map[string]bool
}

// open takes a connection and, unless the run has no effect, the lock.
func (t *Target) open(ctx context.Context, lockName string, timeout time.Duration, locked bool) (*session, error) {
	conn, err := t.DB.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connecting to the database: %w", err)
	}
	s := &session{Target: t, conn: conn, unlock: func() {}}
	if !locked {
		return s, nil
	}
	if lockName == "" {
		lockName = LockExecute
	}
	if s.unlock, err = t.lock(ctx, conn, lockName, timeout); err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

// close gives the lock and the connection back. A connection that failed in the middle of something is thrown
// away: the server rolls back and frees the lock.
func (s *session) close() {
	if s.broken {
		_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
		if s.Dialect == schemagraph.SQLite {
			s.unlock()
		}
	} else {
		s.unlock()
	}
	s.conn.Close()
}

func (s *session) exec(ctx context.Context, text string) error {
	_, err := s.conn.ExecContext(ctx, text)
	if err != nil && ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		// Drivers report a cancelled statement as a broken connection.
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return err
}

// begin starts a transaction. On SQLite it takes the write lock at once, and foreign keys are switched off until
// the end, where they are checked: a table that is rebuilt must not take the rows of others with it.
func (s *session) begin(ctx context.Context, local string) error {
	if s.Dialect == schemagraph.Postgres {
		if local != "" {
			return s.exec(ctx, "BEGIN; "+local)
		}
		return s.exec(ctx, "BEGIN")
	}
	on, _, err := scalar[bool](ctx, s.conn, "PRAGMA foreign_keys")
	if err != nil {
		return fmt.Errorf("reading foreign_keys: %w", err)
	}
	s.fks = on
	if on {
		if err := s.exec(ctx, "PRAGMA foreign_keys = off"); err != nil {
			return fmt.Errorf("switching foreign keys off: %w", err)
		}
	}
	if err := s.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		s.restore(ctx)
		return err
	}
	if on {
		if s.prior, err = s.violations(ctx); err != nil {
			s.rollback(ctx)
			return err
		}
	}
	return nil
}

// commit runs the record and the end of the transaction in one round trip.
func (s *session) commit(ctx context.Context, record string) error {
	if s.Dialect == schemagraph.Postgres {
		if record != "" {
			record += "; "
		}
		return s.exec(ctx, record+"COMMIT")
	}
	if record != "" {
		if err := s.exec(ctx, record); err != nil {
			return err
		}
	}
	if s.fks {
		now, err := s.violations(ctx)
		if err != nil {
			return err
		}
		for v := range now {
			if !s.prior[v] {
				return fmt.Errorf("foreign key violated: %s", v)
			}
		}
	}
	if err := s.exec(ctx, "COMMIT"); err != nil {
		return err
	}
	s.restore(ctx)
	return nil
}

// rollback undoes the transaction, on a cancelled context too. A connection that cannot is not used again.
func (s *session) rollback(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := s.exec(ctx, "ROLLBACK"); err != nil && s.Dialect == schemagraph.Postgres {
		s.broken = true
	}
	s.restore(ctx)
}

func (s *session) restore(ctx context.Context) {
	if s.fks {
		if err := s.exec(context.WithoutCancel(ctx), "PRAGMA foreign_keys = on"); err != nil {
			s.broken = true
		}
		s.fks = false
	}
}

func (s *session) violations(ctx context.Context) (map[string]bool, error) {
	rows, err := s.conn.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return nil, fmt.Errorf("checking foreign keys: %w", err)
	}
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		var table, ref string
		var row *int64
		var idx int
		if err := rows.Scan(&table, &row, &ref, &idx); err != nil {
			return nil, fmt.Errorf("checking foreign keys: %w", err)
		}
		id := int64(0)
		if row != nil {
			id = *row
		}
		out[fmt.Sprintf("row %d of table %q refers to a missing row of %q", id, table, ref)] = true
	}
	return out, rows.Err()
}

// alive says whether the connection still answers; one that does not is thrown away and replaced, and the lock
// taken again, so that a failure can be recorded.
func (s *session) alive(ctx context.Context, lockName string) bool {
	if !s.broken && s.conn.PingContext(ctx) == nil {
		return true
	}
	s.broken = true
	next, err := s.Target.open(ctx, lockName, time.Second, true)
	if err != nil {
		return false
	}
	s.close()
	*s = *next
	return true
}

// isLockTimeout says that a statement gave up waiting for a lock (or lost a deadlock) and can be tried again.
func isLockTimeout(err error) bool {
	var e interface{ SQLState() string }
	if errors.As(err, &e) {
		return e.SQLState() == "55P03" || e.SQLState() == "40P01"
	}
	var p *pq.Error
	return errors.As(err, &p) && (p.Code == "55P03" || p.Code == "40P01")
}
