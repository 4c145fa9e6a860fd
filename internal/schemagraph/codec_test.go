package schemagraph_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/internal/schemagraph"
	"github.com/plinth-go/plinth/internal/schemagraph/graphtest"
)

// What is decoded is what was encoded: the differ sees nothing, and encoding again gives the same bytes.
func TestCodecRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := graphtest.Graph(t)
		data, err := schemagraph.Marshal(g)
		require.NoError(t, err)
		back, err := schemagraph.Unmarshal(data)
		require.NoError(t, err)
		for i, from := range g.Realm.Schemas {
			changes, err := postgres.DefaultDiff.SchemaDiff(from, back.Realm.Schemas[i], schema.DiffNormalized())
			require.NoError(t, err)
			require.Empty(t, changes)
			changes, err = postgres.DefaultDiff.SchemaDiff(back.Realm.Schemas[i], from, schema.DiffNormalized())
			require.NoError(t, err)
			require.Empty(t, changes)
		}
		for _, other := range []*schemagraph.Graph{back, g.Clone()} {
			again, err := schemagraph.Marshal(other)
			require.NoError(t, err)
			require.Equal(t, string(data), string(again))
		}
	})
}

// Every attribute the drivers know survives, compared value by value.
func TestCodecExact(t *testing.T) {
	size, six := 16, 6
	s := &schema.Schema{Name: "app", Attrs: []schema.Attr{&schema.Comment{Text: "ours"}}}
	enum := &schema.EnumType{T: "mood", Values: []string{"a", "b's"}, Schema: s}
	s.Objects = []schema.Object{enum}
	types := []schema.Type{
		&schema.StringType{T: "varchar", Size: 10}, &schema.IntegerType{T: "bigint"}, &schema.BoolType{T: "boolean"},
		&schema.TimeType{T: "timestamptz", Precision: &six}, &schema.TimeType{T: "date"}, &schema.UUIDType{T: "uuid"},
		&schema.JSONType{T: "jsonb"}, &schema.DecimalType{T: "numeric", Precision: 12, Scale: 2},
		&schema.FloatType{T: "float", Precision: 24}, &schema.BinaryType{T: "bytea", Size: &size},
		&schema.SpatialType{T: "point"}, &schema.UnsupportedType{T: "odd"}, enum, &schema.EnumType{T: "loose", Values: []string{"x"}},
		&postgres.UserDefinedType{T: "citext", C: "b"}, &postgres.ArrayType{T: "mood[]", Type: enum},
		&postgres.ArrayType{T: "int[]"}, &postgres.BitType{T: "bit", Len: 4}, &postgres.NetworkType{T: "inet", Len: 3},
		&postgres.IntervalType{T: "interval", F: "YEAR", Precision: &six},
		&postgres.SerialType{T: "bigserial", Precision: 1, SequenceName: "s"}, &postgres.CurrencyType{T: "money"},
		&postgres.RangeType{T: "int4range"}, &postgres.TextSearchType{T: "tsvector"}, &postgres.OIDType{T: "oid"},
		&postgres.XMLType{T: "xml"}, &postgres.PseudoType{T: "record"},
	}
	tb := &schema.Table{Name: "t", Schema: s}
	for i, typ := range types {
		tb.Columns = append(tb.Columns, &schema.Column{Name: fmt.Sprintf("c%d", i), Type: &schema.ColumnType{Type: typ, Null: i%2 == 0, Raw: "raw"}})
	}
	c := tb.Columns
	c[0].Default = &schema.Literal{V: "'x'"}
	c[1].Attrs = []schema.Attr{&postgres.Identity{Generation: "ALWAYS", Sequence: &postgres.Sequence{Start: 5, Increment: 2, Last: 9}}}
	c[2].Attrs = []schema.Attr{&schema.GeneratedExpr{Expr: "c1 > 0", Type: "STORED"}}
	c[3].Default = &schema.RawExpr{X: "now()"}
	c[4].Attrs = []schema.Attr{&schema.Collation{V: "C"}, &schema.Comment{Text: ""}}
	tb.PrimaryKey = &schema.Index{Name: "pk", Table: tb, Unique: true, Parts: []*schema.IndexPart{{C: c[1]}}}
	c[1].Indexes = append(c[1].Indexes, tb.PrimaryKey)
	idx := &schema.Index{Name: "ix", Table: tb, Parts: []*schema.IndexPart{
		{SeqNo: 0, X: &schema.RawExpr{X: "lower(c0)"}, Desc: true, Attrs: []schema.Attr{
			&postgres.IndexOpClass{Name: "text_ops", Default: true, Params: []struct{ N, V string }{{"siglen", "4"}}},
			&postgres.IndexColumnProperty{NullsLast: true}, &schema.Collation{V: "C"}, &postgres.Operator{Name: "="},
		}},
		{SeqNo: 1, C: c[5]},
	}, Attrs: []schema.Attr{
		&postgres.IndexType{T: "GIST"}, &postgres.IndexPredicate{P: "c1 > 0"}, &postgres.IndexInclude{Columns: c[6:8]},
		&postgres.IndexNullsDistinct{V: false}, &postgres.IndexStorageParams{AutoSummarize: true, PagesPerRange: 4},
		&postgres.Constraint{N: "k", T: "x"}, &schema.Comment{Text: "why"},
	}}
	c[5].Indexes = append(c[5].Indexes, idx)
	tb.Indexes = []*schema.Index{idx}
	fk := &schema.ForeignKey{Symbol: "fk", Table: tb, RefTable: tb, Columns: c[5:6], RefColumns: c[1:2], OnDelete: schema.Cascade, OnUpdate: schema.NoAction}
	c[5].ForeignKeys = []*schema.ForeignKey{fk}
	tb.ForeignKeys = []*schema.ForeignKey{fk}
	tb.Attrs = []schema.Attr{&schema.Comment{Text: "a <table> & more"},
		&schema.Check{Name: "ck", Expr: "c1 > 0", Attrs: []schema.Attr{&postgres.NoInherit{}, &postgres.CheckColumns{Columns: []string{"c1"}}}},
		&postgres.Partition{T: "RANGE", Parts: []*postgres.PartitionPart{{C: c[3]}, {X: &schema.RawExpr{X: "(c1)"}}}},
	}
	s.Tables = []*schema.Table{tb}
	s.Views = []*schema.View{{Name: "v", Def: "SELECT 1", Schema: s, Columns: []*schema.Column{{Name: "one", Type: &schema.ColumnType{}}}}}
	g := &schemagraph.Graph{
		Dialect: schemagraph.Postgres, Conventions: true,
		Realm:      &schema.Realm{Schemas: []*schema.Schema{s}, Attrs: []schema.Attr{&schema.Collation{V: "en_US"}}},
		Companions: []schemagraph.Companion{{Kind: "extension", Name: "pg_trgm", Create: "CREATE EXTENSION", Drop: "DROP"}},
		Entities: []*schemagraph.Entity{{Name: "T", Table: "t", Pos: schemagraph.Pos{File: "t.go", Line: 3},
			Facts:  annotation.Facts{Queries: []annotation.Query{{Name: "ByX", Eq: []string{"x"}, P95: time.Second}}},
			Fields: []*schemagraph.Field{{Name: "x", Column: "x"}}, Edges: []*schemagraph.Edge{{Name: "e", To: "T"}}}},
	}
	s.Realm = g.Realm
	data, err := schemagraph.Marshal(g)
	require.NoError(t, err)
	back, err := schemagraph.Unmarshal(data)
	require.NoError(t, err)
	assert.Equal(t, g, back)
	assert.Equal(t, g, g.Clone())
	assert.Contains(t, string(data), "a <table> & more", "HTML escapes do not read well in a diff")
	assert.Empty(t, g.Structure().Entities)
}

