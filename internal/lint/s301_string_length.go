package lint

import (
	"slices"

	"ariga.io/atlas/sql/schema"
)

var s301 = &schemaRule{
	Rule: Rule{
		Code: "S301", Slug: "string-no-length", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title: "string column without a length",
		Rationale: "Nothing stops a megabyte in a name: it breaks pages, index entries (2,704 bytes at most) and every screen. The length is a fact about the value and belongs to the schema. " +
			"varchar(n) and CHECK (char_length(…) <= n) are both accepted, as are a list of allowed values and an anchored pattern without open repetition; MaxLen in Ent.\n\n" +
			"Not judged: generated columns, JSON, tsvector, arrays, domains that bound their value, and foreign keys, which hold only what their parent does.",
		FixText: "MaxLen(n) in Ent; CHECK (char_length({column}) <= n) or varchar(n) in SQL",
		Source:  "house rule; PostgreSQL manual, 64.1.4: maximum size of an index row",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, c := range t.Columns {
				ty := p.typeOf(c)
				if ty.fam != famText || ty.array || ty.size > 0 || ty.name == "bpchar" || generated(c) || t.fkOn(c.Name) || p.bounded(t, c, ty) {
					continue
				}
				long := itoa(usualLength(c.Name, ty))
				text, edits := goBuilder(t, c)+".MaxLen("+long+")", t.builder(c.Name, Edit{Append: []string{".MaxLen(" + long + ")"}})
				if f := t.field(c.Name); f != nil && f.Type != "string" { // a list or a type of one's own, kept as text: its builder knows no length
					text, edits = `entsql.Checks(map[string]string{"ck_`+t.Table.Name+"_"+c.Name+`_len": "char_length(`+c.Name+") <= "+long+`"})`, nil
				}
				p.report(p.onColumn(t, c.Name), p.pick(text, "ALTER TABLE "+t.name+" ADD CONSTRAINT ck_"+t.Table.Name+"_"+c.Name+"_len CHECK (char_length("+c.Name+") <= 255) NOT VALID;"),
					"%s.%s would be an unbounded %s: nothing stops a megabyte in it", t.name, c.Name, ty.name).fix(edits...)
			}
		}
	},
}

// bounded says that something besides the type limits the text's length.
func (p *pass) bounded(t *table, c *schema.Column, ty typ) bool {
	if f := t.field(c.Name); f != nil && (f.MaxLen > 0 && f.MaxLen < 1<<31-1 || len(f.Enum) > 0) {
		return true
	}
	if slices.ContainsFunc(t.checks, func(k *schema.Check) bool { return p.boundsLength(k.Expr, c.Name) }) {
		return true
	}
	if ty.domain == "" {
		return false
	}
	d, ok := p.domains[toLower(ty.domain)]
	return ok && slices.ContainsFunc(d.Checks, func(k string) bool { return p.boundsLength(k, "value") })
}

// goBuilder is the beginning of the field's builder.
func goBuilder(t *table, c *schema.Column) string {
	if f := t.field(c.Name); f != nil {
		kind := "String"
		if p := c.Type; p != nil {
			if s, ok := p.Type.(*schema.StringType); ok && s.T == "text" {
				kind = "Text"
			}
		}
		return "field." + kind + `("` + f.Name + `")`
	}
	return `field.String("` + c.Name + `")`
}

// usualLength is a length to begin with: that of an address, a link, a text or a name.
func usualLength(column string, ty typ) int {
	w := words(column)
	switch {
	case hasAny(w, "email", "mail"):
		return 320
	case hasAny(w, "url", "uri", "link", "href", "website"):
		return 2048
	case ty.name == "text" || hasAny(w, "description", "body", "content", "text", "notes", "comment"):
		return 10000
	}
	return 255
}
