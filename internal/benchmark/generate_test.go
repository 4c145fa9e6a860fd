package benchmark

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"

	"github.com/plinth-go/plinth/internal/codegen"
)

// stockGenerate makes the test binary run Ent's own generator in the working directory: Ent's loader needs to stand
// inside the project's module.
const stockGenerate = "PLINTH_BENCH_STOCK_GENERATE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(stockGenerate); dir != "" {
		if err := entc.Generate(dir, &gen.Config{}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// entProject writes a module with n types that have JSON fields and edges.
func entProject(tb testing.TB, n int) string {
	tb.Helper()
	root, err := filepath.Abs("../..")
	check(tb, err)
	dir := tb.TempDir()
	schemaDir := filepath.Join(dir, "ent", "schema")
	check(tb, os.MkdirAll(schemaDir, 0o755))
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	check(tb, err)
	check(tb, os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o644))
	check(tb, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/bench\n\ngo 1.26\n\nrequire (\n"+
		"\tentgo.io/ent v0.14.6\n\tgithub.com/plinth-go/plinth v0.0.0\n)\n\nreplace github.com/plinth-go/plinth => "+root+"\n"), 0o644))
	for i := range n {
		text := fmt.Sprintf(`package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
)

// T%[1]d is one of many.
type T%[1]d struct{ ent.Schema }

func (T%[1]d) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").MaxLen(100), field.Int("age"), field.Bool("active").Default(true),
		field.JSON("meta", map[string]string{}).Optional(), field.Strings("tags").Optional(),
		field.Enum("state").Values("on", "off"), field.Time("at"), field.Float("score"),
	}
}

func (T%[1]d) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("next", T%[2]d.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.From("prev", T%[3]d.Type).Ref("next").Unique(),
	}
}
`, i, (i+1)%n, (i+n-1)%n)
		check(tb, os.WriteFile(filepath.Join(schemaDir, fmt.Sprintf("t%d.go", i)), []byte(text), 0o644))
	}
	tidy := exec.Command("go", "list", "-mod=mod", "-deps", "./ent/schema")
	tidy.Dir = dir
	if out, err := tidy.CombinedOutput(); err != nil {
		tb.Fatalf("%v\n%s", err, out)
	}
	return dir
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkGenerate compares Ent's own generator with plinth's: everything made again, and nothing changed.
// Stock takes minutes at 200 types.
func BenchmarkGenerate(b *testing.B) {
	for _, n := range []int{10, 50, 200} {
		b.Run(fmt.Sprintf("types=%d/ent", n), func(b *testing.B) {
			dir := entProject(b, n)
			b.ResetTimer()
			for range b.N {
				cmd := exec.Command(os.Args[0], "-test.run=^$")
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), stockGenerate+"=./ent/schema", "GOFLAGS=-mod=mod")
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v\n%s", err, out)
				}
			}
		})
		dir := entProject(b, n)
		o := codegen.Options{Schema: filepath.Join(dir, "ent", "schema"), CacheDir: b.TempDir()}
		b.Run(fmt.Sprintf("types=%d/plinth", n), func(b *testing.B) {
			for range b.N {
				o := o
				o.Force = true
				_, err := codegen.Run(context.Background(), o)
				check(b, err)
			}
		})
		b.Run(fmt.Sprintf("types=%d/plinth-unchanged", n), func(b *testing.B) {
			_, err := codegen.Run(context.Background(), o)
			check(b, err)
			b.ResetTimer()
			for range b.N {
				r, err := codegen.Run(context.Background(), o)
				check(b, err)
				if !r.Skipped {
					b.Fatal("generated again although nothing had changed")
				}
			}
		})
	}
}
