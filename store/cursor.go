package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"sync"
)

// Cursor is a place in an ordered list: the sort values of the last row seen. It is opaque, safe in a URL, and valid
// only for the query, the arguments and the tenant it was made for. The empty cursor is the beginning.
type Cursor string

// cursorVersion is the first byte of a cursor. A cursor of another version is refused, never misread.
const cursorVersion = 1

// cursorMAC is how many bytes of the authentication code a cursor carries.
const cursorMAC = 12

// Cursors makes and reads cursors. The zero value uses a key that everyone knows: it detects damage and mixed-up
// queries, but a caller who has this source could forge one (and so begin the list anywhere, which reads nothing the
// query would not give). With a key of its own a service detects that too; all its instances share the key.
type Cursors struct {
	macs *sync.Pool
}

// NewCursors makes cursors authenticated with the key.
func NewCursors(key []byte) Cursors {
	k := sha256.Sum256(append([]byte("plinth cursor key 1 "), key...))
	return Cursors{macs: &sync.Pool{New: func() any { return hmac.New(sha256.New, k[:]) }}}
}

var publicCursors = NewCursors(nil)

// Encode makes the cursor of a place.
//
// scope says what the cursor is for: the query's name and the arguments that select its rows. values are the sort
// values of the last row, each of a kind that encoding/json reads back exactly.
func (c Cursors) Encode(scope Scope, values ...any) (Cursor, error) {
	body, err := json.Marshal(values)
	if err != nil {
		return "", fmt.Errorf("encoding a cursor: %w", err)
	}
	data := make([]byte, 0, 1+cursorMAC+len(body))
	data = append(data, cursorVersion)
	data = append(data, c.mac(scope, body)...)
	data = append(data, body...)
	return Cursor(base64.RawURLEncoding.EncodeToString(data)), nil
}

// Decode reads the values of a cursor into dest, pointers to the types given to Encode. It returns ErrCursor for a
// cursor that was changed, was made for another scope, or is of another version.
func (c Cursors) Decode(cur Cursor, scope Scope, dest ...any) error {
	data, err := base64.RawURLEncoding.Strict().DecodeString(string(cur))
	if err != nil || len(data) < 1+cursorMAC {
		return fmt.Errorf("%w: damaged", ErrCursor)
	}
	if data[0] != cursorVersion {
		return fmt.Errorf("%w: made by another version", ErrCursor)
	}
	body := data[1+cursorMAC:]
	if !hmac.Equal(data[1:1+cursorMAC], c.mac(scope, body)) {
		return fmt.Errorf("%w: damaged, or made for another query or other arguments", ErrCursor)
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil || len(raw) != len(dest) {
		return fmt.Errorf("%w: made by another version of the query", ErrCursor)
	}
	for i := range raw {
		if err := json.Unmarshal(raw[i], dest[i]); err != nil {
			return fmt.Errorf("%w: made by another version of the query", ErrCursor)
		}
	}
	return nil
}

func (c Cursors) mac(scope Scope, body []byte) []byte {
	pool := c.macs
	if pool == nil {
		pool = publicCursors.macs
	}
	h := pool.Get().(hash.Hash)
	defer pool.Put(h)
	h.Reset()
	fmt.Fprintf(h, "%d:%s:%d:", len(scope.Query), scope.Query, len(scope.Args))
	h.Write(scope.Args)
	h.Write(body)
	var sum [sha256.Size]byte
	return h.Sum(sum[:0])[:cursorMAC]
}

// Scope is what a cursor is valid for.
type Scope struct {
	// Query names the query, its sort order included.
	Query string
	// Args are the arguments that select its rows, encoded.
	Args []byte
}

// ScopeOf makes the scope of a query and the arguments that select its rows.
func ScopeOf(query string, args ...any) (Scope, error) {
	if len(args) == 0 {
		return Scope{Query: query}, nil
	}
	data, err := json.Marshal(args)
	if err != nil {
		return Scope{}, fmt.Errorf("encoding the arguments of %s: %w", query, err)
	}
	return Scope{Query: query, Args: data}, nil
}
