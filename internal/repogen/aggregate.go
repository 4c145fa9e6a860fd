package repogen

import (
	"fmt"
	"slices"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/store"
)

// aggregateModel is a root with the children that are loaded and saved with it.
type aggregateModel struct {
	Children []*childModel
	// Direct says that PostgreSQL saves it with one statement.
	Direct bool
}

// childModel is one edge of an aggregate.
type childModel struct {
	Struct    string // the edge's name in structs
	Var       string // a local name
	Entity    *entity
	Key       *fieldModel // the child's field that holds the root's id; nil where the edge has none
	KeyStruct string      // its name in the child's Create
	Forms     []store.Variant
}

// OldVersion is the version that a child's update is made from: the root's version guards the whole.
func (c *childModel) OldVersion() string { return "0" }

// ScopeColumn is the column that keeps a child within its tenant; empty for none.
func (c *childModel) ScopeColumn() string {
	if c.Entity.Tenant == nil {
		return ""
	}
	return c.Entity.Tenant.Column
}

// Mutable are the columns of a child that a later Save may change.
func (c *childModel) Mutable() []string {
	var out []string
	for _, f := range c.Entity.Fields {
		switch {
		case f == c.Key, f.Role == annotation.Tenant, f.Role == annotation.CreatedAt, f.Role == annotation.CreatedBy, f.Immutable:
		default:
			out = append(out, f.Column)
		}
	}
	return out
}

// aggregate reads annotation.Aggregate.
func (e *entity) aggregate() error {
	m := &aggregateModel{Direct: e.DirectWrites && len(e.Edges) == 0}
	for _, name := range e.Graph.Facts.Aggregate.Children {
		c, err := e.child(name)
		if err != nil {
			return fmt.Errorf("%s: aggregate %s: %w", e.Graph.Pos, e.Name, err)
		}
		m.Children = append(m.Children, c)
		k := c.Entity
		m.Direct = m.Direct && k.DirectWrites && c.Key != nil && k.Deleted == nil && k.Version == nil && len(k.Edges) == 0 && k.Graph.Facts.Aggregate == nil
	}
	e.Aggregate = m
	return nil
}

func (e *entity) child(name string) (*childModel, error) {
	ed, ok := e.Graph.Edge(name)
	if !ok {
		return nil, fmt.Errorf("unknown edge %q", name)
	}
	child := e.design.entity(ed.To)
	if child == nil || ed.Rel != "O2M" {
		return nil, fmt.Errorf("edge %q is %s: the parts of an aggregate are an edge to many of which each belongs to one %s", name, ed.Rel, e.Name)
	}
	if child.Parent != "" {
		return nil, fmt.Errorf("%s is a part of %s already", child.Name, child.Parent)
	}
	if child.Version != nil {
		return nil, fmt.Errorf("%s has a version of its own: the version of %s guards its parts", child.Name, e.Name)
	}
	child.Parent = e.Name
	child.ID.Create, child.ID.Required = true, false // how Save tells an existing one
	c := &childModel{Entity: child, Struct: pascal(name), Var: local(camel(name))}
	for _, t := range e.Type.Edges {
		if t.Name == name {
			c.Struct = t.StructField()
		}
	}
	if c.Var == "a" || c.Var == "set" || c.Var == "parts" || c.Var == "tenant" || c.Var == "scope" || c.Var == "client" || c.Var == "src" || c.Var == "at" {
		c.Var += "_"
	}
	if f, ok := child.Graph.FieldOf(ed.Columns[0]); ok {
		c.Key = child.fieldNamed(f.Name)
		c.Key.Required = false
		c.KeyStruct = c.Key.Struct
	} else {
		i := slices.IndexFunc(child.Edges, func(m *edgeModel) bool { return m.Unique && m.Rel.Column() == ed.Columns[0] })
		if i < 0 {
			return nil, fmt.Errorf("%s has no edge back to %s", child.Name, e.Name)
		}
		child.Edges[i].Required = false
		c.KeyStruct = child.Edges[i].Struct
	}
	for _, d := range dialects {
		v := store.Variant{Where: quote(ed.Columns[0]) + " = ?", Keys: []store.SortKey{child.ID.key(false).SortKey}}
		if child.DirectReads {
			v.First = store.FirstText(d, child.Columns(), child.Table(), joinAnd(child.Scope(), v.Where), v.Keys)
		}
		c.Forms = append(c.Forms, v)
	}
	return c, nil
}
