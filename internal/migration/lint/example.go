package lint

import (
	"context"
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/plinth-go/plinth/internal/lint"
)

// examples are the rules' examples: CODE/bad.sql and CODE/good.sql, each judged on top of schema.sql.
//
//go:embed testdata/schema.sql testdata/M*/*.sql
var examples embed.FS

// Example is a rule's example. Its text may hold several files, with a line "-- next file" between them.
type Example struct {
	Code string
	Kind string // "bad" or "good"
	Text string
	// Options are those of the example's first line, "-- options: pg=18 also=M503", which is not part of Text:
	//
	//	pg=N           the server's major version
	//	also=M1,M2     other rules that fire too
	//	person=M1,M2   other rules whose finding on what the fix moves is a person's decision
	//	on             switch the rule on, for one that is off by default
	//	timeouts=none  the runner sets no timeouts
	//	dir=WHAT       judge as a migrations directory in which WHAT is wrong
	Options map[string]string
}

// FindExample reads a rule's example.
func FindExample(code, kind string) (*Example, error) {
	b, err := examples.ReadFile("testdata/" + code + "/" + kind + ".sql")
	if err != nil {
		return nil, fmt.Errorf("rule %s has no %s example: %w", code, kind, err)
	}
	e := &Example{Code: code, Kind: kind, Text: string(b), Options: map[string]string{}}
	if rest, ok := strings.CutPrefix(e.Text, "-- options: "); ok {
		line, body, _ := strings.Cut(rest, "\n")
		e.Text = strings.TrimLeft(body, "\n")
		for _, o := range strings.Fields(line) {
			k, v, _ := strings.Cut(o, "=")
			e.Options[k] = v
		}
	}
	return e, nil
}

// ExampleSchema is the schema that every example is judged on.
func ExampleSchema() string {
	b, err := examples.ReadFile("testdata/schema.sql")
	if err != nil {
		return ""
	}
	return string(b)
}

// splitFiles cuts a text at the lines that say that the next file begins.
func splitFiles(text string) []File {
	var files []File
	var cur strings.Builder
	flush := func() {
		name := fmt.Sprintf("%d_example.up.sql", len(files)+1)
		files = append(files, File{Name: name, Text: cur.String(), Migration: true, HasDown: true})
		cur.Reset()
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, nextFile) {
			flush()
			continue
		}
		cur.WriteString(line)
	}
	flush()
	return slices.DeleteFunc(files, func(f File) bool { return strings.TrimSpace(f.Text) == "" })
}

// Run judges the example as one batch of migration files.
func (e *Example) Run(ctx context.Context) (*Result, error) {
	in := Input{Schema: []File{{Name: "schema.sql", Text: ExampleSchema()}}, Files: splitFiles(e.Text)}
	opt := Options{LockTimeout: e.Options["timeouts"] == "", StatementTimeout: e.Options["timeouts"] == ""}
	if v := e.Options["pg"]; v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			return nil, fmt.Errorf("reading the example's options: %w", err)
		}
		opt.Version = n
	}
	if _, on := e.Options["on"]; on {
		warn := lint.Warn
		opt.Config.Rules = map[string]lint.Setting{e.Code: {Severity: &warn}}
	}
	if wrong, ok := e.Options["dir"]; ok && len(in.Files) > 0 {
		in.Directory = exampleDirectory(wrong, &in.Files[0])
		opt.Tracer = exampleTrips(wrong)
	}
	return Run(ctx, in, opt)
}

// exampleDirectory is a directory in which something is wrong, or nothing.
func exampleDirectory(wrong string, f *File) *Directory {
	d := &Directory{Reversible: true, Compared: true}
	switch wrong {
	case "sum":
		d.SumFile, d.SumError = "atlas.sum", "checksum mismatch"
	case "order":
		d.OutOfOrder = []string{f.Name}
	case "name":
		d.BadNames = map[string]string{f.Name: "The name has no version."}
	case "nodown":
		f.HasDown = false
	case "drift":
		d.Drift = []Difference{{"a.b", "The column is declared and not there."}}
	case "edited":
		d.Edited = []string{f.Name}
	}
	return d
}

// exampleTrips is a tracer that only knows what running the down files found.
type exampleTrips string

// Trace has nothing to say.
func (exampleTrips) Trace(context.Context, Input) ([][]Traced, string, int, error) {
	return nil, "", 0, nil
}

// RoundTrips says what was wrong with the first file's down.
func (w exampleTrips) RoundTrips(_ context.Context, in Input) ([]RoundTrip, error) {
	if w != "roundtrip" {
		return nil, nil
	}
	return []RoundTrip{{File: in.Files[0].Name, Message: "The table b is still there after the down."}}, nil
}
