package benchmark

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/plinth-go/plinth/ent"
	"github.com/plinth-go/plinth/ent/order"
	"github.com/plinth-go/plinth/ent/user"
	"github.com/plinth-go/plinth/internal/repository"
	"github.com/plinth-go/plinth/mixin"
	"github.com/plinth-go/plinth/store"
)

// Names of the peers.
const (
	rawPrepared = "database/sql + lib/pq, prepared"
	rawPlain    = "database/sql + lib/pq"
	entPQ       = "Ent on lib/pq"
	entPGX      = "Ent on pgx"
	entStore    = "Ent on store.Driver"
	gormName    = "GORM"
	bunName     = "bun"
	pgxName     = "pgx"
)

// row is an order as the peers without a model of their own read it.
type row struct {
	bun.BaseModel `bun:"table:orders" gorm:"-"`
	ID            uuid.UUID  `bun:",pk" gorm:"primaryKey"`
	TenantID      uuid.UUID  `bun:"tenant_id"`
	CreatedAt     time.Time  `bun:"created_at"`
	UpdatedAt     time.Time  `bun:"updated_at"`
	DeletedAt     *time.Time `bun:"deleted_at"`
	CreatedBy     *uuid.UUID `bun:"created_by"`
	UpdatedBy     *uuid.UUID `bun:"updated_by"`
	Version       int64      `bun:"version"`
	CustomerID    uuid.UUID  `bun:"customer_id"`
	Status        string     `bun:"status"`
	TotalCents    int64      `bun:"total_cents"`
	PlacedAt      *time.Time `bun:"placed_at"`
}

func (row) TableName() string { return "orders" }

func (r *row) dest() []any {
	return []any{&r.ID, &r.TenantID, &r.CreatedAt, &r.UpdatedAt, &r.DeletedAt, &r.CreatedBy, &r.UpdatedBy, &r.Version,
		&r.CustomerID, &r.Status, &r.TotalCents, &r.PlacedAt}
}

func (r *row) values() []any {
	return []any{r.ID, r.TenantID, r.CreatedAt, r.UpdatedAt, r.DeletedAt, r.CreatedBy, r.UpdatedBy, r.Version,
		r.CustomerID, r.Status, r.TotalCents, r.PlacedAt}
}

// item is an order item of the same peers.
type item struct {
	bun.BaseModel  `bun:"table:order_items" gorm:"-"`
	ID             uuid.UUID `bun:",pk" gorm:"primaryKey"`
	TenantID       uuid.UUID `bun:"tenant_id"`
	CreatedAt      time.Time `bun:"created_at"`
	UpdatedAt      time.Time `bun:"updated_at"`
	OrderID        uuid.UUID `bun:"order_id"`
	ProductID      uuid.UUID `bun:"product_id"`
	Position       int32     `bun:"position"`
	Quantity       int32     `bun:"quantity"`
	UnitPriceCents int64     `bun:"unit_price_cents"`
}

func (item) TableName() string { return "order_items" }

func (i *item) values() []any {
	return []any{i.ID, i.TenantID, i.CreatedAt, i.UpdatedAt, i.OrderID, i.ProductID, i.Position, i.Quantity, i.UnitPriceCents}
}

const (
	orderColumns = "id, tenant_id, created_at, updated_at, deleted_at, created_by, updated_by, version, customer_id, status, total_cents, placed_at"
	itemColumns  = "id, tenant_id, created_at, updated_at, order_id, product_id, position, quantity, unit_price_cents"
	byID         = "SELECT " + orderColumns + " FROM orders WHERE id = $1 AND tenant_id = $2 AND deleted_at IS NULL"
	pageWhere    = " FROM orders WHERE tenant_id = $1 AND deleted_at IS NULL AND customer_id = $2"
	pageText     = "SELECT " + orderColumns + ", (SELECT count(*)" + pageWhere + ")" + pageWhere + " ORDER BY placed_at DESC, id DESC LIMIT 20"
)

func prepare(db *sql.DB, query string) *sql.Stmt {
	s, err := db.Prepare(query)
	if err != nil {
		panic(err)
	}
	return s
}

