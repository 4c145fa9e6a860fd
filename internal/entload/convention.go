package entload

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	entschema "entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/entc/gen"
	"entgo.io/ent/schema/field"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// completer applies the conventions to Ent's tables: names, checks of enums and of validators, varchar(n), database
// defaults, comments, an index for every foreign key. What the author wrote by hand wins. What cannot be completed is
// a problem with its place.
type completer struct {
	g        *gen.Graph
	src      *source
	spec     *spec
	tables   []*entschema.Table
	byName   map[string]*entschema.Table
	problems Problems
}

// conventions completes tables, which are Ent's tables of g, in place.
func conventions(g *gen.Graph, src *source, sp *spec, tables []*entschema.Table) Problems {
	c := &completer{g: g, src: src, spec: sp, tables: tables, byName: map[string]*entschema.Table{}}
	for _, t := range tables {
		c.byName[t.Name] = t
	}
	for _, n := range g.MutableNodes() {
		if t := c.byName[n.Table()]; t != nil {
			c.columns(n, t)
			c.indexNames(n, t)
			c.checks(n, t)
		}
	}
	c.edges()
	for _, t := range tables {
		c.uniqueColumns(t)
		c.foreignKeyNames(t)
		c.foreignKeyIndexes(t)
		c.clashes(t)
	}
	return c.problems
}

func (c *completer) problem(pos schemagraph.Pos, fix, format string, args ...any) {
	c.problems = append(c.problems, &Error{Pos: pos.String(), Msg: fmt.Sprintf(format, args...), Fix: fix})
}

func (c *completer) typeSpec(name string) *typeSpec {
	for _, t := range c.spec.Types {
		if t.Schema.Name == name {
			return t
		}
	}
	return nil
}

// columns sets lengths, database defaults and comments.
func (c *completer) columns(n *gen.Type, t *entschema.Table) {
	ts := c.typeSpec(n.Name)
	t.Comment = tableComment(n, c.src)
	defaults := map[string]string{}
	if ts != nil {
		for i, f := range ts.Schema.Fields {
			if i < len(ts.Extras.Fields) {
				defaults[f.Name] = ts.Extras.Fields[i].DefaultFunc
			}
		}
	}
	for _, f := range allFields(n) {
		col, ok := t.Column(f.StorageKey())
		if !ok {
			continue
		}
		col.Comment = f.Comment()
		if col.Type == field.TypeString && col.Size > 0 && col.Size <= maxVarchar && col.SchemaType[dialect.Postgres] == "" {
			col.SchemaType = withType(col.SchemaType, dialect.Postgres, fmt.Sprintf("varchar(%d)", col.Size))
		}
		if expr := defaultExprs[defaults[f.Name]]; expr != nil && col.Default == nil {
			col.Default = expr
		}
	}
	// The columns of foreign keys have their referenced key's type, also its length.
	for _, fk := range t.ForeignKeys {
		for i, col := range fk.Columns {
			if ref := fk.RefColumns[i]; ref.Type == field.TypeString && ref.Size > 0 && ref.Size <= maxVarchar && col.SchemaType[dialect.Postgres] == "" {
				col.SchemaType = withType(col.SchemaType, dialect.Postgres, fmt.Sprintf("varchar(%d)", ref.Size))
			}
		}
	}
}

// maxVarchar is the greatest length PostgreSQL accepts for varchar(n).
const maxVarchar = 10485760

// defaultExprs gives the database's twin of well-known Go default functions, by the function's full name.
var defaultExprs = map[string]map[string]entschema.Expr{
	"time.Now":                         {dialect.Postgres: "CURRENT_TIMESTAMP", dialect.SQLite: "CURRENT_TIMESTAMP"},
	"github.com/google/uuid.New":       {dialect.Postgres: "gen_random_uuid()"},
	"github.com/google/uuid.NewString": {dialect.Postgres: "(gen_random_uuid())::text"},

	"github.com/plinth-go/plinth/mixin.Now":   {dialect.Postgres: "CURRENT_TIMESTAMP", dialect.SQLite: "CURRENT_TIMESTAMP"},
	"github.com/plinth-go/plinth/mixin.NewID": {dialect.Postgres: "gen_random_uuid()"},
}

func withType(m map[string]string, dialect, t string) map[string]string {
	out := map[string]string{dialect: t}
	for k, v := range m {
		out[k] = v
	}
	return out
}

// allFields are the type's fields with its key first.
func allFields(n *gen.Type) []*gen.Field {
	if n.HasOneFieldID() {
		return append([]*gen.Field{n.ID}, n.Fields...)
	}
	return n.Fields
}

// tableComment is the entity's comment: schema.Comment where it is given, else the Go doc comment.
func tableComment(n *gen.Type, src *source) string {
	if a, ok := n.Annotations["Comment"].(map[string]any); ok {
		if text, _ := a["Text"].(string); text != "" {
			return text
		}
	}
	if ts := src.types[n.Name]; ts != nil {
		return strings.Join(strings.Fields(firstParagraph(ts.doc)), " ")
	}
	return ""
}

