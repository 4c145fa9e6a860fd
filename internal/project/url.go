package project

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
)

// URL is a database's or a file's address, taken apart.
type URL struct {
	// Kind is postgres, sqlite3, file, ent, docker, mem or env.
	Kind string
	// DSN is what the database/sql driver wants; for postgres and sqlite3.
	DSN string
	// Schema is the one schema the connection is bound to (search_path); empty for all of the database. SQLite's
	// is always main.
	Schema string
	// Path is a file's or package's path; for file, ent and mem.
	Path string
	// Query holds the parameters, such as the format of a migrations directory.
	Query url.Values
	raw   string
}

// Drivers of database/sql by a URL's kind.
var drivers = map[string]string{"postgres": "postgres", "sqlite3": "sqlite"}

// Driver is the name of the database/sql driver: "postgres" (lib/pq) or "sqlite" (modernc.org/sqlite).
func (u *URL) Driver() string { return drivers[u.Kind] }

// IsDB says that the URL is a live database's.
func (u *URL) IsDB() bool { return drivers[u.Kind] != "" }

// Raw is the URL as given, password included: for opening only, never for printing.
func (u *URL) Raw() string { return u.raw }

// String is the URL without its password.
func (u *URL) String() string { return Redact(u.raw) }

// WithSchema gives the URL bound to another schema. SQLite has only one.
func (u *URL) WithSchema(name string) *URL {
	if u.Kind != "postgres" {
		return u
	}
	p, err := url.Parse(u.raw)
	if err != nil {
		return u
	}
	q := p.Query()
	q.Del("search_path")
	if name != "" {
		q.Set("search_path", name)
	}
	p.RawQuery = q.Encode()
	next, err := ParseURL(p.String())
	if err != nil {
		return u
	}
	return next
}

// other dialects the atlas CLI knows; named so that the message says more than "unknown".
var otherDialects = map[string]bool{
	"mysql": true, "maria": true, "mariadb": true, "sqlserver": true, "azuresql": true, "clickhouse": true,
	"redshift": true, "oracle": true, "snowflake": true, "spanner": true, "databricks": true, "cockroach": true,
	"cockroachdb": true, "crdb": true, "ydb": true,
}

// ParseURL reads a URL. Errors never show a password.
func ParseURL(s string) (*URL, error) {
	if s == "" {
		return nil, fmt.Errorf("parsing URL: it is empty")
	}
	p, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("parsing URL %q: %s; special characters in a password must be percent-encoded",
			Redact(s), parseReason(err))
	}
	u := &URL{Query: p.Query(), Path: p.Host + p.Path, raw: s}
	if p.Opaque != "" {
		u.Path = p.Opaque
	}
	scheme := p.Scheme
	if base, _, ok := strings.Cut(scheme, "+"); ok {
		scheme = base
	}
	switch scheme {
	case "postgres", "postgresql":
		u.Kind, u.Schema = "postgres", p.Query().Get("search_path")
		q := *p
		q.Scheme = "postgres"
		u.DSN = q.String()
	case "sqlite", "sqlite3", "libsql":
		if scheme == "libsql" {
			return nil, fmt.Errorf("parsing URL %q: libsql is not supported; use sqlite://FILE", Redact(s))
		}
		u.Path = strings.TrimPrefix(u.Path, "file:")
		u.Kind, u.Schema, u.DSN = "sqlite3", "main", SQLiteDSN(u.Path, p.Query())
	case "file", "ent", "mem", "env":
		u.Kind = scheme
	case "docker":
		u.Kind = "docker"
	case "":
		return nil, fmt.Errorf("parsing URL %q: it has no scheme; did you mean file://%s?", s, s)
	case "atlas":
		return nil, fmt.Errorf("parsing URL %q: the vendor's registry is not supported; use a local directory, file://migrations", Redact(s))
	default:
		if otherDialects[scheme] {
			return nil, fmt.Errorf("parsing URL %q: %s is not supported; use a postgres:// or sqlite:// URL", Redact(s), scheme)
		}
		return nil, fmt.Errorf("parsing URL %q: unknown scheme %q; use postgres://, sqlite://, file://, ent:// or docker://", Redact(s), scheme)
	}
	return u, nil
}

// parseReason is the reason of a failed url.Parse without the URL itself.
func parseReason(err error) string {
	var msg string
	if ue, ok := err.(*url.Error); ok {
		msg = ue.Err.Error()
	} else {
		msg = err.Error()
	}
	if i := strings.Index(msg, `"`); i >= 0 {
		msg = strings.TrimSpace(msg[:i])
	}
	return msg
}

// memories counts databases in memory, to tell them apart.
var memories atomic.Int64

// SQLiteDSN makes a connection string of a file's path, turning the parameters that SQLite drivers for Go disagree about
// into those of modernc.org/sqlite.
func SQLiteDSN(path string, q url.Values) string {
	path = strings.TrimPrefix(path, "file:")
	out := url.Values{}
	memory := false
	for k, vs := range q {
		for _, v := range vs {
			switch k {
			case "_fk", "_foreign_keys":
				out.Add("_pragma", "foreign_keys("+v+")")
			case "_busy_timeout", "_timeout":
				out.Add("_pragma", "busy_timeout("+v+")")
			case "_journal_mode", "_journal":
				out.Add("_pragma", "journal_mode("+v+")")
			default:
				memory = memory || k == "mode" && v == "memory"
				out.Add(k, v)
			}
		}
	}
	if !strings.Contains(out.Encode(), "busy_timeout") {
		out.Add("_pragma", "busy_timeout(10000)")
	}
	// The default of the time format must be one that every driver reads back.
	if out.Get("_time_format") == "" {
		out.Set("_time_format", "sqlite")
	}
	if path == "" || path == ":memory:" {
		path, memory = "memdb", true
		out.Set("mode", "memory")
	}
	if memory && out.Get("cache") == "" {
		// The connections of one pool share the database; another pool has its own.
		out.Set("cache", "shared")
		path = fmt.Sprintf("%s-%d", path, memories.Add(1))
	}
	return "file:" + path + "?" + out.Encode()
}

var (
	reURLPassword = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@?#'"]*):([^\s'"]*)@`)
	reQueryPass   = regexp.MustCompile(`(?i)([?&](?:password|pass|pwd|token|sslpassword|_authToken|authToken)=)[^&\s'"]*`)
	reKeyPass     = regexp.MustCompile(`(?i)\b(password|sslpassword)\s*=\s*('(?:[^'\\]|\\.)*'|[^\s'"&]+)`)
)

// Redact hides every password in a text that may hold URLs or connection strings.
func Redact(s string) string {
	s = reURLPassword.ReplaceAllString(s, "$1:xxxxx@")
	s = reQueryPass.ReplaceAllString(s, "${1}xxxxx")
	return reKeyPass.ReplaceAllString(s, "$1=xxxxx")
}

// redactedError hides passwords in the text of an error.
type redactedError struct{ err error }

func (e *redactedError) Error() string { return Redact(e.err.Error()) }
func (e *redactedError) Unwrap() error { return e.err }

// RedactError hides every password in an error's text and keeps the chain.
func RedactError(err error) error {
	if err == nil || Redact(err.Error()) == err.Error() {
		return err
	}
	return &redactedError{err}
}
