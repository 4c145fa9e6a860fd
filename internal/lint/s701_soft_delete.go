package lint

import (
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
)

var s701 = &schemaRule{
	Rule: Rule{
		Code: "S701", Slug: "softdel-unique", Severity: Error, Fix: FixAuto, Since: "0.1",
		Title: "unique index that counts deleted rows",
		Rationale: "Whoever deletes a user and makes one with the same e-mail address gets a unique violation over a row nobody can see. The index has to leave deleted rows out. " +
			"One that foreign keys refer to must stay full, and one on values made by the database or client (a token, a second UUID) never repeats.",
		FixText: `entsql.IndexWhere("deleted_at IS NULL")`,
		Source:  "measured: 23505 when the row is inserted again; PostgreSQL manual, 11.8: a partial unique index",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			del := t.softDelete()
			if del == "" {
				continue
			}
			for _, i := range t.indexes {
				if !i.Unique || i.pk || slices.Contains(i.keys, del) || mentions(bare(i.predicate), del) || p.isTarget(t, i) || p.madeUp(t, i) {
					continue
				}
				where := del + " IS NULL"
				if c, ok := t.Column(del); ok && p.typeOf(c).fam == famBool {
					where = "NOT " + del
				}
				p.report(p.onIndex(t, i), p.pick(`entsql.IndexWhere("`+where+`")`, "CREATE UNIQUE INDEX uq_"+t.Table.Name+"_"+strings.Join(i.keys, "_")+" ON "+t.name+" ("+quoteAll(i.keys)+") WHERE "+where+";"),
					"%s counts the rows of %s that are deleted, so a value can never be used again", i.label(), t.name).fix(t.onlyLive(i, where)...)
			}
		}
	},
}

// onlyLive are the steps that make a unique index leave deleted rows out.
func (t *table) onlyLive(i *index, where string) []Edit {
	mark := `entsql.IndexWhere("` + where + `")`
	if e := i.step(Edit{Annotate: []string{mark}}); e != nil {
		return e
	}
	if f := t.field(i.keys[0]); len(i.keys) == 1 && f != nil && f.Unique {
		if e := t.builder(i.keys[0], Edit{Remove: []string{"Unique"}}); e != nil {
			return append(e, t.addIndex(i.keys, ".Unique().Annotations("+mark+")")...)
		}
	}
	return nil
}

// isTarget says that a foreign key refers to exactly these columns.
func (p *pass) isTarget(t *table, i *index) bool {
	return slices.ContainsFunc(t.refs, func(fk *schema.ForeignKey) bool { return sameSet(columnNames(fk.RefColumns), i.keys) })
}

// madeUp says that the values are generated, so that none comes twice.
func (p *pass) madeUp(t *table, i *index) bool {
	for _, k := range i.keys {
		c, ok := t.Column(k)
		if !ok || t.fkOn(k) {
			continue
		}
		f := t.field(k)
		if p.typeOf(c).fam == famUUID || identity(c) || p.typeOf(c).serial || f != nil && f.DefaultFunc || strings.Contains(defaultText(c), "(") || hasAny(words(k), "token", "hash", "digest", "checksum", "nonce") {
			return true
		}
	}
	return false
}

var s702 = &schemaRule{
	Rule: Rule{
		Code: "S702", Slug: "softdel-fk", Severity: Info, Fix: FixNone, Since: "0.1",
		Title:     "foreign key to a table whose rows are only marked deleted",
		Rationale: "The constraint is satisfied by a deleted parent, so children of deleted rows are there and each query decides what that means. It is information: what happens to the children belongs into the code that deletes.",
		FixText:   "delete the children together with the parent, in one transaction",
		Source:    "house rule",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, fk := range t.ForeignKeys {
				if parent := p.byTable[fk.RefTable]; parent != nil && parent.softDelete() != "" {
					p.report(p.onFK(t, fk), "", "%s (%s) is satisfied by a row of %s that is marked deleted", t.name, quoteAll(columnNames(fk.Columns)), parent.name)
				}
			}
		}
	},
}
