package repogen

import (
	"encoding/json"
	"fmt"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"

	"entgo.io/ent/entc/gen"
	"entgo.io/ent/entc/load"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

var (
	pascal   = gen.Funcs["pascal"].(func(string) string)
	camel    = gen.Funcs["camel"].(func(string) string)
	plural   = gen.Funcs["plural"].(func(string) string)
	singular = gen.Funcs["singular"].(func(string) string)
)

// entity is what the templates of one repository read.
type entity struct {
	design *design
	Type   *gen.Type
	Graph  *schemagraph.Entity

	Name  string // "Order"
	Lower string // "order", a local name
	Pkg   string // local name of its package
	Human string // "order item"

	ID     *fieldModel
	Fields []*fieldModel // without the id

	Tenant, Deleted, Version, UpdatedAt, CreatedBy, UpdatedBy *fieldModel

	Edges   []*edgeModel // edges that are written by their ids
	Queries []*queryModel
	Uniques []*uniqueModel

	Aggregate *aggregateModel
	Parent    string // the aggregate's root, where the entity is a child of one

	// DirectReads and DirectWrites say that the repository has statements of its own; else Why says why not.
	DirectReads, DirectWrites bool
	WhyReads, WhyWrites       string

	imports map[string]string // path to local name
}

// fieldModel is a field as the templates see it.
type fieldModel struct {
	*gen.Field
	Graph  *schemagraph.Field
	Go     string // Go type, qualified for the repository package
	Param  string // a local name
	Struct string // the name in structs
	Column string // quoted
	Array  string // element type in PostgreSQL; empty where it cannot be in an array
	Role   annotation.RoleKind
	owner  *entity
	IsID   bool
	// Create: in the struct, and without a pointer; Patch: in the struct.
	Create, Required, Patch bool
}

// Pointer says whether optional values of the field are given as pointers.
func (f *fieldModel) Pointer() bool { return !f.Type.Nillable && !f.Type.RType.IsPtr() }

// OptGo is the type of an optional value.
func (f *fieldModel) OptGo() string {
	if f.Pointer() {
		return "*" + f.Go
	}
	return f.Go
}

// Deref reads an optional value that is not nil.
func (f *fieldModel) Deref(expr string) string {
	if f.Pointer() {
		return "*" + expr
	}
	return expr
}

// EntityGo is the type of the field in the entity.
func (f *fieldModel) EntityGo() string {
	if f.NillableValue() {
		return "*" + f.Go
	}
	return f.Go
}

// HasValidator says whether Ent's package of the entity checks the field's values.
func (f *fieldModel) HasValidator() bool { return f.Validators > 0 || f.IsEnum() }

// OwnValidator says whether the field's type checks itself.
func (f *fieldModel) OwnValidator() bool {
	return !f.HasValidator() && f.HasGoType() && f.Type.Validator()
}

// Value is the expression of a parameter for a value.
func (f *fieldModel) Value(expr string) string {
	if f.IsJSON() {
		return "store.JSON(" + expr + ")"
	}
	return expr
}

// EntityValue is the expression of a parameter for the entity's field.
func (f *fieldModel) EntityValue(entity string) string {
	name := entity + "." + f.Struct
	if f.IsID {
		name = entity + ".ID"
	}
	return f.Value(name)
}

type edgeModel struct {
	*gen.Edge
	Go       string // Go type of the far id
	Struct   string // name of the ids in structs
	Required bool
}

type uniqueModel struct {
	Name   string
	Fields []*fieldModel // without the tenant
	What   string
	Index  string
	// Partial says that only live rows have it.
	Partial bool
}

type design struct {
	gen      *gen.Graph
	graph    *schemagraph.Graph
	opts     Options
	entities []*entity
}

// importNames are the local names that every repository file may use.
var importNames = map[string]string{
	"context": "context", "iter": "iter", "errors": "errors", "fmt": "fmt", "time": "time",
	"entgo.io/ent/dialect/sql":            "sql",
	"github.com/plinth-go/plinth/store":   "store",
	"github.com/plinth-go/plinth/mixin":   "mixin",
	"github.com/google/uuid":              "uuid",
	"encoding/json":                       "json",
	"github.com/stretchr/testify/assert":  "assert",
	"github.com/stretchr/testify/require": "require",
}

func newDesign(g *gen.Graph, sg *schemagraph.Graph, opts Options) (*design, error) {
	d := &design{gen: g, graph: sg, opts: opts}
	for _, t := range g.Nodes {
		ge, ok := sg.Entity(t.Name)
		if !ok || !t.HasOneFieldID() {
			continue
		}
		d.entities = append(d.entities, newEntity(d, t, ge))
	}
	for _, e := range d.entities {
		if err := e.complete(); err != nil {
			return nil, err
		}
	}
	for _, e := range d.entities {
		if e.Graph.Facts.Aggregate != nil && len(e.Graph.Facts.Aggregate.Children) > 0 {
			if err := e.aggregate(); err != nil {
				return nil, err
			}
		}
	}
	return d, nil
}

func (d *design) entity(name string) *entity {
	for _, e := range d.entities {
		if e.Name == name {
			return e
		}
	}
	return nil
}

func newEntity(d *design, t *gen.Type, ge *schemagraph.Entity) *entity {
	e := &entity{design: d, Type: t, Graph: ge, Name: t.Name, Pkg: "ent" + t.PackageDir(), imports: map[string]string{}}
	for p, name := range importNames {
		e.imports[p] = name
	}
	e.imports[d.opts.EntPackage] = "ent"
	e.imports[d.opts.EntPackage+"/predicate"] = "predicate"
	e.imports[d.opts.EntPackage+"/"+t.PackageDir()] = e.Pkg
	e.Lower = local(camel(strings.ToLower(t.Name[:1]) + t.Name[1:]))
	e.Human = strings.ReplaceAll(gen.Funcs["snake"].(func(string) string)(t.Name), "_", " ")
	e.ID = e.field(t.ID)
	e.ID.IsID = true
	for _, f := range t.Fields {
		e.Fields = append(e.Fields, e.field(f))
	}
	return e
}

// local makes a name that hides neither an import nor a word of the language.
func local(name string) string {
	reserved := []string{"ctx", "err", "id", "r", "in", "p", "w", "row", "rows", "after", "limit", "args", "mask", "v", "patch", "version", "page", "ent", "predicate", "len", "append", "string", "int", "bool", "new", "nil", "any", "min", "max", "true", "false", "error", "make", "cap", "copy", "clear", "close", "panic", "byte", "rune"}
	for _, n := range importNames {
		reserved = append(reserved, n)
	}
	if token.IsKeyword(name) || slices.Contains(reserved, name) {
		return name + "_"
	}
	return name
}

func (e *entity) field(f *gen.Field) *fieldModel {
	m := &fieldModel{Field: f, owner: e, Struct: f.StructField(), Column: quote(f.StorageKey()), Param: local(camel(f.Name))}
	m.Graph, _ = e.Graph.Field(f.Name)
	if m.Graph == nil {
		m.Graph = &schemagraph.Field{}
	}
	m.Role = m.Graph.Facts.Role
	m.Go = e.goType(f)
	m.Array = e.arrayType(f)
	return m
}

var qualifier = regexp.MustCompile(`\b([A-Za-z_]\w*)\.`)

// goType is the field's type as it is written in the repository package.
func (e *entity) goType(f *gen.Field) string {
	s := f.Type.String()
	if f.IsEnum() && !f.HasGoType() {
		return e.Pkg + s[strings.LastIndexByte(s, '.'):]
	}
	switch {
	case f.IsUUID() && !f.HasGoType():
		return s
	case f.Type.PkgPath == "":
		return s
	}
	alias := e.importAs(f.Type.PkgPath, f.Type.PkgName)
	return qualifier.ReplaceAllStringFunc(s, func(q string) string {
		name := strings.TrimSuffix(q, ".")
		if name == f.Type.PkgName || name == path.Base(f.Type.PkgPath) {
			return alias + "."
		}
		return q
	})
}

// importAs gives the local name of a package, and takes one that is free.
func (e *entity) importAs(pkg, name string) string {
	if name == "" {
		name = path.Base(pkg)
	}
	if have, ok := e.imports[pkg]; ok {
		return have
	}
	free := func(n string) bool {
		for _, have := range e.imports {
			if have == n {
				return false
			}
		}
		return true
	}
	alias := name
	for i := 2; !free(alias); i++ {
		alias = fmt.Sprintf("%s%d", name, i)
	}
	e.imports[pkg] = alias
	return alias
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// complete reads what the fields are for, and what may be written directly.
func (e *entity) complete() error {
	for _, f := range e.Fields {
		switch f.Role {
		case annotation.Tenant:
			e.Tenant = f
		case annotation.SoftDelete:
			e.Deleted = f
		case annotation.Version:
			e.Version = f
		case annotation.UpdatedAt:
			e.UpdatedAt = f
		case annotation.CreatedBy:
			e.CreatedBy = f
		case annotation.UpdatedBy:
			e.UpdatedBy = f
		}
	}
	e.directness()
	e.structs()
	e.edges()
	e.uniques()
	for _, q := range e.Graph.Facts.Queries {
		m, err := e.query(q)
		if err != nil {
			return fmt.Errorf("%s: query %s of %s: %w", e.Graph.Pos, q.Name, e.Name, err)
		}
		e.Queries = append(e.Queries, m)
	}
	return nil
}

// structs says which fields the structs of Create and Patch have.
func (e *entity) structs() {
	for _, f := range append([]*fieldModel{e.ID}, e.Fields...) {
		kept := f.Role != "" && f.Role != annotation.Tenant && (f.Optional || f.Default || e.mixedIn(f))
		switch {
		case f.IsID:
			f.Create, f.Required = f.UserDefined, f.UserDefined && !f.Default && !f.Graph.DBDefault
		case f.Role == annotation.Tenant && e.mixedIn(f):
			f.Create = true
		case kept:
		default:
			f.Create = true
			f.Required = !f.Optional && !f.Default && len(f.RequiredFor()) > 0
			f.Patch = !f.Immutable
		}
	}
}

// mixins are the mixins whose hooks and interceptors the repository does itself.
var mixins = []string{"mixin.ID", "mixin.Tenant", "mixin.Timestamps", "mixin.SoftDelete", "mixin.Audit", "mixin.Version"}

// mixedIn says whether the field comes from one of plinth's mixins.
func (e *entity) mixedIn(f *fieldModel) bool {
	return slices.Contains(mixins, mixinType(f.Graph.Mixin))
}

// mixinType is the type of a mixin as it is written in the schema.
func mixinType(text string) string {
	text, _, _ = strings.Cut(text, "{")
	return strings.TrimLeft(text, "&*")
}

// foreign says whether one of the places has code that is not one of plinth's mixins.
func (e *entity) foreign(at []*load.Position) bool {
	return slices.ContainsFunc(at, func(p *load.Position) bool {
		return !p.MixedIn || p.MixinIndex >= len(e.Graph.Mixins) || !slices.Contains(mixins, mixinType(e.Graph.Mixins[p.MixinIndex]))
	})
}

// directness finds what stands in the way of statements of the repository's own.
func (e *entity) directness() {
	t := e.Type
	reads := func() string {
		switch {
		case t.NumPolicy() > 0:
			return "the schema has a privacy policy"
		case e.foreign(t.InterceptorPositions()):
			return "the schema has interceptors of its own"
		case e.Graph.Schema != "" || t.EntSQL() != nil && t.EntSQL().Schema != "":
			return "the table is in a schema of its own"
		case e.Tenant != nil && !e.mixedIn(e.Tenant), e.Deleted != nil && !e.mixedIn(e.Deleted):
			return "tenancy or soft delete is not plinth's mixin"
		}
		return ""
	}
	writes := func() string {
		switch {
		case e.foreign(t.HookPositions()):
			return "the schema has hooks of its own"
		case e.Tenant != nil && strict(e.Tenant):
			return "mixin.Tenant looks up every row referred to (CheckParents)"
		case len(t.UnexportedForeignKeys()) > 0:
			return "an edge has no field for its key"
		case !e.ID.Default:
			return "the database makes the id"
		}
		for _, f := range append([]*fieldModel{e.ID}, e.Fields...) {
			switch {
			case f.HasValueScanner():
				return "field " + f.Name + " has a value scanner"
			case f.Graph.DBDefault && !f.Default && f.Optional:
				return "field " + f.Name + " has a default in the database only"
			case f.Optional && !f.Nillable && !f.Type.Nillable && !f.IsJSON():
				return "field " + f.Name + " is NULL in the database and never nil in Go"
			}
		}
		return ""
	}
	e.WhyReads = reads()
	e.DirectReads = e.WhyReads == ""
	e.WhyWrites = e.WhyReads
	if e.DirectReads {
		e.WhyWrites = writes()
	}
	e.DirectWrites = e.WhyWrites == ""
}

// strict says whether the tenant's mixin looks up every row referred to.
func strict(f *fieldModel) bool {
	data, err := json.Marshal(f.Annotations[annotation.RoleName])
	var r annotation.Role
	return err == nil && json.Unmarshal(data, &r) == nil && r.Strict
}

// Scope are the conditions of every direct statement.
func (e *entity) Scope() string {
	var parts []string
	if e.Tenant != nil {
		parts = append(parts, e.Tenant.Column+" = ?")
	}
	if e.Deleted != nil {
		parts = append(parts, e.Deleted.Column+" IS NULL")
	}
	return strings.Join(parts, " AND ")
}

// Table is the quoted table.
func (e *entity) Table() string { return quote(e.Type.Table()) }

// Columns are the quoted columns of a row, in the order in which the client reads them.
func (e *entity) Columns() string {
	cols := rowColumns(e.Type)
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = quote(c.Name)
	}
	return strings.Join(names, ", ")
}

// edges finds the edges that are written by their ids: the keys without a field, many to many, and required ones.
func (e *entity) edges() {
	for _, ed := range e.Type.EdgesWithID() {
		if ed.Field() != nil || !(ed.OwnFK() || ed.M2M() || !ed.Optional) {
			continue
		}
		far := e.design.entity(ed.Type.Name)
		if far == nil || ed.Through != nil {
			continue
		}
		m := &edgeModel{Edge: ed, Go: e.goTypeOf(far.ID), Required: !ed.Optional}
		m.Struct = pascal(singular(ed.Name)) + "IDs"
		if ed.Unique {
			m.Struct = pascal(ed.Name) + "ID"
		}
		e.Edges = append(e.Edges, m)
	}
}

// goTypeOf is the type of another entity's field as it is written in this repository's file.
func (e *entity) goTypeOf(f *fieldModel) string { return e.goType(f.Field) }