func firstParagraph(s string) string {
	p, _, _ := strings.Cut(s, "\n\n")
	return p
}

// indexNames names the indexes the author left unnamed.
func (c *completer) indexNames(n *gen.Type, t *entschema.Table) {
	ts := c.typeSpec(n.Name)
	for i, idx := range n.Indexes {
		tidx := tableIndex(t, n, i)
		if tidx == nil || ts == nil || i >= len(ts.Schema.Indexes) || ts.Schema.Indexes[i].StorageKey != "" {
			continue
		}
		cols := make([]string, len(tidx.Columns))
		for j, col := range tidx.Columns {
			cols[j] = col.Name
		}
		prefix := "ix"
		if idx.Unique {
			prefix = "uq"
		}
		tidx.Name = schemagraph.Name(prefix, t.Name, cols...)
	}
	// Two indexes on the same columns differ by their kind.
	seen := map[string]bool{}
	for _, idx := range t.Indexes {
		if seen[idx.Name] {
			switch a := idx.Annotation; {
			case a != nil && a.Type != "":
				idx.Name = schemagraph.Name(idx.Name, strings.ToLower(a.Type))
			case a != nil && a.Where != "":
				idx.Name = schemagraph.Name(idx.Name, "partial")
			}
		}
		seen[idx.Name] = true
	}
}

// tableIndex is the table's index that Ent made of n.Indexes[i]: Ent adds them in order, before any other.
func tableIndex(t *entschema.Table, n *gen.Type, i int) *entschema.Index {
	if i < len(t.Indexes) && t.Indexes[i].Name == n.Indexes[i].Name {
		return t.Indexes[i]
	}
	return nil
}

// uniqueColumns turns Unique() on a column into a named unique index; on a primary key it says nothing and goes.
func (c *completer) uniqueColumns(t *entschema.Table) {
	for _, col := range t.Columns {
		if !col.Unique {
			continue
		}
		col.Unique = false
		if len(t.PrimaryKey) == 1 && t.PrimaryKey[0].Name == col.Name {
			continue
		}
		name := schemagraph.Name("uq", t.Name, col.Name)
		if !slices.ContainsFunc(t.Indexes, func(i *entschema.Index) bool { return i.Name == name }) {
			addIndex(t, name, true, []*entschema.Column{col})
		}
	}
}

func addIndex(t *entschema.Table, name string, unique bool, cols []*entschema.Column) {
	t.Indexes = append(t.Indexes, &entschema.Index{Name: name, Unique: unique, Columns: cols})
}

// edges checks what is written on edges, and gives foreign-key columns without a field the edge's comment.
func (c *completer) edges() {
	for _, n := range c.g.MutableNodes() {
		src := c.src.types[n.Name]
		for i, e := range n.Edges {
			pos := edgePos(src, e.Name, i, len(n.Edges))
			ant := e.EntSQL()
			if e.IsInverse() {
				if ant != nil && ant.OnDelete != "" {
					c.problem(pos, fmt.Sprintf("write it on edge.To(%q, …) of %s", e.Inverse, e.Type.Name),
						"edge %q of %s sets OnDelete on edge.From, which Ent ignores", e.Name, n.Name)
				}
				continue
			}
			if e.Rel.Type != gen.M2M && (ant == nil || ant.OnDelete == "") {
				c.problem(pos, "add .Annotations(entsql.OnDelete(entsql.Cascade)), entsql.Restrict, entsql.SetNull or entsql.NoAction",
					"edge %q of %s says nothing about ON DELETE", e.Name, n.Name)
			}
			if e.Rel.Type == gen.M2M {
				continue
			}
			t := c.byName[e.Rel.Table]
			if t == nil {
				continue
			}
			col, ok := t.Column(e.Rel.Column())
			if !ok {
				continue
			}
			if ant != nil && ant.OnDelete == entsql.SetNull && !col.Nullable {
				c.problem(pos, "make the edge optional, or use entsql.Restrict or entsql.Cascade",
					"edge %q of %s is ON DELETE SET NULL, but column %s.%s is NOT NULL", e.Name, n.Name, t.Name, col.Name)
			}
			if col.Comment == "" {
				col.Comment = cmp.Or(refComment(e), e.Comment())
			}
		}
	}
	c.joinTables()
}

func refComment(e *gen.Edge) string {
	if e.Ref != nil {
		return e.Ref.Comment()
	}
	return ""
}

func (c *completer) joinTables() {
	for _, n := range c.g.MutableNodes() {
		for _, e := range n.Edges {
			t := c.byName[e.Rel.Table]
			if e.IsInverse() || e.Rel.Type != gen.M2M || e.Through != nil || e.Ref != nil && e.Ref.Through != nil || t == nil {
				continue
			}
			if t.Comment == "" {
				t.Comment = fmt.Sprintf("Join table of %s and %s (%s.%s).", n.Name, e.Type.Name, n.Name, e.Name)
			}
			for i, to := range []string{n.Name, e.Type.Name} {
				if i < len(t.Columns) && t.Columns[i].Comment == "" {
					t.Columns[i].Comment = "The " + to + "."
				}
			}
		}
	}
}

