package trace

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/lib/pq"
)

// column is a column that a row needs a value for.
type column struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"` // the base type's name
	Full    string   `json:"full"` // as format_type writes it
	Class   string   `json:"class"`
	Length  int      `json:"length"` // of a varchar(n), char(n) or bit(n), 0 for none
	NotNull bool     `json:"not_null"`
	Default bool     `json:"default"`
	Unique  bool     `json:"unique"`
	Labels  []string `json:"labels"`
}

// shape is what a row of a table must look like.
type shape struct {
	Columns []column `json:"columns"`
	Keys    []struct {
		Table   int64    `json:"table"`
		Columns []string `json:"columns"`
		Refs    []string `json:"refs"`
	} `json:"keys"`
	Checks []string `json:"checks"`
}

const shapeQuery = `SELECT json_build_object(
	'columns', (SELECT coalesce(json_agg(json_build_object('name', a.attname, 'type', b.typname, 'full', format_type(a.atttypid, a.atttypmod),
			'class', CASE WHEN b.typelem <> 0 AND b.typlen = -1 THEN 'A' ELSE b.typtype::text END,
			'length', CASE WHEN a.atttypmod > 0 AND b.typname IN ('varchar', 'bpchar') THEN a.atttypmod - 4 WHEN a.atttypmod > 0 AND b.typname IN ('bit') THEN a.atttypmod ELSE 0 END,
			'not_null', a.attnotnull OR t.typnotnull, 'default', a.atthasdef OR a.attidentity <> '' OR t.typdefault IS NOT NULL,
			'unique', EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND (a.attnum = ANY (i.indkey) OR 0 = ANY (i.indkey))),
			'labels', (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = b.oid)) ORDER BY a.attnum), '[]')
		FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
		WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity <> 'a'),
	'keys', (SELECT coalesce(json_agg(json_build_object('table', f.confrelid::bigint,
			'columns', (SELECT json_agg(a.attname ORDER BY k.o) FROM unnest(f.conkey) WITH ORDINALITY k (n, o) JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.n),
			'refs', (SELECT json_agg(a.attname ORDER BY k.o) FROM unnest(f.confkey) WITH ORDINALITY k (n, o) JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.n))), '[]')
		FROM pg_constraint f WHERE f.contype = 'f' AND f.conrelid = c.oid),
	'checks', (SELECT coalesce(json_agg(d), '[]') FROM (
		SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k WHERE k.contype = 'c' AND k.conrelid = c.oid
		UNION ALL SELECT a.attname || ' ' || pg_get_constraintdef(k.oid) FROM pg_attribute a JOIN pg_constraint k ON k.contypid = a.atttypid WHERE a.attrelid = c.oid
		UNION ALL SELECT pg_get_partition_constraintdef(p.relid) FROM pg_partition_tree(c.oid) p WHERE p.isleaf
		UNION ALL SELECT pg_get_partition_constraintdef(c.oid) WHERE c.relispartition) x (d) WHERE d IS NOT NULL))
	FROM pg_catalog.pg_class c WHERE c.oid = $1::bigint::oid`

// hasRows is whether rows of ours are in any table.
func (r *run) hasRows() bool { return len(r.seeded) > 0 }

// seed puts rows into those of the tables that were there when the run began and have none of ours: on the first
// occasion one without any null and two with the nulls and the repetitions that the schema allows; after the rows had to
// be taken out once, only the former.
func (r *run) seed(ctx context.Context, tables []*relation) error {
	if r.options.NoRows {
		return nil
	}
	var todo []int64
	for _, t := range tables {
		if _, done := r.seeded[t.OID]; t.old && !done && t.Kind != "m" {
			todo = append(todo, t.OID)
		}
	}
	if len(todo) == 0 {
		return nil
	}
	slices.Sort(todo)
	if err := r.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	r.try(ctx, "SET LOCAL search_path = pg_catalog")
	r.try(ctx, "SET LOCAL lock_timeout = 0")
	r.try(ctx, "SET LOCAL row_security = off")
	r.try(ctx, "SET LOCAL session_replication_role = replica") // no triggers; needs a superuser
	for _, oid := range todo {
		if err := r.fill(ctx, oid, 0); err != nil {
			_ = r.exec(context.WithoutCancel(ctx), "ROLLBACK")
			return err
		}
	}
	return r.exec(ctx, "COMMIT")
}

// try runs a text in a savepoint and reports whether it worked.
func (r *run) try(ctx context.Context, text string) bool {
	return r.tryError(ctx, text) == nil
}

