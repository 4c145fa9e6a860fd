package lint

import (
	"regexp"
	"strings"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// SQLFile is what the text of an SQL schema file tells beyond the schema it makes: where each object is written, what
// foreign keys state, and the suppressions in its comments.
type SQLFile struct {
	// Stated are the foreign keys whose text says ON DELETE NO ACTION, as Options wants them; a foreign key without a
	// name is given as table.(columns).
	Stated       map[string]bool
	Suppressions []Suppression
	places       map[string]schemagraph.Pos
}

// token is a word, a quoted name, a string or a sign of an SQL text.
type token struct {
	text      string // lower case unless quoted
	raw       string
	line, col int
	end       int // line it ends on
	name      bool
}

// ReadSQL reads the text of an SQL file. It understands as much as it needs, and never fails.
func ReadSQL(file, text string) *SQLFile {
	f := &SQLFile{Stated: make(map[string]bool), places: make(map[string]schemagraph.Pos)}
	tokens, comments := scanSQL(text)
	var stmts [][]token
	from := 0
	for i, t := range tokens {
		if t.text == ";" {
			stmts = append(stmts, tokens[from:i])
			from = i + 1
		}
	}
	stmts = append(stmts, tokens[from:])
	for _, s := range stmts {
		f.statement(file, s)
	}
	for _, c := range comments {
		f.allow(file, c, tokens, stmts)
	}
	return f
}

// Locate finds where an object is written: "users", "users.email", "users.ix_users_email".
func (f *SQLFile) Locate(object string) schemagraph.Pos {
	if p, ok := f.places[strings.ToLower(object)]; ok {
		return p
	}
	if i := strings.LastIndexByte(object, '.'); i > 0 {
		return f.places[strings.ToLower(object[:i])]
	}
	return schemagraph.Pos{}
}

var allowPattern = regexp.MustCompile(`(?i)^\s*plinth:allow\s+(\S+)\s*(?:because\s+)?(.*)$`)

func (f *SQLFile) allow(file string, c token, tokens []token, stmts [][]token) {
	m := allowPattern.FindStringSubmatch(c.text)
	if m == nil {
		return
	}
	s := Suppression{
		Rule: m[1], Why: strings.TrimSpace(m[2]), File: file, FromLine: c.line, ToLine: c.line,
		WrittenFile: file, WrittenLine: c.line, WrittenColumn: c.col,
	}
	if !c.name { // alone on its line: it is about what follows
		for _, st := range stmts {
			if len(st) > 0 && st[0].line > c.line {
				s.ToLine = st[len(st)-1].end
				break
			}
			if len(st) > 0 && st[len(st)-1].end > c.line {
				for _, t := range st {
					if t.line > c.line {
						s.ToLine = t.line
						break
					}
				}
				break
			}
		}
	}
	f.Suppressions = append(f.Suppressions, s)
}

// scanSQL splits a text into tokens, and gives its line comments apart. A comment's name says that code stands before
// it on its line.
func scanSQL(text string) (tokens, comments []token) {
	line, start, lastLine := 1, 0, 0
	for i := 0; i < len(text); {
		c := text[i]
		col := len([]rune(text[start:i])) + 1
		switch {
		case c == '\n':
			line++
			i++
			start = i
			continue
		case c == ' ' || c == '\t' || c == '\r':
			i++
			continue
		case strings.HasPrefix(text[i:], "--"):
			end := i + strings.IndexByte(text[i:]+"\n", '\n')
			comments = append(comments, token{text: text[i+2 : end], line: line, col: col, name: lastLine == line})
			i = end
			continue
		}
		n, name := sqlToken(text[i:])
		raw := text[i : i+n]
		t := token{raw: raw, text: strings.ToLower(raw), line: line, col: col, name: name}
		if name && (c == '"' || c == '`' || c == '[') {
			t.text = raw[1 : len(raw)-1]
		}
		if k := strings.LastIndexByte(raw, '\n'); k >= 0 {
			line += strings.Count(raw, "\n")
			start = i + k + 1
		}
		t.end, lastLine = line, line
		i += n
		if !strings.HasPrefix(raw, "/*") {
			tokens = append(tokens, t)
		}
	}
	return tokens, comments
}

// sqlToken is the length of the token that a text begins with, and whether it can be a name.
func sqlToken(s string) (n int, name bool) {
	until := func(from int, end string) int {
		if k := strings.Index(s[from:], end); k >= 0 {
			return from + k + len(end)
		}
		return len(s)
	}
	switch c := s[0]; {
	case c == '\'':
		return until(1, "'"), false
	case c == '"' || c == '`':
		k := until(1, s[:1])
		return k, k > 2
	case strings.HasPrefix(s, "/*"):
		return until(2, "*/"), false
	case c == '$':
		if k := strings.IndexByte(s[1:], '$'); k >= 0 && isDollarTag(s[1:1+k]) {
			return until(k+2, s[:k+2]), false
		}
		return 1, false
	case wordByte(c):
		k := 1
		for k < len(s) && (wordByte(s[k]) || s[k] == '$') {
			k++
		}
		return k, true
	}
	return 1, false
}

func wordByte(c byte) bool { return identByte(c) || c >= 'A' && c <= 'Z' }

func isDollarTag(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 127 || !wordByte(byte(r)) })
}

