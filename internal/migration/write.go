package migration

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"ariga.io/atlas/sql/migrate"
)

// NewFile is a migration to be written, in no format yet.
type NewFile struct {
	// Name is the description part of the file's name, "add_orders".
	Name string
	// Up and Down are the SQL of both ways. An empty Down writes none where the format has an own file for it.
	Up, Down string
	// TxMode is TxNone for statements that no transaction can hold; empty otherwise.
	TxMode string
	// Version is chosen when empty.
	Version string
}

var reSequence = regexp.MustCompile(`^0*\d{1,9}$`)

const versionLayout = "20060102150405"

// clock is replaced by tests.
var clock = time.Now

// NextVersions gives n versions that sort after everything in the directory. They are timestamps, one second
// apart where more than one is wanted or the second is taken; a directory that counts with a fixed number of
// digits (000001, 000002) is counted on.
func (d *Dir) NextVersions(n int) ([]string, error) {
	list, err := d.List()
	if err != nil {
		return nil, err
	}
	last := ""
	for _, f := range list {
		last = max(last, f.Version())
	}
	out := make([]string, n)
	if reSequence.MatchString(last) && d.format != FormatAtlas {
		k, err := strconv.Atoi(last)
		if err == nil && len(strconv.Itoa(k+n)) <= len(last) {
			for i := range out {
				out[i] = fmt.Sprintf("%0*d", len(last), k+1+i)
			}
			return out, nil
		}
	}
	at := clock().UTC().Truncate(time.Second)
	if t, err := time.Parse(versionLayout, last); err == nil && !at.After(t) {
		at = t.Add(time.Second)
	}
	for i := range out {
		out[i] = at.Add(time.Duration(i) * time.Second).Format(versionLayout)
	}
	if n > 0 && out[0] <= last {
		return nil, fmt.Errorf("choosing a version: %q, the last in the directory, sorts after every timestamp; rename it", last)
	}
	return out, nil
}

// Write adds migrations to the directory together with the snapshot of the schema they lead to, and hashes it. All
// of it appears, or nothing does: files are written beside their place and moved there when all are complete, the
// checksum file last. It returns the names of the files.
//
// The snapshot's Sum is filled in. Without a snapshot the old one stays, and is no longer fresh.
func Write(d *Dir, files []NewFile, snapshot *Snapshot) ([]string, error) {
	contents, names, err := d.render(files)
	if err != nil {
		return nil, err
	}
	if err := d.put(contents, snapshot); err != nil {
		return nil, err
	}
	return names, nil
}

// Add writes files as they are and hashes the directory, all or nothing.
func (d *Dir) Add(files ...migrate.File) error {
	contents := make([]fileContent, len(files))
	for i, f := range files {
		contents[i] = fileContent{f.Name(), f.Bytes()}
	}
	return d.put(contents, nil)
}

// Render gives the files as they would be written: names and contents, in order.
func (d *Dir) Render(files []NewFile) (names []string, texts map[string]string, err error) {
	contents, names, err := d.render(files)
	texts = map[string]string{}
	for _, c := range contents {
		texts[c.name] = string(c.data)
	}
	return names, texts, err
}

func (d *Dir) render(files []NewFile) (contents []fileContent, names []string, err error) {
	need := 0
	for _, f := range files {
		if f.Version == "" {
			need++
		}
	}
	versions, err := d.NextVersions(need)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range files {
		if f.Version == "" {
			f.Version, versions = versions[0], versions[1:]
		}
		cs, err := formatFile(d.format, f)
		if err != nil {
			return nil, nil, err
		}
		for _, c := range cs {
			contents = append(contents, c)
			names = append(names, c.name)
		}
	}
	return contents, names, nil
}

// FileName makes a description safe for a file name: no separators, no spaces, nothing that a shell minds.
func FileName(name string) string {
	return strings.Trim(reUnsafe.ReplaceAllString(name, "_"), "_.")
}

var reUnsafe = regexp.MustCompile(`[^\pL\pN._-]+`)

