// Package live reads what design rules need of a PostgreSQL catalogue beyond tables, columns, indexes and constraints:
// validity, row-level security, inheritance, domains, functions and statistics. In: a connection. Out: a lint.Live. It
// only reads, inside one read-only transaction.
package live

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/plinth-go/plinth/internal/lint"
)

// Options choose what is read.
type Options struct {
	// Serving says that the database is in use: its statistics are read as well.
	Serving bool
	// Schemas limit what is read; empty means all that users made.
	Schemas []string
}

// mine limits a query to the schemas of users: those given as a JSON array in $1, or all. Objects of extensions are
// never the user's.
const mine = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND ($1 = '[]' OR $1::jsonb ? n.nspname)`

// Read reads the catalogue of a PostgreSQL database.
func Read(ctx context.Context, db *sql.DB, o Options) (*lint.Live, error) {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return nil, fmt.Errorf("reading the catalogue: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	l := &lint.Live{Serving: o.Serving}
	r := reader{ctx: ctx, tx: tx}
	if o.Schemas == nil {
		o.Schemas = []string{}
	}
	names, err := json.Marshal(o.Schemas)
	if err != nil {
		return nil, fmt.Errorf("reading the catalogue: %w", err)
	}
	r.schemas = string(names)
	// Types are written with their schema, whatever the session's search_path.
	if _, err := tx.ExecContext(ctx, "SET LOCAL search_path = ''"); err != nil {
		return nil, fmt.Errorf("reading the catalogue: %w", err)
	}
	var num, reset int64
	if err := tx.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int, pg_is_in_recovery(),
		coalesce(extract(epoch FROM now() - (SELECT stats_reset FROM pg_stat_database WHERE datname = current_database())), 0)::bigint`).Scan(&num, &l.Replica, &reset); err != nil {
		return nil, fmt.Errorf("reading the server's version: %w", err)
	}
	l.Major, l.StatsAge = int(num/10000), time.Duration(reset)*time.Second
	for _, read := range []func(*reader, *lint.Live){
		foreignKeys, indexes, notValid, inherits, domains, security, policies, functions, views, sequences, tables,
	} {
		if read(&r, l); r.err != nil {
			return nil, fmt.Errorf("reading the catalogue: %w", r.err)
		}
	}
	return l, nil
}

// reader runs queries until the first error.
type reader struct {
	ctx     context.Context
	tx      *sql.Tx
	schemas string
	err     error
}

// each runs a query and scans each row into the pointers that row returns, then calls it.
func (r *reader) each(query string, into []any, row func() error) {
	if r.err != nil {
		return
	}
	rows, err := r.tx.QueryContext(r.ctx, query, r.schemas)
	if err != nil {
		r.err = err
		return
	}
	defer rows.Close()
	for rows.Next() {
		if r.err = rows.Scan(into...); r.err != nil {
			return
		}
		if r.err = row(); r.err != nil {
			return
		}
	}
	r.err = rows.Err()
}

// list is a text array, read as JSON so that any driver can.
type list []string

// Scan implements sql.Scanner.
func (l *list) Scan(v any) error {
	*l = nil
	switch v := v.(type) {
	case nil:
		return nil
	case []byte:
		return json.Unmarshal(v, (*[]string)(l))
	case string:
		return json.Unmarshal([]byte(v), (*[]string)(l))
	}
	return fmt.Errorf("unexpected %T for a list", v)
}

func foreignKeys(r *reader, l *lint.Live) {
	var f lint.LiveForeignKey
	var cols, key list
	setNull := "NULL::text"
	if l.Major >= 15 {
		setNull = `(SELECT jsonb_agg(a.attname) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.confdelsetcols))::text`
	}
	r.each(`SELECT n.nspname || '.' || t.relname, c.conname, c.condeferrable, c.confmatchtype = 'f', c.conparentid <> 0, `+setNull+`,
			(SELECT jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey))::text,
			CASE WHEN t.relispartition THEN coalesce((SELECT pn.nspname || '.' || pt.relname FROM pg_catalog.pg_class pt JOIN pg_catalog.pg_namespace pn ON pn.oid = pt.relnamespace
				WHERE pt.oid = pg_catalog.pg_partition_root(t.oid)), '') ELSE '' END
		FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_class t ON t.oid = c.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
		WHERE c.contype = 'f' AND `+mine+` ORDER BY 1, 2`,
		[]any{&f.Table, &f.Name, &f.Deferrable, &f.MatchFull, &f.Inherited, &cols, &key, &f.Parent}, func() error {
			f.SetNullColumns, f.Columns = slices.Clone(cols), slices.Clone(key)
			l.ForeignKeys = append(l.ForeignKeys, f)
			return nil
		})
}

