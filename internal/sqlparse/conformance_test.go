//go:build cgo

package sqlparse

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	wasm "github.com/wasilibs/go-pgquery"
	wasmparser "github.com/wasilibs/go-pgquery/parser"
	"google.golang.org/protobuf/proto"
)

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
			require.True(t, proto.Equal(alone, tree), s.Text)
		}
	}
}
