package migration

import (
	"fmt"
	"sort"
	"strings"

	"ariga.io/atlas/sql/migrate"
)

// Orders of execution.
const (
	OrderLinear     = "linear"
	OrderLinearSkip = "linear-skip"
	OrderNonLinear  = "non-linear"
)

// NonLinearError says that files were added before ones that already ran.
type NonLinearError struct {
	OutOfOrder, Pending []*File
}

func (e *NonLinearError) Error() string {
	names := make([]string, len(e.OutOfOrder))
	for i, f := range e.OutOfOrder {
		names[i] = f.Name()
	}
	what := "files %s were"
	if len(names) == 1 {
		what = "file %s was"
	}
	return fmt.Sprintf("migration "+what+" added out of order. See: https://atlasgo.io/versioned/apply#non-linear-error",
		strings.Join(names, ", "))
}

// pending gives the files that have not run whole, from the directory and the revision table alone. It follows the
// library's rules, so that both tools agree on what comes next.
func pending(dir *Dir, revs []*Revision, order string) ([]*File, error) {
	all, err := dir.List()
	if err != nil {
		return nil, err
	}
	plain := withoutCheckpoints(all)
	if len(revs) == 0 {
		return fromLastCheckpoint(all), nil
	}
	last := revs[len(revs)-1]
	partial := !done(last)
	if partial {
		for i, f := range all {
			if f.Version() == last.Version && f.IsCheckpoint() {
				return append([]*File{f}, withoutCheckpoints(all[i+1:])...), nil
			}
		}
	}
	if len(plain) == 0 {
		return nil, nil
	}
	idx := -1
	for i, f := range plain {
		if partial && f.Version() == last.Version || !partial && f.Version() <= last.Version {
			idx = i
		}
	}
	if idx == -1 {
		if partial {
			return nil, &migrate.MissingMigrationError{Version: last.Version, Description: last.Description}
		}
		return plain, nil
	}
	if !partial {
		idx++
	}
	rest := plain[idx:]
	if order == OrderLinearSkip {
		return rest, nil
	}
	known := map[string]bool{}
	for _, r := range revs {
		known[r.Version] = true
	}
	var skipped []*File
	for _, f := range plain[:idx] {
		if f.Version() >= revs[0].Version && !known[f.Version()] {
			skipped = append(skipped, f)
		}
	}
	switch {
	case len(skipped) == 0:
		return rest, nil
	case order == OrderNonLinear:
		return append(skipped, rest...), nil
	}
	return rest, &NonLinearError{OutOfOrder: skipped, Pending: rest}
}

func withoutCheckpoints(files []*File) []*File {
	var out []*File
	for _, f := range files {
		if !f.IsCheckpoint() {
			out = append(out, f)
		}
	}
	return out
}

// fromLastCheckpoint is what an empty database runs.
func fromLastCheckpoint(files []*File) []*File {
	for i := len(files) - 1; i >= 0; i-- {
		if files[i].IsCheckpoint() {
			return append([]*File{files[i]}, withoutCheckpoints(files[i+1:])...)
		}
	}
	return files
}

// upTo cuts the pending files at a version, inclusive.
func upTo(dir *Dir, files []*File, revs []*Revision, version string) ([]*File, error) {
	for i, f := range files {
		if f.Version() == version {
			return files[:i+1], nil
		}
	}
	if _, err := dir.Locate(version); err != nil {
		return nil, err
	}
	i := sort.Search(len(revs), func(i int) bool { return revs[i].Version >= version })
	if i < len(revs) && revs[i].Version == version && done(revs[i]) {
		return nil, nil
	}
	if len(revs) == 0 {
		// The version lies before the last checkpoint: run what leads to it.
		all, err := dir.List()
		if err != nil {
			return nil, err
		}
		for i, f := range all {
			if f.Version() == version {
				return fromLastCheckpoint(all[:i+1]), nil
			}
		}
	}
	return nil, fmt.Errorf("migration with version %q cannot be reached from version %q; the way back is: plinth migrate down --to %s",
		version, revs[len(revs)-1].Version, version)
}
