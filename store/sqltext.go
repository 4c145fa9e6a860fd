package store

import (
	"database/sql/driver"
	"encoding/json"
	"strconv"
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// Dialect is the SQL that generated repositories speak themselves: Postgres or SQLite. They write parameters as "?";
// Number turns them into the dialect's own.
type Dialect string

// The dialects that generated repositories have constant SQL for.
const (
	Postgres Dialect = dialect.Postgres
	SQLite   Dialect = dialect.SQLite
)

// Known says whether the dialect is one of those.
func (d Dialect) Known() bool { return d == Postgres || d == SQLite }

// Number numbers the parameters of a text ($1, $2 …) for PostgreSQL, beginning with first.
func (d Dialect) Number(text string, first int) string {
	if d != Postgres || !strings.Contains(text, "?") {
		return text
	}
	var b strings.Builder
	b.Grow(len(text) + 16)
	for {
		i := strings.IndexByte(text, '?')
		if i < 0 {
			break
		}
		b.WriteString(text[:i])
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(first))
		first++
		text = text[i+1:]
	}
	b.WriteString(text)
	return b.String()
}

// In is the condition that a column has one of the values of a List. typ is the element's PostgreSQL type.
func (d Dialect) In(column, typ string) string {
	if d == Postgres {
		return column + " = ANY(?::" + typ + "[])"
	}
	return column + " IN (SELECT value FROM json_each(?))"
}

// List is the parameter of In.
func List[T any](d Dialect, values []T) driver.Valuer {
	if d == Postgres {
		return ArrayOf(values)
	}
	return jsonList[T](values)
}

type jsonList[T any] []T

// Value implements driver.Valuer.
func (l jsonList[T]) Value() (driver.Value, error) {
	data, err := json.Marshal([]T(l))
	return string(data), err
}

// Search is the condition that a text contains the parameter of LikePart, without regard to case.
func (d Dialect) Search(column string) string {
	if d == Postgres {
		return column + " ILIKE ?"
	}
	return column + ` LIKE ? ESCAPE '\'`
}

// Prefix is the condition that a text begins with the parameter of LikePrefix.
func (d Dialect) Prefix(column string) string {
	if d == Postgres {
		return column + " LIKE ?"
	}
	return column + ` GLOB ?`
}

var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// LikePart is the parameter of Search.
func (d Dialect) LikePart(part string) string { return "%" + likeEscape.Replace(part) + "%" }

var globEscape = strings.NewReplacer(`*`, `[*]`, `?`, `[?]`, `[`, `[[]`)

// LikePrefix is the parameter of Prefix.
func (d Dialect) LikePrefix(prefix string) string {
	if d == Postgres {
		return likeEscape.Replace(prefix) + "%"
	}
	return globEscape.Replace(prefix) + "*"
}

// Contains is the condition that a JSON column contains the parameter. SQLite compares the top level only.
func (d Dialect) Contains(column string) string {
	if d == Postgres {
		return column + " @> ?::jsonb"
	}
	return "NOT EXISTS (SELECT 1 FROM json_each(?) AS q WHERE NOT EXISTS (SELECT 1 FROM json_each(" + column +
		") AS a WHERE (a.key = q.key OR json_type(" + column + ") = 'array') AND a.value IS q.value))"
}

// JSON is a value as a JSON parameter.
func JSON(v any) driver.Valuer { return jsonValue{v} }

type jsonValue struct{ v any }

// Value implements driver.Valuer.
func (j jsonValue) Value() (driver.Value, error) {
	data, err := json.Marshal(j.v)
	return string(data), err
}

// Conds are conditions joined by AND, with their arguments.
type Conds struct {
	text strings.Builder
	args []any
}

// Add adds a condition.
func (c *Conds) Add(text string, args ...any) {
	if c.text.Len() > 0 {
		c.text.WriteString(" AND ")
	}
	c.text.WriteString(text)
	c.args = append(c.args, args...)
}

// Empty says whether there is no condition.
func (c *Conds) Empty() bool { return c.text.Len() == 0 }

// Where is the conditions as text with "?" for the parameters, and their arguments.
func (c *Conds) Where() (string, []any) {
	if c.Empty() {
		return "1 = 1", c.args
	}
	return c.text.String(), c.args
}

// Predicate is the conditions as a predicate of Ent.
func (c *Conds) Predicate() func(*entsql.Selector) {
	return func(s *entsql.Selector) {
		if !c.Empty() {
			text, args := c.Where()
			s.Where(predicate(text, args))
		}
	}
}

func predicate(text string, args []any) *entsql.Predicate {
	return entsql.P(func(b *entsql.Builder) {
		b.WriteString("(")
		rest := text
		for _, a := range args {
			before, after, ok := strings.Cut(rest, "?")
			if !ok {
				break
			}
			b.WriteString(before)
			b.Arg(a)
			rest = after
		}
		b.WriteString(rest)
		b.WriteString(")")
	})
}

// Ordered is an order as Ent's queries take it.
func Ordered(text string) func(*entsql.Selector) {
	return func(s *entsql.Selector) {
		if text != "" {
			s.OrderExpr(entsql.Raw(text))
		}
	}
}

// IsNull is the condition that a column is NULL, or that it is not.
func IsNull(column string, null bool) string {
	if null {
		return column + " IS NULL"
	}
	return column + " IS NOT NULL"
}
