package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/plinth-go/plinth/internal/entwrite"
	"github.com/plinth-go/plinth/internal/lint"
)

// rounds is how often a repair may call for another: a length for a new field, an index for a new edge.
const rounds = 3

// fixAll repairs what can be repaired mechanically, and judges again. dir is the schema package.
func fixAll(s streams, dir string, res lint.Result, run func() (lint.Result, error)) (lint.Result, error) {
	total := 0
	for range rounds {
		n, err := fixOnce(s, dir, res)
		if err != nil {
			return res, err
		}
		if n == 0 {
			break
		}
		total += n
		if res, err = run(); err != nil {
			return res, fmt.Errorf("judging the repaired schema: %w", err)
		}
	}
	fmt.Fprintf(s.err, "%d findings repaired\n", total)
	return res, nil
}

// fixOnce carries out the repairs of the findings, and gives how many it made.
func fixOnce(s streams, dir string, res lint.Result) (int, error) {
	var fixable []lint.Finding
	for _, f := range res.Findings {
		if f.Fixable && len(f.Edits) > 0 && f.Severity > lint.Off {
			fixable = append(fixable, f)
		}
	}
	if len(fixable) == 0 {
		return 0, nil
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return 0, err
	}
	files := make(map[string][]byte)
	for _, p := range paths {
		if strings.HasSuffix(p, "_test.go") {
			continue
		}
		if files[filepath.Base(p)], err = os.ReadFile(p); err != nil {
			return 0, exit(ExitUsage, err)
		}
	}
	changed, done, _, err := entwrite.Fix(files, fixable)
	if err != nil {
		return 0, exit(ExitUsage, err)
	}
	if len(changed) == 0 {
		return 0, nil
	}
	for name, text := range changed {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return 0, fmt.Errorf("writing %s: %w", path, err)
		}
		fmt.Fprintf(s.err, "edited %s\n", path)
	}
	return done, nil
}
