package entwrite

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/requirement"
)

func example(t *testing.T, name string) *requirement.Design {
	t.Helper()
	file := filepath.Join("../../examples", name, "requirements.yaml")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	doc, err := requirement.Parse(file, data)
	require.NoError(t, err)
	d, err := requirement.New(doc)
	require.NoError(t, err)
	return d
}

func read(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, p := range paths {
		data, err := os.ReadFile(p)
		require.NoError(t, err)
		files[filepath.Base(p)] = data
	}
	return files
}

// The shop's requirements are met by the schema a person wrote: nothing is to be added.
func TestShopIsComplete(t *testing.T) {
	res, err := Edit(read(t, "../../ent/schema"), FromDesign(example(t, "shop")))
	require.NoError(t, err)
	assert.Empty(t, res.Changes)
	assert.Empty(t, res.Manual)
	assert.Empty(t, res.Files)
}

// What is written is complete: doing it again changes nothing.
func TestTwiceChangesNothing(t *testing.T) {
	paths, err := filepath.Glob("../../examples/*/requirements.yaml")
	require.NoError(t, err)
	for _, p := range paths {
		schemas := FromDesign(example(t, filepath.Base(filepath.Dir(p))))
		res, err := Edit(nil, schemas)
		require.NoError(t, err)
		assert.Len(t, res.Files, len(schemas))
		again, err := Edit(res.Files, schemas)
		require.NoError(t, err)
		assert.Empty(t, again.Changes, p)
		if os.Getenv("SHOW") != "" {
			for _, n := range []string{"user.go", "order.go", "product.go", "category.go"} {
				t.Logf("%s", res.Files[n])
			}
		}
	}
}
