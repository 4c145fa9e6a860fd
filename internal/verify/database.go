package verify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"

	"github.com/plinth-go/plinth/internal/inspect"
	"github.com/plinth-go/plinth/internal/migration"
	"github.com/plinth-go/plinth/internal/plan"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// up applies all migrations to an empty database.
func (r *run) up(ctx context.Context) (result, error) {
	planned := ""
	var err error
	if r.Dir == nil {
		if r.Dir, err = r.plan(); err != nil {
			return result{}, err
		}
		planned = ", planned from the schema: the project has no migrations"
	}
	if err := r.Dir.Validate(); err != nil {
		return result{}, setupf("checking %s: %w; after a wanted edit run `plinth migrate hash`", r.Dir.Path(), err)
	}
	if r.db, err = r.database(ctx); err != nil {
		return result{}, err
	}
	r.target = &migration.Target{DB: r.db, Dialect: r.Dialect}
	rep, err := r.target.Apply(ctx, r.Dir, migration.ApplyOptions{Operator: "plinth verify"})
	if err != nil {
		return result{}, applyError(err)
	}
	stmts := 0
	for _, f := range rep.Applied {
		stmts += len(f.Applied)
	}
	if r.before, err = r.inspect(ctx); err != nil {
		return result{}, err
	}
	return result{detail: fmt.Sprintf("%d files, %d statements%s", len(rep.Applied), stmts, planned)}, nil
}

// plan writes the first migration of a project without any into a temporary directory.
func (r *run) plan() (*migration.Dir, error) {
	p, err := plan.Diff(nil, r.graph, plan.Options{})
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "plinth-verify-")
	if err != nil {
		return nil, &setupError{err}
	}
	r.close = append(r.close, func() error { return os.RemoveAll(tmp) })
	dir, err := migration.Open(tmp, migration.FormatGolangMigrate, true)
	if err != nil {
		return nil, err
	}
	_, err = migration.Write(dir, migration.FromPlan(p, "initial"), nil)
	return dir, err
}

// applyError gives the place of a statement that failed.
func applyError(err error) error {
	var stmt *migration.StmtExecError
	if errors.As(err, &stmt) {
		return fmt.Errorf("%w", stmt)
	}
	return err
}

// tables compares the database with the schema: nothing missing, nothing else, nothing different.
func (r *run) tables(ctx context.Context) (result, error) {
	var res result
	for _, e := range r.graph.Entities {
		if _, ok := r.before.Table(e.Table); !ok {
			res.problem("table %s of %s is not there after all migrations; plan it with `plinth migrate diff`", e.Table, e.Name)
		}
	}
	scratch, err := r.database(ctx)
	if err != nil {
		return res, err
	}
	want, err := inspect.Normalize(ctx, scratch, r.graph)
	if err != nil {
		return res, err
	}
	diffs := slices.DeleteFunc(inspect.Compare(want, r.before), func(d inspect.Difference) bool {
		return d.Companion && d.Want == "" // made by hand in a migration: the Ent schema cannot speak of it
	})
	for _, d := range diffs {
		res.problem("%s", d)
	}
	if len(diffs) > 0 {
		res.problem("the migrations do not give the schema; plan the difference with `plinth migrate diff NAME`")
	}
	res.detail = fmt.Sprintf("%d tables, exactly the schema: no drift", len(want.Tables()))
	return res, nil
}

// unindexedKeys asks PostgreSQL's catalogue for foreign keys that no full, valid B-tree has as its leading columns,
// in any order.
const unindexedKeys = `
SELECT c.conname, c.conrelid::regclass::text,
       (SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY k(attnum, n)
          JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum),
       EXISTS (SELECT FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_am am ON am.oid = ic.relam
                WHERE i.indrelid = c.conrelid AND i.indisvalid AND i.indpred IS NULL AND am.amname = 'btree'
                  AND (SELECT array_agg(x ORDER BY x) FROM unnest((i.indkey::int2[])[0:cardinality(c.conkey) - 1]) x)
                    = (SELECT array_agg(x ORDER BY x) FROM unnest(c.conkey) x))
  FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
 WHERE c.contype = 'f' AND c.conparentid = 0 AND n.nspname NOT IN ('pg_catalog', 'information_schema')
 ORDER BY 2, 1`

