package sqlparse

import (
	"strings"
	"unicode/utf8"
)

// scanner finds where statements begin and end, as psql does: quotes, dollar quotes, comments that nest, parentheses
// and the bodies of SQL functions keep a semicolon from ending a statement.
type scanner struct {
	f    *File
	text string
	pos  int

	start   int // of the statement being read; -1 before its first token
	end     int // of its last token
	depth   int // of parentheses
	words   int // words seen
	first   string
	rule    bool // CREATE RULE, whose actions stand in parentheses with semicolons between them
	routine bool // CREATE FUNCTION or PROCEDURE, where BEGIN ATOMIC … END may follow
	begins  int  // depth of BEGIN ATOMIC and CASE
	last    string
	copying copyState
}

// copyState follows COPY … FROM STDIN.
type copyState struct{ from, stdin bool }

func (s *scanner) run() {
	s.reset()
	for s.pos < len(s.text) {
		s.step()
	}
	s.finish(false)
}

func (s *scanner) reset() {
	*s = scanner{f: s.f, text: s.text, pos: s.pos, start: -1}
}

func (s *scanner) step() {
	c := s.text[s.pos]
	rest := s.text[s.pos:]
	switch {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
		s.pos++
	case strings.HasPrefix(rest, "--"):
		n := strings.IndexByte(rest, '\n')
		if n < 0 {
			n = len(rest)
		}
		s.comment(s.pos+n, strings.TrimSpace(strings.TrimLeft(rest[:n], "-")), false)
	case strings.HasPrefix(rest, "/*"):
		end, ok := blockEnd(s.text, s.pos)
		if !ok {
			s.token(len(s.text)) // the parser says what is wrong
			return
		}
		s.comment(end, strings.TrimSpace(s.text[s.pos+2:end-2]), true)
	case c == '\\' && s.start < 0:
		s.meta()
	case c == '\\' && s.begins == 0:
		s.metaEnd()
	case c == '\'':
		s.token(quoteEnd(s.text, s.pos, '\'', s.escapes()))
	case c == '"':
		s.token(quoteEnd(s.text, s.pos, '"', false))
	case c == '$':
		if end, ok := dollarEnd(s.text, s.pos); ok {
			s.token(end)
		} else {
			s.token(s.pos + 1)
		}
	case c == '(' || c == '[':
		s.depth++
		s.token(s.pos + 1)
	case c == ')' || c == ']':
		s.depth = max(0, s.depth-1)
		s.token(s.pos + 1)
	case c == ';':
		s.semicolon()
	case isWordStart(c):
		end := s.pos + 1
		for end < len(s.text) && isWord(s.text[end]) {
			end++
		}
		s.word(s.text[s.pos:end])
		s.token(end)
	default:
		_, n := utf8.DecodeRuneInString(rest)
		s.token(s.pos + n)
	}
}

// token takes the text up to end into the statement.
func (s *scanner) token(end int) {
	if s.start < 0 {
		s.start = s.pos
	}
	s.pos, s.end = end, end
}

func (s *scanner) comment(end int, text string, block bool) {
	line, col := s.f.Place(s.pos)
	last, _ := s.f.Place(max(s.pos, end-1))
	s.f.Comments = append(s.f.Comments, Comment{Text: text, Start: s.pos, End: end, Line: line, Column: col, EndLine: last, Block: block})
	s.pos = end
}

func (s *scanner) word(w string) {
	w = strings.ToLower(w)
	s.words++
	if s.words == 1 {
		s.first = w
	}
	switch w {
	case "function", "procedure":
		s.routine = s.routine || s.first == "create" && s.words <= 4
	case "rule":
		s.rule = s.rule || s.first == "create" && s.words <= 4
	case "atomic":
		if s.routine && s.last == "begin" {
			s.begins++
		}
	case "case":
		if s.begins > 0 {
			s.begins++
		}
	case "end":
		if s.begins > 0 {
			s.begins--
		}
	case "from":
		s.copying.from = s.first == "copy" && s.depth == 0
	case "stdin":
		s.copying.stdin = s.copying.from && s.last == "from"
	}
	s.last = w
}

// escapes says whether the quote at pos begins an E'…' string, where a backslash escapes.
func (s *scanner) escapes() bool {
	if s.pos == 0 || s.text[s.pos-1] != 'E' && s.text[s.pos-1] != 'e' {
		return false
	}
	return s.pos == 1 || !isWord(s.text[s.pos-2])
}

func (s *scanner) semicolon() {
	if s.start < 0 {
		s.pos++ // an empty statement
		return
	}
	if s.begins > 0 || s.depth > 0 && (s.rule || !s.lineEnds()) {
		s.token(s.pos + 1)
		return
	}
	data := s.copying.stdin
	s.finish(data)
	s.pos++
	if data {
		s.skipCopyData()
	}
}

