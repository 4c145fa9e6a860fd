package trace

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lib/pq"
)

// run is one run of the tracer: the session that runs the statements, and what it has seen.
type run struct {
	db      *sql.DB
	conn    *sql.Conn
	pid     int
	version int
	options Options
	catalog catalog
	seeded  map[int64]int // tables that were filled
	sparse  bool          // rows had to be taken out once

	prepared map[string]*sql.Stmt

	mu      sync.Mutex
	notices []string // since the statement began
}

func newRun(ctx context.Context, db *sql.DB, o Options) (*run, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	r := &run{db: db, conn: conn, options: o, catalog: newCatalog(), seeded: map[int64]int{}, prepared: map[string]*sql.Stmt{}}
	err = conn.Raw(func(c any) (err error) {
		defer func() {
			if recover() != nil {
				err = errors.New("the pool must use the driver github.com/lib/pq")
			}
		}()
		pq.SetNoticeHandler(c.(driver.Conn), r.notice)
		return nil
	})
	if err == nil {
		err = conn.QueryRowContext(ctx, "SELECT pg_backend_pid(), current_setting('server_version_num')::int").Scan(&r.pid, &r.version)
	}
	if err == nil {
		var all []*relation
		if all, err = r.catalog.load(ctx, conn); err == nil {
			r.catalog.merge(all)
		}
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// close ends the session: its settings and its notice handler must not reach another user of the pool.
func (r *run) close() {
	_ = r.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = r.conn.Close()
}

func (r *run) notice(n *pq.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notices = append(r.notices, n.Message)
}

func (r *run) takeNotices() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.notices
	r.notices = nil
	return n
}

func (r *run) exec(ctx context.Context, text string) error {
	_, err := r.conn.ExecContext(ctx, text)
	return err
}

// statement runs a statement of the files.
func (r *run) statement(ctx context.Context, text string) error {
	switch verb(text, 1) {
	case "DISCARD", "DEALLOCATE": // may end our own prepared queries too
		for q, p := range r.prepared {
			_ = p.Close()
			delete(r.prepared, q)
		}
	}
	return r.exec(ctx, text)
}

// query runs one of the tracer's own queries, which gives one JSON value, or nil for no row. They are prepared, because
// planning them takes longer than running them.
func (r *run) query(ctx context.Context, q string, args ...any) (raw []byte, err error) {
	p := r.prepared[q]
	if p == nil {
		if p, err = r.conn.PrepareContext(ctx, q); err != nil {
			return nil, err
		}
		r.prepared[q] = p
	}
	err = p.QueryRowContext(ctx, args...).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return raw, err
}

// serverError takes the server's error out of err; whatever else went wrong is returned as it is.
func serverError(err error) (*Error, error) {
	if err == nil {
		return nil, nil
	}
	var pe *pq.Error
	if !errors.As(err, &pe) {
		return nil, err
	}
	e := &Error{SQLState: string(pe.Code), Message: pe.Message, Detail: pe.Detail, Hint: pe.Hint, Constraint: pe.Constraint}
	_, _ = fmt.Sscan(pe.Position, &e.Position)
	missing := strings.Contains(pe.Message, "does not exist") || strings.Contains(pe.Message, "is not available")
	e.Environment = missing && (strings.HasPrefix(pe.Message, "role ") || strings.HasPrefix(pe.Message, "extension ") ||
		strings.HasPrefix(pe.Message, "language ") || strings.HasPrefix(pe.Message, "tablespace ")) ||
		e.SQLState == "58P01" || strings.Contains(pe.Message, "must be loaded via") || strings.Contains(pe.Message, "could not open extension control file")
	return e, nil
}

// rehearse runs the texts in one transaction, each in a savepoint, and rolls everything back.
func (r *run) rehearse(ctx context.Context, texts []string) (failed []*Error, err error) {
	failed = make([]*Error, len(texts))
	if err := r.exec(ctx, "BEGIN"); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.exec(context.WithoutCancel(ctx), "ROLLBACK")) }()
	for i, text := range texts {
		for tries := 0; ; tries++ {
			if err := r.exec(ctx, "SAVEPOINT plinth"); err != nil {
				return nil, err
			}
			failed[i], err = serverError(r.statement(ctx, text))
			if err != nil {
				return nil, err
			}
			if r.roleIsThere(failed[i]) {
				failed[i] = nil
				if err := r.exec(ctx, "ROLLBACK TO SAVEPOINT plinth"); err != nil {
					return nil, err
				}
				break
			}
			if failed[i] == nil {
				if err := r.exec(ctx, "RELEASE SAVEPOINT plinth"); err != nil {
					return nil, err
				}
				break
			}
			if err := r.exec(ctx, "ROLLBACK TO SAVEPOINT plinth"); err != nil {
				return nil, err
			}
			if tries > 3 || !r.helpRole(ctx, failed[i]) {
				break
			}
		}
	}
	return failed, nil
}

// helpRole creates the role that a statement lacked, from another session, and reports whether it did.
func (r *run) helpRole(ctx context.Context, e *Error) bool {
	if !r.options.Private || e.SQLState != "42704" {
		return false
	}
	name, ok := strings.CutPrefix(e.Message, `role "`)
	name, ok2 := strings.CutSuffix(name, `" does not exist`)
	if !ok || !ok2 {
		return false
	}
	_, err := r.db.ExecContext(ctx, "CREATE ROLE "+pq.QuoteIdentifier(name))
	return err == nil
}

