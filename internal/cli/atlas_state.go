package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/plinth-go/plinth/internal/entload"
	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/project"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

var errNoDevURL = errors.New("--dev-url cannot be empty. See: https://atlasgo.io/atlas-schema/sql#dev-database")

// stateSpec says what to read, and with what.
type stateSpec struct {
	urls             []string
	client, dev      *atlasClient
	schemas, exclude []string
}

// urlScheme is the one scheme of several URLs.
func urlScheme(urls []string) (string, error) {
	scheme := ""
	for _, u := range urls {
		cur, _, ok := strings.Cut(u, "://")
		switch {
		case !ok:
			if _, err := os.Stat(u); err == nil {
				return "", fmt.Errorf("missing scheme. Did you mean file://%s?", u)
			}
			return "", errors.New("missing scheme. See: https://atlasgo.io/url")
		case scheme == "":
			scheme = cur
		case scheme != cur:
			return "", fmt.Errorf("got mixed --to url schemes: %q and %q, the desired state must be provided from a single kind of source", scheme, cur)
		case cur != "file":
			return "", fmt.Errorf("got multiple --to urls of scheme %q, only multiple 'file://' urls are supported", cur)
		}
	}
	if scheme == "" {
		return "", errors.New("at least one url is required")
	}
	return scheme, nil
}

// readAtlas makes the reader of a state.
func readAtlas(ctx context.Context, e *project.Env, spec stateSpec) (*atlasState, error) {
	urls := make([]string, len(spec.urls))
	for i, raw := range spec.urls {
		u, err := e.Lookup(raw)
		if err != nil {
			return nil, err
		}
		urls[i] = u
	}
	if len(urls) == 1 {
		if doc, ok := e.Documents[urls[0]]; ok {
			if doc.Kind == "hcl" {
				return readHCL(spec, doc.Paths, doc.Vars)
			}
			text, err := doc.Read(ctx)
			if err != nil {
				return nil, err
			}
			return readSQL(ctx, spec, map[string][]byte{"schema.sql": text})
		}
		if d, ok := e.Dirs[urls[0]]; ok {
			return readDir(ctx, spec, d, "")
		}
	}
	scheme, err := urlScheme(urls)
	if err != nil {
		return nil, err
	}
	switch scheme {
	case "file":
		return readFiles(ctx, e, spec, urls)
	case "ent":
		return readEnt(ctx, spec, urls[0])
	}
	c, err := openAtlasClient(ctx, e, urls[0])
	if err != nil {
		return nil, err
	}
	return &atlasState{StateReader: c.reader(spec.schemas, spec.exclude), schema: c.URL.Schema, client: c}, nil
}

// readFiles reads HCL files, SQL files or a migration directory.
func readFiles(ctx context.Context, e *project.Env, spec stateSpec, urls []string) (*atlasState, error) {
	var hcl []string
	sql := map[string][]byte{}
	add := func(path string) error {
		switch filepath.Ext(path) {
		case ".hcl":
			hcl = append(hcl, path)
		case ".sql":
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			sql[fmt.Sprintf("%04d_%s", len(sql), filepath.Base(path))] = b
		default:
			return fmt.Errorf("unknown schema file: %q", filepath.Base(path))
		}
		if len(hcl) > 0 && len(sql) > 0 {
			return fmt.Errorf("ambiguous schema: both SQL and HCL files found: %q", path)
		}
		return nil
	}
	for _, raw := range urls {
		u, err := project.ParseURL(raw)
		if err != nil {
			return nil, err
		}
		fi, err := os.Stat(u.Path)
		if err != nil {
			return nil, err
		}
		if !fi.IsDir() {
			if err := add(u.Path); err != nil {
				return nil, err
			}
			continue
		}
		if len(urls) == 1 && isMigrationDir(u) {
			d, err := openAtlasDir(&project.Env{Migration: project.Migration{Dir: raw, Format: e.Migration.Format}}, false)
			if err != nil {
				return nil, err
			}
			return readDir(ctx, spec, d, u.Query.Get("version"))
		}
		entries, err := os.ReadDir(u.Path)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if x := filepath.Ext(entry.Name()); x == ".hcl" || x == ".sql" {
				if err := add(filepath.Join(u.Path, entry.Name())); err != nil {
					return nil, err
				}
			}
		}
	}
	switch {
	case len(hcl) > 0:
		return readHCL(spec, hcl, e.Vars)
	case len(sql) > 0:
		return readSQL(ctx, spec, sql)
	}
	return nil, fmt.Errorf("%q contains neither SQL nor HCL files", filepath.Base(strings.TrimPrefix(urls[0], "file://")))
}

