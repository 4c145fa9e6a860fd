package schemagraph

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plinth-go/plinth/annotation"
)

// design is a small shop whose annotations hold.
func design() *Graph {
	user := &Entity{
		Name: "User", Table: "users", Pos: Pos{File: "user.go", Line: 10},
		Fields: []*Field{
			{Name: "id", Column: "id", Type: "uuid", PK: true},
			{Name: "tenant_id", Column: "tenant_id", Type: "uuid", Facts: annotation.Facts{Role: annotation.Tenant}},
			{Name: "email", Column: "email", Type: "string"},
			{Name: "nick", Column: "nick_name", Type: "string", Optional: true, Facts: annotation.Facts{Nullable: &annotation.Nullable{Why: "not everyone has one"}}},
			{Name: "prefs", Column: "prefs", Type: "json"},
		},
		Edges:   []*Edge{{Name: "orders", To: "Order", Rel: "O2M"}, {Name: "groups", To: "Group", Rel: "M2M", Through: "Membership"}},
		Indexes: []*Index{{Name: "uq_users_email", Fields: []string{"tenant_id", "email"}, Unique: true}},
	}
	user.Facts.Queries = []annotation.Query{
		{Name: "ByEmail", Eq: []string{"email"}, Page: annotation.One},
		{Name: "Find", Search: []string{"nick"}, Prefix: []string{"email"}, Contains: []string{"prefs"}, Sort: []string{"nick", "-id"}, Rate: "0.5/s"},
		{Name: "Buyers", Eq: []string{"orders.status"}, Where: map[string]string{"nick": "not null"}},
	}
	order := &Entity{
		Name: "Order", Table: "orders", Pos: Pos{File: "order.go", Line: 12},
		Marks: map[string]Pos{"query Recent": {File: "order.go", Line: 31, Column: 4}, "Aggregate": {File: "order.go", Line: 29}},
		Fields: []*Field{
			{Name: "id", Column: "id", Type: "uuid", PK: true},
			{Name: "customer_id", Column: "customer_id", Type: "uuid", Pos: Pos{File: "order.go", Line: 20}},
			{Name: "status", Column: "status", Type: "enum", Enum: []string{"draft", "paid", "shipped"}, Pos: Pos{File: "order.go", Line: 21}},
			{Name: "total", Column: "total_cents", Type: "int64", Pos: Pos{File: "order.go", Line: 22}},
			{Name: "paid", Column: "paid", Type: "bool"},
			{Name: "placed_at", Column: "placed_at", Type: "time", Optional: true, Nillable: true},
			{Name: "deleted_at", Column: "deleted_at", Type: "time", Optional: true, Facts: annotation.Facts{Role: annotation.SoftDelete}},
		},
		Edges: []*Edge{
			{Name: "customer", To: "User", Rel: "M2O", Inverse: true, Required: true, Field: "customer_id", Pos: Pos{File: "order.go", Line: 40}},
			{Name: "items", To: "Item", Rel: "O2M", Pos: Pos{File: "order.go", Line: 41}},
		},
	}
	order.Facts = annotation.Facts{
		Aggregate:  &annotation.Aggregate{Children: []string{"items"}},
		Determines: []annotation.Determines{{From: []string{"status"}, To: []string{"paid"}}},
		Queries: []annotation.Query{{
			Name: "Recent", Eq: []string{"customer.email"}, In: []string{"status"}, Range: []string{"placed_at", "total"},
			Where: map[string]string{"paid": "true", "customer.tenant_id": "018f0000-0000-7000-8000-000000000000"}, Sort: []string{"-placed_at"},
			Page: annotation.Keyset, WithDeleted: true, P95: time.Millisecond,
		}},
	}
	order.Fields[3].Facts.Denormalized = &annotation.Denormalized{From: "sum(items)", KeptBy: "PlaceOrder", Why: "lists", Query: "Recent"}
	item := &Entity{
		Name: "Item", Table: "items",
		Fields: []*Field{{Name: "id", Column: "id", Type: "int", PK: true}},
		Edges:  []*Edge{{Name: "order", To: "Order", Rel: "M2O", Inverse: true}},
	}
	member := &Entity{Name: "Membership", Table: "memberships", Fields: []*Field{{Name: "id", Column: "id", Type: "int", PK: true}}}
	group := &Entity{Name: "Group", Table: "groups", Fields: []*Field{{Name: "id", Column: "id", Type: "int", PK: true}}}
	return &Graph{Dialect: Postgres, Entities: []*Entity{user, order, item, member, group}}
}

