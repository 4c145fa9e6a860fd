package requirement

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/lint"
)

func TestExamplesLintClean(t *testing.T) {
	files, _ := filepath.Glob("../../examples/*/requirements.yaml")
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		doc, err := Parse(f, data)
		require.NoError(t, err, f)
		d, err := New(doc)
		require.NoError(t, err, f)
		r := lint.Run(d.Graph(), lint.Options{})
		for _, x := range r.Findings {
			t.Errorf("%s %s %s %v: %s", f, x.Code, x.Severity, x.Object, x.Message)
		}
	}
}
