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

// added says whether an action adds a constraint of a kind to a table in use, and works through its rows.
func added(p *pass, a *effect.Action, kind catalog.ConstraintKind) bool {
	return a.Op == effect.AddConstraint && a.ConKind == kind && p.hot(a.Table) && a.Refused == "" && a.Long()
}

// inTwoSteps is the fix for a constraint that can be added first and verified later.
func inTwoSteps(a *effect.Action) string {
	return steps(addConstraintSQL(a, notValid), "ALTER TABLE "+a.Table.String()+" VALIDATE CONSTRAINT "+ident(short(a.Name))+";")
}

var m104 = rule{
	Rule: lint.Rule{
		Code: "M104", Slug: "add-check-validated", Title: "CHECK constraint verified under a lock that blocks everything", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`ADD CONSTRAINT … CHECK` reads the whole table while it holds an AccessExclusive lock. `NOT VALID` is done at once; `VALIDATE CONSTRAINT`, in a later transaction, reads the table under a lock that lets reads and writes through.\n\nNot reported for a table made in the same batch, `NOT VALID`, and `NOT ENFORCED` (PostgreSQL 18).",
		FixText:   "ALTER TABLE {table} ADD CONSTRAINT {name} CHECK (…) NOT VALID; then, in a later file, ALTER TABLE {table} VALIDATE CONSTRAINT {name};",
		Source:    "PostgreSQL manual, ALTER TABLE, Notes; measured on 11 to 18",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if added(p, a, catalog.Check) {
			p.report(s, finding{object: a.Object, loc: a.Loc, state: true, fix: inTwoSteps(a), within: within2(a),
				message: fmt.Sprintf("%s is read from end to end while nothing else can read or write it.%s", a.Table, p.rows(a.Table))})
		}
	},
}

var m105 = rule{
	Rule: lint.Rule{
		Code: "M105", Slug: "add-fk-validated", Title: "foreign key verified under a lock that blocks writes on both tables", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`ADD FOREIGN KEY` holds a ShareRowExclusive lock on both tables and reads both while it verifies. `NOT VALID` is brief; `VALIDATE CONSTRAINT`, in a later transaction, lets writes through. Index the referencing columns first (S201).\n\nNot reported for a new referencing table, or a new nullable column without a default: the server verifies nothing then. Before PostgreSQL 18 a partitioned table cannot have a `NOT VALID` foreign key: add it to each partition.",
		FixText:   "ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (…) REFERENCES … NOT VALID; then, in a later file, ALTER TABLE {table} VALIDATE CONSTRAINT {name};",
		Source:    "PostgreSQL manual, ALTER TABLE, Notes; measured on 11 to 18",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if !added(p, a, catalog.ForeignKey) {
			return
		}
		fix := inTwoSteps(a)
		if a.Table.Kind == catalog.Partitioned && p.opt.Version < 18 {
			fix = "-- add the foreign key NOT VALID to each partition, VALIDATE each, and only then add it to " + a.Table.String()
		}
		p.report(s, finding{object: a.Object, loc: a.Loc, state: true, fix: fix, within: append(within2(a), a.Ref.String()),
			message: fmt.Sprintf("Writes to %s and %s wait while every row is looked up.%s%s", a.Table, a.Ref, p.rows(a.Table), p.rows(a.Ref))})
	},
}

// uniqueByIndex is the way to a unique or primary key constraint through an index built concurrently.
func uniqueByIndex(a *effect.Action, ix, kind string) []string {
	params := make([]*pg.Node, len(a.Columns))
	for i, c := range a.Columns {
		params[i] = &pg.Node{Node: &pg.Node_IndexElem{IndexElem: &pg.IndexElem{Name: c, Ordering: pg.SortByDir_SORTBY_DEFAULT, NullsOrdering: pg.SortByNulls_SORTBY_NULLS_DEFAULT}}}
	}
	n := &pg.IndexStmt{Idxname: ix, Relation: relation(a.Table), AccessMethod: "btree", IndexParams: params, Unique: true, Concurrent: true,
		NullsNotDistinct: a.Con.GetNullsNotDistinct()}
	for _, c := range a.Con.GetIncluding() {
		n.IndexIncludingParams = append(n.IndexIncludingParams, &pg.Node{Node: &pg.Node_IndexElem{IndexElem: &pg.IndexElem{Name: c.GetString_().GetSval(),
			Ordering: pg.SortByDir_SORTBY_DEFAULT, NullsOrdering: pg.SortByNulls_SORTBY_NULLS_DEFAULT}}})
	}
	return []string{online(indexSQL(n, func(*pg.IndexStmt) {})),
		"ALTER TABLE " + a.Table.String() + " ADD CONSTRAINT " + ident(short(a.Name)) + " " + kind + " USING INDEX " + ident(ix) + ";"}
}

