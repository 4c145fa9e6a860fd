package lint

import (
	"fmt"
	"strings"
	"time"
)

var s217 = &schemaRule{
	Rule: Rule{
		Code: "S217", Slug: "invalid-object", Severity: Error, Fix: FixNone, Since: "0.1", LiveOnly: true,
		Title: "invalid index, or constraint never validated",
		Rationale: "A failed CREATE INDEX CONCURRENTLY leaves an index that is written but never read. A constraint added NOT VALID and not validated afterwards holds for new rows only, and the planner does not believe it. " +
			"An index that is being built right now, and one on a partitioned table that still waits for its partitions, are not judged.",
		FixText: "REINDEX INDEX CONCURRENTLY {name}; ALTER TABLE {table} VALIDATE CONSTRAINT {name}",
		Source:  "PostgreSQL manual, CREATE INDEX: Building Indexes Concurrently; ALTER TABLE: VALIDATE CONSTRAINT",
	},
	needs: needCatalog | needPostgres,
	check: func(p *pass) {
		for _, i := range p.live.Indexes {
			if i.Valid || i.Building || i.OnParent {
				continue
			}
			p.report(p.onLive(i.Table, i.Name), "REINDEX INDEX CONCURRENTLY "+i.Name+";", "index %s of %s is invalid: it is written, but never read", i.Name, short(i.Table))
		}
		for _, c := range p.live.NotValid {
			p.report(p.onLive(c.Table, c.Name), "ALTER TABLE "+short(c.Table)+" VALIDATE CONSTRAINT "+c.Name+";", "%s %s of %s was never validated", c.Kind, c.Name, short(c.Table))
		}
	},
}

// short is schema.table as findings call it.
func short(full string) string {
	return strings.TrimPrefix(full, "public.")
}

// onLive is the place of an object that only the catalogue knows.
func (p *pass) onLive(full, name string) place {
	at := place{object: short(full)}
	for _, t := range p.tables {
		if t.full == full {
			at.pos = p.onTable(t).pos
		}
	}
	if name != "" {
		at.object += "." + name
	}
	return at
}

var s218 = &schemaRule{
	Rule: Rule{
		Code: "S218", Slug: "live-stats", Severity: Info, Fix: FixNone, Since: "0.1", LiveOnly: true,
		Title: "what the statistics of a database in use say",
		Rationale: "Indexes never read, big tables read from end to end, tables of mostly dead rows, and sequences near their end. The counters speak only when they are old enough, " +
			"and those of a replica are its own: both are taken into account.",
		FixText: "depends on what is found",
		Source:  "PostgreSQL manual, 28.2 The Cumulative Statistics System",
		Options: []Option{
			{Name: "days", Default: "30", Doc: "age of the statistics from which an index without scans counts as unused"},
			{Name: "megabytes", Default: "10", Doc: "size from which unused indexes and scanned tables are reported"},
		},
	},
	needs: needServing | needPostgres,
	check: func(p *pass) {
		unique := make(map[string]bool)
		for _, t := range p.tables {
			for _, i := range t.indexes {
				unique[t.full+"."+i.Name] = i.Unique || i.constraint
			}
		}
		size := int64(p.int("megabytes")) << 20
		if !p.live.Replica && p.live.StatsAge >= time.Duration(p.int("days"))*24*time.Hour {
			for _, i := range p.live.Indexes {
				if i.Scans == 0 && i.Valid && i.Bytes >= size && !unique[i.Table+"."+i.Name] {
					p.report(p.onLive(i.Table, i.Name), "DROP INDEX CONCURRENTLY "+i.Name+";", "%s (%s) was not read once in %d days", i.Name, megabytes(i.Bytes), int(p.live.StatsAge.Hours()/24))
				}
			}
		}
		for _, t := range p.live.Tables {
			if t.SeqScans > 1000 && t.Bytes >= size && t.SeqScans > 2*t.IdxScans {
				p.report(p.onLive(t.Name, ""), "see which query scans it: pg_stat_statements, EXPLAIN", "%s (%s) was read from end to end %d times, and through an index %d times", short(t.Name), megabytes(t.Bytes), t.SeqScans, t.IdxScans)
			}
			if t.Dead > 10000 && t.Dead > t.Rows/2 && t.Bytes >= size {
				p.report(p.onLive(t.Name, ""), "VACUUM (ANALYZE) "+short(t.Name)+"; and look at autovacuum's settings", "%s has %d dead rows beside %d live ones", short(t.Name), t.Dead, t.Rows)
			}
		}
		for _, s := range p.live.Sequences {
			if s.Max > 0 && s.Last > s.Max/2 {
				f := p.report(p.onLive(s.Table, s.Column), "ALTER TABLE "+short(s.Table)+" ALTER COLUMN "+s.Column+" TYPE bigint;", "sequence %s has used %d %% of its values", s.Name, s.Last/(s.Max/100))
				if s.Last/(s.Max/100) >= 80 {
					f.Severity = Error
				}
			}
		}
	},
}

func megabytes(n int64) string { return fmt.Sprintf("%d MB", n>>20) }
