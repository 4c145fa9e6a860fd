package requirement

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// need is what one query asks of the indexes of one table.
type need struct {
	service Service
	eq      []string // compared with equality, the most selective first
	in      []string
	rang    []string
	prefix  []string
	sort    []Part
	where   []string // constant conditions, as SQL
	gin     string   // a field to search or to look into; nothing else counts then
}

// columns are those of the index made for the need: equality, then the sort order, then one range.
func (n need) columns() []Part {
	var cols []Part
	add := func(names ...string) {
		for _, c := range names {
			if !slices.ContainsFunc(cols, func(p Part) bool { return p.Name == c }) {
				cols = append(cols, Part{Name: c})
			}
		}
	}
	add(n.eq...)
	for _, p := range n.sort {
		if !slices.ContainsFunc(cols, func(o Part) bool { return o.Name == p.Name }) {
			cols = append(cols, p)
		}
	}
	switch {
	case len(n.prefix) > 0:
		add(n.prefix[0])
	case len(n.sort) == 0 && len(n.in) > 0:
		add(n.in[0])
		if len(n.rang) > 0 {
			add(n.rang[0])
		}
	case len(n.rang) > 0:
		add(n.rang[0])
	}
	return cols
}

// plain says that the need is equality alone.
func (n need) plain() bool {
	return n.gin == "" && len(n.in)+len(n.rang)+len(n.prefix)+len(n.sort) == 0
}

// advise gives every type its indexes.
func (d *Design) advise() {
	needs := map[*Type][]need{}
	for _, t := range d.Types {
		for _, q := range t.Queries {
			d.needs(t, q, needs)
		}
	}
	for _, t := range d.Types {
		a := &advisor{d: d, t: t}
		a.constraints()
		a.queries(needs[t])
		a.extras()
		a.name()
	}
}

// needs splits a query into what it asks of each table it touches.
func (d *Design) needs(t *Type, q annotation.Query, out map[*Type][]need) {
	service := Service{Kind: "query", Name: t.Name + "." + q.Name}
	parts := map[*Type]*need{}
	var order []*Type
	of := func(t *Type) *need {
		if parts[t] == nil {
			parts[t] = &need{service: service}
			order = append(order, t)
		}
		return parts[t]
	}
	of(t)
	// reach gives the need of the table that has the field, and asks of the tables on the way for their foreign keys.
	reach := func(name string) (*need, string, *Type) {
		at := t
		for {
			first, rest, dotted := strings.Cut(name, ".")
			if !dotted {
				return of(at), name, at
			}
			e, _ := at.Edge(first)
			if n := of(at); e.Field != "" && !slices.Contains(n.eq, e.Field) {
				n.eq = append(n.eq, e.Field)
			}
			at, _ = d.Type(e.To)
			name = rest
		}
	}
	for _, name := range q.Eq {
		n, f, _ := reach(name)
		n.eq = append(n.eq, f)
	}
	for _, name := range q.In {
		n, f, _ := reach(name)
		n.in = append(n.in, f)
	}
	for _, name := range q.Range {
		n, f, _ := reach(name)
		n.rang = append(n.rang, f)
	}
	for _, name := range q.Prefix {
		n, f, _ := reach(name)
		n.prefix = append(n.prefix, f)
	}
	names := make([]string, 0, len(q.Where))
	for name := range q.Where {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		n, f, at := reach(name)
		field, _ := at.Field(f)
		n.where = append(n.where, condition(field, q.Where[name]))
	}
	for _, s := range q.Sort {
		name := strings.TrimPrefix(s, "-")
		if strings.Contains(name, ".") {
			continue // an order over another table's column cannot come from an index of this one
		}
		of(t).sort = append(of(t).sort, Part{Name: name, Desc: strings.HasPrefix(s, "-")})
	}
	for _, name := range append(slices.Clone(q.Search), q.Contains...) {
		n, f, at := reach(name)
		g := *n
		g.gin = f
		out[at] = append(out[at], g)
	}
	for _, at := range order {
		n := parts[at]
		if at == t && len(q.Search)+len(q.Contains) > 0 {
			continue // the GIN index finds the rows
		}
		if at.Has("SoftDelete") && !q.WithDeleted {
			n.where = append(n.where, "deleted_at IS NULL")
		}
		slices.SortStableFunc(n.eq, func(a, b string) int { return cmp.Compare(d.distinct(at, b), d.distinct(at, a)) })
		if at.Has("Tenant") {
			n.eq = append([]string{"tenant_id"}, slices.DeleteFunc(n.eq, func(s string) bool { return s == "tenant_id" })...)
		}
		out[at] = append(out[at], *n)
	}
}

