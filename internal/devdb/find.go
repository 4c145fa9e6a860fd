package devdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// binaries are one installation of the server.
type binaries struct {
	dir     string // of initdb and postgres
	version string // what postgres --version printed
	major   int
}

// places are where PostgreSQL's server binaries are installed, besides PATH.
var places = []string{
	"/usr/lib/postgresql/*/bin",                          // Debian, Ubuntu
	"/usr/pgsql-*/bin",                                   // RHEL, Fedora (PGDG)
	"/usr/libexec/postgresql*",                           // Alpine
	"/usr/local/pgsql/bin",                               // from source
	"/opt/homebrew/opt/postgresql@*/bin",                 // Homebrew, Apple silicon
	"/usr/local/opt/postgresql@*/bin",                    // Homebrew, Intel
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",    // Homebrew on Linux
	"/Applications/Postgres.app/Contents/Versions/*/bin", // Postgres.app
	"/Library/PostgreSQL/*/bin",                          // the EDB installer
}

// findBinaries finds the server binaries for o, or downloads them.
func findBinaries(ctx context.Context, o Options) (*binaries, error) {
	if o.BinDir != "" {
		b, err := probe(ctx, o.BinDir)
		if err != nil {
			return nil, fmt.Errorf("looking for PostgreSQL in %s: %w", o.BinDir, err)
		}
		if o.Major != 0 && b.major != o.Major {
			return nil, fmt.Errorf("looking for PostgreSQL %d: %s holds %s", o.Major, o.BinDir, b.version)
		}
		return b, nil
	}
	var seen, broken []string
	for _, dirs := range [][]string{installed(), downloaded(o)} {
		var found []*binaries
		for _, dir := range dirs {
			b, err := probe(ctx, dir)
			if err != nil {
				if !errors.Is(err, os.ErrNotExist) {
					broken = append(broken, fmt.Sprintf("%s: %v", dir, err))
				}
				continue
			}
			seen = append(seen, fmt.Sprintf("%d in %s", b.major, dir))
			if b.major >= MinMajor && (o.Major == 0 || o.Major == b.major) {
				found = append(found, b)
			}
		}
		if len(found) > 0 {
			return slices.MaxFunc(found, func(a, b *binaries) int { return a.major - b.major }), nil
		}
	}
	b, err := fetch(ctx, o)
	if err == nil {
		return b, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, missing(o, seen, broken, err)
}

// missing is the error when there is no server: what was looked for, what is there, and what to install.
func missing(o Options, seen, broken []string, cause error) error {
	what, pkg := fmt.Sprintf("PostgreSQL %d or later", MinMajor), "postgresql"
	if o.Major != 0 {
		what, pkg = fmt.Sprintf("PostgreSQL %d", o.Major), fmt.Sprintf("postgresql-%d", o.Major)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "finding %s: not installed", what)
	if len(seen) > 0 {
		fmt.Fprintf(&b, " (found %s)", strings.Join(seen, ", "))
	}
	if len(broken) > 0 {
		fmt.Fprintf(&b, " (unusable: %s)", strings.Join(broken, "; "))
	}
	install := "apt-get install " + pkg
	if runtime.GOOS == "darwin" {
		install = "brew install postgresql@" + strconv.Itoa(max(o.Major, 17))
	}
	fmt.Fprintf(&b, "; install it (%s), or give a server with --dev-url or PLINTH_DEV_URL, or the directory of initdb with PLINTH_PG_BIN", install)
	return fmt.Errorf("%s; downloading it failed: %w", b.String(), cause)
}

// downloaded lists the directories of server binaries in the cache. They serve only where nothing is installed, so
// that having fetched another version changes nothing.
func downloaded(o Options) []string {
	if o.CacheDir == "" {
		return nil
	}
	dirs, _ := filepath.Glob(filepath.Join(o.CacheDir, "postgresql", "*", "bin"))
	return dirs
}

// installed lists the directories that may hold installed server binaries, each once.
func installed() []string {
	var dirs []string
	add := func(dir string) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			dir = real
		}
		if !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	if p, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(p); err == nil {
			p = real
		}
		add(filepath.Dir(p))
	}
	for _, pattern := range places {
		matches, _ := filepath.Glob(pattern)
		for _, m := range matches {
			add(m)
		}
	}
	return dirs
}

// BinCache is where binaries of a major version are kept below a cache directory (see [Options]): the directory that
// holds bin, lib and share.
func BinCache(cacheDir string, major int) string {
	if cacheDir == "" {
		cacheDir = defaultCacheDir()
	}
	return filepath.Join(cacheDir, "postgresql", strconv.Itoa(major))
}

// probe asks the binaries in dir for their version, as the user that would run them.
func probe(ctx context.Context, dir string) (*binaries, error) {
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return nil, fmt.Errorf("it has no %s: %w", name, os.ErrNotExist)
		}
	}
	who, err := runAs()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version")
	cmd.Dir, cmd.Env = "/", environ()
	who.apply(cmd)
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("running %s as %s: %w", cmd.Path, who.name, err)
	}
	version := strings.TrimSpace(string(out)) // postgres (PostgreSQL) 15.14 (Debian …)
	_, rest, _ := strings.Cut(version, "(PostgreSQL) ")
	digits := rest
	if i := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		digits = rest[:i]
	}
	major, err := strconv.Atoi(digits)
	if err != nil {
		return nil, fmt.Errorf("running %s: it says %q, which is not a PostgreSQL version", cmd.Path, version)
	}
	return &binaries{dir: dir, version: version, major: major}, nil
}

// defaultCacheDir is where plinth keeps things between runs, "" if there is no such place. Root's home is closed to
// the user that the server runs as, so root uses the system's cache.
func defaultCacheDir() string {
	if d := os.Getenv("PLINTH_CACHE_DIR"); d != "" {
		return d
	}
	if os.Geteuid() == 0 {
		return "/var/cache/plinth"
	}
	d, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(d, "plinth")
}

// environ is the environment of the server's processes: nothing of PG*, which would reach initdb and postgres.
func environ() []string {
	env := []string{"LC_ALL=C", "TZ=UTC", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LOCPATH", "LOCALE_ARCHIVE", "TMPDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}