func TestCheckAcceptsWhatHolds(t *testing.T) {
	require.Empty(t, Check(design()))
}

func TestCheck(t *testing.T) {
	type change func(user, order *Entity)
	query := func(q annotation.Query) change {
		return func(_, order *Entity) { order.Facts.Queries = append(order.Facts.Queries, q) }
	}
	onStatus := func(f annotation.Facts) change {
		return func(_, order *Entity) { order.Fields[2].Facts = f }
	}
	for name, test := range map[string]struct {
		change change
		want   string
	}{
		"field": {func(_, o *Entity) { o.Facts.Queries[0].In[0] = "stauts" },
			`order.go:31:4: Order: query "Recent": In: unknown field "stauts"; did you mean "status"?`},
		"edge":        {func(_, o *Entity) { o.Facts.Queries[0].Eq[0] = "custmer.email" }, `order.go:31:4: Order: query "Recent": Eq: Order has no edge "custmer"; did you mean "customer"?`},
		"behind edge": {func(_, o *Entity) { o.Facts.Queries[0].Eq[0] = "customer.emial" }, `order.go:31:4: Order: query "Recent": Eq: unknown field "emial" of User; did you mean "email"?`},
		"over field":  {query(annotation.Query{Name: "Q", Eq: []string{"status.id"}}), `order.go:12: Order: query "Q": Eq: Order has no edge "status"; "status" is a field; a path goes over edges`},
		"edge itself": {query(annotation.Query{Name: "Q", Eq: []string{"customer"}}), `order.go:12: Order: query "Q": Eq: unknown field "customer"; "customer" is an edge; its field is "customer_id"`},
		"no field":    {query(annotation.Query{Name: "Q", Eq: []string{"items"}}), `order.go:12: Order: query "Q": Eq: unknown field "items"; "items" is an edge; name a field behind it, like "items.id"`},
		"column":      {query(annotation.Query{Name: "Q", Eq: []string{"total_cents"}}), `order.go:12: Order: query "Q": Eq: unknown field "total_cents"; "total_cents" is the column; the field is "total"`},
		"enum value":  {query(annotation.Query{Name: "Q", Where: map[string]string{"status": "payed"}}), `order.go:12: Order: query "Q": Where: "payed" is no value of "status"; did you mean "paid"?`},
		"bool value":  {query(annotation.Query{Name: "Q", Where: map[string]string{"paid": "maybe"}}), `order.go:12: Order: query "Q": Where: "maybe" is no bool, the type of "paid"`},
		"int value":   {query(annotation.Query{Name: "Q", Where: map[string]string{"total": "x"}}), `order.go:12: Order: query "Q": Where: "x" is no int64, the type of "total"`},
		"null":        {query(annotation.Query{Name: "Q", Where: map[string]string{"status": "null"}}), `order.go:12: Order: query "Q": Where: "status" is never null; drop the condition`},
		"search":      {query(annotation.Query{Name: "Q", Search: []string{"total"}}), `order.go:12: Order: query "Q": Search does not fit "total", which is of type int64; text search needs a string: use Eq or In`},
		"range":       {query(annotation.Query{Name: "Q", Range: []string{"paid"}}), `order.go:12: Order: query "Q": Range does not fit "paid", which is of type bool; a range needs a number, a time or a string: use Eq or In`},
		"json":        {query(annotation.Query{Name: "Q", Eq: []string{"customer.prefs"}}), `order.go:12: Order: query "Q": Eq does not fit "customer.prefs", which is of type json; compare JSON with Contains`},
		"contains":    {query(annotation.Query{Name: "Q", Contains: []string{"status"}}), `order.go:12: Order: query "Q": Contains does not fit "status", which is of type enum; containment needs JSON: use Eq or In`},
		"sort many":   {func(u, _ *Entity) { u.Facts.Queries[0].Sort = []string{"-orders.total"} }, `user.go:10: User: query "ByEmail": Sort through "orders.total", which leads to many rows, has no meaning`},
		"twice":       {query(annotation.Query{Name: "Recent"}), `order.go:31:4: Order: query "Recent" is declared twice; give one of them another name`},
		"name":        {query(annotation.Query{Name: "by status"}), `order.go:12: Order: query "by status": the name is no exported Go identifier; write it like ByStatus`},
		"no name":     {query(annotation.Query{}), `order.go:12: Order: query 2 has no name; give it one, like ByStatus`},
		"fixed twice": {query(annotation.Query{Name: "Q", Eq: []string{"status"}, In: []string{"status"}}), `order.go:12: Order: query "Q": "status" is fixed by Eq and by In; keep one of them`},
		"eq range":    {query(annotation.Query{Name: "Q", Eq: []string{"total"}, Range: []string{"total"}}), `order.go:12: Order: query "Q": "total" is fixed by Eq, a range of it has no meaning; keep one of them`},
		"same twice":  {query(annotation.Query{Name: "Q", Sort: []string{"total", "-total"}}), `order.go:12: Order: query "Q": Sort names "total" twice; name it once`},
		"page":        {query(annotation.Query{Name: "Q", Page: "keset"}), `order.go:12: Order: query "Q": unknown way to page "keset"; did you mean "keyset"?`},
		"one":         {query(annotation.Query{Name: "Q", Eq: []string{"status"}, Page: annotation.One}), `order.go:12: Order: query "Q" returns at most one row, but what it compares is not unique; compare the fields of a unique index with Eq, or page another way`},
		"rate":        {query(annotation.Query{Name: "Q", Rate: "80 per s"}), `order.go:12: Order: query "Q": Rate "80 per s" is not understood; write a number per s, min, h or d, like "80/s"`},
		"deleted":     {func(u, _ *Entity) { u.Facts.Queries[0].WithDeleted = true }, `user.go:10: User: query "ByEmail" reads deleted rows, but User is not soft-deleted; drop WithDeleted`},
		"determines": {func(_, o *Entity) { o.Facts.Determines[0].To = []string{"payd"} },
			`order.go:12: Order: annotation.Determines: unknown field "payd"; did you mean "paid"?`},
		"child":         {func(_, o *Entity) { o.Facts.Aggregate.Children = []string{"itmes"} }, `order.go:29: Order: aggregate: unknown edge "itmes"; did you mean "items"?`},
		"child owner":   {func(_, o *Entity) { o.Facts.Aggregate.Children = []string{"customer"} }, `order.go:29: Order: aggregate: "customer" leads to what Order belongs to, not to a part of it`},
		"child m2m":     {func(u, _ *Entity) { u.Facts.Aggregate = &annotation.Aggregate{Children: []string{"groups"}} }, `user.go:10: User: aggregate: "groups" is many-to-many: Group belongs to others as well`},
		"denormalized":  {onStatus(annotation.Facts{Denormalized: &annotation.Denormalized{From: "a", KeptBy: "b"}}), `order.go:21: Order.status: annotation.Denormalized has no Why; say in Why what would be slower without it`},
		"its query":     {func(_, o *Entity) { o.Fields[3].Facts.Denormalized.Query = "Recnt" }, `order.go:22: Order.total: annotation.Denormalized: Order declares no query "Recnt"; did you mean "Recent"?`},
		"far query":     {func(_, o *Entity) { o.Fields[3].Facts.Denormalized.Query = "Usr.ByEmail" }, `order.go:22: Order.total: annotation.Denormalized: unknown entity "Usr"; did you mean "User"?`},
		"not nullable":  {onStatus(annotation.Facts{Nullable: &annotation.Nullable{Why: "x"}}), `order.go:21: Order.status: annotation.Nullable gives a reason for NULL, but the column is NOT NULL; make it Optional().Nillable(), or drop the annotation`},
		"nullable edge": {func(_, o *Entity) { o.Edges[0].Facts.Nullable = &annotation.Nullable{Why: "x"} }, `order.go:40: Order.customer: annotation.Nullable gives a reason for NULL, but the column is NOT NULL; drop Required(), or the annotation`},
		"far edge":      {func(_, o *Entity) { o.Edges[1].Facts.Nullable = &annotation.Nullable{Why: "x"} }, `order.go:41: Order.items: annotation.Nullable on an edge whose column is not in this table; write it where the column is`},
		"misplaced":     {onStatus(annotation.Facts{Volume: &annotation.Volume{Rows: 1}}), `order.go:21: Order.status: annotation.Volume on a field has no meaning; write it on the entity`},
		"on the entity": {func(_, o *Entity) { o.Facts.NDistinct = &annotation.NDistinct{Values: 1} }, `order.go:12: Order: annotation.NDistinct on an entity has no meaning; write it on a field`},
		"allow":         {onStatus(annotation.Facts{Allow: []annotation.Allow{{Rule: "S301"}}}), `order.go:21: Order.status: annotation.Allow of S301 has no reason; say in Why what makes it right here`},
		"rule":          {onStatus(annotation.Facts{Allow: []annotation.Allow{{Rule: "301", Why: "x"}}}), `order.go:21: Order.status: annotation.Allow names no rule: "301"; a code looks like "S301"`},
		"renamed":       {onStatus(annotation.Facts{RenamedFrom: &annotation.RenamedFrom{Old: "paid"}}), `order.go:21: Order.status: it cannot be renamed from "paid": that field is there still; drop one of the two, or the annotation`},
		"role type":     {onStatus(annotation.Facts{Role: annotation.Version}), `order.go:21: Order.status: a field with the role "version" is of type int or int32 or int64 or uint or uint32 or uint64, not enum`},
		"role":          {onStatus(annotation.Facts{Role: "tenent"}), `order.go:21: Order.status: unknown role "tenent"; did you mean "tenant"?`},
		"role twice":    {func(_, o *Entity) { o.Fields[5].Facts.Role = annotation.SoftDelete }, `Order.deleted_at: field "placed_at" has the role "soft_delete" already; keep one of the two`},
		"row security":  {func(_, o *Entity) { o.Facts.RowSecurity = &annotation.RowSecurity{} }, `order.go:12: Order: annotation.RowSecurity needs a tenant, and Order has none; give it mixin.Tenant, or drop the annotation`},
		"setting":       {func(u, _ *Entity) { u.Facts.RowSecurity = &annotation.RowSecurity{Setting: "tenant'"} }, `user.go:10: User: annotation.RowSecurity: "tenant'" is no name of a setting; write two words with a dot between, like "plinth.tenant"`},
		"sensitive":     {onStatus(annotation.Facts{Sensitive: &annotation.Sensitive{}}), `order.go:21: Order.status: annotation.Sensitive has no Kind; say in Kind "pii", "secret", "financial", "health" or a word of your own`},
	} {
		t.Run(name, func(t *testing.T) {
			g := design()
			test.change(g.Entities[0], g.Entities[1])
			var got []string
			for _, p := range Check(g) {
				got = append(got, p.String())
			}
			require.Equal(t, []string{test.want}, got)
		})
	}
}

