package mixin_test

import (
	"context"

	"github.com/google/uuid"
)

// world is one generated client on one database, seen through what the suite does with it. Roots have every mixin and
// belong to a top that has none; children (soft-deleted, of a tenant) belong to a root and to each other, leaves
// (soft-deleted, without a tenant) to a child; tags (soft-deleted, of a tenant) are put on roots and plains; plains have
// a tenant and nothing else. A key is what the client's identifiers are: uuid.UUID or int.
type world interface {
	// Creating rows.
	Top(ctx context.Context, name string) (key, error)
	Root(ctx context.Context, name string, top key, tenant *uuid.UUID) (key, error)
	Roots(ctx context.Context, tenant *uuid.UUID, names ...string) error // in bulk; the last has the tenant, if given
	Child(ctx context.Context, name string, root, parent key) (key, error)
	Leaf(ctx context.Context, body string, child key) (key, error)
	Tag(ctx context.Context, name string, roots ...key) (key, error)
	Plain(ctx context.Context, name, value string) (key, error)

	// Reading. Results are names, sorted where the order is not the point.
	GetRoot(ctx context.Context, id key) (root, error)
	AllRoots(ctx context.Context) ([]string, error)
	CountRoots(ctx context.Context) (int, error)
	ExistRoot(ctx context.Context) (bool, error)
	RootIDs(ctx context.Context) (int, error)
	SelectRoots(ctx context.Context) ([]string, error)
	GroupRoots(ctx context.Context) (int, error)
	SumBudgets(ctx context.Context) (int64, error)
	AllChildren(ctx context.Context) ([]string, error)
	AllLeaves(ctx context.Context) ([]string, error)
	AllTags(ctx context.Context) ([]string, error)
	RootsOfTop(ctx context.Context, top key) ([]string, error)      // from an entity at hand
	ChildrenOfRoots(ctx context.Context) ([]string, error)          // along a path
	RootsOfChildren(ctx context.Context) ([]string, error)          // along a path, to one
	TagsOfRoots(ctx context.Context) ([]string, error)              // along a path, through a join table
	TaggedOnPath(ctx context.Context) ([]string, error)             // a path, then HasX
	EagerChildren(ctx context.Context) (map[string][]string, error) // by root
	EagerTags(ctx context.Context) (map[string][]string, error)     // by root
	EagerRoot(ctx context.Context) (map[string]string, error)       // by child; "" where not found
	TopsWithRoots(ctx context.Context) ([]string, error)
	TopsWithRootNamed(ctx context.Context, name string) ([]string, error)
	TopsWithTagNamed(ctx context.Context, name string) ([]string, error) // two edges away
	CountTopsWithRoots(ctx context.Context) (int, error)
	TopIDsWithoutRoots(ctx context.Context) (int, error)
	RootsWithTags(ctx context.Context) ([]string, error)
	RootsWithTagNamed(ctx context.Context, name string) ([]string, error)
	ChildrenWithRoot(ctx context.Context) ([]string, error)
	ChildrenWithParent(ctx context.Context) ([]string, error)
	TopsByRootCount(ctx context.Context) ([]string, error) // most first
	RootsByTagCount(ctx context.Context) ([]string, error) // most first
	Reuse(first, second context.Context) (int, int, error) // one query counted under two contexts
	PlainValue(ctx context.Context, id key) (string, []string, error)

	// Changing.
	RenameRoot(ctx context.Context, id key, name string) error
	RenameRootFrom(ctx context.Context, id key, name string, version int64) error
	RenameLoaded(ctx context.Context, id key, names ...string) error // read once, updated several times from what was read
	RenameRootIfTagged(ctx context.Context, id key, name string) error
	RenameRoots(ctx context.Context, from, to string) (int, error)
	RenameTopIfRooted(ctx context.Context, top key, name string) error
	RenameTopsIfRooted(ctx context.Context, name string) (int, error)
	SetPlain(ctx context.Context, id key, value string) error
	TouchPlain(ctx context.Context, id key) error        // an update of nothing
	TagPlain(ctx context.Context, id, tag key) error     // an update of an edge only
	TagPlains(ctx context.Context, tag key) (int, error) // the same in bulk
	SetDeleted(ctx context.Context, id key) error        // by hand
	UpsertRoot(ctx context.Context, name string, budget int64) error
	UpsertRoots(ctx context.Context, budget int64, names ...string) error
	UpsertPlain(ctx context.Context, name, value string) error
	UpsertPlains(ctx context.Context, value string, names ...string) error
	UpsertPlainWhere(ctx context.Context, name, value string) error // with a condition of its own

	// Deleting and restoring.
	DeleteRoot(ctx context.Context, id key) error
	DeleteRoots(ctx context.Context, names ...string) (int, error)
	DeleteTopsIfRooted(ctx context.Context) (int, error)
	DeleteChild(ctx context.Context, id key) error
	DeleteTag(ctx context.Context, id key) error
	DeletePlain(ctx context.Context, id key) error
	RestoreRoots(ctx context.Context, ids ...key) (int, error)
	RestoreRoot(ctx context.Context, id key) error // by clearing the field
	RestoreAndRename(ctx context.Context, id key, name string) (root, error)
	InTx(ctx context.Context, do func(world) error) error
}

// key identifies a row: a uuid.UUID or an int.
type key any

// root is a row of the main entity.
type root struct {
	Name                 string
	Tenant               uuid.UUID
	Version, Budget      int64
	CreatedBy, UpdatedBy *uuid.UUID
	Deleted, Changed     bool
	ChildrenNow          func(context.Context) (int, error) // asks the entity for its children
}
