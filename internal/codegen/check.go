package codegen

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// Check generates beside the project and gives the generated files that are missing, stale or left over, as paths
// relative to the module's root. The project itself is not changed. An empty answer means everything is current.
func Check(ctx context.Context, o Options) ([]string, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	if !o.Force {
		if _, ok := newState(o).unchanged(); ok {
			return nil, nil
		}
	}
	root := moduleRoot(o.Target)
	tmp, err := os.MkdirTemp(root, ".plinth-check-")
	if err != nil { // a read-only project
		if tmp, err = os.MkdirTemp("", "plinth-check-"); err != nil {
			return nil, fmt.Errorf("creating a directory to generate into: %w", err)
		}
	}
	defer os.RemoveAll(tmp)
	rel, err := filepath.Rel(root, o.Target)
	if err != nil {
		return nil, err
	}
	c := o
	c.Target = filepath.Join(tmp, rel)
	if c.Package == "" {
		if c.Package, err = importPath(root, rel); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(c.Target, 0o755); err != nil {
		return nil, err
	}
	if err := generate(ctx, c); err != nil {
		return nil, err
	}
	return compare(root, tmp, o.Schema)
}

// compare gives the files below tmp that differ from those below root, and the generated files of the folders that
// tmp has which it does not.
func compare(root, tmp, schemaDir string) ([]string, error) {
	var differ []string
	dirs := map[string]bool{}
	err := filepath.WalkDir(tmp, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(tmp, path)
		if err != nil {
			return err
		}
		dirs[filepath.Dir(rel)] = true
		want, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if got, err := os.ReadFile(filepath.Join(root, rel)); err != nil || !bytes.Equal(got, want) {
			differ = append(differ, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("comparing generated files: %w", err)
	}
	for dir := range dirs {
		entries, err := os.ReadDir(filepath.Join(root, dir))
		if err != nil || filepath.Join(root, dir) == schemaDir {
			continue
		}
		for _, e := range entries {
			rel := filepath.Join(dir, e.Name())
			if _, err := os.Stat(filepath.Join(tmp, rel)); err == nil || e.IsDir() {
				continue
			}
			if data, err := os.ReadFile(filepath.Join(root, rel)); err == nil && isGenerated(data) {
				differ = append(differ, filepath.ToSlash(rel))
			}
		}
	}
	slices.Sort(differ)
	return differ, nil
}

func isGenerated(data []byte) bool {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	return bytes.Contains(first, []byte("DO NOT EDIT"))
}

func moduleRoot(dir string) string {
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return d
		}
		if d == filepath.Dir(d) {
			return dir
		}
	}
}

func importPath(root, rel string) (string, error) {
	data, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("reading the module's path: %w", err)
	}
	return strings.TrimSuffix(modfile.ModulePath(data)+"/"+filepath.ToSlash(rel), "/."), nil
}
