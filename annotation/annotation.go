// Package annotation holds the design facts a schema author writes next to an Ent schema: which queries a table
// serves, why a column may be null, how many rows are expected. Each is a plain struct (or a list of one) that
// implements Ent's schema.Annotation. Ent hands annotations to the generator as JSON, so the names and JSON tags
// here are a stable contract.
//
// The package is linked into the user's binary and stays light: it never imports a code generator, a driver or a
// command-line library. What the facts mean against a concrete schema (does the field exist, does the operator fit
// its type) is checked when code is generated, with file and line.
package annotation

import (
	"time"

	"entgo.io/ent/schema"
)

// Names under which Ent keeps the annotations of this package.
const (
	QueriesName      = "PlinthQueries"
	DeterminesName   = "PlinthDetermines"
	DenormalizedName = "PlinthDenormalized"
	NullableName     = "PlinthNullable"
	VolumeName       = "PlinthVolume"
	NDistinctName    = "PlinthNDistinct"
	ReasonName       = "PlinthReason"
	AllowName        = "PlinthAllow"
	RenamedFromName  = "PlinthRenamedFrom"
	AggregateName    = "PlinthAggregate"
	SensitiveName    = "PlinthSensitive"
	RoleName         = "PlinthRole"
	RowSecurityName  = "PlinthRowSecurity"
)

// Page says how a query's result is cut into pages. The zero value means All.
type Page string

// The ways to page.
const (
	All    Page = "all"    // every row
	One    Page = "one"    // at most one row: the equality fields are unique
	Offset Page = "offset" // LIMIT and OFFSET with a total, for page numbers in small results
	Keyset Page = "keyset" // after the last row seen: the same cost at any depth
)

// Queries declares the reads an application makes of an entity. Given on the entity:
//
//	annotation.Queries{
//		{Name: "ByCustomer", Eq: []string{"customer_id"}, Sort: []string{"-placed_at"}, Page: annotation.Keyset},
//	}
type Queries []Query

// Query is one declared read. Fields are named as in Ent, not by column; a field of another entity is written
// through the edge that leads there: "customer.email".
type Query struct {
	// Name is unique in its entity and an exported Go identifier: the repository's method has it.
	Name string `json:"name"`
	// Eq are the fields compared with equality.
	Eq []string `json:"eq,omitempty"`
	// In are the fields compared with a list of values.
	In []string `json:"in,omitempty"`
	// Range are the fields bounded from below, above or both.
	Range []string `json:"range,omitempty"`
	// Search are the string fields searched for a part of their text, without regard to case (ILIKE '%…%').
	Search []string `json:"search,omitempty"`
	// Prefix are the string fields searched by how they begin (LIKE '…%').
	Prefix []string `json:"prefix,omitempty"`
	// Contains are the JSON fields tested for containment (@>).
	Contains []string `json:"contains,omitempty"`
	// Where are constant conditions, field to value ("active": "true"); the value "null" means IS NULL and
	// "not null" IS NOT NULL.
	Where map[string]string `json:"where,omitempty"`
	// Sort are the fields of ORDER BY; a leading "-" sorts descending.
	Sort []string `json:"sort,omitempty"`
	// Page is how the result is paged; empty means All.
	Page Page `json:"page,omitempty"`
	// Limit is the usual number of rows in a page, or the greatest number where Page is All; 0 leaves it open.
	Limit int `json:"limit,omitempty"`
	// Select are the fields returned; empty means all of them.
	Select []string `json:"select,omitempty"`
	// WithDeleted reads soft-deleted rows as well.
	WithDeleted bool `json:"with_deleted,omitempty"`
	// Rate is how often it is expected to run, a number per s, min, h or d: "80/s", "5/min".
	Rate string `json:"rate,omitempty"`
	// P95 is the time that 95 % of the calls must meet.
	P95 time.Duration `json:"p95,omitempty"`
	// Why says what the query is for.
	Why string `json:"why,omitempty"`
}