func formatFile(format string, f NewFile) ([]fileContent, error) {
	name := FileName(f.Name)
	if f.Name != "" && name == "" {
		return nil, fmt.Errorf("naming migration: %q has no letter or digit", f.Name)
	}
	base := f.Version
	if name != "" {
		base += "_" + name
	}
	head := ""
	if f.TxMode != "" {
		head = "-- atlas:txmode " + f.TxMode + "\n\n"
	}
	up, down := endLine(f.Up), endLine(f.Down)
	// A planner's text may carry the directive already.
	up, down = withoutTxMode(up), withoutTxMode(down)
	bare := up
	if up != "" || head != "" {
		up = head + up
	}
	switch format {
	case FormatAtlas:
		out := []fileContent{{base + ".sql", []byte(up)}}
		if down != "" {
			out = append(out, fileContent{"down/" + base + ".sql", []byte(head + down)})
		}
		return out, nil
	case FormatGolangMigrate:
		if down != "" {
			down = head + down
		}
		return []fileContent{{base + ".up.sql", []byte(up)}, {base + ".down.sql", []byte(down)}}, nil
	case FormatFlyway:
		stem := f.Version
		if name != "" {
			stem += "__" + name
		}
		out := []fileContent{{"V" + stem + ".sql", []byte(up)}}
		return append(out, fileContent{"U" + stem + ".sql", []byte(down)}), nil
	case FormatGoose:
		text := ""
		if f.TxMode == TxNone {
			text = "-- +goose NO TRANSACTION\n"
		}
		text += "-- +goose Up\n" + gooseBlocks(bare) + "\n-- +goose Down\n" + gooseBlocks(down)
		return []fileContent{{base + ".sql", []byte(text)}}, nil
	case FormatDBMate:
		opt := ""
		if f.TxMode == TxNone {
			opt = " transaction:false"
		}
		return []fileContent{{base + ".sql", []byte("-- migrate:up" + opt + "\n" + bare + "\n-- migrate:down" + opt + "\n" + down)}}, nil
	case FormatLiquibase:
		text := head + "--liquibase formatted sql\n--changeset plinth:" + f.Version + "-1\n" + bare
		for _, line := range strings.Split(strings.TrimSpace(down), "\n") {
			if line != "" && !strings.HasPrefix(line, "--") {
				text += "--rollback: " + line + "\n"
			}
		}
		return []fileContent{{base + ".sql", []byte(text)}}, nil
	}
	return nil, fmt.Errorf("unknown dir format %q", format)
}

// gooseBlocks puts statements that hold semicolons inside between goose's marks.
func gooseBlocks(text string) string {
	stmts, err := migrate.Stmts(text)
	if err != nil || !strings.Contains(text, "$") {
		return text
	}
	var b strings.Builder
	for _, s := range stmts {
		for _, c := range s.Comments {
			b.WriteString(endLine(c))
		}
		if strings.Count(s.Text, ";") > 1 {
			b.WriteString("-- +goose StatementBegin\n" + endLine(s.Text) + "-- +goose StatementEnd\n")
			continue
		}
		b.WriteString(endLine(s.Text))
	}
	return b.String()
}

func endLine(s string) string {
	if s != "" && !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	return s
}

// Snapshot is the schema a directory leads to.
type Snapshot struct {
	// Form says how the schema is written down, so that only like is compared with like: FormNatural or FormNormal.
	Form string `json:"form"`
	// Sum is the first line of the checksum file of the directory it was made for.
	Sum string `json:"sum"`
	// Schema is the schema as JSON.
	Schema json.RawMessage `json:"schema"`
}

// The forms of a snapshot: as its source (an Ent project) says it, or as a database gives it back.
const (
	FormNatural = "natural"
	FormNormal  = "normal"
)

// Snapshot reads the snapshot; nil where there is none. fresh says whether the directory's files are still those it
// was made for; it is computed from the files, not from the checksum file.
func (d *Dir) Snapshot() (s *Snapshot, fresh bool, err error) {
	b, err := fs.ReadFile(d.Dir, SnapshotName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading snapshot: %w", err)
	}
	s = &Snapshot{}
	if err := json.Unmarshal(b, s); err != nil {
		// A broken snapshot is no snapshot: the directory itself says everything.
		return nil, false, nil
	}
	sum, err := d.Checksum()
	if err != nil {
		return nil, false, err
	}
	return s, s.Sum == "h1:"+sum.Sum(), nil
}

// WriteSnapshot replaces the snapshot by one for the directory as it is.
func (d *Dir) WriteSnapshot(s *Snapshot) error { return d.put(nil, s) }

// put writes files, the snapshot and the checksum file in one go.
func (d *Dir) put(contents []fileContent, snapshot *Snapshot) error {
	if d.path == "" || !onDisk(d) {
		for _, c := range contents {
			if err := d.WriteFile(c.name, c.data); err != nil {
				return err
			}
		}
		return d.Hash()
	}
	for _, c := range contents {
		if _, err := os.Stat(filepath.Join(d.path, c.name)); err == nil {
			return fmt.Errorf("writing migration: %s is there already", c.name)
		}
	}
	sum, err := d.sumWith(contents)
	if err != nil {
		return err
	}
	if snapshot != nil {
		snapshot.Sum = "h1:" + sum.Sum()
		contents = append(contents, fileContent{SnapshotName, snapshot.text()})
	}
	text, err := sum.MarshalText()
	if err != nil {
		return fmt.Errorf("writing %s: %w", migrate.HashFileName, err)
	}
	defer d.Reset()
	return replaceFiles(d.path, append(contents, fileContent{migrate.HashFileName, text}))
}

