package verify

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/plinth-go/plinth/internal/codegen"
	"github.com/plinth-go/plinth/internal/lint"
	migrationlint "github.com/plinth-go/plinth/internal/migration/lint"
	"github.com/plinth-go/plinth/internal/schemagraph"
	"github.com/plinth-go/plinth/store/storetest"
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
	found := lint.Run(r.graph, lint.Options{Config: r.Lint, Known: migrationlint.Rules()})
	res.findings(found, "plinth lint")
	return res, nil
}

// findings adds what a run of rules found: errors fall short, warnings are counted.
func (r *result) findings(found lint.Result, more string) {
	errs, warnings := 0, 0
	for _, f := range found.Findings {
		switch {
		case f.Severity >= lint.Error:
			if errs++; errs <= most {
				r.problems = append(r.problems, describe(f))
			}
		case f.Severity >= lint.Warn:
			warnings++
		}
	}
	if errs > most {
		r.problem("and %d more; see `%s`", errs-most, more)
	}
	r.detail += fmt.Sprintf("%d ran, %d errors, %d warnings", len(found.Coverage.Ran), errs, warnings)
	if n := found.Coverage.Allowed; n > 0 {
		r.detail += fmt.Sprintf(" (%d allowed, with reasons)", n)
	}
}

// migrations judges each migration file as if those before it were deployed, with a trace of its statements.
func (r *run) migrations(ctx context.Context) (result, error) {
	if r.Dialect != schemagraph.Postgres {
		return result{skipped: "the rules are about PostgreSQL's locks"}, nil
	}
	files, err := r.Dir.List()
	if err != nil {
		return result{}, err
	}
	in := migrationlint.Input{Apart: true}
	for _, f := range files {
		file := migrationlint.File{Name: filepath.Join(r.Dir.Path(), f.Name()), Text: string(f.Bytes()), Migration: true, Version: f.Version()}
		if text, _, err := f.DownText(); err == nil && strings.TrimSpace(text) != "" {
			file.HasDown, file.Down = true, text
		}
		in.Files = append(in.Files, file)
	}
	opt := migrationlint.Options{
		Version: r.server.Major(), Config: r.Lint, Known: lint.Rules(), Rows: map[string]int64{}, Small: map[string]bool{},
		Tracer: migrationlint.OnServer{Private: r.server.DataDir() != "", NewDB: func(ctx context.Context) (*sql.DB, func(), error) {
			db, err := r.server.NewDatabase(ctx)
			if err != nil {
				return nil, nil, err
			}
			return db.DB, func() { db.Close() }, nil
		}},
	}
	for _, e := range r.graph.Entities {
		if v := e.Facts.Volume; v != nil {
			opt.Rows[e.Table], opt.Small[e.Table] = v.Rows, v.Small
		}
	}
	found, err := migrationlint.Run(ctx, in, opt)
	if err != nil {
		return result{}, err
	}
	statements := 0
	for _, f := range found.Files {
		statements += len(f.Statements)
	}
	res := result{detail: fmt.Sprintf("%d statements traced; ", statements)}
	res.findings(found.Result, "plinth migrate lint")
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
	on := "SQLite"
	if r.server != nil && os.Getenv(storetest.URLVariable) == "" {
		db, err := r.server.NewDatabase(ctx)
		if err != nil {
			return res, &setupError{err}
		}
		defer db.Close()
		cmd.Env = append(os.Environ(), storetest.URLVariable+"="+db.URL)
		on = fmt.Sprintf("PostgreSQL %d and SQLite", r.server.Major())
	}
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
	res.detail = fmt.Sprintf("%d passed on %s", passed, on)
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
