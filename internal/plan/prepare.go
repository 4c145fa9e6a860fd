package plan

import (
	"fmt"
	"strings"
	"unicode"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// differ holds one planning: private copies of both graphs, in which the default schema has no name.
type differ struct {
	opts     Options
	dialect  string
	from, to *schemagraph.Graph
	steps    []*placed // the steps found so far, with their places
	plan     *Plan
	renamed  []renamed       // what was renamed, for the steps that carry it out
	fresh    map[string]bool // tables that this plan creates
	small    map[string]bool // tables declared small
	byKey    map[*schemagraph.Graph]map[string]*schema.Table
	touched  map[string]bool // tables whose keys change, so that what refers to them has to wait
	retyped  map[string]bool // tables with a column that gets another type or goes
}

// oldestPG is planned for where the server's version is not known.
const oldestPG = 14

func prepare(from, to *schemagraph.Graph, opts Options) (*differ, error) {
	switch {
	case from == nil && to == nil:
		return nil, fmt.Errorf("planning: neither side is given")
	case from == nil:
		from = &schemagraph.Graph{Dialect: to.Dialect}
	case to == nil:
		to = &schemagraph.Graph{Dialect: from.Dialect}
	}
	if from.Dialect != to.Dialect {
		return nil, fmt.Errorf("planning: the current state is %s and the desired one %s", from.Dialect, to.Dialect)
	}
	if opts.PGVersion == 0 {
		opts.PGVersion = oldestPG
	}
	switch opts.LockTimeout {
	case "":
		opts.LockTimeout = "2s"
	case "0":
		opts.LockTimeout = ""
	}
	if opts.DefaultSchema == "" {
		opts.DefaultSchema = "public"
		if to.Dialect == schemagraph.SQLite {
			opts.DefaultSchema = "main"
		}
	}
	d := &differ{opts: opts, dialect: to.Dialect, plan: &Plan{Dialect: to.Dialect}, fresh: map[string]bool{}, small: map[string]bool{},
		byKey:   map[*schemagraph.Graph]map[string]*schema.Table{},
		touched: map[string]bool{}, retyped: map[string]bool{}}
	switch d.dialect {
	case schemagraph.Postgres, schemagraph.SQLite:
	default:
		return nil, fmt.Errorf("planning: dialect %q is not supported", d.dialect)
	}
	for _, g := range []*schemagraph.Graph{from, to} {
		c := g.Clone()
		if c.Realm == nil {
			c.Realm = &schema.Realm{}
		}
		if err := checkNames(c); err != nil {
			return nil, err
		}
		for _, s := range c.Realm.Schemas {
			if s.Name == opts.DefaultSchema {
				s.Name = ""
			}
			for _, t := range s.Tables {
				nameConstraints(t)
			}
		}
		if d.from == nil {
			d.from = c
		} else {
			d.to = c
		}
	}
	for _, e := range d.to.Entities {
		if e.Facts.Volume != nil && e.Facts.Volume.Small {
			d.small[key(e.Schema, e.Table)] = true
		}
	}
	return d, nil
}

// key names a table within a planning: its qualified name, without the default schema.
func key(schemaName, table string) string {
	if schemaName == "" {
		return table
	}
	return schemaName + "." + table
}

func tableKey(t *schema.Table) string {
	if t.Schema == nil {
		return t.Name
	}
	return key(t.Schema.Name, t.Name)
}

// checkNames refuses the identifiers that cannot be quoted safely by every tool that reads a migration.
func checkNames(g *schemagraph.Graph) error {
	check := func(what, name string) error {
		for _, r := range name {
			if r == '"' || r == '`' || r == '\\' || !unicode.IsPrint(r) {
				return fmt.Errorf("planning %s %q: the name contains %q, which cannot be quoted safely; rename it", what, name, r)
			}
		}
		return nil
	}
	for _, s := range g.Realm.Schemas {
		if err := check("schema", s.Name); err != nil {
			return err
		}
		for _, o := range s.Objects {
			if e, ok := o.(*schema.EnumType); ok {
				if err := check("type", e.T); err != nil {
					return err
				}
			}
		}
		for _, t := range s.Tables {
			if err := check("table", t.Name); err != nil {
				return err
			}
			if err := checkTableNames(g.Dialect, t, check); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkTableNames(dialect string, t *schema.Table, check func(what, name string) error) error {
	for _, c := range t.Columns {
		if err := check("column", c.Name); err != nil {
			return err
		}
		if c.Type == nil || c.Type.Type == nil {
			return fmt.Errorf("planning column %s.%s: its type is not known", t.Name, c.Name)
		}
		if u, ok := c.Type.Type.(*schema.UnsupportedType); ok && u.T == "" {
			return fmt.Errorf("planning column %s.%s: it has no type in %s; give the field SchemaType(map[string]string{%q: \"…\"})", t.Name, c.Name, dialect, dialect)
		} else if ok {
			return fmt.Errorf("planning column %s.%s: type %q is not known for this dialect; give the column a schema type", t.Name, c.Name, u.T)
		}
	}
	for _, i := range t.Indexes {
		if err := check("index", i.Name); err != nil {
			return err
		}
	}
	for _, f := range t.ForeignKeys {
		if err := check("foreign key", f.Symbol); err != nil {
			return err
		}
		if f.RefTable == nil || len(f.Columns) == 0 || len(f.Columns) != len(f.RefColumns) {
			return fmt.Errorf("planning foreign key %q of table %q: it does not say what it refers to", f.Symbol, t.Name)
		}
	}
	for _, c := range t.Checks() {
		if err := check("check", c.Name); err != nil {
			return err
		}
	}
	return nil
}

// find finds a table by its key.
func (d *differ) find(g *schemagraph.Graph, k string) (*schema.Table, bool) {
	m := d.byKey[g]
	if m == nil {
		m = map[string]*schema.Table{}
		for _, t := range g.Tables() {
			m[tableKey(t)] = t
		}
		d.byKey[g] = m
	}
	t, ok := m[k]
	return t, ok
}

// direct says whether the short forms are good enough for a table: nothing, or little, waits for their locks.
func (d *differ) direct(t *schema.Table) bool {
	k := tableKey(t)
	return d.opts.Direct || d.fresh[k] || d.small[k]
}

// mayRewrite says whether the user accepts that a table is rewritten for a column.
func (d *differ) mayRewrite(t *schema.Table, column string) bool {
	if d.direct(t) {
		return true
	}
	for _, c := range d.opts.Rewrite {
		if c == "*" || c == t.Name+"."+column || c == tableKey(t)+"."+column {
			return true
		}
	}
	return false
}

// ident quotes an identifier. checkNames has seen to it that it holds no quote.
func ident(name string) string { return `"` + name + `"` }

// qualified is a table's name as statements write it.
func qualified(t *schema.Table) string { return inSchema(t.Schema, t.Name) }

func inSchema(s *schema.Schema, name string) string {
	if s == nil || s.Name == "" {
		return ident(name)
	}
	return ident(s.Name) + "." + ident(name)
}

// str quotes a string literal.
func str(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// identBytes is the longest identifier PostgreSQL keeps.
const identBytes = 63

// fit cuts a helper's name so that its suffix survives.
func fit(name, suffix string) string {
	if n := identBytes - len(suffix); len(name) > n {
		name = strings.ToValidUTF8(name[:n], "")
	}
	return name + suffix
}

// pkName is the name of a table's primary key constraint.
func pkName(t *schema.Table) string {
	if t.PrimaryKey != nil && t.PrimaryKey.Name != "" {
		return t.PrimaryKey.Name
	}
	return fit(t.Name, "_pkey")
}

func attr[T schema.Attr](attrs []schema.Attr) (T, bool) {
	for _, a := range attrs {
		if t, ok := a.(T); ok {
			return t, true
		}
	}
	var zero T
	return zero, false
}

func commentOf(attrs []schema.Attr) string {
	if c, ok := attr[*schema.Comment](attrs); ok {
		return c.Text
	}
	return ""
}

// constraint says whether an index belongs to a unique or exclusion constraint, and gives the constraint's name.
func constraint(idx *schema.Index) (string, bool) {
	for _, a := range idx.Attrs {
		if c, ok := a.(*postgres.Constraint); ok && (c.IsUnique() || c.IsExclude()) {
			if c.N != "" {
				return c.N, true
			}
			return idx.Name, true
		}
	}
	return "", false
}
