package requirement

import (
	"fmt"
	"slices"
	"strings"
)

// ParseDBML reads a diagram in the database markup language. It knows less than a requirements file says: queries,
// volumes and reasons are left as questions.
func ParseDBML(file string, data []byte) (*Document, error) {
	toks, err := scanDBML(file, data)
	if err != nil {
		return nil, err
	}
	p := &dbmlParser{file: file, toks: toks, enums: map[string][]string{}}
	if err := p.whole(); err != nil {
		return nil, err
	}
	b := &dbmlBuilder{p: p, doc: &Document{Version: 1, Name: "design", at: map[string]Pos{"": {File: file, Line: 1, Column: 1}}}}
	b.build()
	if len(b.ms) == 0 {
		b.doc.check(&b.ms)
	}
	if err := b.ms.err(); err != nil {
		return nil, err
	}
	return b.doc, nil
}

type dbmlTable struct {
	name, alias, note string
	at                Pos
	columns           []*dbmlColumn
	indexes           []dbmlIndex
}

type dbmlColumn struct {
	name, typ, note, def string
	defKind              byte
	at                   Pos
	pk, unique, notNull  bool
}

type dbmlIndex struct {
	fields     []string
	unique, pk bool
	method     string
}

// dbmlRef is a reference: sign is what stands between the ends, ">", "<", "-" or "<>".
type dbmlRef struct {
	at       Pos
	from, to dbmlEnd
	sign     string
	onDelete string
}

type dbmlEnd struct {
	table   string
	columns []string
}

type dbmlParser struct {
	file   string
	toks   []dbmlToken
	i      int
	name   string
	note   string
	kind   string
	tables []*dbmlTable
	refs   []*dbmlRef
	enums  map[string][]string
}

func (p *dbmlParser) pos(t dbmlToken) Pos { return Pos{File: p.file, Line: t.line, Column: t.col} }

func (p *dbmlParser) fail(t dbmlToken, format string, args ...any) error {
	return Mistakes{{Pos: p.pos(t), Msg: fmt.Sprintf(format, args...)}}
}

func (p *dbmlParser) peek() dbmlToken { return p.toks[min(p.i, len(p.toks)-1)] }

func (p *dbmlParser) take() dbmlToken {
	t := p.peek()
	p.i++
	return t
}

func (p *dbmlParser) done() bool { return p.i >= len(p.toks) }

func (p *dbmlParser) lines() {
	for !p.done() && p.peek().kind == 'n' {
		p.i++
	}
}

func (p *dbmlParser) is(s string) bool {
	t := p.peek()
	return !p.done() && (t.kind == 'p' && t.text == s || t.kind == 'w' && strings.EqualFold(t.text, s))
}

func (p *dbmlParser) accept(s string) bool {
	if p.is(s) {
		p.i++
		return true
	}
	return false
}

func (p *dbmlParser) expect(s string) error {
	if !p.accept(s) {
		return p.fail(p.peek(), "expected %q, found %q", s, strings.TrimSpace(p.peek().text))
	}
	return nil
}

// skipBlock passes over {…} with everything in it.
func (p *dbmlParser) skipBlock() error {
	open := p.peek()
	if err := p.expect("{"); err != nil {
		return err
	}
	for depth := 1; depth > 0; {
		if p.done() {
			return p.fail(open, "the block is not closed with }")
		}
		switch t := p.take(); {
		case t.kind == 'p' && t.text == "{":
			depth++
		case t.kind == 'p' && t.text == "}":
			depth--
		}
	}
	return nil
}

func (p *dbmlParser) whole() error {
	for {
		p.lines()
		if p.done() {
			return nil
		}
		t := p.take()
		var err error
		switch strings.ToLower(t.text) {
		case "project":
			err = p.project()
		case "table":
			err = p.table(t)
		case "enum":
			err = p.enum()
		case "ref":
			err = p.ref(t)
		case "tablegroup", "tablepartial", "note", "records":
			for !p.done() && !p.is("{") && p.peek().kind != 'n' {
				p.i++
			}
			if p.is("{") {
				err = p.skipBlock()
			}
		default:
			words := []string{"Project", "Table", "Enum", "Ref", "TableGroup", "Note"}
			err = p.fail(t, "%q begins nothing that DBML knows%s", t.text, didYouMean(t.text, words))
		}
		if err != nil {
			return err
		}
	}
}

func (p *dbmlParser) project() error {
	if !p.is("{") {
		p.name = p.take().text
	}
	if err := p.expect("{"); err != nil {
		return err
	}
	for {
		p.lines()
		if p.accept("}") {
			return nil
		}
		if p.done() {
			return p.fail(p.peek(), "the project is not closed with }")
		}
		key := p.take()
		if p.accept(":") {
			v := p.take().text
			switch strings.ToLower(key.text) {
			case "note":
				p.note = v
			case "database_type":
				p.kind = v
			}
			continue
		}
		if p.is("{") {
			if err := p.skipBlock(); err != nil {
				return err
			}
		}
	}
}

