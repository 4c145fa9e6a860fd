package migration

import (
	"fmt"
	"regexp"
	"strings"

	"ariga.io/atlas/sql/migrate"
)

// archive is a file with the directive atlas:txtar: checks, a migration and perhaps its way down in one.
type archive struct {
	names []string
	texts map[string]string
}

func (a *archive) file(name string) string { return a.texts[name] }

// Check is one group of assertions that must hold before a migration runs.
type Check struct {
	Name  string
	Stmts []*migrate.Stmt
	// OneOf says that one true assertion is enough.
	OneOf bool
}

var reTxtarName = regexp.MustCompile(`^-- (\S.*?) --\s*$`)

// txtar takes the file apart when it is an archive. One that is broken is an error: it must never run as plain SQL.
func (f *File) txtar() (*archive, bool, error) {
	text := string(f.Bytes())
	if !isTxtar(text) {
		return nil, false, nil
	}
	a := &archive{texts: map[string]string{}}
	name := ""
	var b strings.Builder
	flush := func() {
		if name != "" {
			a.texts[name] = b.String()
		}
		b.Reset()
	}
	for _, line := range strings.SplitAfter(text, "\n") {
		if m := reTxtarName.FindStringSubmatch(strings.TrimRight(line, "\r\n")); m != nil {
			flush()
			name = m[1]
			if _, ok := a.texts[name]; ok {
				return nil, false, fmt.Errorf("reading archive %q: file %q is there twice", f.Name(), name)
			}
			a.names = append(a.names, name)
			continue
		}
		b.WriteString(line)
	}
	flush()
	for _, n := range a.names {
		switch {
		case n == "migration.sql", n == "down.sql", n == "checks.sql", n == "schema.hcl", n == "schema.sql",
			strings.HasPrefix(n, "checks/") && strings.HasSuffix(n, ".sql"):
		default:
			return nil, false, fmt.Errorf("reading archive %q: unknown file %q; expected migration.sql, down.sql, checks.sql or checks/*.sql", f.Name(), n)
		}
	}
	if _, ok := a.texts["migration.sql"]; !ok {
		return nil, false, fmt.Errorf("reading archive %q: it has no file migration.sql", f.Name())
	}
	return a, true, nil
}

// isTxtar looks for the directive among the comments at the top. The library's own reading of directives wants an
// empty line after them, which archives do not always have.
func isTxtar(text string) bool {
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		rest, ok := strings.CutPrefix(line, "--")
		if !ok || reTxtarName.MatchString(line) {
			return false
		}
		if strings.TrimSpace(rest) == "atlas:txtar" {
			return true
		}
	}
	return false
}

// Checks are the assertions of the file, in order.
func (f *File) Checks(dialect string) ([]Check, error) {
	if f.format != FormatAtlas {
		return nil, nil
	}
	a, ok, err := f.txtar()
	if err != nil || !ok {
		return nil, err
	}
	var out []Check
	for _, n := range a.names {
		if n != "checks.sql" && !strings.HasPrefix(n, "checks/") {
			continue
		}
		stmts, err := scan(dialect, a.texts[n])
		if err != nil {
			return nil, fmt.Errorf("scanning checks from %q: %w", f.Name(), err)
		}
		c := Check{Name: n, Stmts: stmts}
		for _, line := range strings.Split(a.texts[n], "\n") {
			if t := strings.TrimSpace(line); strings.HasPrefix(t, "-- atlas:assert") && strings.HasSuffix(t, "oneof") {
				c.OneOf = true
			}
		}
		out = append(out, c)
	}
	return out, nil
}
