package devdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/lib/pq"
)

// Database is one throwaway database.
type Database struct {
	// DB is a pool of connections to it.
	DB *sql.DB
	// URL reaches it from other programs (psql, the atlas CLI, pgx) for as long as it lives. It carries the password
	// of a given server: show it through [Redact].
	URL string
	// Name is the database's name.
	Name string

	drop func() error
	once sync.Once
	err  error
}

// Close closes the pool and drops the database. It may be called twice.
func (d *Database) Close() error {
	d.once.Do(func() {
		_ = d.DB.Close()
		d.err = d.drop()
	})
	return d.err
}

// template is a prepared database that others are cloned from. name is empty until it is ready.
type template struct {
	mu   sync.Mutex
	name string
}

// NewDatabase makes a fresh and empty database.
func (s *Server) NewDatabase(ctx context.Context) (*Database, error) {
	return s.create(ctx, "template0")
}

// Clone makes a database that holds what prepare made. prepare runs once for a key, on an empty database; later calls
// with the same key copy its result. A prepare that fails leaves nothing behind, and the next call tries again.
func (s *Server) Clone(ctx context.Context, key string, prepare func(context.Context, *sql.DB) error) (*Database, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, errors.New("cloning a database: the server is closed")
	}
	t := s.templates[key]
	if t == nil {
		t = &template{}
		s.templates[key] = t
	}
	s.mu.Unlock()
	if err := s.build(ctx, t, prepare); err != nil {
		return nil, err
	}
	return s.create(ctx, t.name)
}

// build prepares t unless that was done before.
func (s *Server) build(ctx context.Context, t *template, prepare func(context.Context, *sql.DB) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.name != "" {
		return nil
	}
	d, err := s.create(ctx, "template0")
	if err != nil {
		return err
	}
	if err := prepare(ctx, d.DB); err != nil {
		return errors.Join(err, d.Close())
	}
	_ = d.DB.Close()
	if err := s.freeze(ctx, d.Name); err != nil {
		return errors.Join(fmt.Errorf("preparing a template database: %w", err), d.Close())
	}
	t.name = d.Name
	return nil
}

// freeze lets nobody into the database any more and waits until its last session has gone: CREATE DATABASE itself
// would look only ten times a second.
func (s *Server) freeze(ctx context.Context, name string) error {
	if _, err := s.admin.ExecContext(ctx, "ALTER DATABASE "+pq.QuoteIdentifier(name)+" ALLOW_CONNECTIONS false"); err != nil {
		return s.scrub(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for {
		var n int
		if err := s.admin.QueryRowContext(ctx, "SELECT count(*) FROM pg_stat_activity WHERE datname = $1", name).Scan(&n); err != nil {
			return s.scrub(err)
		}
		if n == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			if _, err := s.admin.ExecContext(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name); err != nil {
				return s.scrub(err)
			}
			return nil
		}
		time.Sleep(time.Millisecond)
	}
}

// create makes a database from a template and opens it.
func (s *Server) create(ctx context.Context, from string) (*Database, error) {
	name := fmt.Sprintf("%s_%d", s.prefix, s.serial.Add(1))
	stmt := "CREATE DATABASE " + pq.QuoteIdentifier(name) + " TEMPLATE " + pq.QuoteIdentifier(from)
	if s.cluster != nil && s.Major() >= 15 {
		stmt += " STRATEGY FILE_COPY" // faster than the default as long as durability is off
	}
	if _, err := s.admin.ExecContext(ctx, stmt); err != nil {
		var pe *pq.Error
		if errors.As(err, &pe) && pe.Code == "42501" {
			return nil, s.mayNotCreate()
		}
		return nil, fmt.Errorf("creating a throwaway database: %w", s.scrub(err))
	}
	u := withDatabase(s.base, name)
	db, err := sql.Open("postgres", u)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening a throwaway database: %w", s.scrub(err)), s.drop(context.WithoutCancel(ctx), name))
	}
	return &Database{DB: db, URL: u, Name: name, drop: func() error {
		s.mu.Lock()
		gone := s.closed && s.cluster != nil
		s.mu.Unlock()
		if gone {
			return nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		return s.drop(ctx, name)
	}}, nil
}

func (s *Server) drop(ctx context.Context, name string) error {
	if _, err := s.admin.ExecContext(ctx, "DROP DATABASE IF EXISTS "+pq.QuoteIdentifier(name)+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("dropping throwaway database %q: %w", name, s.scrub(err))
	}
	return nil
}

func (s *Server) scrub(err error) error { return scrub(err, s.base) }
