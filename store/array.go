package store

import (
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Array is a PostgreSQL array as one text parameter, which every driver passes on as it is. It makes the text of a
// statement independent of how many values it is given:
//
//	INSERT INTO t (a) SELECT * FROM unnest($1::text[])
type Array struct {
	b   strings.Builder
	err error
}

// ArrayOf makes an array of the values.
func ArrayOf[T any](values []T) *Array {
	a := &Array{}
	for _, v := range values {
		a.Add(v)
	}
	return a
}

// Grow makes room for n elements of about the size given, in bytes.
func (a *Array) Grow(n, size int) { a.b.Grow(n*(size+1) + 2) }

// Value implements driver.Valuer.
func (a *Array) Value() (driver.Value, error) {
	if a.err != nil {
		return nil, a.err
	}
	if a.b.Len() == 0 {
		return "{}", nil
	}
	return a.b.String() + "}", nil
}

// Null adds NULL.
func (a *Array) Null() {
	a.next()
	a.b.WriteString("NULL")
}

// Add adds a value: what database/sql accepts, a driver.Valuer, or nil and nil pointers for NULL. The first value
// that does not fit is the error of Value.
func (a *Array) Add(v any) {
	if a.err != nil {
		return
	}
	switch v := v.(type) {
	case nil:
		a.Null()
	case string:
		a.text(v)
	case []byte:
		a.bytes(v)
	case bool:
		a.next()
		a.b.WriteString(strconv.FormatBool(v))
	case int64:
		a.next()
		a.b.WriteString(strconv.FormatInt(v, 10))
	case int:
		a.next()
		a.b.WriteString(strconv.Itoa(v))
	case float64:
		a.next()
		a.b.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
	case time.Time:
		a.next()
		a.b.WriteByte('"')
		a.b.WriteString(timeText(v))
		a.b.WriteByte('"')
	default:
		value, err := driver.DefaultParameterConverter.ConvertValue(v)
		if err != nil {
			a.err = fmt.Errorf("converting a %T for an array: %w", v, err)
			return
		}
		a.Add(value)
	}
}

// addColumn adds what Insert's columns give: JSON as text, the rest as it is.
func (a *Array) addColumn(v any) {
	switch v := v.(type) {
	case uuid.UUID:
		a.next()
		var text [36]byte
		encodeUUID(text[:], v)
		a.b.Write(text[:])
	case *uuid.UUID:
		if v == nil {
			a.Null()
			return
		}
		a.addColumn(*v)
	case *time.Time:
		if v == nil {
			a.Null()
			return
		}
		a.Add(*v)
	default:
		a.Add(v)
	}
}

// encodeUUID writes the usual text of a UUID.
func encodeUUID(dst []byte, u uuid.UUID) {
	hex.Encode(dst, u[:4])
	dst[8] = '-'
	hex.Encode(dst[9:13], u[4:6])
	dst[13] = '-'
	hex.Encode(dst[14:18], u[6:8])
	dst[18] = '-'
	hex.Encode(dst[19:23], u[8:10])
	dst[23] = '-'
	hex.Encode(dst[24:], u[10:])
}

// timeText is a time as PostgreSQL reads it, in UTC, with its microseconds.
func timeText(t time.Time) string {
	t = t.UTC()
	if y := t.Year(); y <= 0 {
		return t.AddDate(1-2*y, 0, 0).Format("2006-01-02T15:04:05.999999999Z07:00") + " BC"
	}
	return t.Format("2006-01-02T15:04:05.999999999Z07:00")
}

func (a *Array) next() {
	if a.b.Len() == 0 {
		a.b.WriteByte('{')
		return
	}
	a.b.WriteByte(',')
}

func (a *Array) text(s string) {
	a.next()
	a.b.WriteByte('"')
	for {
		i := strings.IndexAny(s, `"\`)
		if i < 0 {
			break
		}
		a.b.WriteString(s[:i])
		a.b.WriteByte('\\')
		a.b.WriteByte(s[i])
		s = s[i+1:]
	}
	a.b.WriteString(s)
	a.b.WriteByte('"')
}

// bytes adds binary data: bytea in hexadecimal. Text held in bytes, such as JSON, is added with AddText.
func (a *Array) bytes(v []byte) {
	if v == nil {
		a.Null()
		return
	}
	a.next()
	a.b.WriteString(`"\\x`)
	a.b.WriteString(hex.EncodeToString(v))
	a.b.WriteByte('"')
}

// AddText adds text held in bytes; nil is NULL.
func (a *Array) AddText(v []byte) {
	if v == nil {
		a.Null()
		return
	}
	a.text(string(v))
}
