package migration

import (
	"fmt"
	"regexp"
	"strings"

	"ariga.io/atlas/sql/migrate"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Transaction modes of a run and, all but TxAll, of a file.
const (
	TxFile = "file"
	TxAll  = "all"
	TxNone = "none"
)

// Up are the statements that the file runs on a database of the dialect, without those of its checks.
func (f *File) Up(dialect string) ([]*migrate.Stmt, error) {
	var (
		stmts []*migrate.Stmt
		err   error
	)
	switch f.format {
	case FormatGoose:
		stmts, err = gooseStmts(goosePart(string(f.Bytes()), "Up"))
	case FormatDBMate:
		stmts, err = migrate.Stmts(dbmatePart(string(f.Bytes()), "up"))
	case FormatAtlas:
		arc, ok, aerr := f.txtar()
		switch {
		case aerr != nil:
			err = aerr
		case ok:
			stmts, err = scan(dialect, arc.file("migration.sql"))
		default:
			stmts, err = scan(dialect, string(f.Bytes()))
		}
	default:
		// The library splits these without asking the dialect; the hashes of partly applied files depend on it.
		stmts, err = f.File.StmtDecls()
	}
	if err != nil {
		return nil, fmt.Errorf("scanning statements from %q: %w", f.Name(), err)
	}
	return stmts, nil
}

// StmtDecls implements migrate.File.
func (f *File) StmtDecls() ([]*migrate.Stmt, error) { return f.Up(schemagraph.Postgres) }

// Stmts implements migrate.File.
func (f *File) Stmts() ([]string, error) {
	decls, err := f.StmtDecls()
	if err != nil {
		return nil, err
	}
	out := make([]string, len(decls))
	for i, s := range decls {
		out[i] = s.Text
	}
	return out, nil
}

// Down are the statements that undo the file. Without any the error wraps ErrNoDown.
func (f *File) Down(dialect string) ([]*migrate.Stmt, string, error) {
	text, name, err := f.DownText()
	if err != nil {
		return nil, name, err
	}
	var stmts []*migrate.Stmt
	if f.format == FormatGoose {
		stmts, err = gooseStmts(text)
	} else {
		stmts, err = scan(dialect, text)
	}
	if err != nil {
		return nil, name, fmt.Errorf("scanning statements from %q: %w", name, err)
	}
	return stmts, name, nil
}

// scan splits a text as the drivers of the library do, so that both tools count the same statements.
func scan(dialect, text string) ([]*migrate.Stmt, error) {
	opts := migrate.ScannerOptions{MatchBegin: true}
	if dialect == schemagraph.Postgres {
		opts.MatchBeginAtomic, opts.MatchDollarQuote, opts.EscapedStringExt = true, true, true
	}
	s := &migrate.Scanner{ScannerOptions: opts}
	stmts, err := s.Scan(text)
	if err == nil || dialect != schemagraph.Postgres {
		return stmts, err
	}
	// A transaction's BEGIN is not a block's: try again without taking it for one.
	opts.MatchBegin = false
	return (&migrate.Scanner{ScannerOptions: opts}).Scan(text)
}

// Directive gives the values of a directive at the top of the file, whatever its format.
func (f *File) Directive(name string) []string {
	l := local(f.File)
	if l == nil {
		return nil
	}
	return l.Directive(name)
}

// TxMode is the transaction mode the file asks for, or empty. Goose's and dbmate's own marks count too.
func (f *File) TxMode() (string, error) {
	return txMode(f.Name(), f.Directive("txmode"), f.format, string(f.Bytes()), true)
}

// downTxMode is TxMode for the way down.
func (f *File) downTxMode() (string, error) {
	text, name, err := f.DownText()
	if err != nil {
		return "", err
	}
	var ds []string
	if name != f.Name() {
		ds = migrate.NewLocalFile(name, []byte(text)).Directive("txmode")
	} else {
		ds = f.Directive("txmode")
	}
	return txMode(name, ds, f.format, string(f.Bytes()), false)
}

func txMode(name string, ds []string, format, text string, up bool) (string, error) {
	switch {
	case len(ds) > 1:
		return "", fmt.Errorf("multiple txmode values found in file %q: %q", name, ds)
	case len(ds) == 1 && ds[0] == TxAll:
		return "", fmt.Errorf("txmode %q is not allowed in file directive %q. Use %q instead", TxAll, name, TxFile)
	case len(ds) == 1 && ds[0] != TxNone && ds[0] != TxFile:
		return "", fmt.Errorf("unknown txmode %q found in file directive %q", ds[0], name)
	case len(ds) == 1:
		return ds[0], nil
	case format == FormatGoose && reGooseNoTx.MatchString(text):
		return TxNone, nil
	case format == FormatDBMate:
		for _, m := range reDBMate.FindAllStringSubmatch(text, -1) {
			if (m[1] == "up") == up && strings.Contains(m[2], "transaction:false") {
				return TxNone, nil
			}
		}
	}
	return "", nil
}

var (
	reGoose     = regexp.MustCompile(`^\s*--\s*\+goose\s+(.*?)\s*$`)
	reGooseNoTx = regexp.MustCompile(`(?m)^\s*--\s*\+goose\s+NO TRANSACTION\s*$`)
	reDBMate    = regexp.MustCompile(`(?m)^--\s*migrate:(up|down)([^\n]*)$`)
)

// goosePart is the text between "-- +goose Up" (or Down) and the next of the two, its other marks included.
func goosePart(text, part string) string {
	var out []string
	in := false
	for _, line := range strings.Split(text, "\n") {
		if m := reGoose.FindStringSubmatch(line); m != nil {
			switch m[1] {
			case "Up", "Down":
				in = m[1] == part
				continue
			case "NO TRANSACTION", "ENVSUB ON", "ENVSUB OFF":
				continue
			}
		}
		if in {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// gooseStmts splits as goose does: at a semicolon that ends a line, or between StatementBegin and StatementEnd.
func gooseStmts(text string) ([]*migrate.Stmt, error) {
	const delim = "-- PLINTH_DELIM_END"
	lines := []string{"-- atlas:delimiter " + delim, ""}
	block := false
	for i, line := range strings.Split(text, "\n") {
		if m := reGoose.FindStringSubmatch(line); m != nil {
			switch {
			case m[1] == "StatementBegin" && !block:
				block = true
			case m[1] == "StatementEnd" && block:
				block = false
				lines = append(lines, delim)
			default:
				return nil, fmt.Errorf("goose: unexpected mark %q, line %d of its part", m[1], i+1)
			}
			continue
		}
		line = strings.TrimRight(line, " \t\r")
		lines = append(lines, line)
		if bare, _, _ := strings.Cut(line, " --"); !block && strings.HasSuffix(strings.TrimRight(bare, " \t"), ";") &&
			!strings.HasPrefix(strings.TrimLeft(line, " \t"), "--") {
			lines = append(lines, delim)
		}
	}
	if block {
		return nil, fmt.Errorf("goose: StatementBegin without StatementEnd")
	}
	return migrate.Stmts(strings.Join(lines, "\n"))
}

// dbmatePart is the text after "-- migrate:up" (or down) to the next of the two.
func dbmatePart(text, part string) string {
	var out []string
	in := false
	for _, line := range strings.Split(text, "\n") {
		if m := reDBMate.FindStringSubmatch(line); m != nil {
			in = m[1] == part
			continue
		}
		if in {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// liquibaseDown collects the rollback comments of the change sets, last one first.
func liquibaseDown(text string) string {
	var sets [][]string
	for _, line := range strings.Split(text, "\n") {
		t := strings.TrimSpace(line)
		if !strings.HasPrefix(t, "--") {
			continue
		}
		t = strings.TrimSpace(strings.TrimPrefix(t, "--"))
		if strings.HasPrefix(t, "changeset") {
			sets = append(sets, nil)
			continue
		}
		if rest, ok := strings.CutPrefix(t, "rollback"); ok && len(sets) > 0 {
			rest = strings.TrimSpace(strings.TrimPrefix(rest, ":"))
			if rest != "" && rest != "empty" {
				sets[len(sets)-1] = append(sets[len(sets)-1], rest)
			}
		}
	}
	var out []string
	for i := len(sets) - 1; i >= 0; i-- {
		out = append(out, sets[i]...)
	}
	return strings.Join(out, "\n")
}

// Split gives the statements of a text, in the way of a dialect.
func Split(dialect, text string) ([]string, error) {
	stmts, err := scan(dialect, text)
	if err != nil {
		return nil, fmt.Errorf("scanning statements: %w", err)
	}
	return stmtTexts(stmts), nil
}