func TestCodecSQLite(t *testing.T) {
	s := &schema.Schema{Name: "main"}
	tb := &schema.Table{Name: "t", Schema: s, Attrs: []schema.Attr{&sqlite.WithoutRowID{}, &sqlite.Strict{}, &sqlite.AutoIncrement{Seq: 7}}}
	tb.Columns = []*schema.Column{{Name: "id", Type: &schema.ColumnType{Type: &sqlite.UserDefinedType{T: "any"}}, Attrs: []schema.Attr{&sqlite.AutoIncrement{}}}}
	idx := &schema.Index{Name: "i", Table: tb, Parts: []*schema.IndexPart{{C: tb.Columns[0]}},
		Attrs: []schema.Attr{&sqlite.IndexPredicate{P: "id > 1"}, &sqlite.IndexOrigin{O: "c"}}}
	tb.Columns[0].Indexes = []*schema.Index{idx}
	tb.Indexes = []*schema.Index{idx}
	s.Tables = []*schema.Table{tb}
	g := &schemagraph.Graph{Dialect: schemagraph.SQLite, Realm: &schema.Realm{Schemas: []*schema.Schema{s}}}
	s.Realm = g.Realm
	data, err := schemagraph.Marshal(g)
	require.NoError(t, err)
	back, err := schemagraph.Unmarshal(data)
	require.NoError(t, err)
	assert.Equal(t, g, back)
}

