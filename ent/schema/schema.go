// Package schema is the shop's design: multi-tenant, soft-deleted where history matters, audited, with an index for
// every declared query and every foreign key.
package schema

import "entgo.io/ent/dialect/entsql"

// live is the predicate of indexes that only hold rows that are not deleted.
const live = "deleted_at IS NULL"

// liveRows restricts an index to rows that are not deleted.
func liveRows() *entsql.IndexAnnotation { return entsql.IndexWhere(live) }

// sameTenant is why a foreign key here does not name the tenant as well: Ent's edges have one column.
const sameTenant = "mixin.Tenant refuses to connect rows of two tenants; Ent has no composite foreign keys"