// foreignKeyNames names foreign keys fk_{table}_{ref_table}, with the column where two would clash.
func (c *completer) foreignKeyNames(t *entschema.Table) {
	byHand := c.symbolsByHand()
	count := map[string]int{}
	for _, fk := range t.ForeignKeys {
		count[fk.RefTable.Name]++
	}
	for _, fk := range t.ForeignKeys {
		if byHand[fk.Symbol] {
			continue
		}
		if count[fk.RefTable.Name] == 1 {
			fk.Symbol = schemagraph.Name("fk", t.Name, fk.RefTable.Name)
			continue
		}
		cols := []string{fk.RefTable.Name}
		for _, col := range fk.Columns {
			cols = append(cols, col.Name)
		}
		fk.Symbol = schemagraph.Name("fk", t.Name, cols...)
	}
}

func (c *completer) symbolsByHand() map[string]bool {
	names := map[string]bool{}
	for _, n := range c.g.MutableNodes() {
		for _, e := range n.Edges {
			if k, _ := e.StorageKey(); k != nil {
				for _, s := range k.Symbols {
					names[s] = true
				}
			}
		}
	}
	return names
}

// foreignKeyIndexes adds an index for each foreign key that no full index, unique index or primary key has as its
// leading columns.
func (c *completer) foreignKeyIndexes(t *entschema.Table) {
	for _, fk := range t.ForeignKeys {
		if leads(t.PrimaryKey, fk.Columns) {
			continue
		}
		if slices.ContainsFunc(t.Indexes, func(i *entschema.Index) bool {
			return leads(i.Columns, fk.Columns) && (i.Annotation == nil || i.Annotation.Where == "" && plainBtree(i.Annotation))
		}) {
			continue
		}
		cols := make([]string, len(fk.Columns))
		for i, col := range fk.Columns {
			cols[i] = col.Name
		}
		name := schemagraph.Name("ix", t.Name, cols...)
		if slices.ContainsFunc(t.Indexes, func(i *entschema.Index) bool { return i.Name == name }) {
			name = schemagraph.Name("ix", t.Name, append(cols, "fk")...)
		}
		addIndex(t, name, false, fk.Columns)
	}
}

func plainBtree(a *entsql.IndexAnnotation) bool {
	t := a.Type
	if a.Types[dialect.Postgres] != "" {
		t = a.Types[dialect.Postgres]
	}
	return t == "" || strings.EqualFold(t, "btree")
}

// leads says whether cols, in any order, are the first columns of key.
func leads(key, cols []*entschema.Column) bool {
	if len(key) < len(cols) || len(cols) == 0 {
		return false
	}
	for _, k := range key[:len(cols)] {
		if !slices.ContainsFunc(cols, func(c *entschema.Column) bool { return c.Name == k.Name }) {
			return false
		}
	}
	return true
}

// clashes refuses names that are used twice in a table or are longer than PostgreSQL keeps.
func (c *completer) clashes(t *entschema.Table) {
	pos := schemagraph.Pos{}
	for _, n := range c.g.MutableNodes() {
		if src := c.src.types[n.Name]; n.Table() == t.Name && src != nil {
			pos = src.pos
		}
	}
	seen := map[string]string{}
	check := func(kind, name string) {
		if other := seen[name]; other != "" {
			c.problem(pos, "give one of them a name with StorageKey", "table %s would have two objects named %q: %s and %s", t.Name, name, other, kind)
		}
		seen[name] = kind
		if len(name) > schemagraph.MaxName {
			c.problem(pos, "choose a shorter one", "the name %q of %s in table %s has %d bytes, PostgreSQL keeps %d", name, kind, t.Name, len(name), schemagraph.MaxName)
		}
	}
	check("the table", t.Name)
	for _, col := range t.Columns {
		if len(col.Name) > schemagraph.MaxName {
			c.problem(pos, "choose a shorter one with StorageKey", "the column name %q of table %s has %d bytes, PostgreSQL keeps %d", col.Name, t.Name, len(col.Name), schemagraph.MaxName)
		}
	}
	for _, i := range t.Indexes {
		check("an index", i.Name)
	}
	for _, fk := range t.ForeignKeys {
		check("a foreign key", fk.Symbol)
	}
	if a := t.Annotation; a != nil {
		names := make([]string, 0, len(a.Checks))
		for name := range a.Checks {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			check("a check", name)
		}
	}
}

func edgePos(src *typeSource, name string, i, n int) schemagraph.Pos {
	if src == nil {
		return schemagraph.Pos{}
	}
	if c, ok := find(src.edges, name, i, n); ok {
		return c.pos
	}
	return src.pos
}
