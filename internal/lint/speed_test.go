package lint_test

import (
	"fmt"
	"testing"
	"time"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// design is a graph of n tables with twenty columns, a check for each text, foreign keys and indexes.
func design(n int) *schemagraph.Graph {
	s := schema.New("public")
	g := &schemagraph.Graph{Dialect: schemagraph.Postgres, Realm: schema.NewRealm(s)}
	for i := range n {
		name := fmt.Sprintf("things_%d", i)
		t := schema.NewTable(name)
		id := schema.NewColumn("id").SetType(&schema.UUIDType{T: "uuid"})
		t.AddColumns(id).SetPrimaryKey(schema.NewPrimaryKey(id))
		e := &schemagraph.Entity{Name: fmt.Sprintf("Thing%d", i), Table: name, Fields: []*schemagraph.Field{{Name: "id", Column: "id", Type: "uuid", PK: true}}}
		for c := range 18 {
			col := fmt.Sprintf("text_%c", 'a'+c)
			t.AddColumns(schema.NewStringColumn(col, "varchar"))
			t.AddChecks(schema.NewCheck().SetName("ck_" + col).SetExpr("char_length(" + col + ") <= 200"))
			e.Fields = append(e.Fields, &schemagraph.Field{Name: col, Column: col, Type: "string"})
		}
		e.Facts.Queries = []annotation.Query{{Name: "ByA", Eq: []string{"text_a"}, Sort: []string{"text_b"}, Page: annotation.Keyset}}
		if i > 0 {
			parent := s.Tables[i/2]
			c := schema.NewColumn("parent_thing_id").SetType(&schema.UUIDType{T: "uuid"})
			t.AddColumns(c)
			t.AddForeignKeys(schema.NewForeignKey("fk_" + name).AddColumns(c).SetRefTable(parent).AddRefColumns(parent.Columns[0]).SetOnDelete(schema.Cascade))
		}
		for x := range 4 {
			t.AddIndexes(schema.NewIndex(fmt.Sprintf("ix_%s_%d", name, x)).AddColumns(t.Columns[x+1], t.Columns[x+2]).AddAttrs(&postgres.IndexType{T: "btree"}))
		}
		s.AddTables(t)
		g.Entities = append(g.Entities, e)
	}
	return g
}

// A thousand tables are judged in well under a second (BenchmarkRun); the test leaves room for a busy machine and the
// race detector.
func TestSpeed(t *testing.T) {
	g := design(1000)
	best := time.Hour
	for range 3 {
		start := time.Now()
		lint.Run(g, lint.Options{})
		best = min(best, time.Since(start))
	}
	require.Less(t, best, 8*time.Second)
}

func BenchmarkRun(b *testing.B) {
	g := design(1000)
	for b.Loop() {
		lint.Run(g, lint.Options{})
	}
}
