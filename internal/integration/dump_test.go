package integration

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
	"github.com/plinth-go/plinth/internal/inspect"
	"github.com/plinth-go/plinth/internal/plan"
)

// Schemas of other people's databases, given by PLINTH_DUMPS as a directory of .sql files: what is inspected, written
// out and applied to an empty database is inspected as the same again.
func TestDumps(t *testing.T) {
	dir := os.Getenv("PLINTH_DUMPS")
	files, _ := filepath.Glob(filepath.Join(dir, "*.sql"))
	if dir == "" {
		files, _ = filepath.Glob("testdata/dumps/*.sql")
	}
	require.NotEmpty(t, files)
	for _, file := range files {
		if filepath.Base(file) == "sakila-sqlite.sql" {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			ctx := context.Background()
			dump, err := os.ReadFile(file)
			require.NoError(t, err)
			original := devdbtest.Test(t)
			_, err = original.DB.ExecContext(ctx, string(dump))
			require.NoError(t, err)
			g, err := inspect.Database(ctx, original.DB, inspect.Options{})
			require.NoError(t, err)
			stmts, err := plan.DDL(g)
			require.NoError(t, err)
			copied := devdbtest.Test(t)
			require.NoError(t, inspect.Execute(ctx, copied.DB, stmts))
			again, err := inspect.Database(ctx, copied.DB, inspect.Options{})
			require.NoError(t, err)
			same(t, g, again, "the copy")
			p, err := plan.Diff(g, nil, plan.Options{})
			require.NoError(t, err)
			require.NoError(t, inspect.Execute(ctx, copied.DB, p.Statements()), "down to nothing")
			require.NoError(t, inspect.Execute(ctx, copied.DB, p.Reverse()), "and back")
			again, err = inspect.Database(ctx, copied.DB, inspect.Options{})
			require.NoError(t, err)
			same(t, g, again, "gone and back")
		})
	}
}