// condition is a constant condition as SQL.
func condition(f *Field, value string) string {
	switch {
	case strings.EqualFold(value, "null"):
		return f.Name + " IS NULL"
	case strings.EqualFold(value, "not null"):
		return f.Name + " IS NOT NULL"
	case f.Kind == Bool && value == "true":
		return f.Name
	case f.Kind == Bool:
		return "NOT " + f.Name
	case slices.Contains([]Kind{Int32, Int64, Float, Decimal}, f.Kind):
		return f.Name + " = " + value
	}
	return f.Name + " = '" + strings.ReplaceAll(value, "'", "''") + "'"
}

// distinct estimates the number of different values of a field. What is unknown ranks before what is known to be
// few.
func (d *Design) distinct(t *Type, name string) int64 {
	f, ok := t.Field(name)
	switch {
	case !ok:
		return 0
	case f.Facts.NDistinct != nil:
		return f.Facts.NDistinct.Values
	case f.Kind == Bool:
		return 2
	case f.Kind == Enum:
		return int64(len(f.Values))
	case f.Unique || f.Name == "id":
		return 1 << 62
	case f.Edge != nil:
		if o, ok := d.Type(f.Edge.To); ok && o.Facts.Volume != nil && o.Facts.Volume.Rows > 0 {
			return o.Facts.Volume.Rows
		}
	}
	return 100_000
}

// advisor works out the indexes of one type.
type advisor struct {
	d *Design
	t *Type
}

func (a *advisor) add(ix *Index) *Index {
	if ix.Method == "" {
		ix.Method = "btree"
	}
	ix.Where = strings.Join(ix.where, " AND ")
	a.t.Indexes = append(a.t.Indexes, ix)
	return ix
}

func parts(names ...string) []Part {
	out := make([]Part, len(names))
	for i, n := range names {
		out[i].Name = n
	}
	return out
}

// constraints makes the unique indexes: per tenant, and among live rows where rows are deleted softly.
func (a *advisor) constraints() {
	t := a.t
	a.t.Indexes = append(a.t.Indexes, &Index{
		Name: schemagraph.Name("pk", t.Table), Columns: parts("id"), Unique: true, Method: "btree", Implicit: true,
		Serves: []Service{{Kind: "constraint", Name: "primary key"}},
	})
	unique := func(why string, pair bool, fields ...string) {
		ix := &Index{Unique: true, Columns: parts(fields...), Serves: []Service{{Kind: "constraint", Name: why}}}
		if t.Has("Tenant") && !pair && !slices.Contains(fields, "tenant_id") {
			ix.Columns = append(parts("tenant_id"), ix.Columns...)
			ix.Order = "the tenant first: the rule holds within a tenant"
		}
		if t.Has("SoftDelete") {
			ix.where = []string{"deleted_at IS NULL"}
		}
		a.add(ix)
	}
	for _, f := range t.Fields {
		switch {
		case f.Edge != nil && a.oneToOne(f.Edge):
			ix := a.add(&Index{Unique: true, Columns: parts(f.Name), Implicit: true,
				Serves: []Service{{Kind: "constraint", Name: "one " + words(snake(t.Name)) + " a " + words(f.Edge.Name)}}})
			ix.Serves = append(ix.Serves, Service{Kind: "foreign key", Name: f.Name})
		case f.Unique && !t.Has("Tenant") && !t.Has("SoftDelete"):
			a.add(&Index{Unique: true, Columns: parts(f.Name), Implicit: true,
				Serves: []Service{{Kind: "constraint", Name: f.Name + " is unique"}}})
		case f.Unique:
			unique(f.Name+" is unique", false, f.Name)
		}
	}
	for _, u := range t.Unique {
		why := u.Why
		if why == "" {
			why = strings.Join(u.Fields, ", ") + " are unique together"
		}
		unique(why, u.pair, u.Fields...)
	}
}

// oneToOne says whether the edge that owns a foreign key has a unique other side.
func (a *advisor) oneToOne(e *Edge) bool {
	if !e.From {
		return false
	}
	o, ok := a.d.Type(e.To)
	if !ok {
		return false
	}
	back, ok := o.Edge(e.Ref)
	return ok && back.Unique && back.To == a.t.Name
}

// queries makes one index for each need that no index serves yet, the wide ones first, so that one serves several.
func (a *advisor) queries(needs []need) {
	slices.SortStableFunc(needs, func(x, y need) int { return len(y.columns()) - len(x.columns()) })
	var plain []need
	for _, n := range needs {
		switch {
		case n.gin != "":
			a.gin(n)
		case a.served(n):
		case a.small(): // a scan is as fast
		case n.plain() && len(a.withoutTenant(n.eq)) <= 1 && len(a.ownWhere(n)) == 0:
			plain = append(plain, n)
		default:
			a.make(n)
		}
	}
	// Equality with one foreign key is what the foreign key's own index is for.
	a.foreignKeys()
	for _, n := range plain {
		if !a.served(n) && !a.servedByKey(n) && len(a.withoutTenant(n.eq)) > 0 {
			a.make(n)
		}
	}
}

