package repogen

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/internal/schemagraph"
	"github.com/plinth-go/plinth/store"
)

// queryModel is a declared query as the templates see it.
type queryModel struct {
	annotation.Query
	Var    string // the variable of its statements
	Doc    string
	Params []queryParam
	Keys   []sortKey
	Forms  [2][]store.Variant // by dialect, by which optional conditions are given
	Result string             // Go type of a row
	Row    []*fieldModel      // the fields of a row type of its own
	Why    string             // why it has no constant statement
}

// queryParam is a parameter: of one condition, or of two for a range.
type queryParam struct {
	Name, Go string
	Doc      string
	Given    string // when an optional condition applies; empty for one that always does
	Arg      string // the argument's expression
	In       bool   // in the method's parameters; false for the second half of a range
	cond     func(store.Dialect) string
	// What the generated tests need to know.
	Kind  string // "eq", "in", "search", "prefix", "contains", "from", "before", "where"
	Field *fieldModel
	Own   bool   // of this entity, not behind an edge
	Value string // of a constant condition
}

type sortKey struct {
	store.SortKey
	Field *fieldModel
}

// Keyset, Offset and One say how the query is paged.
func (q *queryModel) Keyset() bool { return q.Page == annotation.Keyset }
func (q *queryModel) Offset() bool { return q.Page == annotation.Offset }
func (q *queryModel) One() bool    { return q.Page == annotation.One }
func (q *queryModel) All() bool    { return !q.Keyset() && !q.Offset() && !q.One() }

// maxForms is the number of variants of one query that are made constant.
const maxForms = 16

func (e *entity) query(q annotation.Query) (*queryModel, error) {
	if e.hasMethod(q.Name) {
		q.Name += "Query"
	}
	m := &queryModel{Query: q, Var: lowerFirst(e.Name) + q.Name, Result: "ent." + e.Name}
	for _, add := range []func(*queryModel) error{e.conditions, e.order, e.selection} {
		if err := add(m); err != nil {
			return nil, err
		}
	}
	m.Doc = e.queryDoc(m)
	e.forms(m)
	return m, nil
}

// methods are what every repository has.
var methods = []string{"Get", "GetMany", "List", "ListAfter", "Each", "Exists", "Count", "Create", "CreateMany", "Update", "SoftDelete",
	"Restore", "HardDelete", "Load", "Save"}

