package sqlparse

import (
	"regexp"
	"strings"
)

// The syntax of PostgreSQL 18 in schema statements, as patterns over a statement whose strings and comments are
// blanked out. They are tried only on a statement that the parser has refused.
var (
	virtualColumn = regexp.MustCompile(`(?is)\)\s*(virtual)\b`)
	implicitKind  = regexp.MustCompile(`(?is)\bgenerated\s+always\s+as\s*\(`)
	enforced      = regexp.MustCompile(`(?is)\b((?:not\s+)?enforced)\b`)
	notNullTable  = regexp.MustCompile(`(?is)\badd\s+(?:constraint\s+("[^"]+"|[\w$]+)\s+)?(not\s+null\s+("[^"]+"|[\w$]+))(\s+no\s+inherit)?`)
)

// rewrite18 writes a statement of PostgreSQL 18 in the words of 17, and says what it stood for.
func rewrite18(text string) (string, Newer) {
	var newer Newer
	code := Blank(text)
	if m := enforced.FindStringSubmatchIndex(code); m != nil {
		for _, m := range enforced.FindAllStringSubmatchIndex(code, -1) {
			if strings.HasPrefix(strings.ToLower(code[m[2]:m[3]]), "not") {
				newer.NotEnforced = true
			}
			text, code = blankRange(text, m[2], m[3]), blankRange(code, m[2], m[3])
		}
	}
	for _, m := range virtualColumn.FindAllStringSubmatchIndex(code, -1) {
		newer.Virtual = true
		text = text[:m[2]] + "STORED " + text[m[3]:]
	}
	code = Blank(text)
	// Without a word behind it a generated column is VIRTUAL.
	for _, m := range implicitKind.FindAllStringIndex(code, -1) {
		if end := closing(code, m[1]-1); end > 0 && !strings.HasPrefix(strings.ToLower(strings.TrimLeft(code[end:], " \t\r\n")), "stored") {
			newer.Virtual = true
			text = text[:end] + " STORED" + text[end:]
			code = Blank(text)
			break // offsets moved; one such column a statement is what people write
		}
	}
	// NOT NULL as a constraint of its own.
	for {
		m := notNullTable.FindStringSubmatchIndex(code)
		if m == nil {
			break
		}
		column := text[m[6]:m[7]]
		newer.NotNull = append(newer.NotNull, unquote(column))
		check := "CHECK (" + column + " IS NOT NULL)"
		text = text[:m[4]] + check + text[m[5]:]
		code = Blank(text)
		if len(newer.NotNull) > 100 {
			break
		}
	}
	return text, newer
}

func unquote(name string) string {
	if len(name) > 1 && name[0] == '"' {
		return strings.ReplaceAll(name[1:len(name)-1], `""`, `"`)
	}
	return strings.ToLower(name)
}

func blankRange(s string, from, to int) string {
	return s[:from] + strings.Repeat(" ", to-from) + s[to:]
}

// closing gives the offset behind the parenthesis that closes the one at i; 0 where none does.
func closing(code string, i int) int {
	depth := 0
	for ; i < len(code); i++ {
		switch code[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// Blank replaces strings, dollar quotes and comments by spaces, and keeps every other byte where it is. Quoted
// identifiers stay.
func Blank(text string) string {
	b := []byte(text)
	clear := func(from, to int) {
		for ; from < to; from++ {
			if b[from] != '\n' {
				b[from] = ' '
			}
		}
	}
	for i := 0; i < len(text); {
		end := i + 1
		switch c := text[i]; {
		case strings.HasPrefix(text[i:], "--"):
			if n := strings.IndexByte(text[i:], '\n'); n >= 0 {
				end = i + n
			} else {
				end = len(text)
			}
			clear(i, end)
		case strings.HasPrefix(text[i:], "/*"):
			if e, ok := blockEnd(text, i); ok {
				end = e
			} else {
				end = len(text)
			}
			clear(i, end)
		case c == '\'':
			e := i > 0 && (text[i-1] == 'e' || text[i-1] == 'E') && (i == 1 || !isWord(text[i-2]))
			end = quoteEnd(text, i, '\'', e)
			clear(i, end)
		case c == '"':
			end = quoteEnd(text, i, '"', false)
		case c == '$':
			if e, ok := dollarEnd(text, i); ok {
				end = e
				clear(i, end)
			}
		}
		i = end
	}
	return string(b)
}
