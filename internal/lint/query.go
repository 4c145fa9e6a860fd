package lint

import (
	"maps"
	"slices"
	"strings"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// read is a declared query, resolved against its table: columns instead of fields.
type read struct {
	table  *table
	entity *schemagraph.Entity
	annotation.Query
	eq, in, rng              []string
	search, prefix, contains []string
	sort                     []sortKey
	consts                   map[string]string // column to "null", "not null" or a value
	remote                   []remote          // conditions on other tables
	broken                   bool              // names what is not there; S220 says so
}

type sortKey struct {
	column string
	desc   bool
}

type remote struct {
	table  *table
	column string
}

// reads are all declared queries, in the order of their entities. They are resolved once for a run.
func (m *model) reads() []*read {
	if m.resolved == nil {
		m.resolved = []*read{}
		for _, e := range m.graph.Entities {
			t := m.byType[e.Name]
			if t == nil {
				continue
			}
			for _, q := range e.Facts.Queries {
				m.resolved = append(m.resolved, m.resolve(t, e, q))
			}
		}
	}
	return m.resolved
}

func (m *model) resolve(t *table, e *schemagraph.Entity, q annotation.Query) *read {
	r := &read{table: t, entity: e, Query: q, consts: make(map[string]string)}
	each := func(clause string, names []string, to *[]string) {
		for _, n := range names {
			if c := r.column(m, clause, n); c != "" && !slices.Contains(*to, c) {
				*to = append(*to, c)
			}
		}
	}
	each("eq", q.Eq, &r.eq)
	each("in", q.In, &r.in)
	each("range", q.Range, &r.rng)
	each("search", q.Search, &r.search)
	each("prefix", q.Prefix, &r.prefix)
	each("contains", q.Contains, &r.contains)
	for _, n := range slices.Sorted(maps.Keys(q.Where)) {
		if c := r.column(m, "where", n); c != "" {
			r.consts[c] = strings.ToLower(q.Where[n])
		}
	}
	for _, n := range q.Sort {
		if c := r.column(m, "sort", strings.TrimPrefix(n, "-")); c != "" {
			r.sort = append(r.sort, sortKey{column: c, desc: strings.HasPrefix(n, "-")})
		}
	}
	var returned []string
	each("select", q.Select, &returned)
	if _, ok := t.Column(m.tenancy); ok && m.tenancy != "" && !slices.Contains(r.eq, m.tenancy) && !slices.Contains(r.in, m.tenancy) {
		r.eq = append([]string{m.tenancy}, r.eq...)
	}
	if f, ok := e.FieldWith(annotation.SoftDelete); ok && !q.WithDeleted {
		r.consts[f.Column] = "null"
	}
	return r
}

// column resolves a field's name. A name through an edge is a condition on another table; a name that leads nowhere
// is a mistake.
func (r *read) column(m *model, clause, name string) string {
	first, rest, path := strings.Cut(name, ".")
	if !path {
		if f, ok := r.entity.Field(name); ok {
			return f.Column
		}
		if d, ok := r.entity.Edge(name); ok && d.OwnsFK() && len(d.Columns) == 1 {
			return d.Columns[0]
		}
		if _, ok := r.table.Column(name); ok {
			return name
		}
		r.broken = true
		return ""
	}
	d, ok := r.entity.Edge(first)
	if !ok {
		r.broken = true
		return ""
	}
	to := m.byType[d.To]
	if to == nil {
		return ""
	}
	there := &read{table: to, entity: to.entity, Query: r.Query}
	c := there.column(m, clause, rest)
	r.broken = r.broken || there.broken
	if c != "" && clause != "select" {
		r.remote = append(append(r.remote, there.remote...), remote{to, c})
	}
	return ""
}

func (r *read) sortColumns() []string {
	var cs []string
	for _, s := range r.sort {
		cs = append(cs, s.column)
	}
	return cs
}

// wanted are the equality conditions an index should answer, without the tenant.
func (r *read) wanted(tenant string) []string {
	var w []string
	for _, c := range append(slices.Clone(r.eq), r.in...) {
		if c != tenant {
			w = append(w, c)
		}
	}
	return w
}

// fit is how well an index answers a query.
type fit struct {
	index  *index
	filter int  // equality columns answered, without the tenant
	keys   int  // leading keys used for equality, with the tenant
	sorted bool // rows come in the order asked for
	ranged bool // a range or prefix condition is answered
	one    bool // at most one row is left
}

// try says how an index answers the query, and whether it can at all.
func (r *read) try(m *model, i *index) (fit, bool) {
	f := fit{index: i}
	if !i.valid || i.method != "btree" && i.method != "hash" || !r.implies(m, i) {
		return f, false
	}
	many := false
	for _, k := range i.keys {
		isIn := slices.Contains(r.in, k)
		value, isConst := r.consts[k]
		if k == "" || !slices.Contains(r.eq, k) && !isIn && !(isConst && value != "not null") {
			break
		}
		// A list of values before the sort columns breaks their order.
		if isIn && len(r.sort) > 0 && f.keys > 0 && f.keys+1 < len(i.keys) && i.keys[f.keys+1] == r.sort[0].column && f.filter > 0 {
			many = true
		}
		f.keys++
		many = many || isIn
		if k != m.tenancy && !isConst {
			f.filter++
		}
	}
	f.one = (i.Unique || i.pk) && f.keys == len(i.keys) && !many
	rest := i.parts[f.keys:]
	keys := i.keys[f.keys:]
	f.sorted = !many && i.method == "btree" && r.inOrder(i, f.keys)
	if len(rest) > 0 && i.method == "btree" {
		f.ranged = slices.Contains(r.rng, keys[0]) || slices.Contains(r.prefix, keys[0]) && prefixable(i, f.keys, m)
	}
	return f, f.keys > 0 || f.sorted && len(r.sort) > 0 || f.ranged
}

// inOrder says whether the index's keys from a position on give the order asked for. What equality fixes does not
// matter, nor does a last key that only breaks ties by the primary key.
func (r *read) inOrder(i *index, from int) bool {
	var want []sortKey
	for _, s := range r.sort {
		if !slices.Contains(r.eq, s.column) {
			want = append(want, s)
		}
	}
	if n := len(want); n > 1 && slices.Contains(r.table.pkColumns(), want[n-1].column) && len(r.table.pkColumns()) == 1 {
		want = want[:n-1]
	}
	if from+len(want) > len(i.keys) {
		return false
	}
	for n, s := range want {
		if i.keys[from+n] != s.column || i.Parts[from+n].Desc != s.desc != (i.Parts[from].Desc != want[0].desc) {
			return false
		}
	}
	return true
}

// prefixable says whether a B-tree's key answers LIKE 'x%'.
func prefixable(i *index, n int, m *model) bool {
	if m.graph.Dialect != schemagraph.Postgres {
		return true
	}
	return strings.HasSuffix(i.opClass(n), "pattern_ops") || strings.Contains(i.parts[n], "collate C")
}

// implies says whether the query's conditions imply the index's predicate, so that the index can be used.
func (r *read) implies(m *model, i *index) bool {
	if i.predicate == "" {
		return true
	}
	for _, c := range conjuncts(i.predicate) {
		if !r.holds(m, c) {
			return false
		}
	}
	return true
}

func (r *read) holds(m *model, cond string) bool {
	for column, value := range r.consts {
		name := strings.ToLower(column)
		switch {
		case value == "null":
			if cond == name+" is null" {
				return true
			}
		case value == "not null":
			if cond == name+" is not null" {
				return true
			}
		case cond == name && value == "true", cond == "not "+name && value == "false",
			strings.ToLower(cond) == name+" = "+value, strings.ToLower(cond) == name+" = '"+value+"'", strings.ToLower(cond) == name+" is "+value,
			cond == name+" is not null":
			return true
		case m.listsValues(cond, name) && strings.Contains(strings.ToLower(cond), "'"+value+"'"):
			return true
		}
	}
	if column, ok := strings.CutSuffix(cond, " is not null"); ok {
		for _, list := range [][]string{r.eq, r.in, r.rng, r.search, r.prefix, r.contains} {
			for _, c := range list {
				if strings.EqualFold(c, column) {
					return true
				}
			}
		}
		for _, c := range r.table.Columns {
			if strings.EqualFold(c.Name, column) && c.Type != nil && !c.Type.Null {
				return true
			}
		}
	}
	return false
}

// best is the index that answers the query best, or nil where none helps.
func (r *read) best(m *model) *fit {
	var best *fit
	score := func(f *fit) int {
		n := 20*f.filter + f.keys
		if f.one {
			n += 100
		}
		if f.sorted && len(r.sort) > 0 {
			n += 10
		}
		if f.ranged {
			n += 5
		}
		if f.index.predicate != "" {
			n += 2
		}
		return n*10 - len(f.index.keys)
	}
	for _, i := range r.table.indexes {
		if f, ok := r.try(m, i); ok && r.enough(m, &f) && (best == nil || score(&f) > score(best)) {
			best = &f
		}
	}
	return best
}

// enough says whether an index that can be used also answers what matters.
func (r *read) enough(m *model, f *fit) bool {
	if f.one {
		return true
	}
	if len(r.wanted(m.tenancy)) > 0 && f.filter == 0 {
		return false
	}
	if r.Page == annotation.Keyset && len(r.sort) > 0 {
		return f.sorted
	}
	if len(r.wanted(m.tenancy)) > 0 {
		return true
	}
	if len(r.rng)+len(r.prefix) > 0 {
		return f.ranged || f.sorted && len(r.sort) > 0
	}
	if len(r.sort) > 0 {
		return f.sorted
	}
	return f.keys > 0 || f.index.predicate != ""
}

// asks says whether the query asks anything that an index on its own table could answer.
func (r *read) asks(m *model) bool {
	if len(r.wanted(m.tenancy))+len(r.rng)+len(r.prefix) > 0 {
		return true
	}
	return len(r.sort) > 0 && (r.Page == annotation.Keyset || r.Limit > 0) && len(r.search)+len(r.contains) == 0
}

// ideal is the index that the query asks for: the tenant, equality columns with the more selective first, the sort
// columns in their directions, one range column; and the query's constant conditions as the predicate.
func (r *read) ideal(m *model) (columns []string, desc []string, where string) {
	eq := slices.Clone(r.eq)
	if len(r.sort) == 0 {
		eq = append(eq, r.in...)
	}
	slices.SortStableFunc(eq, func(a, b string) int {
		if (a == m.tenancy) != (b == m.tenancy) {
			if a == m.tenancy {
				return -1
			}
			return 1
		}
		return int(min(max(r.distinct(b)-r.distinct(a), -1), 1))
	})
	columns = eq
	for _, s := range r.sort {
		if slices.Contains(columns, s.column) || slices.Equal([]string{s.column}, r.table.pkColumns()) && len(columns) > 0 {
			continue
		}
		columns = append(columns, s.column)
		if s.desc {
			desc = append(desc, s.column)
		}
	}
	for _, c := range append(slices.Clone(r.rng), r.prefix...) {
		if !slices.Contains(columns, c) {
			columns = append(columns, c)
			break
		}
	}
	var conds []string
	for _, c := range slices.Sorted(maps.Keys(r.consts)) {
		switch v := r.consts[c]; v {
		case "null":
			conds = append(conds, c+" IS NULL")
		case "not null":
			conds = append(conds, c+" IS NOT NULL")
		case "true":
			conds = append(conds, c)
		case "false":
			conds = append(conds, "NOT "+c)
		default:
			conds = append(conds, c+" = '"+strings.ReplaceAll(r.literal(c), "'", "''")+"'")
		}
	}
	return columns, desc, strings.Join(conds, " AND ")
}

// literal is a constant as its author wrote it.
func (r *read) literal(column string) string {
	for name, v := range r.Where {
		if f, ok := r.entity.Field(name); ok && f.Column == column {
			return v
		}
	}
	return r.consts[column]
}

func (r *read) distinct(column string) int64 {
	if f := r.table.field(column); f != nil && f.Facts.NDistinct != nil {
		return f.Facts.NDistinct.Values
	}
	return 0
}

// idealText is the ideal index as Go.
func (r *read) idealText(m *model) string {
	columns, desc, where := r.ideal(m)
	var fields, marks []string
	for _, c := range columns {
		fields = append(fields, `"`+r.fieldName(c)+`"`)
	}
	if len(desc) > 0 {
		for _, c := range desc {
			marks = append(marks, `entsql.DescColumns("`+c+`")`)
		}
	}
	if where != "" {
		marks = append(marks, `entsql.IndexWhere("`+where+`")`)
	}
	s := "index.Fields(" + quoteAll(fields) + ")"
	if len(marks) > 0 {
		s += ".Annotations(" + quoteAll(marks) + ")"
	}
	return s
}

func (r *read) fieldName(column string) string {
	if f := r.table.field(column); f != nil {
		return f.Name
	}
	return column
}

// served are the indexes that some declared query uses best, with those queries.
func (m *model) served() map[*index][]*read {
	if m.serving == nil {
		m.serving = make(map[*index][]*read)
		for _, r := range m.reads() {
			if f := r.best(m); f != nil {
				m.serving[f.index] = append(m.serving[f.index], r)
			}
			for _, i := range r.table.indexes {
				if r.searchedBy(i) {
					m.serving[i] = append(m.serving[i], r)
				}
			}
		}
		for _, r := range m.reads() {
			for _, o := range r.remote {
				for _, i := range o.table.indexes {
					if len(i.keys) > 0 && (i.keys[0] == o.column || len(i.keys) > 1 && i.keys[0] == m.tenancy && i.keys[1] == o.column) {
						m.serving[i] = append(m.serving[i], r)
					}
				}
			}
		}
	}
	return m.serving
}

// searchedBy says that a GIN or GiST index answers the query's search or containment.
func (r *read) searchedBy(i *index) bool {
	if i.method != "gin" && i.method != "gist" {
		return false
	}
	for n, k := range i.keys {
		switch {
		case k == "":
			for _, c := range append(slices.Clone(r.search), r.contains...) {
				if mentions(i.parts[n], c) {
					return true
				}
			}
		case slices.Contains(r.contains, k), (slices.Contains(r.search, k) || slices.Contains(r.prefix, k)) && strings.HasSuffix(i.opClass(n), "trgm_ops"):
			return true
		}
	}
	return false
}
