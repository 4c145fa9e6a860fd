// Package sqlparse reads the statements of a migration file with PostgreSQL's own parser.
//
// In goes the text of a file, as people write them: comments and directives, dollar quotes, psql meta commands, COPY
// data, several statements, perhaps a syntax error. Out comes a File: every statement with its parse tree and its
// place, the comments before it, and what the parser could not take, with line and column. One bad statement does
// not hide the others. Parse never fails and never panics; what went wrong is on the statement it went wrong in.
//
// The parser is libpg_query, through cgo where there is a C compiler and as WebAssembly otherwise; both give the
// same trees. It is PostgreSQL 17's; the syntax that 18 added to schema statements is understood on top of it.
// Nothing is loaded before the first call.
package sqlparse

import (
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Backend names the build of the parser in use.
func Backend() string { return backend }

// Kind says what a statement of a file is.
type Kind int

// The kinds of statements.
const (
	SQL  Kind = iota // a statement for the server
	Meta             // a psql meta command, a line that begins with a backslash
)

// File is a parsed migration file.
type File struct {
	Name  string
	Text  string // as given, without a byte order mark
	Stmts []*Stmt
	// Comments are all comments in order, also those inside of statements.
	Comments []Comment
	lines    []int // byte offset of each line's start
}

// Stmt is one statement.
type Stmt struct {
	Kind Kind
	// Start and End are byte offsets into File.Text, from the first token to the last, without the semicolon.
	Start, End int
	// Line and Column are the place of Start and count from 1; columns count characters.
	Line, Column int
	// EndLine is the line of the statement's last character.
	EndLine int
	Text    string
	// Leading are the comments between the statement before and this one's first token, with those that follow
	// it on its last line.
	Leading []Comment
	// Node is the parse tree; nil for a meta command and where Err is set. Places in it are byte offsets that mean
	// something only to File.At.
	Node *pg.Node
	base int // what a location of Node is at Start
	// Err says why there is no tree.
	Err *SyntaxError
	// CopyData says that rows for COPY … FROM stdin follow.
	CopyData bool
	// Newer holds what the statement uses that PostgreSQL 17's grammar does not have.
	Newer Newer
}

// Newer is syntax of PostgreSQL 18 that Node shows in an older form.
type Newer struct {
	Virtual     bool // a generated column is VIRTUAL; Node says STORED
	NotEnforced bool // a constraint is NOT ENFORCED; Node has no mark of it
	// NotNull holds columns of ADD [CONSTRAINT n] NOT NULL col; Node says CHECK (col IS NOT NULL).
	NotNull []string
}

// Any says whether the statement needs a server newer than the parser.
func (n Newer) Any() bool { return n.Virtual || n.NotEnforced || len(n.NotNull) > 0 }

// Comment is a comment of a file.
type Comment struct {
	// Text is the comment without its markers and surrounding space.
	Text         string
	Start, End   int
	Line, Column int
	// EndLine is the line the comment ends on.
	EndLine int
	// Block says that it is a /* */ comment.
	Block bool
}

// SyntaxError is a statement the parser does not take.
type SyntaxError struct {
	Message      string
	Line, Column int
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message) }

// rawError is a backend's error; Cursor counts characters from 1, 0 where unknown.
type rawError struct {
	Message string
	Cursor  int
}

func (e *rawError) Error() string { return e.Message }

// Parse reads the statements of a file. name is only used for messages.
func Parse(name, text string) *File {
	text = strings.TrimPrefix(text, "\ufeff")
	f := &File{Name: name, Text: text}
	f.lines = append(f.lines, 0)
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	s := scanner{f: f, text: text}
	s.run()
	f.attachComments()
	f.parseAll()
	return f
}

