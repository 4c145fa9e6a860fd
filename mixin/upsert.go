package mixin

import (
	"errors"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// ScopeConflict is called by the code that the extension generates: it keeps an upsert within the scope. The row in
// conflict is updated only where it belongs to the tenant of the row to insert and is not deleted, and its version is
// raised, whatever the upsert sets. An upsert that updates nothing ends in sql.ErrNoRows, as one that does nothing on
// conflict does.
func ScopeConflict(opts []sql.ConflictOption, dialectName, table string, sc Scope, version string) []sql.ConflictOption {
	if len(opts) == 0 || sc == (Scope{}) && version == "" || dialectName == dialect.MySQL {
		return opts
	}
	build := sql.Dialect(dialectName)
	row, given := build.Table(table), build.Table("excluded")
	if version != "" && updates(opts) {
		opts = append(opts[:len(opts):len(opts)], sql.ResolveWith(func(u *sql.UpdateSet) {
			u.Set(version, sql.Expr(row.C(version)+" + 1"))
		}))
	}
	var ps []*sql.Predicate
	if sc.Tenant != "" {
		ps = append(ps, sql.ColumnsEQ(row.C(sc.Tenant), given.C(sc.Tenant)))
	}
	if sc.Deleted != "" {
		ps = append(ps, sql.IsNull(row.C(sc.Deleted)))
	}
	if len(ps) == 0 {
		return opts
	}
	if render(opts) != render(append(opts[:len(opts):len(opts)], sql.UpdateWhere(nil))) {
		ps = []*sql.Predicate{sql.P(func(b *sql.Builder) {
			b.AddError(errors.New("sql.UpdateWhere does not go together with the mixins Tenant and SoftDelete: they need the upsert's condition themselves"))
		})}
	}
	return append(opts[:len(opts):len(opts)], sql.UpdateWhere(sql.And(ps...)))
}

// updates says whether the upsert changes the row in conflict.
func updates(opts []sql.ConflictOption) bool {
	clause := render(opts)
	return clause != "" && clause != render(append(opts[:len(opts):len(opts)], sql.DoNothing()))
}

// render writes the clause, to see what the options made of it: Ent does not let one read them. Empty where Ent will
// refuse it.
func render(opts []sql.ConflictOption) string {
	query, _, err := sql.Dialect(dialect.Postgres).Insert("t").Columns("c").Values(1).OnConflict(opts...).QueryErr()
	if err != nil {
		return ""
	}
	return query
}