// dotted reads name or schema.name, and gives the last part.
func (p *dbmlParser) dotted() []string {
	parts := []string{p.take().text}
	for p.accept(".") {
		if p.is("(") {
			p.i--
			break
		}
		parts = append(parts, p.take().text)
	}
	return parts
}

func (p *dbmlParser) table(at dbmlToken) error {
	parts := p.dotted()
	t := &dbmlTable{name: parts[len(parts)-1], at: p.pos(at)}
	if p.accept("as") {
		t.alias = p.take().text
	}
	if p.is("[") {
		set, err := p.settings()
		if err != nil {
			return err
		}
		t.note = set.note
	}
	if err := p.expect("{"); err != nil {
		return err
	}
	p.tables = append(p.tables, t)
	for {
		p.lines()
		switch {
		case p.accept("}"):
			return nil
		case p.done():
			return p.fail(at, "the table %q is not closed with }", t.name)
		case p.is("~"):
			for !p.done() && p.peek().kind != 'n' {
				p.i++
			}
		case (p.is("indexes") || p.is("checks")) && p.toks[min(p.i+1, len(p.toks)-1)].text == "{":
			checks := p.is("checks")
			p.i++
			if checks {
				if err := p.skipBlock(); err != nil {
					return err
				}
				continue
			}
			if err := p.indexes(t); err != nil {
				return err
			}
		case p.is("note") && slices.Contains([]string{":", "{"}, p.toks[min(p.i+1, len(p.toks)-1)].text):
			p.i++
			if p.accept(":") {
				t.note = p.take().text
				continue
			}
			p.i++
			p.lines()
			t.note = p.take().text
			p.lines()
			if err := p.expect("}"); err != nil {
				return err
			}
		default:
			if err := p.column(t); err != nil {
				return err
			}
		}
	}
}

func (p *dbmlParser) column(t *dbmlTable) error {
	name := p.take()
	if name.kind != 'w' {
		return p.fail(name, "expected a column of %s, found %q", t.name, name.text)
	}
	c := &dbmlColumn{name: name.text, at: p.pos(name)}
	if p.peek().kind != 'w' {
		return p.fail(p.peek(), "column %q of %s has no type", c.name, t.name)
	}
	parts := p.dotted()
	c.typ = parts[len(parts)-1]
	if p.accept("(") {
		c.typ += "("
		for !p.is(")") {
			if p.done() || p.peek().kind == 'n' {
				return p.fail(name, "the type of %q is not closed with )", c.name)
			}
			c.typ += p.take().text
		}
		p.i++
		c.typ += ")"
	}
	for p.accept("[") { // arrays
		if !p.accept("]") {
			p.i--
			break
		}
		c.typ += "[]"
	}
	t.columns = append(t.columns, c)
	// Words after the type, before the settings, are an old way to write them.
	for p.is("pk") || p.is("unique") {
		c.pk = c.pk || p.is("pk")
		c.unique = c.unique || p.is("unique")
		p.i++
	}
	if !p.is("[") {
		if p.peek().kind != 'n' && !p.is("}") {
			return p.fail(p.peek(), "unexpected %q after column %q", p.peek().text, c.name)
		}
		return nil
	}
	set, err := p.settings()
	if err != nil {
		return err
	}
	c.pk, c.unique, c.notNull = c.pk || set.pk, c.unique || set.unique, set.notNull
	c.note, c.def, c.defKind = set.note, set.def, set.defKind
	for _, r := range set.refs {
		r.from = dbmlEnd{table: t.name, columns: []string{c.name}}
		p.refs = append(p.refs, r)
	}
	return nil
}

type dbmlSettings struct {
	pk, unique, notNull bool
	note, def, method   string
	defKind             byte
	onDelete            string
	refs                []*dbmlRef
}

