package lint

import (
	"fmt"
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/migration/lint/catalog"
	"github.com/plinth-go/plinth/internal/migration/lint/effect"
)

var m501 = rule{
	Rule: lint.Rule{
		Code: "M501", Slug: "required-column", Title: "required column without a value for the rows there are", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`ADD COLUMN … NOT NULL` without a default fails as soon as the table has a row (23502), and clients of the release before do not fill the column. Not reported for a table made in the same batch, and for identity, serial and generated columns.",
		FixText:   "add a DEFAULT, or add the column nullable, backfill, and make it NOT NULL as M109 says",
		Source:    "Atlas MF103; PostgreSQL error 23502", Aliases: []string{"MF103"}, Class: "data_depend",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.AddColumn || !used(a.Table) || a.Refused != "" || !requiresValue(a.Def) || a.To.Serial {
			return
		}
		if hasConstraint(a.Def, pg.ConstrType_CONSTR_IDENTITY, pg.ConstrType_CONSTR_GENERATED) != nil {
			return
		}
		if k := hasConstraint(a.Def, pg.ConstrType_CONSTR_DEFAULT); k != nil && !k.GetRawExpr().GetAConst().GetIsnull() {
			return
		}
		if d := p.cat.Domain(a.To); d != nil && d.Default != nil {
			return
		}
		p.report(s, finding{object: a.Object, loc: a.Loc, state: a.Table.Known, fix: filled(p, a, typeSQL(a.Def, a.To), "", true),
			message: fmt.Sprintf("This fails as soon as %s has a row, and clients of the release before do not fill the column.", a.Table)})
	},
}

// allNew says whether all columns were made in the batch, so that no row has values that could clash.
func allNew(t *catalog.Table, columns []string) bool {
	for _, c := range columns {
		if col := t.Column(c); col == nil || !col.New {
			return false
		}
	}
	return len(columns) > 0
}

var m502 = rule{
	Rule: lint.Rule{
		Code: "M502", Slug: "unique-may-fail", Title: "unique index may fail on the rows there are", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "If two rows share the values, the migration fails (23505), after having blocked the table for the whole build. Look for duplicates first. Not reported for a table or columns made in the same batch, for `CONCURRENTLY` (which blocks nobody and can be repeated), and where the columns are known to be unique already.",
		FixText:   "before: SELECT {columns}, count(*) FROM {table} GROUP BY {columns} HAVING count(*) > 1;",
		Source:    "Atlas MF101; PostgreSQL error 23505", Aliases: []string{"MF101"}, Class: "data_depend",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		unique := a.Op == effect.CreateIndex && a.ConKind == catalog.Unique && !a.Concurrent ||
			a.Op == effect.AddConstraint && (a.ConKind == catalog.Unique || a.ConKind == catalog.PrimaryKey) && !a.UsingIndex
		if !unique || !a.Build || !used(a.Table) || a.Refused != "" || allNew(a.Table, a.Columns) || p.uniqueAlready(a) {
			return
		}
		cols := idents(a.Columns)
		where := ""
		if n := a.Node.GetIndexStmt().GetWhereClause(); n != nil {
			where = " WHERE " + exprSQL(n)
		}
		fix := "-- look for duplicates first"
		if cols != "" {
			fix += ":\nSELECT " + cols + ", count(*) FROM " + a.Table.String() + where + " GROUP BY " + cols + " HAVING count(*) > 1;"
		}
		object := a.Object
		if a.Op == effect.CreateIndex {
			object = qualified(a.Table, a.Name)
		}
		p.report(s, finding{object: object, loc: a.Loc, state: a.Table.Known, within: within2(a), fix: fix,
			message: fmt.Sprintf("This fails if two rows of %s share the values.", a.Table)})
	},
}

// uniqueAlready says whether a full unique index or key from before the statement lies within the columns.
func (p *pass) uniqueAlready(a *effect.Action) bool {
	for _, k := range a.Table.Constraints {
		if (k.Kind == catalog.Unique || k.Kind == catalog.PrimaryKey) && k.Name != a.Name && !k.New && subset(k.Columns, a.Columns) {
			return true
		}
	}
	for _, ix := range p.cat.Indexes(a.Table) {
		if ix.Unique && !ix.Partial && !ix.New && ix.Name != a.Name && subset(ix.Columns, a.Columns) {
			return true
		}
	}
	return false
}

