// Package money holds types that a schema uses for its fields.
package money

import (
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"
)

// Cents is a number with a type of its own.
type Cents int64

// Level is an enum with a type of its own.
type Level string

// Values implements field.EnumValues.
func (Level) Values() []string { return []string{"low", "high"} }

// Pair reads and writes itself.
type Pair struct{ A, B string }

// Scan implements sql.Scanner.
func (p *Pair) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		return nil
	case string:
		p.A, p.B, _ = strings.Cut(v, "/")
	case []byte:
		p.A, p.B, _ = strings.Cut(string(v), "/")
	default:
		return fmt.Errorf("scanning a %T", src)
	}
	return nil
}

// Value implements driver.Valuer.
func (p Pair) Value() (driver.Value, error) { return p.A + "/" + p.B, nil }

// Code checks itself.
type Code string

// Validate implements field.Validator.
func (c Code) Validate() error {
	if _, err := strconv.Atoi(string(c)); err != nil {
		return fmt.Errorf("%q is not a number", string(c))
	}
	return nil
}
