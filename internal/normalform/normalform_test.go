package normalform

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// relation reads "A B C | A>B C, B>C".
func relation(t testing.TB, text string) *Relation {
	t.Helper()
	attrs, deps, _ := strings.Cut(text, "|")
	var ds []Dependency
	for _, d := range strings.Split(deps, ",") {
		if from, to, ok := strings.Cut(d, ">"); ok {
			ds = append(ds, Dependency{From: strings.Fields(from), To: strings.Fields(to)})
		}
	}
	r, err := New("r", strings.Fields(attrs), ds)
	require.NoError(t, err)
	return r
}

func keysOf(r *Relation) []string {
	keys, _ := r.Keys()
	var out []string
	for _, k := range keys {
		out = append(out, strings.Join(k, " "))
	}
	slices.Sort(out)
	return out
}

func TestTextbook(t *testing.T) {
	for _, c := range []struct {
		name, relation string
		keys           []string
		form           Form
		violations     []string
		tables         []string
	}{
		{
			name:     "supplies: part of the key",
			relation: "supplier part city quantity | supplier part > quantity, supplier > city",
			keys:     []string{"supplier part"}, form: First,
			violations: []string{"2NF supplier → city"},
			tables:     []string{"supplier city", "supplier part quantity"},
		},
		{
			name:     "employee: transitive",
			relation: "id name dept dept_name | id > name dept, dept > dept_name",
			keys:     []string{"id"}, form: Second,
			violations: []string{"3NF dept → dept_name"},
			tables:     []string{"dept dept_name", "id name dept"},
		},
		{
			name:     "address: 3NF that is not BCNF",
			relation: "street city zip | street city > zip, zip > city",
			keys:     []string{"street city", "street zip"}, form: Third,
			violations: []string{"BCNF zip → city"},
			tables:     []string{"street city zip"},
		},
		{
			name:     "orders: both kinds",
			relation: "order product customer customer_name price quantity | order product > quantity, order > customer, customer > customer_name, product > price",
			keys:     []string{"order product"}, form: First,
			violations: []string{"2NF order → customer", "2NF product → price", "3NF customer → customer_name"},
			tables:     []string{"customer customer_name", "order customer", "order product quantity", "product price"},
		},
		{
			name:     "every attribute is the key",
			relation: "a b c |",
			keys:     []string{"a b c"}, form: BoyceCodd,
			tables: []string{"a b c"},
		},
		{
			name:     "equal keys are one table",
			relation: "id email name city country | id > email name city, email > id, city > country",
			keys:     []string{"email", "id"}, form: Second,
			violations: []string{"3NF city → country"},
			tables:     []string{"city country", "id email name city"},
		},
		{
			name:     "a cycle of keys",
			relation: "a b c | a > b, b > c, c > a",
			keys:     []string{"a", "b", "c"}, form: BoyceCodd,
			tables: []string{"a b c"},
		},
		{
			name:     "part of a key over several steps",
			relation: "a b c d e f | a > b, b > a, c > d, d > c, b d > e, a c f > b",
			keys:     []string{"a c f", "a d f", "b c f", "b d f"}, form: First,
			violations: []string{"2NF b, d → e", "BCNF a → b", "BCNF b → a", "BCNF c → d", "BCNF d → c"},
			tables:     []string{"a b", "b d e", "b d f", "c d"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := relation(t, c.relation)
			assert.Equal(t, c.keys, keysOf(r))
			assert.Equal(t, c.form, r.Form())
			var vs []string
			for _, v := range r.Violations() {
				vs = append(vs, fmt.Sprint(v.Form, " ", v.Dependency))
			}
			assert.Equal(t, c.violations, vs)
			var ts []string
			for _, p := range r.Synthesize() {
				ts = append(ts, strings.Join(p.Attributes, " "))
			}
			slices.Sort(ts)
			assert.Equal(t, c.tables, ts)
		})
	}
}

func TestMistakes(t *testing.T) {
	_, err := New("r", []string{"a", "a"}, nil)
	assert.EqualError(t, err, `relation r has the attribute "a" twice`)
	_, err = New("r", []string{"a"}, []Dependency{{From: []string{"a"}, To: []string{"b"}}})
	assert.EqualError(t, err, `dependency a → b: relation r has no attribute "b"`)
	_, err = New("r", []string{"a"}, []Dependency{{To: []string{"a"}}})
	assert.Error(t, err)
	r := relation(t, "a b | a > b")
	_, err = r.Closure("x")
	assert.Error(t, err)
}

func TestReasonAndOriginSurvive(t *testing.T) {
	r, err := New("r", []string{"id", "zip", "city"}, []Dependency{
		{From: []string{"id"}, To: []string{"zip", "city"}},
		{From: []string{"zip"}, To: []string{"city"}, Why: "one city a zip"},
	})
	require.NoError(t, err)
	v := r.Violations()
	require.Len(t, v, 1)
	assert.Equal(t, "one city a zip", v[0].Dependency.Why)
	assert.Equal(t, 1, v[0].Declared)
	assert.Equal(t, []string{"id"}, v[0].Key)
}

