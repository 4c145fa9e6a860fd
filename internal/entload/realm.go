package entload

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"regexp"
	"sort"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	entschema "entgo.io/ent/dialect/sql/schema"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// realm converts Ent's tables to an Atlas realm by Ent's own state reader, with a driver that answers the one
// question it asks a database.
func realm(ctx context.Context, dialectName string, tables []*entschema.Table) (*schema.Realm, error) {
	m, err := entschema.NewMigrate(&answers{dialect: dialectName}, entschema.WithDialect(dialectName))
	if err != nil {
		return nil, err
	}
	r, err := m.StateReader(tables...).ReadState(ctx)
	if err != nil {
		return nil, fmt.Errorf("converting the Ent schema to tables: %w", err)
	}
	sort.Slice(r.Schemas, func(i, j int) bool { return r.Schemas[i].Name < r.Schemas[j].Name })
	for _, s := range r.Schemas {
		s.Realm = r
		if s.Name == "" {
			s.Name = defaultSchema[dialectName]
		}
	}
	if len(r.Schemas) == 0 {
		r.Schemas = append(r.Schemas, &schema.Schema{Name: defaultSchema[dialectName], Realm: r})
	}
	return r, nil
}

var defaultSchema = map[string]string{schemagraph.Postgres: "public", schemagraph.SQLite: "main"}

// namePrimaryKeys names primary keys pk_{table}; Ent has no place for their names.
func namePrimaryKeys(r *schema.Realm) {
	for _, s := range r.Schemas {
		for _, t := range s.Tables {
			if t.PrimaryKey != nil && t.PrimaryKey.Name == "" {
				t.PrimaryKey.Name = schemagraph.Name("pk", t.Name)
			}
		}
	}
}

// answers is a dialect.Driver that knows its version and nothing else.
type answers struct{ dialect string }

func (a *answers) Dialect() string { return a.dialect }
func (a *answers) Close() error    { return nil }

func (a *answers) Exec(context.Context, string, any, any) error {
	return fmt.Errorf("converting a schema executes nothing")
}

func (a *answers) Tx(context.Context) (dialect.Tx, error) {
	return nil, fmt.Errorf("converting a schema opens no transaction")
}

func (a *answers) Query(_ context.Context, query string, _, v any) error {
	rows, ok := v.(*entsql.Rows)
	if !ok {
		return fmt.Errorf("unexpected rows %T", v)
	}
	switch {
	case strings.Contains(query, "server_version_num"):
		*rows = entsql.Rows{ColumnScanner: &oneRow{value: "150000"}}
	case strings.Contains(query, "foreign_keys"):
		*rows = entsql.Rows{ColumnScanner: &oneRow{value: "1"}}
	default:
		return fmt.Errorf("unexpected query %q", query)
	}
	return nil
}

// oneRow is a result of one row with one column.
type oneRow struct {
	value string
	read  bool
}

func (r *oneRow) Close() error                               { return nil }
func (r *oneRow) ColumnTypes() ([]*stdsql.ColumnType, error) { return nil, nil }
func (r *oneRow) Columns() ([]string, error)                 { return []string{"value"}, nil }
func (r *oneRow) Err() error                                 { return nil }
func (r *oneRow) NextResultSet() bool                        { return false }

func (r *oneRow) Next() bool {
	first := !r.read
	r.read = true
	return first
}

func (r *oneRow) Scan(dest ...any) error {
	switch d := dest[0].(type) {
	case *string:
		*d = r.value
	case *int64:
		*d = 1
	case *bool:
		*d = r.value == "1"
	case stdsql.Scanner:
		return d.Scan(r.value)
	default:
		return fmt.Errorf("unexpected destination %T", d)
	}
	return nil
}

// companions are the extensions that the realm's types, operator classes and default functions come from.
func companions(r *schema.Realm) []schemagraph.Companion {
	need := map[string]bool{}
	look := func(text string) {
		text = strings.ToLower(text)
		for _, x := range extensionSigns {
			if strings.Contains(text, x.sign) {
				need[x.extension] = true
			}
		}
	}
	for _, s := range r.Schemas {
		for _, t := range s.Tables {
			for _, c := range t.Columns {
				if u, ok := c.Type.Type.(*postgres.UserDefinedType); ok {
					look(u.T)
				}
				if x, ok := c.Default.(*schema.RawExpr); ok {
					look(x.X)
				}
			}
			for _, i := range t.Indexes {
				for _, p := range i.Parts {
					for _, a := range p.Attrs {
						if op, ok := a.(*postgres.IndexOpClass); ok {
							look(op.Name)
						}
					}
				}
			}
		}
	}
	var cs []schemagraph.Companion
	for x := range need {
		cs = append(cs, schemagraph.Companion{
			Kind: "extension", Name: x,
			Create: fmt.Sprintf(`CREATE EXTENSION IF NOT EXISTS "%s"`, x),
			Drop:   fmt.Sprintf(`DROP EXTENSION IF EXISTS "%s"`, x),
		})
	}
	sort.Slice(cs, func(i, j int) bool { return cs[i].Name < cs[j].Name })
	return cs
}

// viewCompanions takes the views out of a realm: Atlas's open drivers neither plan nor read them, so they are
// companions here as they are where a database is read. A view without a definition is kept by somebody else.
func viewCompanions(r *schema.Realm, dialectName string) []schemagraph.Companion {
	quote := `"`
	if dialectName == dialect.SQLite {
		quote = "`"
	}
	var cs []schemagraph.Companion
	for _, s := range r.Schemas {
		for _, v := range s.Views {
			name, quoted := v.Name, quote+v.Name+quote
			if s.Name != defaultSchema[dialectName] {
				name, quoted = s.Name+"."+v.Name, quote+s.Name+quote+"."+quoted
			}
			c := schemagraph.Companion{Kind: "view", Name: name, Create: "CREATE VIEW " + quoted + " AS\n" + v.Def, Drop: "DROP VIEW " + quoted}
			for _, t := range s.Tables {
				if mentions(v.Def, t.Name) {
					c.DependsOn = append(c.DependsOn, t.Name)
				}
			}
			for _, o := range s.Views {
				if o != v && mentions(v.Def, o.Name) && !mentions(o.Def, v.Name) {
					c.DependsOn = append(c.DependsOn, o.Name)
				}
			}
			cs = append(cs, c)
		}
		s.Views = nil
	}
	sort.Slice(cs, func(i, j int) bool { return cs[i].Name < cs[j].Name })
	return cs
}

// mentions says whether a definition has a name as a word of its own.
func mentions(def, name string) bool {
	return regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`).MatchString(def)
}

// extensionSigns are names that only exist with an extension.
var extensionSigns = []struct{ sign, extension string }{
	{"_trgm_ops", "pg_trgm"},
	{"citext", "citext"},
	{"hstore", "hstore"},
	{"ltree", "ltree"},
	{"uuid_generate_v", "uuid-ossp"},
	{"vector", "vector"},
	{"geometry", "postgis"},
	{"geography", "postgis"},
}
