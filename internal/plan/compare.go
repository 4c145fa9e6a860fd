package plan

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
)

// alteration is what changes in one table that both graphs have.
type alteration struct {
	d        *differ
	from, to *schema.Table
	direct   bool

	added    []*schema.Column
	dropped  []*schema.Column
	modified []*columnChange
	swaps    []*columnChange // columns replaced by new ones
	remade   []*columnChange // columns dropped and added again under their name: generated columns
	dropIdx  []*schema.Index
	addIdx   []*schema.Index
	swapIdx  []indexPair // same name, another definition
	nameIdx  []indexPair // same definition, another name
	dropFK   []*schema.ForeignKey
	addFK    []*schema.ForeignKey
	dropCk   []*schema.Check
	addCk    []*schema.Check
	pk       bool // the primary key changes
	comments []string
	undone   []string // the inverse of comments
	renames  [][3]string
	// clauses are the brief actions that make one ALTER TABLE, each with its inverse.
	clauses []clause
	// before and after are actions that cannot share a statement with those.
	before, after []clause
	later         []*Step // after those
}

type indexPair struct{ from, to *schema.Index }

type clause struct {
	up, down string
	what     string
	change   schema.Change
	hazards  []Hazard
	allow    []Allow
}

// columnChange is a column that both tables have.
type columnChange struct {
	from, to  *schema.Column
	kind      schema.ChangeKind
	identity  bool // gets, loses or changes its identity
	collation bool
	cost      cost // of the change of type
	base      bool // the type became another one, not only another length
}

// compare finds what changes in a table. Atlas's differ is asked about everything it sees right; the rest is taken
// out of its sight first.
func (d *differ) compare(from, to *schema.Table) (*alteration, error) {
	a := &alteration{d: d, from: from, to: to, direct: d.direct(to)}
	if err := a.partition(); err != nil {
		return nil, err
	}
	if err := a.columns(); err != nil {
		return nil, err
	}
	t1, t2 := *from, *to
	t1.Columns, t2.Columns = nil, nil
	changes, err := postgres.DefaultDiff.TableDiff(&t1, &t2, schema.DiffNormalized())
	if err != nil {
		return nil, fmt.Errorf("planning table %q: %w", to.Name, err)
	}
	for _, c := range changes {
		switch c := c.(type) {
		case *schema.ModifyAttr, *schema.AddAttr, *schema.DropAttr:
			// comments are compared by us
		case *schema.AddIndex:
			a.addIdx = append(a.addIdx, c.I)
		case *schema.DropIndex:
			a.dropIdx = append(a.dropIdx, c.I)
		case *schema.ModifyIndex:
			if c.Change&^schema.ChangeComment != schema.NoChange {
				a.swapIdx = append(a.swapIdx, indexPair{c.From, c.To})
			}
		case *schema.AddForeignKey:
			a.addFK = append(a.addFK, c.F)
		case *schema.DropForeignKey:
			a.dropFK = append(a.dropFK, c.F)
		case *schema.ModifyForeignKey:
			a.dropFK, a.addFK = append(a.dropFK, c.From), append(a.addFK, c.To)
		case *schema.AddCheck:
			a.addCk = append(a.addCk, c.C)
		case *schema.DropCheck:
			a.dropCk = append(a.dropCk, c.C)
		case *schema.ModifyCheck:
			a.dropCk, a.addCk = append(a.dropCk, c.From), append(a.addCk, c.To)
		case *schema.AddPrimaryKey, *schema.DropPrimaryKey, *schema.ModifyPrimaryKey:
			a.pk = true
		default:
			return nil, &RefusedError{Object: "table " + to.Name, Reason: fmt.Sprintf("the change %T is not known", c)}
		}
	}
	a.reparse()
	a.sameUnderAnotherName()
	a.takeSwapped()
	a.tableComments()
	a.columnAmbiguities()
	return a, nil
}

// partition refuses what would need the table to be made anew.
func (a *alteration) partition() error {
	p1, ok1 := attr[*postgres.Partition](a.from.Attrs)
	p2, ok2 := attr[*postgres.Partition](a.to.Attrs)
	if ok1 == ok2 && (!ok1 || partitionText(p1) == partitionText(p2)) {
		return nil
	}
	return &RefusedError{
		Object: "table " + a.to.Name,
		Reason: "its partitioning changes, which PostgreSQL cannot do in place",
		Fix:    "create a table under a new name, copy the rows and swap the two",
	}
}

