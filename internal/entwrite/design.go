package entwrite

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plinth-go/plinth/annotation"
	"github.com/plinth-go/plinth/internal/requirement"
)

// FromDesign gives the schemas of a design in the style of a hand-written project: what plinth's extension adds by
// itself (names, checks of enums, indexes of foreign keys) is not spelt out.
func FromDesign(d *requirement.Design) []Schema {
	var out []Schema
	for _, t := range d.Types {
		out = append(out, schemaOf(d, t))
	}
	return out
}

func schemaOf(d *requirement.Design, t *requirement.Type) Schema {
	s := Schema{Name: t.Name, Doc: t.Comment}
	switch {
	case s.Doc == "":
		s.Doc = t.Name + " is kept in the table " + t.Table + "."
	case !strings.HasPrefix(s.Doc, t.Name+" ") && !strings.HasPrefix(s.Doc, t.Name+":"):
		s.Doc = t.Name + ": " + s.Doc
	}
	s.Doc = strings.Join(strings.Fields(s.Doc), " ")
	for _, m := range t.Mixins {
		if m == "ID" && t.IntID {
			continue
		}
		s.Mixins = append(s.Mixins, Item{Name: "mixin." + m, Expr: "mixin." + m + "{}"})
	}
	for _, f := range t.Fields {
		if f.Mixin == "" || f.Name == "id" && t.IntID {
			s.Fields = append(s.Fields, Item{Name: f.Name, Expr: fieldExpr(t, f)})
		}
	}
	for _, e := range t.Edges {
		if it, ok := edgeItem(t, e); ok {
			s.Edges = append(s.Edges, it)
		}
	}
	for _, ix := range t.Indexes {
		if !ix.Implicit {
			s.Indexes = append(s.Indexes, indexItem(ix))
		}
	}
	s.Annotations = entityAnnotations(t)
	for _, q := range t.Queries {
		s.Queries = append(s.Queries, Item{Name: q.Name, Expr: queryExpr(q)})
	}
	return s
}

func fieldExpr(t *requirement.Type, f *requirement.Field) string {
	head := ""
	var calls, notes []string
	call := func(format string, args ...any) { calls = append(calls, fmt.Sprintf(format, args...)) }
	name := quote(f.Name)
	columnType := ""
	switch f.Kind {
	case requirement.String:
		head = "field.String(" + name + ")"
	case requirement.Text:
		head = "field.Text(" + name + ")"
	case requirement.Bool:
		head = "field.Bool(" + name + ")"
	case requirement.Int32:
		head = "field.Int32(" + name + ")"
	case requirement.Int64:
		head = "field.Int64(" + name + ")"
	case requirement.Float:
		head = "field.Float(" + name + ")"
	case requirement.Decimal:
		head = "field.Float(" + name + ")"
		columnType = fmt.Sprintf("numeric(%d,%d)", f.Size, f.Scale)
	case requirement.Time:
		head = "field.Time(" + name + ")"
	case requirement.Date:
		head = "field.Time(" + name + ")"
		columnType = "date"
	case requirement.UUID:
		head = "field.UUID(" + name + ", uuid.UUID{})"
	case requirement.Enum:
		head = "field.Enum(" + name + ")"
		call("Values(%s)", quotes(f.Values))
	case requirement.JSON:
		head = "field.JSON(" + name + ", map[string]any{})"
	case requirement.Strings:
		head = "field.Strings(" + name + ")"
	case requirement.Bytes:
		head = "field.Bytes(" + name + ")"
	}
	if f.NotEmpty {
		call("NotEmpty()")
	}
	if f.Size > 0 && slices.Contains([]requirement.Kind{requirement.String, requirement.Text, requirement.Bytes}, f.Kind) {
		call("MaxLen(%s)", number(f.Size))
	}
	if f.Match != "" {
		call("Match(regexp.MustCompile(%s))", raw(f.Match))
	}
	calls = append(calls, bounds(f)...)
	if columnType != "" {
		call("SchemaType(map[string]string{dialect.Postgres: %s, dialect.SQLite: %s})", quote(columnType), quote(columnType))
	}
	if f.Unique && slices.ContainsFunc(t.Indexes, func(ix *requirement.Index) bool {
		return ix.Implicit && ix.Unique && len(ix.Columns) == 1 && ix.Columns[0].Name == f.Name
	}) {
		call("Unique()")
	}
	if f.Null {
		call("Optional()")
		if f.Kind != requirement.JSON && f.Kind != requirement.Strings && f.Kind != requirement.Bytes {
			call("Nillable()")
		}
	}
	switch v := f.Default.(type) {
	case nil:
	case string:
		switch {
		case f.Kind == requirement.Time || f.Kind == requirement.Date:
			call("Default(mixin.Now)")
		case f.Kind == requirement.UUID:
			call("Default(mixin.NewID)")
		case f.Kind == requirement.JSON:
			call("Default(map[string]any{})")
			notes = append(notes, `entsql.Default("{}")`)
		case f.Kind == requirement.Strings:
			call("Default([]string{})")
			notes = append(notes, `entsql.Default("[]")`)
		default:
			call("Default(%s)", quote(v))
		}
	case int:
		call("Default(%s)", number(int64(v)))
	case float64:
		call("Default(%s)", strconv.FormatFloat(v, 'f', -1, 64))
	default:
		call("Default(%v)", v)
	}
	if f.Immutable {
		call("Immutable()")
	}
	if s := f.Facts.Sensitive; s != nil && s.Kind == "secret" {
		call("Sensitive()")
	}
	if c := oneLine(f.Comment); c != "" {
		call("Comment(%s)", quote(c))
	}
	calls = append(calls, annotations(append(notes, factNotes(f.Facts)...)))
	return chain(head, calls...)
}

