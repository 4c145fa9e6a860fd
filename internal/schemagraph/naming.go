package schemagraph

import (
	"strings"
	"unicode"

	"github.com/go-openapi/inflect"
)

// Snake writes a Go name as a database name, as Ent does: "OrderItem" becomes "order_item", "HTTPCode" "http_code".
func Snake(s string) string {
	var (
		b  strings.Builder
		rs = []rune(s)
	)
	for i, r := range rs {
		if unicode.IsUpper(r) && i > 0 && rs[i-1] != '_' {
			next := i+1 < len(rs) && unicode.IsLower(rs[i+1])
			if !unicode.IsUpper(rs[i-1]) || next {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// TableName is the table that Ent gives to a type without a name of its own: the plural in snake case.
func TableName(entity string) string { return Snake(inflect.NewDefaultRuleset().Pluralize(entity)) }

// Distance is the number of single-character edits between two words.
func Distance(a, b string) int {
	ra, rb := []rune(a), []rune(b)
	row := make([]int, len(rb)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range ra {
		left := row[0]
		row[0] = i + 1
		for j, y := range rb {
			next := left
			if x != y {
				next = 1 + min(left, row[j], row[j+1])
			}
			left, row[j+1] = row[j+1], next
		}
	}
	return row[len(rb)]
}
