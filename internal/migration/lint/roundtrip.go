package lint

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/plinth-go/plinth/internal/inspect"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// oneByOne is the greatest number of files after each of which the schema is compared; of more, only the ends are.
const oneByOne = 20

var _ RoundTripper = OnServer{}

// RoundTrips implements RoundTripper: it runs the batch up, takes it back file by file as far as there are downs, and
// runs it up again. Each state has to be the one it was before.
func (o OnServer) RoundTrips(ctx context.Context, in Input) ([]RoundTrip, error) {
	first := len(in.Files) // of the files at the end that can all be taken back
	for first > 0 && in.Files[first-1].HasDown && in.Files[first-1].Down != "" {
		first--
	}
	if first == len(in.Files) {
		return nil, nil
	}
	db, done, err := o.deployed(ctx, in)
	if err != nil {
		return nil, err
	}
	defer done()
	for _, f := range in.Files[:first] {
		if err := replayOn(ctx, db, f); err != nil {
			return nil, nil // the trace has said so
		}
	}
	t := &tripper{db: db, files: in.Files[first:], every: len(in.Files)-first <= oneByOne}
	return t.run(ctx)
}

// tripper runs files up, down and up again.
type tripper struct {
	db    *sql.DB
	files []File
	every bool
	// states are the schema before each file and after the last; nil where it was not looked at.
	states []*schemagraph.Graph
	found  []RoundTrip
}

func (t *tripper) run(ctx context.Context) ([]RoundTrip, error) {
	n := len(t.files)
	t.states = make([]*schemagraph.Graph, n+1)
	for i, f := range t.files {
		if err := t.look(ctx, i, i == 0); err != nil {
			return nil, err
		}
		if replayOn(ctx, t.db, f) != nil {
			return nil, nil // M801 says so
		}
	}
	if err := t.look(ctx, n, true); err != nil {
		return nil, err
	}
	for i := n - 1; i >= 0; i-- {
		f := t.files[i]
		if err := replayOn(ctx, t.db, File{Name: "the down", Text: f.Down}); err != nil {
			t.found = append(t.found, RoundTrip{File: f.Name, Message: fmt.Sprintf("The down does not run: %s.", strings.TrimPrefix(err.Error(), "replaying "))})
			return t.found, nil
		}
		if ok, err := t.compare(ctx, i, f, "After the down"); err != nil || !ok {
			return t.found, err
		}
	}
	for _, f := range t.files {
		if err := replayOn(ctx, t.db, f); err != nil {
			t.found = append(t.found, RoundTrip{File: f.Name, Message: fmt.Sprintf("After the down it does not run again: %s.", strings.TrimPrefix(err.Error(), "replaying "))})
			return t.found, nil
		}
	}
	_, err := t.compare(ctx, n, t.files[n-1], "Run up again")
	return t.found, err
}

// look remembers the schema as it is now.
func (t *tripper) look(ctx context.Context, i int, always bool) (err error) {
	if t.every || always {
		t.states[i], err = inspect.Database(ctx, t.db, inspect.Options{})
	}
	return err
}

// compare holds the schema as it is against a remembered state.
func (t *tripper) compare(ctx context.Context, i int, f File, when string) (bool, error) {
	if t.states[i] == nil {
		return true, nil
	}
	now, err := inspect.Database(ctx, t.db, inspect.Options{})
	if err != nil {
		return false, err
	}
	diffs := inspect.Compare(t.states[i], now)
	if len(diffs) == 0 {
		return true, nil
	}
	const most = 3
	var what []string
	for _, d := range diffs[:min(most, len(diffs))] {
		what = append(what, d.String())
	}
	if len(diffs) > most {
		what = append(what, fmt.Sprintf("%d more", len(diffs)-most))
	}
	t.found = append(t.found, RoundTrip{File: f.Name, Message: when + " the schema is not what it was before: " + strings.Join(what, "; ") + "."})
	return false, nil
}
