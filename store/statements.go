package store

import (
	"container/list"
	"context"
	"database/sql"
	"sync"
)

// statements keeps prepared statements by their text: at most limit of them, the least recently used ones go first.
// A text is prepared at its second use, so that texts which never come again do not push the useful ones out.
//
// A *sql.Stmt may be used on every connection of its pool; database/sql prepares it again where it is not known yet.
type statements struct {
	db    *sql.DB
	limit int

	mu   sync.Mutex
	kept map[string]*list.Element // of *statement
	used *list.List               // most recently used first
	once map[string]struct{}      // texts seen once
}

// maxStatement is the length above which a text is never kept: it is a bulk statement that hardly comes again.
const maxStatement = 16 << 10

// statement is one kept text. The fields below mu are guarded by statements.mu, the others by prepare.
type statement struct {
	query string

	prepare sync.Mutex
	stmt    *sql.Stmt

	users   int
	evicted bool
}

func newStatements(db *sql.DB, limit int) *statements {
	return &statements{db: db, limit: limit, kept: map[string]*list.Element{}, used: list.New(), once: map[string]struct{}{}}
}

// get gives the kept statement of a text, or nil where the text is to be run as it is. With add, a text seen before
// is kept from now on. Every statement given is given back with release.
func (s *statements) get(query string, add bool) *statement {
	if len(query) > maxStatement {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.kept[query]; ok {
		s.used.MoveToFront(e)
		st := e.Value.(*statement)
		st.users++
		return st
	}
	if !add || !s.seen(query) {
		return nil
	}
	st := &statement{query: query, users: 1}
	s.kept[query] = s.used.PushFront(st)
	for s.used.Len() > s.limit {
		s.drop(s.used.Back().Value.(*statement))
	}
	return st
}

// seen says whether the text was asked for before, and remembers it.
func (s *statements) seen(query string) bool {
	if _, ok := s.once[query]; ok {
		return true
	}
	if len(s.once) >= 4*s.limit {
		clear(s.once)
	}
	s.once[query] = struct{}{}
	return false
}

// twice is seen for callers that do not hold the lock.
func (s *statements) twice(query string) bool {
	if len(query) > maxStatement {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen(query)
}

// release gives a statement back; an evicted one is closed by its last user.
func (s *statements) release(st *statement) {
	s.mu.Lock()
	st.users--
	last := st.evicted && st.users == 0
	s.mu.Unlock()
	if last {
		st.close()
	}
}

// evict forgets a statement that cannot be used any more.
func (s *statements) evict(st *statement) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(st)
}

// drop forgets a statement; the caller holds mu.
func (s *statements) drop(st *statement) {
	if e, ok := s.kept[st.query]; ok && e.Value.(*statement) == st {
		s.used.Remove(e)
		delete(s.kept, st.query)
	}
	if st.evicted {
		return
	}
	st.evicted = true
	if st.users == 0 {
		st.close()
	}
}

// close closes every statement.
func (s *statements) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.used.Len() > 0 {
		s.drop(s.used.Back().Value.(*statement))
	}
}

// prepared gives the statement, prepared by its first user.
func (st *statement) prepared(ctx context.Context, db *sql.DB) (*sql.Stmt, error) {
	st.prepare.Lock()
	defer st.prepare.Unlock()
	if st.stmt == nil {
		stmt, err := db.PrepareContext(ctx, st.query)
		if err != nil {
			return nil, err
		}
		st.stmt = stmt
	}
	return st.stmt, nil
}

// ready says whether the statement is prepared already.
func (st *statement) ready() bool {
	st.prepare.Lock()
	defer st.prepare.Unlock()
	return st.stmt != nil
}

// close closes the statement. Rows that are still read from it stay valid: database/sql waits for them.
func (st *statement) close() {
	st.prepare.Lock()
	defer st.prepare.Unlock()
	if st.stmt != nil {
		// The connection may be gone already; there is nothing to be done about it then.
		_ = st.stmt.Close()
		st.stmt = nil
	}
}
