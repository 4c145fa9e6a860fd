package requirement

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/plinth-go/plinth/annotation"
)

// tenants ties every entity that belongs to a tenant to the tenant's entity.
func (r *resolver) tenants() {
	ten := r.doc.Tenancy
	if ten == nil || ten.Entity == "" {
		return
	}
	owner, ok := r.d.Type(ten.Entity)
	if !ok {
		return
	}
	if owner.IntID {
		r.add(".tenancy.entity", "tenants are told apart by UUID; %s has an int64 key", owner.Name)
	}
	back := snake(owner.Name)
	for _, t := range r.d.Types {
		if t.entity.Global != "" {
			t.Facts.Allow = allowOnce(t.Facts.Allow, "S703", t.entity.Global)
		}
		if !t.Has("Tenant") {
			continue
		}
		path := ".entities." + t.Name
		name := plural(t.Name)
		if _, taken := owner.Edge(name); taken {
			name = "all_" + name
		}
		r.edge(owner, &Edge{Name: name, To: t.Name, Ref: back, OnDelete: "RESTRICT",
			Comment: fmt.Sprintf("The %s's %s.", words(back), words(plural(t.Name)))}, path)
		e := &Edge{Name: back, To: owner.Name, From: true, Ref: name, Field: "tenant_id", Unique: true, Immutable: true, OnDelete: "RESTRICT",
			Comment: fmt.Sprintf("The %s the %s belongs to.", words(back), words(snake(t.Name)))}
		r.edge(t, e, path)
		// The tenant comes first.
		if n := len(t.Edges) - 1; n > 0 && t.Edges[n] == e {
			t.Edges = slices.Insert(t.Edges[:n], 0, e)
		}
		if f, ok := t.Field("tenant_id"); ok {
			f.Edge = e
		}
	}
}

// sameTenant is why a foreign key does not name the tenant as well.
const sameTenant = "mixin.Tenant refuses to connect rows of two tenants; Ent has no composite foreign keys"

// withinTenant says of each foreign key between rows of a tenant how it stays within the tenant.
func (r *resolver) withinTenant() {
	for _, t := range r.d.Types {
		for _, e := range t.Edges {
			o, ok := r.d.Type(e.To)
			if ok && e.Field != "" && e.Field != "tenant_id" && t.Has("Tenant") && o.Has("Tenant") {
				e.Facts.Allow = allowOnce(e.Facts.Allow, "S705", sameTenant)
			}
		}
	}
}

func allowOnce(as []annotation.Allow, rule, why string) []annotation.Allow {
	if slices.ContainsFunc(as, func(a annotation.Allow) bool { return a.Rule == rule }) {
		return as
	}
	return append(as, annotation.Allow{Rule: rule, Why: why})
}

// rules checks what an entity says about its fields: uniqueness, checks, dependencies, queries, indexes, children.
func (r *resolver) rules(t *Type) {
	e, path := t.entity, ".entities."+t.Name
	for i, u := range e.Unique {
		at := fmt.Sprintf("%s.unique.%d", path, i)
		if r.list(t, u.Fields, at+".fields", "the unique rule") {
			for _, name := range u.Fields {
				if f, _ := t.Field(name); slices.Contains([]Kind{JSON, Strings, Bytes, Text}, f.Kind) {
					r.add(at, "%s.%s is a %s, which cannot be unique", t.Name, name, f.Kind)
				}
			}
			t.Unique = append(t.Unique, u)
		}
	}
	for _, c := range e.Checks {
		at := path + ".checks." + c.Name
		switch {
		case !fieldName.MatchString(c.Name):
			r.add(at, "%q is not a check's name: lower-case words joined by one underscore", c.Name)
		case strings.TrimSpace(c.Expr) == "":
			r.add(at, "the check %q of %s has no expression", c.Name, t.Name)
		case strings.ContainsAny(c.Expr, ";\x00\n\r") || !balanced(c.Expr):
			r.add(at, "the check %q of %s is not one SQL expression", c.Name, t.Name)
		default:
			r.columns(t, c.Expr, at)
			c = &Check{Name: c.Name, Expr: enclosed(strings.TrimSpace(c.Expr)), Why: c.Why}
		}
		t.Checks = append(t.Checks, c)
	}
	for i, d := range e.Dependencies {
		at := fmt.Sprintf("%s.dependencies.%d", path, i)
		ok := r.list(t, d.From, at+".from", "the dependency")
		if r.list(t, d.To, at+".to", "the dependency") && ok {
			t.Facts.Determines = append(t.Facts.Determines, annotation.Determines{From: d.From, To: d.To, Why: d.Why})
		}
	}
	for _, q := range e.Queries {
		r.query(t, q, path+".queries."+q.Name)
	}
	for i, x := range e.Indexes {
		at := fmt.Sprintf("%s.indexes.%d", path, i)
		var names []string
		for _, f := range x.Fields {
			names = append(names, strings.TrimPrefix(f, "-"))
		}
		r.list(t, names, at+".fields", "the index")
		if strings.TrimSpace(x.Why) == "" {
			r.add(at, "an index of %s has no reason", t.Name)
		}
		if strings.ContainsAny(x.Where, ";\x00\n\r") || !balanced(x.Where) {
			r.add(at+".where", "the predicate is not one SQL expression")
		}
		r.allow(x.Allow, at)
	}
	if e.Children != nil {
		for i, c := range *e.Children {
			edge, ok := t.Edge(c)
			at := fmt.Sprintf("%s.children.%d", path, i)
			switch {
			case !ok:
				r.add(at, "%s has no relationship %q%s", t.Name, c, didYouMean(c, t.edgeNames()))
			case edge.From || edge.Many:
				r.add(at, "%q of %s does not lead to children: they hold the foreign key", c, t.Name)
			}
		}
		t.Facts.Aggregate = &annotation.Aggregate{Children: *e.Children}
	}
	for _, a := range e.Attributes {
		if d := a.Denormalized; d != nil && d.Query != "" {
			r.queryExists(t, d.Query, path+".attributes."+a.Name+".denormalized.query")
		}
	}
	t.Facts.Queries = t.Queries
}

