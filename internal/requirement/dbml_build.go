package requirement

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// dbmlBuilder turns a diagram into a document.
type dbmlBuilder struct {
	p    *dbmlParser
	doc  *Document
	ms   Mistakes
	name map[string]string // entity by table or alias
}

func (b *dbmlBuilder) ask(about string, at Pos, assumed, format string, args ...any) {
	b.doc.notes = append(b.doc.notes, Question{About: about, Pos: at, Text: fmt.Sprintf(format, args...), Assumed: assumed})
}

func (b *dbmlBuilder) build() {
	if n := strings.Trim(snake(strings.ReplaceAll(b.p.name, " ", "_")), "_"); projectName.MatchString(n) {
		b.doc.Name = n
	}
	b.doc.Description = b.p.note
	if strings.EqualFold(b.p.kind, "sqlite") {
		b.doc.Dialect = "sqlite"
	}
	b.name = map[string]string{}
	joins := map[string]bool{}
	for _, t := range b.p.tables {
		b.name[t.name] = entityOf(snake(t.name))
		if t.alias != "" {
			b.name[t.alias] = b.name[t.name]
		}
		joins[t.name] = b.isJoin(t)
	}
	for _, t := range b.p.tables {
		if !joins[t.name] {
			b.entity(t)
		}
	}
	for _, r := range b.p.refs {
		b.reference(r, joins)
	}
	for _, t := range b.p.tables {
		if !joins[t.name] {
			continue
		}
		var ends []string
		for _, r := range b.p.refs {
			if child, parent, ok := r.sides(); ok && b.same(child.table, t) {
				ends = append(ends, b.name[parent.table])
			}
		}
		if len(ends) == 2 {
			b.relation(t.at, &Relationship{Kind: "many_to_many", From: ends[0], To: ends[1]})
		}
	}
}

func (b *dbmlBuilder) same(name string, t *dbmlTable) bool {
	return name == t.name || t.alias != "" && name == t.alias
}

func (b *dbmlBuilder) relation(at Pos, rel *Relationship) {
	b.doc.at[fmt.Sprintf(".relationships.%d", len(b.doc.Relationships))] = at
	b.doc.Relationships = append(b.doc.Relationships, rel)
}

// sides gives the end with the foreign key and the one it refers to; ok is false for many to many.
func (r *dbmlRef) sides() (child, parent dbmlEnd, ok bool) {
	switch r.sign {
	case "<":
		return r.to, r.from, true
	case "<>":
		return r.from, r.to, false
	case "-":
		// One to one: the key is where the column is not an id.
		if len(r.from.columns) == 1 && r.from.columns[0] == "id" {
			return r.to, r.from, true
		}
	}
	return r.from, r.to, true
}

// isJoin says that a table has nothing but two references that are its key.
func (b *dbmlBuilder) isJoin(t *dbmlTable) bool {
	if len(t.columns) != 2 {
		return false
	}
	refs := 0
	for _, r := range b.p.refs {
		if child, parent, ok := r.sides(); ok && b.same(child.table, t) && !b.same(parent.table, t) && len(child.columns) == 1 {
			refs++
		}
	}
	key := t.columns[0].pk && t.columns[1].pk
	for _, ix := range t.indexes {
		key = key || (ix.pk || ix.unique) && len(ix.fields) == 2
	}
	return refs == 2 && key
}

func (b *dbmlBuilder) isForeign(t *dbmlTable, column string) bool {
	return slices.ContainsFunc(b.p.refs, func(r *dbmlRef) bool {
		child, _, ok := r.sides()
		return ok && b.same(child.table, t) && len(child.columns) == 1 && child.columns[0] == column
	})
}

