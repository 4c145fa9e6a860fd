package plan

import (
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

func enums(s *schema.Schema) []*schema.EnumType {
	var out []*schema.EnumType
	for _, o := range s.Objects {
		if e, ok := o.(*schema.EnumType); ok {
			out = append(out, e)
		}
	}
	return out
}

func findEnum(g *schemagraph.Graph, in, name string) (*schema.EnumType, bool) {
	s, ok := g.Realm.Schema(in)
	if !ok {
		return nil, false
	}
	for _, e := range enums(s) {
		if e.T == name {
			return e, true
		}
	}
	return nil, false
}

func createEnum(e *schema.EnumType) string {
	vs := make([]string, len(e.Values))
	for i, v := range e.Values {
		vs[i] = str(v)
	}
	return "CREATE TYPE " + enumName(e) + " AS ENUM (" + strings.Join(vs, ", ") + ")"
}

func enumName(e *schema.EnumType) string { return inSchema(e.Schema, e.T) }

// planTypes creates, changes and drops enum types.
func (d *differ) planTypes() error {
	for _, s := range d.to.Realm.Schemas {
		for _, e := range enums(s) {
			old, ok := findEnum(d.from, s.Name, e.T)
			if !ok {
				d.tx(setUp, nil, fmt.Sprintf("create type %q", e.T), &Step{
					Up:     createEnum(e),
					Down:   []string{"DROP TYPE " + enumName(e)},
					Change: &schema.AddObject{O: e},
				})
				continue
			}
			if slices.Equal(old.Values, e.Values) {
				continue
			}
			if err := d.changeEnum(old, e); err != nil {
				return err
			}
		}
	}
	for _, s := range d.from.Realm.Schemas {
		for _, e := range enums(s) {
			if _, ok := findEnum(d.to, s.Name, e.T); !ok {
				d.tx(cleanUp, nil, fmt.Sprintf("drop type %q", e.T), &Step{
					Up:     "DROP TYPE " + enumName(e),
					Down:   []string{createEnum(e)},
					Change: &schema.DropObject{O: e},
					Allow:  []Allow{gone("M305", "type")},
				})
			}
		}
	}
	return nil
}

// changeEnum adds values where that is all there is to do, and else makes the type anew.
func (d *differ) changeEnum(from, to *schema.EnumType) error {
	if adds, ok := addedValues(from, to); ok {
		down, err := d.rebuildEnum(to, from, d.from)
		if err != nil {
			return err
		}
		for i, up := range adds {
			s := &Step{Up: up, Change: &schema.ModifyObject{From: from, To: to}}
			if i == 0 {
				s.Down = down
			}
			p := d.tx(extendEnums, nil, fmt.Sprintf("add to the values of type %q", to.T), s)
			p.key = enumName(to)
			p.why = []string{"The values can be used from the next file on. Undoing fails while rows hold them."}
		}
		return nil
	}
	for _, u := range d.enumUsers(from, d.from) {
		if !d.mayRewrite(u.t, u.c.Name) {
			return &RefusedError{
				Object: fmt.Sprintf("type %s", to.T),
				Reason: fmt.Sprintf("values are removed or reordered, which PostgreSQL can only do by rewriting %s.%s under a lock that blocks everything",
					u.t.Name, u.c.Name),
				Fix: fmt.Sprintf("keep the values, use a check instead of an enum type, or accept the rewrite with --rewrite %s.%s", u.t.Name, u.c.Name),
			}
		}
	}
	ups, err := d.rebuildEnum(from, to, d.from)
	if err != nil {
		return err
	}
	downs, err := d.rebuildEnum(to, from, d.from)
	if err != nil {
		return err
	}
	for i, up := range ups {
		s := &Step{Up: up, Change: &schema.ModifyObject{From: from, To: to}}
		if i == 0 {
			s.Down = downs
			s.Hazards = []Hazard{{"data", "fails when rows hold a value that is gone"}}
		}
		const why = "a type whose values go or move can only be made anew, which was accepted"
		switch {
		case i == 0:
			s.Allow = []Allow{{"M403", why}}
		case i == len(ups)-1:
			s.Allow = []Allow{{"M305", why}}
		case strings.HasPrefix(up, "ALTER TABLE") && strings.Contains(up, " TYPE "+enumName(to)):
			s.Allow = []Allow{{"M110", why}}
		}
		p := d.tx(extendEnums, nil, fmt.Sprintf("make type %q anew with its values changed", to.T), s)
		p.key = enumName(to)
	}
	return nil
}

// addedValues gives the statements that turn one list of values into another by adding alone.
func addedValues(from, to *schema.EnumType) ([]string, bool) {
	var (
		ups  []string
		next = 0 // of from
	)
	for i, v := range to.Values {
		if next < len(from.Values) && from.Values[next] == v {
			next++
			continue
		}
		if slices.Contains(from.Values, v) {
			return nil, false
		}
		up := "ALTER TYPE " + enumName(to) + " ADD VALUE " + str(v)
		switch {
		case next == len(from.Values):
		case i == 0:
			up += " BEFORE " + str(from.Values[0])
		default:
			up += " AFTER " + str(to.Values[i-1])
		}
		ups = append(ups, up)
	}
	return ups, next == len(from.Values)
}

// use is a column of an enum type.
type use struct {
	t     *schema.Table
	c     *schema.Column
	array bool
}

// enumUsers are the columns of a graph that have the type.
func (d *differ) enumUsers(e *schema.EnumType, in *schemagraph.Graph) []use {
	var out []use
	for _, t := range in.Tables() {
		for _, c := range t.Columns {
			switch typ := c.Type.Type.(type) {
			case *schema.EnumType:
				if typ.T == e.T && enumName(typ) == enumName(e) {
					out = append(out, use{t, c, false})
				}
			case *postgres.ArrayType:
				if el, ok := typ.Type.(*schema.EnumType); ok && enumName(el) == enumName(e) {
					out = append(out, use{t, c, true})
				}
			}
		}
	}
	return out
}

// rebuildEnum makes a type anew under the same name and moves the columns of a graph over to it. What the server
// parsed against the old type (defaults, checks, predicates) is taken off first and put back after.
func (d *differ) rebuildEnum(from, to *schema.EnumType, in *schemagraph.Graph) ([]string, error) {
	var (
		old   = *from
		out   []string
		after []string
	)
	old.T = fit(from.T, "__old")
	out = append(out, "ALTER TYPE "+enumName(from)+" RENAME TO "+ident(old.T), createEnum(to))
	for _, u := range d.enumUsers(from, in) {
		alter := "ALTER TABLE " + qualified(u.t) + " "
		off, on, err := parsedOn(u.t, u.c.Name)
		if err != nil {
			return nil, err
		}
		out = append(out, off...)
		name, cast := enumName(to), "::text::"
		if u.array {
			name, cast = name+"[]", "::text[]::"
		}
		clauses := []string{}
		if u.c.Default != nil {
			clauses = append(clauses, "ALTER COLUMN "+ident(u.c.Name)+" DROP DEFAULT")
		}
		clauses = append(clauses, "ALTER COLUMN "+ident(u.c.Name)+" TYPE "+name+" USING "+ident(u.c.Name)+cast+name)
		if u.c.Default != nil {
			def, err := defaultClause(u.t, u.c)
			if err != nil {
				return nil, err
			}
			clauses = append(clauses, "ALTER COLUMN "+ident(u.c.Name)+" SET DEFAULT "+def)
		}
		out = append(out, alter+strings.Join(clauses, ", "))
		after = append(after, on...)
	}
	out = append(out, after...)
	return append(out, "DROP TYPE "+enumName(&old)), nil
}

// parsedOn gives the statements that take off and put back what holds text parsed against a column's type.
func parsedOn(t *schema.Table, column string) (off, on []string, err error) {
	for _, ck := range t.Checks() {
		if ck.Name != "" && mentions(ck.Expr, column) {
			off = append(off, "ALTER TABLE "+qualified(t)+" DROP CONSTRAINT "+ident(ck.Name))
			on = append(on, "ALTER TABLE "+qualified(t)+" "+addCheck(ck, false))
		}
	}
	for _, idx := range t.Indexes {
		if !indexParses(idx, column) {
			continue
		}
		if _, ok := constraint(idx); ok {
			continue
		}
		up, err := createIndex(t, idx, false)
		if err != nil {
			return nil, nil, err
		}
		off = append(off, dropIndex(t, idx.Name, false))
		on = append(on, up)
		if c := commentOf(idx.Attrs); c != "" {
			on = append(on, commentOn("INDEX", inSchema(t.Schema, idx.Name), c))
		}
	}
	return off, on, nil
}
