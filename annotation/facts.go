package annotation

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Facts are the annotations of this package found on one entity, field, edge or index.
type Facts struct {
	Queries      []Query       `json:"queries,omitempty"`
	Determines   []Determines  `json:"determines,omitempty"`
	Denormalized *Denormalized `json:"denormalized,omitempty"`
	Nullable     *Nullable     `json:"nullable,omitempty"`
	Volume       *Volume       `json:"volume,omitempty"`
	NDistinct    *NDistinct    `json:"ndistinct,omitempty"`
	Reason       *Reason       `json:"reason,omitempty"`
	Allow        []Allow       `json:"allow,omitempty"`
	RenamedFrom  *RenamedFrom  `json:"renamed_from,omitempty"`
	Aggregate    *Aggregate    `json:"aggregate,omitempty"`
	Sensitive    *Sensitive    `json:"sensitive,omitempty"`
	Role         RoleKind      `json:"role,omitempty"`
	RowSecurity  *RowSecurity  `json:"row_security,omitempty"`
}

// Of reads the annotations of this package from what Ent hands to a generator: the annotations of one schema object
// by name, each a value of this package or its JSON form. Annotations of other packages are ignored. An unknown key
// within one of ours is an error.
func Of(annotations map[string]any) (Facts, error) {
	var (
		f    Facts
		role *Role
	)
	for name, read := range map[string]func(any) error{
		QueriesName:      many(&f.Queries),
		DeterminesName:   many(&f.Determines),
		DenormalizedName: one(&f.Denormalized),
		NullableName:     one(&f.Nullable),
		VolumeName:       one(&f.Volume),
		NDistinctName:    one(&f.NDistinct),
		ReasonName:       one(&f.Reason),
		AllowName:        many(&f.Allow),
		RenamedFromName:  one(&f.RenamedFrom),
		AggregateName:    one(&f.Aggregate),
		SensitiveName:    one(&f.Sensitive),
		RoleName:         one(&role),
		RowSecurityName:  one(&f.RowSecurity),
	} {
		v, ok := annotations[name]
		if !ok {
			continue
		}
		if err := read(v); err != nil {
			return Facts{}, fmt.Errorf("reading annotation %s: %w", name, err)
		}
	}
	if role != nil {
		f.Role = role.Is
	}
	return f, nil
}

func one[T any](to **T) func(any) error {
	return func(v any) error {
		*to = new(T)
		return strict(v, *to)
	}
}

// many accepts a list, or a single value where there was nothing to merge.
func many[T any](to *[]T) func(any) error {
	return func(v any) error {
		data, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
			return strict(json.RawMessage(data), to)
		}
		var t T
		if err := strict(json.RawMessage(data), &t); err != nil {
			return err
		}
		*to = []T{t}
		return nil
	}
}

func strict(v, to any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(to)
}
