package cli_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/plinth-go/plinth/internal/cli"
	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"plinth": func() { os.Exit(cli.Main(os.Args, os.Stdin, os.Stdout, os.Stderr)) },
		"atlas":  func() { os.Exit(cli.Main(os.Args, os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScript runs the command line as a new user would, each script in a directory of its own.
//
// Beside testscript's own commands there are
//
//	exits CODE PROGRAM ARGS…   runs a program that must end with exactly this code
//	module PATH                writes go.mod and go.sum for a module that uses this clone
//	edit DIR SUFFIX TEXT       appends a line to the only file of DIR whose name ends in SUFFIX
//	database NAME              makes an empty throwaway PostgreSQL database and puts its URL into $NAME
func TestScript(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	cache, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOPATH").Output()
	if err != nil {
		t.Fatal(err)
	}
	dirs := strings.Fields(string(cache))
	load := t.TempDir()
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, "ROOT="+root, "GOCACHE="+dirs[0], "GOMODCACHE="+dirs[1], "GOPATH="+dirs[2],
				"GOFLAGS=-mod=mod", "GOTOOLCHAIN=local", "GOPROXY=off", "GOSUMDB=off", "NO_COLOR=1", "XDG_CACHE_HOME="+load,
				"PLINTH_DEV_URL="+os.Getenv("PLINTH_DEV_URL"), "PLINTH_PG_BIN="+os.Getenv("PLINTH_PG_BIN"),
				"PLINTH_PG_MAJOR="+os.Getenv("PLINTH_PG_MAJOR"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"edit":     edit,
			"module":   func(ts *testscript.TestScript, _ bool, args []string) { module(ts, root, args) },
			"database": func(ts *testscript.TestScript, _ bool, args []string) { ts.Setenv(args[0], devdbtest.Test(t).URL) },
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("running %s: %v", args[1], err)
	}
	if got != want {
		ts.Fatalf("%s ended with exit code %d, not %d", strings.Join(args[1:], " "), got, want)
	}
}

func edit(ts *testscript.TestScript, _ bool, args []string) {
	names, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*"+args[1]))
	ts.Check(err)
	if len(names) != 1 {
		ts.Fatalf("%d files of %s end in %s", len(names), args[0], args[1])
	}
	data, err := os.ReadFile(names[0])
	ts.Check(err)
	ts.Check(os.WriteFile(names[0], append(data, args[2]+"\n"...), 0o644))
}

func module(ts *testscript.TestScript, root string, args []string) {
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	ts.Check(err)
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	ts.Check(err)
	// The same requirements as this module, so that nothing needs to be looked up.
	_, require, _ := strings.Cut(string(mod), "\n")
	require, _, _ = strings.Cut(require, "\ntool ")
	ts.Check(os.WriteFile(ts.MkAbs("go.sum"), sums, 0o644))
	ts.Check(os.WriteFile(ts.MkAbs("go.mod"), []byte("module "+args[0]+"\n"+require+
		"\nrequire github.com/plinth-go/plinth v0.0.0\n\nreplace github.com/plinth-go/plinth => "+root+"\n"), 0o644))
}
