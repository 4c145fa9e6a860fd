package lint

import (
	"strings"

	"ariga.io/atlas/sql/schema"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// place is where a finding belongs: an object, the objects whose suppressions cover it, and a position.
type place struct {
	object string
	within []string
	pos    schemagraph.Pos
}

func atlasPos(p *schema.Pos) schemagraph.Pos {
	if p == nil {
		return schemagraph.Pos{}
	}
	return schemagraph.Pos{File: p.Filename, Line: p.Start.Line, Column: p.Start.Column}
}

// first is the first of the positions that is known.
func first(ps ...schemagraph.Pos) schemagraph.Pos {
	for _, p := range ps {
		if p.File != "" {
			return p
		}
	}
	return schemagraph.Pos{}
}

// onTable is the place of a table.
func (p *pass) onTable(t *table) place {
	at := place{object: t.name, pos: atlasPos(t.Table.Pos())}
	if t.entity != nil {
		at.pos = first(t.entity.Pos, at.pos)
	} else {
		for _, d := range t.edges { // an Ent join table stands at the edge it comes from
			if d.edge.Rel == "M2M" && !d.edge.Inverse {
				at.pos = first(d.edge.Pos)
				at.within = append(at.within, edgeObject(p.model, d))
			}
		}
	}
	return at
}

// onColumn is the place of a column: its field, or the edge whose key it is.
func (p *pass) onColumn(t *table, column string) place {
	at := place{object: t.name + "." + column}
	if f := t.field(column); f != nil {
		at.pos = f.Pos
	}
	if d := t.edge(column); d != nil {
		at.pos = first(at.pos, d.edge.Pos)
		at.within = append(at.within, edgeObject(p.model, d))
	}
	if c, ok := t.Column(column); ok {
		at.pos = first(at.pos, atlasPos(c.Pos()))
	}
	at.pos = first(at.pos, p.onTable(t).pos)
	return at
}

// onIndex is the place of an index: where it is written, or the field or edge that asked for it.
func (p *pass) onIndex(t *table, i *index) place {
	at := place{object: t.name + "." + i.Name}
	if i.Name == "" {
		at.object = t.name
		if i.pk {
			at.object = t.name + "." + strings.Join(i.keys, "_") + "_pkey"
		}
	}
	for _, k := range i.keys {
		if k != "" {
			at.within = append(at.within, t.name+"."+k)
		}
	}
	if i.written != nil {
		at.pos = i.written.Pos
	}
	at.pos = first(at.pos, atlasPos(i.Index.Pos()))
	if at.pos.File == "" && len(i.keys) == 1 && i.keys[0] != "" {
		at.pos = p.onColumn(t, i.keys[0]).pos
	}
	at.pos = first(at.pos, p.onTable(t).pos)
	return at
}

// onFK is the place of a foreign key: its edge, or its column.
func (p *pass) onFK(t *table, fk *schema.ForeignKey) place {
	names := columnNames(fk.Columns)
	at := place{object: t.name + "." + fk.Symbol}
	if fk.Symbol == "" || isDigits(fk.Symbol) { // SQLite gives an ordinal where there is no name
		at.object = t.name + "." + strings.Join(names, ",")
	}
	for _, c := range names {
		at.within = append(at.within, t.name+"."+c)
	}
	if d := t.edge(names...); d != nil {
		at.pos = d.edge.Pos
		at.within = append(at.within, edgeObject(p.model, d))
	}
	at.pos = first(at.pos, atlasPos(fk.Pos()))
	if at.pos.File == "" && len(names) > 0 {
		at.pos = p.onColumn(t, names[0]).pos
	}
	return at
}

// onCheck is the place of a check.
func (p *pass) onCheck(t *table, c *schema.Check) place {
	return place{object: t.name + "." + c.Name, pos: first(atlasPos(c.Pos()), p.onTable(t).pos)}
}

// edgeObject names an edge: the table of the entity that declares it, and the edge's name.
func edgeObject(m *model, d *edgeAt) string {
	if t := m.byType[d.entity.Name]; t != nil {
		return t.name + "." + d.edge.Name
	}
	return d.entity.Name + "." + d.edge.Name
}

// onQuery is the place of a declared query.
func (p *pass) onQuery(e *schemagraph.Entity, query string) place {
	at := place{object: e.Name + "." + query, pos: first(e.Marks["query "+query], e.Pos)}
	if t := p.byType[e.Name]; t != nil {
		at.within = append(at.within, t.name)
	}
	return at
}

// allowed are the suppressions written in the Ent schema.
func allowed(m *model) []Suppression {
	var list []Suppression
	add := func(object string, pos schemagraph.Pos, rule, why string) {
		list = append(list, Suppression{
			Rule: rule, Why: why, Object: object, WrittenFile: pos.File, WrittenLine: pos.Line, WrittenColumn: pos.Column,
		})
	}
	for _, e := range m.graph.Entities {
		name := e.Table
		if t := m.byType[e.Name]; t != nil {
			name = t.name
		}
		for _, a := range e.Facts.Allow {
			add(name, e.Pos, a.Rule, a.Why)
		}
		for _, f := range e.Fields {
			for _, a := range f.Facts.Allow {
				add(name+"."+f.Column, first(f.Pos, e.Pos), a.Rule, a.Why)
			}
		}
		for _, d := range e.Edges {
			for _, a := range d.Facts.Allow {
				add(name+"."+d.Name, first(d.Pos, e.Pos), a.Rule, a.Why)
			}
		}
		for _, i := range e.Indexes {
			for _, a := range i.Facts.Allow {
				add(name+"."+i.Name, first(i.Pos, e.Pos), a.Rule, a.Why)
			}
		}
	}
	return list
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
