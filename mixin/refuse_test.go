package mixin_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
	"github.com/plinth-go/plinth/mixin"
	"github.com/plinth-go/plinth/mixin/internal/testent/work/project"
)

// plain is a mutation of a client generated without the extension.
type plain struct {
	ent.Mutation
	op     ent.Op
	fields map[string]ent.Value
}

func (p plain) Op() ent.Op                              { return p.op }
func (p plain) Type() string                            { return "Order" }
func (p plain) Field(name string) (ent.Value, bool)     { v, ok := p.fields[name]; return v, ok }
func (p plain) FieldCleared(string) bool                { return false }
func (p plain) SetField(name string, v ent.Value) error { p.fields[name] = v; return nil }
func (p plain) WhereP(...func(*sql.Selector))           {}

// run sends a mutation through a mixin's hooks, and says whether it got through.
func run(ctx context.Context, hooks []ent.Hook, m ent.Mutation) (bool, error) {
	through := false
	var next ent.Mutator = ent.MutateFunc(func(context.Context, ent.Mutation) (ent.Value, error) {
		through = true
		return 1, nil
	})
	for _, h := range hooks {
		next = h(next)
	}
	_, err := next.Mutate(ctx, m)
	return through, err
}

func TestAClientWithoutTheExtensionIsRefused(t *testing.T) {
	ctx := as(t, acme)
	for name, inters := range map[string][]ent.Interceptor{"Tenant": mixin.Tenant{}.Interceptors(), "SoftDelete": mixin.SoftDelete{}.Interceptors()} {
		err := inters[0].(ent.Traverser).Traverse(ctx, struct{}{})
		require.ErrorIs(t, err, errors.ErrUnsupported, name)
		require.ErrorContains(t, err, "mixin."+name+" does not reach struct {}: generate the client with plinth's extension")
	}
	for name, hooks := range map[string][]ent.Hook{"Tenant": mixin.Tenant{}.Hooks(), "SoftDelete": mixin.SoftDelete{}.Hooks(), "Version": mixin.Version{}.Hooks()} {
		through, err := run(ctx, hooks, plain{op: ent.OpUpdateOne})
		require.ErrorIs(t, err, errors.ErrUnsupported, name)
		require.False(t, through, name)
	}
	through, err := run(mixin.HardDelete(ctx), mixin.SoftDelete{}.Hooks(), plain{op: ent.OpDeleteOne})
	require.ErrorIs(t, err, errors.ErrUnsupported, "a soft delete that would be a hard one")
	require.False(t, through)
}

func TestAuditCanBeRequired(t *testing.T) {
	audit := mixin.Audit{Required: true}
	for _, f := range audit.Fields() {
		require.False(t, f.Descriptor().Optional, f.Descriptor().Name)
	}
	for _, op := range []ent.Op{ent.OpCreate, ent.OpUpdate, ent.OpUpdateOne} {
		_, err := run(t.Context(), audit.Hooks(), plain{op: op, fields: map[string]ent.Value{}})
		require.ErrorContains(t, err, "no actor in the context: give one with mixin.WithActor")
		through, err := run(mixin.WithActor(t.Context(), ann), audit.Hooks(), plain{op: op, fields: map[string]ent.Value{}})
		require.NoError(t, err)
		require.True(t, through)
	}
	through, err := run(t.Context(), audit.Hooks(), plain{op: ent.OpDelete})
	require.NoError(t, err)
	require.True(t, through, "a delete writes nothing by itself")
}

func TestContext(t *testing.T) {
	ctx := t.Context()
	_, ok := mixin.TenantFrom(ctx)
	require.False(t, ok)
	id, ok := mixin.TenantFrom(mixin.WithTenant(mixin.AllTenants(ctx, "why"), acme))
	require.True(t, ok, "the last word counts")
	require.Equal(t, acme, id)
	_, ok = mixin.TenantFrom(mixin.AllTenants(mixin.WithTenant(ctx, acme), "why"))
	require.False(t, ok)
	require.False(t, mixin.DeletedIncluded(ctx))
	require.False(t, mixin.HardDeleting(ctx))
	_, ok = mixin.ActorFrom(ctx)
	require.False(t, ok)
}

// Rows that are written past the client are as complete as those it writes.
func TestTheDatabaseHasTheDefaultsToo(t *testing.T) {
	for name, d := range map[string]string{"postgres": dialect.Postgres, "sqlite": dialect.SQLite} {
		t.Run(name, func(t *testing.T) {
			db := devdbtest.SQLite
			if d == dialect.Postgres {
				db = devdbtest.Test
			}
			handle := db(t).DB
			w := newWork(t, sql.OpenDB(d, handle)).(workWorld)
			ctx := as(t, acme)
			for _, n := range []string{"a", "b"} {
				_, err := handle.ExecContext(ctx, "INSERT INTO projects (tenant_id, name) VALUES ('"+acme.String()+"', '"+n+"')")
				require.NoError(t, err)
			}
			vs, err := w.c.Project.Query().Order(project.ByName()).All(ctx)
			require.NoError(t, err)
			require.Len(t, vs, 2)
			require.NotEqual(t, vs[0].ID, vs[1].ID)
			for _, v := range vs {
				require.Equal(t, int64(1), v.Version)
				require.Zero(t, v.Budget)
				require.WithinDuration(t, time.Now(), v.CreatedAt, time.Minute)
				require.WithinDuration(t, time.Now(), v.UpdatedAt, time.Minute)
				require.Nil(t, v.DeletedAt)
			}
			// What create returns is what the row holds.
			made, err := w.c.Project.Create().SetName("c").Save(ctx)
			require.NoError(t, err)
			read, err := w.c.Project.Get(ctx, made.ID)
			require.NoError(t, err)
			require.True(t, made.CreatedAt.Equal(read.CreatedAt), "%s, %s", made.CreatedAt, read.CreatedAt)
			require.Equal(t, byte(7), made.ID[6]>>4, "version of the UUID")
		})
	}
}
