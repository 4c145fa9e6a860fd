package migration

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// TestCase is a test of migrations: it brings an empty database to versions and says what must hold there.
type TestCase struct {
	Name  string
	File  string
	Line  int
	Skip  bool
	Steps []TestStep
}

// TestStep is one step of a test.
type TestStep struct {
	// Kind is "migrate", "exec", "assert", "catch", "log" or "cleanup".
	Kind string
	Line int
	// To is the version of a migrate step: forward, or back by the down files.
	To string
	// SQL is what the others run.
	SQL string
	// Output is what an exec must print, Match a regular expression it must match; Table says that rows are compared
	// as a table.
	Output, Match *string
	Table         bool
	// Error is a regular expression for the error of a catch; Message what to say when an assert fails.
	Error, Message string
}

// TestError is a step that did not hold.
type TestError struct {
	File string
	Line int
	Text string
}

func (e *TestError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text) }

// ParseTests reads a test file: *.test.hcl in the atlas CLI's language (test "migrate" "name" { … }), or SQL whose
// comments "-- migrate VERSION" say when to move on; a query in it must return one row that says true.
func ParseTests(path, text string, vars map[string]cty.Value) ([]TestCase, error) {
	if filepath.Ext(path) == ".sql" {
		return parseSQLTest(path, text)
	}
	p := hclparse.NewParser()
	f, diags := p.ParseHCL([]byte(text), path)
	if diags.HasErrors() {
		return nil, fmt.Errorf("reading tests: %w", diags)
	}
	body := f.Body.(*hclsyntax.Body)
	input := map[string]cty.Value{}
	for k, v := range vars {
		input[k] = v
	}
	for _, b := range body.Blocks {
		if b.Type == "variable" && len(b.Labels) == 1 && input[b.Labels[0]] == cty.NilVal {
			if a := b.Body.Attributes["default"]; a != nil {
				v, diags := a.Expr.Value(nil)
				if diags.HasErrors() {
					return nil, fmt.Errorf("reading tests: %w", diags)
				}
				input[b.Labels[0]] = v
			}
		}
	}
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{
		"var": cty.ObjectVal(input), "csv": cty.StringVal("csv"), "table": cty.StringVal("table"),
	}}
	var out []TestCase
	for _, b := range body.Blocks {
		switch {
		case b.Type == "variable", b.Type == "locals":
		case b.Type != "test" || len(b.Labels) != 2:
			return nil, fmt.Errorf("reading tests: %s:%d: expected test \"migrate\" \"NAME\"", path, b.TypeRange.Start.Line)
		case b.Labels[0] != "migrate":
			// Tests of schemas stand in the same files.
		default:
			c, err := parseHCLTest(ctx, path, b)
			if err != nil {
				return nil, fmt.Errorf("reading tests: %w", err)
			}
			out = append(out, c)
		}
	}
	return out, nil
}

func parseHCLTest(ctx *hcl.EvalContext, path string, b *hclsyntax.Block) (TestCase, error) {
	c := TestCase{Name: b.Labels[1], File: path, Line: b.TypeRange.Start.Line}
	for name, a := range b.Body.Attributes {
		v, diags := a.Expr.Value(ctx)
		if diags.HasErrors() {
			return c, diags
		}
		switch name {
		case "skip":
			c.Skip = v.Type() == cty.Bool && v.True()
		case "parallel":
		default:
			return c, fmt.Errorf("%s:%d: unknown attribute %q of a test; use skip", path, a.SrcRange.Start.Line, name)
		}
	}
	for _, sb := range b.Body.Blocks {
		s := TestStep{Kind: sb.Type, Line: sb.TypeRange.Start.Line}
		switch sb.Type {
		case "migrate", "exec", "assert", "catch", "log", "cleanup":
		default:
			return c, fmt.Errorf("%s:%d: unknown block %q in a test; use migrate, exec, assert, catch, log or cleanup", path, s.Line, sb.Type)
		}
		for name, a := range sb.Body.Attributes {
			v, diags := a.Expr.Value(ctx)
			if diags.HasErrors() {
				return c, diags
			}
			if v.Type() != cty.String || v.IsNull() {
				return c, fmt.Errorf("%s:%d: %s must be a string", path, a.SrcRange.Start.Line, name)
			}
			text := v.AsString()
			switch name {
			case "to":
				s.To = text
			case "sql":
				s.SQL = text
			case "output":
				s.Output = &text
			case "match":
				s.Match = &text
			case "error":
				s.Error = text
			case "error_message", "message":
				s.Message = text
			case "format":
				s.Table = text == "table"
			default:
				return c, fmt.Errorf("%s:%d: unknown attribute %q of %s", path, a.SrcRange.Start.Line, name, sb.Type)
			}
		}
		if (s.Kind == "migrate") == (s.To == "") && s.Kind != "log" {
			return c, fmt.Errorf("%s:%d: %s needs %s", path, s.Line, s.Kind, map[bool]string{true: "to", false: "sql"}[s.Kind == "migrate"])
		}
		c.Steps = append(c.Steps, s)
	}
	return c, nil
}

var reTestMigrate = regexp.MustCompile(`^--\s*(?:plinth:|test:)?migrate\s+(?:to\s+)?(\S+)\s*$`)