// hasMethod says whether the repository has a method of that name already: a query gets another name then.
func (e *entity) hasMethod(name string) bool {
	return slices.Contains(methods, name) || slices.ContainsFunc(e.Uniques, func(u *uniqueModel) bool { return u.Name == name })
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// operand is what a condition is about: a column of this table, or one behind an edge.
type operand struct {
	field *fieldModel
	far   bool
	wrap  func(cond string) string // puts a condition on the far table into one on this
}

func (e *entity) operand(name string) (operand, error) {
	edge, rest, through := strings.Cut(name, ".")
	if !through {
		f := e.fieldNamed(name)
		if f == nil {
			return operand{}, fmt.Errorf("unknown field %q", name)
		}
		return operand{field: f, wrap: func(c string) string { return c }}, nil
	}
	ed, ok := e.Graph.Edge(edge)
	if !ok {
		return operand{}, fmt.Errorf("unknown edge %q", edge)
	}
	far := e.design.entity(ed.To)
	if far == nil {
		return operand{}, fmt.Errorf("edge %q leads to %s, which has no single id", edge, ed.To)
	}
	inner, err := far.operand(rest)
	if err != nil {
		return operand{}, err
	}
	return operand{field: inner.field, far: true, wrap: func(c string) string { return e.through(ed, far, inner.wrap(c)) }}, nil
}

// through is the condition that an edge leads to a live row of which a condition holds.
func (e *entity) through(ed *schemagraph.Edge, far *entity, cond string) string {
	if far.Deleted != nil {
		cond += " AND " + far.Deleted.Column + " IS NULL"
	}
	farIDs := "(SELECT " + far.ID.Column + " FROM " + far.Table() + " WHERE " + cond + ")"
	switch {
	case ed.OwnsFK():
		return quote(ed.Columns[0]) + " IN " + farIDs
	case len(ed.Columns) > 1:
		own, other := quote(ed.Columns[0]), quote(ed.Columns[1])
		if ed.Inverse {
			own, other = other, own
		}
		return e.ID.Column + " IN (SELECT " + own + " FROM " + quote(ed.Table) + " WHERE " + other + " IN " + farIDs + ")"
	}
	return e.ID.Column + " IN (SELECT " + quote(ed.Columns[0]) + " FROM " + far.Table() + " WHERE " + cond + ")"
}

func (e *entity) conditions(m *queryModel) error {
	type kind struct {
		fields []string
		add    func(o operand, name string)
	}
	param := func(o operand, name string, p queryParam) {
		p.Name, p.In, p.Field, p.Own = name, true, o.field, o.field.owner == e && !o.far
		m.Params = append(m.Params, p)
	}
	text := func(o operand, f func(d store.Dialect, column string) string) func(store.Dialect) string {
		return func(d store.Dialect) string { return o.wrap(f(d, o.field.Column)) }
	}
	goOf := func(o operand) string { return e.goTypeOf(o.field) }
	constants, err := e.constantConditions(m.Where)
	if err != nil {
		return err
	}
	m.Params = append(m.Params, constants...)
	for _, k := range []kind{
		{m.Eq, func(o operand, name string) {
			param(o, name, queryParam{Kind: "eq", Go: goOf(o), Arg: o.field.Value(name), Doc: "equals " + o.field.Name,
				cond: text(o, func(_ store.Dialect, c string) string { return c + " = ?" })})
		}},
		{m.Search, func(o operand, name string) {
			param(o, name, queryParam{Kind: "search", Go: "string", Arg: "r.src.Dialect().LikePart(" + name + ")", Doc: "is part of " + o.field.Name + ", without regard to case",
				cond: text(o, store.Dialect.Search)})
		}},
		{m.Prefix, func(o operand, name string) {
			param(o, name, queryParam{Kind: "prefix", Go: "string", Arg: "r.src.Dialect().LikePrefix(" + name + ")", Doc: "begins " + o.field.Name,
				cond: text(o, store.Dialect.Prefix)})
		}},
		{m.Contains, func(o operand, name string) {
			param(o, name, queryParam{Kind: "contains", Go: goOf(o), Arg: "store.JSON(" + name + ")", Doc: "is contained in " + o.field.Name,
				cond: text(o, store.Dialect.Contains)})
		}},
		{m.In, func(o operand, name string) {
			param(o, name, queryParam{Kind: "in", Go: "[]" + goOf(o), Given: "len(" + name + ") > 0", Arg: "store.List(r.src.Dialect(), " + name + ")",
				Doc:  "lists the values of " + o.field.Name + "; empty means any",
				cond: text(o, func(d store.Dialect, c string) string { return d.In(c, o.field.Array) })})
		}},
		{m.Range, func(o operand, name string) {
			from, before := name+"From", name+"Before"
			param(o, from, queryParam{Kind: "from", Go: "*" + goOf(o), Given: from + " != nil", Arg: "*" + from,
				Doc:  "is the least " + o.field.Name + "; nil means no bound",
				cond: text(o, func(_ store.Dialect, c string) string { return c + " >= ?" })})
			param(o, before, queryParam{Kind: "before", Go: "*" + goOf(o), Given: before + " != nil", Arg: "*" + before,
				Doc:  "is what " + o.field.Name + " stays below; nil means no bound",
				cond: text(o, func(_ store.Dialect, c string) string { return c + " < ?" })})
		}},
	} {
		for _, name := range k.fields {
			o, err := e.operand(name)
			if err != nil {
				return err
			}
			p := o.field.Param
			if strings.Contains(name, ".") {
				p = local(camel(strings.ReplaceAll(name, ".", "_")))
			}
			k.add(o, p)
		}
	}
	return m.distinct()
}

// distinct gives each parameter a name of its own.
func (m *queryModel) distinct() error {
	seen := map[string]bool{}
	for i := range m.Params {
		p := &m.Params[i]
		if !p.In {
			continue
		}
		if seen[p.Name] {
			return fmt.Errorf("two conditions on %q: declare two queries, or a range", p.Name)
		}
		seen[p.Name] = true
	}
	return nil
}

// constantConditions are those of annotation.Query.Where.
func (e *entity) constantConditions(where map[string]string) ([]queryParam, error) {
	var out []queryParam
	for _, name := range slices.Sorted(maps.Keys(where)) {
		o, err := e.operand(name)
		if err != nil {
			return nil, err
		}
		cond, err := constantCondition(o.field, where[name])
		if err != nil {
			return nil, err
		}
		text := o.wrap(cond)
		out = append(out, queryParam{Kind: "where", Field: o.field, Own: !o.far, Value: where[name], cond: func(store.Dialect) string { return text }})
	}
	return out, nil
}

func constantCondition(f *fieldModel, value string) (string, error) {
	switch strings.ToLower(value) {
	case "null":
		return f.Column + " IS NULL", nil
	case "not null":
		return f.Column + " IS NOT NULL", nil
	}
	switch {
	case f.IsBool():
		b, err := strconv.ParseBool(value)
		if err != nil {
			return "", fmt.Errorf("%q is not a value of the bool %s", value, f.Name)
		}
		if b {
			return f.Column, nil
		}
		return "NOT " + f.Column, nil
	case f.Type.Numeric():
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			return "", fmt.Errorf("%q is not a value of the number %s", value, f.Name)
		}
		return f.Column + " = " + value, nil
	}
	return f.Column + " = '" + strings.ReplaceAll(value, "'", "''") + "'", nil
}

