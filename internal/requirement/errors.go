package requirement

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Pos is a place in the requirements file.
type Pos = schemagraph.Pos

// Mistake is one thing wrong with a requirements file.
type Mistake struct {
	Pos Pos
	Msg string
}

// Error gives "file:line:column: message".
func (m *Mistake) Error() string {
	if p := m.Pos.String(); p != "" {
		return p + ": " + m.Msg
	}
	return m.Msg
}

// Mistakes is everything wrong with a requirements file, in the order of the file.
type Mistakes []*Mistake

// Error gives one line for each mistake.
func (ms Mistakes) Error() string {
	lines := make([]string, len(ms))
	for i, m := range ms {
		lines[i] = m.Error()
	}
	return strings.Join(lines, "\n")
}

func (ms *Mistakes) add(at Pos, format string, args ...any) {
	*ms = append(*ms, &Mistake{Pos: at, Msg: fmt.Sprintf(format, args...)})
}

// err gives the mistakes in order, or nil.
func (ms Mistakes) err() error {
	if len(ms) == 0 {
		return nil
	}
	slices.SortStableFunc(ms, func(a, b *Mistake) int {
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		return a.Pos.Column - b.Pos.Column
	})
	return slices.CompactFunc(ms, func(a, b *Mistake) bool { return *a == *b })
}

// didYouMean gives `; did you mean "x"?` for the candidate most like name, or nothing.
func didYouMean(name string, candidates []string) string {
	if c := closest(name, candidates); c != "" {
		return fmt.Sprintf("; did you mean %q?", c)
	}
	return ""
}

// closest finds the candidate that takes the fewest edits, at most a third of the name's length.
func closest(name string, candidates []string) string {
	best, least := "", max(len(name)/3, 1)+1
	low := strings.ToLower(name)
	for _, c := range candidates {
		if c == name || len(c)-len(name) >= least || len(name)-len(c) >= least {
			continue
		}
		if d := edits(low, strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// edits counts insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
func edits(a, b string) int {
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
