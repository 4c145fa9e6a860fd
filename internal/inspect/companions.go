package inspect

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"github.com/lib/pq"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// found is a companion and where the server's catalogue keeps it.
type found struct {
	schemagraph.Companion
	class, oid int64
	late       string // text whose words may name tables that have to be there first
}

// companions reads what Atlas does not model. Each query gives class, oid, schema, name, the table it belongs to with
// its schema, the statement that makes it, the one that drops it, and text in which tables may be named.
func companions(ctx context.Context, tx *sql.Tx, g *schemagraph.Graph) ([]schemagraph.Companion, error) {
	var schemas []string
	for _, s := range g.Realm.Schemas {
		schemas = append(schemas, s.Name)
	}
	var all []*found
	for _, q := range companionQueries {
		cs, err := readCompanions(ctx, tx, q, schemas)
		if err != nil {
			return nil, fmt.Errorf("reading %ss: %w", q.kind, err)
		}
		all = append(all, cs...)
	}
	serial := serialSequences(g)
	all = slices.DeleteFunc(all, func(c *found) bool {
		return (c.Kind == "sequence" || c.Kind == "sequence owner") && serial[c.Name]
	})
	all = slices.DeleteFunc(all, func(c *found) bool { return c.Table != "" && excluded(g, all, c.Table) })
	if err := dependencies(ctx, tx, g, all); err != nil {
		return nil, fmt.Errorf("reading dependencies: %w", err)
	}
	out := make([]schemagraph.Companion, len(all))
	for i, c := range all {
		slices.Sort(c.DependsOn)
		out[i] = c.Companion
	}
	return out, nil
}

// plainSerials makes ordinary columns of those that Atlas takes for serial though their sequence is not their own, or
// has another name than a serial column would give it. The sequence is a companion then.
func plainSerials(ctx context.Context, tx *sql.Tx, g *schemagraph.Graph) error {
	rows, err := tx.QueryContext(ctx, serialsQuery)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			ns, table, column, def string
			own                    bool
		)
		if err := rows.Scan(&ns, &table, &column, &def, &own); err != nil {
			return err
		}
		s, ok := g.Realm.Schema(ns)
		if !ok {
			continue
		}
		t, ok := s.Table(table)
		if !ok {
			continue
		}
		c, ok := t.Column(column)
		if !ok {
			continue
		}
		serial, ok := c.Type.Type.(*postgres.SerialType)
		switch {
		case !ok:
		case own && strings.Contains(strings.ReplaceAll(def, `"`, ""), table+"_"+column+"_seq'"):
			serial.SequenceName = "" // the name that goes without saying
		default:
			c.Type.Type = serial.IntegerType()
			c.Type.Raw = serial.IntegerType().T
			c.Default = &schema.RawExpr{X: def}
		}
	}
	return rows.Err()
}

// serialSequences are the sequences that come with a serial column.
func serialSequences(g *schemagraph.Graph) map[string]bool {
	m := map[string]bool{}
	for _, t := range g.Tables() {
		for _, c := range t.Columns {
			if _, ok := c.Type.Type.(*postgres.SerialType); ok {
				m[name(t.Schema.Name, t.Name+"_"+c.Name+"_seq")] = true
			}
		}
	}
	return m
}

// excluded says whether a table is neither in the graph nor a companion itself (a partition, a view).
func excluded(g *schemagraph.Graph, all []*found, table string) bool {
	for _, t := range g.Tables() {
		if name(t.Schema.Name, t.Name) == table {
			return false
		}
	}
	return !slices.ContainsFunc(all, func(c *found) bool {
		return c.Name == table && slices.Contains([]string{"partition", "view", "materialized view"}, c.Kind)
	})
}

func readCompanions(ctx context.Context, tx *sql.Tx, q companionQuery, schemas []string) ([]*found, error) {
	rows, err := tx.QueryContext(ctx, q.sql, pq.Array(schemas))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []*found
	for rows.Next() {
		var (
			c                   = &found{Companion: schemagraph.Companion{Kind: q.kind}}
			ns, tableNS, object string
			table               string
		)
		if err := rows.Scan(&c.class, &c.oid, &ns, &object, &tableNS, &table, &c.Create, &c.Drop, &c.late); err != nil {
			return nil, err
		}
		c.Name = name(ns, object)
		if table != "" {
			c.Table = name(tableNS, table)
		}
		c.Create = strings.TrimRight(strings.TrimSpace(c.Create), ";")
		out = append(out, c)
	}
	return out, rows.Err()
}

// name is how a graph names an object of a schema: the default schema is left out.
func name(ns, object string) string {
	if ns == "" || ns == "public" {
		return object
	}
	return ns + "." + object
}

// dependencies fills in what has to be there before a companion.
func dependencies(ctx context.Context, tx *sql.Tx, g *schemagraph.Graph, all []*found) error {
	type object struct{ class, oid int64 }
	byObject := map[object]*found{}
	for _, c := range all {
		byObject[object{c.class, c.oid}] = c
	}
	rows, err := tx.QueryContext(ctx, dependsQuery)
	if err != nil {
		return err
	}
	defer rows.Close()
	tables := map[string]bool{}
	for _, t := range g.Tables() {
		tables[name(t.Schema.Name, t.Name)] = true
	}
	for rows.Next() {
		var (
			from, on  object
			ns, table string
		)
		if err := rows.Scan(&from.class, &from.oid, &on.class, &on.oid, &ns, &table); err != nil {
			return err
		}
		c, ok := byObject[from]
		if !ok {
			continue
		}
		if other, ok := byObject[on]; ok && other != c {
			depend(c, other.Name)
		} else if table != "" && tables[name(ns, table)] {
			depend(c, name(ns, table))
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, c := range all {
		if c.Table != "" {
			depend(c, c.Table)
		}
		if c.late == "" {
			continue
		}
		for _, w := range strings.FieldsFunc(c.late, func(r rune) bool {
			return !(r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
		}) {
			for _, o := range all {
				if o != c && o.Name == w && o.Kind != "extension" {
					depend(c, w)
				}
			}
			if tables[w] {
				depend(c, w)
			}
		}
	}
	return nil
}

func depend(c *found, on string) {
	if on != c.Name && !slices.Contains(c.DependsOn, on) {
		c.DependsOn = append(c.DependsOn, on)
	}
}

// sqliteCompanions are the views and triggers of a SQLite database.
func sqliteCompanions(ctx context.Context, db *sql.DB, _ *schemagraph.Graph) ([]schemagraph.Companion, error) {
	rows, err := db.QueryContext(ctx, `SELECT type, name, tbl_name, sql FROM sqlite_master
		WHERE type IN ('view', 'trigger') AND sql IS NOT NULL ORDER BY type DESC, name`)
	if err != nil {
		return nil, fmt.Errorf("reading views and triggers: %w", err)
	}
	defer rows.Close()
	var out []schemagraph.Companion
	for rows.Next() {
		var c schemagraph.Companion
		if err := rows.Scan(&c.Kind, &c.Name, &c.Table, &c.Create); err != nil {
			return nil, err
		}
		c.Drop = "DROP " + strings.ToUpper(c.Kind) + " `" + c.Name + "`"
		if c.Kind == "view" {
			c.Table = ""
		} else {
			c.DependsOn = []string{c.Table}
		}
		out = append(out, c)
	}
	return out, rows.Err()
}
