package requirement

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// minimal is a file to which tests add what is wrong.
const minimal = `version: 1
name: shop
tenancy: none
entities:
  User:
    attributes:
      email: {type: string(320), unique: true}
      active: {type: bool, default: true}
      role: {type: "enum(admin, guest)"}
  Order:
    attributes:
      placed_at: {type: time, "null": not placed yet}
      total_cents: {type: int64}
      data: json
    queries:
      ByCustomer: {eq: customer_id, sort: -placed_at}
relationships:
  - {kind: one_to_many, from: User, to: Order, inverse: customer}
`

func TestMinimalParses(t *testing.T) {
	_, err := Parse("r.yaml", []byte(minimal))
	require.NoError(t, err)
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ name, from, to, want string }{
		{"misspelt sort", "sort: -placed_at", "sort: -placd_at",
			`r.yaml:16:43: query "ByCustomer" sorts by "placd_at", which Order does not have; did you mean "placed_at"?`},
		{"relationship instead of its column", "eq: customer_id", "eq: customer",
			`r.yaml:16:24: query "ByCustomer" compares "customer", which Order does not have; did you mean "customer_id"?`},
		{"unknown key", "tenancy: none", "tenency: none", `r.yaml:3:1: unknown key "tenency" in the file; did you mean "tenancy"?`},
		{"unknown type", "type: int64", "type: intt64", `r.yaml:13:27: attribute "total_cents" of Order has the unknown type "intt64"; did you mean "int64"?`},
		{"money", "type: int64", "type: money", `r.yaml:13:27: attribute "total_cents" of Order has the unknown type "money"; money is int64 in the smallest unit (price_cents), or decimal(19,4)`},
		{"no length", "string(320)", "string", `r.yaml:7:21: attribute "email" of User has no length; write string(200) or "length: 200"`},
		{"unknown entity", "from: User", "from: Usr", `r.yaml:18:31: there is no entity "Usr"; did you mean "User"?`},
		{"plural of an entity", "from: User", "from: users", `r.yaml:18:31: there is no entity "users"; did you mean "User"?`},
		{"kind", "one_to_many", "one_to_mny", `r.yaml:18:12: "relationships.0.kind" cannot be "one_to_mny"; did you mean "one_to_many"?; it is one of one_to_many, one_to_one, many_to_many`},
		{"enum default", `enum(admin, guest)"`, `enum(admin, guest)", default: gest`, `r.yaml:9:51: the default "gest" of User.role is none of its values; did you mean "guest"?`},
		{"bool default", "default: true", "default: maybe", `r.yaml:8:37: the default maybe of User.active is not true or false`},
		{"set null of a required key", "inverse: customer", "inverse: customer, on_delete: set_null",
			`r.yaml:18:78: Order.customer is required, so it cannot be set to null when its User is deleted; give the reason why it may be null, or choose restrict or cascade`},
		{"column given twice", "data: json", "customer_id: uuid", `r.yaml:14:7: the column "customer_id" of Order comes from its relationship to User; leave the attribute out`},
		{"mixin's column", "data: json", "created_at: time", `r.yaml:14:7: Order has "created_at" already (by timestamps); leave it out`},
		{"reserved word", "data: json", "order: int64", `r.yaml:14:7: "order" cannot be an attribute: it is a reserved word of SQL; for instance order_order`},
		{"camel case", "data: json", "placedBy: int64", `r.yaml:14:7: "placedBy" cannot be an attribute: names are snake_case: placed_by`},
		{"entity in the plural's way", "  Order:\n", "  Package:\n", `r.yaml:10:3: "Package" cannot be an entity: "package" is a word of Go, and Ent names a package so; choose another name`},
		{"version", "version: 1", "version: 2", `r.yaml:1:10: version 2 of the language is not known; this is version 1`},
		{"missing key", "name: shop\n", "", `r.yaml:1:1: the file lacks "name"`},
		{"twice", "tenancy: none", "tenancy: none\ntenancy: none", `r.yaml:4:1: "tenancy" is there twice in the file; first on line 3`},
		{"number", "type: int64", "type: int64, min: low", `r.yaml:13:39: "entities.Order.attributes.total_cents.min" takes a number, not "low"`},
		{"search on a number", "sort: -placed_at", "search: total_cents", `r.yaml:16:45: query "ByCustomer" has "total_cents" under search, but it is a int64`},
		{"one of many", "sort: -placed_at", "page: one", `r.yaml:16:43: query "ByCustomer" returns at most one row, but nothing it compares is unique; use page: all with a limit, or add the rule under "unique"`},
		{"keyset without order", "sort: -placed_at", "page: keyset", `r.yaml:16:43: query "ByCustomer" pages by keyset, which needs a sort order`},
		{"latency", "sort: -placed_at", "p95: fast", `r.yaml:16:42: "fast" is not a time, as in 10ms`},
		{"rate", "sort: -placed_at", "rate: often", `r.yaml:16:43: "often" is not a rate: a number per s, min, h or d, as in 80/s`},
		{"through an edge", "eq: customer_id", "eq: customer.emial", `r.yaml:16:24: query "ByCustomer" compares "emial", which User does not have; did you mean "email"?`},
		{"syntax", "entities:", "entities: [", `r.yaml:`},
		{"tabs", "  User:", "\tUser:", `r.yaml:5:1: reading YAML: found character that cannot start any token (YAML is indented with spaces, not tabs)`},
		{"empty", minimal, "", `r.yaml:1:1: the file is empty; begin with "version: 1", "name:" and "entities:"`},
		{"recursive", minimal, "entities: &x\n  A: *x\nversion: 1\nname: a\n", `r.yaml:`},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Contains(t, minimal, c.from)
			_, err := Parse("r.yaml", []byte(strings.Replace(minimal, c.from, c.to, 1)))
			require.Error(t, err)
			var ms Mistakes
			require.True(t, errors.As(err, &ms))
			assert.Contains(t, err.Error(), c.want)
		})
	}
}

