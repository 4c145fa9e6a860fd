package store

import (
	"database/sql/driver"
	"fmt"
)

// boundTo is what a cursor of a query is valid for: the query and all its arguments, those of the scope included.
func boundTo(name string, scope, args []any) (Scope, error) {
	all := make([]any, 0, len(scope)+len(args))
	for _, a := range join(scope, args) {
		if v, ok := a.(driver.Valuer); ok {
			value, err := v.Value()
			if err != nil {
				return Scope{}, fmt.Errorf("encoding the arguments of %s: %w", name, err)
			}
			a = value
		}
		all = append(all, a)
	}
	return ScopeOf(name, all...)
}