var m106 = rule{
	Rule: lint.Rule{
		Code: "M106", Slug: "add-unique-inline", Title: "UNIQUE constraint built under a lock that blocks everything", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`ADD CONSTRAINT … UNIQUE` builds its index under an AccessExclusive lock. Build the index concurrently, then let the constraint adopt it: that is brief.\n\nNot reported for `USING INDEX` and for a table made in the same batch. To repair an adopted index use `REINDEX INDEX CONCURRENTLY`; it can no longer be dropped by itself.",
		FixText:   "CREATE UNIQUE INDEX CONCURRENTLY {index} …; then ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {index};",
		Source:    "PostgreSQL manual, ALTER TABLE, ADD table_constraint_using_index; measured on 11 to 18",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if added(p, a, catalog.Unique) {
			p.report(s, finding{object: a.Object, loc: a.Loc, state: true, within: within2(a),
				fix:     steps(uniqueByIndex(a, short("uq_"+a.Table.Name+"_"+strings.Join(a.Columns, "_")), "UNIQUE")...),
				message: fmt.Sprintf("Nothing can read or write %s until the unique index is built.%s", a.Table, p.rows(a.Table))})
		}
	},
}

var m107 = rule{
	Rule: lint.Rule{
		Code: "M107", Slug: "add-pk-inline", Title: "primary key built under a lock that blocks everything", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`ADD PRIMARY KEY` builds a unique index under an AccessExclusive lock, and reads the table once more where the columns may be null. Build the index concurrently, make the columns NOT NULL as M109 says, and adopt the index.",
		FixText:   "CREATE UNIQUE INDEX CONCURRENTLY …; NOT NULL as M109 says; ALTER TABLE {table} ADD CONSTRAINT {name} PRIMARY KEY USING INDEX {index};",
		Source:    "PostgreSQL manual, ALTER TABLE; measured on 11 to 18",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if !added(p, a, catalog.PrimaryKey) || a.UsingIndex {
			return
		}
		var files []string
		for _, c := range a.Columns {
			if !a.Table.Known || len(a.Scan) > 0 {
				files = append(files, notNullSteps(a.Table, c, p.opt.Version)...)
			}
		}
		p.report(s, finding{object: a.Object, loc: a.Loc, state: true, within: within2(a),
			fix:     steps(append(files, uniqueByIndex(a, short("pk_"+a.Table.Name), "PRIMARY KEY")...)...),
			message: fmt.Sprintf("Nothing can read or write %s until the key's index is built.%s", a.Table, p.rows(a.Table))})
	},
}

var m108 = rule{
	Rule: lint.Rule{
		Code: "M108", Slug: "add-exclusion", Title: "exclusion constraint built under a lock that blocks everything", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "An exclusion constraint builds its index under an AccessExclusive lock, and there is no form that does not: the index cannot be adopted. Make it part of a new table that is filled and swapped in, or build it when the traffic is low, under a lock_timeout.",
		FixText:   "a new table with the constraint, filled in batches and swapped in; or low traffic and a lock_timeout",
		Source:    "PostgreSQL manual, CREATE TABLE, EXCLUDE; measured on 11 to 18",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if added(p, a, catalog.Exclude) {
			p.report(s, finding{object: a.Object, loc: a.Loc, state: true, within: within2(a),
				fix:     "-- no online form: a new table with the constraint, filled in batches and swapped in",
				message: fmt.Sprintf("Nothing can read or write %s until the constraint's index is built.%s", a.Table, p.rows(a.Table))})
		}
	},
}

