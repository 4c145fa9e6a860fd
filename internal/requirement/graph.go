package requirement

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Graph gives the design as a schemagraph.Graph, as loading the Ent schema written from it would. Positions are
// those of the requirements file.
func (d *Design) Graph() *schemagraph.Graph {
	s := &schema.Schema{Name: "public"}
	if d.Dialect == schemagraph.SQLite {
		s.Name = "main"
	}
	g := &schemagraph.Graph{Dialect: d.Dialect, Realm: &schema.Realm{Schemas: []*schema.Schema{s}}, Conventions: true}
	s.Realm = g.Realm
	tables := map[string]*schema.Table{}
	for _, t := range d.Types {
		tab := &schema.Table{Name: t.Table, Schema: s}
		if t.Comment != "" {
			tab.Attrs = append(tab.Attrs, &schema.Comment{Text: t.Comment})
		}
		for _, f := range t.Fields {
			tab.Columns = append(tab.Columns, d.column(f))
			d.columnChecks(tab, t, f)
		}
		for _, c := range t.Checks {
			tab.Attrs = append(tab.Attrs, &schema.Check{Name: CheckName(t, c), Expr: c.Expr})
		}
		tables[t.Name] = tab
		s.Tables = append(s.Tables, tab)
	}
	for _, t := range d.Types {
		d.indexes(t, tables[t.Name])
		g.Entities = append(g.Entities, d.entity(t))
	}
	for _, t := range d.Types {
		for _, e := range t.Edges {
			to, ok := tables[e.To]
			if !ok {
				continue
			}
			switch {
			case e.Field != "":
				d.foreignKey(tables[t.Name], e.Field, to, e.OnDelete)
			case e.Many && !e.From && e.Through == "":
				s.Tables = append(s.Tables, d.join(s, t, e, tables[t.Name], to))
			}
		}
	}
	for _, t := range s.Tables {
		nameForeignKeys(t)
	}
	if d.Dialect == schemagraph.Postgres && d.searches() {
		g.Companions = append(g.Companions, schemagraph.Companion{
			Kind: "extension", Name: "pg_trgm", Create: `CREATE EXTENSION IF NOT EXISTS "pg_trgm"`, Drop: `DROP EXTENSION IF EXISTS "pg_trgm"`,
		})
	}
	return g
}

func (d *Design) searches() bool {
	for _, t := range d.Types {
		for _, ix := range t.Indexes {
			for _, c := range ix.OpClass {
				if c == "gin_trgm_ops" {
					return true
				}
			}
		}
	}
	return false
}

// column gives a field's column, with the type the database has it in.
func (d *Design) column(f *Field) *schema.Column {
	c := &schema.Column{Name: f.Name, Type: &schema.ColumnType{Type: d.columnType(f), Null: f.Null}}
	c.Type.Raw = d.typeText(f)
	if f.Comment != "" {
		c.Attrs = append(c.Attrs, &schema.Comment{Text: f.Comment})
	}
	switch v := f.Default.(type) {
	case nil:
	case string:
		switch {
		case f.Kind == UUID:
			c.Default = &schema.RawExpr{X: "gen_random_uuid()"}
		case f.Kind == Time || f.Kind == Date:
			c.Default = &schema.RawExpr{X: "now()"}
		default:
			c.Default = &schema.Literal{V: "'" + v + "'"}
		}
	default:
		c.Default = &schema.Literal{V: fmt.Sprint(v)}
	}
	if f.Name == "id" && f.Kind == Int64 && d.Dialect == schemagraph.Postgres {
		c.Attrs = append(c.Attrs, &postgres.Identity{Generation: "BY DEFAULT"})
	}
	return c
}

// typeText is the type as SQL writes it.
func (d *Design) typeText(f *Field) string {
	if d.Dialect == schemagraph.SQLite {
		return map[Kind]string{String: "text", Text: "text", Enum: "text", Bool: "bool", Int32: "integer", Int64: "integer", Float: "real",
			Decimal: "numeric", Time: "datetime", Date: "date", UUID: "uuid", JSON: "json", Strings: "json", Bytes: "blob"}[f.Kind]
	}
	switch f.Kind {
	case String, Text:
		return fmt.Sprintf("varchar(%d)", f.Size)
	case Decimal:
		return fmt.Sprintf("numeric(%d,%d)", f.Size, f.Scale)
	}
	return map[Kind]string{Enum: "varchar", Bool: "boolean", Int32: "integer", Int64: "bigint", Float: "double precision", Time: "timestamptz",
		Date: "date", UUID: "uuid", JSON: "jsonb", Strings: "jsonb", Bytes: "bytea"}[f.Kind]
}

