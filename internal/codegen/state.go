package codegen

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/plinth-go/plinth/internal/entload"
)

// state remembers, in the cache directory, which inputs gave which files.
type state struct {
	inputs string // hash of all that generation depends on; empty where it cannot be told
	file   string
	dir    string // schema directory
	target string
	repos  string // the repositories' directory; empty for none
}

// off is what a place is called that nothing is written to.
const off = "off"

// manifest is one remembered run: hashes of the files by their path below the target.
type manifest struct {
	Inputs string            `json:"inputs"`
	Files  map[string]string `json:"files"`
}

func newState(o Options) *state {
	s := &state{dir: o.Schema, target: o.Target}
	if o.Repositories != off {
		s.repos = filepath.Join(o.Target, o.Repositories)
	}
	o.Force = false
	cache := entload.CacheDir(o.CacheDir)
	if cache == "" {
		return s
	}
	source, err := entload.SourceHash(o.Schema)
	if err != nil {
		return s
	}
	program, err := executableHash()
	if err != nil {
		return s
	}
	opts, err := json.Marshal(o)
	if err != nil {
		return s
	}
	h := sha256.New()
	fmt.Fprintln(h, source, program, string(opts))
	for _, t := range o.Templates {
		_, path, _ := strings.Cut(t, "=")
		hashTree(h, path)
	}
	s.inputs = hex.EncodeToString(h.Sum(nil))
	key := sha256.Sum256([]byte(o.Target + "\x00" + o.Schema))
	s.file = filepath.Join(cache, "generate", hex.EncodeToString(key[:16])+".json")
	return s
}

// unchanged says whether the last run had the same inputs and its files are all as it wrote them.
func (s *state) unchanged() (int, bool) {
	if s.inputs == "" {
		return 0, false
	}
	data, err := os.ReadFile(s.file)
	if err != nil {
		return 0, false
	}
	var m manifest
	if json.Unmarshal(data, &m) != nil || m.Inputs != s.inputs || len(m.Files) == 0 {
		return 0, false
	}
	for name, want := range m.Files {
		if got, err := fileHash(filepath.Join(s.target, name)); err != nil || got != want {
			return 0, false
		}
	}
	return len(m.Files), true
}

// keep remembers this run, and gives the number of generated files. Failing to remember is not an error.
func (s *state) keep() (int, error) {
	m := manifest{Inputs: s.inputs, Files: map[string]string{}}
	walk := func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if path == s.dir {
				return fs.SkipDir
			}
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !isGenerated(data) {
			return nil
		}
		rel, err := filepath.Rel(s.target, path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		m.Files[rel] = hex.EncodeToString(sum[:])
		return nil
	}
	err := filepath.WalkDir(s.target, walk)
	if rel, rerr := filepath.Rel(s.target, s.repos); err == nil && s.repos != "" && (rerr != nil || !filepath.IsLocal(rel)) {
		err = filepath.WalkDir(s.repos, walk)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil // there was nothing to write
		}
	}
	if err != nil {
		return 0, fmt.Errorf("reading the generated files: %w", err)
	}
	if s.inputs != "" {
		if data, err := json.Marshal(m); err == nil {
			entload.WriteCache(s.file, data)
		}
	}
	return len(m.Files), nil
}

func fileHash(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// executableHash identifies the generator: another build may generate something else.
func executableHash() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func hashTree(w io.Writer, root string) {
	names, err := filepath.Glob(root)
	if err != nil {
		return
	}
	for _, n := range names {
		_ = filepath.WalkDir(n, func(path string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				data, _ := os.ReadFile(path)
				fmt.Fprintf(w, "%s %d\n%s", path, len(data), data)
			}
			return nil
		})
	}
}
