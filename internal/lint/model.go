package lint

import (
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// model is a graph with the lookups that rules share, built once for a run.
type model struct {
	graph   *schemagraph.Graph
	live    *Live
	tables  []*table
	byTable map[*schema.Table]*table
	byType  map[string]*table // by Ent type
	domains map[string]LiveDomain
	tenancy string // the column that holds the tenant, where the design is multi-tenant
	schemas int    // schemas that have tables

	checked  map[string]*checkFacts // see check
	byName   map[string]*table
	resolved []*read            // see reads
	serving  map[*index][]*read // see served
}

// table is a table and all that stands around it.
type table struct {
	*schema.Table
	name    string // as findings call it
	full    string // schema.table, as Live calls it
	entity  *schemagraph.Entity
	indexes []*index // the primary key first
	refs    []*schema.ForeignKey
	edges   map[string]*edgeAt // by foreign-key columns, joined with commas
	fields  map[string]*schemagraph.Field
	checks  []*schema.Check
	facts   map[string]LiveForeignKey
	inParts []string // columns that partitions have foreign keys on, though the table has none
	rows    int64    // declared or estimated; 0 where neither is known
	small   bool
}

// edgeAt is an edge and the entity that declares it.
type edgeAt struct {
	entity *schemagraph.Entity
	edge   *schemagraph.Edge
}

// index is an index in a form that compares easily.
type index struct {
	*schema.Index
	pk         bool
	constraint bool     // backs a primary key, unique or exclusion constraint
	method     string   // btree, hash, gin, gist, brin, …
	keys       []string // column names; an expression is "" here and its text in parts
	parts      []string // each key with its order, operator class and collation
	include    []string
	predicate  string // as written
	valid      bool
	written    *schemagraph.Index // in the Ent schema
}

func newModel(g *schemagraph.Graph, live *Live) *model {
	m := &model{
		graph: g, live: live,
		byTable: make(map[*schema.Table]*table), byType: make(map[string]*table), domains: make(map[string]LiveDomain),
		checked: make(map[string]*checkFacts), byName: make(map[string]*table),
	}
	if live != nil {
		for _, d := range live.Domains {
			m.domains[strings.ToLower(d.Name)] = d
		}
	}
	entities := make(map[string]*schemagraph.Entity, len(g.Entities))
	for _, e := range g.Entities {
		entities[e.Table] = e
	}
	if g.Realm != nil {
		for _, s := range g.Realm.Schemas {
			if len(s.Tables) > 0 {
				m.schemas++
			}
			for _, t := range s.Tables {
				if !toolTable[strings.ToLower(t.Name)] {
					m.add(s, t, entities[t.Name])
				}
			}
		}
	}
	for _, t := range m.tables {
		for _, fk := range t.ForeignKeys {
			if r := m.byTable[fk.RefTable]; r != nil {
				r.refs = append(r.refs, fk)
			}
		}
	}
	m.addEdges()
	m.addLive()
	return m
}

// toolTable holds the tables that migration tools and Ent keep for themselves; they are nobody's design.
var toolTable = map[string]bool{
	"atlas_schema_revisions": true, "schema_migrations": true, "schema_migration": true, "goose_db_version": true,
	"flyway_schema_history": true, "gorp_migrations": true, "databasechangelog": true, "databasechangeloglock": true,
	"ar_internal_metadata": true, "_prisma_migrations": true, "knex_migrations": true, "knex_migrations_lock": true,
	"alembic_version": true, "django_migrations": true, "typeorm_metadata": true, "sqlite_sequence": true, "ent_types": true,
	"bun_migrations": true, "bun_migration_locks": true, "__drizzle_migrations": true, "schema_version": true, "dbmate_migrations": true,
	"spatial_ref_sys": true, "sequelizemeta": true, "doctrine_migration_versions": true, "mikro_orm_migrations": true,
}

func (m *model) add(s *schema.Schema, st *schema.Table, e *schemagraph.Entity) {
	t := &table{
		Table: st, name: st.Name, full: st.Name, entity: e,
		edges: make(map[string]*edgeAt), fields: make(map[string]*schemagraph.Field), facts: make(map[string]LiveForeignKey),
	}
	if s.Name != "" {
		t.full = s.Name + "." + st.Name
		if s.Name != "public" && s.Name != "main" {
			t.name = t.full
		}
	}
	t.checks = st.Checks()
	if st.PrimaryKey != nil {
		t.indexes = append(t.indexes, m.index(st.PrimaryKey, true))
	}
	for _, i := range st.Indexes {
		t.indexes = append(t.indexes, m.index(i, false))
	}
	if e != nil {
		m.byType[e.Name] = t
		for _, f := range e.Fields {
			t.fields[f.Column] = f
			if f.Facts.Role == annotation.Tenant && m.tenancy == "" {
				m.tenancy = f.Column
			}
		}
		if v := e.Facts.Volume; v != nil {
			t.rows, t.small = v.Rows, v.Small
		}
		for _, i := range t.indexes {
			for _, w := range e.Indexes {
				if w.Name == i.Name {
					i.written = w
				}
			}
		}
	}
	m.tables = append(m.tables, t)
	if m.byName[st.Name] == nil {
		m.byName[st.Name] = t
	}
	m.byTable[st] = t
}

func (m *model) addEdges() {
	for _, e := range m.graph.Entities {
		for _, d := range e.Edges {
			t := m.tableNamed(d.Table)
			if t == nil {
				continue
			}
			if d.Rel == "M2M" {
				for _, c := range d.Columns {
					if _, ok := t.edges[c]; !ok {
						t.edges[c] = &edgeAt{e, d}
					}
				}
				continue
			}
			key := strings.Join(d.Columns, ",")
			// The side that holds the key says more about it; the other side is taken where it is alone.
			if old, ok := t.edges[key]; !ok || d.OwnsFK() && !old.edge.OwnsFK() {
				t.edges[key] = &edgeAt{e, d}
			}
		}
	}
}

func (m *model) addLive() {
	if m.live == nil {
		return
	}
	byName := make(map[string]*table, len(m.tables))
	for _, t := range m.tables {
		byName[t.full] = t
	}
	for _, f := range m.live.ForeignKeys {
		if t := byName[f.Table]; t != nil {
			t.facts[f.Name] = f
		}
		if t := byName[f.Parent]; t != nil {
			t.inParts = append(t.inParts, f.Columns...)
		}
	}
	for _, li := range m.live.Indexes {
		t := byName[li.Table]
		if t == nil {
			continue
		}
		for _, i := range t.indexes {
			if i.Name != li.Name {
				continue
			}
			i.valid = li.Valid
			for n, c := range li.Collations {
				if c != "" && n < len(i.parts) {
					i.parts[n] += " collate " + c
				}
			}
		}
	}
	for _, lt := range m.live.Tables {
		if t := byName[lt.Name]; t != nil && t.rows == 0 && m.live.Serving {
			t.rows = lt.Rows
		}
	}
}

func (m *model) tableNamed(name string) *table { return m.byName[name] }

func (m *model) index(si *schema.Index, pk bool) *index {
	i := &index{Index: si, pk: pk, constraint: pk, method: "btree", valid: true}
	for _, a := range si.Attrs {
		switch a := a.(type) {
		case *postgres.IndexType:
			i.method = strings.ToLower(a.T)
		case *postgres.IndexPredicate:
			i.predicate = a.P
		case *sqlite.IndexPredicate:
			i.predicate = a.P
		case *postgres.Constraint:
			i.constraint = true
		case *sqlite.IndexOrigin:
			i.constraint = i.constraint || a.O != "c"
		case *postgres.IndexInclude:
			for _, c := range a.Columns {
				i.include = append(i.include, c.Name)
			}
		}
	}
	for _, p := range si.Parts {
		key, text := "", ""
		switch x := schema.UnderlyingExpr(p.X).(type) {
		case *schema.RawExpr:
			text = "(" + bare(x.X) + ")"
		case *schema.Literal:
			text = "(" + bare(x.V) + ")"
		}
		if p.C != nil {
			key, text = p.C.Name, p.C.Name
		}
		if p.Desc {
			text += " desc"
		}
		for _, a := range p.Attrs {
			switch a := a.(type) {
			case *postgres.IndexOpClass:
				if !a.Default || len(a.Params) > 0 {
					text += " " + a.String()
				}
			case *postgres.IndexColumnProperty:
				if a.NullsFirst && !p.Desc {
					text += " nulls first"
				}
				if a.NullsLast && p.Desc {
					text += " nulls last"
				}
			case *postgres.Operator:
				text += " with " + a.Name
			}
		}
		i.keys, i.parts = append(i.keys, key), append(i.parts, text)
	}
	return i
}

// opClass is the operator class of an index's key, or empty for the default one.
func (i *index) opClass(n int) string {
	for _, a := range i.Parts[n].Attrs {
		if o, ok := a.(*postgres.IndexOpClass); ok && !o.Default {
			return o.Name
		}
	}
	return ""
}

// plain says that every key is a column.
func (i *index) plain() bool { return !slices.Contains(i.keys, "") }

// field is the Ent field of a column, or nil.
func (t *table) field(column string) *schemagraph.Field { return t.fields[column] }

func (t *table) edge(columns ...string) *edgeAt { return t.edges[strings.Join(columns, ",")] }

// pkColumns are the columns of the primary key.
func (t *table) pkColumns() []string {
	if len(t.indexes) > 0 && t.indexes[0].pk {
		return t.indexes[0].keys
	}
	return nil
}

// fkOn says whether the column is in a foreign key, of the table or of its partitions.
func (t *table) fkOn(column string) bool {
	if slices.Contains(t.inParts, column) {
		return true
	}
	return slices.ContainsFunc(t.ForeignKeys, func(fk *schema.ForeignKey) bool {
		return slices.Contains(columnNames(fk.Columns), column)
	})
}

// join says that it is a pure join table: at least two foreign keys, whose columns make up the primary key or, with
// one surrogate key and bookkeeping columns, the whole table.
func (t *table) join() bool {
	if len(t.ForeignKeys) < 2 {
		return false
	}
	var own []string
	for _, c := range t.Columns {
		if t.fkOn(c.Name) {
			continue
		}
		if slices.Contains(t.pkColumns(), c.Name) && len(t.pkColumns()) == 1 || bookkeeping(c.Name) {
			continue
		}
		own = append(own, c.Name)
	}
	if len(own) == 0 {
		return true
	}
	pk := t.pkColumns()
	return len(pk) > 1 && !slices.ContainsFunc(pk, func(c string) bool { return !t.fkOn(c) })
}

func bookkeeping(column string) bool {
	switch strings.Join(words(column), "_") {
	case "created_at", "updated_at", "created_on", "updated_on", "created", "updated", "last_update", "modified_at", "deleted_at",
		"created_by", "updated_by", "inserted_at", "tenant_id", "position", "sort_order", "create_time", "update_time":
		return true
	}
	return false
}

func columnNames(cs []*schema.Column) []string {
	names := make([]string, len(cs))
	for i, c := range cs {
		names[i] = c.Name
	}
	return names
}

// comment is the text of an object's comment.
func comment(attrs []schema.Attr) string {
	for _, a := range attrs {
		if c, ok := a.(*schema.Comment); ok {
			return c.Text
		}
	}
	return ""
}

// about is everything written about a column: its comment in the database or in Ent.
func (t *table) about(c *schema.Column) string {
	if f := t.field(c.Name); f != nil && f.Comment != "" {
		return f.Comment
	}
	return comment(c.Attrs)
}

func generated(c *schema.Column) bool {
	return slices.ContainsFunc(c.Attrs, func(a schema.Attr) bool { _, ok := a.(*schema.GeneratedExpr); return ok })
}

func identity(c *schema.Column) bool {
	return slices.ContainsFunc(c.Attrs, func(a schema.Attr) bool { _, ok := a.(*postgres.Identity); return ok })
}

func partitioned(t *schema.Table) *postgres.Partition {
	for _, a := range t.Attrs {
		if p, ok := a.(*postgres.Partition); ok {
			return p
		}
	}
	return nil
}

// defaultText is a column's default as SQL, or empty.
func defaultText(c *schema.Column) string {
	switch x := schema.UnderlyingExpr(c.Default).(type) {
	case *schema.Literal:
		return x.V
	case *schema.RawExpr:
		return x.X
	}
	return ""
}

// softDelete is the column that marks rows as deleted, or empty.
func (t *table) softDelete() string {
	if t.entity != nil {
		if f, ok := t.entity.FieldWith(annotation.SoftDelete); ok {
			return f.Column
		}
	}
	for _, c := range t.Columns {
		switch strings.Join(words(c.Name), "_") {
		case "deleted_at", "deleted_on", "delete_time", "deleted_time", "date_deleted":
			if c.Type != nil && c.Type.Null {
				return c.Name
			}
		case "is_deleted", "deleted":
			if c.Type != nil {
				if _, ok := c.Type.Type.(*schema.BoolType); ok {
					return c.Name
				}
			}
		}
	}
	return ""
}