func indexes(r *reader, l *lint.Live) {
	var i lint.LiveIndex
	var cols list
	building := "false"
	if l.Major >= 12 {
		building = "EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index g WHERE g.index_relid = x.indexrelid)"
	}
	r.each(`SELECT n.nspname || '.' || t.relname, i.relname, x.indisvalid AND x.indisready, `+building+`, i.relkind = 'I',
			(SELECT jsonb_agg(CASE WHEN k.c <> 0 AND k.c IS DISTINCT FROM a.attcollation THEN co.collname ELSE '' END ORDER BY k.n)
				FROM unnest(x.indcollation::oid[]) WITH ORDINALITY k(c, n)
				LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[k.n - 1] AND a.attnum > 0
				LEFT JOIN pg_catalog.pg_collation co ON co.oid = k.c)::text,
			coalesce(pg_catalog.pg_stat_get_numscans(i.oid), 0), CASE WHEN i.relkind = 'I' THEN 0 ELSE pg_catalog.pg_relation_size(i.oid) END
		FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid JOIN pg_catalog.pg_class t ON t.oid = x.indrelid
			JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
		WHERE t.relkind IN ('r', 'p', 'm') AND `+mine+` ORDER BY 1, 2`,
		[]any{&i.Table, &i.Name, &i.Valid, &i.Building, &i.OnParent, &cols, &i.Scans, &i.Bytes}, func() error {
			i.Collations = slices.Clone(cols)
			l.Indexes = append(l.Indexes, i)
			return nil
		})
}

func notValid(r *reader, l *lint.Live) {
	var c lint.LiveConstraint
	r.each(`SELECT n.nspname || '.' || t.relname, c.conname, CASE c.contype WHEN 'f' THEN 'foreign key' WHEN 'c' THEN 'check' ELSE 'constraint' END
		FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_class t ON t.oid = c.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
		WHERE NOT c.convalidated AND `+mine+` ORDER BY 1, 2`,
		[]any{&c.Table, &c.Name, &c.Kind}, func() error { l.NotValid = append(l.NotValid, c); return nil })
}

func inherits(r *reader, l *lint.Live) {
	var i lint.LiveInheritance
	r.each(`SELECT n.nspname || '.' || t.relname, pn.nspname || '.' || p.relname
		FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class t ON t.oid = h.inhrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
			JOIN pg_catalog.pg_class p ON p.oid = h.inhparent JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
		WHERE NOT t.relispartition AND t.relkind IN ('r', 'f') AND `+mine+` ORDER BY 1, 2`,
		[]any{&i.Child, &i.Parent}, func() error { l.Inherits = append(l.Inherits, i); return nil })
}

func domains(r *reader, l *lint.Live) {
	var d lint.LiveDomain
	var checks list
	// A domain over a domain is resolved to the last base; its checks are all that stand on the way.
	r.each(`WITH RECURSIVE d AS (
			SELECT t.oid AS top, t.oid AS at, t.typbasetype AS base, t.typtypmod AS mod FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
			WHERE t.typtype = 'd' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND $1::jsonb IS NOT NULL
			UNION ALL SELECT d.top, t.oid, t.typbasetype, t.typtypmod FROM d JOIN pg_catalog.pg_type t ON t.oid = d.base AND t.typtype = 'd')
		SELECT pg_catalog.format_type(d.top, NULL), (SELECT pg_catalog.format_type(b.base, b.mod) FROM d b JOIN pg_catalog.pg_type t ON t.oid = b.base
				WHERE b.top = d.top AND t.typtype <> 'd' LIMIT 1),
			(SELECT jsonb_agg(pg_catalog.pg_get_constraintdef(c.oid)) FROM pg_catalog.pg_constraint c WHERE c.contype = 'c' AND c.contypid IN (SELECT o.at FROM d o WHERE o.top = d.top))::text
		FROM d WHERE d.top = d.at ORDER BY 1`,
		[]any{&d.Name, &d.Base, &checks}, func() error {
			d.Checks = slices.Clone(checks)
			l.Domains = append(l.Domains, d)
			return nil
		})
}

func security(r *reader, l *lint.Live) {
	var s lint.LiveSecurity
	r.each(`SELECT n.nspname || '.' || t.relname, t.relrowsecurity, t.relforcerowsecurity
		FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
		WHERE t.relkind IN ('r', 'p') AND (t.relrowsecurity OR t.relforcerowsecurity) AND `+mine+` ORDER BY 1`,
		[]any{&s.Table, &s.Enabled, &s.Forced}, func() error { l.Security = append(l.Security, s); return nil })
}

