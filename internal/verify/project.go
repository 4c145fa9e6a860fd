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
		if i == 10 {
			res.problem("and %d more", len(stale)-i)
			break
		}
		res.problem("%s is stale; run `go generate ./ent`", f)
	}
	return res, nil
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
			if out := output[key]; out != nil && len(res.problems) < 10 {
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
