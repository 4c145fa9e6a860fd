package lint

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

func itoa(n int) string { return strconv.Itoa(n) }

// words splits an identifier into its lower-case words: snake_case, camelCase and digits are boundaries.
func words(name string) []string {
	var (
		list []string
		word []rune
		prev rune
	)
	flush := func() {
		if len(word) > 0 {
			list = append(list, string(word))
			word = nil
		}
	}
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
		default:
			if unicode.IsUpper(r) && unicode.IsLower(prev) || unicode.IsDigit(r) != unicode.IsDigit(prev) && prev != 0 {
				flush()
			}
			word = append(word, unicode.ToLower(r))
		}
		prev = r
	}
	flush()
	return list
}

// singular gives the singular of an English plural word, well enough for table names.
func singular(w string) string {
	if s, ok := irregular[w]; ok {
		return s
	}
	switch {
	case len(w) < 3 || strings.HasSuffix(w, "ss") || strings.HasSuffix(w, "us") || strings.HasSuffix(w, "is"):
		return w
	case strings.HasSuffix(w, "ies") && len(w) > 4:
		return w[:len(w)-3] + "y"
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "shes"), strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "xes"), strings.HasSuffix(w, "zzes"):
		return w[:len(w)-2]
	case strings.HasSuffix(w, "uses") && len(w) > 5: // statuses, viruses
		return w[:len(w)-2]
	case strings.HasSuffix(w, "s"):
		return w[:len(w)-1]
	}
	return w
}

var irregular = map[string]string{
	"people": "person", "children": "child", "men": "man", "women": "woman", "mice": "mouse", "feet": "foot",
	"indices": "index", "matrices": "matrix", "vertices": "vertex", "criteria": "criterion", "analyses": "analysis",
	"bases": "base", "houses": "house", "warehouses": "warehouse", "causes": "cause", "licenses": "license",
	"expenses": "expense", "responses": "response", "purchases": "purchase", "databases": "database", "caches": "cache",
	"courses": "course", "movies": "movie", "cookies": "cookie", "series": "series", "species": "species", "news": "news",
	"gas": "gas", "bus": "bus", "buses": "bus", "leaves": "leaf", "wives": "wife", "lives": "life", "pauses": "pause",
	"uses": "use", "clauses": "clause", "phases": "phase", "leases": "lease", "releases": "release", "heroes": "hero", "aliases": "alias",
	"addresses": "address", "axes": "axis", "quizzes": "quiz",
}

// plural says of a word whether it is plural, and whether that can be told at all.
func plural(w string) (is, known bool) {
	if uncountable[w] {
		return false, false
	}
	if s, ok := irregular[w]; ok {
		return s != w, s != w
	}
	for _, s := range irregular {
		if s == w {
			return false, true
		}
	}
	return singular(w) != w, true
}

var uncountable = map[string]bool{
	"data": true, "metadata": true, "news": true, "info": true, "information": true, "equipment": true, "staff": true,
	"series": true, "species": true, "feedback": true, "media": true, "money": true, "inventory": true, "history": true,
	"audit": true, "content": true, "software": true, "hardware": true, "stock": true, "traffic": true, "mail": true,
	"analytics": true, "outbox": true, "inbox": true, "knowledge": true, "research": true, "music": true, "work": true, "cache": true,
	"config": true, "access": true, "progress": true, "health": true, "usage": true, "storage": true, "settings": true, "preferences": true,
}

// hasAny says whether list and any share an element.
func hasAny(list []string, any ...string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return slices.Contains(any, s) })
}

func quoteAll(names []string) string { return strings.Join(names, ", ") }

// and writes a list as prose.
func and(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

func sameSet(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for _, x := range a {
		if !slices.Contains(b, x) {
			return false
		}
	}
	return true
}

func subset(a, of []string) bool {
	for _, x := range a {
		if !slices.Contains(of, x) {
			return false
		}
	}
	return true
}
