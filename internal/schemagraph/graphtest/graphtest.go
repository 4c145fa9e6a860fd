// Package graphtest draws random design graphs for property tests: tables, columns of every usual type, defaults,
// indexes, foreign keys, checks, enum types and comments, all of which PostgreSQL accepts. Names come from small
// pools, so that two graphs drawn one after the other overlap and their difference holds changes of every kind.
package graphtest

import (
	"cmp"
	"fmt"
	"slices"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"pgregory.net/rapid"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// kind is a column type with the defaults it may take and the index methods that fit it.
type kind struct {
	name     string
	typ      func(d *draw) schema.Type
	defaults []schema.Expr
	ordered  bool // has a B-tree operator class
	check    string
}

var kinds = []kind{
	{"varchar(n)", func(d *draw) schema.Type {
		return &schema.StringType{T: "varchar", Size: rapid.SampledFrom([]int{20, 64, 255}).Draw(d.t, "size")}
	}, lits("x", "it's", ""), true, "char_length(%s) > 0"},
	{"varchar", fixed(&schema.StringType{T: "varchar"}), lits("a b"), true, "char_length(%s) < 1000"},
	{"text", fixed(&schema.StringType{T: "text"}), lits("t"), true, "%s <> ''"},
	{"bigint", fixed(&schema.IntegerType{T: "bigint"}), lits("0", "42"), true, "%s >= 0"},
	{"integer", fixed(&schema.IntegerType{T: "integer"}), lits("1"), true, "%s > 0"},
	{"smallint", fixed(&schema.IntegerType{T: "smallint"}), lits("7"), true, "%s < 100"},
	{"boolean", fixed(&schema.BoolType{T: "boolean"}), lits("true", "false"), true, ""},
	{"timestamptz", fixed(&schema.TimeType{T: "timestamptz"}), raws("now()", "CURRENT_TIMESTAMP"), true, ""},
	{"date", fixed(&schema.TimeType{T: "date"}), raws("CURRENT_DATE"), true, ""},
	{"uuid", fixed(&schema.UUIDType{T: "uuid"}), raws("gen_random_uuid()"), true, ""},
	{"jsonb", fixed(&schema.JSONType{T: "jsonb"}), lits("{}", "[]"), false, ""},
	{"double", fixed(&schema.FloatType{T: "double precision"}), lits("1.5"), true, "%s > 0"},
	{"real", fixed(&schema.FloatType{T: "real"}), nil, true, ""},
	{"numeric", func(d *draw) schema.Type {
		return &schema.DecimalType{T: "numeric", Precision: rapid.SampledFrom([]int{10, 12, 18}).Draw(d.t, "precision"), Scale: 2}
	}, lits("0"), true, "%s >= 0"},
	{"bytea", fixed(&schema.BinaryType{T: "bytea"}), nil, true, ""},
	{"inet", fixed(&postgres.NetworkType{T: "inet"}), nil, true, ""},
	{"text[]", fixed(&postgres.ArrayType{T: "text[]", Type: &schema.StringType{T: "text"}}), nil, false, ""},
	{"enum", func(d *draw) schema.Type {
		if len(d.enums) == 0 {
			return &schema.StringType{T: "text"}
		}
		return rapid.SampledFrom(d.enums).Draw(d.t, "enum")
	}, nil, true, ""},
}

func fixed(t schema.Type) func(*draw) schema.Type { return func(*draw) schema.Type { return t } }

func lits(vs ...string) (xs []schema.Expr) {
	for _, v := range vs {
		xs = append(xs, &schema.Literal{V: v})
	}
	return xs
}

func raws(vs ...string) (xs []schema.Expr) {
	for _, v := range vs {
		xs = append(xs, &schema.RawExpr{X: v})
	}
	return xs
}

type draw struct {
	t     *rapid.T
	s     *schema.Schema
	enums []schema.Type
}

// Graph draws a PostgreSQL graph with one schema called public.
func Graph(t *rapid.T) *schemagraph.Graph {
	d := &draw{t: t, s: schema.New("public")}
	for _, name := range subset(t, "enums", []string{"mood", "Level"}) {
		e := &schema.EnumType{T: name, Schema: d.s}
		e.Values = atLeast(t, "values", []string{"low", "mid", "it's high", "max"}, 1)
		d.enums = append(d.enums, e)
		d.s.Objects = append(d.s.Objects, e)
	}
	names := atLeast(t, "tables", []string{"users", "orders", "order_items", "Tags", "notes"}, 1)
	for _, name := range names {
		d.s.AddTables(d.table(name))
	}
	for _, tb := range d.s.Tables {
		d.foreignKeys(tb)
	}
	return &schemagraph.Graph{Dialect: schemagraph.Postgres, Realm: realm(d.s)}
}

func realm(s *schema.Schema) *schema.Realm {
	r := &schema.Realm{Schemas: []*schema.Schema{s}}
	s.Realm = r
	return r
}

func (d *draw) table(name string) *schema.Table {
	tb := schema.NewTable(name)
	if d.coin("table comment") {
		tb.SetComment(rapid.SampledFrom([]string{"what it holds", "it's a table; really"}).Draw(d.t, "comment"))
	}
	id := schema.NewColumn("id")
	switch rapid.IntRange(0, 2).Draw(d.t, "key") {
	case 0:
		id.SetType(&schema.IntegerType{T: "bigint"}).AddAttrs(&postgres.Identity{Generation: "BY DEFAULT"})
	case 1:
		id.SetType(&schema.UUIDType{T: "uuid"}).SetDefault(&schema.RawExpr{X: "gen_random_uuid()"})
	default:
		id.SetType(&schema.IntegerType{T: "bigint"})
	}
	tb.AddColumns(id)
	for _, cn := range subset(d.t, "columns", []string{"name", "status", "total", "placed_at", "data", "Odd Name", "user"}) {
		tb.AddColumns(d.column(cn))
	}
	tb.SetPrimaryKey(schema.NewPrimaryKey(id))
	for _, c := range tb.Columns[1:] {
		d.index(tb, c)
		if k := kindOf(c); k.check != "" && c.Type.Type != nil && rapid.IntRange(0, 3).Draw(d.t, "check") == 0 {
			tb.AddChecks(schema.NewCheck().SetName("ck_" + name + "_" + c.Name).SetExpr(fmt.Sprintf(k.check, quoted(c.Name))))
		}
	}
	return tb
}

func quoted(s string) string { return `"` + s + `"` }

func (d *draw) column(name string) *schema.Column {
	k := rapid.SampledFrom(kinds).Draw(d.t, "type")
	c := schema.NewColumn(name).SetType(k.typ(d)).SetNull(d.coin("null"))
	if len(k.defaults) > 0 && d.coin("default") {
		c.SetDefault(rapid.SampledFrom(k.defaults).Draw(d.t, "value"))
	}
	if rapid.IntRange(0, 3).Draw(d.t, "column comment") == 0 {
		c.SetComment("about " + name)
	}
	return c
}

func kindOf(c *schema.Column) kind {
	for _, k := range kinds {
		if k.name == "varchar(n)" {
			if s, ok := c.Type.Type.(*schema.StringType); ok && s.Size > 0 {
				return k
			}
			continue
		}
		if k.name == "numeric" {
			if _, ok := c.Type.Type.(*schema.DecimalType); ok {
				return k
			}
			continue
		}
		if k.name != "enum" && k.typ(nil) == c.Type.Type {
			return k
		}
	}
	return kinds[len(kinds)-1]
}

func (d *draw) index(tb *schema.Table, c *schema.Column) {
	k := kindOf(c)
	idx := schema.NewIndex("ix_" + tb.Name + "_" + c.Name)
	switch n := rapid.IntRange(0, 9).Draw(d.t, "index"); {
	case !k.ordered && n < 3:
		idx.AddColumns(c).AddAttrs(&postgres.IndexType{T: "GIN"})
	case !k.ordered || n > 5:
		return
	case n == 0:
		idx.AddParts(&schema.IndexPart{C: c, Desc: true})
		idx.AddColumns(tb.Columns[0])
	case n == 1:
		idx.AddColumns(c).SetUnique(true).AddAttrs(&postgres.IndexPredicate{P: quoted(c.Name) + " IS NOT NULL"})
	case n == 2:
		idx.Name = "uq_" + tb.Name + "_" + c.Name
		idx.AddColumns(c).SetUnique(true)
	case n == 3:
		idx.AddColumns(c).AddAttrs(&postgres.IndexInclude{Columns: tb.Columns[:1]})
	default:
		idx.AddColumns(c)
		if d.coin("index comment") {
			idx.SetComment("serves a query")
		}
	}
	tb.AddIndexes(idx)
}

// foreignKeys adds, to some tables, a column that refers to the key of any table, itself included.
func (d *draw) foreignKeys(tb *schema.Table) {
	for _, ref := range d.s.Tables {
		if rapid.IntRange(0, 2).Draw(d.t, "reference") != 0 {
			continue
		}
		c := schema.NewColumn(ref.Name + "_id").SetType(ref.Columns[0].Type.Type).SetNull(d.coin("optional"))
		tb.AddColumns(c)
		fk := schema.NewForeignKey("fk_" + tb.Name + "_" + ref.Name).AddColumns(c).SetRefTable(ref).AddRefColumns(ref.Columns[0])
		actions := []schema.ReferenceOption{schema.Cascade, schema.Restrict, schema.NoAction}
		if c.Type.Null {
			actions = append(actions, schema.SetNull)
		}
		fk.SetOnDelete(rapid.SampledFrom(actions).Draw(d.t, "on delete"))
		tb.AddForeignKeys(fk)
		tb.AddIndexes(schema.NewIndex("ix_" + tb.Name + "_" + c.Name).AddColumns(c))
	}
}

func (d *draw) coin(label string) bool { return rapid.Bool().Draw(d.t, label) }

func subset(t *rapid.T, label string, of []string) []string { return atLeast(t, label, of, 0) }

// atLeast draws a part of a list, in the list's order.
func atLeast(t *rapid.T, label string, of []string, n int) []string {
	keep := rapid.SliceOfNDistinct(rapid.SampledFrom(of), n, len(of), rapid.ID[string]).Draw(t, label)
	var out []string
	for _, s := range of {
		if slices.Contains(keep, s) {
			out = append(out, s)
		}
	}
	return out
}

// Sort brings a graph's parts into the order of their names, for comparisons that must not see their order.
func Sort(g *schemagraph.Graph) {
	for _, s := range g.Realm.Schemas {
		slices.SortFunc(s.Objects, func(a, b schema.Object) int { return cmp.Compare(objectName(a), objectName(b)) })
		slices.SortFunc(s.Tables, func(a, b *schema.Table) int { return cmp.Compare(a.Name, b.Name) })
		for _, t := range s.Tables {
			slices.SortFunc(t.Columns, func(a, b *schema.Column) int { return cmp.Compare(a.Name, b.Name) })
			slices.SortFunc(t.Indexes, func(a, b *schema.Index) int { return cmp.Compare(a.Name, b.Name) })
			slices.SortFunc(t.ForeignKeys, func(a, b *schema.ForeignKey) int { return cmp.Compare(a.Symbol, b.Symbol) })
		}
	}
	slices.SortStableFunc(g.Companions, func(a, b schemagraph.Companion) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Table, b.Table), cmp.Compare(a.Name, b.Name))
	})
}

func objectName(o schema.Object) string {
	if e, ok := o.(*schema.EnumType); ok {
		return e.T
	}
	return fmt.Sprintf("%T", o)
}