func (r *run) tryError(ctx context.Context, text string) error {
	if err := r.exec(ctx, "SAVEPOINT plinth"); err != nil {
		return err
	}
	err := r.exec(ctx, text)
	if err != nil {
		if err := r.exec(ctx, "ROLLBACK TO SAVEPOINT plinth"); err != nil {
			return err
		}
		return err
	}
	return r.exec(ctx, "RELEASE SAVEPOINT plinth")
}

// fill fills one table and, before it, those it refers to.
func (r *run) fill(ctx context.Context, oid int64, depth int) error {
	if _, done := r.seeded[oid]; done || depth > 30 {
		return nil
	}
	t := r.catalog.byOID[oid]
	if t == nil || !t.old {
		return nil
	}
	r.seeded[oid]++
	raw, err := r.query(ctx, shapeQuery, oid)
	if err != nil || raw == nil { // the table was dropped
		return err
	}
	var s shape
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	for _, k := range s.Keys {
		if err := r.fill(ctx, k.Table, depth+1); err != nil {
			return err
		}
	}
	if r.insert(ctx, t, s, 1) && !r.sparse {
		r.insert(ctx, t, s, 2)
		r.insert(ctx, t, s, 3)
	}
	return nil
}

// attempts bounds how often a row is tried.
const attempts = 60

// insert puts row n in: the first is full, the second has every null that may be, the third repeats the first as far as
// it may. When a check refuses one, the constants that checks mention are tried, column by column.
func (r *run) insert(ctx context.Context, own *relation, s shape, n int) bool {
	target := pq.QuoteIdentifier(own.Schema) + "." + pq.QuoteIdentifier(own.Name)
	values := map[string]string{}
	for _, c := range s.Columns {
		switch {
		case c.Default && !c.Unique:
		case n == 2 && !c.NotNull:
			values[c.Name] = "NULL"
		case n > 1 && !c.Unique:
			values[c.Name] = value(c, 1)
		default:
			values[c.Name] = value(c, n)
		}
	}
	for _, k := range s.Keys {
		parent := r.catalog.byOID[k.Table]
		if parent == nil {
			continue
		}
		for i, name := range k.Columns {
			if i >= len(k.Refs) || values[name] == "NULL" || values[name] == "" {
				continue
			}
			if parent == own { // a tree's first row is its own parent
				values[name] = values[k.Refs[i]]
				continue
			}
			values[name] = fmt.Sprintf("(SELECT %s FROM %s.%s ORDER BY 1 OFFSET least(%d, (SELECT count(*) - 1 FROM %[2]s.%[3]s)) LIMIT 1)",
				pq.QuoteIdentifier(k.Refs[i]), pq.QuoteIdentifier(parent.Schema), pq.QuoteIdentifier(parent.Name), n-1)
		}
	}
	failed, err := serverError(r.tryError(ctx, insertText(target, s, values)))
	if failed == nil || err != nil {
		return err == nil
	}
	tries := 0
	for progress := true; progress; {
		progress = false
		for _, c := range s.Columns {
			was := values[c.Name]
			choices := candidates(c, s.Checks)
			if was == "NULL" {
				choices = append([]string{value(c, n)}, choices...)
			}
			for _, candidate := range choices {
				if tries++; tries > attempts {
					return false
				}
				values[c.Name] = candidate
				again, err := serverError(r.tryError(ctx, insertText(target, s, values)))
				if again == nil || err != nil {
					return err == nil
				}
				if again.SQLState == "23514" && again.Constraint != failed.Constraint { // another check's turn
					failed, was, progress = again, candidate, true
					break
				}
			}
			values[c.Name] = was
		}
	}
	return false
}

func insertText(target string, s shape, values map[string]string) string {
	var cols, vals []string
	for _, c := range s.Columns {
		if v := values[c.Name]; v != "" {
			cols, vals = append(cols, pq.QuoteIdentifier(c.Name)), append(vals, v)
		}
	}
	if len(cols) == 0 {
		return "INSERT INTO " + target + " DEFAULT VALUES"
	}
	return "INSERT INTO " + target + " (" + strings.Join(cols, ", ") + ") VALUES (" + strings.Join(vals, ", ") + ")"
}

