package cli

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlclient"
	_ "github.com/lib/pq" // the atlas library opens PostgreSQL through it
	"modernc.org/sqlite"

	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/project"
)

// atlasClient is a connection of the atlas library: its differ, planner and inspector over our drivers.
type atlasClient struct {
	*sqlclient.Client
	// raw is the URL as the user gave it, for reports.
	raw string
}

var registerLite = sync.OnceFunc(func() {
	// The library opens SQLite under the name of a driver that needs cgo; ours takes its place.
	if !slices.Contains(sql.Drivers(), "sqlite3") {
		sql.Register("sqlite3", liteDriver{})
	}
})

// liteDriver understands the other driver's connection strings.
type liteDriver struct{}

func (d liteDriver) Open(dsn string) (driver.Conn, error) {
	c, err := d.OpenConnector(dsn)
	if err != nil {
		return nil, err
	}
	return c.Connect(context.Background())
}

// OpenConnector implements driver.DriverContext: all connections of one pool see one database, two pools of memory
// databases see two.
func (d liteDriver) OpenConnector(dsn string) (driver.Connector, error) {
	path, query, _ := strings.Cut(strings.TrimPrefix(dsn, "file:"), "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		return nil, fmt.Errorf("parsing connection string: %w", err)
	}
	return liteConnector{project.SQLiteDSN(path, q)}, nil
}

type liteConnector struct{ dsn string }

func (c liteConnector) Connect(context.Context) (driver.Conn, error) {
	return (&sqlite.Driver{}).Open(c.dsn)
}
func (c liteConnector) Driver() driver.Driver { return liteDriver{} }

// openAtlasClient opens a database for the library. A docker:// URL stands for a throwaway server of that version.
func openAtlasClient(ctx context.Context, e *project.Env, raw string) (*atlasClient, error) {
	registerLite()
	raw, err := e.Lookup(raw)
	if err != nil {
		return nil, err
	}
	u, err := project.ParseURL(raw)
	if err != nil {
		return nil, err
	}
	switch {
	case u.Kind == "docker":
		return openThrowaway(ctx, u)
	case !u.IsDB():
		return nil, fmt.Errorf("sql/sqlclient: unknown driver %q. See: https://atlasgo.io/url", strings.SplitN(raw, "://", 2)[0])
	}
	c, err := sqlclient.Open(ctx, raw)
	if err != nil {
		return nil, project.RedactError(err)
	}
	return &atlasClient{Client: c, raw: raw}, nil
}

func openThrowaway(ctx context.Context, u *project.URL) (*atlasClient, error) {
	srv, err := devServer(ctx, u.Raw())
	if err != nil {
		return nil, project.RedactError(err)
	}
	db, err := srv.NewDatabase(ctx)
	if err != nil {
		return nil, project.RedactError(err)
	}
	full := db.URL
	if s := u.Query.Get("search_path"); s != "" {
		sep := "?"
		if strings.Contains(full, "?") {
			sep = "&"
		}
		full += sep + "search_path=" + url.QueryEscape(s)
	}
	c, err := sqlclient.Open(ctx, full)
	if err != nil {
		db.Close()
		return nil, project.RedactError(err)
	}
	c.AddClosers(closer(func() error {
		return errors.Join(c.DB.Close(), db.Close())
	}))
	return &atlasClient{Client: c, raw: u.Raw()}, nil
}

type closer func() error

func (f closer) Close() error { return f() }

// atlasState is a schema read for the library.
type atlasState struct {
	migrate.StateReader
	// schema is the one schema the state is bound to, or empty.
	schema string
	hcl    bool
	client *atlasClient // of a database
	// companions are statements that must run before the tables are made, and are not modelled by the library.
	companions []string
}

func (s *atlasState) close() {
	if s.client != nil {
		s.client.Close()
	}
}

// replay runs a directory on the client, reads the state, and takes everything back.
func (c *atlasClient) replay(ctx context.Context, d migrate.Dir, version string, schemas, exclude []string) (*schema.Realm, error) {
	ex, err := migrate.NewExecutor(c.Driver, libraryDir(d), migrate.NopRevisionReadWriter{})
	if err != nil {
		return nil, err
	}
	var opts []migrate.ReplayOption
	if version != "" {
		opts = append(opts, migrate.ReplayToVersion(version))
	}
	realm, err := ex.Replay(ctx, c.reader(schemas, exclude), opts...)
	if errors.Is(err, migrate.ErrNoPendingFiles) {
		err = nil
	}
	return realm, err
}

// libraryDir is the directory with its files hashed once: the library hashes it for every file otherwise.
func libraryDir(d migrate.Dir) migrate.Dir {
	if m, ok := d.(*migration.Dir); ok {
		return m
	}
	return migration.Wrap(d)
}

func (c *atlasClient) reader(schemas, exclude []string) migrate.StateReader {
	if c.URL.Schema != "" {
		return migrate.SchemaConn(c.Client, "", &schema.InspectOptions{Exclude: exclude})
	}
	return migrate.RealmConn(c.Client, &schema.InspectRealmOption{Schemas: schemas, Exclude: exclude})
}