// statement notes what a statement makes.
func (f *SQLFile) statement(file string, s []token) {
	at := func(t token) schemagraph.Pos { return schemagraph.Pos{File: file, Line: t.line, Column: t.col} }
	put := func(object string, t token) {
		if _, ok := f.places[strings.ToLower(object)]; !ok {
			f.places[strings.ToLower(object)] = at(t)
		}
	}
	i := 0
	next := func(words ...string) bool {
		if i < len(s) {
			for _, w := range words {
				if s[i].text == w {
					i++
					return true
				}
			}
		}
		return false
	}
	name := func() (string, token) {
		var first token
		last := ""
		for i < len(s) && s[i].name {
			if first.line == 0 {
				first = s[i]
			}
			if last != "" && last != "public" && last != "main" {
				last += "." + s[i].text
			} else {
				last = s[i].text
			}
			if i++; i < len(s) && s[i].text == "." {
				i++
				continue
			}
			break
		}
		return last, first
	}
	exists := func() {
		if next("if") {
			next("not")
			next("exists")
		}
	}
	switch {
	case next("create"):
		for next("temp", "temporary", "unlogged", "global", "local") {
			continue
		}
		unique := next("unique")
		switch {
		case next("index"):
			next("concurrently")
			exists()
			ix, t := name()
			if next("on") {
				next("only")
				table, _ := name()
				put(table+"."+ix, t)
			}
		case !unique && next("table"):
			exists()
			table, t := name()
			put(table, t)
			if next("(") {
				f.elements(table, s[i:], put)
			}
		}
	case next("alter"):
		if !next("table") {
			return
		}
		exists()
		next("only")
		table, _ := name()
		f.elements(table, s[i:], put)
	}
}

// elements notes the columns and constraints in the body of a CREATE TABLE, or in the actions of an ALTER TABLE.
func (f *SQLFile) elements(table string, s []token, put func(string, token)) {
	depth, from := 0, 0
	for i := 0; i <= len(s); i++ {
		end := i == len(s)
		if !end {
			switch s[i].text {
			case "(":
				depth++
			case ")":
				if depth--; depth < 0 {
					end = true
				}
			}
		}
		if end || depth == 0 && s[i].text == "," {
			f.element(table, s[from:i], put)
			from = i + 1
		}
		if depth < 0 {
			return
		}
	}
}

func (f *SQLFile) element(table string, e []token, put func(string, token)) {
	for len(e) > 0 && (e[0].text == "add" || e[0].text == "column" || e[0].text == "if" || e[0].text == "not" || e[0].text == "exists") {
		e = e[1:]
	}
	if len(e) == 0 || !e[0].name {
		return
	}
	column, symbol, cols := "", "", []string(nil)
	switch e[0].text {
	case "constraint", "foreign", "primary", "unique", "check", "exclude", "like", "alter", "drop", "rename", "owner", "set", "enable", "disable", "validate":
	default:
		column = e[0].text
		put(table+"."+column, e[0])
	}
	for i, t := range e {
		switch t.text {
		case "constraint":
			if i+1 < len(e) {
				symbol = e[i+1].text
				put(table+"."+symbol, e[i+1])
			}
		case "foreign":
			cols = nil
			for _, c := range e[i+1:] {
				if c.text == ")" {
					break
				}
				if c.name && c.text != "key" {
					cols = append(cols, c.text)
				}
			}
		case "references":
			if cols == nil && column != "" {
				cols = []string{column}
			}
		case "no":
			if i >= 2 && e[i-1].text == "delete" && e[i-2].text == "on" {
				f.Stated[table+"."+symbol] = symbol != ""
				f.Stated[table+".("+strings.Join(cols, ",")+")"] = true
			}
		}
	}
}