// order reads the sort order; a cursor's ends with the id, so that no two rows have one place.
func (e *entity) order(m *queryModel) error {
	hasID := false
	for _, s := range m.Sort {
		name, desc := strings.CutPrefix(s, "-")
		if strings.Contains(name, ".") {
			if m.Keyset() {
				return fmt.Errorf("a cursor cannot sort by %q of another entity: sort by a field of %s, or page by offset", name, e.Name)
			}
			key, err := e.farKey(name)
			if err != nil {
				return err
			}
			m.Keys = append(m.Keys, sortKey{SortKey: store.SortKey{Column: key, Desc: desc, Nullable: true}})
			continue
		}
		f := e.fieldNamed(name)
		if f == nil {
			return fmt.Errorf("unknown field %q", name)
		}
		hasID = hasID || f.IsID
		m.Keys = append(m.Keys, f.key(desc))
	}
	if !hasID && !m.One() && (len(m.Keys) > 0 || m.Keyset() || m.Offset()) {
		m.Keys = append(m.Keys, e.ID.key(len(m.Keys) > 0 && m.Keys[len(m.Keys)-1].Desc))
	}
	return nil
}

// key is the sort key of a field. A column that is NULL where Go has the zero value sorts as that value, because a
// cursor cannot tell them apart.
func (f *fieldModel) key(desc bool) sortKey {
	k := sortKey{SortKey: store.SortKey{Column: f.Column, Desc: desc, Nullable: f.Optional}, Field: f}
	if f.Optional && !f.Nillable {
		zero := "''"
		switch {
		case f.IsBool():
			zero = "false"
		case f.Type.Numeric():
			zero = "0"
		case f.IsUUID():
			zero = "'00000000-0000-0000-0000-000000000000'"
		case f.IsTime():
			zero = "'0001-01-01 00:00:00+00:00'"
		}
		k.Column, k.Nullable = "COALESCE("+f.Column+", "+zero+")", false
	}
	return k
}

// farKey is the sort key of a field behind an edge of which there is one.
func (e *entity) farKey(name string) (string, error) {
	edge, rest, _ := strings.Cut(name, ".")
	ed, ok := e.Graph.Edge(edge)
	if !ok || !ed.OwnsFK() {
		return "", fmt.Errorf("cannot sort by %q: the edge has to lead to one row by a key of %s", name, e.Name)
	}
	far := e.design.entity(ed.To)
	if far == nil || far.fieldNamed(rest) == nil {
		return "", fmt.Errorf("unknown field %q", name)
	}
	t := quote("far_" + edge)
	return "(SELECT " + t + "." + far.fieldNamed(rest).Column + " FROM " + far.Table() + " AS " + t + " WHERE " + t + "." + far.ID.Column +
		" = " + e.Table() + "." + quote(ed.Columns[0]) + ")", nil
}