func (w *world) cases() []comparison {
	return []comparison{w.get(), w.unique(), w.page(), w.withItems(), w.bulkPlain(), w.bulk()}
}

func (w *world) get() comparison {
	ctx := w.ctx
	stmt := prepare(w.db, byID)
	entGet := func(c *ent.Client) func() error {
		return func() error { _, err := c.Order.Query().Where(order.ID(w.order())).Only(ctx); return err }
	}
	return comparison{
		name: "Get by id", rounds: 3000, allocs: 60,
		need: map[string]float64{rawPrepared: 1.15, entPQ: -2.5, gormName: -1.2},
		peers: []peer{
			{rawPrepared, func() error { var r row; return stmt.QueryRowContext(ctx, w.order(), w.tenant).Scan(r.dest()...) }},
			{rawPlain, func() error { var r row; return w.db.QueryRowContext(ctx, byID, w.order(), w.tenant).Scan(r.dest()...) }},
			{entPQ, entGet(w.stock)},
			{entPGX, entGet(w.stockPGX)},
			{entStore, entGet(w.client)},
			{gormName, func() error {
				var r row
				return w.gorm.WithContext(ctx).Where("id = ? AND tenant_id = ? AND deleted_at IS NULL", w.order(), w.tenant).First(&r).Error
			}},
			{bunName, func() error {
				var r row
				return w.bun.NewSelect().Model(&r).Where("id = ? AND tenant_id = ? AND deleted_at IS NULL", w.order(), w.tenant).Scan(ctx)
			}},
			{pgxName, func() error { var r row; return w.native.QueryRow(ctx, byID, w.order(), w.tenant).Scan(r.dest()...) }},
			{ours, func() error { _, err := w.repos.Order.Get(ctx, w.order()); return err }},
		},
	}
}

func (w *world) unique() comparison {
	ctx := w.ctx
	const text = "SELECT id, tenant_id, created_at, updated_at, deleted_at, created_by, updated_by, email, name, password_hash, role, active FROM users WHERE tenant_id = $1 AND email = $2 AND deleted_at IS NULL"
	stmt := prepare(w.db, text)
	email := func() string { return w.emails[rand.IntN(len(w.emails))] }
	scan := func(r interface{ Scan(...any) error }) error {
		var u ent.User
		return r.Scan(&u.ID, &u.TenantID, &u.CreatedAt, &u.UpdatedAt, &u.DeletedAt, &u.CreatedBy, &u.UpdatedBy, &u.Email, &u.Name, &u.PasswordHash, &u.Role, &u.Active)
	}
	entGet := func(c *ent.Client) func() error {
		return func() error { _, err := c.User.Query().Where(user.Email(email())).Only(ctx); return err }
	}
	return comparison{
		name: "Get by unique key", rounds: 2000, need: map[string]float64{rawPrepared: 1.15},
		peers: []peer{
			{rawPrepared, func() error { return scan(stmt.QueryRowContext(ctx, w.tenant, email())) }},
			{rawPlain, func() error { return scan(w.db.QueryRowContext(ctx, text, w.tenant, email())) }},
			{entPQ, entGet(w.stock)},
			{entPGX, entGet(w.stockPGX)},
			{pgxName, func() error { return scan(w.native.QueryRow(ctx, text, w.tenant, email())) }},
			{ours, func() error { _, err := w.repos.User.ByEmail(ctx, email()); return err }},
		},
	}
}