// settings reads [a, b: c, …].
func (p *dbmlParser) settings() (dbmlSettings, error) {
	var s dbmlSettings
	open := p.take()
	for {
		p.lines()
		if p.accept("]") {
			return s, nil
		}
		if p.done() {
			return s, p.fail(open, "the settings are not closed with ]")
		}
		if p.accept(",") {
			continue
		}
		key := p.take()
		switch strings.ToLower(key.text) {
		case "pk":
			s.pk = true
		case "primary":
			p.accept("key")
			s.pk = true
		case "unique":
			s.unique = true
		case "not":
			p.accept("null")
			s.notNull = true
		case "null", "increment":
		case "ref":
			if err := p.expect(":"); err != nil {
				return s, err
			}
			sign := p.take()
			if !slices.Contains([]string{">", "<", "-", "<>"}, sign.text) {
				return s, p.fail(sign, "a reference is >, <, - or <>, not %q", sign.text)
			}
			end, err := p.end()
			if err != nil {
				return s, err
			}
			s.refs = append(s.refs, &dbmlRef{at: p.pos(key), to: end, sign: sign.text})
		default:
			if !p.accept(":") {
				continue // a setting without a value that means nothing here
			}
			v := p.take()
			if v.text == "-" && v.kind == 'p' {
				n := p.take()
				v = dbmlToken{"-" + n.text, n.kind, v.line, v.col}
			}
			for p.is(".") { // a decimal number
				p.i++
				v.text += "." + p.take().text
			}
			switch strings.ToLower(key.text) {
			case "note":
				s.note = v.text
			case "default":
				s.def, s.defKind = v.text, v.kind
			case "type":
				s.method = strings.ToLower(v.text)
			case "delete":
				s.onDelete = strings.ToLower(v.text)
				for p.peek().kind == 'w' {
					s.onDelete += "_" + strings.ToLower(p.take().text)
				}
			}
			for !p.done() && p.peek().kind == 'w' { // further words of a value, as in "update: no action"
				p.i++
			}
		}
	}
}

// end reads table.column or table.(a, b).
func (p *dbmlParser) end() (dbmlEnd, error) {
	at := p.peek()
	parts := p.dotted()
	if p.is(".") {
		p.i++
	}
	var e dbmlEnd
	if p.accept("(") {
		for !p.accept(")") {
			if p.done() {
				return e, p.fail(at, "the columns of the reference are not closed with )")
			}
			if t := p.take(); t.kind == 'w' {
				e.columns = append(e.columns, t.text)
			}
		}
		e.table = parts[len(parts)-1]
		return e, nil
	}
	if len(parts) < 2 {
		return e, p.fail(at, "a reference names table and column, as in users.id")
	}
	e.table, e.columns = parts[len(parts)-2], parts[len(parts)-1:]
	return e, nil
}

func (p *dbmlParser) ref(at dbmlToken) error {
	if !p.is(":") && !p.is("{") {
		p.i++ // its name
	}
	long := p.accept("{")
	if !long {
		if err := p.expect(":"); err != nil {
			return err
		}
	}
	for {
		p.lines()
		if long && p.accept("}") {
			return nil
		}
		if p.done() {
			return p.fail(at, "the reference is not complete")
		}
		from, err := p.end()
		if err != nil {
			return err
		}
		sign := p.take()
		if !slices.Contains([]string{">", "<", "-", "<>"}, sign.text) {
			return p.fail(sign, "a reference is >, <, - or <>, not %q", sign.text)
		}
		to, err := p.end()
		if err != nil {
			return err
		}
		r := &dbmlRef{at: p.pos(at), from: from, to: to, sign: sign.text}
		if p.is("[") {
			set, err := p.settings()
			if err != nil {
				return err
			}
			r.onDelete = set.onDelete
		}
		p.refs = append(p.refs, r)
		if !long {
			return nil
		}
	}
}

func (p *dbmlParser) enum() error {
	parts := p.dotted()
	name := parts[len(parts)-1]
	open := p.peek()
	if err := p.expect("{"); err != nil {
		return err
	}
	for {
		p.lines()
		if p.accept("}") {
			return nil
		}
		if p.done() {
			return p.fail(open, "the enum %q is not closed with }", name)
		}
		v := p.take()
		p.enums[name] = append(p.enums[name], v.text)
		if p.is("[") {
			if _, err := p.settings(); err != nil {
				return err
			}
		}
	}
}

func (p *dbmlParser) indexes(t *dbmlTable) error {
	p.i++ // {
	for {
		p.lines()
		if p.accept("}") {
			return nil
		}
		if p.done() {
			return p.fail(p.peek(), "the indexes of %s are not closed with }", t.name)
		}
		var ix dbmlIndex
		expr := false
		if p.accept("(") {
			for !p.accept(")") {
				if p.done() {
					return p.fail(p.peek(), "the index of %s is not closed with )", t.name)
				}
				switch tok := p.take(); tok.kind {
				case 'w':
					ix.fields = append(ix.fields, tok.text)
				case 'e':
					expr = true
				}
			}
		} else {
			tok := p.take()
			ix.fields, expr = []string{tok.text}, tok.kind == 'e'
		}
		if p.is("[") {
			set, err := p.settings()
			if err != nil {
				return err
			}
			ix.unique, ix.pk, ix.method = set.unique, set.pk, set.method
		}
		if !expr {
			t.indexes = append(t.indexes, ix)
		}
	}
}
