package plan_test

import (
	"strings"
	"testing"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plinth-go/plinth/internal/plan"
	"github.com/plinth-go/plinth/internal/schemagraph"
	"github.com/plinth-go/plinth/internal/schemagraph/graphtest"
)

func graph(schemas ...*schema.Schema) *schemagraph.Graph {
	return &schemagraph.Graph{Dialect: schemagraph.Postgres, Realm: &schema.Realm{Schemas: schemas}}
}

func users(columns ...*schema.Column) *schema.Table {
	return schema.NewTable("users").AddColumns(schema.NewIntColumn("id", "bigint")).AddColumns(columns...)
}

// The same graphs give the same plan, the graphs stay as they were, and every file splits into its statements again.
func TestDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := graphtest.Graph(t), graphtest.Graph(t)
		before, err := schemagraph.Marshal(a)
		require.NoError(t, err)
		opts := plan.Options{Rewrite: []string{"*"}}
		p1, err := plan.Diff(a, b, opts)
		require.NoError(t, err)
		p2, err := plan.Diff(a, b, opts)
		require.NoError(t, err)
		require.Equal(t, p1.Hash(), p2.Hash())
		after, err := schemagraph.Marshal(a)
		require.NoError(t, err)
		require.Equal(t, string(before), string(after))
		seen := map[string]bool{}
		for i, f := range p1.Files {
			require.Equal(t, f.Up(), p2.Files[i].Up())
			require.Equal(t, f.Down(), p2.Files[i].Down())
			require.NotContains(t, f.Up(), "DROP SCHEMA")
			if len(p1.Files) > 1 {
				require.NotEmpty(t, f.Suffix)
			}
			seen[f.Suffix] = true
		}
	})
}

func TestSchemasAreNeverDropped(t *testing.T) {
	from := graph(schema.New("public").AddTables(users()), schema.New("app").AddTables(schema.NewTable("t").AddColumns(schema.NewBoolColumn("a", "boolean"))))
	p, err := plan.Diff(from, graph(schema.New("other")), plan.Options{})
	require.NoError(t, err)
	all := strings.Join(p.Statements(), "\n")
	assert.NotContains(t, all, "DROP SCHEMA")
	assert.Contains(t, all, `CREATE SCHEMA "other"`)
	assert.Equal(t, []plan.Loss{{Kind: "table", Table: "users"}, {Kind: "table", Schema: "app", Table: "t"}}, p.Destructive)
}

func TestAmbiguities(t *testing.T) {
	from := graph(schema.New("public").AddTables(users(schema.NewStringColumn("name", "text"), schema.NewBoolColumn("active", "boolean"))))
	to := graph(schema.New("public").AddTables(users(schema.NewStringColumn("full_name", "text"), schema.NewBoolColumn("active", "boolean"))))
	p, err := plan.Diff(from, to, plan.Options{})
	require.NoError(t, err)
	require.Equal(t, []plan.Ambiguity{{Kind: "column", Table: "users", From: "name", To: []string{"full_name"}}}, p.Ambiguities)
	assert.Equal(t, []plan.Loss{{Kind: "column", Table: "users", Column: "name"}}, p.Destructive)

	p, err = plan.Diff(from, to, plan.Options{Renames: []plan.Rename{{Table: "users", From: "name", To: "full_name"}}})
	require.NoError(t, err)
	assert.Empty(t, p.Ambiguities)
	assert.Empty(t, p.Destructive)
}