func TestCheckRefusesASoftDeletedJoinTable(t *testing.T) {
	g := design()
	join := g.Entities[3]
	join.Fields = append(join.Fields, &Field{Name: "deleted_at", Column: "deleted_at", Type: "time", Optional: true, Facts: annotation.Facts{Role: annotation.SoftDelete}})
	problems := Check(g)
	require.Len(t, problems, 1)
	require.Contains(t, problems[0].String(), "Membership is the join table of User.groups")
}

// Whatever is written, Check answers, and what it suggests is known.
func TestCheckNeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := design()
		names := rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"status", "-total", "customer.email", "items.id", ".", "a.b.c", ""})), 0, 3)
		for _, e := range g.Entities {
			q := annotation.Query{Name: rapid.String().Draw(t, "name"), Page: annotation.Page(rapid.String().Draw(t, "page")), Rate: rapid.String().Draw(t, "rate")}
			for _, to := range []*[]string{&q.Eq, &q.In, &q.Range, &q.Search, &q.Prefix, &q.Contains, &q.Sort, &q.Select} {
				*to = names.Draw(t, "fields")
			}
			e.Facts.Queries = append(e.Facts.Queries, q)
			e.Facts.Aggregate = &annotation.Aggregate{Children: names.Draw(t, "children")}
		}
		for _, p := range Check(g) {
			if p.Object == "" || p.Message == "" {
				t.Fatalf("a problem without an object or a message: %+v", p)
			}
		}
	})
}
