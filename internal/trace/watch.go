package trace

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"
)

// holder is a session whose transaction holds a lock on tables and a snapshot, so that a statement waits for it at each
// of its phases.
type holder struct {
	conn *sql.Conn
	mode string
	held bool
}

// holdMode is the lock that makes a statement wait where its own locks can be seen. The concurrent forms wait for every
// transaction that writes and for old snapshots, after they have their own lock; a plain VACUUM and whatever a procedure
// does wait only for a lock that conflicts. Two holders can have each of these modes at once.
func holdMode(text string) string {
	switch verb(text, 1) {
	case "VACUUM", "DO", "CALL":
		return "SHARE"
	}
	return "ROW EXCLUSIVE"
}

// hold takes the locks that can be had at once; a table that the statement already queues for is left alone, because
// waiting behind it would be waiting for ourselves.
func (h *holder) hold(ctx context.Context, tables []*relation) error {
	var b strings.Builder
	b.WriteString("DO $plinth$ BEGIN\n")
	for _, t := range tables {
		if t.Kind == "m" {
			continue // has no LOCK; the snapshot holds up what is concurrent
		}
		fmt.Fprintf(&b, "BEGIN LOCK TABLE ONLY %s.%s IN %s MODE NOWAIT; EXCEPTION WHEN OTHERS THEN END;\n",
			pq.QuoteIdentifier(t.Schema), pq.QuoteIdentifier(t.Name), h.mode)
	}
	b.WriteString("END $plinth$")
	if _, err := h.conn.ExecContext(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1"); err != nil {
		return err
	}
	h.held = true
	_, err := h.conn.ExecContext(ctx, b.String())
	return err
}

func (h *holder) release(ctx context.Context) error {
	if !h.held {
		return nil
	}
	h.held = false
	_, err := h.conn.ExecContext(ctx, "ROLLBACK")
	return err
}

const watchLocks = `SELECT coalesce(json_agg(json_build_object('oid', coalesce(relation::bigint, 0), 'mode', mode, 'granted', granted)), '[]')
	FROM pg_catalog.pg_locks WHERE pid = $1 AND (locktype = 'relation' OR NOT granted)`

// pause is the time between two looks at a running statement.
const pause = 300 * time.Microsecond

// runOutside runs a statement outside any transaction and steps it through its phases, looking at its locks in each.
func (r *run) runOutside(ctx context.Context, s *Statement) (err error) {
	tables := r.catalog.named(s.Text)
	if len(tables) == 0 {
		tables = r.catalog.tables()
	}
	var holders [2]*holder
	for i := range holders {
		conn, err := r.db.Conn(ctx)
		if err != nil {
			return err
		}
		h := &holder{conn: conn, mode: holdMode(s.Text)}
		holders[i] = h
		defer func() {
			_ = h.release(context.WithoutCancel(ctx))
			_ = conn.Close()
		}()
	}
	watcher, err := r.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer watcher.Close()

	if err := holders[0].hold(ctx, tables); err != nil {
		return err
	}
	if err := r.exec(ctx, "SET client_min_messages = debug1"); err != nil {
		return err
	}
	r.takeNotices()
	start := time.Now()
	done := make(chan error, 1)
	go func() { done <- r.statement(ctx, s.Text) }()

	locks := map[int64]Mode{}
	var runErr error
	for current, running := 0, true; running; {
		select {
		case runErr = <-done:
			running = false
		case <-time.After(pause):
			waiting, err := r.look(ctx, watcher, locks)
			if err == nil && waiting {
				other := 1 - current
				if err = holders[other].hold(ctx, tables); err == nil {
					err = holders[current].release(ctx)
				}
				current = other
			}
			if err != nil { // let it run to its end
				_ = holders[0].release(context.WithoutCancel(ctx))
				_ = holders[1].release(context.WithoutCancel(ctx))
				<-done
				return err
			}
		}
	}
	s.Duration = time.Since(start)
	notices := r.takeNotices()
	for _, h := range holders {
		if err := h.release(ctx); err != nil {
			return err
		}
	}
	if s.Error, err = serverError(runErr); err != nil {
		return err
	}
	if s.Error != nil {
		return r.removeInvalid(ctx)
	}
	s.Ran = true
	changed, err := r.catalog.load(ctx, r.conn)
	if err != nil {
		return err
	}
	if err := r.judge(ctx, s, facts{locks: locks, changed: changed, notices: notices}); err != nil {
		return err
	}
	r.settle(s)
	return nil
}

// look adds what the statement holds or waits for to locks, and reports whether it waits.
func (r *run) look(ctx context.Context, watcher *sql.Conn, locks map[int64]Mode) (waiting bool, err error) {
	var raw []byte
	if err := watcher.QueryRowContext(ctx, watchLocks, r.pid).Scan(&raw); err != nil {
		return false, err
	}
	var rows []struct {
		lockRow
		Granted bool `json:"granted"`
	}
	if err := json.Unmarshal(raw, &rows); err != nil {
		return false, err
	}
	for _, l := range rows {
		if l.OID != 0 {
			keepStrongest(locks, l.OID, l.Mode)
		}
		waiting = waiting || !l.Granted
	}
	return waiting, nil
}

// removeInvalid drops the indexes that a failed concurrent build left, so that the statement can be tried again.
func (r *run) removeInvalid(ctx context.Context) error {
	all, err := r.catalog.load(ctx, r.conn)
	if err != nil {
		return err
	}
	for _, rel := range all {
		if _, known := r.catalog.byOID[rel.OID]; known || rel.Valid || rel.Kind != "i" {
			continue
		}
		if err := r.exec(ctx, "DROP INDEX "+pq.QuoteIdentifier(rel.Schema)+"."+pq.QuoteIdentifier(rel.Name)); err != nil {
			return err
		}
	}
	return nil
}

// settle makes the locks of what goes from relation to relation (REINDEX, VACUUM) independent of chance: a materialized
// view cannot be held up, so a lock on one that the statement does not name is seen or not. Rebuilding an index takes
// one for certain.
func (r *run) settle(s *Statement) {
	named := map[string]bool{}
	for _, t := range r.catalog.named(s.Text) {
		named[r.catalog.object(t).String()] = true
	}
	views := map[string]bool{}
	for _, t := range r.catalog.byOID {
		if name := r.catalog.object(t).String(); t.Kind == "m" && !named[name] {
			views[name] = true
		}
	}
	s.Locks = slices.DeleteFunc(s.Locks, func(l Lock) bool { return views[l.String()] || views[l.Table] })
	if verb(s.Text, 1) != "REINDEX" {
		return
	}
	mode := Share
	if concurrently.MatchString(s.Text) {
		mode = ShareUpdateExclusive
	}
	for _, b := range s.Builds {
		if s.Lock(b.Table.String()) == "" {
			s.Locks = append(s.Locks, Lock{Object: b.Table, Mode: mode})
		}
	}
	sortLocks(s.Locks)
}

var concurrently = regexp.MustCompile(`(?i)\bCONCURRENTLY\b`)