func (b *dbmlBuilder) entity(t *dbmlTable) {
	e := &Entity{Name: b.name[t.name], Description: t.note}
	path := ".entities." + e.Name
	b.doc.at[path] = t.at
	if table := snake(t.name); table != plural(e.Name) {
		e.Table = table
	}
	yes := true
	for _, c := range t.columns {
		name := snake(c.name)
		kind := strings.ToLower(strings.Split(c.typ, "(")[0])
		temporal := strings.HasPrefix(kind, "time") || strings.HasPrefix(kind, "date")
		switch {
		case c.pk && len(pkColumns(t)) == 1:
			if k := aliases[kind]; k == Int64 || k == Int32 || strings.Contains(kind, "serial") {
				e.ID = "int64"
			}
			if name != "id" {
				b.ask("entities."+e.Name, c.at, "yes", "The primary key of %s is called %q in the diagram; it becomes \"id\". Is that right?", e.Name, c.name)
			}
			continue
		case temporal && (name == "created_at" || name == "updated_at"):
			e.Timestamps = &yes
			continue
		case temporal && name == "deleted_at":
			e.SoftDelete = &yes
			continue
		case kind == "uuid" && (name == "created_by" || name == "updated_by") && !b.isForeign(t, c.name):
			e.Audit = &yes
			continue
		case b.isForeign(t, c.name):
			continue
		}
		a := b.attribute(e, c, name)
		b.doc.at[path+".attributes."+name] = c.at
		e.Attributes = append(e.Attributes, a)
	}
	if pk := pkColumns(t); len(pk) > 1 {
		e.Unique = append(e.Unique, &Unique{Fields: b.fields(pk), Why: "the key of the diagram"})
		b.ask("entities."+e.Name, t.at, "yes", "%s has the key (%s) in the diagram; it gets an id of its own and the key becomes a unique rule. Is that right?", e.Name, strings.Join(pk, ", "))
	}
	for _, ix := range t.indexes {
		fields := b.fields(ix.fields)
		switch {
		case ix.pk:
		case ix.unique && len(fields) == 1:
			for _, a := range e.Attributes {
				a.Unique = a.Unique || a.Name == fields[0]
			}
		case ix.unique:
			e.Unique = append(e.Unique, &Unique{Fields: fields})
		default:
			if len(fields) == 1 && slices.ContainsFunc(ix.fields, func(f string) bool { return b.isForeign(t, f) }) {
				continue // foreign keys have an index anyway
			}
			e.Indexes = append(e.Indexes, &ExtraIndex{Fields: fields, Why: "the diagram has it"})
		}
	}
	b.doc.Entities = append(b.doc.Entities, e)
}

func pkColumns(t *dbmlTable) []string {
	var out []string
	for _, c := range t.columns {
		if c.pk {
			out = append(out, c.name)
		}
	}
	for _, ix := range t.indexes {
		if ix.pk && len(ix.fields) > 1 {
			return ix.fields
		}
	}
	return out
}

func (b *dbmlBuilder) fields(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = snake(n)
	}
	return out
}

var dbmlArgs = regexp.MustCompile(`\(([0-9, ]+)\)`)

func (b *dbmlBuilder) attribute(e *Entity, c *dbmlColumn, name string) *Attribute {
	a := &Attribute{Name: name, Description: c.note, Unique: c.unique}
	about := "entities." + e.Name + ".attributes." + name
	base := strings.TrimSpace(strings.ToLower(strings.Split(c.typ, "(")[0]))
	switch base {
	case "double precision", "real":
		base = "float"
	case "character varying":
		base = "varchar"
	case "timestamp with time zone", "timestamp without time zone":
		base = "timestamptz"
	}
	args := ""
	if m := dbmlArgs.FindStringSubmatch(c.typ); m != nil {
		args = strings.ReplaceAll(m[1], " ", "")
	}
	values, isEnum := b.p.enums[strings.Split(c.typ, "(")[0]]
	kind, known := aliases[base]
	switch {
	case isEnum:
		a.Type, a.Values = "enum", values
	case strings.HasSuffix(base, "[]"):
		a.Type = "strings"
	case known && (kind == String || kind == Text || kind == Bytes):
		a.Type = string(kind) + "(" + args + ")"
		if args == "" {
			length := map[Kind]string{String: "255", Text: "10000", Bytes: "65536"}[kind]
			a.Type = string(kind) + "(" + length + ")"
			b.ask(about, c.at, length, "How long may %s.%s be?", e.Name, name)
		}
	case known && kind == Decimal:
		a.Type = "decimal(" + args + ")"
		if !strings.Contains(args, ",") {
			a.Type = "decimal(19,4)"
			b.ask(about, c.at, "19 digits, 4 after the point", "How precise is %s.%s?", e.Name, name)
		}
	case known:
		a.Type = string(kind)
	case base == "real" || base == "float4" || base == "float8":
		a.Type = "float"
	case strings.Contains(base, "serial"), strings.HasSuffix(base, "int"):
		a.Type = "int64"
	case base == "inet", base == "cidr", base == "citext", base == "nvarchar", base == "longtext", base == "mediumtext":
		a.Type = "string(255)"
		b.ask(about, c.at, "string(255)", "%s.%s is a %s in the diagram; which type and length does it need?", e.Name, name, c.typ)
	default:
		b.ms.add(c.at, "column %q of %s has the type %q, which is not known%s", c.name, e.Name, c.typ, didYouMean(base, kinds))
		a.Type = "string(255)"
	}
	if !c.notNull && !c.pk {
		a.Null = "the diagram does not say that it must be there"
		b.ask(about+".null", c.at, "it may be missing", "May %s.%s be missing, and what does that mean?", e.Name, name)
	}
	b.defaultOf(a, c)
	return a
}

