package repogen

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ariga.io/atlas/sql/schema"

	"github.com/plinth-go/plinth/annotation"
)

// value is the expression of a value for a field in a generated test, where n is a number and f the fixture; empty
// where none can be told.
func (f *fieldModel) value() string {
	if target := f.refersTo(); target != nil {
		return "f." + target.Factory() + "().ID"
	}
	name := strconv.Quote(f.owner.Name + "." + f.Name)
	checks := func(param string) string {
		switch {
		case f.HasValidator():
			return "func(v " + param + ") error { return " + f.owner.Pkg + "." + f.Validator() + "(" + f.basic(param) + ") }"
		case f.OwnValidator() && param != "string":
			return "func(v " + param + ") error { return v.Validate() }"
		}
		return "nil"
	}
	switch {
	case f.HasValueScanner(), f.Type.RType.IsPtr(), f.IsOther():
		return ""
	case f.IsEnum():
		return f.Go + "(" + strconv.Quote(f.EnumValues()[0]) + ")"
	case f.IsUUID() && f.Go == "uuid.UUID":
		return "mixin.NewID()"
	case f.IsString() && f.ConvertedToBasic() && (!f.HasGoType() || f.Type.RType.Kind.String() == "string"):
		return fmt.Sprintf("storetest.Text[%s](f.t, %s, n, %d, %s)", f.Go, name, f.Graph.MaxLen, checks("string"))
	case f.Type.Numeric() && (!f.HasGoType() || f.Type.RType.Kind >= 2 && f.Type.RType.Kind <= 14):
		n := "n"
		if r := f.rank(); r > 0 {
			n += "+" + strconv.Itoa(r)
		}
		return fmt.Sprintf("storetest.Number[%s](f.t, %s, %s, %s)", f.Go, name, n, checks(f.Go))
	case f.IsBool() && !f.HasGoType():
		return "true"
	case f.IsTime() && !f.HasGoType():
		if r := f.rank(); r > 0 {
			return fmt.Sprintf("storetest.After(mixin.Now(), %d)", r)
		}
		return "mixin.Now()"
	case f.IsJSON():
		return "storetest.Filled[" + f.Go + "]()"
	case f.IsBytes() && !f.HasGoType():
		return `[]byte("value")`
	}
	return ""
}

// basic converts a test's value to what the validator takes.
func (f *fieldModel) basic(param string) string {
	if param == "string" {
		return "v"
	}
	return f.BasicType("v")
}

// refersTo is the entity that the field holds the id of; nil where it is no such field.
func (f *fieldModel) refersTo() *entity {
	if !f.IsEdgeField() {
		return nil
	}
	for _, ed := range f.owner.Type.Edges {
		if ef := ed.Field(); ef != nil && ef.Name == f.Name {
			return f.owner.design.entity(ed.Type.Name)
		}
	}
	return nil
}

// Factory is the name of the fixture's method that makes a row.
func (e *entity) Factory() string { return "new" + e.Name }

// assignment is a field of a Create struct that a factory sets.
type assignment struct{ To, Value string }

// Assignments are the fields that the factory sets: all it can, but no optional references.
func (e *entity) Assignments() []assignment {
	var out []assignment
	for _, f := range e.CreateFields() {
		if f.IsID && !f.Required || f.Role == annotation.Tenant && e.mixedIn(f) || f.Optional && f.refersTo() != nil {
			continue
		}
		if v := f.value(); v != "" && (f.Required || e.isParentKey(f) || f.Optional || !f.Default) {
			out = append(out, assignment{f.Struct, f.assigned(v)})
		}
	}
	for _, ed := range e.Edges {
		if !ed.Required && !(ed.Unique && e.Parent != "" && ed.OwnFK() && !ed.Optional) {
			continue
		}
		v := "f." + e.design.entity(ed.Type.Name).Factory() + "().ID"
		switch {
		case !ed.Unique:
			v = "[]" + ed.Go + "{" + v + "}"
		case !ed.Required:
			v = "pointer(" + v + ")"
		}
		out = append(out, assignment{ed.Struct, v})
	}
	return out
}

func (e *entity) isParentKey(f *fieldModel) bool {
	return e.Parent != "" && !f.Optional && f.refersTo() != nil
}

// assigned is a value as it is assigned to the field in a Create or Patch struct.
func (f *fieldModel) assigned(v string) string {
	if f.Required || !f.Pointer() {
		return v
	}
	return "pointer(" + v + ")"
}

// Testable says whether a factory can make rows.
func (e *entity) Testable() bool { return e.testable(map[*entity]bool{}) }

func (e *entity) testable(above map[*entity]bool) bool {
	if above[e] || e.Type.IsView() {
		return false
	}
	above[e] = true
	defer delete(above, e)
	needs := []*entity{}
	for _, f := range e.CreateFields() {
		if t := f.refersTo(); t != nil && (f.Required || e.isParentKey(f) || f.Role == annotation.Tenant) {
			needs = append(needs, t)
		} else if f.Required && f.value() == "" {
			return false
		}
	}
	for _, ed := range e.Edges {
		if ed.Required {
			needs = append(needs, e.design.entity(ed.Type.Name))
		}
	}
	for _, ed := range e.Type.EdgesWithID() {
		if !ed.Optional && ed.Field() == nil && !slices.ContainsFunc(e.Edges, func(m *edgeModel) bool { return m.Edge == ed }) {
			return false
		}
	}
	return !slices.ContainsFunc(needs, func(t *entity) bool { return t == nil || !t.testable(above) })
}

