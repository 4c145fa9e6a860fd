package benchmark

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "github.com/lib/pq"              // the driver "postgres"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	gormpg "gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/plinth-go/plinth/ent"
	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
	"github.com/plinth-go/plinth/internal/repository"
	"github.com/plinth-go/plinth/mixin"
	"github.com/plinth-go/plinth/store"
)

// Environment of BenchmarkDataAccess: where the table is written, and how many orders there are.
const (
	writeVariable = "PLINTH_BENCH_WRITE"
	rowsVariable  = "PLINTH_BENCH_ROWS"
)

// world is the database and every peer on it.
type world struct {
	ctx      context.Context
	db       *sql.DB // lib/pq
	native   *pgxpool.Pool
	stock    *ent.Client // Ent on lib/pq
	stockPGX *ent.Client // Ent on pgx
	gorm     *gorm.DB
	bun      *bun.DB
	client   *ent.Client // Ent on store.Driver
	repos    *repository.Repositories

	rows     int
	tenant   uuid.UUID
	users    []uuid.UUID
	emails   []string
	products []uuid.UUID
	orders   []uuid.UUID // some of them
	busy     uuid.UUID   // a customer with 200 orders
}

// BenchmarkDataAccess compares the generated repositories with their peers, shuffled in one process. With
// PLINTH_BENCH_WRITE=docs/benchmarks/data-access.md it writes the table.
func BenchmarkDataAccess(b *testing.B) {
	w := newWorld(b)
	var t table
	for _, c := range w.cases() {
		t.run(b, c)
	}
	w.depths(b, &t)
	for b.Loop() {
		// The work is done above: peers are measured against each other, not by iterations.
	}
	text := t.markdown(w.rows)
	b.Log("\n" + text)
	if file := os.Getenv(writeVariable); file != "" {
		root, err := filepath.Abs("../..")
		require.NoError(b, err)
		if !filepath.IsAbs(file) {
			file = filepath.Join(root, file)
		}
		require.NoError(b, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(b, os.WriteFile(file, []byte(text), 0o644))
	}
	for _, miss := range t.missed {
		b.Error(miss)
	}
}

func newWorld(b *testing.B) *world {
	d := devdbtest.Test(b)
	ctx := context.Background()
	w := &world{db: d.DB, rows: 1_000_000}
	if v := os.Getenv(rowsVariable); v != "" {
		n, err := strconv.Atoi(v)
		require.NoError(b, err)
		w.rows = n
	}
	w.db.SetMaxIdleConns(8)
	ddl, err := os.ReadFile("../../ent/migrate/schema.sql")
	require.NoError(b, err)
	_, err = w.db.Exec(string(ddl))
	require.NoError(b, err)

	w.client = ent.NewClient(ent.Driver(store.NewDriver("postgres", w.db)))
	w.repos = repository.New(w.client)
	w.stock = ent.NewClient(ent.Driver(entsql.OpenDB("postgres", w.db)))
	pgxDB, err := sql.Open("pgx", d.URL)
	require.NoError(b, err)
	pgxDB.SetMaxIdleConns(8)
	w.stockPGX = ent.NewClient(ent.Driver(entsql.OpenDB("postgres", pgxDB)))
	w.native, err = pgxpool.New(ctx, d.URL)
	require.NoError(b, err)
	w.gorm, err = gorm.Open(gormpg.New(gormpg.Config{DSN: d.URL}), &gorm.Config{Logger: logger.Discard})
	require.NoError(b, err)
	w.bun = bun.NewDB(w.db, pgdialect.New())
	b.Cleanup(func() {
		w.native.Close()
		_ = pgxDB.Close()
		if g, err := w.gorm.DB(); err == nil {
			_ = g.Close()
		}
	})
	w.fill(b, ctx)
	return w
}

// fill makes one tenant with its orders.
func (w *world) fill(b *testing.B, ctx context.Context) {
	tenant, err := w.repos.Tenant.Create(ctx, repository.TenantCreate{Slug: "bench", Name: "Bench"})
	require.NoError(b, err)
	w.tenant = tenant.ID
	w.ctx = mixin.WithTenant(ctx, tenant.ID)
	users := make([]repository.UserCreate, max(10, w.rows/200))
	for i := range users {
		users[i] = repository.UserCreate{Email: fmt.Sprintf("u%d@example.com", i), Name: fmt.Sprintf("User %d", i)}
		w.emails = append(w.emails, users[i].Email)
	}
	made, err := w.repos.User.CreateMany(w.ctx, users)
	require.NoError(b, err)
	for _, u := range made {
		w.users = append(w.users, u.ID)
	}
	w.busy = w.users[0]
	products := make([]repository.ProductCreate, 100)
	for i := range products {
		products[i] = repository.ProductCreate{Sku: fmt.Sprintf("P%d", i), Name: "Product", PriceCents: 100}
	}
	goods, err := w.repos.Product.CreateMany(w.ctx, products)
	require.NoError(b, err)
	for _, p := range goods {
		w.products = append(w.products, p.ID)
	}
	_, err = w.db.Exec(`INSERT INTO orders (id, tenant_id, customer_id, status, total_cents, placed_at)
		SELECT gen_random_uuid(), $1, u.id, 'paid', n, '2025-01-01'::timestamptz + n * interval '1 second'
		FROM generate_series(1, $2::int) AS n
		JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS k FROM users) AS u ON u.k = n % $3`, w.tenant, w.rows, len(w.users))
	require.NoError(b, err)
	_, err = w.db.Exec("VACUUM ANALYZE")
	require.NoError(b, err)
	rows, err := w.db.Query("SELECT id FROM orders TABLESAMPLE SYSTEM (5) LIMIT 2000")
	require.NoError(b, err)
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		require.NoError(b, rows.Scan(&id))
		w.orders = append(w.orders, id)
	}
	if len(w.orders) == 0 {
		b.Fatal("no orders sampled")
	}
}

