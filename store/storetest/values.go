package storetest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/plinth-go/plinth/store"
)

// texts are forms of text that validators may ask for; %d is a number of the value's own.
var texts = []string{"value %d", "v%d", "V%d", "user%d@example.com", "https://example.com/%d", "%d", "+4930%07d", "a-%d", "A-%03d", "%06d",
	"example%d.com", "192.0.2.%d", "2026-01-%02d", "#%06d", "%032d", "EUR", "DE", "de", "en-GB", "A", "a", "x"}

// Text finds a text that a field accepts: at most limit bytes where that is not 0, and valid where check is not nil.
// n makes it differ from others.
func Text[T ~string](t testing.TB, field string, n, limit int, check func(string) error) T {
	t.Helper()
	for _, form := range texts {
		s := form
		if strings.Contains(form, "%") {
			s = fmt.Sprintf(form, n)
		}
		if (limit == 0 || len(s) <= limit) && (check == nil || check(s) == nil) {
			return T(s)
		}
	}
	t.Fatalf("no text found that %s accepts: give the factory one", field)
	return ""
}

// number is every type of number.
type number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

// Number finds a number that a field accepts.
func Number[T number](t testing.TB, field string, n int, check func(T) error) T {
	t.Helper()
	for _, v := range []T{T(n % 100), 1, 2, 10, 0, 50, 100, 127} {
		if check == nil || check(v) == nil {
			return v
		}
	}
	t.Fatalf("no number found that %s accepts: give the factory one", field)
	return 0
}

// After is a time that comes after t, and after what After gives for a smaller rank.
func After(t time.Time, rank int) time.Time { return t.Add(time.Duration(rank) * 24 * time.Hour) }

// Filled is a value of a JSON field: empty, and not nil where the type has such a value.
func Filled[T any]() T {
	var v T
	if raw, ok := any(&v).(*json.RawMessage); ok {
		*raw = json.RawMessage("{}")
		return v
	}
	switch r := reflect.ValueOf(&v).Elem(); r.Kind() {
	case reflect.Map:
		r.Set(reflect.MakeMap(r.Type()))
	case reflect.Slice:
		r.Set(reflect.MakeSlice(r.Type(), 0, 0))
	case reflect.Pointer:
		r.Set(reflect.New(r.Type().Elem()))
	}
	return v
}

// Exec runs a statement as it is; "?" are its parameters.
func Exec(t testing.TB, drv *store.Driver, query string, args ...any) error {
	t.Helper()
	return drv.Exec(t.Context(), store.Dialect(drv.Dialect()).Number(query, 1), args, nil)
}

// Row reads columns of the row with an id as the driver gives them.
func Row(t testing.TB, drv *store.Driver, table, columns, idColumn string, id any) []any {
	t.Helper()
	rows, err := drv.QueryContext(t.Context(), store.Dialect(drv.Dialect()).Number("SELECT "+columns+" FROM "+table+" WHERE "+idColumn+" = ?", 1), id)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() {
		t.Fatalf("no row in %s: %v", table, rows.Err())
	}
	values := make([]any, len(strings.Split(columns, ", ")))
	dest := make([]any, len(values))
	for i := range values {
		dest[i] = &values[i]
	}
	if err := rows.Scan(dest...); err != nil {
		t.Fatal(err)
	}
	return values
}

// Indexes lists the names of a table's indexes, as the database has them.
func Indexes(t testing.TB, drv *store.Driver, table string) []string {
	t.Helper()
	query := "SELECT indexname FROM pg_indexes WHERE tablename = $1"
	if drv.Dialect() == dialect.SQLite {
		query = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?"
	}
	rows, err := drv.QueryContext(t.Context(), query, table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		names = append(names, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}
