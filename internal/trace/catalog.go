package trace

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// relation is a row of pg_class.
type relation struct {
	OID       int64  `json:"oid"`
	Schema    string `json:"schema"`
	Name      string `json:"name"`
	Kind      string `json:"kind"` // relkind
	Node      int64  `json:"node"` // relfilenode
	Partition bool   `json:"partition"`
	Table     int64  `json:"table"`  // of an index
	Valid     bool   `json:"valid"`  // of an index
	Parent    int64  `json:"parent"` // of a partition or an inheriting table

	old  bool // it was there when the run began
	gone bool // it was dropped
}

// catalog is what is known of the database's relations, by object id. A dropped relation stays in it: its locks
// outlive its row in pg_class.
type catalog struct {
	byOID    map[int64]*relation
	names    map[string][]int64 // relations that have or had the name
	children map[int64][]int64  // partitions and inheriting tables, also those that are none any more
	ready    bool
}

func newCatalog() catalog {
	return catalog{byOID: map[int64]*relation{}, names: map[string][]int64{}, children: map[int64][]int64{}}
}

const relationColumns = `json_build_object('oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
	'node', c.relfilenode::bigint, 'partition', c.relispartition, 'table', coalesce(i.indrelid::bigint, 0), 'valid', coalesce(i.indisvalid, true),
	'parent', coalesce((SELECT h.inhparent::bigint FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid AND h.inhseqno = 1), 0))`

const relationSource = `pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
	WHERE c.oid >= 16384 AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'`

// load reads the whole catalogue.
func (c *catalog) load(ctx context.Context, conn *sql.Conn) ([]*relation, error) {
	var raw []byte
	if err := conn.QueryRowContext(ctx, "SELECT coalesce(json_agg("+relationColumns+"), '[]') FROM "+relationSource).Scan(&raw); err != nil {
		return nil, fmt.Errorf("reading the catalogue: %w", err)
	}
	var all []*relation
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, fmt.Errorf("reading the catalogue: %w", err)
	}
	return all, nil
}

// reload reads the whole catalogue again.
func (r *run) reload(ctx context.Context) error {
	all, err := r.catalog.load(ctx, r.conn)
	if err == nil {
		r.catalog.merge(all)
	}
	return err
}

// merge takes over what a query found and returns copies of the rows as they were before, by object id; new relations
// are missing there.
func (c *catalog) merge(found []*relation) (before map[int64]relation) {
	before = map[int64]relation{}
	for _, r := range found {
		was, ok := c.byOID[r.OID]
		if ok {
			before[r.OID] = *was
			r.old = was.old
		} else {
			r.old = !c.ready
		}
		c.byOID[r.OID] = r
		if !ok || was.Name != r.Name {
			c.names[r.Name] = append(c.names[r.Name], r.OID)
		}
		if r.Parent != 0 && (!ok || was.Parent != r.Parent) {
			c.children[r.Parent] = append(c.children[r.Parent], r.OID)
		}
	}
	c.ready = true
	return before
}

// kinds names the values of relkind.
var kinds = map[string]string{
	"r": "table", "p": "partitioned table", "i": "index", "I": "partitioned index", "v": "view", "m": "materialized view",
	"S": "sequence", "f": "foreign table", "c": "type",
}

func (c *catalog) object(r *relation) Object {
	o := Object{Schema: r.Schema, Name: r.Name, Kind: kinds[r.Kind], New: !r.old}
	if t, ok := c.byOID[r.Table]; ok {
		o.Table = Object{Schema: t.Schema, Name: t.Name}.String()
	}
	return o
}

// word is an identifier, bare or quoted.
var word = regexp.MustCompile(`"(?:[^"]|"")+"|[\pL_][\pL\pN_$]*`)

// named returns the tables and materialized views whose own name, or an index's name, occurs in the texts, and
// their partitions.
func (c *catalog) named(texts ...string) []*relation {
	words := map[string]bool{}
	for _, t := range texts {
		for _, w := range word.FindAllString(t, -1) {
			if w[0] == '"' {
				words[strings.ReplaceAll(w[1:len(w)-1], `""`, `"`)] = true
			} else {
				words[strings.ToLower(w)] = true
			}
		}
	}
	seen := map[int64]bool{}
	var out []*relation
	var add func(oid int64)
	add = func(oid int64) {
		t := c.byOID[oid]
		if t == nil || seen[oid] || t.Kind != "r" && t.Kind != "p" && t.Kind != "m" {
			return
		}
		seen[oid] = true
		out = append(out, t)
		for _, child := range c.children[oid] {
			add(child)
		}
	}
	for w := range words {
		for _, oid := range c.names[w] {
			if r := c.byOID[oid]; r.Name != w {
				continue
			} else if r.Table != 0 {
				add(r.Table)
			} else {
				add(oid)
			}
		}
	}
	return out
}

// tables returns every table.
func (c *catalog) tables() (out []*relation) {
	for _, r := range c.byOID {
		if r.Kind == "r" || r.Kind == "p" {
			out = append(out, r)
		}
	}
	return out
}

// byName finds a relation by its bare name, preferably among those given.
func (c *catalog) byName(name string, among map[int64]Mode) *relation {
	var found *relation
	for _, oid := range c.names[name] {
		r := c.byOID[oid]
		if r.Name != name {
			continue
		}
		if _, ok := among[r.OID]; ok {
			return r
		}
		if found == nil || r.OID > found.OID {
			found = r
		}
	}
	return found
}
