// Package migration holds everything about versioned migrations: directories in the formats of the common tools,
// their checksum file, the table of revisions, the lock, and the executor that runs files up and down.
//
// In comes a directory and a Target (an open database that somebody else opened and closes); out come reports of
// what is pending, what ran and how long it took. The checksum file and the revision table are those of the atlas
// CLI, byte for byte and column for column, so that either tool can continue what the other began. A statement
// that ran is never run again and one that did not is never taken for done: what a transaction rolled back leaves
// no trace, and what cannot run in a transaction is recorded statement by statement.
//
// The package never opens a connection, never prints and never drops data on its own account.
package migration

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/sqltool"
)

// The formats of migration directories.
const (
	FormatAtlas         = "atlas"
	FormatGolangMigrate = "golang-migrate"
	FormatGoose         = "goose"
	FormatFlyway        = "flyway"
	FormatLiquibase     = "liquibase"
	FormatDBMate        = "dbmate"
)

// Formats are all formats, in the order of help texts.
var Formats = []string{FormatAtlas, FormatGolangMigrate, FormatGoose, FormatFlyway, FormatLiquibase, FormatDBMate}

// SnapshotName is the file that holds the schema a directory leads to. It is no .sql file, so no other tool takes
// it for a migration, and it is not part of the checksum.
const SnapshotName = "schema.snapshot.json"

// Dir is a migrations directory. Files and checksums are read once: running a thousand files would otherwise
// read and hash the directory a thousand times. Reset forgets them.
type Dir struct {
	migrate.Dir
	format string
	path   string
	files  []*File
	sum    migrate.HashFile
}

// File is a migration file of any format.
type File struct {
	migrate.File
	format string
	dir    *Dir
}

// Open opens the directory at path. With create a missing one is made.
func Open(path, format string, create bool) (*Dir, error) {
	if format == "" {
		format = FormatAtlas
	}
	if create {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return nil, fmt.Errorf("creating migration directory: %w", err)
		}
	}
	if fi, err := os.Stat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("migration directory %q does not exist; make it with: plinth migrate diff NAME", path)
		}
		return nil, fmt.Errorf("opening migration directory: %w", err)
	} else if !fi.IsDir() {
		return nil, fmt.Errorf("migration directory %q is a file", path)
	}
	local, err := migrate.NewLocalDir(path)
	if err != nil {
		return nil, fmt.Errorf("opening migration directory: %w", err)
	}
	return wrap(local, path, format)
}

// Wrap makes a Dir of one that lives in memory or elsewhere. Its files are taken as the directory gives them.
func Wrap(dir migrate.Dir) *Dir {
	if d, ok := dir.(*Dir); ok {
		return d
	}
	path := ""
	if p, ok := dir.(interface{ Path() string }); ok {
		path = p.Path()
	}
	return &Dir{Dir: dir, format: FormatAtlas, path: path}
}

func wrap(local *migrate.LocalDir, path, format string) (*Dir, error) {
	d := &Dir{Dir: local, format: format, path: path}
	switch format {
	case FormatAtlas:
	case FormatGolangMigrate:
		d.Dir = &sqltool.GolangMigrateDir{FS: local}
	case FormatGoose:
		d.Dir = &sqltool.GooseDir{LocalDir: local}
	case FormatFlyway:
		d.Dir = &sqltool.FlywayDir{FS: local}
	case FormatLiquibase:
		d.Dir = &sqltool.LiquibaseDir{LocalDir: local}
	case FormatDBMate:
		d.Dir = &sqltool.DBMateDir{LocalDir: local}
	default:
		return nil, fmt.Errorf("unknown dir format %q; the formats are %s", format, strings.Join(Formats, ", "))
	}
	return d, nil
}

// Path is the directory's path, as it was opened.
func (d *Dir) Path() string { return d.path }

// Format is the directory's format.
func (d *Dir) Format() string { return d.format }

// Reset forgets what was read.
func (d *Dir) Reset() { d.files, d.sum = nil, nil }

// WriteFile writes one file and forgets what was read.
func (d *Dir) WriteFile(name string, b []byte) error {
	d.Reset()
	return d.Dir.WriteFile(name, b)
}

// List gives the files in the order they run.
func (d *Dir) List() ([]*File, error) {
	if d.files != nil {
		return d.files, nil
	}
	files, err := d.Dir.Files()
	if err != nil {
		return nil, fmt.Errorf("reading migration directory: %w", err)
	}
	if d.format == FormatFlyway {
		sqltool.SetRepeatableVersion(files)
	}
	list := make([]*File, len(files))
	for i, f := range files {
		list[i] = &File{File: f, format: d.format, dir: d}
	}
	// The library orders by file name; versions are compared as strings everywhere else.
	if d.format == FormatAtlas || d.format == FormatGolangMigrate {
		sort.SliceStable(list, func(i, j int) bool { return list[i].Version() < list[j].Version() })
	}
	d.files = list
	return list, nil
}

// Files implements migrate.Dir.
func (d *Dir) Files() ([]migrate.File, error) {
	list, err := d.List()
	if err != nil {
		return nil, err
	}
	return asFiles(list), nil
}

func asFiles(list []*File) []migrate.File {
	out := make([]migrate.File, len(list))
	for i, f := range list {
		out[i] = f
	}
	return out
}

