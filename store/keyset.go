package store

import (
	"strconv"
	"strings"
)

// SortKey is one column of an order.
type SortKey struct {
	// Column is quoted.
	Column string
	// Desc sorts the greatest first.
	Desc bool
	// Nullable says that the column may be NULL. NULL sorts as PostgreSQL has it: as if greater than every value.
	Nullable bool
}

// OrderBy is the order as the text of ORDER BY.
func (d Dialect) OrderBy(keys []SortKey) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = k.Column
		if k.Desc {
			parts[i] += " DESC"
		}
		if k.Nullable && d == SQLite {
			if k.Desc {
				parts[i] += " NULLS FIRST"
			} else {
				parts[i] += " NULLS LAST"
			}
		}
	}
	return strings.Join(parts, ", ")
}

// After is the condition that a row comes after the one whose sort values are given, and for each parameter the
// index of the value it takes. null says which of the values are NULL.
//
// Where the directions agree it is a comparison of rows, which an index answers at once at any depth; the form with
// OR, which mixed directions and NULLs need, reads the index from its beginning.
func After(keys []SortKey, null []bool) (text string, values []int) {
	if ok, _ := rowComparable(keys, null); ok {
		cols := make([]string, len(keys))
		for i, k := range keys {
			cols[i] = k.Column
			values = append(values, i)
		}
		op := " > "
		if keys[0].Desc {
			op = " < "
		}
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(keys)), ", ")
		return "(" + strings.Join(cols, ", ") + ")" + op + "(" + marks + ")", values
	}
	var alternatives []string
	for i := range keys {
		var parts []string
		var vals []int
		for j := range i {
			if null[j] {
				parts = append(parts, keys[j].Column+" IS NULL")
				continue
			}
			parts = append(parts, keys[j].Column+" = ?")
			vals = append(vals, j)
		}
		k := keys[i]
		switch {
		case k.Desc && null[i]:
			parts = append(parts, k.Column+" IS NOT NULL")
		case null[i]:
			continue // nothing comes after NULL
		case k.Desc:
			parts, vals = append(parts, k.Column+" < ?"), append(vals, i)
		case k.Nullable:
			parts, vals = append(parts, "("+k.Column+" > ? OR "+k.Column+" IS NULL)"), append(vals, i)
		default:
			parts, vals = append(parts, k.Column+" > ?"), append(vals, i)
		}
		alternatives = append(alternatives, "("+strings.Join(parts, " AND ")+")")
		values = append(values, vals...)
	}
	if len(alternatives) == 0 {
		return "1 = 0", nil
	}
	return "(" + strings.Join(alternatives, " OR ") + ")", values
}

// rowComparable says whether a comparison of rows means the same as the order: one direction, and no NULL that the
// comparison would lose. Descending, NULLs come first, and are behind every value that is not NULL. Ascending, those
// of the first key come last: the rows with them follow as a tail of their own.
func rowComparable(keys []SortKey, null []bool) (ok, tail bool) {
	for i, k := range keys {
		switch {
		case k.Desc != keys[0].Desc || null[i]:
			return false, false
		case k.Nullable && !k.Desc && i > 0:
			return false, false
		case k.Nullable && !k.Desc:
			tail = true
		}
	}
	return true, tail
}

// ListText is the statement of a list without its window: table, columns and order are quoted text, where has "?" for
// parameters. With a count, every row carries the total as its last column, from a scalar subquery; AtLeast counts up
// to the cap.
func (d Dialect) ListText(columns, table, where, order string, count Count, limit int) string {
	where = d.Number(where, 1)
	var b strings.Builder
	b.WriteString("SELECT " + columns)
	switch count {
	case Exact:
		b.WriteString(", (SELECT count(*) FROM " + table + " WHERE " + where + ")")
	case AtLeast:
		b.WriteString(", (SELECT count(*) FROM (SELECT 1 FROM " + table + " WHERE " + where + " LIMIT " + strconv.Itoa(limit) + ") AS counted)")
	}
	b.WriteString(" FROM " + table + " WHERE " + where)
	if order != "" {
		b.WriteString(" ORDER BY " + order)
	}
	return b.String()
}

// windowed is a list's statement with its window. The limit is part of the text, because a plan made for any limit
// sorts all rows where one made for a few reads them in the order of an index. Offsets are too many for that.
func (d Dialect) windowed(text string, limit, offset, args int) string {
	if limit > 0 {
		text += " LIMIT " + strconv.Itoa(limit)
	}
	if offset > 0 {
		text += d.Number(" OFFSET ?", args+1)
	}
	return text
}

// listArgs are the arguments of a window's statement: those of where, in SQLite once more for the count.
func (d Dialect) listArgs(args []any, w Window) []any {
	out := args
	if d != Postgres && (w.Count == Exact || w.Count == AtLeast) {
		out = append(out[:len(out):len(out)], args...)
	}
	if w.Offset > 0 {
		out = append(out, w.Offset)
	}
	return out
}

// CountText counts the rows that a condition matches, AtLeast up to the limit.
func (d Dialect) CountText(table, where string, count Count, limit int) string {
	if count == AtLeast {
		return d.Number("SELECT count(*) FROM (SELECT 1 FROM "+table+" WHERE "+where+" LIMIT "+strconv.Itoa(limit)+") AS counted", 1)
	}
	return d.Number("SELECT count(*) FROM "+table+" WHERE "+where, 1)
}
