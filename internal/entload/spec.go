package entload

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"

	_ "embed"

	"entgo.io/ent/entc/load"
)

//go:embed program.go.txt
var programText string

var program = template.Must(template.New("program").Parse(programText))

// spec is what a schema package says, as read by running a small program that imports it.
type spec struct {
	PkgPath string      `json:"pkg_path"`
	Types   []*typeSpec `json:"types"`
	Module  moduleSpec  `json:"module"`
}

type moduleSpec struct {
	Path string `json:"path"`
	Dir  string `json:"dir"`
}

// typeSpec is one Ent type. Beyond load.Schema it knows what Ent's own loader forgets: the mixins' names, where
// edges and indexes come from, and which functions compute defaults.
type typeSpec struct {
	Schema *load.Schema
	Mixins []string
	Extras extras
}

type extras struct {
	Fields []struct {
		DefaultFunc string `json:"default_func_name"`
		UpdateFunc  string `json:"update_func_name"`
	} `json:"fields"`
	Edges []struct {
		Position load.Position `json:"position"`
	} `json:"edges"`
	Indexes []struct {
		Position load.Position `json:"position"`
	} `json:"indexes"`
}

// readSpec compiles and runs the program for the schema package in dir and decodes its answer. The answer is kept in
// the cache directory under the hash of everything it depends on (fact: compiling takes seconds, reading it back
// milliseconds); an empty cacheDir turns that off.
func readSpec(ctx context.Context, dir, cacheDir string, src *source, buildFlags []string) (*spec, error) {
	types := src.order
	key, err := cacheKey(dir, types, buildFlags)
	if err != nil {
		return nil, err
	}
	var file string
	if cacheDir != "" {
		file = filepath.Join(cacheDir, "load", key+".json")
		if data, err := os.ReadFile(file); err == nil {
			if s, err := decodeSpec(data); err == nil {
				return s, nil
			}
		}
	}
	data, err := runProgram(ctx, dir, types, buildFlags)
	if err != nil {
		return nil, src.locate(err, dir)
	}
	s, err := decodeSpec(data)
	if err != nil {
		return nil, err
	}
	if file != "" {
		WriteCache(file, data)
	}
	return s, nil
}

// decodeSpec reads the header line (package and module) and one line a type.
func decodeSpec(data []byte) (*spec, error) {
	lines := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	s := &spec{}
	if err := json.Unmarshal(lines[0], s); err != nil {
		return nil, fmt.Errorf("decoding the schema package: %w", err)
	}
	for _, line := range lines[1:] {
		var raw struct {
			Schema json.RawMessage `json:"schema"`
			Mixins []string        `json:"mixins"`
		}
		if err := json.Unmarshal(line, &raw); err != nil {
			return nil, fmt.Errorf("decoding the schema package: %w", err)
		}
		ls, err := load.UnmarshalSchema(raw.Schema)
		if err != nil {
			return nil, fmt.Errorf("decoding the schema package: %w", err)
		}
		t := &typeSpec{Schema: ls, Mixins: raw.Mixins}
		if err := json.Unmarshal(raw.Schema, &t.Extras); err != nil {
			return nil, fmt.Errorf("decoding schema %q: %w", ls.Name, err)
		}
		s.Types = append(s.Types, t)
	}
	return s, nil
}

// runProgram gives a header line and the program's output. The program's source reaches the compiler through an
// overlay: nothing is written into the project.
func runProgram(ctx context.Context, dir string, types, buildFlags []string) ([]byte, error) {
	head, err := packageOf(ctx, dir, buildFlags)
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "plinth-load-")
	if err != nil {
		return nil, fmt.Errorf("creating a temporary directory: %w", err)
	}
	defer os.RemoveAll(tmp)
	var src bytes.Buffer
	if err := program.Execute(&src, map[string]any{"PkgPath": head.PkgPath, "Types": types}); err != nil {
		return nil, err
	}
	real := filepath.Join(tmp, "main.go")
	if err := os.WriteFile(real, src.Bytes(), 0o600); err != nil {
		return nil, err
	}
	virtual := filepath.Join(dir, "plinthload", "main.go")
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{virtual: real}})
	if err != nil {
		return nil, err
	}
	overlayFile := filepath.Join(tmp, "overlay.json")
	if err := os.WriteFile(overlayFile, overlay, 0o600); err != nil {
		return nil, err
	}
	bin := filepath.Join(tmp, "plinthload")
	args := append([]string{"build", "-overlay", overlayFile, "-o", bin}, buildFlags...)
	if _, err := goCommand(ctx, dir, append(args, "./plinthload")...); err != nil {
		return nil, explain(err, dir)
	}
	out, err := runIn(ctx, dir, bin)
	if err != nil {
		return nil, err
	}
	headLine, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	return append(append(headLine, '\n'), out...), nil
}

// packageOf asks the go command for the import path and the module of the package in dir.
func packageOf(ctx context.Context, dir string, buildFlags []string) (*spec, error) {
	args := append([]string{"list", "-e", "-find", "-f", "{{.ImportPath}}\t{{with .Module}}{{.Path}}\t{{.Dir}}{{end}}"}, buildFlags...)
	out, err := goCommand(ctx, dir, append(args, ".")...)
	if err != nil {
		return nil, explain(err, dir)
	}
	parts := strings.Split(strings.TrimSpace(string(out)), "\t")
	s := &spec{PkgPath: parts[0]}
	if len(parts) == 3 {
		s.Module = moduleSpec{Path: parts[1], Dir: parts[2]}
	}
	if s.PkgPath == "" || s.PkgPath == "command-line-arguments" || s.Module.Path == "" {
		return nil, &Error{Dir: dir, Msg: "is not inside a Go module", Fix: "run `go mod init` in the project's root"}
	}
	return s, nil
}

func goCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	return runIn(ctx, dir, "go", args...)
}

func runIn(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &commandError{name: name, stderr: stderr.String(), err: err}
	}
	return stdout.Bytes(), nil
}

type commandError struct {
	name, stderr string
	err          error
}

func (e *commandError) Error() string {
	if s := strings.TrimSpace(e.stderr); s != "" {
		return s
	}
	return fmt.Sprintf("running %s: %v", e.name, e.err)
}

func (e *commandError) Unwrap() error { return e.err }

// WriteCache keeps a cache file; failing to is not an error.
func WriteCache(file string, data []byte) {
	if os.MkdirAll(filepath.Dir(file), 0o700) != nil {
		return
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".tmp-")
	if err != nil {
		return
	}
	_, err = tmp.Write(data)
	if cerr := tmp.Close(); err != nil || cerr != nil || os.Rename(tmp.Name(), file) != nil {
		os.Remove(tmp.Name())
	}
}

func hashOf(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}