// small says that full scans of the table do not matter.
func (a *advisor) small() bool {
	v := a.t.Facts.Volume
	return v != nil && v.Small
}

func (a *advisor) withoutTenant(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(s string) bool { return s == "tenant_id" })
}

func (a *advisor) ownWhere(n need) []string {
	return slices.DeleteFunc(slices.Clone(n.where), func(s string) bool { return s == "deleted_at IS NULL" })
}

// served finds an index that already serves the need, and says so on it.
func (a *advisor) served(n need) bool {
	for _, ix := range a.t.Indexes {
		if a.serves(ix, n) {
			ix.Serves = append(ix.Serves, n.service)
			return true
		}
	}
	return false
}

func (a *advisor) serves(ix *Index, n need) bool {
	if ix.Method != "btree" || len(ix.OpClass) > 0 && len(n.prefix) == 0 {
		return false
	}
	for _, w := range ix.where {
		if !slices.Contains(n.where, w) {
			return false
		}
	}
	// A unique index whose columns are all given finds the one row.
	if ix.Unique && !slices.ContainsFunc(ix.Columns, func(p Part) bool { return !slices.Contains(n.eq, p.Name) }) {
		return true
	}
	cols := n.columns()
	if len(ix.Columns) < len(cols) || len(cols) == 0 || len(ix.where) < len(a.ownWhere(n)) {
		return false
	}
	eq := 0
	for eq < len(cols) && slices.Contains(n.eq, cols[eq].Name) {
		eq++
	}
	for _, p := range ix.Columns[:eq] {
		if !slices.Contains(n.eq, p.Name) {
			return false
		}
	}
	same, reverse := true, len(n.prefix) == 0
	for i := eq; i < len(cols); i++ {
		if ix.Columns[i].Name != cols[i].Name {
			return false
		}
		same = same && ix.Columns[i].Desc == cols[i].Desc
		reverse = reverse && ix.Columns[i].Desc != cols[i].Desc
		if len(n.prefix) > 0 && cols[i].Name == n.prefix[0] && ix.OpClass[cols[i].Name] == "" {
			return false
		}
	}
	return same || reverse
}

// servedByKey says whether the only thing compared has an index of its own, as a foreign key has.
func (a *advisor) servedByKey(n need) bool {
	own := a.withoutTenant(n.eq)
	if len(own) == 0 {
		own = n.eq
	}
	if len(own) != 1 {
		return len(own) == 0
	}
	for _, ix := range a.t.Indexes {
		if ix.Method == "btree" && ix.Where == "" && ix.Columns[0].Name == own[0] {
			ix.Serves = append(ix.Serves, n.service)
			return true
		}
	}
	return false
}

// make adds the index of a need.
func (a *advisor) make(n need) {
	ix := &Index{Columns: n.columns(), Serves: []Service{n.service}, where: n.where, Order: a.why(n)}
	if len(ix.Columns) == 0 {
		if own := a.ownWhere(n); len(own) == 0 || len(n.where) == 0 {
			return // every row: a scan is the right plan
		}
		ix.Columns = parts("id")
	}
	if len(n.prefix) > 0 && a.d.Dialect == schemagraph.Postgres {
		class := "text_pattern_ops"
		if f, ok := a.t.Field(n.prefix[0]); ok && f.Kind == String {
			class = "varchar_pattern_ops"
		}
		ix.OpClass = map[string]string{n.prefix[0]: class}
	}
	a.add(ix)
}

// why explains the order of an index's columns.
func (a *advisor) why(n need) string {
	var s []string
	own := a.withoutTenant(n.eq)
	if len(own) < len(n.eq) {
		s = append(s, "the tenant first")
	}
	switch {
	case len(own) > 1:
		s = append(s, "equality on "+strings.Join(own, ", ")+" (most selective first)")
	case len(own) == 1:
		s = append(s, "equality on "+own[0])
	}
	if len(n.sort) > 0 {
		var by []string
		for _, p := range n.sort {
			dir := ""
			if p.Desc {
				dir = " descending"
			}
			by = append(by, p.Name+dir)
		}
		s = append(s, "then the sort order "+strings.Join(by, ", "))
	}
	cols := n.columns()
	if last := cols[max(len(cols)-1, 0):]; len(last) == 1 {
		switch name := last[0].Name; {
		case slices.Contains(n.prefix, name):
			s = append(s, "then how "+name+" begins")
		case slices.Contains(n.rang, name) && !slices.Contains(n.eq, name) && !slices.ContainsFunc(n.sort, func(p Part) bool { return p.Name == name }):
			s = append(s, "then the range of "+name)
		case slices.Contains(n.in, name):
			s = append(s, "then the values of "+name)
		}
	}
	return strings.Join(s, ", ")
}

