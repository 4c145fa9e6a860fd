package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/plinth-go/plinth/internal/inspect"
	"github.com/plinth-go/plinth/internal/plan"
	"github.com/plinth-go/plinth/internal/project"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// schemaDiff compares two sources.
type schemaDiff struct {
	streams
	env      *project.Env
	from, to []string
	format   string
	opts     plan.Options
}

// run prints the difference and says whether there is one.
func (d schemaDiff) run(ctx context.Context) (bool, error) {
	dialect := dialectOfSources(d.env, append(append([]string{}, d.from...), d.to...)...)
	from, err := loadState(ctx, d.env, d.from, dialect)
	if err != nil {
		return false, err
	}
	var to *state
	if len(d.to) == 0 {
		to, err = desiredState(ctx, d.env, nil)
	} else {
		to, err = loadState(ctx, d.env, d.to, dialect)
	}
	if err != nil {
		return false, err
	}
	// Two states as their authors wrote them compare as they are; else both take the database's form.
	if from.natural != to.natural || d.format != "sql" {
		if from, err = normalize(ctx, d.env, from); err != nil {
			return false, err
		}
		if to, err = normalize(ctx, d.env, to); err != nil {
			return false, err
		}
	}
	d.opts.Keep = to.ent && !from.ent
	switch d.format {
	case "sql":
		return d.sql(from.graph, to.graph)
	case "text", "json":
		return d.differences(from.graph, to.graph)
	}
	return false, usagef("unknown --format %q: sql, text or json", d.format)
}

func (d schemaDiff) sql(from, to *schemagraph.Graph) (bool, error) {
	p, err := plan.Diff(from, to, d.opts)
	if err != nil {
		return false, refusedExit(err)
	}
	if p.Empty() {
		fmt.Fprintln(d.err, "Schemas are synced, no changes to be made.")
		return false, nil
	}
	for _, a := range p.Ambiguities {
		fmt.Fprintf(d.err, "note: %s Use --rename to say that it is a rename.\n", a)
	}
	return true, printStatements(d.streams, p)
}

func (d schemaDiff) differences(from, to *schemagraph.Graph) (bool, error) {
	list := inspect.Compare(to, from)
	if d.format == "json" {
		if list == nil {
			list = []inspect.Difference{}
		}
		enc := json.NewEncoder(d.out)
		enc.SetIndent("", "  ")
		return len(list) > 0, enc.Encode(list)
	}
	for _, x := range list {
		fmt.Fprintln(d.out, x)
	}
	if len(list) == 0 {
		fmt.Fprintln(d.err, "Schemas are synced, no changes to be made.")
	}
	return len(list) > 0, nil
}