// TenantFactory is the factory of tenants where they are rows; empty where any id will do.
func (d *design) tenantFactory() string {
	for _, e := range d.entities {
		if e.Tenant == nil {
			continue
		}
		if t := e.Tenant.refersTo(); t != nil {
			return t.Factory()
		}
	}
	return ""
}

// violation is a statement that a constraint refuses.
type violation struct {
	Name, Set string
	Kind      string
	Field     string
	PG        bool // PostgreSQL only
}

var simpleCheck = regexp.MustCompile(`^\(*"?(\w+)"?\)* *(<>|>=|>|<=|<) *('')?(-?\d+)?\)*$`)

// Violations are changes of a row that the database has to refuse: NULL, an enum's unknown value, a number or an
// empty text against a check.
func (e *entity) Violations() []violation {
	var out []violation
	t, ok := e.design.graph.Table(e.Type.Table())
	if !ok {
		return nil
	}
	for _, f := range e.Fields {
		if !f.Optional {
			out = append(out, violation{Name: f.Name + " is NULL", Set: f.Column + " = NULL", Kind: "NotNull", Field: f.Name})
		}
		if f.IsEnum() && e.checked(t, f) {
			out = append(out, violation{Name: f.Name + " is no value of the enum", Set: f.Column + " = '?'", Kind: "Check", Field: f.Name})
		}
	}
	for _, a := range t.Attrs {
		c, ok := a.(*schema.Check)
		if !ok {
			continue
		}
		m := simpleCheck.FindStringSubmatch(strings.TrimSpace(c.Expr))
		if m == nil {
			continue
		}
		f, ok := e.Graph.FieldOf(m[1])
		if !ok {
			continue
		}
		set := ""
		n, err := strconv.ParseInt(m[4], 10, 64)
		switch {
		case m[2] == "<>" && m[3] != "":
			set = "''"
		case err != nil:
		case m[2] == ">=":
			set = strconv.FormatInt(n-1, 10)
		case m[2] == ">", m[2] == "<":
			set = strconv.FormatInt(n, 10)
		case m[2] == "<=":
			set = strconv.FormatInt(n+1, 10)
		}
		if set != "" {
			out = append(out, violation{Name: f.Name + " against " + c.Name, Set: quote(m[1]) + " = " + set, Kind: "Check", Field: f.Name})
		}
	}
	return out
}

// checked says whether a check of the table is about an enum's values.
func (e *entity) checked(t *schema.Table, f *fieldModel) bool {
	for _, a := range t.Attrs {
		if c, ok := a.(*schema.Check); ok && mentions(c.Expr, f.StorageKey()) && strings.Contains(c.Expr, " IN ") {
			return true
		}
	}
	return false
}

// IndexNames are the table's indexes.
func (e *entity) IndexNames() []string {
	t, ok := e.design.graph.Table(e.Type.Table())
	if !ok || !e.design.graph.Conventions {
		return nil
	}
	var names []string
	for _, x := range t.Indexes {
		if x.Name != "" {
			names = append(names, x.Name)
		}
	}
	return names
}

// Defaulted are the fields whose default is in the database as well; Given are the columns of the others.
func (e *entity) Defaulted() []*fieldModel {
	var out []*fieldModel
	for _, f := range e.Fields {
		if f.Graph.DBDefault && f.Default {
			out = append(out, f)
		}
	}
	return out
}

// GivenColumns are the columns without a default in the database.
func (e *entity) GivenColumns() string {
	var out []string
	for _, f := range append([]*fieldModel{e.ID}, e.Fields...) {
		if f.IsID || !f.Graph.DBDefault || !f.Default {
			out = append(out, f.Column)
		}
	}
	for _, fk := range e.Type.UnexportedForeignKeys() {
		out = append(out, quote(fk.Edge.Rel.Column()))
	}
	return strings.Join(out, ", ")
}

// PostgresOnly says whether a default may be in PostgreSQL and not in SQLite: one that a function makes.
func (e *entity) PostgresOnly() bool {
	return slices.ContainsFunc(e.Defaulted(), func(f *fieldModel) bool { return f.DefaultFunc() && !e.mixedIn(f) })
}

// Changed is a field that the test of Update sets; nil where there is none.
func (e *entity) Changed() *fieldModel {
	for _, f := range e.PatchFields() {
		if f.refersTo() == nil && !f.Sensitive() && (f.IsString() || f.Type.Numeric()) && f.value() != "" && !strings.Contains(f.value(), "Validate()") {
			return f
		}
	}
	return nil
}