func subset(part, whole []string) bool {
	for _, c := range part {
		if c == "" || !slices.Contains(whole, c) {
			return false
		}
	}
	return len(part) > 0
}

var m503 = rule{
	Rule: lint.Rule{
		Code: "M503", Slug: "constraint-may-fail", Title: "constraint may fail on the rows there are", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "If a row breaks the constraint the migration fails (23514, 23503, 23502, 23P01), after having blocked the table. Look for such rows first. Not reported for `NOT VALID` and the `VALIDATE` that follows it, which can be repeated, nor for a table or columns made in the same batch.",
		FixText:   "before: a query that finds the rows that break it",
		Source:    "PostgreSQL errors 23514, 23503, 23502; Atlas MF104",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if !used(a.Table) || a.Refused != "" || allNew(a.Table, a.Columns) {
			return
		}
		t := a.Table.String()
		query := ""
		switch {
		case a.Op == effect.SetNotNull && len(a.Scan) > 0:
			query = "SELECT count(*) FROM " + t + " WHERE " + ident(a.Columns[0]) + " IS NULL;"
		case a.Op != effect.AddConstraint || len(a.Scan) == 0 && a.ConKind != catalog.Exclude:
			return
		case a.ConKind == catalog.NotNull && len(a.Columns) > 0:
			query = "SELECT count(*) FROM " + t + " WHERE " + ident(a.Columns[0]) + " IS NULL;"
		case a.ConKind == catalog.Check:
			query = "SELECT count(*) FROM " + t + " WHERE NOT (" + exprSQL(a.Con.GetRawExpr()) + ");"
		case a.ConKind == catalog.ForeignKey:
			query = orphans(a)
		case a.ConKind == catalog.Exclude:
			query = "-- join " + t + " with itself on the operators of the constraint"
		default:
			return
		}
		p.report(s, finding{object: a.Object, loc: a.Loc, state: a.Table.Known, within: within2(a), fix: "-- look for rows that break it first:\n" + query,
			message: fmt.Sprintf("This fails if a row of %s breaks it.", a.Table)})
	},
}

// orphans is the query for rows whose foreign key leads nowhere.
func orphans(a *effect.Action) string {
	ref := catalog.Strings(a.Con.GetPkAttrs())
	if len(ref) == 0 {
		for _, k := range a.Ref.Constraints {
			if k.Kind == catalog.PrimaryKey {
				ref = k.Columns
			}
		}
	}
	if len(ref) != len(a.Columns) {
		return "-- rows of " + a.Table.String() + " that have no row in " + a.Ref.String()
	}
	var on, notNull []string
	for i, c := range a.Columns {
		on = append(on, "p."+ident(ref[i])+" = c."+ident(c))
		notNull = append(notNull, "c."+ident(c)+" IS NOT NULL")
	}
	return "SELECT count(*) FROM " + a.Table.String() + " c WHERE " + strings.Join(notNull, " AND ") +
		" AND NOT EXISTS (SELECT 1 FROM " + a.Ref.String() + " p WHERE " + strings.Join(on, " AND ") + ");"
}

var m504 = rule{
	Rule: lint.Rule{
		Code: "M504", Slug: "unbatched-backfill", Title: "many rows changed in one transaction", Severity: lint.Warn, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "An UPDATE or DELETE over a whole table locks its rows, bloats it and floods the WAL until it is done, and is undone as a whole when it fails. Change a bounded number of rows a statement, by primary key, and commit after each.\n\nNot reported for a table made in the same batch or declared small, or a condition on a key or with LIMIT.",
		FixText:   "batch by primary key, commit per batch",
		Source:    "house rule",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if !p.hot(a.Table) || a.Batched {
			return
		}
		switch a.Op {
		case effect.Update, effect.Delete:
			if !a.Where && !fills(a) {
				return // M310
			}
		case effect.Insert:
		default:
			return
		}
		p.report(s, finding{object: a.Object, state: a.Table.Known, fix: "-- repeat until it changes nothing, each time in a transaction of its own:\n--   … WHERE id IN (SELECT id FROM " + a.Table.String() + " WHERE … LIMIT 1000)",
			message: fmt.Sprintf("Every row this touches in %s stays locked until all are done.%s", a.Table, p.rows(a.Table))})
	},
}