// Everything that is wrong is told at once, in the order of the file.
func TestAllMistakesAtOnce(t *testing.T) {
	text := strings.NewReplacer("string(320)", "strin(320)", "int64", "decimal", "sort: -placed_at", "sort: nothing", "to: Order", "to: Ordr").Replace(minimal)
	_, err := Parse("r.yaml", []byte(text))
	var ms Mistakes
	require.True(t, errors.As(err, &ms))
	assert.GreaterOrEqual(t, len(ms), 4)
	for i := 1; i < len(ms); i++ {
		assert.LessOrEqual(t, ms[i-1].Pos.Line, ms[i].Pos.Line)
	}
}

func TestDBML(t *testing.T) {
	doc, err := ParseDBML("s.dbml", []byte(`
Project shop { database_type: 'PostgreSQL' Note: 'a shop' }
// customers
Table users as U [headercolor: #fff] {
  id uuid [pk, default: `+"`gen_random_uuid()`"+`]
  email varchar(320) [unique, not null, note: 'sign-in']
  role user_role [not null, default: 'guest']
  created_at timestamptz [not null]
  Note: 'people'
}
Enum user_role { guest admin [note: 'all'] }
Table orders {
  id bigint [pk, increment]
  customer_id uuid [not null, ref: > U.id]
  total decimal(12,2) [not null, default: 0]
  deleted_at timestamp
  indexes { (customer_id, total) [name: 'x'] }
}
Table order_tags { order_id bigint [pk] 
 tag_id uuid [pk] }
Table tags {
 id uuid [pk]
 name varchar(40) [not null] }
Ref: order_tags.order_id > orders.id [delete: cascade]
Ref r2 { order_tags.tag_id > tags.id }
`))
	require.NoError(t, err)
	d, err := New(doc)
	require.NoError(t, err)
	var names []string
	for _, x := range d.Types {
		names = append(names, x.Name)
	}
	assert.Equal(t, []string{"User", "Order", "Tag"}, names)
	order, _ := d.Type("Order")
	assert.True(t, order.IntID)
	assert.True(t, order.Has("SoftDelete"))
	f, ok := order.Field("customer_id")
	require.True(t, ok)
	assert.Equal(t, UUID, f.Kind)
	e, ok := order.Edge("tags")
	require.True(t, ok)
	assert.True(t, e.Many)
	assert.NotEmpty(t, d.Questions, "queries and volumes are not in a diagram")
}

