package entwrite

import (
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/requirement"
	"github.com/plinth-go/plinth/internal/requirement/requirementtest"
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

// Whatever complete requirements say, the design has no finding, writing it is idempotent, and the source parses.
func TestAnyDesignIsCleanAndStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := requirementtest.YAML(t)
		doc, err := requirement.Parse("drawn.yaml", []byte(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		d, err := requirement.New(doc)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		for _, q := range d.Questions {
			t.Fatalf("%+v\n%s", q, text)
		}
		for _, x := range lint.Run(d.Graph(), lint.Options{}).Findings {
			if x.Severity > lint.Info {
				t.Fatalf("%s %s %v: %s\n%s", x.Code, x.Severity, x.Object, x.Message, text)
			}
		}
		schemas := FromDesign(d)
		first, err := Edit(nil, schemas)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		again, err := Edit(first.Files, schemas)
		if err != nil || len(again.Changes) > 0 {
			t.Fatalf("%v %v\n%s", err, again.Changes, text)
		}
	})
}