func TestUnmarshalRefuses(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"not JSON":       {"{", "reading snapshot"},
		"another file":   {`{"a":1}`, "not a snapshot of plinth"},
		"newer":          {`{"version":99}`, "newer plinth"},
		"unknown type":   {`{"version":1,"schemas":[{"name":"p","tables":[{"name":"t","columns":[{"name":"c","kind":"new"}]}]}]}`, `column "c": type of kind "new"`},
		"missing column": {`{"version":1,"schemas":[{"name":"p","tables":[{"name":"t","columns":[],"indexes":[{"name":"i","parts":[{"column":"x"}]}]}]}]}`, `index "i": column "x" is missing`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := schemagraph.Unmarshal([]byte(c.in))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestMarshalLines(t *testing.T) {
	s := schema.New("public").AddTables(schema.NewTable("t").AddColumns(
		schema.NewIntColumn("id", "bigint"), schema.NewStringColumn("name", "varchar", schema.StringSize(20))))
	g := &schemagraph.Graph{Dialect: schemagraph.Postgres, Realm: &schema.Realm{Schemas: []*schema.Schema{s}}}
	data, err := schemagraph.Marshal(g)
	require.NoError(t, err)
	var got []string
	for _, l := range strings.Split(string(data), "\n") {
		if strings.Contains(l, `"name"`) {
			got = append(got, strings.TrimSpace(l))
		}
	}
	assert.Equal(t, []string{
		`"name": "public",`,
		`"name": "t",`,
		`{"name":"id","kind":"integer","type":"bigint"},`,
		`{"name":"name","kind":"string","type":"varchar","size":20}`,
	}, got)
}

func BenchmarkUnmarshal(b *testing.B) {
	s := schema.New("public")
	for i := range 1000 {
		tb := schema.NewTable(fmt.Sprintf("table_%d", i))
		for j := range 10 {
			c := schema.NewStringColumn(fmt.Sprintf("column_%d", j), "varchar", schema.StringSize(64))
			tb.AddColumns(c.SetComment("what the column holds"))
			if j < 3 {
				tb.AddIndexes(schema.NewIndex(fmt.Sprintf("ix_table_%d_column_%d", i, j)).AddColumns(c))
			}
		}
		s.AddTables(tb)
	}
	g := &schemagraph.Graph{Dialect: schemagraph.Postgres, Realm: &schema.Realm{Schemas: []*schema.Schema{s}}}
	data, err := schemagraph.Marshal(g)
	require.NoError(b, err)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := schemagraph.Unmarshal(data); err != nil {
			b.Fatal(err)
		}
	}
}
