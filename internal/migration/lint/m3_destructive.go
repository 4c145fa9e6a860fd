package lint

import (
	"fmt"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/migration/lint/catalog"
	"github.com/plinth-go/plinth/internal/migration/lint/effect"
)

// allowed is the fix for what a person has to decide.
func allowed(code string, first string) string {
	return first + "\n-- plinth:allow " + code + " because nothing uses it since …"
}

const goes = "stop using it in a release before this one; then, above the statement:"

var m301 = rule{
	Rule: lint.Rule{
		Code: "M301", Slug: "drop-table", Title: "table dropped", Severity: lint.Error, Fix: lint.FixNone, Since: "0.1",
		Rationale: "The rows are gone, and clients of the release before fail. Stop using the table in one release, drop it in a later one, and say so in a suppression. Not reported for a table made in the same batch, and temporary ones.",
		FixText:   "expand and contract; -- plinth:allow M301 because …",
		Source:    "Atlas DS102", Aliases: []string{"DS102"}, Class: "destructive",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op == effect.DropTable && used(a.Table) {
			p.report(s, finding{object: a.Object, state: a.Table.Known, message: fmt.Sprintf("The rows of %s are gone, and whoever still uses it fails.%s", a.Table, p.rows(a.Table)), fix: allowed("M301", "-- "+goes)})
		}
	},
}

var m302 = rule{
	Rule: lint.Rule{
		Code: "M302", Slug: "drop-schema", Title: "schema or database dropped", Severity: lint.Error, Fix: lint.FixNone, Since: "0.1",
		Rationale: "Everything in it is gone. plinth itself never plans this. Not reported for a schema made in the same batch.",
		FixText:   "drop the objects one by one, each with a reason",
		Source:    "Atlas DS101", Aliases: []string{"DS101"}, Class: "destructive",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op == effect.DropDatabase || a.Op == effect.DropSchema && a.Why != "new" {
			p.report(s, finding{object: a.Object, message: "Everything in " + a.Object + " is gone.", fix: allowed("M302", "-- "+goes)})
		}
	},
}

var m303 = rule{
	Rule: lint.Rule{
		Code: "M303", Slug: "drop-column", Title: "column dropped", Severity: lint.Error, Fix: lint.FixNone, Since: "0.1",
		Rationale: "The values are gone, and clients of the release before name a column that is not there. Stop using it in one release, drop it in a later one. Not reported for a column or table made in the same batch, and generated columns, which hold nothing of their own.",
		FixText:   "expand and contract; -- plinth:allow M303 because …",
		Source:    "Atlas DS103", Aliases: []string{"DS103"}, Class: "destructive",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.DropColumn || !used(a.Table) || a.Column != nil && (a.Column.New || a.Column.Generated != 0) {
			return
		}
		p.report(s, finding{object: a.Object, state: a.Table.Known, message: fmt.Sprintf("The values of %s are gone, and whoever still names it fails.", a.Object), fix: allowed("M303", "-- "+goes)})
	},
}

var m304 = rule{
	Rule: lint.Rule{
		Code: "M304", Slug: "truncate", Title: "table emptied", Severity: lint.Error, Fix: lint.FixNone, Since: "0.1",
		Rationale: "All rows are gone, under an AccessExclusive lock; with CASCADE also those of every table that refers to it. Not reported for a table made in the same batch.",
		FixText:   "delete in batches, outside of the migration; or -- plinth:allow M304 because …",
		Source:    "PostgreSQL manual, TRUNCATE",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op == effect.Truncate && used(a.Table) {
			p.report(s, finding{object: a.Object, state: a.Table.Known, message: fmt.Sprintf("All rows of %s are gone.%s", a.Table, p.rows(a.Table)), fix: allowed("M304", "-- "+goes)})
		}
	},
}

