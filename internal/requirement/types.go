// Package requirement reads what a database must serve and works out a design for it.
//
// In comes a requirements file: YAML in the language of the types here (published as docs/requirements.schema.json),
// or a DBML diagram. Parse reports every mistake in it, each with line, column and, where something was probably
// misspelt, a suggestion. Out comes a Design: the entities as they should stand in an Ent schema, the questions that
// the file leaves open, the normal forms of each table, and the indexes, each with what it serves. Graph gives the
// same as a schemagraph.Graph for everything that draws or documents a schema.
//
// The package is pure: it opens no file and no connection, and it writes nothing.
package requirement

// Document is a requirements file.
type Document struct {
	// Version of the language; 1.
	Version int `yaml:"version"`
	// Name of the project, in lower case.
	Name string `yaml:"name"`
	// Description of what the database is for.
	Description string `yaml:"description,omitempty"`
	// Dialect is "postgres" (the default) or "sqlite".
	Dialect string `yaml:"dialect,omitempty" enum:"postgres,sqlite"`
	// Tenancy says whether the data of several customers shares the tables.
	Tenancy *Tenancy `yaml:"tenancy,omitempty"`
	// Defaults hold for every entity that does not say otherwise.
	Defaults Defaults `yaml:"defaults,omitempty"`
	// Entities by name, an exported Go identifier in the singular: "OrderItem".
	Entities Map[Entity] `yaml:"entities"`
	// Relationships between entities.
	Relationships []*Relationship `yaml:"relationships,omitempty"`
	// Writes are the units of work, by name: what is written together.
	Writes Map[Write] `yaml:"writes,omitempty"`
	// Questions that nobody has answered yet.
	Questions []string `yaml:"questions,omitempty"`

	at    map[string]Pos // where each value stands, by its path
	notes []Question     // what an import could not say in this language
}

// Map is a mapping whose order in the file is kept. The element's Name is the key.
type Map[T any] []*T

// Tenancy is how the data of several customers is told apart. The scalar "none" says that there is one customer.
type Tenancy struct {
	// None says that there is one tenant only.
	None bool `yaml:"none,omitempty"`
	// Entity is the one whose rows are the tenants: "Tenant".
	Entity string `yaml:"entity,omitempty"`
}

// Defaults for all entities. What is absent here is asked.
type Defaults struct {
	// ID is the primary key's type: "uuid" (version 7; the default) or "int64" (identity).
	ID string `yaml:"id,omitempty" enum:"uuid,int64"`
	// Timestamps adds created_at and updated_at; true unless said otherwise.
	Timestamps *bool `yaml:"timestamps,omitempty"`
	// SoftDelete keeps deleted rows, marked with deleted_at.
	SoftDelete *bool `yaml:"soft_delete,omitempty"`
	// Audit adds created_by and updated_by.
	Audit *bool `yaml:"audit,omitempty"`
	// Version adds an optimistic lock.
	Version *bool `yaml:"version,omitempty"`
}

// Entity is a kind of thing the database remembers.
type Entity struct {
	Name string `yaml:"-"`
	// Description, a sentence; it becomes the Go comment and the table's comment.
	Description string `yaml:"description,omitempty"`
	// Table is the table's name; the plural of the entity's in snake_case unless said otherwise.
	Table string `yaml:"table,omitempty"`
	// ID is the primary key's type where it differs from the defaults.
	ID string `yaml:"id,omitempty" enum:"uuid,int64"`
	// Timestamps overrides the defaults.
	Timestamps *bool `yaml:"timestamps,omitempty"`
	// SoftDelete overrides the defaults.
	SoftDelete *bool `yaml:"soft_delete,omitempty"`
	// Audit overrides the defaults.
	Audit *bool `yaml:"audit,omitempty"`
	// Version overrides the defaults.
	Version *bool `yaml:"version,omitempty"`
	// Global says that the rows belong to no tenant, and why.
	Global string `yaml:"global,omitempty"`
	// Attributes by name, in snake_case. The columns of relationships are not repeated here.
	Attributes Map[Attribute] `yaml:"attributes,omitempty"`
	// Unique are the sets of attributes, or of relationships' columns, no two rows may share. The tenant is added.
	Unique []*Unique `yaml:"unique,omitempty"`
	// Checks are conditions every row must meet, by rule name: "end_after_start".
	Checks Map[Check] `yaml:"checks,omitempty"`
	// Dependencies beyond those of the keys.
	Dependencies []*Dependency `yaml:"dependencies,omitempty"`
	// Queries are the reads, by name: "ByCustomer".
	Queries Map[Query] `yaml:"queries,omitempty"`
	// Indexes that no query, foreign key or constraint explains.
	Indexes []*ExtraIndex `yaml:"indexes,omitempty"`
	// Volume is how many rows are expected.
	Volume *Volume `yaml:"volume,omitempty"`
	// Children are the relationships, as named on this entity, that are loaded and saved together with it. Giving
	// them (or an empty list) makes the entity an aggregate's root.
	Children *[]string `yaml:"children,omitempty"`
	// RenamedFrom is the entity's former name or table.
	RenamedFrom string `yaml:"renamed_from,omitempty"`
	// Allow suppresses lint rules, by code, each with the reason.
	Allow Map[Allow] `yaml:"allow,omitempty"`
}

