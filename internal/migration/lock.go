package migration

import (
	"context"
	"errors"
	"fmt"
	"hash/adler32"
	"hash/fnv"
	"os"
	"path/filepath"
	"time"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Names of the locks, shared with the atlas CLI.
const (
	LockExecute = "atlas_migrate_execute"
	LockDiff    = "atlas_migrate_diff"
)

// ErrLocked says that somebody else holds the lock.
var ErrLocked = errors.New("the lock is taken")

// lockID is the advisory lock's number, as the library computes it.
func lockID(name string) int64 {
	h := fnv.New32()
	h.Write([]byte(name))
	return int64(h.Sum32())
}

// lock takes the named lock on the connection, waiting for up to the timeout. On PostgreSQL the lock lives on the
// session that runs the statements: as long as the server still works on a statement of a dead client, the lock is
// held. It is asked for again and again instead of waited for, because a waiting session would in turn hold up a
// CREATE INDEX CONCURRENTLY of the one that has it.
func (t *Target) lock(ctx context.Context, q querier, name string, timeout time.Duration) (func(), error) {
	if t.Dialect == schemagraph.SQLite {
		return t.lockFile(ctx, name, timeout)
	}
	id := lockID(name)
	wait := backoff{first: 25 * time.Millisecond, max: 500 * time.Millisecond}
	for start := time.Now(); ; {
		ok, _, err := scalar[bool](ctx, q, "SELECT pg_try_advisory_lock($1)", id)
		if err != nil {
			return nil, fmt.Errorf("acquiring database lock: %w", err)
		}
		if ok {
			return func() {
				// A context that was cancelled must not keep the lock of a connection that lives on.
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
				defer cancel()
				_, _ = q.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", id)
			}, nil
		}
		if time.Since(start) >= timeout {
			return nil, fmt.Errorf("acquiring database lock: %w%s; wait for it, or raise --lock-timeout", ErrLocked, t.holder(ctx, q, id))
		}
		if err := wait.sleep(ctx, timeout-time.Since(start)); err != nil {
			return nil, fmt.Errorf("acquiring database lock: %w", err)
		}
	}
}

// holder names the session that has the lock, as well as the server tells.
func (t *Target) holder(ctx context.Context, q querier, id int64) string {
	pid, ok, err := scalar[int64](ctx, q, `SELECT pid FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted
AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = $1 AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())`, id)
	if err != nil || !ok {
		return ""
	}
	return fmt.Sprintf(" by the session with pid %d", pid)
}

// lockFile takes a lock on a file beside no database: SQLite has no advisory locks. The operating system frees it
// when the process ends, however it ends.
func (t *Target) lockFile(ctx context.Context, name string, timeout time.Duration) (func(), error) {
	if t.File == "" {
		return func() {}, nil
	}
	abs, err := filepath.Abs(t.File)
	if err != nil {
		return nil, fmt.Errorf("acquiring database lock: %w", err)
	}
	path := filepath.Join(os.TempDir(), fmt.Sprintf("%s_%x.plinth.lock", name, adler32.Checksum([]byte(abs))))
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, fmt.Errorf("acquiring database lock: %w", err)
	}
	wait := backoff{first: 10 * time.Millisecond, max: 200 * time.Millisecond}
	for start := time.Now(); ; {
		ok, err := tryFlock(f)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("acquiring database lock: %w", err)
		}
		if ok {
			return func() { f.Close() }, nil
		}
		if time.Since(start) >= timeout {
			f.Close()
			return nil, fmt.Errorf("acquiring database lock: %w by another process; wait for it, or raise --lock-timeout", ErrLocked)
		}
		if err := wait.sleep(ctx, timeout-time.Since(start)); err != nil {
			f.Close()
			return nil, fmt.Errorf("acquiring database lock: %w", err)
		}
	}
}

// backoff doubles its pause up to a limit.
type backoff struct{ first, max, cur time.Duration }

func (b *backoff) sleep(ctx context.Context, limit time.Duration) error {
	if b.cur == 0 {
		b.cur = b.first
	} else {
		b.cur = min(b.cur*2, b.max)
	}
	d := b.cur
	if limit > 0 {
		d = min(d, limit)
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