func isMigrationDir(u *project.URL) bool {
	if u.Query.Has("version") || u.Query.Has("format") || filepath.Base(u.Path) == "migrations" {
		return true
	}
	_, err := os.Stat(filepath.Join(u.Path, migrate.HashFileName))
	return err == nil
}

func readDir(ctx context.Context, spec stateSpec, d migrate.Dir, version string) (*atlasState, error) {
	if spec.dev == nil {
		return nil, errNoDevURL
	}
	realm, err := spec.dev.replay(ctx, d, version, spec.schemas, spec.exclude)
	if err != nil {
		return nil, err
	}
	return &atlasState{StateReader: migrate.Realm(realm), schema: spec.dev.URL.Schema}, nil
}

func readSQL(ctx context.Context, spec stateSpec, files map[string][]byte) (*atlasState, error) {
	if spec.dev == nil {
		return nil, errNoDevURL
	}
	dir := &migrate.MemDir{}
	for name, text := range files {
		if err := dir.WriteFile(name, text); err != nil {
			return nil, err
		}
	}
	sum, err := dir.Checksum()
	if err != nil {
		return nil, err
	}
	if err := migrate.WriteSumFile(dir, sum); err != nil {
		return nil, err
	}
	s, err := readDir(ctx, spec, dir, "")
	if stmt := (*migrate.StmtExecError)(nil); errors.As(err, &stmt) {
		return nil, fmt.Errorf("read state from %q: executing statement: %q: %s", stmt.File.Name()[5:], stmt.Stmt.Text, driverText(stmt.Err))
	}
	return s, err
}

// readHCL evaluates schema files. They are brought into the database's own form when they are first read, since the
// dev database may be busy with something else before.
func readHCL(spec stateSpec, paths []string, vars map[string]cty.Value) (*atlasState, error) {
	c := spec.dev
	if c == nil {
		c = spec.client
	}
	if c == nil {
		return nil, errors.New("--dev-url cannot be empty")
	}
	p := hclparse.NewParser()
	for _, path := range paths {
		f, diags := p.ParseHCLFile(path)
		if diags.HasErrors() {
			return nil, diags
		}
		for _, b := range f.Body.(*hclsyntax.Body).Blocks {
			if b.Type == "env" {
				return nil, fmt.Errorf("cannot parse project file %q as a schema file", path)
			}
		}
	}
	realm := &schema.Realm{}
	if err := c.Eval(p, realm, vars); err != nil {
		return nil, err
	}
	for _, s := range realm.Schemas {
		if len(spec.schemas) > 0 && !containsString(spec.schemas, s.Name) {
			return nil, fmt.Errorf("schema %q from paths %q is not requested (all schemas in HCL must be requested)", s.Name, paths)
		}
	}
	bound := spec.dev != nil && spec.dev.URL.Schema != "" || spec.client != nil && spec.client.URL.Schema != ""
	if bound && len(realm.Schemas) > 1 {
		return nil, fmt.Errorf("cannot use HCL with more than 1 schema when dev-url is limited to schema %q", c.URL.Schema)
	}
	st := &atlasState{hcl: true}
	if bound && len(realm.Schemas) == 1 {
		st.schema = realm.Schemas[0].Name
	}
	st.StateReader = migrate.StateReaderFunc(func(ctx context.Context) (*schema.Realm, error) {
		if spec.dev != nil {
			if err := normalizeRealm(ctx, spec.dev, realm); err != nil {
				return nil, err
			}
		}
		return excludeFrom(realm, st.schema, spec.exclude)
	})
	return st, nil
}

