package plan

import (
	"fmt"
	"strings"

	"ariga.io/atlas/sql/schema"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Rename is a table or column that gets another name and keeps its content.
type Rename struct {
	Schema string // of the table; empty for the default one
	Table  string // the column's table, by its name after the plan; empty for the rename of a table
	From   string
	To     string
	Why    string // who decided it; empty means the user did
}

// ParseRename reads "old=new" (a table) or "table.old=new" (a column; "table.old=table.new" is the same).
func ParseRename(s string) (Rename, error) {
	from, to, ok := strings.Cut(s, "=")
	if !ok || from == "" || to == "" {
		return Rename{}, fmt.Errorf("reading rename %q: want old_table=new_table or table.old_column=new_column", s)
	}
	table, column, ok := strings.Cut(from, ".")
	if !ok {
		if strings.Contains(to, ".") {
			return Rename{}, fmt.Errorf("reading rename %q: %q is a table and %q a column", s, from, to)
		}
		return Rename{From: from, To: to}, nil
	}
	if t, c, ok := strings.Cut(to, "."); ok {
		if t != table {
			return Rename{}, fmt.Errorf("reading rename %q: a column cannot move from table %q to %q", s, table, t)
		}
		to = c
	}
	return Rename{Table: table, From: column, To: to}, nil
}

// renamed is a rename that takes place: the tables as they are after it.
type renamed struct {
	Rename
	table *schema.Table // in from, already under its new name
}

// applyRenames gives the objects of from their new names, so that the differ finds them, and remembers the steps.
func (d *differ) applyRenames() error {
	var tables, columns []Rename
	for _, r := range d.opts.Renames {
		if r.Schema == d.opts.DefaultSchema {
			r.Schema = ""
		}
		if r.Table == "" {
			tables = append(tables, r)
		} else {
			columns = append(columns, r)
		}
	}
	tables = append(tables, d.declaredTables()...)
	for _, r := range tables {
		old, okOld := d.find(d.from, key(r.Schema, r.From))
		_, taken := d.find(d.from, key(r.Schema, r.To))
		if !okOld || taken {
			if r.Why == "" {
				return d.badRename("table", r, okOld, taken)
			}
			continue
		}
		if _, ok := d.find(d.to, key(r.Schema, r.To)); !ok {
			return fmt.Errorf("planning rename of table %q to %q: the desired schema has no table %q", r.From, r.To, r.To)
		}
		old.Name = r.To
		delete(d.byKey, d.from)
		d.renamed = append(d.renamed, renamed{r, old})
	}
	columns = append(columns, d.declaredColumns()...)
	for _, r := range columns {
		t, ok := d.find(d.from, key(r.Schema, r.Table))
		if !ok {
			if r.Why == "" {
				return fmt.Errorf("planning rename of column %s.%s: there is no table %q", r.Table, r.From, r.Table)
			}
			continue
		}
		c, okOld := t.Column(r.From)
		_, taken := t.Column(r.To)
		if !okOld || taken {
			if r.Why == "" {
				return d.badRename("column", r, okOld, taken)
			}
			continue
		}
		if target, ok := d.find(d.to, tableKey(t)); ok {
			if _, still := target.Column(r.From); still {
				continue // the old name is in use for something else
			}
			if _, ok := target.Column(r.To); !ok {
				return fmt.Errorf("planning rename of column %s.%s to %q: the desired table has no column %q", r.Table, r.From, r.To, r.To)
			}
		}
		c.Name = r.To
		rewriteExprs(t, r.From, r.To)
		d.renamed = append(d.renamed, renamed{r, t})
	}
	return nil
}

func (d *differ) badRename(kind string, r Rename, found, taken bool) error {
	name := r.From
	if r.Table != "" {
		name = r.Table + "." + r.From
	}
	switch {
	case !found:
		return fmt.Errorf("planning rename of %s %q: it does not exist", kind, name)
	case taken:
		return fmt.Errorf("planning rename of %s %q: %q exists already", kind, name, r.To)
	}
	return nil
}

// declaredTables are the renames that entities of the target declare.
func (d *differ) declaredTables() []Rename {
	var rs []Rename
	for _, e := range d.to.Entities {
		f := e.Facts.RenamedFrom
		if f == nil {
			continue
		}
		in := e.Schema
		if in == d.opts.DefaultSchema {
			in = ""
		}
		for _, name := range []string{f.Old, schemagraph.Snake(f.Old), schemagraph.TableName(f.Old)} {
			if _, ok := d.find(d.from, key(in, name)); ok && name != e.Table {
				if _, still := d.find(d.to, key(in, name)); !still {
					rs = append(rs, Rename{Schema: in, From: name, To: e.Table, Why: "RenamedFrom on " + e.Name})
				}
				break
			}
		}
	}
	return rs
}

// declaredColumns are the renames that fields and edges of the target declare.
func (d *differ) declaredColumns() []Rename {
	var rs []Rename
	for _, e := range d.to.Entities {
		in := e.Schema
		if in == d.opts.DefaultSchema {
			in = ""
		}
		t, ok := d.find(d.from, key(in, e.Table))
		if !ok {
			continue
		}
		add := func(to, why string, candidates ...string) {
			for _, name := range candidates {
				if _, ok := t.Column(name); ok && name != to {
					rs = append(rs, Rename{Schema: in, Table: t.Name, From: name, To: to, Why: why})
					return
				}
			}
		}
		for _, f := range e.Fields {
			if r := f.Facts.RenamedFrom; r != nil {
				add(f.Column, "RenamedFrom on "+e.Name+"."+f.Name, r.Old, schemagraph.Snake(r.Old))
			}
		}
		for _, g := range e.Edges {
			if r := g.Facts.RenamedFrom; r != nil && g.OwnsFK() && len(g.Columns) == 1 {
				add(g.Columns[0], "RenamedFrom on "+e.Name+"."+g.Name, r.Old, r.Old+"_id", e.Table+"_"+r.Old)
			}
		}
	}
	return rs
}
