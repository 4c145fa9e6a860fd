package repository

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/plinth-go/plinth/internal/devdb"
	"github.com/plinth-go/plinth/store/storetest"
)

// TestMain gives the generated tests a throwaway PostgreSQL beside SQLite.
func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if os.Getenv(storetest.URLVariable) != "" {
		return m.Run()
	}
	ctx := context.Background()
	srv, err := devdb.Start(ctx, devdb.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer srv.Close()
	db, err := srv.NewDatabase(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer db.Close()
	os.Setenv(storetest.URLVariable, db.URL)
	return m.Run()
}
