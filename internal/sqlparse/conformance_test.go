//go:build cgo

package sqlparse

import (
	"errors"
	"regexp"
	"testing"

	pg "github.com/pganalyze/pg_query_go/v6"
	"github.com/stretchr/testify/require"
	wasm "github.com/wasilibs/go-pgquery"
	wasmparser "github.com/wasilibs/go-pgquery/parser"
)

// argLocation is a field that only the newer of the two builds fills in, and that nothing reads.
var argLocation = regexp.MustCompile(` *\barg_location:-?\d+`)

func plain(tree *pg.ParseResult) string { return argLocation.ReplaceAllString(tree.String(), "") }

// Both builds of the parser give the same trees, errors and places.
func TestBackendsAgree(t *testing.T) {
	for name, text := range corpus(t) {
		file := Parse(name, text)
		for _, s := range file.Stmts {
			if s.Newer.Any() {
				continue
			}
			tree, err := wasm.Parse(s.Text)
			if s.Err != nil {
				var e *wasmparser.Error
				require.True(t, errors.As(err, &e), s.Text)
				require.Equal(t, s.Err, file.errorAt(s, &rawError{Message: e.Message, Cursor: e.Cursorpos}))
				continue
			}
			require.NoError(t, err, s.Text)
			alone, err := parseRaw(s.Text)
			require.NoError(t, err)
			require.Equal(t, plain(alone), plain(tree), s.Text)
		}
	}
}