// roleIsThere is whether a statement failed because it creates a role that another database of the same private server
// has brought: on the real server it would not be there.
func (r *run) roleIsThere(e *Error) bool {
	return r.options.Private && e != nil && e.SQLState == "42710" && strings.HasPrefix(e.Message, `role "`)
}

// observed is what one query after a statement finds.
type observed struct {
	Locks   []lockRow   `json:"locks"`
	Changed []*relation `json:"changed"`
	Scans   scanCounts  `json:"scans"`
}

type lockRow struct {
	OID  int64  `json:"oid"`
	Mode string `json:"mode"`
}

// scanCounts is the number of sequential scans by table.
type scanCounts map[int64]int64

// observeScans counts the scans of this session on the tables given. The counts are sums of several transactions.
const observeScans = `SELECT coalesce(json_object_agg(t, pg_catalog.pg_stat_get_xact_numscans(t::oid)), '{}') FROM unnest($1::bigint[]) t`

// observeTx reads the transaction's own locks, and the rows of pg_class of what it has locked: whatever it changed or
// made is among them.
const observeTx = `WITH l AS MATERIALIZED (SELECT relation, mode FROM pg_catalog.pg_locks
		WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation' AND relation >= 16384 AND granted
		AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
	SELECT json_build_object(
	'locks', (SELECT coalesce(json_agg(json_build_object('oid', relation::bigint, 'mode', mode)), '[]') FROM l),
	'changed', (SELECT coalesce(json_agg(` + relationColumns + `), '[]') FROM ` + relationSource + ` AND c.oid = ANY (ARRAY(SELECT relation FROM l))),
	'scans', (` + observeScans + `))`

// runInside runs a statement in a transaction of its own and commits it.
func (r *run) runInside(ctx context.Context, s *Statement, locals []string) (err error) {
	if err := r.exec(ctx, "BEGIN; SET LOCAL client_min_messages = debug1"); err != nil {
		return err
	}
	open := true
	defer func() {
		if open {
			err = errors.Join(err, r.exec(context.WithoutCancel(ctx), "ROLLBACK"))
		}
	}()
	for _, l := range locals {
		if failed, err := serverError(r.statement(ctx, l)); failed != nil || err != nil {
			return err
		}
	}
	if len(locals) > 0 {
		if err := r.exec(ctx, "SET LOCAL client_min_messages = debug1"); err != nil {
			return err
		}
	}
	watched := r.scannable(s.Text)
	raw, err := r.query(ctx, observeScans, pq.Array(watched))
	if err != nil {
		return err
	}
	var before scanCounts
	if err := json.Unmarshal(raw, &before); err != nil {
		return err
	}
	r.takeNotices()
	start := time.Now()
	err = r.statement(ctx, s.Text)
	s.Duration = time.Since(start)
	notices := r.takeNotices()
	if s.Error, err = serverError(err); s.Error != nil || err != nil {
		if r.roleIsThere(s.Error) {
			s.Ran, s.Error = true, nil
		}
		return err
	}
	var after observed
	if raw, err = r.query(ctx, observeTx, pq.Array(watched)); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &after); err != nil {
		return err
	}
	r.takeNotices()
	open = false
	if s.Error, err = serverError(r.exec(ctx, "COMMIT")); s.Error != nil || err != nil {
		return err
	}
	s.Ran = true
	scans := map[int64]bool{}
	for oid, n := range after.Scans {
		scans[oid] = n > before[oid]
	}
	locks := map[int64]Mode{}
	for _, l := range after.Locks {
		keepStrongest(locks, l.OID, l.Mode)
	}
	if err := r.judge(ctx, s, facts{locks: locks, changed: after.Changed, scanned: scans, notices: notices}); err != nil {
		return err
	}
	if strings.Contains(strings.ToUpper(s.Text), "SCHEMA") { // its relations' own rows do not change
		return r.reload(ctx)
	}
	return nil
}

func keepStrongest(locks map[int64]Mode, oid int64, mode string) {
	m := Mode(strings.TrimSuffix(mode, "Lock"))
	if m.Level() > locks[oid].Level() {
		locks[oid] = m
	}
}

// scannable lists the tables whose scans tell something about a statement: those that a change of the schema names,
// for a domain all.
func (r *run) scannable(text string) []int64 {
	oids := []int64{}
	if !schemaChange(text) {
		return oids
	}
	tables := r.catalog.named(text)
	if verb(text, 2) == "ALTER DOMAIN" {
		tables = r.catalog.tables()
	}
	for _, t := range tables {
		oids = append(oids, t.OID)
	}
	return oids
}

// sortLocks puts the strongest first, then by name.
func sortLocks(locks []Lock) {
	slices.SortFunc(locks, func(a, b Lock) int {
		if d := b.Mode.Level() - a.Mode.Level(); d != 0 {
			return d
		}
		return compareObjects(a.Object, b.Object)
	})
}

func compareObjects(a, b Object) int {
	if a.IsTable() != b.IsTable() {
		if a.IsTable() {
			return -1
		}
		return 1
	}
	return strings.Compare(a.String(), b.String())
}
