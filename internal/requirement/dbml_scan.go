package requirement

import (
	"fmt"
	"strings"
	"unicode"
)

// dbmlToken is a word, a string, an expression or a sign of a DBML file.
type dbmlToken struct {
	text      string
	kind      byte // 'w' word, 's' string, 'e' expression, 'p' sign, 'n' end of line
	line, col int
}

// scanDBML cuts a DBML file into tokens; comments are dropped.
func scanDBML(file string, data []byte) ([]dbmlToken, error) {
	var out []dbmlToken
	src := []rune(string(data))
	line, col := 1, 1
	i := 0
	next := func() rune {
		r := src[i]
		i++
		if r == '\n' {
			line, col = line+1, 1
		} else {
			col++
		}
		return r
	}
	has := func(s string) bool { return strings.HasPrefix(string(src[i:min(i+len(s), len(src))]), s) }
	fail := func(l, c int, format string, args ...any) error {
		return Mistakes{{Pos: Pos{File: file, Line: l, Column: c}, Msg: fmt.Sprintf(format, args...)}}
	}
	for i < len(src) {
		l, c := line, col
		r := src[i]
		switch {
		case r == '\n':
			next()
			out = append(out, dbmlToken{"\n", 'n', l, c})
		case unicode.IsSpace(r):
			next()
		case has("//"):
			for i < len(src) && src[i] != '\n' {
				next()
			}
		case has("/*"):
			for i < len(src) && !has("*/") {
				next()
			}
			if i >= len(src) {
				return nil, fail(l, c, "the comment is not closed with */")
			}
			next()
			next()
		case has("'''"):
			for range 3 {
				next()
			}
			var b strings.Builder
			for i < len(src) && !has("'''") {
				if src[i] == '\\' && i+1 < len(src) {
					next()
				}
				b.WriteRune(next())
			}
			if i >= len(src) {
				return nil, fail(l, c, "the text is not closed with '''")
			}
			for range 3 {
				next()
			}
			out = append(out, dbmlToken{strings.Join(strings.Fields(b.String()), " "), 's', l, c})
		case r == '\'' || r == '"' || r == '`':
			quote := next()
			var b strings.Builder
			for i < len(src) && src[i] != quote && src[i] != '\n' {
				if src[i] == '\\' && quote == '\'' && i+1 < len(src) {
					next()
				}
				b.WriteRune(next())
			}
			if i >= len(src) || src[i] != quote {
				return nil, fail(l, c, "the text is not closed with %c", quote)
			}
			next()
			kind := map[rune]byte{'\'': 's', '"': 'w', '`': 'e'}[quote]
			out = append(out, dbmlToken{b.String(), kind, l, c})
		case r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || r == '#' || r == '$':
			var b strings.Builder
			for i < len(src) && (src[i] == '_' || unicode.IsLetter(src[i]) || unicode.IsDigit(src[i]) || src[i] == '#' || src[i] == '$') {
				b.WriteRune(next())
			}
			out = append(out, dbmlToken{b.String(), 'w', l, c})
		default:
			s := string(next())
			if s == "<" && i < len(src) && src[i] == '>' {
				s += string(next())
			}
			out = append(out, dbmlToken{s, 'p', l, c})
		}
	}
	return append(out, dbmlToken{"\n", 'n', line, col}), nil
}