func (w *world) order() uuid.UUID { return w.orders[rand.IntN(len(w.orders))] }

// peer is one way to do a thing. Its first call may prepare.
type peer struct {
	name string
	do   func() error
}

// comparison is a thing and the ways to do it; the last peer is ours.
type comparison struct {
	name   string
	rounds int
	peers  []peer
	// need are the required ratios: ours against a peer at most the number, negative for a peer against ours at least.
	need   map[string]float64
	allocs float64 // ours at most; 0 for no bound
}

// result is what was measured of a peer.
type result struct {
	p10, p50 time.Duration
	allocs   float64
	bytes    float64
}

type table struct {
	text   strings.Builder
	missed []string
}

func (t *table) run(b *testing.B, c comparison) {
	times := map[string][]time.Duration{}
	for _, p := range c.peers {
		for range 3 { // prepared statements need a second use
			require.NoError(b, p.do(), "%s by %s", c.name, p.name)
		}
	}
	order := slices.Clone(c.peers)
	for range c.rounds {
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, p := range order {
			start := time.Now()
			err := p.do()
			times[p.name] = append(times[p.name], time.Since(start))
			require.NoError(b, err, "%s by %s", c.name, p.name)
		}
	}
	results := map[string]result{}
	for _, p := range c.peers {
		ts := times[p.name]
		slices.Sort(ts)
		r := result{p10: ts[len(ts)/10], p50: ts[len(ts)/2]}
		n := min(c.rounds, 200)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range n {
			require.NoError(b, p.do())
		}
		runtime.ReadMemStats(&after)
		r.allocs = float64(after.Mallocs-before.Mallocs) / float64(n)
		r.bytes = float64(after.TotalAlloc-before.TotalAlloc) / float64(n)
		results[p.name] = r
	}
	t.add(c, results)
}

const ours = "plinth repository"

func (t *table) add(c comparison, results map[string]result) {
	fmt.Fprintf(&t.text, "\n## %s\n\n| | p10 | median | of ours | allocations | bytes |\n|---|--:|--:|--:|--:|--:|\n", c.name)
	mine := results[ours]
	for _, p := range c.peers {
		r := results[p.name]
		fmt.Fprintf(&t.text, "| %s | %s | %s | %.2f | %.0f | %.0f |\n", p.name, brief(r.p10), brief(r.p50), float64(r.p10)/float64(mine.p10), r.allocs, r.bytes)
	}
	t.text.WriteString("\n")
	need := func(met bool, format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		mark := "met"
		if !met {
			mark = "**missed**"
			t.missed = append(t.missed, c.name+": "+text)
		}
		fmt.Fprintf(&t.text, "- %s: %s\n", text, mark)
	}
	for _, p := range c.peers {
		switch n := c.need[p.name]; {
		case n > 0:
			ratio := float64(mine.p10) / float64(results[p.name].p10)
			need(ratio <= n, "at most %.2f times %s; measured %.2f", n, p.name, ratio)
		case n < 0:
			ratio := float64(results[p.name].p10) / float64(mine.p10)
			need(ratio >= -n, "at least %.1f times faster than %s; measured %.2f", -n, p.name, ratio)
		}
	}
	if c.allocs > 0 {
		need(mine.allocs <= c.allocs, "at most %.0f allocations; measured %.0f", c.allocs, mine.allocs)
	}
}

func brief(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

func (t *table) markdown(rows int) string {
	return fmt.Sprintf(`# Data access, compared

The generated repositories against other ways to the same rows, on a throwaway PostgreSQL reached by a unix socket, with
%d orders. The peers take turns in random order within one process; p10 is the tenth percentile of the times, "of ours"
how many times the p10 of the repository it is. Allocations are per operation. Made by `+"`make bench-data`"+`.
`, rows) + t.text.String()
}

func p10(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/10]
}

// desc sorts the greatest first.
func desc() entsql.OrderTermOption { return entsql.OrderDesc() }