// literals are the values of row n by the type's name.
var literals = map[string]string{
	"uuid": "00000000-0000-7000-8000-%012d", "int2": "%d", "int4": "%d", "int8": "%d", "oid": "%d", "numeric": "%d", "float4": "%d", "float8": "%d",
	"money": "%d", "text": "a%d", "varchar": "a%d", "bpchar": "a%d", "name": "a%d", "citext": "a%d", "ltree": "a%d", "date": "2020-01-%02d",
	"timestamp": "2020-01-%02d 00:00", "timestamptz": "2020-01-%02d 00:00+00", "time": "00:00:%02d", "timetz": "00:00:%02d+00", "interval": "%d days",
	"bytea": `\x%02x`, "inet": "10.0.0.%d", "cidr": "10.0.0.%d/32", "macaddr": "00:00:00:00:00:%02x", "macaddr8": "00:00:00:00:00:00:00:%02x",
	"point": "(%d,0)", "box": "(%d,0),(0,0)", "circle": "<(0,0),%d>", "line": "{1,%d,0}", "lseg": "(%d,0),(0,0)", "path": "((%d,0),(0,0))",
	"polygon": "((%d,0),(0,0))", "tsvector": "a%d", "tsquery": "a%d", "pg_lsn": "0/%X", "int4range": "[%d,100)", "int8range": "[%d,100)", "numrange": "[%d,100)",
	"json": `{"a":%d}`, "jsonb": `{"a":%d}`, "xml": "<a>%d</a>", "hstore": "a=>%d", "jsonpath": "$.a%d",
	"daterange": "[2020-01-%02d,2021-01-01)", "tsrange": "[2020-01-%02d,2021-01-01)", "tstzrange": "[2020-01-%02d,2021-01-01)",
}

// value is an SQL literal for row n of the column.
func value(c column, n int) string {
	cast := func(s string) string { return pq.QuoteLiteral(s) + "::" + castable(c) }
	switch {
	case c.Class == "A":
		return cast("{}")
	case len(c.Labels) > 0:
		return cast(c.Labels[(n-1)%len(c.Labels)])
	case c.Type == "bool":
		return strconv.FormatBool(n%2 == 1)
	case c.Type == "bit":
		return cast(strings.Repeat("0", max(1, c.Length)))
	case c.Type == "varbit":
		return cast("0")
	}
	text := fmt.Sprintf(cmpOr(literals[c.Type], "%d"), n)
	if c.Length > 0 && len(text) > c.Length {
		text = text[len(text)-c.Length:]
	}
	return cast(text)
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// castable is the type a literal is cast to: the column's own, which need not be on the search path.
func castable(c column) string { return c.Full }

var (
	quoted = regexp.MustCompile(`'((?:[^']|'')*)'`)
	number = regexp.MustCompile(`-?\b\d+(?:\.\d+)?\b`)
)

// candidates are constants that the checks on the column mention, and their neighbours.
func candidates(c column, checks []string) (out []string) {
	add := func(s string) {
		v := pq.QuoteLiteral(s) + "::" + castable(c)
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	for _, check := range checks {
		if !strings.Contains(check, c.Name) {
			continue
		}
		for _, m := range quoted.FindAllStringSubmatch(check, -1) {
			add(strings.ReplaceAll(m[1], "''", "'"))
		}
		switch c.Type {
		case "int2", "int4", "int8", "numeric", "float4", "float8":
			for _, m := range number.FindAllString(check, -1) {
				if f, err := strconv.ParseFloat(m, 64); err == nil {
					for _, d := range []float64{0, 1, -1} {
						add(strconv.FormatFloat(f+d, 'f', -1, 64))
					}
				}
			}
		case "text", "varchar", "bpchar":
			for _, s := range []string{"a", "aaaaaaaa", "A", "1", "12345678", "a@example.com", "https://example.com", "+1234567890", "a-b", ""} {
				if c.Length == 0 || len(s) <= c.Length {
					add(s)
				}
			}
		}
	}
	return out
}

// unseed takes the rows out of every table again.
func (r *run) unseed(ctx context.Context) error {
	var names []string
	for oid := range r.seeded {
		rows, err := r.conn.QueryContext(ctx, fmt.Sprintf("SELECT oid::regclass::text FROM pg_catalog.pg_class WHERE oid = %d AND relkind IN ('r', 'p')", oid))
		if err != nil {
			return err
		}
		var name string
		if rows.Next() {
			err = rows.Scan(&name)
		}
		if closeErr := rows.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return err
		}
		if name != "" {
			names = append(names, name)
		}
	}
	clear(r.seeded)
	r.sparse = true
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	if err := r.exec(ctx, "BEGIN"); err != nil {
		return err
	}
	r.try(ctx, "SET LOCAL session_replication_role = replica")
	r.try(ctx, "TRUNCATE "+strings.Join(names, ", ")+" CASCADE")
	if err := r.exec(ctx, "COMMIT"); err != nil {
		return err
	}
	return r.reload(ctx) // with the file nodes of the emptied tables
}
