package ruledoc

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/plinth-go/plinth/internal/entload"
	"github.com/plinth-go/plinth/internal/inspect"
	"github.com/plinth-go/plinth/internal/inspect/live"
	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Example is one example of a design rule: bad or good, in SQL, as an Ent schema, or as a graph.
type Example struct {
	Rule *lint.Rule
	Kind string // "bad" or "good"
	Lang string // "sql", "go" or "json"
	Text string
	path string
	dir  string
}

// Kinds are the examples every rule has.
var Kinds = []string{"bad", "good"}

// Find finds an example of a rule under root, which holds a folder for each code:
//
//	S301/bad.sql      or S301/bad/schema.go, or S301/bad.json (a schemagraph)
//	S301/bad.live.json    what the catalogue of a live database adds, if anything
//	S301/options          settings of the rule, or "conventions = false" for an Ent schema without plinth's
func Find(root string, r *lint.Rule, kind string) (*Example, error) {
	dir := filepath.Join(root, r.Code)
	for _, try := range []struct{ lang, path string }{
		{"sql", filepath.Join(dir, kind+".sql")},
		{"go", filepath.Join(dir, kind, "schema.go")},
		{"json", filepath.Join(dir, kind+".json")},
	} {
		text, err := os.ReadFile(try.path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &Example{Rule: r, Kind: kind, Lang: try.lang, Text: string(text), path: try.path, dir: dir}, nil
	}
	return nil, fmt.Errorf("rule %s has no %s example: add %s.sql, or %s/schema.go", r.Code, kind, filepath.Join(dir, kind), filepath.Join(dir, kind))
}

// Databases makes the empty databases that SQL examples are loaded on.
type Databases func(ctx context.Context) (db *sql.DB, done func(), err error)

// Run judges the example by all design rules. Only the rule itself runs at a severity of its own; the others run at
// theirs.
func (e *Example) Run(ctx context.Context, databases Databases) (lint.Result, error) {
	set, conventions, err := e.settings()
	if err != nil {
		return lint.Result{}, err
	}
	o := lint.Options{Config: lint.Config{Rules: map[string]lint.Setting{e.Rule.Code: set}}}
	var g *schemagraph.Graph
	switch e.Lang {
	case "sql":
		g, err = e.load(ctx, databases, &o)
	case "json":
		g, err = schemagraph.Unmarshal([]byte(e.Text))
	default:
		var d *entload.Design
		base, abs := filepath.Abs(filepath.Dir(e.path))
		if abs != nil {
			return lint.Result{}, abs
		}
		if d, err = entload.LoadDesign(ctx, entload.Options{Path: filepath.Dir(e.path), Base: base, Conventions: &conventions}); err == nil {
			g = d.Graph
		}
	}
	if err != nil {
		return lint.Result{}, fmt.Errorf("loading %s: %w", e.path, err)
	}
	if err := e.addLive(&o); err != nil {
		return lint.Result{}, err
	}
	return lint.Run(g, o), nil
}

func (e *Example) load(ctx context.Context, databases Databases, o *lint.Options) (*schemagraph.Graph, error) {
	db, done, err := databases(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if _, err := db.ExecContext(ctx, e.Text); err != nil {
		return nil, err
	}
	g, err := inspect.Database(ctx, db, inspect.Options{})
	if err != nil {
		return nil, err
	}
	if o.Live, err = live.Read(ctx, db, live.Options{}); err != nil {
		return nil, err
	}
	file := lint.ReadSQL(e.Kind+".sql", e.Text)
	o.Locate, o.Stated, o.Suppressions = file.Locate, file.Stated, file.Suppressions
	return g, nil
}

func (e *Example) addLive(o *lint.Options) error {
	text, err := os.ReadFile(filepath.Join(e.dir, e.Kind+".live.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if o.Live == nil {
		o.Live = &lint.Live{}
	}
	return json.Unmarshal(text, o.Live)
}

// settings reads the options file of a rule's examples.
func (e *Example) settings() (set lint.Setting, conventions bool, err error) {
	set.Options, conventions = make(map[string]string), true
	text, err := os.ReadFile(filepath.Join(e.dir, "options"))
	if errors.Is(err, fs.ErrNotExist) {
		return set, conventions, nil
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch name {
		case "":
		case "conventions":
			conventions = value == "true"
		case "severity":
			s, err := lint.ParseSeverity(value)
			if err != nil {
				return set, conventions, err
			}
			set.Severity = &s
		default:
			set.Options[name] = value
		}
	}
	return set, conventions, err
}