// selection gives a query that returns some fields a row type of its own.
func (e *entity) selection(m *queryModel) error {
	if len(m.Select) == 0 {
		return nil
	}
	add := func(f *fieldModel) {
		if !slices.Contains(m.Row, f) {
			m.Row = append(m.Row, f)
		}
	}
	add(e.ID)
	for _, k := range m.Keys {
		if k.Field != nil {
			add(k.Field)
		}
	}
	for _, name := range m.Select {
		f := e.fieldNamed(name)
		if f == nil {
			return fmt.Errorf("unknown field %q", name)
		}
		add(f)
	}
	m.Result = e.Name + m.Name + "Row"
	return nil
}

// forms makes the constant statements: one variant for each set of optional conditions that are given.
func (e *entity) forms(m *queryModel) {
	var optional []int
	for i, p := range m.Params {
		if p.Given != "" {
			optional = append(optional, i)
		}
	}
	keys := make([]store.SortKey, len(m.Keys))
	for i, k := range m.Keys {
		keys[i] = k.SortKey
	}
	columns := e.Columns()
	if len(m.Row) > 0 {
		names := make([]string, len(m.Row))
		for i, f := range m.Row {
			names[i] = f.Column
		}
		columns = strings.Join(names, ", ")
	}
	for at, d := range []store.Dialect{store.Postgres, store.SQLite} {
		for mask := range 1 << len(optional) {
			var parts []string
			for i, p := range m.Params {
				if n := slices.Index(optional, i); n >= 0 && mask&(1<<n) == 0 {
					continue
				}
				parts = append(parts, p.cond(d))
			}
			v := store.Variant{Name: fmt.Sprintf("%s.%s/%d", e.Name, m.Name, mask), Where: strings.Join(parts, " AND "), Keys: keys}
			if e.DirectReads && 1<<len(optional) <= maxForms {
				e.statements(&v, m, d, columns)
			}
			m.Forms[at] = append(m.Forms[at], v)
		}
	}
}

func (e *entity) statements(v *store.Variant, m *queryModel, d store.Dialect, columns string) {
	where := joinAnd(e.Scope(), v.Where)
	switch {
	case m.Offset():
		order := d.OrderBy(v.Keys)
		v.First = store.FirstText(d, columns, e.Table(), where, v.Keys)
		v.Counted = d.ListText(columns, e.Table(), where, order, store.Exact, 0)
		v.Capped = d.ListText(columns, e.Table(), where, order, store.AtLeast, store.DefaultCap)
	case m.Keyset():
		v.After = store.AfterText(d, columns, e.Table(), where, v.Keys)
		fallthrough
	default:
		v.First = store.FirstText(d, columns, e.Table(), where, v.Keys)
	}
}

func joinAnd(a, b string) string {
	switch {
	case a == "" && b == "":
		return "1 = 1"
	case a == "":
		return b
	case b == "":
		return a
	}
	return a + " AND " + b
}

// queryDoc says in a sentence what the query reads.
func (e *entity) queryDoc(m *queryModel) string {
	var b strings.Builder
	switch {
	case m.One():
		fmt.Fprintf(&b, "%s reads the one %s", m.Name, e.Human)
	case m.Keyset():
		fmt.Fprintf(&b, "%s reads a page of %s behind a cursor", m.Name, plural(e.Human))
	case m.Offset():
		fmt.Fprintf(&b, "%s reads a page of %s with their total", m.Name, plural(e.Human))
	default:
		fmt.Fprintf(&b, "%s reads %s", m.Name, plural(e.Human))
	}
	if m.WithDeleted {
		b.WriteString(", soft-deleted ones as well")
	}
	if len(m.Sort) > 0 {
		fmt.Fprintf(&b, ", sorted by %s", strings.Join(m.Sort, ", "))
	}
	if m.Query.Why != "" {
		fmt.Fprintf(&b, ": %s", m.Query.Why)
	}
	b.WriteString(".")
	return b.String()
}
