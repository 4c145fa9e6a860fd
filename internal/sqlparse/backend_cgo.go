//go:build cgo

package sqlparse

import (
	"errors"

	pg "github.com/pganalyze/pg_query_go/v6"
	"github.com/pganalyze/pg_query_go/v6/parser"
)

// backend names the build of PostgreSQL's parser in use.
const backend = "libpg_query (cgo)"

func parseRaw(text string) (*pg.ParseResult, error) {
	tree, err := pg.Parse(text)
	return tree, backendError(err)
}

func plpgsqlRaw(text string) (string, error) {
	out, err := pg.ParsePlPgSqlToJSON(text)
	return out, backendError(err)
}

func deparseRaw(tree *pg.ParseResult) (string, error) {
	return pg.Deparse(tree)
}

func backendError(err error) error {
	var e *parser.Error
	if errors.As(err, &e) {
		return &rawError{Message: e.Message, Cursor: e.Cursorpos}
	}
	return err
}
