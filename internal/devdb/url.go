package devdb

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// secretParams are the query parameters of a database URL that hold secrets.
var secretParams = []string{"password", "sslpassword", "sslkey", "passfile"}

// Redact returns a database URL with its password replaced, fit for a log or an error message. Text that does not
// parse as a URL is replaced as a whole, because nobody knows where in it the password is.
func Redact(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme == "" {
		return "(database URL)"
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), "xxxxx")
	}
	q := u.Query()
	for _, p := range secretParams {
		if q.Has(p) {
			q.Set(p, "xxxxx")
		}
	}
	if len(q) > 0 {
		u.RawQuery = q.Encode()
	}
	return u.String()
}

// scrub returns err with every secret of u removed from its text. What [errors.As] finds stays as it was only where
// nothing had to be removed.
func scrub(err error, u *url.URL) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, s := range secrets(u) {
		text = strings.ReplaceAll(text, s, "xxxxx")
	}
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}

// secrets lists the secret strings of u, decoded and as written.
func secrets(u *url.URL) []string {
	var out []string
	add := func(s string) {
		if s != "" {
			out = append(out, s)
		}
	}
	if p, ok := u.User.Password(); ok {
		add(p)
		if _, escaped, ok := strings.Cut(u.User.String(), ":"); ok {
			add(escaped)
		}
	}
	for _, p := range secretParams {
		for _, v := range u.Query()[p] {
			add(v)
			add(url.QueryEscape(v))
		}
	}
	return out
}

// parseURL reads a PostgreSQL URL. Its errors never quote the text: where the password ends is exactly what a
// malformed URL does not say.
func parseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("parsing the database URL: it is malformed; percent-encode special characters in the password " +
			"(postgres://user:password@host:5432/database?sslmode=disable)")
	}
	switch u.Scheme {
	case "postgres", "postgresql":
	case "":
		return nil, errors.New("parsing the database URL: it has no scheme; write it as postgres://user:password@host:5432/database?sslmode=disable")
	default:
		return nil, fmt.Errorf("parsing the database URL: %q is not PostgreSQL; a throwaway server needs postgres://… or docker://postgres/MAJOR/dev", u.Scheme)
	}
	q := u.Query()
	if !q.Has("sslmode") {
		q.Set("sslmode", "prefer") // as libpq does; lib/pq alone would insist on TLS
		u.RawQuery = q.Encode()
	}
	return u, nil
}

// withDatabase returns the URL of another database on the same server.
func withDatabase(u *url.URL, name string) string {
	c := *u
	c.Path, c.RawPath = "/"+name, ""
	q := c.Query()
	q.Del("dbname")
	c.RawQuery = q.Encode()
	return c.String()
}

// place names the server of u for a message: host and port, never a credential.
func place(u *url.URL) string {
	host := u.Host
	if h := u.Query().Get("host"); h != "" {
		host = h
	}
	if host == "" {
		host = "localhost"
	}
	return host
}

// parseDocker reads docker://postgres/15/dev, which means a private server of that major here. The parameters
// (search_path) are kept for the URLs of the databases made.
func parseDocker(raw string) (major int, params url.Values, err error) {
	u, err := url.Parse(raw)
	if err != nil {
		return 0, nil, errors.New("parsing the docker URL: it is malformed; write it as docker://postgres/15/dev")
	}
	image := u.Host
	if image != "postgres" && image != "postgresql" {
		return 0, nil, fmt.Errorf("parsing the docker URL: image %q is not understood; a throwaway server needs docker://postgres/MAJOR/dev", image)
	}
	tag, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if tag == "" || tag == "latest" || tag == "alpine" {
		return 0, u.Query(), nil
	}
	digits := tag
	if i := strings.IndexFunc(tag, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		digits = tag[:i]
	}
	major, err = strconv.Atoi(digits)
	if err != nil {
		return 0, nil, fmt.Errorf("parsing the docker URL: %q is not a PostgreSQL version; write it as docker://postgres/15/dev", tag)
	}
	return major, u.Query(), nil
}
