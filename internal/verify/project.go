package verify

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"

	"github.com/plinth-go/plinth/internal/codegen"
	"github.com/plinth-go/plinth/internal/lint"
)

// generated compares the generated files with a fresh run.
func (r *run) generated(ctx context.Context) (result, error) {
	o, ours := codegen.OptionsOf(r.Schema)
	if !ours {
		return result{skipped: "the project does not use `plinth generate`"}, nil
	}
	stale, err := codegen.Check(ctx, o)
	if err != nil {
		return result{}, err
	}
	var res result
	for i, f := range stale {
		if i == most {
			res.problem("and %d more", len(stale)-i)
			break
		}
		res.problem("%s is stale; run `go generate ./ent`", f)
	}
	return res, nil
}

// most is how many problems of one kind are listed.
const most = 20

// design runs the design rules. Errors fall short; warnings are counted.
func (r *run) design(context.Context) (result, error) {
	var res result
	found := lint.Run(r.graph, r.Lint)
	errs, warnings := 0, 0
	for _, f := range found.Findings {
		switch {
		case f.Severity >= lint.Error:
			if errs++; errs <= most {
				res.problems = append(res.problems, describe(f))
			}
		case f.Severity >= lint.Warn:
			warnings++
		}
	}
	if errs > most {
		res.problem("and %d more; see `plinth lint`", errs-most)
	}
	res.detail = fmt.Sprintf("%d ran, %d errors, %d warnings", len(found.Coverage.Ran), errs, warnings)
	if n := found.Coverage.Allowed; n > 0 {
		res.detail += fmt.Sprintf(" (%d allowed, with reasons)", n)
	}
	return res, nil
}

// describe is a finding in one line.
func describe(f lint.Finding) string {
	where := f.Object
	if f.File != "" {
		where = fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	s := fmt.Sprintf("%s: %s %s", where, f.Code, f.Message)
	if f.Fix != "" && !strings.Contains(f.Fix, "\n") {
		s += "; " + f.Fix
	}
	return s
}

// tests runs the project's tests.
func (r *run) tests(ctx context.Context) (result, error) {
	var res result
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "./...")
	cmd.Dir = r.Root
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	runErr := cmd.Run()
	passed, failed := 0, 0
	output := map[string]*strings.Builder{}
	sc := bufio.NewScanner(&stdout)
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		var ev struct{ Action, Package, Test, Output, ImportPath string }
		if json.Unmarshal(sc.Bytes(), &ev) != nil {
			continue
		}
		key := ev.Package + ev.ImportPath + " " + ev.Test
		switch ev.Action {
		case "output", "build-output":
			if output[key] == nil {
				output[key] = &strings.Builder{}
			}
			output[key].WriteString(ev.Output)
		case "pass":
			if ev.Test != "" {
				passed++
			}
		case "fail", "build-fail":
			if ev.Test != "" {
				failed++
			}
			if out := output[key]; out != nil && len(res.problems) < most {
				res.problem("%s\n%s", strings.TrimSpace(key), tail(out.String(), 20))
			}
		}
	}
	res.detail = fmt.Sprintf("%d passed", passed)
	if runErr != nil && len(res.problems) == 0 {
		res.problem("go test: %v\n%s", runErr, tail(stderr.String(), 20))
	}
	if failed > 0 {
		res.detail += fmt.Sprintf(", %d failed", failed)
	}
	return res, sc.Err()
}

func tail(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
