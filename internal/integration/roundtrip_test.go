package integration

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/pmezard/go-difflib/difflib"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plinth-go/plinth/internal/devdb"
	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
	"github.com/plinth-go/plinth/internal/inspect"
	"github.com/plinth-go/plinth/internal/plan"
	"github.com/plinth-go/plinth/internal/schemagraph"
	"github.com/plinth-go/plinth/internal/schemagraph/graphtest"
)

// tb is what rapid's T and testing's T share.
type tb interface {
	require.TestingT
	Helper()
	Logf(string, ...any)
	Skip(...any)
}

// For random pairs of designs: the plan from one to the other makes exactly the other, its inverse makes exactly the
// one again, and a second plan is empty.
func TestRoundTrip(t *testing.T) {
	pairs := 100
	if n, err := strconv.Atoi(os.Getenv("PLINTH_ROUNDTRIPS")); err == nil {
		pairs = n
	}
	require.NoError(t, flag.Set("rapid.checks", strconv.Itoa(max(pairs/3, 1))))
	server := devdbtest.Server(t)
	for _, mode := range []struct {
		name string
		opts plan.Options
	}{
		{"online", plan.Options{Rewrite: []string{"*"}, PGVersion: server.Major()}},
		{"expand", plan.Options{PGVersion: server.Major()}},
		{"direct", plan.Options{Direct: true, PGVersion: server.Major()}},
	} {
		t.Run(mode.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				roundTrip(t, server, graphtest.Graph(t), graphtest.Graph(t), mode.opts)
			})
		})
	}
}

func fresh(t tb, server *devdb.Server) *devdb.Database {
	t.Helper()
	db, err := server.NewDatabase(context.Background())
	require.NoError(t, err)
	return db
}

func roundTrip(t tb, server *devdb.Server, a, b *schemagraph.Graph, opts plan.Options) {
	t.Helper()
	ctx := context.Background()
	there, err := plan.Diff(a, b, opts)
	var refused *plan.RefusedError
	if errors.As(err, &refused) {
		t.Skip(err)
	}
	require.NoError(t, err)
	again, err := plan.Diff(b, b, opts)
	require.NoError(t, err)
	require.Empty(t, again.Statements(), "a second plan is empty")

	live, other := fresh(t, server), fresh(t, server)
	defer live.Close()
	defer other.Close()
	normalA, err := inspect.Normalize(ctx, live.DB, a)
	require.NoError(t, err)
	normalB, err := inspect.Normalize(ctx, other.DB, b)
	require.NoError(t, err)

	for _, f := range there.Files {
		t.Logf("%s\n%s", f.Suffix, f.Up())
	}
	require.NoError(t, inspect.Execute(ctx, live.DB, there.Statements()))
	got, err := inspect.Database(ctx, live.DB, inspect.Options{NoCompanions: true})
	require.NoError(t, err)
	same(t, normalB, got, "after going up")

	t.Logf("%s", strings.Join(there.Reverse(), ";\n"))
	require.NoError(t, inspect.Execute(ctx, live.DB, there.Reverse()))
	got, err = inspect.Database(ctx, live.DB, inspect.Options{NoCompanions: true})
	require.NoError(t, err)
	same(t, normalA, got, "after going back down")
}

// same compares two states as the server describes them, to the letter but for the order of columns, which no
// migration can keep.
func same(t tb, want, got *schemagraph.Graph, when string) {
	t.Helper()
	w, g := describe(t, want), describe(t, got)
	if w != g {
		diff, _ := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
			A: difflib.SplitLines(w), B: difflib.SplitLines(g), FromFile: "wanted", ToFile: "got", Context: 2,
		})
		t.Errorf("%s:\n%s", when, diff)
		t.FailNow()
	}
}

func describe(t tb, g *schemagraph.Graph) string {
	t.Helper()
	c := g.Structure().Clone()
	graphtest.Sort(c)
	data, err := schemagraph.Marshal(c)
	require.NoError(t, err)
	return string(data)
}

// stateOf is the state that SQL leads to.
func stateOf(t *testing.T, sql string) *schemagraph.Graph {
	t.Helper()
	db := devdbtest.Test(t)
	_, err := db.DB.ExecContext(context.Background(), sql)
	require.NoError(t, err)
	return inspected(t, db.DB)
}

func inspected(t *testing.T, db *sql.DB) *schemagraph.Graph {
	t.Helper()
	g, err := inspect.Database(context.Background(), db, inspect.Options{})
	require.NoError(t, err)
	return g
}