func (w *world) page() comparison {
	ctx := w.ctx
	stmt := prepare(w.db, pageText)
	raw := func(rows *sql.Rows, err error) error {
		if err != nil {
			return err
		}
		defer rows.Close()
		var total int64
		out := make([]*row, 0, 20)
		for rows.Next() {
			r := new(row)
			if err := rows.Scan(append(r.dest(), &total)...); err != nil {
				return err
			}
			out = append(out, r)
		}
		if len(out) != 20 {
			return fmt.Errorf("%d rows", len(out))
		}
		return rows.Err()
	}
	entPage := func(c *ent.Client) func() error {
		return func() error {
			q := c.Order.Query().Where(order.CustomerID(w.busy))
			if _, err := q.Clone().Count(ctx); err != nil {
				return err
			}
			_, err := q.Order(order.ByPlacedAt(desc()), order.ByID(desc())).Limit(20).All(ctx)
			return err
		}
	}
	const where = "tenant_id = ? AND deleted_at IS NULL AND customer_id = ?"
	return comparison{
		name: "Page of 20 with total", rounds: 800, need: map[string]float64{rawPrepared: 1.1},
		peers: []peer{
			{rawPrepared, func() error { return raw(stmt.QueryContext(ctx, w.tenant, w.busy)) }},
			{rawPlain, func() error { return raw(w.db.QueryContext(ctx, pageText, w.tenant, w.busy)) }},
			{entPQ, entPage(w.stock)},
			{entPGX, entPage(w.stockPGX)},
			{gormName, func() error {
				var n int64
				var rows []row
				q := w.gorm.WithContext(ctx).Model(&row{}).Where(where, w.tenant, w.busy)
				if err := q.Count(&n).Error; err != nil {
					return err
				}
				return q.Order("placed_at DESC, id DESC").Limit(20).Find(&rows).Error
			}},
			{bunName, func() error {
				var rows []row
				_, err := w.bun.NewSelect().Model(&rows).Where(where, w.tenant, w.busy).Order("placed_at DESC", "id DESC").Limit(20).ScanAndCount(ctx)
				return err
			}},
			{ours, func() error {
				_, err := w.repos.Order.List(ctx, repository.OrderFilter{CustomerID: []uuid.UUID{w.busy}}, repository.OrderByPlacedAtDesc, store.Window{Limit: 20})
				return err
			}},
		},
	}
}

// newRow is an order to be written.
func (w *world) newRow() *row {
	now := mixin.Now()
	return &row{ID: mixin.NewID(), TenantID: w.tenant, CreatedAt: now, UpdatedAt: now, Version: 1, CustomerID: w.users[1], Status: "paid", TotalCents: 500, PlacedAt: &now}
}

func (w *world) newItems(o *row) []*item {
	out := make([]*item, 5)
	for i := range out {
		out[i] = &item{ID: mixin.NewID(), TenantID: w.tenant, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt, OrderID: o.ID,
			ProductID: w.products[i], Position: int32(i + 1), Quantity: 1, UnitPriceCents: 100}
	}
	return out
}

func marks(n int) string {
	m := make([]string, n)
	for i := range m {
		m[i] = fmt.Sprintf("$%d", i+1)
	}
	return strings.Join(m, ", ")
}

func (w *world) withItems() comparison {
	ctx := w.ctx
	insertOrder := prepare(w.db, "INSERT INTO orders ("+orderColumns+") VALUES ("+marks(12)+")")
	insertItem := prepare(w.db, "INSERT INTO order_items ("+itemColumns+") VALUES ("+marks(9)+")")
	entPlace := func(c *ent.Client) func() error {
		return func() error {
			tx, err := c.Tx(ctx)
			if err != nil {
				return err
			}
			o, err := tx.Order.Create().SetCustomerID(w.users[1]).SetStatus(order.StatusPaid).SetTotalCents(500).SetPlacedAt(mixin.Now()).Save(ctx)
			if err != nil {
				return err
			}
			items := make([]*ent.OrderItemCreate, 5)
			for i := range items {
				items[i] = tx.OrderItem.Create().SetOrderID(o.ID).SetProductID(w.products[i]).SetPosition(int32(i + 1)).SetQuantity(1).SetUnitPriceCents(100)
			}
			if _, err := tx.OrderItem.CreateBulk(items...).Save(ctx); err != nil {
				return err
			}
			return tx.Commit()
		}
	}
	return comparison{
		name: "Place an order with 5 items", rounds: 300, need: map[string]float64{entPQ: -2},
		peers: []peer{
			{rawPrepared, func() error {
				o := w.newRow()
				tx, err := w.db.BeginTx(ctx, nil)
				if err != nil {
					return err
				}
				if _, err := tx.StmtContext(ctx, insertOrder).ExecContext(ctx, o.values()...); err != nil {
					return err
				}
				s := tx.StmtContext(ctx, insertItem)
				for _, i := range w.newItems(o) {
					if _, err := s.ExecContext(ctx, i.values()...); err != nil {
						return err
					}
				}
				return tx.Commit()
			}},
			{entPQ, entPlace(w.stock)},
			{entPGX, entPlace(w.stockPGX)},
			{bunName, func() error {
				return w.bun.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
					o := w.newRow()
					if _, err := tx.NewInsert().Model(o).Exec(ctx); err != nil {
						return err
					}
					items := w.newItems(o)
					_, err := tx.NewInsert().Model(&items).Exec(ctx)
					return err
				})
			}},
			{ours, func() error {
				a := repository.OrderAggregate{OrderCreate: repository.OrderCreate{CustomerID: w.users[1], Status: new(order.StatusPaid), TotalCents: new(int64(500)), PlacedAt: new(mixin.Now())}}
				for i := range 5 {
					a.Items = append(a.Items, repository.OrderItemCreate{ProductID: w.products[i], Position: int32(i + 1), Quantity: 1, UnitPriceCents: 100})
				}
				_, err := w.repos.Order.Save(ctx, a)
				return err
			}},
		},
	}
}