func policies(r *reader, l *lint.Live) {
	var p lint.LivePolicy
	r.each(`SELECT n.nspname || '.' || t.relname, o.polname, o.polcmd::text, o.polpermissive,
			coalesce(pg_catalog.pg_get_expr(o.polqual, o.polrelid), ''), coalesce(pg_catalog.pg_get_expr(o.polwithcheck, o.polrelid), '')
		FROM pg_catalog.pg_policy o JOIN pg_catalog.pg_class t ON t.oid = o.polrelid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
		WHERE `+mine+` ORDER BY 1, 2`,
		[]any{&p.Table, &p.Name, &p.Command, &p.Permissive, &p.Using, &p.Check}, func() error { l.Policies = append(l.Policies, p); return nil })
}

func functions(r *reader, l *lint.Live) {
	var f lint.LiveFunction
	r.each(`SELECT n.nspname || '.' || p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', p.proname, p.prosecdef,
			EXISTS (SELECT FROM unnest(p.proconfig) c WHERE c LIKE 'search\_path=%'), p.provolatile = 'v', pg_catalog.obj_description(p.oid, 'pg_proc') IS NOT NULL
		FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
		WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
			AND `+mine+` ORDER BY 1`,
		[]any{&f.Name, &f.Plain, &f.Definer, &f.SearchPath, &f.Volatile, &f.Comment}, func() error { l.Functions = append(l.Functions, f); return nil })
}

func views(r *reader, l *lint.Live) {
	var v lint.LiveView
	var reads list
	r.each(`SELECT n.nspname || '.' || v.relname, coalesce('security_invoker=true' = ANY (v.reloptions) OR 'security_invoker=on' = ANY (v.reloptions) OR 'security_invoker=1' = ANY (v.reloptions), false),
			(SELECT jsonb_agg(DISTINCT tn.nspname || '.' || t.relname) FROM pg_catalog.pg_rewrite w
				JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass
				JOIN pg_catalog.pg_class t ON t.oid = d.refobjid AND t.oid <> v.oid JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
				WHERE w.ev_class = v.oid)::text
		FROM pg_catalog.pg_class v JOIN pg_catalog.pg_namespace n ON n.oid = v.relnamespace
		WHERE v.relkind = 'v' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = v.oid AND d.deptype = 'e')
			AND `+mine+` ORDER BY 1`,
		[]any{&v.Name, &v.Invoker, &reads}, func() error {
			v.Reads = slices.Clone(reads)
			l.Views = append(l.Views, v)
			return nil
		})
}

func sequences(r *reader, l *lint.Live) {
	var s lint.LiveSequence
	// The column may end before the sequence does.
	r.each(`SELECT n.nspname || '.' || q.relname, tn.nspname || '.' || t.relname, a.attname, coalesce(CASE WHEN q.relkind = 'S' AND pg_catalog.has_table_privilege(q.oid, 'SELECT') THEN pg_catalog.pg_sequence_last_value(q.oid) END, 0),
			least(s.seqmax, CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 ELSE s.seqmax END)
		FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class q ON q.oid = s.seqrelid JOIN pg_catalog.pg_namespace n ON n.oid = q.relnamespace
			JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = q.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
			JOIN pg_catalog.pg_class t ON t.oid = d.refobjid JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
			JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
		WHERE q.relkind = 'S' AND `+mine+` ORDER BY 1`,
		[]any{&s.Name, &s.Table, &s.Column, &s.Last, &s.Max}, func() error { l.Sequences = append(l.Sequences, s); return nil })
}

func tables(r *reader, l *lint.Live) {
	if !l.Serving {
		return
	}
	var t lint.LiveTable
	r.each(`SELECT n.nspname || '.' || t.relname, greatest(t.reltuples, 0)::bigint, coalesce(s.n_dead_tup, 0), coalesce(s.seq_scan, 0), coalesce(s.idx_scan, 0),
			coalesce(s.seq_tup_read, 0), pg_catalog.pg_relation_size(t.oid)
		FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = t.oid
		WHERE t.relkind = 'r' AND `+mine+` ORDER BY 1`,
		[]any{&t.Name, &t.Rows, &t.Dead, &t.SeqScans, &t.IdxScans, &t.SeqRows, &t.Bytes}, func() error { l.Tables = append(l.Tables, t); return nil })
}
