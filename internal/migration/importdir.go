package migration

import (
	"errors"
	"fmt"
	"strings"
)

// Import writes the migrations of one directory into an empty one of another format, ways down included. It
// returns the names of the files written.
func Import(from, to *Dir) ([]string, error) {
	existing, err := to.List()
	if err != nil {
		return nil, err
	}
	if len(existing) > 0 {
		return nil, errors.New("target migration directory must be empty")
	}
	files, err := from.List()
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, nil
	}
	out := make([]NewFile, len(files))
	for i, f := range files {
		n := NewFile{Name: f.Desc(), Version: f.Version()}
		if n.TxMode, err = f.TxMode(); err != nil {
			return nil, err
		}
		if n.Up, err = f.plainUp(); err != nil {
			return nil, err
		}
		if n.Down, err = f.plainDown(); err != nil {
			return nil, err
		}
		out[i] = n
	}
	return Write(to, out, nil)
}

// plainUp is the SQL of the way up without the marks of its format. A file whose text is plain SQL already is
// taken as it is, but for the directive that Write adds itself.
func (f *File) plainUp() (string, error) {
	switch f.format {
	case FormatGoose, FormatDBMate, FormatLiquibase, FormatFlyway:
		stmts, err := f.Up("")
		if err != nil {
			return "", fmt.Errorf("scanning statements from %q: %w", f.Name(), err)
		}
		var b strings.Builder
		for _, s := range stmts {
			for _, c := range s.Comments {
				if f.format == FormatLiquibase && isLiquibaseMark(c) {
					continue
				}
				b.WriteString(endLine(c))
			}
			b.WriteString(endLine(strings.TrimRight(s.Text, "; \t\r\n") + ";"))
		}
		return b.String(), nil
	}
	if a, ok, err := f.txtar(); err != nil {
		return "", err
	} else if ok {
		checks, err := f.Checks("")
		if err != nil {
			return "", err
		}
		if len(checks) > 0 {
			return "", fmt.Errorf("importing %q: its checks have no place in another format", f.Name())
		}
		return a.file("migration.sql"), nil
	}
	return withoutTxMode(string(f.Bytes())), nil
}

func (f *File) plainDown() (string, error) {
	text, _, err := f.DownText()
	if errors.Is(err, ErrNoDown) {
		return "", nil
	}
	if err != nil || f.format != FormatGoose {
		return withoutTxMode(text), err
	}
	stmts, err := gooseStmts(text)
	if err != nil {
		return "", fmt.Errorf("scanning statements from %q: %w", f.Name(), err)
	}
	var b strings.Builder
	for _, s := range stmts {
		for _, c := range s.Comments {
			b.WriteString(endLine(c))
		}
		b.WriteString(endLine(strings.TrimRight(s.Text, "; \t\r\n") + ";"))
	}
	return b.String(), nil
}

func isLiquibaseMark(c string) bool {
	c = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(c), "--"))
	for _, m := range []string{"liquibase formatted sql", "changeset", "rollback", "precondition", "preconditions"} {
		if strings.HasPrefix(c, m) {
			return true
		}
	}
	return false
}

// withoutTxMode drops the directive at the top and the empty line after it.
func withoutTxMode(text string) string {
	lines := strings.SplitAfter(text, "\n")
	if len(lines) == 0 || !strings.HasPrefix(strings.TrimSpace(lines[0]), "-- atlas:txmode") {
		return text
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	return strings.Join(lines, "")
}
