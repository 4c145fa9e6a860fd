package migration

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Loss is data that a statement destroys for good.
type Loss struct {
	// Kind is "table" or "column"; Object its name, "orders" or "orders.note".
	Kind, Object string
	// Rows is how many rows a table holds, or how many of them have a value in the column.
	Rows int64
	// File and Line say which statement destroys it; Line is 0 where it is not known.
	File string
	Line int
}

// String says it in words.
func (l Loss) String() string {
	unit := "rows"
	if l.Kind == "column" {
		unit = "values"
	}
	if l.Rows == 1 {
		unit = strings.TrimSuffix(unit, "s")
	}
	return fmt.Sprintf("%s %s: %d %s", l.Kind, l.Object, l.Rows, unit)
}

const identRe = `(?:"(?:[^"]|"")+"|` + "`[^`]+`" + `|[\w$]+)`

var (
	reDropTable  = regexp.MustCompile(`(?is)^\s*drop\s+table\s+(?:if\s+exists\s+)?(.*?)\s*(?:cascade|restrict)?\s*;?\s*$`)
	reTruncate   = regexp.MustCompile(`(?is)^\s*truncate\s+(?:table\s+)?(?:only\s+)?(.*?)\s*(?:restart\s+identity|continue\s+identity)?\s*(?:cascade|restrict)?\s*;?\s*$`)
	reAlterTable = regexp.MustCompile(`(?is)^\s*alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(` + identRe + `(?:\s*\.\s*` + identRe + `)?)\s+(.*)$`)
	reDropColumn = regexp.MustCompile(`(?is)\bdrop\s+(?:column\s+)?(?:if\s+exists\s+)?(` + identRe + `)`)
	reDropSchema = regexp.MustCompile(`(?is)^\s*drop\s+schema\s+(?:if\s+exists\s+)?(` + identRe + `)`)
	reIdent      = regexp.MustCompile(`^\s*` + identRe + `(?:\s*\.\s*` + identRe + `)?\s*$`)
)

// losses counts the data that one statement would destroy. Tables that are empty, or that an earlier statement is
// yet to make, lose nothing.
func (s *session) losses(ctx context.Context, text string) ([]Loss, error) {
	text = stripComments(text)
	var out []Loss
	add := func(kind, table, column string) error {
		n, ok, err := s.count(ctx, table, column)
		if err != nil || !ok || n == 0 {
			return err
		}
		l := Loss{Kind: kind, Object: plainName(table), Rows: n}
		if column != "" {
			l.Object += "." + plainName(column)
		}
		out = append(out, l)
		return nil
	}
	for _, re := range []*regexp.Regexp{reDropTable, reTruncate} {
		m := re.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		for _, t := range strings.Split(m[1], ",") {
			if reIdent.MatchString(t) {
				if err := add("table", strings.TrimSpace(t), ""); err != nil {
					return nil, err
				}
			}
		}
		return out, nil
	}
	if m := reDropSchema.FindStringSubmatch(text); m != nil && s.Dialect == schemagraph.Postgres {
		return s.schemaLosses(ctx, plainName(m[1]))
	}
	if m := reAlterTable.FindStringSubmatch(text); m != nil {
		for _, d := range reDropColumn.FindAllStringSubmatch(m[2], -1) {
			switch strings.ToUpper(d[1]) {
			case "CONSTRAINT", "DEFAULT", "NOT", "EXPRESSION", "IDENTITY", "IF", "COLUMN":
				continue
			}
			if err := add("column", m[1], d[1]); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// Count counts the rows of a table or the values of a column; ok is false where it does not exist. Names are
// written as in SQL, quoted where they have to be.
func (t *Target) Count(ctx context.Context, table, column string) (n int64, ok bool, err error) {
	s, err := t.open(ctx, "", 0, false)
	if err != nil {
		return 0, false, err
	}
	defer s.close()
	return s.count(ctx, table, column)
}

// count counts rows or values; ok is false where the object does not exist.
func (s *session) count(ctx context.Context, table, column string) (int64, bool, error) {
	exists := "SELECT count(*) > 0 FROM sqlite_master WHERE type = 'table' AND name = " + literal(s.Dialect, plainName(table))
	if s.Dialect == schemagraph.Postgres {
		exists = "SELECT to_regclass(" + literal(s.Dialect, table) + ") IS NOT NULL"
		if column != "" {
			exists = "SELECT count(*) > 0 FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass(" + literal(s.Dialect, table) +
				") AND NOT attisdropped AND attnum > 0 AND attname = " + literal(s.Dialect, plainName(column))
		}
	} else if column != "" {
		exists = "SELECT count(*) > 0 FROM pragma_table_info(" + literal(s.Dialect, plainName(table)) + ") WHERE name = " + literal(s.Dialect, plainName(column))
	}
	ok, _, err := scalar[bool](ctx, s.conn, exists)
	if err != nil {
		return 0, false, fmt.Errorf("looking for %s: %w", table, err)
	}
	if !ok {
		return 0, false, nil
	}
	what := "*"
	if column != "" {
		what = column
	}
	n, _, err := scalar[int64](ctx, s.conn, "SELECT count("+what+") FROM "+table)
	if err != nil {
		return 0, false, fmt.Errorf("counting what %s holds: %w", table, err)
	}
	return n, true, nil
}

func (s *session) schemaLosses(ctx context.Context, schema string) ([]Loss, error) {
	rows, err := s.conn.QueryContext(ctx, "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = $1 ORDER BY 1", schema)
	if err != nil {
		return nil, fmt.Errorf("listing tables of schema %q: %w", schema, err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return nil, fmt.Errorf("listing tables of schema %q: %w", schema, err)
		}
		names = append(names, n)
	}
	if err := rows.Close(); err != nil {
		return nil, err
	}
	var out []Loss
	for _, n := range names {
		c, ok, err := s.count(ctx, quote(schema)+"."+quote(n), "")
		if err != nil {
			return nil, err
		}
		if ok && c > 0 {
			out = append(out, Loss{Kind: "table", Object: schema + "." + n, Rows: c})
		}
	}
	return out, nil
}

// plainName is an identifier without its quotes; an unquoted one in lower case, as the server reads it.
func plainName(s string) string {
	parts := strings.Split(s, ".")
	for i, p := range parts {
		p = strings.TrimSpace(p)
		switch {
		case len(p) > 1 && p[0] == '"':
			p = strings.ReplaceAll(p[1:len(p)-1], `""`, `"`)
		case len(p) > 1 && p[0] == '`':
			p = p[1 : len(p)-1]
		default:
			p = strings.ToLower(p)
		}
		parts[i] = p
	}
	return strings.Join(parts, ".")
}

// stripComments removes comments that stand before a statement or on lines of their own.
func stripComments(text string) string {
	for {
		text = strings.TrimLeft(text, " \t\r\n")
		switch {
		case strings.HasPrefix(text, "--"):
			i := strings.IndexByte(text, '\n')
			if i < 0 {
				return ""
			}
			text = text[i:]
		case strings.HasPrefix(text, "/*"):
			i := strings.Index(text, "*/")
			if i < 0 {
				return ""
			}
			text = text[i+2:]
		default:
			return text
		}
	}
}
