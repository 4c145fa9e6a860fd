package repogen

import (
	"slices"

	"github.com/plinth-go/plinth/annotation"
)

// filterField is a field of a Filter struct.
type filterField struct {
	Name, Go, Doc string
	Given         string // when it applies, of f.Name
	Cond          string // the expression of the condition
	Args          string // the expressions of its arguments, with a leading comma
	// Where one value is given, it is compared as one: that keeps the order of an index.
	One, OneCond, OneArg string
}

// Filter lists the conditions that a list can be restricted by: those that the fields' types allow.
func (e *entity) Filter() []filterField {
	var out []filterField
	taken := map[string]bool{}
	for _, f := range e.Fields {
		taken[f.Struct] = true
	}
	add := func(f *fieldModel, suffix string, ff filterField) {
		ff.Name = f.Struct + suffix
		if f.IsID {
			ff.Name = "ID"
		}
		if suffix != "" && taken[ff.Name] {
			return
		}
		out = append(out, ff)
	}
	for _, f := range append([]*fieldModel{e.ID}, e.Fields...) {
		if !f.filterable() {
			continue
		}
		field := func(suffix string) string {
			if f.IsID {
				return "f.ID"
			}
			return "f." + f.Struct + suffix
		}
		col := quoted(f.Column)
		switch {
		case f.IsBool():
			add(f, "", filterField{Go: "*" + f.Go, Doc: "equals it", Given: field("") + " != nil", Cond: quoted(f.Column + " = ?"), Args: ", *" + field("")})
		case f.IsTime():
		default:
			add(f, "", filterField{Go: "[]" + f.Go, Doc: "is one of them", Given: "len(" + field("") + ") > 0",
				Cond: "d.In(" + col + ", " + quoted(f.Array) + ")", Args: ", store.List(d, " + field("") + ")",
				One: "len(" + field("") + ") == 1", OneCond: quoted(f.Column + " = ?"), OneArg: field("") + "[0]"})
		}
		if f.IsTime() || f.Type.Numeric() && !f.IsID && f.Graph.Facts.Role == "" && !f.IsEdgeField() {
			add(f, "From", filterField{Go: "*" + f.Go, Doc: "is at least this", Given: field("From") + " != nil", Cond: quoted(f.Column + " >= ?"), Args: ", *" + field("From")})
			add(f, "Before", filterField{Go: "*" + f.Go, Doc: "is less than this", Given: field("Before") + " != nil", Cond: quoted(f.Column + " < ?"), Args: ", *" + field("Before")})
		}
		if f.IsString() && !f.IsID {
			add(f, "Contains", filterField{Go: "string", Doc: "contains this, without regard to case", Given: field("Contains") + ` != ""`,
				Cond: "d.Search(" + col + ")", Args: ", d.LikePart(" + field("Contains") + ")"})
		}
		if f.Optional {
			add(f, "IsNull", filterField{Go: "*bool", Doc: "is NULL, or is not", Given: field("IsNull") + " != nil",
				Cond: "store.IsNull(" + col + ", *" + field("IsNull") + ")"})
		}
	}
	return out
}

// filterable says whether lists can be restricted by the field.
func (f *fieldModel) filterable() bool {
	switch f.Role {
	case annotation.Tenant, annotation.SoftDelete, annotation.Version:
		return false
	}
	switch {
	case f.Sensitive(), f.IsJSON(), f.IsBytes(), f.IsOther(), f.HasValueScanner(), f.Type.RType.IsPtr(), f.Array == "":
		return false
	case f.HasGoType() && !f.IsUUID() && !f.IsEnum() && !f.ConvertedToBasic():
		return false
	}
	return f.IsBool() || f.IsTime() || f.IsUUID() || f.IsEnum() || f.IsString() || f.Type.Numeric()
}

// sortField is a field that lists can be sorted by.
type sortField struct {
	F           *fieldModel
	Name, Const string
}

// Sorts are the fields that lists can be sorted by, the id first.
func (e *entity) Sorts() []sortField {
	var out []sortField
	for _, f := range append([]*fieldModel{e.ID}, e.Fields...) {
		if !f.filterable() {
			continue
		}
		name := f.Struct
		if f.IsID {
			name = "ID"
		}
		out = append(out, sortField{F: f, Name: f.Name, Const: e.Name + "By" + name})
	}
	return out
}

// KeyOf is the sort key of a field.
func (e *entity) KeyOf(f *fieldModel, desc bool) sortKey { return f.key(desc) }

// CreateFields are the fields of the Create struct, those without a default first.
func (e *entity) CreateFields() []*fieldModel {
	var out []*fieldModel
	for _, f := range append([]*fieldModel{e.ID}, e.Fields...) {
		if f.Create {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b *fieldModel) int {
		switch {
		case a.Required == b.Required:
			return 0
		case a.Required:
			return -1
		}
		return 1
	})
	return out
}

// PatchFields are the fields of the Patch struct.
func (e *entity) PatchFields() []*fieldModel {
	var out []*fieldModel
	for _, f := range e.Fields {
		if f.Patch {
			out = append(out, f)
		}
	}
	return out
}

// PatchEdges are the edges of the Patch struct.
func (e *entity) PatchEdges() []*edgeModel {
	var out []*edgeModel
	for _, ed := range e.Edges {
		if !ed.Immutable {
			out = append(out, ed)
		}
	}
	return out
}

// NewFields are all columns of a new row, the id first.
func (e *entity) NewFields() []*fieldModel { return append([]*fieldModel{e.ID}, e.Fields...) }

// Owner is the field's entity.
func (f *fieldModel) Owner() *entity { return f.owner }

// ByFields are the fields that name the actor.
func (e *entity) ByFields() []*fieldModel {
	var out []*fieldModel
	for _, f := range []*fieldModel{e.CreatedBy, e.UpdatedBy} {
		if f != nil {
			out = append(out, f)
		}
	}
	return out
}

// RequiredBy is a field that must name an actor; nil where there is none.
func (e *entity) RequiredBy() *fieldModel {
	for _, f := range e.ByFields() {
		if !f.Optional {
			return f
		}
	}
	return nil
}