// Attribute is a single value of an entity. A scalar stands for its type: "name: string(200)".
type Attribute struct {
	Name string `yaml:"-"`
	// Type: string(n), text(n), bool, int32, int64, float, decimal(p,s), time, date, uuid, enum, json, strings,
	// bytes(n). A length or precision may be given in brackets.
	Type string `yaml:"type"`
	// Length is the greatest number of characters (of bytes for bytes).
	Length int64 `yaml:"length,omitempty"`
	// Description, a sentence; it becomes the column's comment.
	Description string `yaml:"description,omitempty"`
	// Null is the reason why the value may be missing, and what that means. Without one it is required.
	Null string `yaml:"null,omitempty"`
	// Values of an enum.
	Values []string `yaml:"values,omitempty"`
	// Default value; "now" for a time and "new" for a uuid.
	Default any `yaml:"default,omitempty"`
	// Unique says that no two rows (of a tenant, among those not deleted) share the value.
	Unique bool `yaml:"unique,omitempty"`
	// Immutable values are never updated.
	Immutable bool `yaml:"immutable,omitempty"`
	// NotEmpty refuses the empty string.
	NotEmpty bool `yaml:"not_empty,omitempty"`
	// Min is the least number allowed.
	Min *float64 `yaml:"min,omitempty"`
	// Max is the greatest number allowed.
	Max *float64 `yaml:"max,omitempty"`
	// Match is a regular expression the text must match, checked by the client.
	Match string `yaml:"match,omitempty"`
	// Sensitive is the kind of sensitive content: pii, secret, financial, health or a word of your own.
	Sensitive string `yaml:"sensitive,omitempty"`
	// Distinct is the number of different values expected; it orders the columns of indexes.
	Distinct int64 `yaml:"distinct,omitempty"`
	// Denormalized marks a value that repeats or derives what other rows say.
	Denormalized *Denormalized `yaml:"denormalized,omitempty"`
	// RenamedFrom is the former name.
	RenamedFrom string `yaml:"renamed_from,omitempty"`
	// Allow suppresses lint rules, by code, each with the reason.
	Allow Map[Allow] `yaml:"allow,omitempty"`
}

// Denormalized is the justification of a copied or derived value.
type Denormalized struct {
	// From is what it is copied or computed from.
	From string `yaml:"from"`
	// KeptBy is what keeps it true: a transaction, a trigger, a job.
	KeptBy string `yaml:"kept_by"`
	// Why says what would be slower or impossible without it.
	Why string `yaml:"why"`
	// Query is the declared query that needs it.
	Query string `yaml:"query,omitempty"`
}

// Unique is a uniqueness rule. A list of names stands for its fields.
type Unique struct {
	// Fields that are unique together.
	Fields []string `yaml:"fields"`
	// Why says what the rule means.
	Why string `yaml:"why,omitempty"`

	pair bool // of the entity of a many-to-many relationship: as Ent wants it, without the tenant
}

// Check is a condition on a row. A scalar stands for its expression.
type Check struct {
	Name string `yaml:"-"`
	// Expr is an SQL expression over the entity's columns.
	Expr string `yaml:"expr"`
	// Why says what the rule means.
	Why string `yaml:"why,omitempty"`
}

// Dependency says that wherever From is equal, To is equal.
type Dependency struct {
	// From are the determining fields.
	From []string `yaml:"from"`
	// To are the determined fields.
	To []string `yaml:"to"`
	// Why it holds.
	Why string `yaml:"why,omitempty"`
}

// Query is a read. Fields are attributes, columns of relationships, or fields of another entity through a
// relationship: "customer.email". A single name may stand for a list.
type Query struct {
	Name string `yaml:"-"`
	// Eq are compared with equality.
	Eq []string `yaml:"eq,omitempty"`
	// In are compared with a list of values.
	In []string `yaml:"in,omitempty"`
	// Range are bounded from below, above or both.
	Range []string `yaml:"range,omitempty"`
	// Search are searched for a part of the text, without regard to case.
	Search []string `yaml:"search,omitempty"`
	// Prefix are searched by how the text begins.
	Prefix []string `yaml:"prefix,omitempty"`
	// Contains are JSON values tested for containment.
	Contains []string `yaml:"contains,omitempty"`
	// Where are constant conditions, field to value; null and "not null" are understood.
	Where map[string]string `yaml:"where,omitempty"`
	// Sort order; a leading "-" is descending.
	Sort []string `yaml:"sort,omitempty"`
	// Page: all, one, offset or keyset.
	Page string `yaml:"page,omitempty" enum:"all,one,offset,keyset"`
	// Limit is the usual number of rows in a page.
	Limit int `yaml:"limit,omitempty"`
	// Select are the fields returned; all by default.
	Select []string `yaml:"select,omitempty"`
	// WithDeleted reads soft-deleted rows as well.
	WithDeleted bool `yaml:"with_deleted,omitempty"`
	// Rate expected: "80/s", "5/min".
	Rate string `yaml:"rate,omitempty"`
	// P95 is the time 95 % of the calls must meet: "10ms".
	P95 string `yaml:"p95,omitempty"`
	// Why says what it is for.
	Why string `yaml:"why,omitempty"`
}

