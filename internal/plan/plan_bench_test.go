package plan_test

import (
	"fmt"
	"testing"

	"ariga.io/atlas/sql/schema"

	"github.com/plinth-go/plinth/internal/plan"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// tables is a graph of n tables with ten columns, three indexes and a foreign key each.
func tables(n int) *schemagraph.Graph {
	s := schema.New("public")
	for i := range n {
		t := schema.NewTable(fmt.Sprintf("table_%d", i))
		id := schema.NewColumn("id").SetType(&schema.UUIDType{T: "uuid"})
		t.AddColumns(id).SetPrimaryKey(schema.NewPrimaryKey(id))
		for j := range 9 {
			c := schema.NewStringColumn(fmt.Sprintf("column_%d", j), "varchar", schema.StringSize(64)).SetComment("what it holds")
			t.AddColumns(c)
			if j < 2 {
				t.AddIndexes(schema.NewIndex(fmt.Sprintf("ix_%s_%s", t.Name, c.Name)).AddColumns(c))
			}
			t.AddChecks(schema.NewCheck().SetName(fmt.Sprintf("ck_%s_%s", t.Name, c.Name)).SetExpr(c.Name + " <> ''"))
		}
		if i > 0 {
			c := schema.NewColumn("parent_id").SetType(&schema.UUIDType{T: "uuid"}).SetNull(true)
			t.AddColumns(c)
			ref := s.Tables[i/2]
			t.AddForeignKeys(schema.NewForeignKey("fk_" + t.Name).AddColumns(c).SetRefTable(ref).AddRefColumns(ref.Columns[0]))
			t.AddIndexes(schema.NewIndex("ix_" + t.Name + "_parent_id").AddColumns(c))
		}
		s.AddTables(t)
	}
	return &schemagraph.Graph{Dialect: schemagraph.Postgres, Realm: &schema.Realm{Schemas: []*schema.Schema{s}}}
}

func BenchmarkOneChange(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			from, to := tables(n), tables(n)
			to.Realm.Schemas[0].Tables[n/2].AddColumns(schema.NewBoolColumn("active", "boolean"))
			for b.Loop() {
				p, err := plan.Diff(from, to, plan.Options{})
				if err != nil || len(p.Files) == 0 {
					b.Fatal(err, p)
				}
			}
		})
	}
}

func BenchmarkFirst(b *testing.B) {
	to := tables(1000)
	for b.Loop() {
		if _, err := plan.Diff(nil, to, plan.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
