package repository

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/plinth-go/plinth/internal/devdb"
	"github.com/plinth-go/plinth/store/storetest"
)

// TestMain gives the generated tests a PostgreSQL server, unless one was given.
func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if os.Getenv(storetest.URLVariable) != "" {
		return m.Run()
	}
	server, err := devdb.Start(context.Background(), devdb.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, "starting the test database server:", err)
		return 1
	}
	defer server.Close()
	admin, err := server.NewDatabase(context.Background())
	if err == nil {
		err = os.Setenv(storetest.URLVariable, admin.URL)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