// lineEnds says whether nothing but a comment follows on the line: a statement with a parenthesis left open ends at
// such a semicolon, so that one mistake does not swallow the rest of the file.
func (s *scanner) lineEnds() bool {
	rest := strings.TrimLeft(s.text[s.pos+1:], " \t")
	return rest == "" || rest[0] == '\n' || rest[0] == '\r' || strings.HasPrefix(rest, "--")
}

// finish ends the statement being read, if there is one.
func (s *scanner) finish(copyData bool) {
	if s.start >= 0 {
		s.add(SQL, s.start, s.end).CopyData = copyData
	}
	s.reset()
}

func (s *scanner) add(kind Kind, start, end int) *Stmt {
	st := &Stmt{Kind: kind, Start: start, End: end, Text: s.text[start:end]}
	st.Line, st.Column = s.f.Place(start)
	st.EndLine, _ = s.f.Place(max(start, end-1))
	s.f.Stmts = append(s.f.Stmts, st)
	return st
}

// meta takes a psql meta command: the rest of its line.
func (s *scanner) meta() {
	n := strings.IndexByte(s.text[s.pos:], '\n')
	if n < 0 {
		n = len(s.text) - s.pos
	}
	end := s.pos + len(strings.TrimRight(s.text[s.pos:s.pos+n], " \t\r"))
	s.add(Meta, s.pos, end)
	s.pos += n
}

// metaEnd handles a backslash inside of a statement. psql ends the statement at \g and the like; anything else is
// left to the parser.
func (s *scanner) metaEnd() {
	rest := s.text[s.pos+1:]
	if strings.HasPrefix(rest, "g") || strings.HasPrefix(rest, "crosstabview") || strings.HasPrefix(rest, "watch") {
		s.finish(false)
		s.meta()
		return
	}
	s.token(s.pos + 1)
}

// skipCopyData passes the rows after COPY … FROM stdin, up to a line of backslash and dot.
func (s *scanner) skipCopyData() {
	n := strings.IndexByte(s.text[s.pos:], '\n')
	if n < 0 {
		return
	}
	at := s.pos + n + 1
	for at < len(s.text) {
		n := strings.IndexByte(s.text[at:], '\n')
		line := s.text[at:]
		if n >= 0 {
			line = s.text[at : at+n]
		}
		if strings.TrimRight(line, "\r") == `\.` {
			s.pos = at + len(line)
			return
		}
		if n < 0 {
			s.pos = len(s.text)
			return
		}
		at += n + 1
	}
	s.pos = len(s.text)
}

func isWordStart(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func isWord(c byte) bool { return isWordStart(c) || c >= '0' && c <= '9' || c == '$' }

// quoteEnd gives the offset behind the quoted text that begins at i; the end of the text where it is not closed.
func quoteEnd(text string, i int, quote byte, escapes bool) int {
	for j := i + 1; j < len(text); j++ {
		switch {
		case text[j] == '\\' && escapes:
			j++
		case text[j] == quote && j+1 < len(text) && text[j+1] == quote:
			j++
		case text[j] == quote:
			return j + 1
		}
	}
	return len(text)
}

// dollarEnd gives the offset behind the dollar-quoted text that begins at i.
func dollarEnd(text string, i int) (int, bool) {
	j := i + 1
	for j < len(text) && text[j] != '$' {
		if !isWord(text[j]) || j == i+1 && text[j] >= '0' && text[j] <= '9' {
			return 0, false
		}
		j++
	}
	if j >= len(text) || i > 0 && isWord(text[i-1]) {
		return 0, false
	}
	tag := text[i : j+1]
	end := strings.Index(text[j+1:], tag)
	if end < 0 {
		return len(text), true
	}
	return j + 1 + end + len(tag), true
}

// blockEnd gives the offset behind the block comment that begins at i; comments nest.
func blockEnd(text string, i int) (int, bool) {
	depth := 0
	for j := i; j+1 < len(text); j++ {
		switch {
		case text[j] == '/' && text[j+1] == '*':
			depth++
			j++
		case text[j] == '*' && text[j+1] == '/':
			depth--
			j++
			if depth == 0 {
				return j + 1, true
			}
		}
	}
	return 0, false
}

// attachComments gives each statement the comments before it and those behind it on its last line.
func (f *File) attachComments() {
	i := 0
	for _, s := range f.Stmts {
		for i < len(f.Comments) && f.Comments[i].Start < s.Start {
			s.Leading = append(s.Leading, f.Comments[i])
			i++
		}
		for i < len(f.Comments) && (f.Comments[i].Start < s.End || f.Comments[i].Line == s.EndLine) {
			s.Leading = append(s.Leading, f.Comments[i])
			i++
		}
	}
}
