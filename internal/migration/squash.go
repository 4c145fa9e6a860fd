package migration

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ariga.io/atlas/sql/migrate"
)

// Fold makes one file of the folded ones, which are the first of the directory. Where the format knows checkpoints,
// a checkpoint is added and the files stay, so that databases on the way to it still find them. Elsewhere the files
// are replaced by one with the version of the last of them: a database that is there already has nothing to do, and
// an empty one runs the new file alone. A snapshot that was fresh stays fresh: the schema is the same.
func (d *Dir) Fold(folded []*File, f NewFile) ([]string, error) {
	if len(folded) == 0 {
		return nil, errors.New("folding migrations: there are none")
	}
	if d.path == "" || !onDisk(d) {
		return nil, errors.New("folding migrations: the directory is not on disk")
	}
	snap, fresh, err := d.Snapshot()
	if err != nil {
		return nil, err
	}
	if !fresh {
		snap = nil
	}
	last := folded[len(folded)-1]
	if d.Checkpoints() {
		if f.Version, err = d.versionAfter(last); err != nil {
			return nil, err
		}
		f.Up = "-- atlas:checkpoint\n\n" + f.Up
		if f.TxMode != "" {
			f.Up = strings.Replace(f.Up, "\n\n", "\n-- atlas:txmode "+f.TxMode+"\n\n", 1)
			f.TxMode = ""
		}
		f.Down = ""
		return Write(d, []NewFile{f}, snap)
	}
	f.Version = last.Version()
	contents, names, err := d.render([]NewFile{f})
	if err != nil {
		return nil, err
	}
	aside, err := d.setAside(folded)
	if err != nil {
		return nil, err
	}
	d.Reset()
	if err := d.put(contents, snap); err != nil {
		return nil, errors.Join(err, aside.restore())
	}
	return names, aside.remove()
}

// versionAfter is a version between a file and the next one.
func (d *Dir) versionAfter(f *File) (string, error) {
	list, err := d.List()
	if err != nil {
		return "", err
	}
	if list[len(list)-1].Version() == f.Version() {
		vs, err := d.NextVersions(1)
		if err != nil {
			return "", err
		}
		return vs[0], nil
	}
	for i, g := range list[:len(list)-1] {
		if g.Version() != f.Version() {
			continue
		}
		if at, err := time.Parse(versionLayout, f.Version()); err == nil {
			if v := at.Add(time.Second).Format(versionLayout); v < list[i+1].Version() {
				return v, nil
			}
		}
	}
	return "", fmt.Errorf("folding migrations: there is no version between %q and the next file; fold up to the last one", f.Version())
}

// aside are files moved out of the way, to be put back or removed.
type aside struct {
	dir   string
	moved [][2]string
}

func (d *Dir) setAside(files []*File) (*aside, error) {
	a := &aside{dir: d.path}
	for _, f := range files {
		for _, name := range []string{f.Name(), f.DownName()} {
			if name == "" {
				continue
			}
			from := filepath.Join(d.path, name)
			if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
				continue
			}
			to := filepath.Join(d.path, fmt.Sprintf(".plinth-folded-%d.tmp", len(a.moved)))
			if err := os.Rename(from, to); err != nil {
				return nil, errors.Join(fmt.Errorf("folding migrations: %w", err), a.restore())
			}
			a.moved = append(a.moved, [2]string{from, to})
		}
	}
	return a, nil
}

func (a *aside) restore() error {
	var errs []error
	for _, m := range a.moved {
		errs = append(errs, os.Rename(m[1], m[0]))
	}
	return errors.Join(errs...)
}

func (a *aside) remove() error {
	var errs []error
	for _, m := range a.moved {
		errs = append(errs, os.Remove(m[1]))
	}
	return errors.Join(errs...)
}

// Concat is one migration that does what the files do, one after the other.
func Concat(files []*File, dialect, name string) (NewFile, error) {
	out := NewFile{Name: name}
	var down string
	for _, f := range files {
		mode, err := f.TxMode()
		if err != nil {
			return out, err
		}
		if mode == TxNone {
			out.TxMode = TxNone
		}
		if checks, err := f.Checks(dialect); err != nil {
			return out, err
		} else if len(checks) > 0 {
			return out, fmt.Errorf("folding migrations: the checks of %q have no place in a folded file", f.Name())
		}
		up, err := f.plainUp()
		if err != nil {
			return out, err
		}
		out.Up += "-- " + f.Name() + "\n" + endLine(strings.TrimLeft(up, "\n")) + "\n"
		text, err := f.plainDown()
		if err != nil {
			return out, err
		}
		down = "-- undo " + f.Name() + "\n" + endLine(strings.TrimLeft(text, "\n")) + "\n" + down
	}
	out.Down = down
	return out, nil
}

// Single is a directory in memory that holds one migration.
func Single(f NewFile) (*Dir, error) {
	if f.Version == "" {
		f.Version = "1"
	}
	f.Down = "" // it would be a file of its own
	contents, err := formatFile(FormatAtlas, f)
	if err != nil {
		return nil, err
	}
	mem := &migrate.MemDir{}
	for _, c := range contents {
		if err := mem.WriteFile(c.name, c.data); err != nil {
			return nil, fmt.Errorf("making directory: %w", err)
		}
	}
	d := Wrap(mem)
	d.format = FormatAtlas
	if err := d.Hash(); err != nil {
		return nil, err
	}
	return d, nil
}
