package devdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	_ "github.com/lib/pq" // the driver "postgres"
)

// MinMajor is the oldest PostgreSQL that plinth supports.
const MinMajor = 14

// Options say which server to use. The zero value finds one.
type Options struct {
	// URL is postgres://… for a server to create databases on, docker://postgres/15/dev for a private one of that
	// major, or empty for PLINTH_DEV_URL, else a private one of any supported major.
	URL string
	// Major asks for a private server of this major version. 0 means PLINTH_PG_MAJOR, else the newest there is.
	Major int
	// BinDir is the directory of initdb and postgres. Empty means PLINTH_PG_BIN, else the usual places.
	BinDir string
	// CacheDir keeps initialised clusters and downloaded binaries between runs. Empty means PLINTH_CACHE_DIR, else the
	// user's cache directory; "-" keeps nothing.
	CacheDir string
	// RunDir is where the directories of private clusters are made. Empty means a file system in memory when it has room,
	// else the directory for temporary files.
	RunDir string
	// Logf, when not nil, is told of slow steps such as a download.
	Logf func(format string, args ...any)
}

func (o *Options) fromEnvironment() error {
	if o.URL == "" && o.Major == 0 && o.BinDir == "" {
		o.URL = os.Getenv("PLINTH_DEV_URL")
	}
	if o.URL == "" && o.Major == 0 && o.BinDir == "" {
		o.BinDir = os.Getenv("PLINTH_PG_BIN")
		if v := os.Getenv("PLINTH_PG_MAJOR"); v != "" {
			n, err := strconv.Atoi(v)
			if err != nil {
				return fmt.Errorf("reading PLINTH_PG_MAJOR: %q is not a number such as 15", v)
			}
			o.Major = n
		}
	}
	if o.CacheDir == "" {
		o.CacheDir = defaultCacheDir()
	}
	if o.CacheDir == "-" {
		o.CacheDir = ""
	}
	if o.Logf == nil {
		o.Logf = func(string, ...any) {}
	}
	return nil
}

// Server is a PostgreSQL server on which databases can be made and thrown away. It is safe for concurrent use.
type Server struct {
	base    *url.URL // of the administration database
	admin   *sql.DB
	hold    *sql.Conn // marks a run on a given server as alive
	version int
	cluster *cluster // nil on a given server
	prefix  string
	serial  atomic.Int64

	mu        sync.Mutex
	templates map[string]*template
	closed    bool
	keep      bool
}

// Start finds or starts a server. Close it when done; if the process dies first, a private server stops by itself.
func Start(ctx context.Context, o Options) (*Server, error) {
	if err := o.fromEnvironment(); err != nil {
		return nil, err
	}
	var params url.Values
	switch {
	case strings.HasPrefix(o.URL, "docker:"), strings.HasPrefix(o.URL, "docker+postgres:"):
		major, q, err := parseDocker(strings.TrimPrefix(strings.TrimPrefix(o.URL, "docker+postgres:"), "docker:"))
		if err != nil {
			return nil, err
		}
		params = q
		if major != 0 {
			o.Major = major
		}
	case o.URL != "":
		return startGiven(ctx, o)
	}
	return startPrivate(ctx, o, params)
}

func startPrivate(ctx context.Context, o Options, params url.Values) (*Server, error) {
	bin, err := findBinaries(ctx, o)
	if err != nil {
		return nil, err
	}
	c, err := startCluster(ctx, o, bin)
	if err != nil {
		return nil, fmt.Errorf("starting a private PostgreSQL %d from %s: %w", bin.major, bin.dir, err)
	}
	s := &Server{base: c.url(params), cluster: c, prefix: "db", templates: map[string]*template{}}
	s.admin, err = sql.Open("postgres", s.base.String())
	if err == nil {
		s.admin.SetMaxIdleConns(2)
		err = s.admin.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&s.version)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("connecting to the private server: %w", err), s.Close())
	}
	return s, nil
}

// Major is the server's major version, such as 15.
func (s *Server) Major() int { return s.version / 10000 }

// Version is the server's server_version_num, such as 150014.
func (s *Server) Version() int { return s.version }

// DataDir is the data directory of a private server, "" on a given one: only a private server's files may be touched.
func (s *Server) DataDir() string {
	if s.cluster == nil {
		return ""
	}
	return s.cluster.data
}

// BinDir is the directory of a private server's programs (initdb, and pg_dump where it is installed), "" on a given one.
func (s *Server) BinDir() string {
	if s.cluster == nil {
		return ""
	}
	return s.cluster.bin
}

// Keep leaves the server and its databases behind when this process ends, for a person to look at. It returns the
// command that cleans up.
func (s *Server) Keep() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep = true
	if s.cluster == nil {
		return "drop the databases named " + s.prefix + "_*"
	}
	s.cluster.keep()
	return fmt.Sprintf("kill -QUIT $(head -1 %s/postmaster.pid); rm -rf %s", s.cluster.data, s.cluster.dir)
}

// Close drops what was made on a given server, and stops and removes a private one. It may be called twice.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed || s.keep {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	templates := s.templates
	s.templates = nil
	s.mu.Unlock()

	var errs []error
	if s.cluster == nil {
		for _, t := range templates {
			if t.name != "" {
				errs = append(errs, s.drop(context.Background(), t.name))
			}
		}
	}
	if s.hold != nil {
		_ = s.hold.Close()
	}
	if s.admin != nil {
		_ = s.admin.Close()
	}
	if s.cluster != nil {
		errs = append(errs, s.cluster.stop())
	}
	return errors.Join(errs...)
}