// Determines declares a functional dependency of the entity: wherever From is equal, To is equal. The dependencies
// that follow from the primary key and from unique indexes need no declaration. May be given more than once.
type Determines struct {
	From []string `json:"from"`
	To   []string `json:"to"`
	Why  string   `json:"why,omitempty"`
}

// Denormalized marks a field that repeats or derives what other rows already say, and why that is worth it.
type Denormalized struct {
	From   string `json:"from"`            // what it is copied or computed from
	KeptBy string `json:"kept_by"`         // what keeps it true: a transaction, a trigger, a job
	Why    string `json:"why"`             // what would be slower or impossible without it
	Query  string `json:"query,omitempty"` // the declared query that needs it
}

// Nullable gives the reason why a field, or the field of an edge, may be NULL, and what NULL means there.
type Nullable struct {
	Why string `json:"why"`
}

// Volume is how many rows an entity is expected to have.
type Volume struct {
	Rows          int64 `json:"rows,omitempty"`            // at the horizon the design is made for
	GrowthPerYear int64 `json:"growth_per_year,omitempty"` // rows added in a year
	Small         bool  `json:"small,omitempty"`           // stays so small that locks and full scans do not matter
}

// NDistinct is the number of different values a field is expected to have; it orders the equality columns of an
// index.
type NDistinct struct {
	Values int64 `json:"values"`
}

// Reason says why an index, or a join table, exists where no declared query, foreign key or constraint does.
type Reason struct {
	Why   string `json:"why"`
	Query string `json:"query,omitempty"` // the declared query it serves, "Entity.Query" or "Query"
}

// Allow suppresses one rule on the entity, field, edge or index it is given on. A reason is required. May be given
// more than once.
type Allow struct {
	Rule string `json:"rule"` // the rule's code, for instance "S301"
	Why  string `json:"why"`
}

// RenamedFrom is the former name of a field, an edge's column or an entity, so that a migration renames it instead
// of dropping and adding. It may stay: where the old name is not there any more, it has no effect.
type RenamedFrom struct {
	Old string `json:"old"` // the former column or table, or its former Ent name
}

// Aggregate makes the entity the root of an aggregate: it is loaded and saved together with the children that its
// edges name, in one transaction.
type Aggregate struct {
	Children []string `json:"children,omitempty"` // names of the root's edges
}

// Sensitive classifies a field's content. Ent's own Sensitive() additionally keeps it out of the printed form.
type Sensitive struct {
	Kind string `json:"kind"` // "pii", "secret", "financial", "health" or a word of your own
	Why  string `json:"why,omitempty"`
}

// RoleKind is what a field is for, beyond its type.
type RoleKind string

// The roles fields have. The mixins set them; a hand-written mixin may do the same.
const (
	SoftDelete RoleKind = "soft_delete" // nullable time: when the row was deleted
	Tenant     RoleKind = "tenant"      // the tenant the row belongs to
	Version    RoleKind = "version"     // optimistic lock: raised by each update
	CreatedAt  RoleKind = "created_at"
	UpdatedAt  RoleKind = "updated_at"
	CreatedBy  RoleKind = "created_by"
	UpdatedBy  RoleKind = "updated_by"
)

// RowSecurity makes the database itself keep the entity's rows apart by tenant, on PostgreSQL: row-level security with
// one policy that compares the tenant field with a setting of the transaction.
type RowSecurity struct {
	// Setting is the name of that setting, for an application that makes it itself; empty means DefaultSetting, which
	// mixin.RowSecurity makes.
	Setting string `json:"setting,omitempty"`
}

// DefaultSetting is the setting that row-level security reads the tenant from.
const DefaultSetting = "plinth.tenant"

// Role marks a field as having a role.
type Role struct {
	Is RoleKind `json:"is"`
	// Strict says of a tenant that every row referred to is looked up before a change.
	Strict bool `json:"strict,omitempty"`
}

// Name implements schema.Annotation.
func (Queries) Name() string { return QueriesName }