// defaultOf takes over a default where the type can have it.
func (b *dbmlBuilder) defaultOf(a *Attribute, c *dbmlColumn) {
	kind, _ := aliases[strings.Split(a.Type, "(")[0]]
	switch {
	case c.def == "" && c.defKind != 's', strings.EqualFold(c.def, "null"), a.Unique:
	case c.defKind == 'e' && (kind == Time || kind == Date):
		a.Default = "now"
	case c.defKind == 'e' && kind == UUID:
		a.Default = "new"
	case c.defKind == 'e':
	case kind == Bool:
		if v, err := strconv.ParseBool(c.def); err == nil {
			a.Default = v
		}
	case kind == Int32 || kind == Int64:
		if v, err := strconv.Atoi(c.def); err == nil {
			a.Default = v
		}
	case kind == Float || kind == Decimal:
		if v, err := strconv.ParseFloat(c.def, 64); err == nil {
			a.Default = v
		}
	case kind == String || kind == Text || kind == Enum:
		a.Default = c.def
	}
}

// reference makes a relationship of a reference.
func (b *dbmlBuilder) reference(r *dbmlRef, joins map[string]bool) {
	child, parent, single := r.sides()
	for _, end := range []dbmlEnd{child, parent} {
		if b.name[end.table] == "" {
			var names []string
			for _, t := range b.p.tables {
				names = append(names, t.name)
			}
			b.ms.add(r.at, "the reference names the table %q, which is not there%s", end.table, didYouMean(end.table, names))
			return
		}
	}
	table := func(name string) *dbmlTable {
		k := slices.IndexFunc(b.p.tables, func(t *dbmlTable) bool { return b.same(name, t) })
		return b.p.tables[k]
	}
	ct := table(child.table)
	if joins[ct.name] {
		return
	}
	rel := &Relationship{Kind: "one_to_many", From: b.name[parent.table], To: b.name[child.table]}
	if !single {
		rel.Kind, rel.From, rel.To = "many_to_many", b.name[r.from.table], b.name[r.to.table]
		b.relation(r.at, rel)
		return
	}
	if len(child.columns) != 1 {
		b.ask("relationships", r.at, "", "%s refers to %s by several columns (%s); how is that in terms of one key?", rel.To, rel.From, strings.Join(child.columns, ", "))
		return
	}
	k := slices.IndexFunc(ct.columns, func(c *dbmlColumn) bool { return c.name == child.columns[0] })
	if k < 0 {
		b.ms.add(r.at, "the reference names the column %q, which %s does not have", child.columns[0], ct.name)
		return
	}
	c := ct.columns[k]
	if r.sign == "-" || c.unique || c.pk && len(pkColumns(ct)) == 1 {
		rel.Kind = "one_to_one"
	}
	rel.Column = snake(c.name)
	rel.Inverse = strings.TrimSuffix(rel.Column, "_id")
	if rel.Inverse == rel.Column {
		rel.Inverse = rel.Column + "_ref"
	}
	// Several references between the same two tables need names of their own.
	for _, o := range b.p.refs {
		oc, op, ok := o.sides()
		if ok && o != r && b.name[oc.table] == rel.To && b.name[op.table] == rel.From {
			rel.Name = rel.Inverse + "_" + plural(rel.To)
		}
	}
	rel.Description = c.note
	if !c.notNull && !c.pk {
		rel.Null = "the diagram does not say that it must be there"
		b.ask(fmt.Sprintf("relationships.%d.null", len(b.doc.Relationships)), c.at, "it may be missing", "May a %s be without a %s, and what does that mean?", rel.To, rel.Inverse)
	}
	rel.OnDelete = strings.ReplaceAll(r.onDelete, " ", "_")
	if rel.OnDelete == "set_default" || rel.OnDelete == "set_null" && rel.Null == "" {
		rel.OnDelete = ""
	}
	b.relation(r.at, rel)
}
