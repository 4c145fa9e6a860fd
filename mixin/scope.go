package mixin

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/sqlgraph"

	"github.com/plinth-go/plinth/store"
)

// What follows in this file is called by the code that the extension generates.

// Scope names the columns of an entity that restrict which of its rows are seen; empty where it has none.
type Scope struct {
	Deleted string
	Tenant  string
}

// where gives the predicates under a context; c qualifies a column.
func (sc Scope) where(ctx context.Context, c func(string) string) ([]*sql.Predicate, error) {
	var ps []*sql.Predicate
	if sc.Deleted != "" && !DeletedIncluded(ctx) {
		ps = append(ps, sql.IsNull(c(sc.Deleted)))
	}
	if sc.Tenant != "" {
		switch id, all, err := TenantScope(ctx); {
		case err != nil:
			return append(ps, sql.False()), err
		case !all:
			ps = append(ps, sql.EQ(c(sc.Tenant), id))
		}
	}
	return ps, nil
}

// HasNeighbors is sqlgraph.HasNeighborsWith for an edge whose far side has a scope: rows out of scope do not count as
// neighbours. Errors of the scope and of the predicates end up in s.
func HasNeighbors(s *sql.Selector, step *sqlgraph.Step, sc Scope, preds ...func(*sql.Selector)) {
	sqlgraph.HasNeighborsWith(s, step, func(far *sql.Selector) {
		far.WithContext(s.Context())
		ps, err := sc.where(s.Context(), far.C)
		for _, p := range ps {
			far.Where(p)
		}
		for _, p := range preds {
			p(far)
		}
		if err == nil {
			err = far.Err()
		}
		if err != nil {
			s.AddError(fmt.Errorf("checking for neighbours in %s: %w", step.To.Table, err))
		}
	})
}

// OrderByCount is sqlgraph.OrderByNeighborsCount for an edge whose far side has a scope: rows out of scope are not
// counted.
func OrderByCount(s *sql.Selector, step *sqlgraph.Step, sc Scope, opts ...sql.OrderTermOption) {
	var (
		opt   = sql.NewOrderTermOptions(opts...)
		build = sql.Dialect(s.Dialect())
		edge  = build.Table(step.Edge.Table).Schema(step.Edge.Schema)
		far   = edge
		key   = step.Edge.Columns[0]
		count *sql.Selector
	)
	if step.ThroughEdgeTable() {
		other := step.Edge.Columns[1]
		if step.Edge.Inverse {
			key, other = other, key
		}
		far = build.Table(step.To.Table).Schema(step.To.Schema)
		count = build.Select(edge.C(key)).From(edge).Join(far).On(edge.C(other), far.C(step.To.Column)).GroupBy(edge.C(key))
	} else {
		count = build.Select(edge.C(key)).From(edge).GroupBy(edge.C(key))
	}
	ps, err := sc.where(s.Context(), far.C)
	for _, p := range ps {
		count.Where(p)
	}
	if err != nil {
		s.AddError(fmt.Errorf("counting the neighbours in %s: %w", step.To.Table, err))
	}
	as := countAlias(s, step, opt)
	count.AppendSelectAs(sql.Count("*"), as)
	s.LeftJoin(count).On(s.C(step.From.Column), count.C(key))
	if opt.Selected {
		s.AppendSelect(count.C(as))
	}
	s.OrderExprFunc(func(b *sql.Builder) { writeOrder(b, count.C(as), opt) })
}

// writeOrder writes one term of ORDER BY. As Ent does, rows without neighbours sort as the smallest on every dialect.
func writeOrder(b *sql.Builder, column string, opt *sql.OrderTermOptions) {
	b.WriteString(column)
	if opt.Desc {
		b.WriteString(" DESC")
	}
	plain := !opt.NullsFirst && !opt.NullsLast
	switch postgres := b.Dialect() == dialect.Postgres; {
	case opt.NullsFirst, postgres && plain && !opt.Desc:
		b.WriteString(" NULLS FIRST")
	case opt.NullsLast, postgres && plain && opt.Desc:
		b.WriteString(" NULLS LAST")
	}
}

// countAlias is a name for the count that is not selected yet.
func countAlias(s *sql.Selector, step *sqlgraph.Step, opt *sql.OrderTermOptions) string {
	if opt.As != "" {
		return opt.As
	}
	taken := make(map[string]bool)
	for _, c := range s.SelectedColumns() {
		taken[c] = true
	}
	name := "count_" + step.To.Table
	for i, base := 1, name; taken[name]; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	return name
}

// CheckPredicates gives the error that the predicates of a statement on table raise under ctx. Ent drops it where it
// does not build a query of its own: for those statements the generated code asks here. It costs nothing where the
// context says for which tenant the work is.
func CheckPredicates[P ~func(*sql.Selector)](ctx context.Context, dialectName, table string, preds []P) error {
	_, _, missing := TenantScope(ctx)
	if missing == nil || len(preds) == 0 {
		return nil
	}
	build := sql.Dialect(dialectName)
	s := build.Select().From(build.Table(table)).WithContext(ctx)
	for _, p := range preds {
		p(s)
	}
	err := s.Err()
	if err != nil && strings.Contains(err.Error(), missing.Error()) { // Ent joins the texts of a statement's errors
		return fmt.Errorf("building a statement on %s: %w", table, missing)
	}
	return err
}

// NoDriver is a driver without a database: every statement fails at once.
func NoDriver(dialectName string) dialect.Driver { return noDriver(dialectName) }

type noDriver string

var errNoDriver = errors.New("no database here")

func (noDriver) Exec(context.Context, string, any, any) error  { return errNoDriver }
func (noDriver) Query(context.Context, string, any, any) error { return errNoDriver }
func (noDriver) Tx(context.Context) (dialect.Tx, error)        { return nil, errNoDriver }
func (noDriver) Close() error                                  { return nil }
func (d noDriver) Dialect() string                             { return string(d) }

// EdgeError is the error of a mutation that connects rows which are not within the scope.
func EdgeError(edge string, n int) error {
	return fmt.Errorf("connecting %s: %d of the rows are not there: %w", edge, n, store.ErrNotFound)
}

// QueryScopes are the scopes that ScopeP gave to one query.
type QueryScopes []namedScope

type namedScope struct {
	name string
	p    func(*sql.Selector)
}

// Set gives the scope of that name, or takes it away where p is nil.
func (q *QueryScopes) Set(name string, p func(*sql.Selector)) {
	for i := range *q {
		if (*q)[i].name == name {
			(*q)[i].p = p
			return
		}
	}
	*q = append(*q, namedScope{name, p})
}

// Apply adds the scopes to a statement.
func (q QueryScopes) Apply(s *sql.Selector) {
	for _, sc := range q {
		if sc.p != nil {
			sc.p(s)
		}
	}
}