// list checks that names are fields of t, each there once, and that there are any.
func (r *resolver) list(t *Type, names []string, path, what string) bool {
	ok := len(names) > 0
	if !ok {
		r.add(path, "%s of %s names no field", what, t.Name)
	}
	for i, n := range names {
		at := fmt.Sprintf("%s.%d", path, i)
		if slices.Contains(names[:i], n) {
			r.add(at, "%s of %s names %q twice", what, t.Name, n)
			ok = false
		}
		if _, found := t.Field(n); !found {
			r.add(at, "%s of %s names %q, which %s does not have%s", what, t.Name, n, t.Name, r.near(t, n))
			ok = false
		}
	}
	return ok
}

// near suggests a field: one spelt alike, or the column of a relationship of that name.
func (r *resolver) near(t *Type, name string) string {
	if e, ok := t.Edge(name); ok && e.Field != "" {
		return fmt.Sprintf("; did you mean %q?", e.Field)
	}
	return didYouMean(name, t.fieldNames())
}

var sqlWord = regexp.MustCompile(`'(?:[^']|'')*'|::?\s*[a-z_]+|[A-Za-z_][A-Za-z0-9_]*\s*\(|"[^"]*"|[A-Za-z_][A-Za-z0-9_]*`)

// sqlWords are words of expressions that are not columns.
var sqlWords = strings.Fields("and or not is null true false in between like ilike similar to any all array case when then else end " +
	"interval now current_date current_timestamp date timestamp timestamptz text uuid jsonb json integer bigint numeric boolean " +
	"distinct from collate cast as extract year month day hour minute second epoch at time zone symmetric overlaps unknown")

// columns reports words of an SQL expression that are most likely misspelt columns.
func (r *resolver) columns(t *Type, expr, path string) {
	for _, w := range sqlWord.FindAllString(expr, -1) {
		if strings.ContainsAny(w, `'":(`) || slices.Contains(sqlWords, strings.ToLower(w)) {
			continue
		}
		if _, ok := t.Field(w); !ok {
			r.add(path, "the expression names %q, which %s does not have%s", w, t.Name, r.near(t, w))
		}
	}
}

// enclosed puts brackets around an expression whose first and last bracket look like a pair and are none: whoever
// writes it into CHECK (…) would leave them out.
func enclosed(expr string) string {
	if !strings.HasPrefix(expr, "(") || !strings.HasSuffix(expr, ")") {
		return expr
	}
	if balanced(expr[1 : len(expr)-1]) {
		return expr
	}
	return "(" + expr + ")"
}

func balanced(expr string) bool {
	depth, quoted := 0, false
	for _, c := range expr {
		switch {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0 && !quoted && !strings.Contains(expr, "--") && !strings.Contains(expr, "/*")
}

func (r *resolver) queryExists(t *Type, name, path string) {
	entity, query, ok := strings.Cut(name, ".")
	if !ok {
		entity, query = t.Name, name
	}
	if !r.entity(entity, path) {
		return
	}
	o, _ := r.d.Type(entity)
	var names []string
	for _, q := range o.entity.Queries {
		names = append(names, q.Name)
	}
	if !slices.Contains(names, query) {
		r.add(path, "%s has no query %q%s", entity, query, didYouMean(query, names))
	}
}

// writes checks the units of work.
func (r *resolver) writes() {
	for _, w := range r.doc.Writes {
		path := ".writes." + w.Name
		if !queryName.MatchString(w.Name) {
			r.add(path, "%q is not a write's name: it begins with a capital and has letters and digits only", w.Name)
		}
		n := 0
		for key, list := range map[string][]string{"creates": w.Creates, "updates": w.Updates, "deletes": w.Deletes} {
			for i, e := range list {
				n++
				r.entity(e, fmt.Sprintf("%s.%s.%d", path, key, i))
			}
		}
		if n == 0 {
			r.add(path, "the write %q names no entity under creates, updates or deletes", w.Name)
		}
		if w.Bulk < 0 {
			r.add(path+".bulk", "the number of rows is negative")
		}
		r.rate(w.Rate, path)
		switch w.Idempotent {
		case "", "natural", "no":
		default:
			entity, field, ok := strings.Cut(w.Idempotent, ".")
			if !ok {
				r.add(path+".idempotent", "%q is neither \"natural\", \"no\" nor a unique field such as Order.number", w.Idempotent)
				continue
			}
			if !r.entity(entity, path+".idempotent") {
				continue
			}
			t, _ := r.d.Type(entity)
			f, ok := t.Field(field)
			switch {
			case !ok:
				r.add(path+".idempotent", "%s has no field %q%s", entity, field, r.near(t, field))
			case f.Name != "id" && !f.Unique && !slices.ContainsFunc(t.Unique, func(u *Unique) bool { return slices.Contains(u.Fields, field) }):
				r.add(path+".idempotent", "%s is not unique, so it cannot recognise a repeated %s", w.Idempotent, w.Name)
			}
		}
	}
}

var rateText = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?/(s|min|h|d)$`)

func (r *resolver) rate(rate, path string) {
	if rate != "" && !rateText.MatchString(rate) {
		r.add(path+".rate", "%q is not a rate: a number per s, min, h or d, as in 80/s", rate)
	}
}

func (r *resolver) latency(text, path string) time.Duration {
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		r.add(path+".p95", "%q is not a time, as in 10ms", text)
		return 0
	}
	return d
}