var m305 = rule{
	Rule: lint.Rule{
		Code: "M305", Slug: "drop-object", Title: "view, type, function, sequence or extension dropped", Severity: lint.Error, Fix: lint.FixNone, Since: "0.1",
		Rationale: "Clients of the release before still name it. Not reported for what is made in the same batch, for what is made again under the same name later in the batch, and for triggers, rules and policies.",
		FixText:   "CREATE OR REPLACE where that is possible; else expand and contract",
		Source:    "house rule", Class: "destructive",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.DropObject || a.Why == "new" || a.Table != nil && a.Table.New || p.madeAgain(s, a) {
			return
		}
		switch a.Kind {
		case "view", "materialized view", "type", "domain", "function", "procedure", "routine", "sequence", "extension", "aggregate", "tablespace":
			p.report(s, finding{object: a.Object, message: fmt.Sprintf("Whoever still uses the %s %s fails.", a.Kind, a.Object), fix: allowed("M305", "-- "+goes)})
		}
	},
}

// madeAgain says whether a later statement of the batch makes an object of the same kind and name.
func (p *pass) madeAgain(s *stmt, a *effect.Action) bool {
	later := false
	for _, f := range p.files {
		for _, o := range f.stmts {
			if o == s {
				later = true
				continue
			}
			if later && strings.EqualFold(creates(o.Node), a.Kind+" "+a.Name) {
				return true
			}
		}
	}
	return false
}

// creates names what a statement makes, "view active_users"; empty for anything else.
func creates(n *pg.Node) string {
	last := func(kind string, names []string) string {
		_, name := catalog.Split(names)
		return kind + " " + name
	}
	switch {
	case n.GetViewStmt() != nil:
		return "view " + n.GetViewStmt().GetView().GetRelname()
	case n.GetCreateTableAsStmt() != nil:
		return "materialized view " + n.GetCreateTableAsStmt().GetInto().GetRel().GetRelname()
	case n.GetCreateFunctionStmt() != nil:
		kind := "function"
		if n.GetCreateFunctionStmt().GetIsProcedure() {
			kind = "procedure"
		}
		return last(kind, catalog.Strings(n.GetCreateFunctionStmt().GetFuncname()))
	case n.GetCreateEnumStmt() != nil:
		return last("type", catalog.Strings(n.GetCreateEnumStmt().GetTypeName()))
	case n.GetCompositeTypeStmt() != nil:
		return "type " + n.GetCompositeTypeStmt().GetTypevar().GetRelname()
	case n.GetCreateDomainStmt() != nil:
		return last("domain", catalog.Strings(n.GetCreateDomainStmt().GetDomainname()))
	case n.GetCreateSeqStmt() != nil:
		return "sequence " + n.GetCreateSeqStmt().GetSequence().GetRelname()
	case n.GetCreateExtensionStmt() != nil:
		return "extension " + n.GetCreateExtensionStmt().GetExtname()
	}
	return ""
}

var m306 = rule{
	Rule: lint.Rule{
		Code: "M306", Slug: "drop-not-null", Title: "column may hold nulls from now on", Severity: lint.Info, Fix: lint.FixNone, Since: "0.1",
		Rationale: "Clients that never met a null in this column may not be able to read one.",
		FixText:   "teach every reader first",
		Source:    "house rule",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op == effect.DropNotNull && used(a.Table) && (a.Column == nil || !a.Column.New) {
			p.report(s, finding{object: a.Object, message: "Readers of " + a.Object + " that never met a null may fail on one.", fix: "-- teach every reader first"})
		}
	},
}

var m307 = rule{
	Rule: lint.Rule{
		Code: "M307", Slug: "drop-constraint", Title: "constraint dropped", Severity: lint.Warn, Fix: lint.FixNone, Since: "0.1",
		Rationale: "What it kept out gets in from now on, and adding it again later may fail. Not reported for a constraint made in the same batch or made again later in it, nor for a CHECK that only said what NOT NULL says.",
		FixText:   "-- plinth:allow M307 because …",
		Source:    "Atlas CD101 for foreign keys", Aliases: []string{"CD101"}, Class: "condrop",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.DropConstraint || !used(a.Table) || p.addedAgain(s, a) {
			return
		}
		if k := a.Old; k != nil {
			if k.New {
				return
			}
			if k.Kind == catalog.Check && len(k.Columns) == 1 && a.Table.IsNotNull(k.Columns[0]) {
				t := &catalog.Table{Constraints: []*catalog.Constraint{k}}
				if c, _ := t.ChecksNotNull(k.Columns[0]); c != nil {
					return
				}
			}
			if k.Kind == catalog.Check && a.Table.Parent != nil {
				return // the bound says the same
			}
		}
		kind := string(a.ConKind)
		if kind == "" {
			kind = "constraint"
		}
		f := finding{object: a.Object, state: a.Old != nil, message: fmt.Sprintf("What the %s kept out of %s gets in from now on.", kind, a.Table), fix: allowed("M307", "-- "+goes)}
		if a.ConKind != catalog.ForeignKey {
			f.aliases = []string{}
		}
		p.report(s, f)
	},
}