// keys asks the live catalogue whether every foreign key has an index, and the schema whether every ON DELETE is
// stated.
func (r *run) keys(ctx context.Context) (result, error) {
	var res result
	total, indexed, err := r.indexedKeys(ctx, &res)
	if err != nil {
		return res, err
	}
	edges, stated := 0, 0
	for _, e := range r.graph.Entities {
		for _, ed := range e.Edges {
			if ed.Inverse || ed.Rel == "M2M" {
				continue // an edge is counted where it is written; a join table's keys are always CASCADE
			}
			edges++
			if ed.OnDelete != "" {
				stated++
				continue
			}
			res.problem("%s: edge %q of %s says nothing about ON DELETE; add entsql.OnDelete(…) to its annotations", ed.Pos, ed.Name, e.Name)
		}
	}
	res.detail = fmt.Sprintf("%d of %d indexed, %d of %d edges state ON DELETE", indexed, total, stated, edges)
	return res, nil
}

func (r *run) indexedKeys(ctx context.Context, res *result) (total, indexed int, err error) {
	if r.Dialect == schemagraph.SQLite {
		for _, t := range r.before.Tables() {
			for _, fk := range t.ForeignKeys {
				total++
				if led(t, fk) {
					indexed++
					continue
				}
				res.problem("foreign key %s of %s has no index on (%s)", fk.Symbol, t.Name, columnNames(fk.Columns))
			}
		}
		return total, indexed, nil
	}
	rows, err := r.db.QueryContext(ctx, unindexedKeys)
	if err != nil {
		return 0, 0, fmt.Errorf("asking for foreign keys: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, table, columns string
		var ok bool
		if err := rows.Scan(&name, &table, &columns, &ok); err != nil {
			return 0, 0, err
		}
		total++
		if ok {
			indexed++
			continue
		}
		res.problem("foreign key %s of %s has no index on (%s): each delete of a referenced row reads the whole table", name, table, columns)
	}
	return total, indexed, rows.Err()
}

// led says whether a key or full index of the table begins with the foreign key's columns, in any order.
func led(t *schema.Table, fk *schema.ForeignKey) bool {
	indexes := t.Indexes
	if t.PrimaryKey != nil {
		indexes = append(slices.Clone(indexes), t.PrimaryKey)
	}
	return slices.ContainsFunc(indexes, func(i *schema.Index) bool {
		if len(i.Parts) < len(fk.Columns) || slices.ContainsFunc(i.Attrs, func(a schema.Attr) bool {
			_, partial := a.(*postgres.IndexPredicate)
			return partial
		}) {
			return false
		}
		for _, p := range i.Parts[:len(fk.Columns)] {
			if p.C == nil || !slices.ContainsFunc(fk.Columns, func(c *schema.Column) bool { return c.Name == p.C.Name }) {
				return false
			}
		}
		return true
	})
}

func columnNames(cols []*schema.Column) string {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// down goes down to nothing, looks that nothing is left, and comes up to the same schema.
func (r *run) down(ctx context.Context) (result, error) {
	var res result
	downPlan, err := r.target.PlanDown(ctx, r.Dir, migration.DownOptions{To: "0"})
	if err != nil {
		return res, err
	}
	if _, err := r.target.Down(ctx, r.Dir, migration.DownOptions{To: "0", Consent: downPlan.Hash, Operator: "plinth verify"}); err != nil {
		return res, fmt.Errorf("going down: %w", applyError(err))
	}
	empty, err := r.inspect(ctx)
	if err != nil {
		return res, err
	}
	for _, t := range empty.Tables() {
		res.problem("table %s is still there after going down", t.Name)
	}
	for _, c := range empty.Companions {
		res.problem("%s %s is still there after going down", c.Kind, c.Name)
	}
	if _, err := r.target.Apply(ctx, r.Dir, migration.ApplyOptions{Operator: "plinth verify"}); err != nil {
		return res, fmt.Errorf("coming up again: %w", applyError(err))
	}
	after, err := r.inspect(ctx)
	if err != nil {
		return res, err
	}
	for _, d := range inspect.Compare(r.before, after) {
		res.problem("after down and up again, %s", d)
	}
	res.detail = "empty in between, same schema after"
	return res, nil
}
