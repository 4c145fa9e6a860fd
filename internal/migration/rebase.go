package migration

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// Rename is one file that rebase moved.
type Rename struct{ From, To string }

// Rebase gives the named migrations new versions after all others, in their present order, and hashes the
// directory anew: what a branch needs after another one was merged before it. Files are named by file name, with or
// without suffix, or by version. The checksum file may be broken, as after a merge conflict; the files must not be.
func Rebase(d *Dir, names []string) ([]Rename, error) {
	if d.path == "" || !onDisk(d) {
		return nil, errors.New("rebasing migration directory: it is not on disk")
	}
	d.Reset()
	list, err := d.List()
	if err != nil {
		return nil, err
	}
	move := map[*File]bool{}
	for _, n := range names {
		f := matching(list, n)
		if f == nil {
			return nil, fmt.Errorf("rebasing migration directory: no migration %q in %s", n, d.path)
		}
		move[f] = true
	}
	var stay, moved []*File
	for _, f := range list {
		if move[f] {
			moved = append(moved, f)
		} else {
			stay = append(stay, f)
		}
	}
	if len(moved) == 0 {
		return nil, d.Hash()
	}
	rest := &Dir{Dir: d.Dir, format: d.format, path: d.path, files: stay}
	versions, err := rest.NextVersions(len(moved))
	if err != nil {
		return nil, err
	}
	var renames []Rename
	for i, f := range moved {
		for _, name := range []string{f.Name(), f.DownName()} {
			if name == "" {
				continue
			}
			if _, err := fs.Stat(d.Dir, name); err != nil {
				if errors.Is(err, fs.ErrNotExist) {
					continue
				}
				return nil, fmt.Errorf("rebasing migration directory: %w", err)
			}
			renames = append(renames, Rename{name, renamed(name, f.Version(), versions[i])})
		}
	}
	// Through names that nobody has, so that a swap cannot overwrite a file.
	for i, r := range renames {
		tmp := filepath.Join(d.path, fmt.Sprintf(".plinth-rebase-%d.tmp", i))
		if err := os.Rename(filepath.Join(d.path, r.From), tmp); err != nil {
			return nil, fmt.Errorf("rebasing migration directory: %w", err)
		}
	}
	for i, r := range renames {
		tmp := filepath.Join(d.path, fmt.Sprintf(".plinth-rebase-%d.tmp", i))
		if err := os.Rename(tmp, filepath.Join(d.path, r.To)); err != nil {
			return nil, fmt.Errorf("rebasing migration directory: %w", err)
		}
	}
	// The snapshot described another order.
	if err := os.Remove(filepath.Join(d.path, SnapshotName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("rebasing migration directory: %w", err)
	}
	return renames, d.Hash()
}

func matching(list []*File, name string) *File {
	name = filepath.Base(name)
	for _, f := range list {
		base := filepath.Base(f.Name())
		if base == name || f.Version() == name || strings.TrimSuffix(base, ".sql") == name || strings.TrimSuffix(base, ".up.sql") == name {
			return f
		}
	}
	return nil
}

func renamed(name, from, to string) string {
	dir, base := filepath.Split(name)
	return dir + strings.Replace(base, from, to, 1)
}

// NotIn gives the names of the files that a list of base names does not have: what a branch added.
func (d *Dir) NotIn(base []string) ([]string, error) {
	list, err := d.List()
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, b := range base {
		have[filepath.Base(b)] = true
	}
	var out []string
	for _, f := range list {
		if !have[filepath.Base(f.Name())] {
			out = append(out, f.Name())
		}
	}
	sort.Strings(out)
	return out, nil
}
