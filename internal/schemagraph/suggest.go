package schemagraph

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// suggest is "did you mean …" for a name that is not among those known, or what is known where nothing is near.
func suggest(name string, known []string) string {
	best, distance := "", max(1, len(name)*2/5)+1
	for _, k := range known {
		if d := edits(strings.ToLower(name), strings.ToLower(k)); d < distance {
			best, distance = k, d
		}
	}
	switch {
	case best != "":
		return fmt.Sprintf("did you mean %q?", best)
	case len(known) == 0 || len(known) > 12:
		return ""
	}
	return "known are " + strings.Join(known, ", ")
}

// edits counts the insertions, deletions, replacements and swaps of neighbours that lead from a to b.
func edits(a, b string) int {
	s, t := []rune(a), []rune(b)
	rows := make([][]int, len(s)+1)
	for i := range rows {
		rows[i] = make([]int, len(t)+1)
		rows[i][0] = i
	}
	for j := range t {
		rows[0][j+1] = j + 1
	}
	for i := range s {
		for j := range t {
			cost := 1
			if s[i] == t[j] {
				cost = 0
			}
			d := min(rows[i][j+1]+1, rows[i+1][j]+1, rows[i][j]+cost)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				d = min(d, rows[i-1][j-1]+1)
			}
			rows[i+1][j+1] = d
		}
	}
	return rows[len(s)][len(t)]
}

func fieldNames(e *Entity) []string {
	var names []string
	for _, f := range e.Fields {
		names = append(names, f.Name)
	}
	return names
}

func edgeNames(e *Entity) []string {
	var names []string
	for _, d := range e.Edges {
		names = append(names, d.Name)
	}
	return names
}

// sorted gives the keys of a map in order.
func sorted[K cmp.Ordered, V any](m map[K]V) []string {
	var names []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		names = append(names, fmt.Sprint(k))
	}
	return names
}