func partitionText(p *postgres.Partition) string {
	s := strings.ToUpper(p.T)
	for _, part := range p.Parts {
		if part.C != nil {
			s += " " + ident(part.C.Name)
		} else if x, ok := part.X.(*schema.RawExpr); ok {
			s += " " + wrapped(x.X)
		}
	}
	return s
}

// columns compares the columns.
func (a *alteration) columns() error {
	for _, c := range a.from.Columns {
		if _, ok := a.to.Column(c.Name); !ok {
			a.dropped = append(a.dropped, c)
		}
	}
	for _, c := range a.to.Columns {
		old, ok := a.from.Column(c.Name)
		if !ok {
			a.added = append(a.added, c)
			continue
		}
		cc, err := a.column(old, c)
		if err != nil {
			return err
		}
		if cc == nil {
			continue
		}
		if cc.kind.Is(schema.ChangeGenerated) {
			if _, ok := attr[*schema.GeneratedExpr](c.Attrs); ok {
				a.remade = append(a.remade, cc)
				continue
			}
		}
		if cc.kind.Is(schema.ChangeType) && cc.cost != free && !a.d.mayRewrite(a.to, c.Name) {
			if why := a.unswappable(cc); why != "" {
				return a.refuseRewrite(cc, why)
			}
			a.swaps = append(a.swaps, cc)
			continue
		}
		a.modified = append(a.modified, cc)
	}
	return nil
}

// column compares one column; nil means no change.
func (a *alteration) column(from, to *schema.Column) (*columnChange, error) {
	if alikeAtSight(from, to) {
		return nil, nil
	}
	cc := &columnChange{from: from, to: to}
	g1, ok1 := attr[*schema.GeneratedExpr](from.Attrs)
	g2, ok2 := attr[*schema.GeneratedExpr](to.Attrs)
	if ok1 != ok2 || ok1 && wrapped(g1.Expr) != wrapped(g2.Expr) {
		cc.kind |= schema.ChangeGenerated
	}
	if from.Type.Null != to.Type.Null {
		cc.kind |= schema.ChangeNull
	}
	if differs(identityText(from), identityText(to)) {
		cc.kind |= schema.ChangeAttr
		cc.identity = true
	}
	// Atlas compares types, defaults and the rest; what it would refuse or misread is taken off on copies.
	f, t := bare(from), bare(to)
	change, err := tableOf(a.from, f, t)
	if err != nil {
		return nil, fmt.Errorf("planning column %s.%s: %w", a.to.Name, to.Name, err)
	}
	cc.kind |= change &^ schema.ChangeComment
	changed, err := typeChanged(from.Type.Type, to.Type.Type)
	if err != nil {
		return nil, fmt.Errorf("planning column %s.%s: %w", a.to.Name, to.Name, err)
	}
	if changed {
		cc.kind |= schema.ChangeType
	}
	if collation(from) != collation(to) {
		cc.kind |= schema.ChangeType
		cc.collation = true
	}
	if cc.kind.Is(schema.ChangeType) {
		cc.cost, cc.base = conversion(from, to)
		if g1 != nil && g2 != nil {
			cc.kind |= schema.ChangeGenerated // made anew, with its new type
		}
	}
	if cc.kind.Is(schema.NoChange) {
		return nil, nil
	}
	return cc, nil
}

// alikeAtSight says that two columns are the same without asking anybody: nearly all of them are.
func alikeAtSight(from, to *schema.Column) bool {
	if from.Type.Null != to.Type.Null || !reflect.DeepEqual(from.Default, to.Default) {
		return false
	}
	for _, c := range []*schema.Column{from, to} {
		for _, a := range c.Attrs {
			if _, ok := a.(*schema.Comment); !ok {
				return false
			}
		}
	}
	switch f := from.Type.Type.(type) {
	case *schema.StringType:
		t, ok := to.Type.Type.(*schema.StringType)
		return ok && f.T == t.T && f.Size == t.Size
	case *schema.IntegerType:
		t, ok := to.Type.Type.(*schema.IntegerType)
		return ok && f.T == t.T
	case *schema.UUIDType, *schema.BoolType, *schema.JSONType:
		return reflect.DeepEqual(from.Type.Type, to.Type.Type)
	}
	return false
}

func differs(a, b string) bool { return a != b }

// tableOf asks Atlas about one column.
func tableOf(t *schema.Table, from, to *schema.Column) (schema.ChangeKind, error) {
	t1 := &schema.Table{Name: t.Name, Columns: []*schema.Column{from}}
	t2 := &schema.Table{Name: t.Name, Columns: []*schema.Column{to}}
	changes, err := postgres.DefaultDiff.TableDiff(t1, t2, schema.DiffNormalized())
	if err != nil {
		return schema.NoChange, err
	}
	for _, c := range changes {
		if m, ok := c.(*schema.ModifyColumn); ok {
			return m.Change, nil
		}
	}
	return schema.NoChange, nil
}

