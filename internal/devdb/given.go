package devdb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"
)

// givenPrefix begins the name of every database made on a server that the user gave.
const givenPrefix = "plinth_dev_"

// startGiven prepares to make databases on the server of o.URL.
func startGiven(ctx context.Context, o Options) (*Server, error) {
	u, err := parseURL(o.URL)
	if err != nil {
		return nil, err
	}
	id := make([]byte, 4)
	if _, err := rand.Read(id); err != nil {
		return nil, fmt.Errorf("naming the run: %w", err)
	}
	s := &Server{base: u, prefix: givenPrefix + hex.EncodeToString(id), templates: map[string]*template{}}

	admin := *u
	q := admin.Query()
	q.Set("application_name", s.prefix)
	if !q.Has("connect_timeout") {
		q.Set("connect_timeout", "10")
	}
	admin.RawQuery = q.Encode()
	fail := func(err error) (*Server, error) {
		return nil, errors.Join(fmt.Errorf("connecting to the dev database server %s: %w", place(u), scrub(err, u)), s.Close())
	}
	if s.admin, err = sql.Open("postgres", admin.String()); err != nil {
		return fail(err)
	}
	if s.hold, err = s.admin.Conn(ctx); err != nil {
		return fail(err)
	}
	var may bool
	err = s.hold.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int,
		EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolcreatedb))`).Scan(&s.version, &may)
	if err != nil {
		return fail(err)
	}
	if s.Major() < MinMajor {
		return nil, errors.Join(fmt.Errorf("using the dev database server %s: it is PostgreSQL %d; plinth needs %d or later", place(u), s.Major(), MinMajor), s.Close())
	}
	if !may {
		return nil, errors.Join(s.mayNotCreate(), s.Close())
	}
	if o.Major != 0 && o.Major != s.Major() {
		o.Logf("the dev database server %s is PostgreSQL %d, not %d", place(u), s.Major(), o.Major)
	}
	s.sweepGiven(ctx)
	return s, nil
}

func (s *Server) mayNotCreate() error {
	return fmt.Errorf("creating a throwaway database on %s: role %q may not; grant it CREATEDB (ALTER ROLE … CREATEDB), "+
		"or leave the dev URL out to use a private server", place(s.base), s.base.User.Username())
}

// sweepGiven drops databases that earlier, killed runs left on a given server: those with our prefix that belong to
// this role and whose run holds no session any more. It does what it can and reports nothing.
func (s *Server) sweepGiven(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	rows, err := s.hold.QueryContext(ctx, `SELECT datname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba
		WHERE r.rolname = current_user AND datname ~ ('^' || $1 || '[0-9a-f]{8}_[0-9]+$')
		AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.application_name = left(d.datname, length($1) + 8) OR a.datname = d.datname)`, givenPrefix)
	if err != nil {
		return
	}
	var names []string
	for rows.Next() {
		var n string
		if rows.Scan(&n) == nil {
			names = append(names, n)
		}
	}
	_ = rows.Close()
	for _, n := range names {
		_, _ = s.hold.ExecContext(ctx, "DROP DATABASE IF EXISTS "+pq.QuoteIdentifier(n))
	}
}