func TestDBMLMistakes(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Tabel users {}", `s.dbml:1:1: "Tabel" begins nothing that DBML knows; did you mean "Table"?`},
		{"Table users {\n id uuid [pk\n", `s.dbml:2:10: the settings are not closed with ]`},
		{"Table users {\n id\n}", `s.dbml:2:4: column "id" of users has no type`},
		{"Table users {\n id uuid [pk]\n name strin [not null]\n}", `s.dbml:3:2: column "name" of User has the type "strin", which is not known; did you mean "string"?`},
		{"Table users {\n id uuid [pk]\n x uuid [ref: > usrs.id]\n}", `the reference names the table "usrs", which is not there; did you mean "users"?`},
		{"Table users {\n id uuid [note: 'open]\n}", `s.dbml:2:17: the text is not closed with '`},
		{"", `there are no entities`},
	} {
		_, err := ParseDBML("s.dbml", []byte(c.text))
		require.Error(t, err, c.text)
		assert.Contains(t, err.Error(), c.want)
	}
}

// No input makes the parsers panic, and what they accept can be designed.
func FuzzParse(f *testing.F) {
	f.Add([]byte(minimal), false)
	files, _ := filepath.Glob("../../examples/*/requirements.yaml")
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil {
			f.Add(data, false)
		}
	}
	f.Add([]byte("Table users {\n id uuid [pk]\n name varchar(10) [not null]\n}\nRef: users.id > users.id\n"), true)
	f.Fuzz(func(t *testing.T, data []byte, dbml bool) {
		parse := Parse
		if dbml {
			parse = ParseDBML
		}
		doc, err := parse("f", data)
		if err != nil {
			return
		}
		d, err := New(doc)
		if err != nil {
			t.Fatalf("parsed, but: %v", err)
		}
		d.Compare(d.Graph())
	})
}

// A tree of pairs: Ent tells the two columns apart by the inverse's name.
func TestManyToManyOfOneEntity(t *testing.T) {
	for _, through := range []string{"", ", through: Follow"} {
		doc, err := Parse("r.yaml", []byte("version: 1\nname: a\ntenancy: none\nentities:\n  User: {}\n  Follow: {}\nrelationships:\n"+
			"  - {kind: many_to_many, from: User, to: User, name: following, inverse: followers"+through+"}\n"))
		require.NoError(t, err)
		d, err := New(doc)
		require.NoError(t, err)
		table := "user_following"
		if through != "" {
			table = "follows"
		}
		tab, ok := d.Graph().Table(table)
		require.True(t, ok)
		for _, c := range []string{"user_id", "follower_id"} {
			_, ok := tab.Column(c)
			assert.True(t, ok, c)
		}
	}
}

// A one-to-one relationship to rows that are deleted softly is a rule among the live ones.
func TestOneToOneOfSoftDeleted(t *testing.T) {
	doc, err := Parse("r.yaml", []byte("version: 1\nname: a\ntenancy: none\nentities:\n  User: {}\n  Profile: {soft_delete: true}\nrelationships:\n"+
		"  - {kind: one_to_one, from: User, to: Profile}\n"))
	require.NoError(t, err)
	d, err := New(doc)
	require.NoError(t, err)
	p, _ := d.Type("Profile")
	i := 0
	for _, ix := range p.Indexes {
		if ix.Unique && ix.Where == "deleted_at IS NULL" {
			i++
		}
	}
	assert.Equal(t, 1, i)
	u, _ := d.Type("User")
	_, ok := u.Edge("profiles")
	assert.True(t, ok)
}