// normalizeRealm brings a realm into the form the database gives back, in place.
func normalizeRealm(ctx context.Context, dev *atlasClient, realm *schema.Realm) error {
	n, ok := dev.Driver.(schema.Normalizer)
	if !ok || len(realm.Schemas) == 0 {
		return nil
	}
	if dev.URL.Schema != "" {
		s, err := n.NormalizeSchema(ctx, realm.Schemas[0])
		if err != nil {
			return err
		}
		realm.Schemas[0] = s
		return nil
	}
	r, err := n.NormalizeRealm(ctx, realm)
	if err != nil {
		return err
	}
	*realm = *r
	return nil
}

func excludeFrom(realm *schema.Realm, bound string, patterns []string) (*schema.Realm, error) {
	switch {
	case len(patterns) == 0:
		return realm, nil
	case bound != "" && len(realm.Schemas) == 1:
		s, err := schema.ExcludeSchema(realm.Schemas[0], patterns)
		if err != nil {
			return nil, err
		}
		realm.Schemas[0] = s
		return realm, nil
	}
	return schema.ExcludeRealm(realm, patterns)
}

// readEnt reads an Ent project. Its extensions are made on the dev database first: an index may need them.
func readEnt(ctx context.Context, spec stateSpec, raw string) (*atlasState, error) {
	if spec.dev == nil {
		return nil, errors.New(`required flag "--dev-url" not set`)
	}
	u, err := project.ParseURL(raw)
	if err != nil {
		return nil, err
	}
	dialect := schemagraph.Postgres
	if spec.dev.Name == "sqlite" {
		dialect = schemagraph.SQLite
	}
	g, err := entload.Load(ctx, entload.Options{Path: u.Path, Dialect: dialect})
	if err != nil {
		return nil, err
	}
	st := &atlasState{schema: spec.dev.URL.Schema}
	for _, c := range g.Companions {
		if c.Kind == "extension" {
			st.companions = append(st.companions, c.Create)
		}
	}
	realm := g.Realm
	for _, s := range realm.Schemas {
		if s.Name == "" {
			s.Name = first(spec.dev.URL.Schema, map[string]string{schemagraph.Postgres: "public", schemagraph.SQLite: "main"}[dialect])
		}
		for _, t := range s.Tables {
			t.Schema = s
		}
	}
	st.StateReader = migrate.StateReaderFunc(func(ctx context.Context) (*schema.Realm, error) {
		for _, stmt := range st.companions {
			if _, err := spec.dev.ExecContext(ctx, stmt); err != nil {
				return nil, err
			}
		}
		if err := normalizeRealm(ctx, spec.dev, realm); err != nil {
			return nil, err
		}
		return excludeFrom(realm, st.schema, spec.exclude)
	})
	return st, nil
}

func containsString(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// diffPolicy turns the diff block of the project file into options of the library. Schemas are never dropped.
func diffPolicy(e *project.Env) []schema.DiffOption {
	skip := []schema.Change{&schema.DropSchema{}}
	for name, c := range map[string]schema.Change{
		"add_schema": &schema.AddSchema{}, "modify_schema": &schema.ModifySchema{},
		"add_table": &schema.AddTable{}, "drop_table": &schema.DropTable{}, "modify_table": &schema.ModifyTable{},
		"rename_table": &schema.RenameTable{},
		"add_column":   &schema.AddColumn{}, "drop_column": &schema.DropColumn{}, "modify_column": &schema.ModifyColumn{},
		"add_index": &schema.AddIndex{}, "drop_index": &schema.DropIndex{}, "modify_index": &schema.ModifyIndex{},
		"add_foreign_key": &schema.AddForeignKey{}, "drop_foreign_key": &schema.DropForeignKey{},
		"modify_foreign_key": &schema.ModifyForeignKey{},
	} {
		if e.Diff.Skip[name] {
			skip = append(skip, c)
		}
	}
	return []schema.DiffOption{
		func(o *schema.DiffOptions) { o.Extra = e.Diff.Extra },
		schema.DiffSkipChanges(skip...),
		schema.DiffNormalized(),
	}
}

// targetOf is a client's database for our own engine.
func targetOf(c *atlasClient) *migration.Target {
	t := &migration.Target{DB: c.DB, Dialect: schemagraph.Postgres, Schema: c.URL.Schema}
	if c.Name == "sqlite" {
		t.Dialect = schemagraph.SQLite
	}
	return t
}