var m109 = rule{
	Rule: lint.Rule{
		Code: "M109", Slug: "set-not-null-scan", Title: "SET NOT NULL reads the table under a lock that blocks everything", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`SET NOT NULL` reads every row under an AccessExclusive lock. From PostgreSQL 12 a valid `CHECK (column IS NOT NULL)` spares the reading; that CHECK can be added `NOT VALID` and validated under a weak lock. From 18 `NOT NULL … NOT VALID` does it in two steps.\n\nNot reported where such a CHECK is valid, where the column is NOT NULL already, and for a table made in the same batch. A CHECK that is validated in the same batch but an earlier file counts as valid.",
		FixText:   "ADD CONSTRAINT {name} CHECK ({column} IS NOT NULL) NOT VALID; VALIDATE CONSTRAINT; SET NOT NULL; DROP CONSTRAINT, each in a file of its own (from 18: ADD CONSTRAINT {name} NOT NULL {column} NOT VALID; VALIDATE CONSTRAINT)",
		Source:    "PostgreSQL release notes 12 and 18; measured on 11 to 18", Aliases: []string{"MF104"}, Class: "data_depend",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		notNull := a.Op == effect.AddConstraint && a.ConKind == catalog.NotNull
		if a.Op != effect.SetNotNull && !notNull || len(a.Scan) == 0 || !p.hot(a.Table) {
			return
		}
		for _, c := range a.Columns {
			p.report(s, finding{object: a.Table.String() + "." + c, state: true, fix: steps(notNullSteps(a.Table, c, p.opt.Version)...),
				message: fmt.Sprintf("%s is read from end to end while nothing else can read or write it.%s", a.Table, p.rows(a.Table))})
		}
	},
}

var m124 = rule{
	Rule: lint.Rule{
		Code: "M124", Slug: "pk-using-index-nullable", Title: "primary key adopts an index on columns that may be null", Severity: lint.Warn, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`ADD PRIMARY KEY USING INDEX` is brief only where the columns are NOT NULL already; otherwise the server makes them so, and reads the whole table for it under an AccessExclusive lock.",
		FixText:   "make the columns NOT NULL first, as M109 says",
		Source:    "PostgreSQL manual, ALTER TABLE; measured on 11 to 18",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.AddConstraint || a.ConKind != catalog.PrimaryKey || !a.UsingIndex || len(a.Scan) == 0 || !p.hot(a.Table) {
			return
		}
		var files []string
		if k := a.Table.Constraint(a.Name); k != nil {
			for _, c := range slices.Compact(slices.Clone(k.Columns)) {
				files = append(files, notNullSteps(a.Table, c, p.opt.Version)...)
			}
		}
		p.report(s, finding{object: a.Object, loc: a.Loc, state: true, fix: steps(append(files, s.Text+";")...),
			message: fmt.Sprintf("The columns may be null, so %s is read from end to end while nothing else can read or write it.%s", a.Table, p.rows(a.Table))})
	},
}

var m123 = rule{
	Rule: lint.Rule{
		Code: "M123", Slug: "domain-constraint-validated", Title: "domain constraint verified under a lock on every table that uses it", Severity: lint.Warn, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`ALTER DOMAIN … ADD CONSTRAINT` and `SET NOT NULL` read every table with a column of the domain, under a Share lock. `NOT VALID`, and `VALIDATE CONSTRAINT` later, spreads that out.",
		FixText:   "ALTER DOMAIN {domain} ADD CONSTRAINT {name} … NOT VALID; then ALTER DOMAIN {domain} VALIDATE CONSTRAINT {name};",
		Source:    "PostgreSQL manual, ALTER DOMAIN; measured",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.DomainCheck || a.NotValid || a.Why == "new" {
			return
		}
		fix := "-- there is no NOT VALID form of SET NOT NULL: ADD CONSTRAINT … CHECK (VALUE IS NOT NULL) NOT VALID, then VALIDATE CONSTRAINT"
		if a.Con.GetContype() == pg.ConstrType_CONSTR_CHECK {
			name := a.Name
			if name == "" {
				name = "ck_" + a.Object
			}
			fix = steps("ALTER DOMAIN "+a.Object+" ADD CONSTRAINT "+ident(short(name))+" CHECK ("+exprSQL(a.Con.GetRawExpr())+") NOT VALID;",
				"ALTER DOMAIN "+a.Object+" VALIDATE CONSTRAINT "+ident(short(name))+";")
		}
		p.report(s, finding{object: a.Object, fix: fix, state: len(a.Scan) > 0,
			message: "Every table with a column of this domain is read from end to end, and writes to them wait."})
	},
}