// addedAgain says whether the batch later adds a constraint or unique index with the same name or columns.
func (p *pass) addedAgain(s *stmt, a *effect.Action) bool {
	later := false
	for _, f := range p.files {
		for _, o := range f.stmts {
			later = later || o == s
			if !later {
				continue
			}
			for _, b := range o.actions {
				if b.Op != effect.AddConstraint || b.Table != a.Table {
					continue
				}
				if b.Name == a.Name || b.ConKind == a.ConKind && a.Old != nil && strings.Join(b.Columns, ",") == strings.Join(a.Columns, ",") {
					return true
				}
			}
		}
	}
	return false
}

var m308 = rule{
	Rule: lint.Rule{
		Code: "M308", Slug: "cascade", Title: "CASCADE drops or empties what is not named", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`CASCADE` takes views, foreign keys and, for TRUNCATE, rows of other tables along, which nobody sees in the migration. Name each of them.",
		FixText:   "drop what depends on it by name, in statements of their own",
		Source:    "PostgreSQL manual, Dependency Tracking",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if !a.Cascade || a.Table != nil && a.Table.New {
			return
		}
		switch a.Op {
		case effect.DropTable, effect.DropSchema, effect.DropObject, effect.DropColumn, effect.DropConstraint, effect.DropIndex, effect.Truncate:
		default:
			return
		}
		if a.Why == "new" || a.Column != nil && a.Column.New {
			return
		}
		p.report(s, finding{object: a.Object, message: "Whatever depends on " + a.Object + " goes with it, unnamed.", fix: "-- the same without CASCADE, after a DROP of each dependent object by name"})
	},
}

var m309 = rule{
	Rule: lint.Rule{
		Code: "M309", Slug: "drop-default", Title: "default dropped from a column that needs a value", Severity: lint.Info, Fix: lint.FixNone, Since: "0.1",
		Rationale: "Clients that leave the column out of their INSERT fail from now on, because it is NOT NULL.",
		FixText:   "drop NOT NULL first, or keep the default until every client gives a value",
		Source:    "house rule",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op == effect.DropDefault && used(a.Table) && a.Column != nil && !a.Column.New && a.Column.NotNull && a.Column.Default != nil {
			p.report(s, finding{object: a.Object, state: true, message: "An INSERT without " + a.Object + " fails from now on.", fix: "-- keep the default until every client gives a value"})
		}
	},
}

var m310 = rule{
	Rule: lint.Rule{
		Code: "M310", Slug: "dml-without-where", Title: "every row changed or deleted", Severity: lint.Warn, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "An UPDATE or DELETE without WHERE is nearly always a mistake; where it is meant, it locks every row in one transaction. A backfill of a column made in the same batch is M504's. Not reported for a table made in the same batch or declared small.",
		FixText:   "add a WHERE, and batch",
		Source:    "house rule",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.Update && a.Op != effect.Delete || a.Where || a.Batched || !p.hot(a.Table) || fills(a) {
			return
		}
		p.report(s, finding{object: a.Object, state: a.Table.Known, message: fmt.Sprintf("Every row of %s is changed in one transaction.%s", a.Table, p.rows(a.Table)),
			fix: "-- add a WHERE; for many rows repeat it with WHERE id IN (SELECT id … LIMIT 1000)"})
	},
}

// fills says whether an UPDATE sets only columns made in the batch.
func fills(a *effect.Action) bool {
	if a.Op != effect.Update || len(a.Columns) == 0 {
		return false
	}
	for _, c := range a.Columns {
		if col := a.Table.Column(c); col == nil || !col.New {
			return false
		}
	}
	return true
}
