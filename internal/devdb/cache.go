package devdb

import (
	"archive/tar"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// cacheFormat changes when clusters are initialised in another way.
const cacheFormat = "2"

// clusterCache is the file that keeps a cluster initialised by bin, "" for none.
func clusterCache(dir string, bin *binaries) string {
	if dir == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(cacheFormat + "\x00" + bin.version + "\x00" + bin.dir))
	return filepath.Join(dir, "cluster", hex.EncodeToString(sum[:8])+".tar")
}

// tarTo writes the tree at dir into file, which appears whole or not at all: several processes may do this at once.
func tarTo(file, dir string) (err error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), "new-")
	if err != nil {
		return err
	}
	defer func() {
		_ = f.Close()
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	buf := bufio.NewWriterSize(f, 1<<20)
	w := tar.NewWriter(buf)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		return err
	}
	if err := errors.Join(w.Close(), buf.Flush(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

// untar unpacks file into the new directory dir, owned by who. A file that another user could have written is not
// trusted.
func untar(file, dir string, who user) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := trusted(f); err != nil {
		return err
	}
	mk := func(path string) error {
		if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		return who.own(path)
	}
	if err := mk(dir); err != nil {
		return err
	}
	r := tar.NewReader(bufio.NewReaderSize(f, 1<<20))
	buf := make([]byte, 256<<10)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if !filepath.IsLocal(h.Name) {
			return fmt.Errorf("unpacking %s: %q leaves its directory", file, h.Name)
		}
		path := filepath.Join(dir, strings.TrimSuffix(h.Name, "/"))
		switch h.Typeflag {
		case tar.TypeDir:
			if err := mk(path); err != nil {
				return err
			}
		case tar.TypeReg:
			if err := writeFile(path, r, buf, who); err != nil {
				return err
			}
		default:
			return fmt.Errorf("unpacking %s: unexpected entry %q", file, h.Name)
		}
	}
}

func writeFile(path string, r io.Reader, buf []byte, who user) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{f}, r, buf)
	return errors.Join(err, f.Close(), who.own(path))
}
