//go:build !cgo

package sqlparse

import (
	"errors"

	pg "github.com/pganalyze/pg_query_go/v6"
	wasm "github.com/wasilibs/go-pgquery"
	"github.com/wasilibs/go-pgquery/parser"
)

// backend names the build of PostgreSQL's parser in use.
const backend = "libpg_query (WebAssembly)"

func parseRaw(text string) (*pg.ParseResult, error) {
	tree, err := wasm.Parse(text)
	return tree, backendError(err)
}

func plpgsqlRaw(text string) (string, error) {
	out, err := wasm.ParsePlPgSqlToJSON(text)
	return out, backendError(err)
}

func deparseRaw(tree *pg.ParseResult) (string, error) {
	return wasm.Deparse(tree)
}

func backendError(err error) error {
	var e *parser.Error
	if errors.As(err, &e) {
		return &rawError{Message: e.Message, Cursor: e.Cursorpos}
	}
	return err
}
