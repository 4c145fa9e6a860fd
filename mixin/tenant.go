package mixin

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	emixin "entgo.io/ent/schema/mixin"
	"github.com/google/uuid"

	"github.com/plinth-go/plinth/annotation"
)

// Tenant gives each row a tenant, and each statement through the client the tenant of its context (WithTenant):
// queries, counts, traversals, HasX predicates, updates, deletes and upserts reach that tenant's rows only, creates
// write it. Without a tenant in the context every one of them fails with store.ErrNoTenant; they never mean all
// rows unless AllTenants says so.
//
// Rows that a create or update connects by changing them (AddItemIDs), or in a join table, must be the tenant's too.
// A foreign key in the row itself (SetCustomerID) is not looked up, which would cost a query for each row: let the
// database check it with a foreign key of two columns (tenant_id, customer_id), or set CheckParents.
type Tenant struct {
	emixin.Schema
	// Field is the field's name; empty means "tenant_id".
	Field string
	// CheckParents looks up every row that a create or update refers to by its own foreign keys.
	CheckParents bool
	// RowSecurity makes PostgreSQL itself keep the tenants apart: the migrations give the table a policy. The
	// application then connects through RowSecurity, as a role that policies bind.
	RowSecurity bool
}

func (t Tenant) name() string { return or(t.Field, "tenant_id") }

// Fields of the mixin.
func (t Tenant) Fields() []ent.Field {
	return []ent.Field{
		field.UUID(t.name(), uuid.UUID{}).
			Immutable().
			Comment("The tenant the row belongs to.").
			Annotations(annotation.Role{Is: annotation.Tenant, Strict: t.CheckParents}),
	}
}

// Annotations of the mixin.
func (t Tenant) Annotations() []schema.Annotation {
	if !t.RowSecurity {
		return nil
	}
	return []schema.Annotation{annotation.RowSecurity{}}
}

// Interceptors of the mixin.
func (t Tenant) Interceptors() []ent.Interceptor {
	return []ent.Interceptor{ent.TraverseFunc(func(ctx context.Context, q ent.Query) error {
		id, all, err := TenantScope(ctx)
		if err != nil {
			return fmt.Errorf("querying with %T: %w", q, err)
		}
		sq, ok := q.(query)
		if !ok {
			return noExtension("Tenant", q)
		}
		if all {
			sq.ScopeP("tenant", nil)
			return nil
		}
		sq.ScopeP("tenant", t.is(id))
		return nil
	})}
}

// Hooks of the mixin.
func (t Tenant) Hooks() []ent.Hook {
	return []ent.Hook{func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			id, all, err := TenantScope(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s of %s: %w", verb(m), m.Type(), err)
			}
			if m.Op().Is(ent.OpCreate) {
				if err := t.assign(m, id, all); err != nil {
					return nil, fmt.Errorf("create of %s: %w", m.Type(), err)
				}
				if cm, ok := m.(interface{ PlinthChildren(context.Context) error }); ok {
					if err := cm.PlinthChildren(ctx); err != nil {
						return nil, err
					}
				}
			}
			if pm, ok := m.(interface{ PlinthParents(context.Context) error }); ok && t.CheckParents && !m.Op().Is(ent.OpDelete|ent.OpDeleteOne) {
				if err := pm.PlinthParents(ctx); err != nil {
					return nil, err
				}
			}
			if m.Op().Is(ent.OpCreate) {
				return next.Mutate(ctx, m)
			}
			wm, ok := m.(mutation)
			if _, generated := m.(scopedMutation); !ok || !generated {
				return nil, noExtension("Tenant", m)
			}
			if !all {
				wm.WhereP(t.is(id))
			}
			return next.Mutate(ctx, m)
		})
	}}
}

// assign gives a row to be created its tenant, or refuses one that is not the context's.
func (t Tenant) assign(m ent.Mutation, id uuid.UUID, all bool) error {
	given, set := m.Field(t.name())
	switch {
	case all && !set:
		return fmt.Errorf("under mixin.AllTenants the row's %s must be set", t.name())
	case all:
		return nil
	case !set:
		return m.SetField(t.name(), id)
	case given != id:
		return fmt.Errorf("%s %v is not the context's tenant %v", t.name(), given, id)
	}
	return nil
}

func (t Tenant) is(id uuid.UUID) func(*sql.Selector) {
	return func(s *sql.Selector) { s.Where(sql.EQ(s.C(t.name()), id)) }
}

// scopedMutation marks the mutations of a client generated with the extension, which keeps updates without a
// changed column, upserts and HasX predicates within the scope of the context.
type scopedMutation interface{ PlinthScoped() }

// noExtension is the error of a client that was generated without plinth's extension.
func noExtension(mixin string, v any) error {
	return fmt.Errorf("mixin.%s does not reach %T: generate the client with plinth's extension (plinth generate, or extension.New in entc.go): %w",
		mixin, v, errors.ErrUnsupported)
}

// verb is what a mutation does.
func verb(m ent.Mutation) string {
	switch op := m.Op(); {
	case op.Is(ent.OpCreate):
		return "create"
	case op.Is(ent.OpUpdate | ent.OpUpdateOne):
		return "update"
	}
	return "delete"
}