// person is a user of the peers without a model of their own.
type person struct {
	bun.BaseModel `bun:"table:users" gorm:"-"`
	ID            uuid.UUID  `bun:",pk" gorm:"primaryKey"`
	TenantID      uuid.UUID  `bun:"tenant_id"`
	CreatedAt     time.Time  `bun:"created_at"`
	UpdatedAt     time.Time  `bun:"updated_at"`
	DeletedAt     *time.Time `bun:"deleted_at"`
	CreatedBy     *uuid.UUID `bun:"created_by"`
	UpdatedBy     *uuid.UUID `bun:"updated_by"`
	Email         string     `bun:"email"`
	Name          string     `bun:"name"`
	PasswordHash  string     `bun:"password_hash"`
	Role          string     `bun:"role"`
	Active        bool       `bun:"active"`
}

func (person) TableName() string { return "users" }

const personColumns = "id, tenant_id, created_at, updated_at, deleted_at, created_by, updated_by, email, name, password_hash, role, active"

func (p *person) values() []any {
	return []any{p.ID, p.TenantID, p.CreatedAt, p.UpdatedAt, p.DeletedAt, p.CreatedBy, p.UpdatedBy, p.Email, p.Name, p.PasswordHash, p.Role, p.Active}
}

// email is one that nobody has yet.
func email() string { return uuid.NewString() + "@example.com" }

func (w *world) people(n int) []*person {
	out := make([]*person, n)
	for i := range out {
		now := mixin.Now()
		out[i] = &person{ID: mixin.NewID(), TenantID: w.tenant, CreatedAt: now, UpdatedAt: now, Email: email(), Name: "New", Role: "customer", Active: true}
	}
	return out
}

// bulkPlain inserts into a table that costs the server little, so that the way to it is what is measured.
func (w *world) bulkPlain() comparison {
	ctx := context.Background()
	const n = 10_000
	return comparison{
		name: "Insert 10,000 rows (tenants)", rounds: 9, need: map[string]float64{entPQ: -2.5},
		peers: []peer{
			{entPQ, func() error {
				builders := make([]*ent.TenantCreate, n)
				for i := range builders {
					builders[i] = w.stock.Tenant.Create().SetSlug(uuid.NewString()).SetName("New")
				}
				_, err := w.stock.Tenant.CreateBulk(builders...).Save(ctx)
				return err
			}},
			{pgxName + ", COPY", func() error {
				_, err := w.native.CopyFrom(ctx, pgx.Identifier{"tenants"}, []string{"id", "created_at", "updated_at", "slug", "name"},
					pgx.CopyFromSlice(n, func(int) ([]any, error) {
						now := mixin.Now()
						return []any{mixin.NewID(), now, now, uuid.NewString(), "New"}, nil
					}))
				return err
			}},
			{ours, func() error {
				in := make([]repository.TenantCreate, n)
				for i := range in {
					in[i] = repository.TenantCreate{Slug: uuid.NewString(), Name: "New"}
				}
				_, err := w.repos.Tenant.CreateMany(ctx, in)
				return err
			}},
		},
	}
}