// ExtraIndex is an index with a reason of its own.
type ExtraIndex struct {
	// Fields in order; a leading "-" is descending.
	Fields []string `yaml:"fields"`
	// Method: btree (the default), gin or brin.
	Method string `yaml:"method,omitempty" enum:"btree,gin,brin"`
	// Where is the predicate of a partial index.
	Where string `yaml:"where,omitempty"`
	// Why it exists.
	Why string `yaml:"why"`
	// Allow suppresses lint rules, by code, each with the reason.
	Allow Map[Allow] `yaml:"allow,omitempty"`
}

// Volume is how many rows an entity is expected to have.
type Volume struct {
	// Rows at the horizon the design is made for.
	Rows int64 `yaml:"rows,omitempty"`
	// Growth is the number of rows added in a year.
	Growth int64 `yaml:"growth_per_year,omitempty"`
	// Small tables stay so small that locks and full scans do not matter.
	Small bool `yaml:"small,omitempty"`
}

// Allow suppresses a lint rule. A scalar stands for the reason.
type Allow struct {
	Name string `yaml:"-"`
	// Why the rule does not apply.
	Why string `yaml:"why"`
}

// Relationship joins two entities. To holds the foreign key, except in many_to_many.
type Relationship struct {
	// Kind: one_to_many, one_to_one or many_to_many. From is the "one" that the others refer to.
	Kind string `yaml:"kind" enum:"one_to_many,one_to_one,many_to_many"`
	// From is the entity referred to.
	From string `yaml:"from"`
	// To is the entity that refers; the same as From for a tree.
	To string `yaml:"to"`
	// Name of the relationship on From: "orders"; by default To in snake_case, plural unless one_to_one.
	Name string `yaml:"name,omitempty"`
	// Inverse is its name on To: "customer"; by default From in snake_case, plural for many_to_many.
	Inverse string `yaml:"inverse,omitempty"`
	// Column of the foreign key, by default the inverse's name and "_id".
	Column string `yaml:"column,omitempty"`
	// Null is the reason why the foreign key may be missing. Without one it is required.
	Null string `yaml:"null,omitempty"`
	// OnDelete says what happens to To when From is deleted: cascade, restrict, set_null or no_action.
	OnDelete string `yaml:"on_delete,omitempty" enum:"cascade,restrict,set_null,no_action"`
	// Through is the entity that holds the pairs of many_to_many where the pair has attributes of its own.
	Through string `yaml:"through,omitempty"`
	// Immutable foreign keys are never changed.
	Immutable bool `yaml:"immutable,omitempty"`
	// Distinct is the number of different values expected of the foreign key.
	Distinct int64 `yaml:"distinct,omitempty"`
	// Description of the relationship as seen from To.
	Description string `yaml:"description,omitempty"`
	// RenamedFrom is the former column.
	RenamedFrom string `yaml:"renamed_from,omitempty"`
	// Allow suppresses lint rules, by code, each with the reason.
	Allow Map[Allow] `yaml:"allow,omitempty"`
}

// Write is a unit of work: what is written together.
type Write struct {
	Name string `yaml:"-"`
	// Creates are the entities of which rows are added.
	Creates []string `yaml:"creates,omitempty"`
	// Updates are the entities of which rows are changed.
	Updates []string `yaml:"updates,omitempty"`
	// Deletes are the entities of which rows are removed.
	Deletes []string `yaml:"deletes,omitempty"`
	// Transaction says whether it is one transaction. Must be said where more than one entity is written.
	Transaction *bool `yaml:"transaction,omitempty"`
	// Bulk is the number of rows written at once, where it is many.
	Bulk int64 `yaml:"bulk,omitempty"`
	// Idempotent is the unique field, "Order.number", by which a repeated write is recognised; "natural" where
	// repeating changes nothing; "no" where a repeat may happen twice.
	Idempotent string `yaml:"idempotent,omitempty"`
	// Rate expected: "20/s".
	Rate string `yaml:"rate,omitempty"`
	// Why says what it is for.
	Why string `yaml:"why,omitempty"`
}
