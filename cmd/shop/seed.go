package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/plinth-go/plinth/ent"
	"github.com/plinth-go/plinth/ent/order"
	"github.com/plinth-go/plinth/internal/repository"
	"github.com/plinth-go/plinth/mixin"
	"github.com/plinth-go/plinth/store"
)

// batch is how many rows one step of seeding makes, and so what it holds in memory.
const batch = 5_000

// ordersPerCustomer is how many orders a customer gets on average.
const ordersPerCustomer = 20

// seed makes a tenant with customers, products and orders.
func seed(ctx context.Context, s *shop, rows int, out, progress io.Writer) error {
	start := time.Now()
	tenant, err := s.Tenant.Create(ctx, repository.TenantCreate{Slug: "seed-" + uuid.NewString()[:8], Name: "Seed"})
	if err != nil {
		return err
	}
	ctx = mixin.WithTenant(ctx, tenant.ID)
	bar := &meter{out: progress, total: rows, start: start}

	users := make([]repository.UserCreate, max(1, rows/ordersPerCustomer))
	for i := range users {
		users[i] = repository.UserCreate{Email: fmt.Sprintf("user%d@example.com", i), Name: fmt.Sprintf("User %d", i)}
	}
	customers, err := s.User.CreateMany(ctx, users)
	if err != nil {
		return err
	}
	products := make([]repository.ProductCreate, max(1, min(rows/10, 10_000)))
	for i := range products {
		products[i] = repository.ProductCreate{
			Sku: fmt.Sprintf("S-%06d", i), Name: fmt.Sprintf("Product %d", i), PriceCents: int64(100 + i%9_900),
			Attributes: map[string]string{"colour": []string{"red", "green", "blue"}[i%3]},
		}
	}
	if _, err := s.Product.CreateMany(ctx, products); err != nil {
		return err
	}
	for done := 0; done < rows; done += batch {
		n := min(batch, rows-done)
		if _, err := s.Order.CreateMany(ctx, orders(done, n, customers)); err != nil {
			return fmt.Errorf("after %d orders: %w", done, err)
		}
		bar.at(done + n)
	}
	bar.end()
	page, err := s.Order.List(ctx, repository.OrderFilter{}, "", store.Window{Limit: 1})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d orders, %d customers, %d products of tenant %s in %.1f s\n",
		page.Total, len(customers), len(products), tenant.Slug, time.Since(start).Seconds())
	return nil
}

func orders(from, n int, customers []*ent.User) []repository.OrderCreate {
	states := []order.Status{order.StatusDraft, order.StatusPaid, order.StatusShipped, order.StatusCancelled}
	first := mixin.Now().Add(-365 * 24 * time.Hour)
	in := make([]repository.OrderCreate, n)
	for i := range in {
		k := from + i
		in[i] = repository.OrderCreate{
			CustomerID: customers[k*7919%len(customers)].ID, Status: &states[k%len(states)],
			TotalCents: new(int64(100 + k%100_000)), PlacedAt: new(first.Add(time.Duration(k) * time.Second)),
		}
	}
	return in
}

// meter shows how far a long job is, on a terminal or in a log: a line each second.
type meter struct {
	out         io.Writer
	total       int
	start, last time.Time
	shown       bool
}

func (m *meter) at(n int) {
	if time.Since(m.start) < 500*time.Millisecond || time.Since(m.last) < time.Second && n < m.total {
		return
	}
	m.last, m.shown = time.Now(), true
	rate := float64(n) / time.Since(m.start).Seconds()
	left := time.Duration(float64(m.total-n) / rate * float64(time.Second)).Round(time.Second)
	fmt.Fprintf(m.out, "\r%3d %%  %d of %d  %.0f/s  %s left   ", 100*n/m.total, n, m.total, rate, left)
}

func (m *meter) end() {
	if m.shown {
		fmt.Fprintln(m.out)
	}
}
