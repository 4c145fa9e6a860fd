package inspect_test

import (
	"testing"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/plinth-go/plinth/internal/inspect"
	"github.com/plinth-go/plinth/internal/schemagraph"
	"github.com/plinth-go/plinth/internal/schemagraph/graphtest"
)

func TestCompareWithItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := graphtest.Graph(t)
		c := g.Clone()
		graphtest.Sort(c)
		assert.Empty(t, inspect.Compare(g, c))
	})
}

func TestCompare(t *testing.T) {
	build := func(change func(s *schema.Schema, orders *schema.Table, total *schema.Column, ix *schema.Index)) *schemagraph.Graph {
		s := schema.New("public")
		total := schema.NewColumn("total").SetType(&schema.IntegerType{T: "bigint"}).SetDefault(&schema.Literal{V: "0"})
		orders := schema.NewTable("orders").AddColumns(schema.NewColumn("id").SetType(&schema.UUIDType{T: "uuid"}), total)
		orders.AddChecks(schema.NewCheck().SetName("ck_orders_total").SetExpr("total >= 0"))
		ix := schema.NewIndex("ix_orders_total").AddColumns(total)
		orders.AddIndexes(ix)
		s.AddTables(orders)
		if change != nil {
			change(s, orders, total, ix)
		}
		return &schemagraph.Graph{Dialect: schemagraph.Postgres, Realm: &schema.Realm{Schemas: []*schema.Schema{s}}}
	}
	for name, c := range map[string]struct {
		change func(*schema.Schema, *schema.Table, *schema.Column, *schema.Index)
		want   []string
	}{
		"nothing": {nil, nil},
		"type and default": {func(_ *schema.Schema, _ *schema.Table, total *schema.Column, _ *schema.Index) {
			total.Type.Type, total.Default = &schema.IntegerType{T: "integer"}, nil
		}, []string{"column orders.total: type is integer, should be bigint", "column orders.total: default is none, should be 0"}},
		"index": {func(_ *schema.Schema, _ *schema.Table, _ *schema.Column, ix *schema.Index) {
			ix.Parts[0].Desc = true
			ix.AddAttrs(&postgres.IndexPredicate{P: "total > 0"})
		}, []string{"index orders.ix_orders_total: columns is total DESC, should be total", "index orders.ix_orders_total: predicate is total > 0, should be none"}},
		"a table more": {func(s *schema.Schema, _ *schema.Table, _ *schema.Column, _ *schema.Index) {
			s.AddTables(schema.NewTable("notes").AddColumns(schema.NewColumn("a").SetType(&schema.BoolType{T: "boolean"})))
		}, []string{"table notes is there and should not be"}},
		"a table less": {func(s *schema.Schema, _ *schema.Table, _ *schema.Column, _ *schema.Index) { s.Tables = nil },
			[]string{"table orders is missing"}},
		"check": {func(_ *schema.Schema, orders *schema.Table, _ *schema.Column, _ *schema.Index) { orders.Attrs = nil },
			[]string{"check orders.ck_orders_total is missing"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, d := range inspect.Compare(build(nil), build(c.change)) {
				got = append(got, d.String())
			}
			assert.Equal(t, c.want, got)
		})
	}
}