// Place gives the line and column, from 1, of a byte offset. Columns count characters.
func (f *File) Place(offset int) (line, column int) {
	offset = max(0, min(offset, len(f.Text)))
	lo, hi := 0, len(f.lines)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; f.lines[mid] <= offset {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo + 1, utf8.RuneCountInString(f.Text[f.lines[lo]:offset]) + 1
}

// At gives the line and column of a location in the statement's tree; the statement's own place where the tree has
// no location (0 or less, as PostgreSQL writes it for things the parser made up).
func (f *File) At(s *Stmt, location int32) (line, column int) {
	off := int(location) - s.base
	if off <= 0 || off > s.End-s.Start {
		return s.Line, s.Column
	}
	return f.Place(s.Start + off)
}

// Line gives the text of a line, from 1, without its end; empty where there is none.
func (f *File) Line(n int) string {
	if n < 1 || n > len(f.lines) {
		return ""
	}
	end := len(f.Text)
	if n < len(f.lines) {
		end = f.lines[n]
	}
	return strings.TrimRight(f.Text[f.lines[n-1]:end], "\r\n")
}

// Errors are the statements' syntax errors, in order.
func (f *File) Errors() []*SyntaxError {
	var errs []*SyntaxError
	for _, s := range f.Stmts {
		if s.Err != nil {
			errs = append(errs, s.Err)
		}
	}
	return errs
}

// parseAll fills in the trees: all statements in one call where the file is sound, one by one where it is not.
func (f *File) parseAll() {
	var sql []*Stmt
	for _, s := range f.Stmts {
		if s.Kind == SQL && s.Err == nil {
			sql = append(sql, s)
		}
	}
	const batch = 500 // one call has an overhead, one huge tree another; also keeps an error's damage small
	for len(sql) > 0 {
		n := min(batch, len(sql))
		if !f.parseBatch(sql[:n]) {
			for _, s := range sql[:n] {
				f.parseOne(s)
			}
		}
		sql = sql[n:]
	}
}

// parseBatch parses statements in one call. It reports false, with nothing changed, where a statement has an error.
func (f *File) parseBatch(stmts []*Stmt) bool {
	if len(stmts) == 1 {
		return false
	}
	var b strings.Builder
	starts := make([]int, len(stmts))
	for i, s := range stmts {
		if guard(s.Text) != "" {
			return false
		}
		starts[i] = b.Len()
		b.WriteString(s.Text)
		b.WriteString("\n;")
	}
	tree, err := safeParse(b.String())
	if err != nil || len(tree.GetStmts()) != len(stmts) {
		return false
	}
	for i, raw := range tree.GetStmts() {
		if int(raw.GetStmtLocation()) > starts[i] || i+1 < len(starts) && int(raw.GetStmtLocation()+raw.GetStmtLen()) > starts[i+1] {
			return false
		}
	}
	for i, raw := range tree.GetStmts() {
		stmts[i].Node = raw.GetStmt()
		stmts[i].base = starts[i]
	}
	return true
}

// parseOne parses one statement, with newer syntax as a second try.
func (f *File) parseOne(s *Stmt) {
	if why := guard(s.Text); why != "" {
		s.Err = f.syntaxError(s.Start, why)
		return
	}
	tree, err := safeParse(s.Text)
	if err != nil {
		if text, newer := rewrite18(s.Text); newer.Any() {
			if t, e := safeParse(text); e == nil && len(t.GetStmts()) == 1 {
				s.Node, s.Newer = t.GetStmts()[0].GetStmt(), newer
				return
			}
		}
		s.Err = f.errorAt(s, err)
		return
	}
	switch stmts := tree.GetStmts(); len(stmts) {
	case 1:
		s.Node = stmts[0].GetStmt()
	case 0:
		s.Err = f.syntaxError(s.Start, "no statement")
	default:
		s.Err = f.syntaxError(s.Start, "cannot tell the statements apart: put a semicolon on the line where each ends")
	}
}

func (f *File) errorAt(s *Stmt, err error) *SyntaxError {
	e, ok := err.(*rawError)
	if !ok {
		return f.syntaxError(s.Start, err.Error())
	}
	off := 0
	for range max(0, e.Cursor-1) {
		if off >= len(s.Text) {
			break
		}
		_, n := utf8.DecodeRuneInString(s.Text[off:])
		off += n
	}
	return f.syntaxError(s.Start+off, e.Message)
}

func (f *File) syntaxError(offset int, message string) *SyntaxError {
	line, col := f.Place(offset)
	return &SyntaxError{Message: message, Line: line, Column: col}
}

// guard names what must not reach the C parser, or is empty.
func guard(text string) string {
	if strings.IndexByte(text, 0) >= 0 {
		return "a zero byte: is the file in UTF-16? Save it as UTF-8"
	}
	if !utf8.ValidString(text) {
		return "the statement is not valid UTF-8"
	}
	if len(text) > maxDepth && depth(text) > maxDepth {
		return fmt.Sprintf("nested too deeply to be read (more than %d levels)", maxDepth)
	}
	return ""
}

// safeParse calls the backend; a panic in it (there should be none) becomes an error.
func safeParse(text string) (tree *pg.ParseResult, err error) {
	defer func() {
		if r := recover(); r != nil {
			tree, err = nil, fmt.Errorf("parsing: %v", r)
		}
	}()
	return parseRaw(text)
}

// Deparse writes a tree as SQL, in the parser's own layout; empty where it cannot.
func Deparse(n *pg.Node) (sql string) {
	defer func() {
		if recover() != nil {
			sql = ""
		}
	}()
	sql, err := deparseRaw(&pg.ParseResult{Version: version(), Stmts: []*pg.RawStmt{{Stmt: n}}})
	if err != nil {
		return ""
	}
	return sql
}

// version is the parser's own, which a tree has to carry to be written.
var version = sync.OnceValue(func() int32 {
	tree, err := safeParse("SELECT 1")
	if err != nil {
		return 0
	}
	return tree.GetVersion()
})