// gin adds, or shares, the GIN index of a searched text or of JSON that is looked into.
func (a *advisor) gin(n need) {
	if a.d.Dialect != schemagraph.Postgres || a.small() {
		return
	}
	f, _ := a.t.Field(n.gin)
	class := "gin_trgm_ops"
	if f.Kind == JSON || f.Kind == Strings {
		class = "jsonb_path_ops"
	}
	for _, ix := range a.t.Indexes {
		if ix.Method == "gin" && ix.Columns[0].Name == n.gin {
			if !slices.Contains(ix.Serves, n.service) {
				ix.Serves = append(ix.Serves, n.service)
			}
			return
		}
	}
	ix := &Index{Columns: parts(n.gin), Method: "gin", OpClass: map[string]string{n.gin: class}, Serves: []Service{n.service},
		Order: "one column: a GIN index finds parts of it"}
	a.add(ix)
}

// foreignKeys adds the index of each foreign key that no full index leads with. The extension makes it.
func (a *advisor) foreignKeys() {
	for _, f := range a.t.Fields {
		if f.Edge == nil {
			continue
		}
		service := Service{Kind: "foreign key", Name: f.Name}
		done := false
		for _, ix := range a.t.Indexes {
			if ix.Method == "btree" && ix.Where == "" && len(ix.OpClass) == 0 && ix.Columns[0].Name == f.Name {
				if !slices.Contains(ix.Serves, service) {
					ix.Serves = append(ix.Serves, service)
				}
				done = true
				break
			}
		}
		if !done {
			a.add(&Index{Columns: parts(f.Name), Implicit: true, Serves: []Service{service}})
		}
	}
}

// extras adds the indexes that the file itself asks for.
func (a *advisor) extras() {
	for _, x := range a.t.entity.Indexes {
		ix := &Index{Method: x.Method, Serves: []Service{{Kind: "reason", Name: x.Why}}}
		for _, f := range x.Fields {
			ix.Columns = append(ix.Columns, Part{Name: strings.TrimPrefix(f, "-"), Desc: strings.HasPrefix(f, "-")})
		}
		if x.Where != "" {
			ix.where = []string{x.Where}
		}
		for _, al := range x.Allow {
			ix.Allow = append(ix.Allow, annotation.Allow{Rule: al.Name, Why: al.Why})
		}
		if x.Method == "gin" {
			if f, ok := a.t.Field(ix.Columns[0].Name); ok && (f.Kind == String || f.Kind == Text) {
				ix.OpClass = map[string]string{f.Name: "gin_trgm_ops"}
			}
		}
		same := func(o *Index) bool {
			return o.Method == cmp.Or(ix.Method, "btree") && o.Where == strings.Join(ix.where, " AND ") && slices.Equal(o.Columns, ix.Columns)
		}
		if k := slices.IndexFunc(a.t.Indexes, same); k >= 0 {
			a.t.Indexes[k].Serves = append(a.t.Indexes[k].Serves, ix.Serves...)
			continue
		}
		a.add(ix)
	}
}

// name gives the indexes their names by convention; where two would have the same, the later one is told apart by
// its method or predicate.
func (a *advisor) name() {
	seen := map[string]bool{}
	for _, ix := range a.t.Indexes {
		if ix.Name == "" {
			cols := make([]string, len(ix.Columns))
			for i, p := range ix.Columns {
				cols[i] = p.Name
			}
			prefix := "ix"
			if ix.Unique {
				prefix = "uq"
			}
			ix.Name = schemagraph.Name(prefix, a.t.Table, cols...)
			for i := 1; seen[ix.Name]; i++ {
				ix.Named = true
				switch own := a.ownWhere(need{where: ix.where}); {
				case i > 1:
					ix.Name = schemagraph.Name(prefix, a.t.Table, append(cols, fmt.Sprint(i))...)
				case ix.Method != "btree":
					ix.Name = schemagraph.Name(prefix, a.t.Table, append(cols, ix.Method)...)
				case len(own) > 0:
					ix.Name = schemagraph.Name(prefix, a.t.Table, append(cols, strings.Fields(strings.ToLower(strings.TrimPrefix(own[0], "NOT ")))[0])...)
				default:
					ix.Name = schemagraph.Name(prefix, a.t.Table, append(cols, "partial")...)
				}
			}
		}
		seen[ix.Name] = true
	}
}
