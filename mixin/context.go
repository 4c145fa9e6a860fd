package mixin

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/plinth-go/plinth/store"
)

type (
	tenantKey  struct{}
	actorKey   struct{}
	deletedKey struct{}
	hardKey    struct{}
)

// tenancy is for whom a call works: one tenant, or all of them for a reason.
type tenancy struct {
	id  uuid.UUID
	all bool
	why string
}

// errNoTenant is store.ErrNoTenant with the ways out.
var errNoTenant = fmt.Errorf("%w: give one with mixin.WithTenant, or say with mixin.AllTenants why all are meant", store.ErrNoTenant)

// errNoReason is AllTenants without a reason.
var errNoReason = errors.New("mixin.AllTenants needs a reason: say in its second argument why the work is done across tenants")

// WithTenant says for which tenant the work under ctx is done. It takes the place of an earlier WithTenant or
// AllTenants.
func WithTenant(ctx context.Context, id uuid.UUID) context.Context {
	return context.WithValue(ctx, tenantKey{}, tenancy{id: id})
}

// AllTenants says that the work under ctx is done across tenants, and why ("nightly billing run"); without a reason
// every call under it fails. Rows created under it need their tenant set.
func AllTenants(ctx context.Context, why string) context.Context {
	return context.WithValue(ctx, tenantKey{}, tenancy{all: true, why: why})
}

// TenantFrom is the tenant given by WithTenant; false where there is none or all are meant.
func TenantFrom(ctx context.Context) (uuid.UUID, bool) {
	t, _ := ctx.Value(tenantKey{}).(tenancy)
	return t.id, t.id != uuid.Nil
}

// TenantScope is what a statement must respect: rows of tenant id only, or every row where all is true. The error is
// store.ErrNoTenant where the context names neither.
func TenantScope(ctx context.Context) (id uuid.UUID, all bool, err error) {
	t, _ := ctx.Value(tenantKey{}).(tenancy)
	switch {
	case t.all && t.why == "":
		return uuid.Nil, false, errNoReason
	case t.all:
		return uuid.Nil, true, nil
	case t.id == uuid.Nil:
		return uuid.Nil, false, errNoTenant
	}
	return t.id, false, nil
}

// WithActor says who does the work under ctx: Audit writes it into created_by and updated_by.
func WithActor(ctx context.Context, id uuid.UUID) context.Context {
	return context.WithValue(ctx, actorKey{}, id)
}

// ActorFrom is the actor given by WithActor, false where there is none.
func ActorFrom(ctx context.Context) (uuid.UUID, bool) {
	id, _ := ctx.Value(actorKey{}).(uuid.UUID)
	return id, id != uuid.Nil
}

// IncludeDeleted makes queries and updates under ctx see soft-deleted rows as well.
func IncludeDeleted(ctx context.Context) context.Context {
	return context.WithValue(ctx, deletedKey{}, true)
}

// DeletedIncluded says whether queries under ctx see soft-deleted rows.
func DeletedIncluded(ctx context.Context) bool { return ctx.Value(deletedKey{}) == true }

// HardDelete makes deletes under ctx remove the rows for good, those that were soft-deleted before as well.
func HardDelete(ctx context.Context) context.Context {
	return context.WithValue(ctx, hardKey{}, true)
}

// HardDeleting says whether deletes under ctx remove the rows for good.
func HardDeleting(ctx context.Context) bool { return ctx.Value(hardKey{}) == true }