func TestCyclesOfForeignKeys(t *testing.T) {
	a := schema.NewTable("a").AddColumns(schema.NewIntColumn("id", "bigint"), schema.NewIntColumn("b_id", "bigint"))
	b := schema.NewTable("b").AddColumns(schema.NewIntColumn("id", "bigint"), schema.NewIntColumn("a_id", "bigint"))
	for _, t := range []*schema.Table{a, b} {
		t.SetPrimaryKey(schema.NewPrimaryKey(t.Columns[0]))
	}
	a.AddForeignKeys(schema.NewForeignKey("fk_a_b").AddColumns(a.Columns[1]).SetRefTable(b).AddRefColumns(b.Columns[0]))
	b.AddForeignKeys(schema.NewForeignKey("fk_b_a").AddColumns(b.Columns[1]).SetRefTable(a).AddRefColumns(a.Columns[0]))
	p, err := plan.Diff(nil, graph(schema.New("public").AddTables(a, b)), plan.Options{})
	require.NoError(t, err)
	require.Len(t, p.Files, 1)
	up := p.Files[0].Up()
	assert.Less(t, strings.Index(up, `CREATE TABLE "a"`), strings.Index(up, `ADD CONSTRAINT "fk_b_a"`))
	assert.Equal(t, 1, strings.Count(up, "ALTER TABLE"), "only the key that closes the cycle is added afterwards")
}

func TestSmallTablesNeedNoCare(t *testing.T) {
	from := graph(schema.New("public").AddTables(users(schema.NewStringColumn("name", "text"))))
	table := users(schema.NewStringColumn("name", "text"))
	table.AddIndexes(schema.NewIndex("ix_users_name").AddColumns(table.Columns[1]))
	to := graph(schema.New("public").AddTables(table))
	p, err := plan.Diff(from, to, plan.Options{})
	require.NoError(t, err)
	require.True(t, p.Files[0].NoTx)
	require.True(t, strings.HasPrefix(p.Files[0].Up(), "-- atlas:txmode none\n\n"))
	assert.Contains(t, p.Files[0].Up(), "CREATE INDEX CONCURRENTLY")
	assert.Contains(t, p.Files[0].Down(), "DROP INDEX CONCURRENTLY")

	p, err = plan.Diff(from, to, plan.Options{Direct: true})
	require.NoError(t, err)
	assert.Equal(t, []string{`CREATE INDEX "ix_users_name" ON "users" ("name")`}, p.Statements())
}

func TestNamesThatCannotBeQuoted(t *testing.T) {
	for _, name := range []string{`a"; DROP TABLE users; --`, "a\nb", "a`b", `a\b`} {
		_, err := plan.Diff(nil, graph(schema.New("public").AddTables(schema.NewTable(name).AddColumns(schema.NewBoolColumn("a", "boolean")))), plan.Options{})
		require.ErrorContains(t, err, "cannot be quoted safely")
	}
	g := graph(schema.New("public").AddTables(users(schema.NewStringColumn("note", "text").SetComment("it's; -- '\n\\"))))
	p, err := plan.Diff(nil, g, plan.Options{})
	require.NoError(t, err)
	assert.Contains(t, p.Files[0].Up(), "IS 'it''s; -- ''\n\\';")
}

func TestUnnamedConstraints(t *testing.T) {
	build := func(x string) *schemagraph.Graph {
		tb := users(schema.NewIntColumn("age", "integer"))
		return graph(schema.New("public").AddTables(tb.AddChecks(schema.NewCheck().SetExpr(x))))
	}
	p, err := plan.Diff(build("age > 0"), build("age > 1"), plan.Options{Direct: true})
	require.NoError(t, err)
	assert.Equal(t, []string{"ALTER TABLE \"users\"\n  DROP CONSTRAINT \"users_age_check\",\n  ADD CONSTRAINT \"users_age_check\" CHECK (age > 1)"}, p.Statements())
}

func TestExtensionsComeFirst(t *testing.T) {
	s := schema.New("public").AddTables(users())
	s.AddObjects(&schema.EnumType{T: "mood", Values: []string{"a"}, Schema: s})
	g := graph(s)
	g.Companions = []schemagraph.Companion{{Kind: "extension", Name: "pg_trgm", Create: `CREATE EXTENSION IF NOT EXISTS "pg_trgm"`, Drop: `DROP EXTENSION IF EXISTS "pg_trgm"`}}
	stmts, err := plan.DDL(g)
	require.NoError(t, err)
	assert.Equal(t, `CREATE EXTENSION IF NOT EXISTS "pg_trgm"`, stmts[0])
	assert.Equal(t, `CREATE TYPE "mood" AS ENUM ('a')`, stmts[1])
}