func (d *Design) columnType(f *Field) schema.Type {
	name := d.typeText(f)
	base, _, _ := strings.Cut(name, "(")
	switch f.Kind {
	case String, Text:
		return &schema.StringType{T: base, Size: int(f.Size)}
	case Enum:
		return &schema.StringType{T: base}
	case Bool:
		return &schema.BoolType{T: base}
	case Int32, Int64:
		return &schema.IntegerType{T: base}
	case Float:
		return &schema.FloatType{T: base}
	case Decimal:
		return &schema.DecimalType{T: base, Precision: int(f.Size), Scale: int(f.Scale)}
	case Time, Date:
		return &schema.TimeType{T: base}
	case UUID:
		return &schema.UUIDType{T: base}
	case Bytes:
		return &schema.BinaryType{T: base}
	}
	return &schema.JSONType{T: base}
}

// columnChecks adds the checks that the extension makes of enums and of bounds.
func (d *Design) columnChecks(tab *schema.Table, t *Type, f *Field) {
	add := func(expr string) {
		tab.Attrs = append(tab.Attrs, &schema.Check{Name: schemagraph.Name("ck", t.Table, f.Name), Expr: expr})
	}
	num := func(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
	switch {
	case f.Kind == Enum:
		var vs []string
		for _, v := range f.Values {
			vs = append(vs, "'"+v+"'")
		}
		add(f.Name + " IN (" + strings.Join(vs, ", ") + ")")
	case f.Min != nil && f.Max != nil:
		add(f.Name + " >= " + num(*f.Min) + " AND " + f.Name + " <= " + num(*f.Max))
	case f.Min != nil:
		add(f.Name + " >= " + num(*f.Min))
	case f.Max != nil:
		add(f.Name + " <= " + num(*f.Max))
	}
}

func (d *Design) indexes(t *Type, tab *schema.Table) {
	for _, ix := range t.Indexes {
		x := &schema.Index{Name: ix.Name, Unique: ix.Unique, Table: tab}
		for i, p := range ix.Columns {
			c, ok := tab.Column(p.Name)
			if !ok {
				continue
			}
			part := &schema.IndexPart{SeqNo: i, C: c, Desc: p.Desc}
			if class := ix.OpClass[p.Name]; class != "" && d.Dialect == schemagraph.Postgres {
				part.Attrs = append(part.Attrs, &postgres.IndexOpClass{Name: class})
			}
			x.Parts = append(x.Parts, part)
			c.Indexes = append(c.Indexes, x)
		}
		if len(ix.Columns) == 1 && ix.Columns[0].Name == "id" && ix.Unique {
			tab.PrimaryKey = x
			continue
		}
		if d.Dialect == schemagraph.Postgres {
			x.Attrs = append(x.Attrs, &postgres.IndexType{T: strings.ToUpper(ix.Method)})
			if ix.Where != "" {
				x.Attrs = append(x.Attrs, &postgres.IndexPredicate{P: ix.Where})
			}
		} else if ix.Where != "" {
			x.Attrs = append(x.Attrs, &sqlite.IndexPredicate{P: ix.Where})
		}
		tab.Indexes = append(tab.Indexes, x)
	}
}

func (d *Design) foreignKey(tab *schema.Table, column string, to *schema.Table, action string) {
	c, ok := tab.Column(column)
	if !ok || to.PrimaryKey == nil {
		return
	}
	fk := &schema.ForeignKey{Table: tab, Columns: []*schema.Column{c}, RefTable: to, RefColumns: []*schema.Column{to.PrimaryKey.Parts[0].C},
		OnDelete: schema.ReferenceOption(action), OnUpdate: schema.NoAction}
	tab.ForeignKeys = append(tab.ForeignKeys, fk)
	c.ForeignKeys = append(c.ForeignKeys, fk)
}

// nameForeignKeys names foreign keys as the extension does.
func nameForeignKeys(t *schema.Table) {
	count := map[string]int{}
	for _, fk := range t.ForeignKeys {
		count[fk.RefTable.Name]++
	}
	for _, fk := range t.ForeignKeys {
		if fk.Symbol = schemagraph.Name("fk", t.Name, fk.RefTable.Name); count[fk.RefTable.Name] > 1 {
			fk.Symbol = schemagraph.Name("fk", t.Name, fk.RefTable.Name, fk.Columns[0].Name)
		}
	}
}

// joinOf gives the table and columns that Ent makes for a many-to-many edge without an entity of its own.
func joinOf(t *Type, e *Edge) (table string, columns []string) {
	table = snake(t.Name) + "_" + e.Name
	one, two := snake(t.Name)+"_id", snake(e.To)+"_id"
	if one == two {
		two = rules.Singularize(e.Ref) + "_id"
	}
	return table, []string{one, two}
}

func (d *Design) join(s *schema.Schema, t *Type, e *Edge, from, to *schema.Table) *schema.Table {
	name, cols := joinOf(t, e)
	tab := &schema.Table{Name: name, Schema: s, Attrs: []schema.Attr{
		&schema.Comment{Text: fmt.Sprintf("Join table of %s and %s (%s.%s).", t.Name, e.To, t.Name, e.Name)}}}
	pk := &schema.Index{Name: schemagraph.Name("pk", name), Unique: true, Table: tab}
	for i, ref := range []*schema.Table{from, to} {
		key := ref.PrimaryKey.Parts[0].C
		c := &schema.Column{Name: cols[i], Type: &schema.ColumnType{Type: key.Type.Type, Raw: key.Type.Raw}}
		tab.Columns = append(tab.Columns, c)
		pk.Parts = append(pk.Parts, &schema.IndexPart{SeqNo: i, C: c})
		d.foreignKey(tab, cols[i], ref, "CASCADE")
	}
	tab.PrimaryKey = pk
	second := &schema.Index{Name: schemagraph.Name("ix", name, cols[1]), Table: tab}
	second.Parts = []*schema.IndexPart{{C: tab.Columns[1]}}
	tab.Indexes = append(tab.Indexes, second)
	return tab
}

// entity gives the intent of a type.
func (d *Design) entity(t *Type) *schemagraph.Entity {
	e := &schemagraph.Entity{Name: t.Name, Table: t.Table, Comment: t.Comment, Pos: d.doc.posOf(".entities." + t.Name), Facts: t.Facts}
	for _, m := range t.Mixins {
		e.Mixins = append(e.Mixins, "mixin."+m)
	}
	for _, f := range t.Fields {
		x := &schemagraph.Field{
			Name: f.Name, Column: f.Name, Type: entType(f.Kind), Comment: f.Comment, Facts: f.Facts, PK: f.Name == "id",
			Optional: f.Null, Nillable: f.Null, Immutable: f.Immutable, Unique: f.Unique, Default: f.Default != nil,
			DBDefault: f.Default != nil, Enum: f.Values, Pos: d.doc.posOf(".entities." + t.Name + ".attributes." + f.Name),
		}
		if f.Kind == String || f.Kind == Text {
			x.MaxLen = f.Size
		}
		if f.Mixin != "" {
			x.Mixin = "mixin." + f.Mixin
		}
		x.Sensitive = f.Facts.Sensitive != nil && f.Facts.Sensitive.Kind == "secret"
		e.Fields = append(e.Fields, x)
	}
	for _, ed := range t.Edges {
		e.Edges = append(e.Edges, d.graphEdge(t, ed))
	}
	for _, ix := range t.Indexes {
		if ix.Implicit {
			continue
		}
		x := &schemagraph.Index{Name: ix.Name, Unique: ix.Unique, Facts: annotation.Facts{Allow: ix.Allow}}
		for _, p := range ix.Columns {
			x.Fields = append(x.Fields, p.Name)
		}
		for _, s := range ix.Serves {
			if s.Kind == "reason" {
				x.Facts.Reason = &annotation.Reason{Why: s.Name}
			}
		}
		e.Indexes = append(e.Indexes, x)
	}
	return e
}

func (d *Design) graphEdge(t *Type, e *Edge) *schemagraph.Edge {
	x := &schemagraph.Edge{Name: e.Name, To: e.To, Ref: e.Ref, Inverse: e.From, Unique: e.Unique, Field: e.Field, Through: e.Through,
		Comment: e.Comment, OnDelete: e.OnDelete, Required: e.Field != "" && e.Null == ""}
	o, _ := d.Type(e.To)
	back, ok := o.Edge(e.Ref)
	switch {
	case e.Many:
		x.Rel, x.OnDelete = "M2M", ""
		owner, edge := t, e
		if e.From {
			owner, edge = o, back
		}
		if edge != nil {
			x.Table, x.Columns = joinOf(owner, edge)
			if e.Through != "" {
				if th, ok := d.Type(e.Through); ok {
					x.Table = th.Table
				}
			}
		}
	case e.Field != "":
		x.Rel, x.Table, x.Columns = "M2O", t.Table, []string{e.Field}
		if ok && back.Unique && back != e && back.Field == "" {
			x.Rel = "O2O"
		}
	default:
		x.Rel, x.Table = "O2M", o.Table
		if e.Unique {
			x.Rel = "O2O"
		}
		if ok {
			x.Columns = []string{back.Field}
		}
	}
	x.Facts = e.Facts
	return x
}

// entType is Ent's word for a kind.
func entType(k Kind) string {
	switch k {
	case Text:
		return "string"
	case Decimal, Float:
		return "float64"
	case Date:
		return "time"
	case Strings:
		return "json"
	}
	return string(k)
}

// Serving lists what an index is for, as text.
func (ix *Index) Serving() []string {
	var out []string
	for _, s := range ix.Serves {
		line := s.Kind + " " + s.Name
		if s.Kind == "reason" {
			line = "a reason of its own: " + s.Name
		}
		if !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}