// text keeps the schema's own lines, so that it reads well in a diff.
func (s *Snapshot) text() []byte {
	return fmt.Appendf(nil, "{\n\"form\": %q,\n\"sum\": %q,\n\"schema\": %s\n}\n", s.Form, s.Sum, bytes.TrimSpace(s.Schema))
}

// sumWith is the checksum of the directory as it will be with more files.
func (d *Dir) sumWith(contents []fileContent) (migrate.HashFile, error) {
	if len(contents) == 0 {
		d.Reset()
		return d.Checksum()
	}
	if d.format == FormatFlyway {
		// Its order, and which files count at all, depend on the others.
		next, err := d.with(contents)
		if err != nil {
			return nil, err
		}
		return next.Checksum()
	}
	files, err := d.Dir.Files()
	if err != nil {
		return nil, fmt.Errorf("reading migration directory: %w", err)
	}
	suffix := ".sql"
	if d.format == FormatGolangMigrate {
		suffix = ".up.sql"
	}
	for _, c := range contents {
		if strings.HasSuffix(c.name, suffix) && !strings.Contains(c.name, "/") {
			files = append(files, migrate.NewLocalFile(c.name, c.data))
		}
	}
	sort.SliceStable(files, func(i, j int) bool { return files[i].Name() < files[j].Name() })
	sum, err := migrate.NewHashFile(files)
	if err != nil {
		return nil, fmt.Errorf("computing checksum: %w", err)
	}
	return sum, nil
}

// with is the directory plus files that are not on disk.
func (d *Dir) with(contents []fileContent) (*Dir, error) {
	tmp, err := os.MkdirTemp("", "plinth-dir-")
	if err != nil {
		return nil, fmt.Errorf("copying migration directory: %w", err)
	}
	defer os.RemoveAll(tmp)
	if err := os.CopyFS(tmp, os.DirFS(d.path)); err != nil {
		return nil, fmt.Errorf("copying migration directory: %w", err)
	}
	for _, c := range contents {
		p := filepath.Join(tmp, c.name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			return nil, fmt.Errorf("copying migration directory: %w", err)
		}
		if err := os.WriteFile(p, c.data, 0o600); err != nil {
			return nil, fmt.Errorf("copying migration directory: %w", err)
		}
	}
	next, err := Open(tmp, d.format, false)
	if err != nil {
		return nil, err
	}
	_, err = next.Checksum()
	return next, err
}

type fileContent struct {
	name string
	data []byte
}

// replaceFiles writes every file beside its place first, then moves them there in order. When one cannot be moved,
// those that were new are taken away again.
func replaceFiles(dir string, files []fileContent) (err error) {
	tag := make([]byte, 6)
	if _, err := rand.Read(tag); err != nil {
		return fmt.Errorf("writing migration: %w", err)
	}
	type pending struct {
		tmp, dst string
		isNew    bool
	}
	var list []pending
	defer func() {
		for _, p := range list {
			os.Remove(p.tmp)
		}
	}()
	for i, f := range files {
		p := pending{dst: filepath.Join(dir, f.name)}
		if err := os.MkdirAll(filepath.Dir(p.dst), 0o755); err != nil {
			return fmt.Errorf("writing %s: %w", f.name, err)
		}
		_, serr := os.Stat(p.dst)
		p.isNew = errors.Is(serr, fs.ErrNotExist)
		p.tmp = filepath.Join(filepath.Dir(p.dst), fmt.Sprintf(".plinth-%s-%d.tmp", hex.EncodeToString(tag), i))
		list = append(list, p)
		if err := writeSynced(p.tmp, f.data); err != nil {
			return fmt.Errorf("writing %s: %w", f.name, err)
		}
	}
	for i, p := range list {
		if err := os.Rename(p.tmp, p.dst); err != nil {
			for _, q := range list[:i] {
				if q.isNew {
					os.Remove(q.dst)
				}
			}
			return fmt.Errorf("writing %s: %w", files[i].name, err)
		}
	}
	return nil
}

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if serr := f.Sync(); err == nil {
		err = serr
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
