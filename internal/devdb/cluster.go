package devdb

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// superuser owns a private cluster.
const superuser = "postgres"

// settings of a private server: no durability, no background work that disturbs a measurement, room for parallel
// tests. What the planner decides by stays at its default.
var settings = []string{
	"listen_addresses=", "unix_socket_permissions=0777", "fsync=off", "synchronous_commit=off", "full_page_writes=off",
	"max_connections=300", "max_locks_per_transaction=256", "max_wal_size=4GB", "checkpoint_timeout=1d", "autovacuum=off",
	"timezone=UTC", "log_timezone=UTC", "logging_collector=off", "log_min_messages=warning", "log_min_error_statement=panic",
	"dynamic_shared_memory_type=mmap", // inside the data directory, so that even a killed server leaves nothing
	"max_prepared_transactions=10",
}

// cluster is a private server and its directory: data (the data directory), log, lock and the socket.
type cluster struct {
	dir  string
	data string
	bin  string // directory of the server's programs
	dog  *watchdog
}

// startCluster makes a cluster and starts its server.
func startCluster(ctx context.Context, o Options, bin *binaries) (*cluster, error) {
	who, err := runAs()
	if err != nil {
		return nil, err
	}
	dir, lock, err := makeDir(o.RunDir, who)
	if err != nil {
		return nil, err
	}
	c := &cluster{dir: dir, data: filepath.Join(dir, "data"), bin: bin.dir}
	c.dog, err = startWatchdog(dir, lock, who)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := c.boot(ctx, o, bin, who); err != nil {
		return nil, errors.Join(err, c.stop())
	}
	return c, nil
}

func (c *cluster) boot(ctx context.Context, o Options, bin *binaries, who user) error {
	cached := clusterCache(o.CacheDir, bin)
	if cached == "" || untar(cached, c.data, who) != nil {
		if err := os.RemoveAll(c.data); err != nil {
			return err
		}
		if err := c.initdb(ctx, bin); err != nil {
			return err
		}
		if cached != "" {
			if err := tarTo(cached, c.data); err != nil {
				o.Logf("keeping the initialised cluster for the next run: %v", err)
			}
		}
	}
	args := []string{filepath.Join(bin.dir, "postgres"), "-D", c.data, "-k", c.dir}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	if err := c.dog.launch(args); err != nil {
		return err
	}
	return c.await(ctx)
}

// initdb initialises the data directory.
func (c *cluster) initdb(ctx context.Context, bin *binaries) error {
	var first string
	for _, locale := range []string{"C.UTF-8", "C"} { // macOS and musl know the first under other names, or not at all
		code, err := c.dog.run(ctx, []string{filepath.Join(bin.dir, "initdb"), "-D", c.data, "-U", superuser, "-A", "trust",
			"-E", "UTF8", "--locale=" + locale, "--no-sync", "--wal-segsize=4", "--no-instructions"})
		if err != nil {
			return fmt.Errorf("initialising a cluster: %w", err)
		}
		if code == "0" {
			return nil
		}
		if first == "" {
			first = c.logTail()
		}
		if err := os.RemoveAll(c.data); err != nil {
			return err
		}
	}
	return fmt.Errorf("initialising a cluster: %s", first)
}

// await waits until the server answers.
func (c *cluster) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	for {
		ready, err := serverReady(c.data)
		if err == nil && ready {
			return nil
		}
		select {
		case <-c.dog.died:
			return fmt.Errorf("the server ended: %s", c.logTail())
		case <-ctx.Done():
			return fmt.Errorf("waiting for the server: %w: %s", ctx.Err(), c.logTail())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// serverReady reads what the server writes about itself into postmaster.pid: its eighth line says ready.
func serverReady(data string) (bool, error) {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return false, err
	}
	lines := strings.Split(string(b), "\n")
	return len(lines) > 7 && strings.TrimSpace(lines[7]) == "ready", nil
}

func (c *cluster) logTail() string {
	b, err := os.ReadFile(filepath.Join(c.dir, "log"))
	if err != nil {
		return err.Error()
	}
	const most = 2000
	if len(b) > most {
		b = b[len(b)-most:]
	}
	return strings.TrimSpace(string(b))
}

// url is the URL of the administration database, in the form that libpq, lib/pq, pgx and the atlas CLI understand.
func (c *cluster) url(params url.Values) *url.URL {
	q := url.Values{}
	for k, v := range params {
		q[k] = v
	}
	q.Set("host", c.dir)
	q.Set("port", "5432") // else a client may obey PGPORT
	q.Set("sslmode", "disable")
	return &url.URL{Scheme: "postgres", User: url.User(superuser), Host: "", Path: "/postgres", RawQuery: q.Encode()}
}

func (c *cluster) keep() { c.dog.keep() }

// stop ends the server at once and removes its directory.
func (c *cluster) stop() error {
	err := c.dog.close()
	if rmErr := os.RemoveAll(c.dir); rmErr != nil {
		err = errors.Join(err, rmErr)
	}
	return err
}