// Checksum implements migrate.Dir: the directory's hashes as the atlas CLI computes them.
func (d *Dir) Checksum() (migrate.HashFile, error) {
	if d.sum != nil {
		return d.sum, nil
	}
	sum, err := d.Dir.Checksum()
	if err != nil {
		return nil, fmt.Errorf("computing checksum: %w", err)
	}
	d.sum = sum
	return sum, nil
}

// Hash writes the checksum file anew.
func (d *Dir) Hash() error {
	d.Reset()
	sum, err := d.Checksum()
	if err != nil {
		return err
	}
	b, err := sum.MarshalText()
	if err != nil {
		return fmt.Errorf("writing %s: %w", migrate.HashFileName, err)
	}
	if d.path == "" || !onDisk(d) {
		return d.Dir.WriteFile(migrate.HashFileName, b)
	}
	return replaceFiles(d.path, []fileContent{{migrate.HashFileName, b}})
}

func onDisk(d *Dir) bool {
	_, mem := d.Dir.(*migrate.MemDir)
	return !mem
}

// Validate compares the directory with its checksum file. The error is one of the library's, so that callers can
// tell a missing file (migrate.ErrChecksumNotFound) from a changed one (*migrate.ChecksumError).
func (d *Dir) Validate() error { return migrate.Validate(libraryView{d}) }

// libraryView shows the directory as the library reads it, so that order and names are the library's own.
type libraryView struct{ *Dir }

func (v libraryView) Files() ([]migrate.File, error) { return v.Dir.Dir.Files() }

// Checkpoints says whether the format knows checkpoints: those of one file a version.
func (d *Dir) Checkpoints() bool {
	switch d.format {
	case FormatGolangMigrate, FormatFlyway:
		return false
	}
	return true
}

// IsCheckpoint says whether the file stands for all files before it.
func (f *File) IsCheckpoint() bool {
	if f.dir != nil && !f.dir.Checkpoints() {
		return false
	}
	l := local(f.File)
	return l != nil && l.IsCheckpoint()
}

// CheckpointTag implements migrate.CheckpointFile.
func (f *File) CheckpointTag() (string, error) {
	l := local(f.File)
	if l == nil {
		return "", migrate.ErrNotCheckpoint
	}
	return l.CheckpointTag()
}

// local finds the library's plain file inside a file of any format.
func local(f migrate.File) *migrate.LocalFile {
	switch f := f.(type) {
	case *migrate.LocalFile:
		return f
	case *sqltool.GolangMigrateFile:
		return f.LocalFile
	case *sqltool.GooseFile:
		return f.LocalFile
	case *sqltool.DBMateFile:
		return f.LocalFile
	case *sqltool.FlywayFile:
		return f.LocalFile
	case *File:
		return local(f.File)
	}
	return nil
}

// DownName is the name of the file that undoes f; empty where the same file holds both ways.
func (f *File) DownName() string {
	switch f.format {
	case FormatGolangMigrate:
		return strings.TrimSuffix(f.Name(), ".up.sql") + ".down.sql"
	case FormatFlyway:
		if base := filepath.Base(f.Name()); strings.HasPrefix(base, "V") && !strings.Contains(base, "R__") {
			return filepath.Join(filepath.Dir(f.Name()), "U"+base[1:])
		}
	case FormatAtlas:
		return "down/" + f.Name()
	}
	return ""
}

// ErrNoDown says that a migration has nothing that undoes it.
var ErrNoDown = errors.New("no down migration")

// DownText is the SQL that undoes the file. Without any the error wraps ErrNoDown.
func (f *File) DownText() (text string, name string, err error) {
	name = f.Name()
	switch f.format {
	case FormatGoose:
		text = goosePart(string(f.Bytes()), "Down")
	case FormatDBMate:
		text = dbmatePart(string(f.Bytes()), "down")
	case FormatLiquibase:
		text = liquibaseDown(string(f.Bytes()))
	case FormatAtlas:
		if arc, ok, err := f.txtar(); err != nil {
			return "", name, err
		} else if ok {
			text = arc.file("down.sql")
		}
	}
	if text == "" && f.DownName() != "" && f.dir != nil {
		b, err := fs.ReadFile(f.dir.Dir, f.DownName())
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", name, fmt.Errorf("reading down migration: %w", err)
		}
		if err == nil {
			text, name = string(b), f.DownName()
		}
	}
	if len(bytes.TrimSpace([]byte(text))) == 0 {
		return "", name, fmt.Errorf("%s: %w", f.Name(), ErrNoDown)
	}
	return text, name, nil
}

// Locate gives the file of a version.
func (d *Dir) Locate(version string) (*File, error) {
	list, err := d.List()
	if err != nil {
		return nil, err
	}
	var hint string
	for _, f := range list {
		v := f.Version()
		if v == version {
			return f, nil
		}
		if version != "" && (strings.HasPrefix(v, version) || strings.HasPrefix(version, v)) {
			hint = v
		}
	}
	if hint != "" {
		return nil, fmt.Errorf("migration with version %q not found. Did you mean %q?", version, hint)
	}
	return nil, fmt.Errorf("migration with version %q not found", version)
}