// Merge implements schema.Merger: the queries of mixins and of the schema are put together.
func (q Queries) Merge(other schema.Annotation) schema.Annotation {
	switch o := other.(type) {
	case Queries:
		return append(append(Queries{}, q...), o...)
	case *Queries:
		return append(append(Queries{}, q...), *o...)
	}
	return q
}

// Name implements schema.Annotation.
func (Determines) Name() string { return DeterminesName }

// Merge implements schema.Merger.
func (d Determines) Merge(other schema.Annotation) schema.Annotation {
	return list[Determines]{d}.Merge(other)
}

// Name implements schema.Annotation.
func (Denormalized) Name() string { return DenormalizedName }

// Merge implements schema.Merger: the schema's own wins over a mixin's.
func (d Denormalized) Merge(other schema.Annotation) schema.Annotation { return later(d, other) }

// Name implements schema.Annotation.
func (Nullable) Name() string { return NullableName }

// Merge implements schema.Merger: the schema's own wins over a mixin's.
func (n Nullable) Merge(other schema.Annotation) schema.Annotation { return later(n, other) }

// Name implements schema.Annotation.
func (Volume) Name() string { return VolumeName }

// Merge implements schema.Merger: the schema's own wins over a mixin's.
func (v Volume) Merge(other schema.Annotation) schema.Annotation { return later(v, other) }

// Name implements schema.Annotation.
func (NDistinct) Name() string { return NDistinctName }

// Merge implements schema.Merger: the schema's own wins over a mixin's.
func (n NDistinct) Merge(other schema.Annotation) schema.Annotation { return later(n, other) }

// Name implements schema.Annotation.
func (Reason) Name() string { return ReasonName }

// Merge implements schema.Merger: the schema's own wins over a mixin's.
func (r Reason) Merge(other schema.Annotation) schema.Annotation { return later(r, other) }

// Name implements schema.Annotation.
func (Allow) Name() string { return AllowName }

// Merge implements schema.Merger.
func (a Allow) Merge(other schema.Annotation) schema.Annotation { return list[Allow]{a}.Merge(other) }

// Name implements schema.Annotation.
func (RenamedFrom) Name() string { return RenamedFromName }

// Merge implements schema.Merger: the schema's own wins over a mixin's.
func (r RenamedFrom) Merge(other schema.Annotation) schema.Annotation { return later(r, other) }

// Name implements schema.Annotation.
func (Aggregate) Name() string { return AggregateName }

// Merge implements schema.Merger: the schema's own wins over a mixin's.
func (a Aggregate) Merge(other schema.Annotation) schema.Annotation { return later(a, other) }

// Name implements schema.Annotation.
func (Sensitive) Name() string { return SensitiveName }

// Merge implements schema.Merger: the schema's own wins over a mixin's.
func (s Sensitive) Merge(other schema.Annotation) schema.Annotation { return later(s, other) }

// Name implements schema.Annotation.
func (Role) Name() string { return RoleName }

// Merge implements schema.Merger: the schema's own wins over a mixin's.
func (r Role) Merge(other schema.Annotation) schema.Annotation { return later(r, other) }

// Name implements schema.Annotation.
func (RowSecurity) Name() string { return RowSecurityName }

// Merge implements schema.Merger: the schema's own wins over a mixin's.
func (r RowSecurity) Merge(other schema.Annotation) schema.Annotation { return later(r, other) }

// later is the annotation given last. Without a Merge Ent keeps the first: a schema could not correct its mixins.
func later(given, other schema.Annotation) schema.Annotation {
	if other.Name() != given.Name() {
		return given
	}
	return other
}

// list is what several annotations of one repeatable type merge into.
type list[T schema.Annotation] []T

// Name implements schema.Annotation.
func (list[T]) Name() string {
	var t T
	return t.Name()
}

// Merge implements schema.Merger.
func (l list[T]) Merge(other schema.Annotation) schema.Annotation {
	switch o := any(other).(type) {
	case T:
		return append(append(list[T]{}, l...), o)
	case *T:
		return append(append(list[T]{}, l...), *o)
	case list[T]:
		return append(append(list[T]{}, l...), o...)
	}
	return l
}