// parseSQLTest cuts the file at its marks.
func parseSQLTest(path, text string) ([]TestCase, error) {
	c := TestCase{Name: strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".sql"), ".test"), File: path, Line: 1}
	var part strings.Builder
	start := 1
	flush := func() error {
		stmts, err := scan("postgres", part.String())
		if err != nil {
			return fmt.Errorf("reading tests: %s:%d: %w", path, start, err)
		}
		at := lineCounter([]byte(part.String()))
		for _, s := range stmts {
			kind := "exec"
			if ws := words(s.Text, 1); len(ws) > 0 && (ws[0] == "SELECT" || ws[0] == "VALUES" || ws[0] == "TABLE") {
				kind = "assert"
			}
			c.Steps = append(c.Steps, TestStep{Kind: kind, Line: start + at(s.Pos) - 1, SQL: s.Text})
		}
		part.Reset()
		return nil
	}
	for i, line := range strings.SplitAfter(text, "\n") {
		m := reTestMigrate.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			part.WriteString(line)
			continue
		}
		if err := flush(); err != nil {
			return nil, err
		}
		start = i + 2
		c.Steps = append(c.Steps, TestStep{Kind: "migrate", Line: i + 1, To: m[1]})
	}
	if err := flush(); err != nil {
		return nil, err
	}
	return []TestCase{c}, nil
}

// RunTest runs a test on an empty throwaway database. log is told what log steps say. A step that does not hold is a
// *TestError.
func (t *Target) RunTest(ctx context.Context, d *Dir, c TestCase, log func(string)) (err error) {
	s, err := t.open(ctx, "", 0, false)
	if err != nil {
		return err
	}
	defer s.close()
	var cleanup []TestStep
	defer func() {
		for i := len(cleanup) - 1; i >= 0; i-- {
			if cerr := s.execAll(ctx, cleanup[i].SQL); cerr != nil && err == nil {
				err = &TestError{c.File, cleanup[i].Line, "cleanup: " + cerr.Error()}
			}
		}
	}()
	for _, st := range c.Steps {
		var text string
		switch st.Kind {
		case "migrate":
			text = t.testMigrate(ctx, d, st.To)
		case "exec":
			text = s.testExec(ctx, st)
		case "assert":
			if text = s.assert(ctx, st.SQL); text != "" && st.Message != "" {
				text = st.Message
			}
		case "catch":
			text = s.testCatch(ctx, st)
		case "log":
			log(st.Message)
		case "cleanup":
			cleanup = append(cleanup, st)
		}
		if text != "" {
			return &TestError{c.File, st.Line, text}
		}
	}
	return nil
}

// testMigrate goes forward to a version, or back.
func (t *Target) testMigrate(ctx context.Context, d *Dir, to string) string {
	revs, err := t.ReadRevisions(ctx)
	if err != nil {
		return err.Error()
	}
	if n := len(revs); n > 0 && to < revs[n-1].Version {
		opts := DownOptions{To: to}
		_, err := t.Down(ctx, d, opts)
		if consent := (*ConsentError)(nil); errors.As(err, &consent) {
			opts.Consent = consent.Plan.Hash // nothing in a throwaway database is anybody's
			_, err = t.Down(ctx, d, opts)
		}
		if err != nil {
			return "migrating down to " + to + ": " + err.Error()
		}
		return ""
	}
	if _, err := t.Apply(ctx, d, ApplyOptions{To: to, AnyState: true, Order: OrderNonLinear}); err != nil {
		return "migrating to " + to + ": " + err.Error()
	}
	return ""
}

func (s *session) execAll(ctx context.Context, text string) error {
	stmts, err := scan(s.Dialect, text)
	if err != nil {
		return err
	}
	for _, st := range stmts {
		if err := s.exec(ctx, st.Text); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) testExec(ctx context.Context, st TestStep) string {
	if st.Output == nil && st.Match == nil {
		if err := s.execAll(ctx, st.SQL); err != nil {
			return err.Error()
		}
		return ""
	}
	got, err := s.rows(ctx, st.SQL, st.Table)
	if err != nil {
		return err.Error()
	}
	if st.Match != nil {
		re, err := regexp.Compile(*st.Match)
		if err != nil {
			return "match: " + err.Error()
		}
		if !re.MatchString(got) {
			return fmt.Sprintf("no match of %q in %q", *st.Match, got)
		}
	}
	if st.Output != nil && tidy(got, st.Table) != tidy(*st.Output, st.Table) {
		return fmt.Sprintf("unexpected output\n got  %q\n want %q", tidy(got, st.Table), tidy(*st.Output, st.Table))
	}
	return ""
}

// rows prints a query's rows: values separated by ", ", or as a table.
func (s *session) rows(ctx context.Context, query string, table bool) (string, error) {
	rows, err := s.conn.QueryContext(ctx, query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		return "", err
	}
	sep := ", "
	var lines []string
	if table {
		sep = " | "
		lines = append(lines, strings.Join(cols, sep))
	}
	for rows.Next() {
		vals := make([]any, len(cols))
		for i := range vals {
			vals[i] = new(*string)
		}
		if err := rows.Scan(vals...); err != nil {
			return "", err
		}
		texts := make([]string, len(vals))
		for i, v := range vals {
			texts[i] = "NULL"
			if p := *v.(**string); p != nil {
				texts[i] = *p
			}
		}
		lines = append(lines, strings.Join(texts, sep))
	}
	return strings.Join(lines, "\n"), rows.Err()
}

var reRule = regexp.MustCompile(`^[-+ ]+$`)

// tidy takes away what is only layout.
func tidy(text string, table bool) string {
	var out []string
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		line = strings.TrimSpace(line)
		if table {
			if reRule.MatchString(line) {
				continue
			}
			line = strings.Join(strings.Fields(line), " ")
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func (s *session) testCatch(ctx context.Context, st TestStep) string {
	err := s.execAll(ctx, st.SQL)
	if err == nil {
		return "expected an error, got none"
	}
	if st.Error == "" {
		return ""
	}
	re, rerr := regexp.Compile(st.Error)
	if rerr != nil {
		return "error: " + rerr.Error()
	}
	if !re.MatchString(err.Error()) {
		return fmt.Sprintf("expected an error that matches %q, got %q", st.Error, err)
	}
	return ""
}
