package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/plinth-go/plinth/ent"
	"github.com/plinth-go/plinth/ent/order"
	"github.com/plinth-go/plinth/ent/user"
	"github.com/plinth-go/plinth/internal/repository"
	"github.com/plinth-go/plinth/mixin"
	"github.com/plinth-go/plinth/store"
)

// steps prints what was done and how long it took.
type steps struct {
	out   io.Writer
	start time.Time
}

func (s *steps) do(what string, fn func() (string, error)) error {
	begin := time.Now()
	detail, err := fn()
	mark := "✓"
	if err != nil {
		mark = "✗"
	}
	fmt.Fprintf(s.out, "  %s %-34s %-62s %9s\n", mark, what, detail, brief(time.Since(begin)))
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func brief(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

// demo runs a day in the life of a shop.
func demo(ctx context.Context, s *shop, out io.Writer) error {
	p := &steps{out: out, start: time.Now()}
	fmt.Fprintf(out, "shop on %s\n", s.where)
	d := &day{shop: s}
	for _, step := range []struct {
		what string
		do   func(context.Context) (string, error)
	}{
		{"tenant", d.tenantStep},
		{"users", d.usersStep},
		{"products", d.productsStep},
		{"orders, in one transaction", d.ordersStep},
		{"a transaction that fails", d.failStep},
		{"orders by page, with total", d.pageStep},
		{"a customer's orders, by cursor", d.cursorStep},
		{"search for products", d.searchStep},
		{"pay an order", d.payStep},
		{"pay it again, from the old version", d.staleStep},
		{"change the lines of an order", d.linesStep},
		{"soft-delete a product", d.deleteStep},
		{"restore it", d.restoreStep},
		{"another tenant", d.otherStep},
	} {
		// The tenant and the actor of everything after the first steps.
		if err := p.do(step.what, func() (string, error) { return step.do(d.context(ctx)) }); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "done in %s\n", brief(time.Since(p.start)))
	return nil
}

// day is what the steps of the demo hand on.
type day struct {
	*shop
	tenant   *ent.Tenant
	staff    *ent.User
	customer *ent.User
	products []*ent.Product
	placed   *ent.Order
}

// context says for whom and by whom the work is done, as a web server's middleware would.
func (d *day) context(ctx context.Context) context.Context {
	if d.tenant != nil {
		ctx = mixin.WithTenant(ctx, d.tenant.ID)
	}
	if d.staff != nil {
		ctx = mixin.WithActor(ctx, d.staff.ID)
	}
	return ctx
}

func (d *day) tenantStep(ctx context.Context) (string, error) {
	// A name of its own for each run, so that the demo can be run on the same database again.
	slug := "acme-" + uuid.NewString()[:8]
	var err error
	d.tenant, err = d.Tenant.Create(ctx, repository.TenantCreate{Slug: slug, Name: "Acme Instruments"})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s (%s)", d.tenant.Name, slug), nil
}

func (d *day) usersStep(ctx context.Context) (string, error) {
	users, err := d.User.CreateMany(ctx, []repository.UserCreate{
		{Email: "grace@acme.example", Name: "Grace Hopper", Role: new(user.RoleAdmin)},
		{Email: "ada@example.com", Name: "Ada Lovelace"},
		{Email: "alan@example.com", Name: "Alan Turing"},
	})
	if err != nil {
		return "", err
	}
	d.staff, d.customer = users[0], users[1]
	_, err = d.User.Create(ctx, repository.UserCreate{Email: "ada@example.com", Name: "Another Ada"})
	var conflict *store.ConflictError
	if !errors.As(err, &conflict) {
		return "", fmt.Errorf("a second user with the same address was not refused: %w", err)
	}
	return fmt.Sprintf("%d made; a second %s refused by %s", len(users), "ada@example.com", conflict.Constraint), nil
}

func (d *day) productsStep(ctx context.Context) (string, error) {
	var in []repository.ProductCreate
	for i, name := range []string{"Slide rule", "Difference engine", "Punched cards", "Magnetic tape", "Pocket calculator"} {
		in = append(in, repository.ProductCreate{
			Sku: fmt.Sprintf("AC-%03d", i+1), Name: name, PriceCents: int64(1_000 * (i + 1)),
			Attributes: map[string]string{"era": []string{"mechanical", "electric"}[min(i/3, 1)]},
		})
	}
	var err error
	d.products, err = d.Product.CreateMany(ctx, in)
	return fmt.Sprintf("%d made with one statement", len(d.products)), err
}

// place places an order of the customer for some products: the order and its lines are saved as one.
func (d *day) place(ctx context.Context, products ...*ent.Product) (*ent.Order, error) {
	a := repository.OrderAggregate{OrderCreate: repository.OrderCreate{
		CustomerID: d.customer.ID, PlacedAt: new(mixin.Now()), TotalCents: new(int64),
	}}
	for i, p := range products {
		quantity := int32(i + 1)
		a.Items = append(a.Items, repository.OrderItemCreate{
			ProductID: p.ID, Position: int32(i + 1), Quantity: quantity, UnitPriceCents: p.PriceCents,
		})
		*a.TotalCents += int64(quantity) * p.PriceCents
	}
	return d.Order.Save(ctx, a)
}

func (d *day) ordersStep(ctx context.Context) (string, error) {
	var total int64
	const n = 25
	err := store.InTx(ctx, d.client, func(ctx context.Context) error {
		for i := range n {
			o, err := d.place(ctx, d.products[i%5], d.products[(i+1)%5])
			if err != nil {
				return err
			}
			d.placed = o
			total += o.TotalCents
		}
		return nil
	}, store.Retry(3))
	return fmt.Sprintf("%d orders, %d lines, %s", n, 2*n, money(total)), err
}

func money(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

func (d *day) failStep(ctx context.Context) (string, error) {
	before, err := d.Order.Count(ctx, repository.OrderFilter{})
	if err != nil {
		return "", err
	}
	err = store.InTx(ctx, d.client, func(ctx context.Context) error {
		if _, err := d.place(ctx, d.products[0]); err != nil {
			return err
		}
		_, err := d.place(ctx, &ent.Product{ID: mixin.NewID()}) // a product that does not exist
		return err
	})
	var conflict *store.ConflictError
	if !errors.As(err, &conflict) {
		return "", fmt.Errorf("an order for a product that does not exist was not refused: %w", err)
	}
	after, err := d.Order.Count(ctx, repository.OrderFilter{})
	if err == nil && after != before {
		err = fmt.Errorf("%d orders before, %d after", before, after)
	}
	return fmt.Sprintf("refused by %s; still %d orders", conflict.Constraint, after), err
}

func (d *day) pageStep(ctx context.Context) (string, error) {
	page, err := d.Order.List(ctx, repository.OrderFilter{Status: []order.Status{order.StatusDraft}},
		repository.OrderByPlacedAtDesc, store.Window{Limit: 10, Offset: 10})
	return fmt.Sprintf("page 2: %d of %d", len(page.Items), page.Total), err
}

func (d *day) cursorStep(ctx context.Context) (string, error) {
	var after store.Cursor
	for pages, n := 1, 0; ; pages++ {
		page, err := d.Order.ByCustomer(ctx, d.customer.ID, nil, after, 10)
		if err != nil {
			return "", err
		}
		n += len(page.Items)
		if !page.More() {
			return fmt.Sprintf("%d orders of %s in %d pages", n, d.customer.Name, pages), nil
		}
		after = page.Next
	}
}

func (d *day) searchStep(ctx context.Context) (string, error) {
	found, err := d.Product.Search(ctx, "engine", store.Window{})
	if err != nil {
		return "", err
	}
	electric, err := d.Product.WithAttributes(ctx, map[string]string{"era": "electric"}, store.Window{})
	return fmt.Sprintf("%d with \"engine\" in the name, %d electric", found.Total, electric.Total), err
}

func (d *day) payStep(ctx context.Context) (string, error) {
	paid, err := d.Order.Update(ctx, d.placed.ID, d.placed.Version, repository.OrderPatch{Status: new(order.StatusPaid)})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("version %d to %d", d.placed.Version, paid.Version), nil
}

func (d *day) staleStep(ctx context.Context) (string, error) {
	_, err := d.Order.Update(ctx, d.placed.ID, d.placed.Version, repository.OrderPatch{Status: new(order.StatusCancelled)})
	if !errors.Is(err, store.ErrStale) {
		return "", fmt.Errorf("the change was not refused: %w", err)
	}
	return "refused: " + store.ErrStale.Error(), nil
}

func (d *day) linesStep(ctx context.Context) (string, error) {
	o, err := d.Order.Load(ctx, d.placed.ID)
	if err != nil {
		return "", err
	}
	a := repository.OrderAggregate{Version: o.Version, OrderCreate: repository.OrderCreate{
		ID: &o.ID, CustomerID: o.CustomerID, Status: &o.Status, PlacedAt: o.PlacedAt,
	}}
	first := o.Edges.Items[0]
	a.Items = []repository.OrderItemCreate{
		{ID: &first.ID, ProductID: first.ProductID, Position: first.Position, Quantity: first.Quantity + 1, UnitPriceCents: first.UnitPriceCents},
		{ProductID: d.products[4].ID, Position: 9, Quantity: 1, UnitPriceCents: d.products[4].PriceCents},
	}
	total := int64(first.Quantity+1)*first.UnitPriceCents + d.products[4].PriceCents
	a.TotalCents = &total
	saved, err := d.Order.Save(ctx, a)
	if err != nil {
		return "", err
	}
	items, err := d.OrderItem.ByOrder(ctx, saved.ID)
	return fmt.Sprintf("one changed, one added, one removed: %d lines, %s", len(items), money(saved.TotalCents)), err
}

func (d *day) deleteStep(ctx context.Context) (string, error) {
	p := d.products[0]
	if err := d.Product.SoftDelete(ctx, p.ID); err != nil {
		return "", err
	}
	if _, err := d.Product.Get(ctx, p.ID); !errors.Is(err, store.ErrNotFound) {
		return "", fmt.Errorf("the deleted product is still found: %w", err)
	}
	live, err := d.Product.Count(ctx, repository.ProductFilter{})
	if err != nil {
		return "", err
	}
	all, err := d.Product.Count(mixin.IncludeDeleted(ctx), repository.ProductFilter{})
	return fmt.Sprintf("%s is not found any more: %d live of %d", p.Name, live, all), err
}

func (d *day) restoreStep(ctx context.Context) (string, error) {
	p, err := d.Product.Restore(ctx, d.products[0].ID)
	if err != nil {
		return "", err
	}
	p, err = d.Product.BySKU(ctx, p.Sku)
	if err != nil {
		return "", err
	}
	return p.Name + " is back", nil
}

func (d *day) otherStep(ctx context.Context) (string, error) {
	other, err := d.Tenant.Create(ctx, repository.TenantCreate{Slug: "other-" + uuid.NewString()[:8], Name: "Other"})
	if err != nil {
		return "", err
	}
	if _, err := d.Order.Get(mixin.WithTenant(ctx, other.ID), d.placed.ID); !errors.Is(err, store.ErrNotFound) {
		return "", fmt.Errorf("another tenant's order was found: %w", err)
	}
	if _, err := d.Order.Get(context.WithoutCancel(context.Background()), d.placed.ID); !errors.Is(err, store.ErrNoTenant) {
		return "", fmt.Errorf("an order was found without a tenant: %w", err)
	}
	return "does not find the first one's orders", nil
}