// bare is the column without generation and identity.
func bare(c *schema.Column) *schema.Column {
	n := *c
	n.Attrs = nil
	for _, a := range c.Attrs {
		switch a.(type) {
		case *schema.GeneratedExpr, *postgres.Identity:
		default:
			n.Attrs = append(n.Attrs, a)
		}
	}
	return &n
}

func collation(c *schema.Column) string {
	if a, ok := attr[*schema.Collation](c.Attrs); ok {
		return a.V
	}
	return ""
}

// identityText describes an identity with its defaults filled in; "" for none.
func identityText(c *schema.Column) string {
	id, ok := attr[*postgres.Identity](c.Attrs)
	if !ok {
		return ""
	}
	gen, start, inc := identityOf(id)
	return fmt.Sprintf("%s %d %d", gen, start, inc)
}

func identityOf(id *postgres.Identity) (gen string, start, inc int64) {
	gen, start, inc = "BY DEFAULT", 1, 1
	if id.Generation != "" {
		gen = strings.ToUpper(id.Generation)
	}
	if s := id.Sequence; s != nil {
		if s.Start != 0 {
			start = s.Start
		}
		if s.Increment != 0 {
			inc = s.Increment
		}
	}
	return gen, start, inc
}

// retyped says whether a column gets another base type, or goes: what was parsed or built against it cannot stay.
func (a *alteration) retyped(column string) bool {
	for _, cc := range a.modified {
		if cc.to.Name == column && cc.kind.Is(schema.ChangeType) && (cc.base || cc.collation) {
			return true
		}
	}
	return a.gone(column)
}

// gone says whether a column is dropped, for good or to be made anew.
func (a *alteration) gone(column string) bool {
	for _, cc := range a.remade {
		if cc.to.Name == column {
			return true
		}
	}
	return slices.ContainsFunc(a.dropped, func(c *schema.Column) bool { return c.Name == column })
}

// reparse takes off and puts back the checks, indexes and keys that would otherwise stand in the way of a column's
// new type, or keep an expression that was parsed against the old one.
func (a *alteration) reparse() {
	touched := func(uses func(column string) bool) bool {
		return slices.ContainsFunc(a.from.Columns, func(c *schema.Column) bool { return a.retyped(c.Name) && uses(c.Name) })
	}
	for _, ck := range a.from.Checks() {
		if slices.Contains(a.dropCk, ck) || !touched(func(c string) bool { return mentions(ck.Expr, c) }) {
			continue
		}
		for _, n := range a.to.Checks() {
			if n.Name == ck.Name && n.Name != "" {
				a.dropCk, a.addCk = append(a.dropCk, ck), append(a.addCk, n)
			}
		}
	}
	for _, idx := range a.from.Indexes {
		n, ok := a.to.Index(idx.Name)
		if !ok || slices.ContainsFunc(a.swapIdx, func(p indexPair) bool { return p.from == idx }) {
			continue
		}
		if touched(func(c string) bool { return indexParses(idx, c) || a.gone(c) && indexUses(idx, c) }) {
			a.swapIdx = append(a.swapIdx, indexPair{idx, n})
		}
	}
}

// sameUnderAnotherName finds indexes and constraints that only get another name.
func (a *alteration) sameUnderAnotherName() {
	for i := 0; i < len(a.dropIdx); i++ {
		old := a.dropIdx[i]
		j := slices.IndexFunc(a.addIdx, func(n *schema.Index) bool { return a.sameIndex(old, n) })
		if j < 0 {
			continue
		}
		a.nameIdx = append(a.nameIdx, indexPair{old, a.addIdx[j]})
		a.dropIdx, a.addIdx = slices.Delete(a.dropIdx, i, i+1), slices.Delete(a.addIdx, j, j+1)
		i--
	}
	for i := 0; i < len(a.dropCk); i++ {
		old := a.dropCk[i]
		j := slices.IndexFunc(a.addCk, func(n *schema.Check) bool {
			return n.Name != "" && old.Name != "" && n.Name != old.Name && wrapped(n.Expr) == wrapped(old.Expr)
		})
		if j < 0 || slices.ContainsFunc(a.from.Columns, func(c *schema.Column) bool { return a.retyped(c.Name) && mentions(old.Expr, c.Name) }) {
			continue
		}
		a.renames = append(a.renames, [3]string{"check", old.Name, a.addCk[j].Name})
		a.dropCk, a.addCk = slices.Delete(a.dropCk, i, i+1), slices.Delete(a.addCk, j, j+1)
		i--
	}
	for i := 0; i < len(a.dropFK); i++ {
		old := a.dropFK[i]
		j := slices.IndexFunc(a.addFK, func(n *schema.ForeignKey) bool { return n.Symbol != old.Symbol && a.sameFK(old, n) })
		if j < 0 {
			continue
		}
		a.renames = append(a.renames, [3]string{"foreign key", old.Symbol, a.addFK[j].Symbol})
		a.dropFK, a.addFK = slices.Delete(a.dropFK, i, i+1), slices.Delete(a.addFK, j, j+1)
		i--
	}
	if a.from.PrimaryKey != nil && a.to.PrimaryKey != nil && !a.pk && pkName(a.from) != pkName(a.to) {
		a.renames = append(a.renames, [3]string{"primary key", pkName(a.from), pkName(a.to)})
	}
}

