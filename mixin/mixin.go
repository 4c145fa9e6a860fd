// Package mixin holds the Ent mixins of a well-kept table: ID, Timestamps, SoftDelete, Tenant, Audit and Version.
// Each is a struct used by value in a schema's Mixin method; the zero value is the usual choice:
//
//	func (Order) Mixin() []ent.Mixin {
//		return []ent.Mixin{mixin.ID{}, mixin.Tenant{}, mixin.Timestamps{}, mixin.SoftDelete{}, mixin.Version{}}
//	}
//
// They work in any project's client and import nothing generated: their hooks and interceptors reach queries and
// mutations through small interfaces that plinth's extension adds to the generated code. In a client generated
// without the extension SoftDelete, Tenant and Version refuse to work instead of doing half of what they promise.
//
// What a mixin needs to know of a call travels in the context: WithTenant, WithActor, AllTenants, IncludeDeleted,
// HardDelete. Interceptors are a filter, not a security boundary: raw SQL passes them by. Where tenants must be kept
// apart against mistakes too, add row-level security.
package mixin

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
)

// query is what the extension adds to each query builder.
type query interface {
	// ScopeP sets a predicate that holds for the whole query under a name; a second call with that name replaces it,
	// so that a query that runs twice, under two contexts, is scoped by the second.
	ScopeP(name string, p func(*sql.Selector))
}

// mutation is what Ent gives to each mutation beyond ent.Mutation.
type mutation interface {
	ent.Mutation
	WhereP(ps ...func(*sql.Selector))
}

// Now is the time the mixins write: UTC, in microseconds, the precision that PostgreSQL keeps, so that the entity
// returned by a create equals the row.
func Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// NewID makes a UUID of version 7: unique, and growing with time, so that new rows stand together in the index.
func NewID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// nowInDB is the database's twin of Now, for rows that are not written through the client.
func nowInDB() *entsql.Annotation {
	return entsql.DefaultExprs(map[string]string{
		dialect.Postgres: "now()",
		dialect.SQLite:   "CURRENT_TIMESTAMP",
		dialect.MySQL:    "CURRENT_TIMESTAMP(6)",
	})
}

// or gives the first name that is not empty.
func or(name, usual string) string {
	if name != "" {
		return name
	}
	return usual
}
