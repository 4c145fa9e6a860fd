package extension_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
)

// otherModule lays out a module that requires plinth as it is here, and gives a function that runs go in it.
func otherModule(t *testing.T, archive string) func(args ...string) string {
	t.Helper()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	dir := t.TempDir()
	a, err := txtar.ParseFile(archive)
	require.NoError(t, err)
	for _, f := range a.Files {
		file := filepath.Join(dir, f.Name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, f.Data, 0o644))
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	mod = regexp.MustCompile(`(?m)^module .*$`).ReplaceAll(mod, []byte("module example.com/other"))
	mod = regexp.MustCompile(`(?m)^tool .*$`).ReplaceAll(mod, []byte("tool github.com/plinth-go/plinth/cmd/plinth"))
	mod = append(mod, "\nrequire github.com/plinth-go/plinth v0.0.0\n\nreplace github.com/plinth-go/plinth => "+root+"\n"...)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), mod, 0o644))
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o644))
	return func(args ...string) string {
		t.Helper()
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "go %v:\n%s", args, out)
		return string(out)
	}
}

func TestBesideAnotherExtensionWithEveryFeature(t *testing.T) {
	if testing.Short() {
		t.Skip("builds another module")
	}
	run := otherModule(t, filepath.Join("testdata", "module.txtar"))
	run("run", "./cmd/entc")
	run("vet", "./...")
	url := devdbtest.Test(t).URL
	require.Equal(t, "[Book Mixin Node Page Store] BOOK BOOK true\n", run("run", "./cmd/shop", url))

	// The same through go tool. It knows nothing of the other extension; what that adds is gone.
	run("tool", "plinth", "generate", "./ent/schema", "--feature", "sql/upsert,intercept,sql/lock,sql/modifier")
	run("vet", "./ent/...")
}
