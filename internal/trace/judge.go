package trace

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/lib/pq"
)

// facts is what was seen of one statement.
type facts struct {
	locks   map[int64]Mode // by relation
	changed []*relation    // rows of pg_class as they are now
	scanned map[int64]bool // sequential scans began on them
	notices []string       // the server's messages of level debug1 and above
}

// The server's messages, which are not translated on a private server.
var (
	sayRewriting  = regexp.MustCompile(`^rewriting table "(.+)"$`)
	sayVerifying  = regexp.MustCompile(`^verifying table "(.+)"$`)
	sayForeignKey = regexp.MustCompile(`^validating foreign key constraint "(.+)"$`)
	sayBuilding   = regexp.MustCompile(`^building index "(.+)" on table "(.+)" (?:serially|with request for .*)$`)
	sayImplied    = regexp.MustCompile(`(?:are sufficient to prove|is implied by existing constraints)`)
)

// judge turns facts into the statement's report and brings the catalogue up to date.
func (r *run) judge(ctx context.Context, s *Statement, f facts) error {
	before := r.catalog.merge(f.changed)
	existed := func(oid int64) *relation {
		rel := r.catalog.byOID[oid]
		if rel == nil {
			return nil
		}
		if _, known := before[oid]; known {
			return rel
		}
		for _, c := range f.changed {
			if c.OID == oid {
				return nil // made by this statement
			}
		}
		return rel
	}
	was := func(rel *relation) Object { // named as before the statement
		if b, ok := before[rel.OID]; ok {
			rel = &b
		}
		return r.catalog.object(rel)
	}
	for oid, mode := range f.locks {
		if rel := r.catalog.byOID[oid]; rel != nil && !slices.ContainsFunc(f.changed, func(c *relation) bool { return c.OID == oid }) {
			rel.gone = true
		}
		if rel := existed(oid); rel != nil && mode.Level() >= RowShare.Level() {
			s.Locks = append(s.Locks, Lock{Object: was(rel), Mode: mode})
		}
	}
	sortLocks(s.Locks)
	for _, c := range f.changed {
		if _, known := before[c.OID]; !known && kinds[c.Kind] != "" {
			s.Created = append(s.Created, r.catalog.object(c))
		}
	}

	rewritten, scanned, built := map[int64]bool{}, map[int64]bool{}, map[int64]bool{}
	var indexes []int64
	emptied := empties(s.Text)
	for _, c := range f.changed {
		b, known := before[c.OID]
		if known && (c.Kind == "r" || c.Kind == "m") && b.Node != c.Node && c.Node != 0 && !emptied {
			rewritten[c.OID] = true
		}
	}
	for _, n := range f.notices {
		switch {
		case sayRewriting.MatchString(n):
			if rel := r.existing(n, sayRewriting, f.locks, existed); rel != nil {
				rewritten[rel.OID] = true
			}
		case sayVerifying.MatchString(n):
			if rel := r.existing(n, sayVerifying, f.locks, existed); rel != nil {
				scanned[rel.OID] = true
			}
		case sayForeignKey.MatchString(n):
			tables, err := r.foreignKey(ctx, sayForeignKey.FindStringSubmatch(n)[1])
			if err != nil {
				return err
			}
			for _, oid := range tables {
				if _, locked := f.locks[oid]; locked && existed(oid) != nil {
					scanned[oid] = true
				}
			}
		case sayBuilding.MatchString(n):
			m := sayBuilding.FindStringSubmatch(n)
			table := r.catalog.byName(m[2], f.locks)
			if table == nil || existed(table.OID) == nil || verb(s.Text, 1) == "TRUNCATE" {
				continue // a new table, or a toast table
			}
			built[table.OID] = true
			name := m[1]
			if verb(s.Text, 1) == "REINDEX" {
				name = strings.TrimSuffix(name, "_ccnew") // takes the place of the old index in the end
			}
			index := Object{Schema: table.Schema, Name: name, Kind: "index", Table: Object{Schema: table.Schema, Name: table.Name}.String(), New: true}
			if rel := r.catalog.byName(name, f.locks); rel != nil && rel.Table == table.OID {
				index = r.catalog.object(rel)
				indexes = append(indexes, rel.OID)
			}
			s.Builds = append(s.Builds, Build{Index: index, Table: was(table)})
		case sayImplied.MatchString(n):
			s.Remarks = append(s.Remarks, n)
		}
	}
	if schemaChange(s.Text) {
		for oid, yes := range f.scanned {
			if yes && existed(oid) != nil && !built[oid] {
				scanned[oid] = true
			}
		}
	}
	parentBefore := func(oid int64) int64 {
		if b, ok := before[oid]; ok {
			return b.Parent
		}
		return r.catalog.byOID[oid].Parent
	}
	r.whole(rewritten, f.locks, parentBefore)
	r.whole(scanned, f.locks, parentBefore)
	r.whole(built, f.locks, parentBefore)
	for i := 0; i < len(indexes); i++ { // the partitioned indexes that the built ones belong to
		p := r.catalog.byOID[r.catalog.byOID[indexes[i]].Parent]
		if p != nil && built[p.Table] && !slices.Contains(indexes, p.OID) {
			indexes = append(indexes, p.OID)
			s.Builds = append(s.Builds, Build{Index: r.catalog.object(p), Table: was(r.catalog.byOID[p.Table])})
		}
	}
	for oid := range rewritten {
		s.Rewrites = append(s.Rewrites, was(r.catalog.byOID[oid]))
	}
	for oid := range scanned {
		if !rewritten[oid] {
			s.Scans = append(s.Scans, was(r.catalog.byOID[oid]))
		}
	}
	slices.SortFunc(s.Rewrites, compareObjects)
	slices.SortFunc(s.Scans, compareObjects)
	slices.SortFunc(s.Created, compareObjects)
	slices.SortFunc(s.Builds, func(a, b Build) int { return strings.Compare(a.Index.String(), b.Index.String()) })
	return nil
}

