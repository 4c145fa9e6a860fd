package entload

import (
	"errors"
	"fmt"
	"go/scanner"
	"path/filepath"
	"regexp"
	"strings"
)

// Error is a project that cannot be read, or a schema that says something impossible: where, what, and the fix.
type Error struct {
	Dir string // the schema directory, for what concerns all of it
	Pos string // file:line:column, for what stands in one place
	Msg string
	Fix string
}

func (e *Error) Error() string {
	where := e.Pos
	if where == "" {
		where = e.Dir
	}
	s := e.Msg
	switch {
	case where != "" && e.Pos == "":
		s = where + " " + s
	case where != "":
		s = where + ": " + s
	}
	if e.Fix != "" {
		s += "; " + e.Fix
	}
	return s
}

func syntaxError(err error, base string) error {
	var list scanner.ErrorList
	if errors.As(err, &list) && len(list) > 0 {
		p := list[0].Pos
		return &Error{Pos: fmt.Sprintf("%s:%d:%d", relative(base, p.Filename), p.Line, p.Column), Msg: list[0].Msg}
	}
	return err
}

var refusal = regexp.MustCompile(`^schema "([^"]+)": (?:field "([^"]+)"[: ] ?)?(.*)`)

// locate gives a place to what the program of a schema package refuses: a panic in Fields, a field that Ent does not
// accept.
func (s *source) locate(err error, dir string) error {
	var ce *commandError
	if !errors.As(err, &ce) {
		return err
	}
	text := strings.TrimSpace(ce.stderr)
	m := refusal.FindStringSubmatch(text)
	t := (*typeSource)(nil)
	if m != nil {
		t = s.types[m[1]]
	}
	if t == nil {
		return &Error{Dir: relative(base(""), dir), Msg: "cannot be read:\n" + indent(text)}
	}
	pos := t.pos
	for _, c := range t.fields {
		if c.name == m[2] && c.name != "" {
			pos = c.pos
		}
	}
	return &Error{Pos: pos.String(), Msg: text}
}

// explain names the cause of a failed go command, and the one command that helps, where they are known.
func explain(err error, dir string) error {
	var ce *commandError
	if !errors.As(err, &ce) {
		return err
	}
	dir = relative(base(""), dir)
	text := compilerText(ce.Error(), dir)
	for _, k := range causes {
		if strings.Contains(text, k.sign) {
			return &Error{Dir: dir, Msg: k.msg + ":\n" + indent(text), Fix: k.fix}
		}
	}
	return &Error{Dir: dir, Msg: "does not compile:\n" + indent(text)}
}

// compilerText drops the compiler's headings and writes its places so that they can be opened from where we stand.
func compilerText(text, dir string) string {
	var lines []string
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if strings.HasPrefix(line, "# ") {
			continue
		}
		if rest, ok := strings.CutPrefix(line, "./"); ok {
			line = filepath.ToSlash(filepath.Join(dir, "x"))
			line = strings.TrimSuffix(line, "x") + rest
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// causes are signs in the go command's output, each with what it means and what helps.
var causes = []struct{ sign, msg, fix string }{
	{"executable file not found", "cannot be read without the go command", "install Go and put it on PATH"},
	{"go.mod file not found", "is not inside a Go module", "run `go mod init` in the project's root"},
	{"missing go.sum entry", "needs modules that go.sum does not list", "run `go mod tidy` in the project"},
	{"no required module provides package", "imports a package that go.mod does not require", "run `go mod tidy` in the project"},
	{"updates to go.mod needed", "has a go.mod that is out of date", "run `go mod tidy` in the project"},
	{"inconsistent vendoring", "has a vendor directory that does not match go.mod", "run `go mod vendor` in the project"},
	{"golang.org/x/tools", "pins a version of golang.org/x/tools that this Go toolchain cannot compile",
		"run `go get golang.org/x/tools@latest && go mod tidy` in the project"},
	{"import cycle not allowed", "has an import cycle: a schema package must not import the code generated from it",
		"move what both need into a package of its own"},
	{"requires go >=", "needs a newer Go toolchain", "install it, or set GOTOOLCHAIN=auto"},
	{"Forbidden", "needs modules that cannot be downloaded here", "run `go mod download` where the network allows it"},
	{"dial tcp", "needs modules that cannot be downloaded here", "run `go mod download` where the network allows it"},
	{"module lookup disabled", "needs modules that are not in the module cache", "run `go mod download` in the project"},
}

func indent(s string) string { return "\t" + strings.ReplaceAll(s, "\n", "\n\t") }