// A wide table, and one with exponentially many keys, end soon.
func TestBounded(t *testing.T) {
	start := time.Now()
	var attrs, pairs []string
	for i := range 300 {
		attrs = append(attrs, fmt.Sprintf("c%d", i))
	}
	wide, err := New("wide", attrs, []Dependency{
		{From: attrs[:1], To: attrs[1:]}, {From: attrs[1:3], To: attrs}, {From: attrs[3:4], To: attrs[4:200]},
	})
	require.NoError(t, err)
	assert.Equal(t, Second, wide.Form())
	var deps []Dependency
	for i := range 20 {
		a, b := fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i)
		pairs = append(pairs, a, b)
		deps = append(deps, Dependency{From: []string{a}, To: []string{b}}, Dependency{From: []string{b}, To: []string{a}})
	}
	many, err := New("many", pairs, deps)
	require.NoError(t, err)
	keys, complete := many.Keys()
	assert.Len(t, keys, maxKeys)
	assert.False(t, complete)
	assert.Equal(t, Third, many.Form(), "two to the twentieth keys; all attributes are prime")
	assert.Less(t, time.Since(start), 10*time.Second)
}

// draw makes a random relation of up to six attributes.
func draw(t *rapid.T) *Relation {
	n := rapid.IntRange(1, 6).Draw(t, "attributes")
	attrs := strings.Split("abcdef", "")[:n]
	side := rapid.SliceOfNDistinct(rapid.SampledFrom(attrs), 1, min(n, 3), rapid.ID[string])
	deps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Dependency {
		return Dependency{From: side.Draw(t, "from"), To: side.Draw(t, "to")}
	}), 0, 6).Draw(t, "dependencies")
	r, err := New("r", attrs, deps)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The brute force: sets are bit masks, and every set's closure is computed by repetition.
type brute struct {
	n   int
	cl  []int
	key []int
}

func word(s set) int { return int(s[0]) }

func force(r *Relation) brute {
	b := brute{n: len(r.attrs)}
	for s := range 1 << b.n {
		c := s
		for again := true; again; {
			again = false
			for _, d := range r.deps {
				if word(d.from)&^c == 0 && word(d.to)&^c != 0 {
					c |= word(d.to)
					again = true
				}
			}
		}
		b.cl = append(b.cl, c)
	}
	for s, c := range b.cl {
		super := c == 1<<b.n-1
		for i := range b.n {
			super = super && (s>>i&1 == 0 || b.cl[s&^(1<<i)] != 1<<b.n-1)
		}
		if super {
			b.key = append(b.key, s)
		}
	}
	return b
}

// form judges the attributes `in` by the definitions, dependencies being those of the closure that lie within.
func (b brute) form(in int) Form {
	var keys []int
	for s := range b.cl {
		if s&^in != 0 || b.cl[s]&in != in {
			continue
		}
		minimal := true
		for i := range b.n {
			minimal = minimal && (s>>i&1 == 0 || b.cl[s&^(1<<i)]&in != in)
		}
		if minimal {
			keys = append(keys, s)
		}
	}
	prime := 0
	for _, k := range keys {
		prime |= k
	}
	f := BoyceCodd
	for s := range b.cl {
		if s&^in != 0 || b.cl[s]&in == in {
			continue
		}
		given := b.cl[s] & in &^ s
		if given != 0 {
			f = min(f, Third)
		}
		if given&^prime != 0 {
			f = min(f, Second)
			for _, k := range keys {
				if s&^k == 0 && s != k {
					f = First
				}
			}
		}
	}
	return f
}

func TestAgainstBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := draw(t)
		b := force(r)
		all := 1<<b.n - 1
		for s := range b.cl {
			if got := word(r.closure(set{uint64(s)}, r.deps, -1)); got != b.cl[s] {
				t.Fatalf("closure of %06b: %06b, want %06b", s, got, b.cl[s])
			}
			if got := word(r.closure(set{uint64(s)}, r.cover, -1)); got != b.cl[s] {
				t.Fatalf("closure of %06b under the minimal cover: %06b, want %06b", s, got, b.cl[s])
			}
		}
		for k := range r.cover {
			if r.cover[k].to.in(r.closure(r.cover[k].from, r.cover, k)) {
				t.Fatalf("%v is redundant", r.dependency(r.cover[k]))
			}
		}
		var keys []int
		for _, k := range r.keys {
			keys = append(keys, word(k))
		}
		slices.Sort(keys)
		if !slices.Equal(keys, b.key) {
			t.Fatalf("keys %06b, want %06b", keys, b.key)
		}
		if got, want := r.Form(), b.form(all); got != want {
			t.Fatalf("form %v, want %v", got, want)
		}
		tables := r.Synthesize()
		var parts [][]string
		for _, p := range tables {
			parts = append(parts, p.Attributes)
			s, _ := r.set(p.Attributes)
			if f := b.form(word(s)); f < Third {
				t.Fatalf("table %v of the synthesis is in %v only", p.Attributes, f)
			}
			for _, k := range p.Keys {
				ks, _ := r.set(k)
				if word(s)&^b.cl[word(ks)] != 0 {
					t.Fatalf("%v is no key of %v", k, p.Attributes)
				}
			}
		}
		if ok, _ := r.Lossless(parts); !ok {
			t.Fatalf("%v loses information", parts)
		}
		if ok, _ := r.Preserves(parts); !ok {
			t.Fatalf("%v loses a dependency", parts)
		}
	})
}

// The lossless test agrees with its definition for two parts: what they share determines one of them.
func TestLosslessOfTwoParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := draw(t)
		b := force(r)
		x := rapid.IntRange(0, 1<<b.n-1).Draw(t, "x")
		y := (1<<b.n - 1) &^ x
		y |= rapid.IntRange(0, 1<<b.n-1).Draw(t, "y")
		shared := b.cl[x&y]
		want := x&^shared == 0 || y&^shared == 0
		got, err := r.Lossless([][]string{r.names(set{uint64(x)}), r.names(set{uint64(y)})})
		if err != nil || got != want {
			t.Fatalf("lossless is %v (%v), want %v for %06b and %06b", got, err, want, x, y)
		}
	})
}