// whole adds the partitioned tables of which every partition is in the set, from the bottom up, and returns them. A table
// that the statement did not lock had no part in it.
func (r *run) whole(set map[int64]bool, locks map[int64]Mode, parent func(int64) int64) (added []int64) {
	for more := true; more; {
		more = false
		for oid := range set {
			p := parent(oid)
			if t := r.catalog.byOID[p]; t == nil || t.Kind != "p" || set[p] || locks[p] == "" {
				continue
			}
			all := !slices.ContainsFunc(r.catalog.children[p], func(c int64) bool { return parent(c) == p && !set[c] && !r.catalog.byOID[c].gone })
			if all {
				set[p], more = true, true
				added = append(added, p)
			}
		}
	}
	slices.Sort(added)
	return added
}

// existing finds the relation a message is about, if it was there before the statement.
func (r *run) existing(message string, re *regexp.Regexp, locks map[int64]Mode, existed func(int64) *relation) *relation {
	rel := r.catalog.byName(re.FindStringSubmatch(message)[1], locks)
	if rel == nil {
		return nil
	}
	return existed(rel.OID)
}

// foreignKey returns the tables of the foreign keys of that name: referencing and referenced.
func (r *run) foreignKey(ctx context.Context, name string) ([]int64, error) {
	var raw []byte
	err := r.conn.QueryRowContext(ctx, `SELECT coalesce(json_agg(t), '[]') FROM pg_catalog.pg_constraint,
		LATERAL (VALUES (conrelid::bigint), (confrelid::bigint)) v (t) WHERE contype = 'f' AND conname = `+pq.QuoteLiteral(name)).Scan(&raw)
	if err != nil {
		return nil, err
	}
	var out []int64
	return out, json.Unmarshal(raw, &out)
}