// ChangedValue is the value of the test of Update.
func (f *fieldModel) ChangedValue() string {
	v := f.value()
	if f.Pointer() {
		v = "pointer(" + v + ")"
	}
	return v
}

// Secrets are the fields that the printed form must not show.
func (e *entity) Secrets() []*fieldModel {
	var out []*fieldModel
	for _, f := range e.Fields {
		if f.Sensitive() && f.IsString() && !f.HasGoType() && f.Create && f.Validators <= 1 && (f.Graph.MaxLen == 0 || f.Graph.MaxLen >= 7) {
			out = append(out, f)
		}
	}
	return out
}

// queryTest is a call of a declared query in a generated test.
type queryTest struct {
	*queryModel
	Needs []assignment // what the row has to have
	Args  []string
	Sure  bool // the row has to be found
}

// QueryTests are the calls of the declared queries.
func (e *entity) QueryTests() []queryTest {
	var out []queryTest
	for _, q := range e.Queries {
		t := queryTest{queryModel: q, Sure: true}
		for _, p := range q.Params {
			if p.Kind == "where" {
				need, ok := p.need()
				t.Sure = t.Sure && ok && p.Own
				if ok && p.Own && need.To != "" {
					t.Needs = append(t.Needs, need)
				}
				continue
			}
			arg, ok := p.testArg(&t)
			t.Sure = t.Sure && ok
			t.Args = append(t.Args, arg)
		}
		if !t.Sure {
			t.Args, t.Needs = nil, nil
			for _, p := range q.Params {
				if p.In {
					t.Args = append(t.Args, "*new("+p.Go+")")
				}
			}
		}
		out = append(out, t)
	}
	return out
}

// Compared are the fields that a row read back must have as they were made.
func (e *entity) Compared() []*fieldModel {
	var out []*fieldModel
	for _, f := range e.Fields {
		if (f.IsString() || f.IsEnum() || f.IsBool() || f.IsUUID() || f.Type.Numeric()) && !f.HasValueScanner() && !f.Type.RType.IsPtr() {
			out = append(out, f)
		}
	}
	return out
}

// SecretValue is a value that the printed form must not show.
func (f *fieldModel) SecretValue() string { return f.assigned(strconv.Quote("hunter2")) }

// Savable says whether the fixture can fill in the whole aggregate.
func (m *aggregateModel) Savable() bool {
	return !slices.ContainsFunc(m.Children, func(c *childModel) bool { return !c.Entity.Testable() || c.Entity.Deleted != nil })
}

// actors says whether any id may be given as that of who works: no table refers to it.
func (d *design) actors() bool {
	for _, e := range d.entities {
		for _, f := range e.ByFields() {
			if f.refersTo() != nil {
				return false
			}
		}
	}
	return true
}

// need is the field that a constant condition asks for.
func (p *queryParam) need() (assignment, bool) {
	f := p.Field
	switch {
	case strings.EqualFold(p.Value, "null"):
		return assignment{f.Struct, "nil"}, f.Create && f.Optional || !f.Create
	case strings.EqualFold(p.Value, "not null"):
		return assignment{}, !f.Optional
	case !f.Create:
		return assignment{}, false
	case f.IsBool() && !f.HasGoType():
		return assignment{f.Struct, f.assigned(strings.ToLower(p.Value))}, true
	case f.IsEnum(), f.IsString() && (!f.HasGoType()):
		return assignment{f.Struct, f.assigned(f.Go + "(" + strconv.Quote(p.Value) + ")")}, true
	case f.Type.Numeric():
		return assignment{f.Struct, f.assigned(f.Go + "(" + p.Value + ")")}, true
	}
	return assignment{}, false
}

// testArg is the argument that finds the row.
func (p *queryParam) testArg(t *queryTest) (string, bool) {
	f := p.Field
	zero := "*new(" + p.Go + ")"
	if !p.Own {
		return zero, false
	}
	value := "row." + f.Struct
	if f.IsID {
		value = "row.ID"
	}
	if f.Optional && f.refersTo() != nil {
		v := f.value()
		if f.refersTo().Testable() {
			t.Needs = append(t.Needs, assignment{f.Struct, f.assigned(v)})
		} else {
			return zero, false
		}
	} else if f.Optional && f.Create && f.value() == "" || !f.Create && !f.IsID {
		if f.Optional || f.Role == "" {
			return zero, false
		}
	}
	plain := value
	if f.NillableValue() {
		plain = "*" + value
	}
	switch p.Kind {
	case "eq", "contains":
		return plain, true
	case "in":
		return "[]" + strings.TrimPrefix(p.Go, "[]") + "{" + plain + "}", true
	case "search", "prefix":
		return "string(" + plain + ")", true
	case "from":
		return "pointer(" + plain + ")", true
	case "before":
		return "nil", true
	}
	return zero, false
}

// schemaFile is the path of migrate/schema.sql from the repositories' directory; empty where it is not known.
func (d *design) schemaFile() string {
	rel, err := filepath.Rel(d.opts.Target, filepath.Join(d.gen.Target, "migrate", "schema.sql"))
	if err != nil {
		return ""
	}
	return filepath.ToSlash(rel)
}