func (w *world) bulk() comparison {
	ctx := w.ctx
	const n = 10_000
	return comparison{
		name: "Insert 10,000 rows with a foreign key and five indexes (users)", rounds: 5,
		peers: []peer{
			{entPQ, func() error {
				tx, err := w.stock.Tx(ctx)
				if err != nil {
					return err
				}
				for range n / 5_000 { // 65,535 parameters a statement
					builders := make([]*ent.UserCreate, 5_000)
					for i := range builders {
						builders[i] = tx.User.Create().SetEmail(email()).SetName("New")
					}
					if _, err := tx.User.CreateBulk(builders...).Save(ctx); err != nil {
						return err
					}
				}
				return tx.Commit()
			}},
			{gormName, func() error { return w.gorm.WithContext(ctx).CreateInBatches(w.people(n), 5_000).Error }},
			{bunName, func() error {
				rows := w.people(n)
				_, err := w.bun.NewInsert().Model(&rows).Exec(ctx)
				return err
			}},
			{pgxName + ", COPY", func() error {
				rows := w.people(n)
				_, err := w.native.CopyFrom(ctx, pgx.Identifier{"users"}, strings.Split(personColumns, ", "),
					pgx.CopyFromSlice(n, func(i int) ([]any, error) { return rows[i].values(), nil }))
				return err
			}},
			{ours, func() error {
				in := make([]repository.UserCreate, n)
				for i := range in {
					in[i] = repository.UserCreate{Email: email(), Name: "New"}
				}
				_, err := w.repos.User.CreateMany(ctx, in)
				return err
			}},
		},
	}
}

// depths measures a page at the beginning, in the middle and deep in the list of all orders.
func (w *world) depths(b *testing.B, t *table) {
	const limit = 20
	fmt.Fprintf(&t.text, "\n## A page of %d at a depth\n\n| depth | keyset (PlacedBetween) | offset (List, uncounted) |\n|--:|--:|--:|\n", limit)
	var first, last time.Duration
	for _, depth := range []int{0, 10_000, 500_000} {
		if depth >= w.rows {
			continue
		}
		var after store.Cursor
		if depth > 0 {
			after = w.cursorAt(b, depth, limit)
		}
		key := measure(b, 200, func() error {
			page, err := w.repos.Order.PlacedBetween(w.ctx, nil, nil, after, limit)
			if err == nil && len(page.Items) != limit {
				err = fmt.Errorf("%d rows", len(page.Items))
			}
			return err
		})
		off := measure(b, 7, func() error {
			_, err := w.repos.Order.List(w.ctx, repository.OrderFilter{}, repository.OrderByPlacedAt, store.Window{Limit: limit, Offset: depth, Count: store.Uncounted})
			return err
		})
		if depth == 0 {
			first = key
		}
		last = key
		fmt.Fprintf(&t.text, "| %d | %s | %s |\n", depth, brief(key), brief(off))
	}
	ratio := float64(last) / float64(first)
	mark := "met"
	if ratio > 2 {
		mark = "**missed**"
		t.missed = append(t.missed, fmt.Sprintf("keyset: deepest page %.2f times the first", ratio))
	}
	fmt.Fprintf(&t.text, "\n- keyset at the greatest depth at most 2 times the first page; measured %.2f: %s\n", ratio, mark)
}

// cursorAt walks to a depth in great steps.
func (w *world) cursorAt(b *testing.B, depth, _ int) store.Cursor {
	var after store.Cursor
	for n := 0; n < depth; n += store.MaxLimit {
		page, err := w.repos.Order.PlacedBetween(w.ctx, nil, nil, after, store.MaxLimit)
		require.NoError(b, err)
		after = page.Next
	}
	return after
}

func measure(b *testing.B, n int, do func() error) time.Duration {
	times := make([]time.Duration, 0, n)
	for i := range n + 3 {
		start := time.Now()
		require.NoError(b, do())
		if i >= 3 {
			times = append(times, time.Since(start))
		}
	}
	return p10(times)
}