// oneLine makes a comment fit for generated code, where quotes and line breaks do harm.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.NewReplacer(`"`, "", "`", "", `\`, "/").Replace(s)
}

// raw is a raw string literal where the text allows it.
func raw(s string) string {
	if strings.ContainsAny(s, "`\n\r") {
		return quote(s)
	}
	return "`" + s + "`"
}

func bounds(f *requirement.Field) []string {
	whole := f.Kind == requirement.Int32 || f.Kind == requirement.Int64
	num := func(n float64) string {
		if whole {
			return number(int64(n))
		}
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	var out []string
	switch {
	case f.Min == nil:
	case *f.Min == 0 && f.Max == nil && whole:
		out = append(out, "NonNegative()")
	case *f.Min == 1 && f.Max == nil && whole:
		out = append(out, "Positive()")
	default:
		out = append(out, "Min("+num(*f.Min)+")")
	}
	if f.Max != nil {
		out = append(out, "Max("+num(*f.Max)+")")
	}
	return out
}

// factNotes are the annotations of a field.
func factNotes(f annotation.Facts) []string {
	var out []string
	add := func(typ string, fill func(*literal)) {
		l := &literal{}
		fill(l)
		out = append(out, l.of(typ, 16))
	}
	if n := f.Nullable; n != nil {
		add("annotation.Nullable", func(l *literal) { l.str("Why", n.Why) })
	}
	if s := f.Sensitive; s != nil {
		add("annotation.Sensitive", func(l *literal) { l.str("Kind", s.Kind); l.str("Why", s.Why) })
	}
	if n := f.NDistinct; n != nil {
		add("annotation.NDistinct", func(l *literal) { l.num("Values", n.Values) })
	}
	if d := f.Denormalized; d != nil {
		add("annotation.Denormalized", func(l *literal) {
			l.str("From", d.From)
			l.str("KeptBy", d.KeptBy)
			l.str("Why", d.Why)
			l.str("Query", d.Query)
		})
	}
	if r := f.RenamedFrom; r != nil {
		add("annotation.RenamedFrom", func(l *literal) { l.str("Old", r.Old) })
	}
	for _, a := range f.Allow {
		add("annotation.Allow", func(l *literal) { l.str("Rule", a.Rule); l.str("Why", a.Why) })
	}
	return out
}

var onDelete = map[string]string{"CASCADE": "Cascade", "RESTRICT": "Restrict", "SET NULL": "SetNull", "NO ACTION": "NoAction"}

// edgeItem writes an edge; the From side of a self edge is written with the To side.
func edgeItem(t *requirement.Type, e *requirement.Edge) (Item, bool) {
	self := e.To == t.Name
	if self && e.From {
		return Item{}, false
	}
	it := Item{Name: e.Name}
	var calls []string
	call := func(format string, args ...any) { calls = append(calls, fmt.Sprintf(format, args...)) }
	comment := func(e *requirement.Edge) {
		if c := oneLine(e.Comment); c != "" {
			call("Comment(%s)", quote(c))
		}
	}
	notes := func(e *requirement.Edge, more ...string) {
		for _, a := range e.Facts.Allow {
			l := &literal{}
			l.str("Rule", a.Rule)
			l.str("Why", a.Why)
			more = append(more, l.of("annotation.Allow", 16))
		}
		calls = append(calls, annotations(more))
	}
	one := func(e *requirement.Edge) {
		call("Field(%s)", quote(e.Field))
		call("Unique()")
		if e.Null == "" {
			call("Required()")
		}
		if e.Immutable {
			call("Immutable()")
		}
	}
	through := func(e *requirement.Edge) {
		if e.Through != "" {
			call("Through(%s, %s.Type)", quote(e.ThroughEdge), e.Through)
		}
	}
	head := fmt.Sprintf("edge.To(%s, %s.Type)", quote(e.Name), e.To)
	switch {
	case e.From:
		head = fmt.Sprintf("edge.From(%s, %s.Type)", quote(e.Name), e.To)
		call("Ref(%s)", quote(e.Ref))
		if e.Field != "" {
			one(e)
		}
		through(e)
		comment(e)
		notes(e)
		return Item{Name: e.Name, Expr: chain(head, calls...)}, true
	case e.Field != "": // the edge of a pair's entity
		one(e)
	case e.Unique:
		call("Unique()")
	}
	through(e)
	comment(e)
	if !e.Many {
		notes(e, "entsql.OnDelete(entsql."+onDelete[e.OnDelete]+")")
	}
	if self && e.Ref != "" {
		back, _ := t.Edge(e.Ref)
		call("From(%s)", quote(back.Name))
		if back.Field != "" {
			one(back)
		}
		through(back)
		comment(back)
		notes(back)
		it.Also = []string{back.Name}
	}
	it.Expr = chain(head, calls...)
	return it, true
}

func indexItem(ix *requirement.Index) Item {
	var cols, desc []string
	for _, p := range ix.Columns {
		cols = append(cols, p.Name)
		if p.Desc {
			desc = append(desc, p.Name)
		}
	}
	it := Item{Name: strings.Join(cols, ",")}
	var calls, notes []string
	if ix.Unique {
		it.Name = "unique " + it.Name
		calls = append(calls, "Unique()")
	}
	if ix.Named {
		calls = append(calls, "StorageKey("+quote(ix.Name)+")")
	}
	if len(desc) > 0 {
		notes = append(notes, "entsql.DescColumns("+quotes(desc)+")")
	}
	if ix.Method != "btree" {
		notes = append(notes, "entsql.IndexTypes(map[string]string{dialect.Postgres: "+quote(strings.ToUpper(ix.Method))+"})")
	}
	for _, c := range cols {
		if class := ix.OpClass[c]; class != "" && len(cols) == 1 {
			notes = append(notes, "entsql.OpClass("+quote(class)+")")
		} else if class != "" {
			notes = append(notes, "entsql.OpClassColumn("+quote(c)+", "+quote(class)+")")
		}
	}
	if ix.Where != "" {
		notes = append(notes, "entsql.IndexWhere("+quote(ix.Where)+")")
	}
	for _, s := range ix.Serves {
		if s.Kind == "reason" {
			l := &literal{}
			l.str("Why", s.Name)
			notes = append(notes, l.of("annotation.Reason", 16))
		}
	}
	for _, a := range ix.Allow {
		l := &literal{}
		l.str("Rule", a.Rule)
		l.str("Why", a.Why)
		notes = append(notes, l.of("annotation.Allow", 16))
	}
	it.Expr = chain("index.Fields("+quotes(cols)+")", append(calls, annotations(notes))...)
	return it
}

func entityAnnotations(t *requirement.Type) []Item {
	var out []Item
	add := func(name string, l *literal) {
		out = append(out, Item{Name: name, Expr: l.of(strings.Fields(name)[0], 8)})
	}
	if t.Table != requirement.TableOf(t.Name) {
		out = append(out, Item{Name: "entsql.Table", Expr: "entsql.Table(" + quote(t.Table) + ")"})
	}
	if len(t.Checks) > 0 {
		var parts []string
		for _, c := range t.Checks {
			parts = append(parts, quote(requirement.CheckName(t, c))+": "+quote(c.Expr))
		}
		name := "entsql.Checks"
		out = append(out, Item{Name: name, Expr: "entsql.Checks(map[string]string{\n" + strings.Join(parts, ",\n") + ",\n})"})
	}
	if v := t.Facts.Volume; v != nil {
		l := &literal{}
		l.num("Rows", v.Rows)
		l.num("GrowthPerYear", v.GrowthPerYear)
		l.yes("Small", v.Small)
		add("annotation.Volume", l)
	}
	if a := t.Facts.Aggregate; a != nil {
		l := &literal{}
		l.strs("Children", a.Children)
		add("annotation.Aggregate", l)
	}
	for _, d := range t.Facts.Determines {
		l := &literal{}
		l.strs("From", d.From)
		l.strs("To", d.To)
		l.str("Why", d.Why)
		add("annotation.Determines "+strings.Join(d.To, ","), l)
	}
	for _, a := range t.Facts.Allow {
		l := &literal{}
		l.str("Rule", a.Rule)
		l.str("Why", a.Why)
		add("annotation.Allow "+a.Rule, l)
	}
	if r := t.Facts.RenamedFrom; r != nil {
		l := &literal{}
		l.str("Old", r.Old)
		add("annotation.RenamedFrom", l)
	}
	return out
}

func queryExpr(q annotation.Query) string {
	l := &literal{}
	l.str("Name", q.Name)
	l.strs("Eq", q.Eq)
	l.strs("In", q.In)
	l.strs("Range", q.Range)
	l.strs("Search", q.Search)
	l.strs("Prefix", q.Prefix)
	l.strs("Contains", q.Contains)
	if len(q.Where) > 0 {
		var keys, parts []string
		for k := range q.Where {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			parts = append(parts, quote(k)+": "+quote(q.Where[k]))
		}
		l.raw("Where", "map[string]string{"+strings.Join(parts, ", ")+"}")
	}
	l.strs("Sort", q.Sort)
	if q.Page != "" {
		l.raw("Page", map[annotation.Page]string{annotation.All: "annotation.All", annotation.One: "annotation.One",
			annotation.Offset: "annotation.Offset", annotation.Keyset: "annotation.Keyset"}[q.Page])
	}
	l.num("Limit", int64(q.Limit))
	l.strs("Select", q.Select)
	l.yes("WithDeleted", q.WithDeleted)
	l.str("Rate", q.Rate)
	if q.P95 > 0 {
		l.raw("P95", duration(q.P95))
	}
	l.str("Why", q.Why)
	return l.of("", 12)
}

func duration(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{time.Minute, "Minute"}, {time.Second, "Second"}, {time.Millisecond, "Millisecond"}, {time.Microsecond, "Microsecond"}} {
		if d%u.unit == 0 {
			return fmt.Sprintf("%d * time.%s", d/u.unit, u.name)
		}
	}
	return strconv.FormatInt(int64(d), 10)
}
