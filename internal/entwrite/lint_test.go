package entwrite

import (
	"path/filepath"
	"testing"

	"github.com/plinth-go/plinth/internal/lint"
)

// A design from complete requirements has no finding above information.
func TestExamplesLintClean(t *testing.T) {
	files, _ := filepath.Glob("../../examples/*/requirements.yaml")
	for _, f := range files {
		r := lint.Run(example(t, filepath.Base(filepath.Dir(f))).Graph(), lint.Options{})
		for _, x := range r.Findings {
			if x.Severity > lint.Info {
				t.Errorf("%s %s %s %v: %s", f, x.Code, x.Severity, x.Object, x.Message)
			}
		}
	}
}
