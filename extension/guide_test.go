package extension_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/plinth-go/plinth/internal/devdb/devdbtest"
)

// guideBlock is a Go block of the guide; its first line names the file it is.
var guideBlock = regexp.MustCompile("(?s)```go\n// ([a-z_/]+\\.go)\n(.*?)```")

// The guide's code generates, compiles and does what the guide says; so does the mistake it shows.
func TestGuide(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join("..", "docs", "schema.md"))
	require.NoError(t, err)
	var a txtar.Archive
	for _, m := range guideBlock.FindAllSubmatch(guide, -1) {
		a.Files = append(a.Files, txtar.File{Name: string(m[1]), Data: m[2]})
	}
	require.Equal(t, strings.Count(string(guide), "```go\n"), len(a.Files), "a Go block does not begin with its file's name")
	archive := filepath.Join(t.TempDir(), "guide.txtar")
	require.NoError(t, os.WriteFile(archive, txtar.Format(&a), 0o644))

	run := otherModule(t, archive)
	run("run", "./cmd/entc")
	run("vet", "./...")
	require.Equal(t, "ok\n", run("run", "./cmd/shop", devdbtest.Test(t).URL))

	order := string(fileOf(t, &a, "ent/schema/order.go"))
	for i, line := range strings.Split(order, "\n") {
		if strings.Contains(line, `Name: "ByCustomer"`) {
			message := fmt.Sprintf(`schema/order.go:%d:4: Order: query "ByCustomer": In: unknown field "stauts"; did you mean "status"?`, i+1)
			require.True(t, strings.Contains(string(guide), message), "the guide shows another message than %s", message)
		}
	}
}

func fileOf(t *testing.T, a *txtar.Archive, name string) []byte {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	t.Fatalf("the guide has no %s", name)
	return nil
}
