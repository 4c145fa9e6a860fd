package lint

import (
	"regexp"
	"strings"
)

var (
	castPattern   = regexp.MustCompile(`::\s*(?:"?[a-z_][a-z0-9_]*"?\.)?(?:character varying|double precision|timestamp with(?:out)? time zone|time with(?:out)? time zone|"?[a-z_][a-z0-9_]*"?)(?:\s*\(\s*\d+(?:\s*,\s*\d+)?\s*\))?(?:\[\])?`)
	spacePattern  = regexp.MustCompile(`\s+`)
	castCall      = regexp.MustCompile(`\bcast\s*\(\s*([a-z_][a-z0-9_.]*)\s+as\s+[a-z][a-z ]*(?:\s*\(\s*\d+(?:\s*,\s*\d+)?\s*\))?\s*\)`)
	anyPattern    = regexp.MustCompile(`=\s*any\s*\(`)
	stringPattern = regexp.MustCompile(`'(?:[^']|'')*'`)
)

// bare writes an expression in one spelling: lower case outside strings, without casts and double quotes, spaces
// folded.
func bare(expr string) string {
	var b strings.Builder
	rest := expr
	for rest != "" {
		loc := stringPattern.FindStringIndex(rest)
		if loc == nil {
			loc = []int{len(rest), len(rest)}
		}
		b.WriteString(strings.ToLower(strings.NewReplacer(`"`, "", "`", "").Replace(rest[:loc[0]])))
		b.WriteString(rest[loc[0]:loc[1]])
		rest = rest[loc[1]:]
	}
	s := b.String()
	s = castCall.ReplaceAllString(castPattern.ReplaceAllString(s, ""), "$1")
	return strings.TrimSpace(spacePattern.ReplaceAllString(s, " "))
}

// mentions says whether a bare expression uses the column as an identifier.
func mentions(expr, column string) bool {
	column = strings.ToLower(column)
	expr = stringPattern.ReplaceAllString(expr, "''")
	for at := 0; ; {
		i := strings.Index(expr[at:], column)
		if i < 0 {
			return false
		}
		i += at
		end := i + len(column)
		if (i == 0 || !identByte(expr[i-1])) && (end == len(expr) || !identByte(expr[end])) {
			return true
		}
		at = i + 1
	}
}

func identByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 0x80
}

// checkFacts is what a check says of columns, in lower case: those whose length it limits, and those it limits to a
// list of values.
type checkFacts struct {
	bounds, lists map[string]bool
	text          string // in bare form
	commas        bool   // it takes a text apart at commas, or matches it with a pattern that has one
}

const column = `([^\s()=<>,'~]+)`

var (
	lengthFirst = regexp.MustCompile(`(?:char_length|character_length|octet_length|length)\s*\(+\s*(?:btrim\s*\(|trim\s*\(\s*both from\s*|trim\s*\()?\s*` + column + `\s*\)+\s*(?:<|=|between)`)
	lengthLast  = regexp.MustCompile(`>=?\s*\(*(?:char_length|character_length|octet_length|length)\s*\(+\s*` + column + `\s*\)`)
	matches     = regexp.MustCompile(column + `\)*\s*(?:~\*?|similar to)\s*'\^([^']*)\$'`)
	listed      = regexp.MustCompile(column + `\s*(?:\bin\b|=\s*'|=\s*-?\d)`)
)

// analyse reads a check: a length function compared, a list of values, an anchored pattern without open repetition.
func analyse(expr string) *checkFacts {
	f := &checkFacts{bounds: make(map[string]bool), lists: make(map[string]bool)}
	s := bare(expr)
	f.text, f.commas = s, speaksOfCommas(s)
	for _, p := range []*regexp.Regexp{lengthFirst, lengthLast} {
		for _, m := range p.FindAllStringSubmatch(s, -1) {
			f.bounds[m[1]] = true
		}
	}
	for _, m := range matches.FindAllStringSubmatch(s, -1) {
		if !strings.ContainsAny(m[2], "*+") && !strings.Contains(m[2], ",}") {
			f.bounds[m[1]] = true
		}
	}
	flat := strings.NewReplacer("(", "", ")", "").Replace(anyPattern.ReplaceAllString(s, " in ("))
	for _, m := range listed.FindAllStringSubmatch(flat, -1) {
		f.lists[m[1]], f.bounds[m[1]] = true, true
	}
	return f
}

// check is analyse, once for an expression.
func (m *model) check(expr string) *checkFacts {
	f, ok := m.checked[expr]
	if !ok {
		f = analyse(expr)
		m.checked[expr] = f
	}
	return f
}

// boundsLength says whether a check limits the length of a text column.
func (m *model) boundsLength(expr, column string) bool {
	return m.check(expr).bounds[strings.ToLower(column)]
}

// listsValues says whether a check limits a column to a list of values.
func (m *model) listsValues(expr, column string) bool {
	return m.check(expr).lists[strings.ToLower(column)]
}

// conjuncts splits a predicate at its outermost ANDs, in bare form and without enclosing parentheses.
func conjuncts(pred string) []string {
	s := unwrap(bare(pred))
	var (
		parts []string
		depth int
		from  int
		quote bool
	)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\'':
			quote = !quote
		case quote:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth == 0 && strings.HasPrefix(s[i:], " and "):
			parts = append(parts, unwrap(s[from:i]))
			from = i + len(" and ")
			i = from - 1
		}
	}
	if last := unwrap(s[from:]); last != "" {
		parts = append(parts, last)
	}
	if len(parts) == 1 {
		return parts
	}
	var all []string
	for _, p := range parts {
		all = append(all, conjuncts(p)...)
	}
	return all
}

// unwrap removes parentheses that enclose the whole of s.
func unwrap(s string) string {
	for s = strings.TrimSpace(s); len(s) > 1 && s[0] == '(' && s[len(s)-1] == ')'; s = strings.TrimSpace(s[1 : len(s)-1]) {
		depth := 0
		for i := 0; i < len(s); i++ {
			if s[i] == '(' {
				depth++
			} else if s[i] == ')' {
				depth--
			}
			if depth == 0 && i < len(s)-1 {
				return s
			}
		}
	}
	return s
}