func TestColumnWithoutType(t *testing.T) {
	g := &schemagraph.Graph{Dialect: schemagraph.Postgres, Realm: schema.NewRealm(schema.New("public").AddTables(schema.NewTable("shapes").
		AddColumns(schema.NewColumn("outline").SetType(&schema.UnsupportedType{}))))}
	_, err := plan.DDL(g)
	require.EqualError(t, err, `planning column shapes.outline: it has no type in postgres; give the field SchemaType(map[string]string{"postgres": "…"})`)
}

func TestKeepCompanions(t *testing.T) {
	from, to := graph(schema.New("public")), graph(schema.New("public"))
	from.Companions = []schemagraph.Companion{{Kind: "view", Name: "v", Create: "CREATE VIEW v AS SELECT 1", Drop: "DROP VIEW v"}}
	p, err := plan.Diff(from, to, plan.Options{Keep: true})
	require.NoError(t, err)
	assert.True(t, p.Empty())
	p, err = plan.Diff(from, to, plan.Options{})
	require.NoError(t, err)
	assert.Equal(t, []string{"DROP VIEW v"}, p.Statements())
	assert.Equal(t, []string{"CREATE VIEW v AS SELECT 1"}, p.Reverse())
}

func TestParseRename(t *testing.T) {
	for in, want := range map[string]plan.Rename{
		"a=b":     {From: "a", To: "b"},
		"t.a=b":   {Table: "t", From: "a", To: "b"},
		"t.a=t.b": {Table: "t", From: "a", To: "b"},
	} {
		got, err := plan.ParseRename(in)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for in, want := range map[string]string{"a": "want old_table=new_table", "=b": "want", "t.a=u.b": "cannot move", "a=t.b": "is a table"} {
		_, err := plan.ParseRename(in)
		assert.ErrorContains(t, err, want, in)
	}
	_, err := plan.Diff(graph(schema.New("public")), graph(schema.New("public")), plan.Options{Renames: []plan.Rename{{From: "a", To: "b"}}})
	assert.ErrorContains(t, err, `planning rename of table "a": it does not exist`)
}

func TestVersion18(t *testing.T) {
	from := graph(schema.New("public").AddTables(users(schema.NewNullStringColumn("name", "text"))))
	to := graph(schema.New("public").AddTables(users(schema.NewStringColumn("name", "text"))))
	p, err := plan.Diff(from, to, plan.Options{PGVersion: 18})
	require.NoError(t, err)
	assert.Contains(t, strings.Join(p.Statements(), "\n"), `NOT NULL "name" NOT VALID`)
	_, err = plan.Diff(from, &schemagraph.Graph{Dialect: "mysql"}, plan.Options{})
	assert.ErrorContains(t, err, "postgres")
}

func TestConcurrencyOnPartitionedTables(t *testing.T) {
	build := func(index bool) *schemagraph.Graph {
		tb := users()
		tb.AddAttrs(&postgres.Partition{T: "RANGE", Parts: []*postgres.PartitionPart{{C: tb.Columns[0]}}})
		if index {
			tb.AddIndexes(schema.NewIndex("ix").AddColumns(tb.Columns[0]))
		}
		return graph(schema.New("public").AddTables(tb))
	}
	p, err := plan.Diff(build(false), build(true), plan.Options{})
	require.NoError(t, err)
	assert.NotContains(t, p.Statements()[0], "CONCURRENTLY")
	assert.NotEmpty(t, p.Files[0].Steps[0].Hazards)
}