// sameIndex says whether two indexes of different names are otherwise one.
func (a *alteration) sameIndex(old, n *schema.Index) bool {
	c1, ok1 := constraint(old)
	c2, ok2 := constraint(n)
	if ok1 != ok2 || ok1 && (c1 != old.Name || c2 != n.Name) {
		return false
	}
	for _, p := range old.Parts {
		if p.C != nil && a.retyped(p.C.Name) {
			return false
		}
	}
	if slices.ContainsFunc(a.from.Columns, func(c *schema.Column) bool { return a.retyped(c.Name) && indexUses(old, c.Name) }) {
		return false
	}
	o := *n
	o.Name = old.Name
	o.Attrs = slices.Clone(n.Attrs)
	for i, at := range o.Attrs {
		if c, ok := at.(*postgres.Constraint); ok && c.N == n.Name {
			o.Attrs[i] = &postgres.Constraint{N: old.Name, T: c.T}
		}
	}
	t1 := &schema.Table{Name: a.to.Name, Columns: a.from.Columns, Indexes: []*schema.Index{old}}
	t2 := &schema.Table{Name: a.to.Name, Columns: a.from.Columns, Indexes: []*schema.Index{&o}}
	changes, err := postgres.DefaultDiff.TableDiff(t1, t2, schema.DiffNormalized())
	if err != nil {
		return false
	}
	for _, c := range changes {
		if m, ok := c.(*schema.ModifyIndex); !ok || m.Change&^schema.ChangeComment != schema.NoChange {
			return false
		}
	}
	return true
}

func (a *alteration) sameFK(x, y *schema.ForeignKey) bool {
	action := func(o schema.ReferenceOption) schema.ReferenceOption {
		if o == "" {
			return schema.NoAction
		}
		return o
	}
	list := func(cs []*schema.Column) string {
		var b strings.Builder
		for _, c := range cs {
			b.WriteString(c.Name + "\x00")
		}
		return b.String()
	}
	return tableKey(x.RefTable) == tableKey(y.RefTable) && list(x.Columns) == list(y.Columns) &&
		list(x.RefColumns) == list(y.RefColumns) && action(x.OnDelete) == action(y.OnDelete) && action(x.OnUpdate) == action(y.OnUpdate)
}

// tableComments compares the comments of the table, its columns and its indexes, where the object stays.
func (a *alteration) tableComments() {
	say := func(kind, object, from, to string) {
		if from == to {
			return
		}
		a.comments = append(a.comments, commentOn(kind, object, to))
		a.undone = append(a.undone, commentOn(kind, object, from))
	}
	say("TABLE", qualified(a.to), commentOf(a.from.Attrs), commentOf(a.to.Attrs))
	for _, c := range a.to.Columns {
		old, ok := a.from.Column(c.Name)
		if ok && !a.gone(c.Name) && !a.swapped(c.Name) {
			say("COLUMN", qualified(a.to)+"."+ident(c.Name), commentOf(old.Attrs), commentOf(c.Attrs))
		}
	}
	for _, idx := range a.to.Indexes {
		old, ok := a.from.Index(idx.Name)
		for _, p := range a.nameIdx {
			if p.to == idx {
				old, ok = p.from, true
			}
		}
		if ok && !a.swapsIndex(idx) && !slices.ContainsFunc(a.swapIdx, func(p indexPair) bool { return p.to == idx }) {
			say("INDEX", inSchema(a.to.Schema, idx.Name), commentOf(old.Attrs), commentOf(idx.Attrs))
		}
	}
}
