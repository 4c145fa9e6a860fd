package lint

import (
	"fmt"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/migration/lint/catalog"
	"github.com/plinth-go/plinth/internal/migration/lint/effect"
)

// swap is the way to change a column's values or type without rewriting the table under a lock.
func swap(t *catalog.Table, col, typ string) string {
	table, tmp := t.String(), col+"_new"
	fn := ident(short("sync_" + t.Name + "_" + col))
	return deployed(lines(
		"ALTER TABLE "+table+" ADD COLUMN "+ident(tmp)+" "+typ+";",
		"CREATE FUNCTION "+fn+"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW."+ident(tmp)+" := NEW."+ident(col)+"; RETURN NEW; END $$;",
		"CREATE TRIGGER "+fn+" BEFORE INSERT OR UPDATE ON "+table+" FOR EACH ROW EXECUTE FUNCTION "+fn+"();"),
		"-- backfill, repeated until it changes nothing\n"+batches(t, ident(tmp)+" = "+ident(col), ident(tmp)+" IS NULL AND "+ident(col)+" IS NOT NULL"),
	) + "\n-- then let the application read " + ident(tmp) + ", and drop " + ident(col) + " with the trigger once nothing reads it"
}

var m110 = rule{
	Rule: lint.Rule{
		Code: "M110", Slug: "type-change-rewrite", Title: "type change rewrites the table under a lock that blocks everything", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "Most changes of a column's type write every row and every index anew under an AccessExclusive lock. Some do not, and are not reported: a longer or unlimited varchar, varchar to text, a greater numeric precision at the same scale, a domain without constraints over the same type, timestamp to timestamptz in a session whose time zone is UTC (reported as information). This is decided from the type the column has, not from the text.\n\nNot reported for a table or column made in the same batch.",
		FixText:   "expand and contract: a new column, a trigger that keeps both alike, a backfill in batches, and the switch",
		Source:    "PostgreSQL manual, ALTER TABLE, Notes; pg_cast; measured on 11 to 18",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.AlterType || !p.hot(a.Table) {
			return
		}
		f := finding{object: a.Object, loc: a.Loc, state: a.Sure}
		switch {
		case a.Rewrite:
			from := "its type"
			if a.From.Name != "" {
				from = a.From.String()
			}
			f.message = fmt.Sprintf("From %s to %s every row and index of %s is written anew while nothing else can read or write it.%s", from, a.To, a.Table, p.rows(a.Table))
			f.fix = swap(a.Table, a.Columns[0], typeSQL(a.Def, a.To))
		case a.UTCOnly:
			f.severity = lint.Info
			f.message = fmt.Sprintf("Without a rewrite only where the session's time zone is UTC; anywhere else every row of %s is written anew.", a.Table)
			f.fix = "SET LOCAL timezone = 'UTC';\n" + s.Text + ";"
		default:
			return
		}
		p.report(s, f)
	},
}

var m111 = rule{
	Rule: lint.Rule{
		Code: "M111", Slug: "type-change-scan", Title: "type or collation change reads the table or rebuilds indexes under a lock", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "A change that leaves the rows as they are may still make the server verify constraints anew and rebuild the column's indexes, under an AccessExclusive lock: a new collation, a type with another operator class, a column with a CHECK.\n\nNot reported where the column is known to have neither.",
		FixText:   "drop the index (CONCURRENTLY) before and build it again (CONCURRENTLY) after; drop the CHECK and add it again NOT VALID",
		Source:    "PostgreSQL manual, ALTER TABLE, Notes; measured",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.AlterType || a.Rewrite || !a.Build && len(a.Scan) == 0 || !p.hot(a.Table) {
			return
		}
		what := "the column's indexes are built anew"
		if !a.Build {
			what = "the column's CHECK is verified anew"
		}
		p.report(s, finding{object: a.Object, loc: a.Loc, state: a.Sure,
			message: fmt.Sprintf("The rows stay as they are, but %s while nothing else can read or write %s.%s", what, a.Table, p.rows(a.Table)),
			fix:     "-- before: DROP INDEX CONCURRENTLY the column's indexes, or drop its CHECK\n-- after: CREATE INDEX CONCURRENTLY, or ADD CONSTRAINT … NOT VALID and VALIDATE CONSTRAINT"})
	},
}

// filled is the way to a new column whose value cannot be given to the rows there are at once.
func filled(p *pass, a *effect.Action, typ, def string, notNull bool) string {
	t, col := a.Table, a.Columns[0]
	first := []string{"ALTER TABLE " + t.String() + " ADD COLUMN " + ident(col) + " " + typ + ";"}
	if def != "" {
		first = append(first, "ALTER TABLE "+t.String()+" ALTER COLUMN "+ident(col)+" SET DEFAULT "+def+";")
	}
	value := def
	if value == "" {
		value = "…"
	}
	files := []string{lines(first...), "-- backfill, repeated until it changes nothing\n" + batches(t, ident(col)+" = "+value, ident(col)+" IS NULL")}
	if notNull {
		files = append(files, notNullSteps(t, col, p.opt.Version)...)
	}
	return deployed(files...)
}

func hasConstraint(def *pg.ColumnDef, kinds ...pg.ConstrType) *pg.Constraint {
	for _, k := range def.GetConstraints() {
		for _, want := range kinds {
			if k.GetConstraint().GetContype() == want {
				return k.GetConstraint()
			}
		}
	}
	return nil
}

func requiresValue(def *pg.ColumnDef) bool {
	return hasConstraint(def, pg.ConstrType_CONSTR_NOTNULL, pg.ConstrType_CONSTR_PRIMARY) != nil
}

// addsRewriting says whether an action adds a column in a way that rewrites a table in use, for the reason why.
func addsRewriting(p *pass, a *effect.Action) bool {
	return a.Op == effect.AddColumn && a.Rewrite && p.hot(a.Table)
}

var m112 = rule{
	Rule: lint.Rule{
		Code: "M112", Slug: "add-column-volatile-default", Title: "column with a volatile default rewrites the table", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "A constant default, `now()` and every other stable or immutable expression is stored once and costs nothing (PostgreSQL 11 and later). A volatile one, such as `gen_random_uuid()` or `clock_timestamp()`, has to be computed for each row: the table is written anew under an AccessExclusive lock.\n\nA function of your own counts as what its definition says; one that was never seen counts as volatile, as the server takes one that does not say.",
		FixText:   "add the column nullable, SET DEFAULT, backfill in batches, then NOT NULL as M109 says",
		Source:    "PostgreSQL manual, ALTER TABLE, Notes; pg_proc.provolatile; measured on 11 to 18",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		switch a.Why {
		case "", "serial", "identity", "stored", "domain":
			return
		}
		if !addsRewriting(p, a) {
			return
		}
		def := ""
		if k := hasConstraint(a.Def, pg.ConstrType_CONSTR_DEFAULT); k != nil {
			def = exprSQL(k.GetRawExpr())
		}
		p.report(s, finding{object: a.Object, loc: a.Loc, state: a.Sure, fix: filled(p, a, typeSQL(a.Def, a.To), def, requiresValue(a.Def)),
			message: fmt.Sprintf("%s() gives another value for each row, so %s is written anew while nothing else can read or write it.%s", a.Why, a.Table, p.rows(a.Table))})
	},
}

var m113 = rule{
	Rule: lint.Rule{
		Code: "M113", Slug: "add-column-serial-or-identity", Title: "serial or identity column rewrites the table", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "Each row gets its number from a sequence, so the table is written anew under an AccessExclusive lock. Add a plain column and a sequence, backfill, and make the sequence the default.",
		FixText:   "ADD COLUMN … bigint; CREATE SEQUENCE; SET DEFAULT nextval(…); backfill in batches; NOT NULL as M109 says",
		Source:    "PostgreSQL manual, ALTER TABLE, Notes; measured on 11 to 18",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if !addsRewriting(p, a) || a.Why != "serial" && a.Why != "identity" {
			return
		}
		t, col := a.Table, a.Columns[0]
		seq := ident(short(t.Name + "_" + col + "_seq"))
		typ := "bigint"
		if a.To.Name == "int2" || a.To.Name == "int4" {
			typ = a.To.String()
		}
		fix := deployed(append([]string{lines("CREATE SEQUENCE "+seq+";", "ALTER TABLE "+t.String()+" ADD COLUMN "+ident(col)+" "+typ+";",
			"ALTER TABLE "+t.String()+" ALTER COLUMN "+ident(col)+" SET DEFAULT nextval('"+seq+"');"),
			"-- backfill, repeated until it changes nothing\n" + batches(t, ident(col)+" = nextval('"+seq+"')", ident(col)+" IS NULL")},
			notNullSteps(t, col, p.opt.Version)...)...)
		p.report(s, finding{object: a.Object, loc: a.Loc, state: true, fix: fix,
			message: fmt.Sprintf("Every row gets a number, so %s is written anew while nothing else can read or write it.%s", t, p.rows(t))})
	},
}

var m114 = rule{
	Rule: lint.Rule{
		Code: "M114", Slug: "stored-generated", Title: "stored generated column rewrites the table", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "`GENERATED ALWAYS AS (…) STORED` computes every row at once, under an AccessExclusive lock; so does `SET EXPRESSION` on such a column (PostgreSQL 17). A VIRTUAL column (18) costs nothing to add; before that use a plain column, a trigger and a backfill in batches.",
		FixText:   "a plain column, a trigger that fills it, a backfill in batches; from 18 GENERATED ALWAYS AS (…) VIRTUAL",
		Source:    "PostgreSQL manual, Generated Columns; measured on 12 to 18",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if !p.hot(a.Table) || !a.Rewrite || a.Op != effect.SetExpression && (a.Op != effect.AddColumn || a.Why != "stored") {
			return
		}
		fix := "-- a new column with the new expression, filled in batches, and the switch"
		if k := hasConstraint(a.Def, pg.ConstrType_CONSTR_GENERATED); k != nil {
			fix = generated(p, a, exprSQL(k.GetRawExpr()))
		}
		p.report(s, finding{object: a.Object, loc: a.Loc, state: true, fix: fix,
			message: fmt.Sprintf("The expression is computed for every row, so %s is written anew while nothing else can read or write it.%s", a.Table, p.rows(a.Table))})
	},
}

// generated is what to do instead of a stored generated column.
func generated(p *pass, a *effect.Action, expr string) string {
	t, col := a.Table, a.Columns[0]
	typ := typeSQL(a.Def, a.To)
	if p.opt.Version >= 18 {
		return "ALTER TABLE " + t.String() + " ADD COLUMN " + ident(col) + " " + typ + " GENERATED ALWAYS AS (" + expr + ") VIRTUAL;"
	}
	fn := ident(short("set_" + t.Name + "_" + col))
	return deployed(lines(
		"ALTER TABLE "+t.String()+" ADD COLUMN "+ident(col)+" "+typ+";",
		"CREATE FUNCTION "+fn+"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN SELECT "+expr+" INTO NEW."+ident(col)+" FROM (SELECT NEW.*) AS r; RETURN NEW; END $$;",
		"CREATE TRIGGER "+fn+" BEFORE INSERT OR UPDATE ON "+t.String()+" FOR EACH ROW EXECUTE FUNCTION "+fn+"();"),
		"-- backfill, repeated until it changes nothing\n"+batches(t, ident(col)+" = "+expr, ident(col)+" IS NULL"))
}

var m115 = rule{
	Rule: lint.Rule{
		Code: "M115", Slug: "add-column-constrained-domain", Title: "column of a domain with constraints rewrites the table", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "A new column whose type is a domain with a CHECK or NOT NULL makes the server write the table anew under an AccessExclusive lock, even without a default. A domain without constraints does not.",
		FixText:   "add the column with the domain's base type, and its CHECK as a constraint NOT VALID",
		Source:    "measured on 11 to 18",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if !addsRewriting(p, a) || a.Why != "domain" {
			return
		}
		base := a.To
		if d := p.cat.Domain(a.To); d != nil {
			base = d.Base
		}
		p.report(s, finding{object: a.Object, loc: a.Loc, state: true,
			fix: "ALTER TABLE " + a.Table.String() + " ADD COLUMN " + ident(a.Columns[0]) + " " + base.String() +
				";\n-- and the domain's CHECK as a constraint of the table: ADD CONSTRAINT … NOT VALID, then VALIDATE CONSTRAINT",
			message: fmt.Sprintf("The domain %s has constraints, so %s is written anew while nothing else can read or write it.%s", a.To, a.Table, p.rows(a.Table))})
	},
}

var m116 = rule{
	Rule: lint.Rule{
		Code: "M116", Slug: "add-column-with-inline-constraint", Title: "new column's constraint is verified or built under a lock that blocks everything", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "A CHECK, UNIQUE or PRIMARY KEY written on a new column, and a REFERENCES on one with a default, makes the server read the table or build an index under the AccessExclusive lock of ALTER TABLE. Add the column first, and the constraint by the way that does not block.\n\nNot reported for REFERENCES without a default: nothing is verified then.",
		FixText:   "ADD COLUMN alone; then the CHECK or foreign key NOT VALID and VALIDATE, or the unique index CONCURRENTLY",
		Source:    "PostgreSQL manual, ALTER TABLE; measured on 11 to 18",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.AddColumn || !a.Build && len(a.Scan) == 0 || !p.hot(a.Table) {
			return
		}
		p.report(s, finding{object: a.Object, loc: a.Loc, state: true, fix: splitColumn(a),
			message: fmt.Sprintf("The column's constraint makes the server work through %s while nothing else can read or write it.%s", a.Table, p.rows(a.Table))})
	},
}

// splitColumn adds a column first and its constraints after that.
func splitColumn(a *effect.Action) string {
	t, col := a.Table, a.Columns[0]
	first := "ALTER TABLE " + t.String() + " ADD COLUMN " + ident(col) + " " + typeSQL(a.Def, a.To)
	if k := hasConstraint(a.Def, pg.ConstrType_CONSTR_DEFAULT); k != nil {
		first += " DEFAULT " + exprSQL(k.GetRawExpr())
		if hasConstraint(a.Def, pg.ConstrType_CONSTR_NOTNULL) != nil {
			first += " NOT NULL"
		}
	}
	files := []string{first + ";"}
	for _, k := range a.Def.GetConstraints() {
		con := k.GetConstraint()
		b := &effect.Action{Table: t, Con: con, Columns: []string{col}, Name: con.GetConname()}
		named := func(suffix string) {
			if b.Name == "" {
				b.Name = short(t.Name + "_" + col + "_" + suffix)
			}
		}
		switch con.GetContype() {
		case pg.ConstrType_CONSTR_CHECK:
			named("check")
			files = append(files, strings.Split(inTwoSteps(b), "\n"+nextFile+"\n")...)
		case pg.ConstrType_CONSTR_FOREIGN:
			named("fkey")
			con.FkAttrs = []*pg.Node{{Node: &pg.Node_String_{String_: &pg.String{Sval: col}}}}
			files = append(files, strings.Split(inTwoSteps(b), "\n"+nextFile+"\n")...)
			con.FkAttrs = nil
		case pg.ConstrType_CONSTR_UNIQUE:
			named("key")
			files = append(files, uniqueByIndex(b, short("uq_"+t.Name+"_"+col), "UNIQUE")...)
		case pg.ConstrType_CONSTR_PRIMARY:
			named("pkey")
			files = append(files, notNullSteps(t, col, DefaultVersion)...)
			files = append(files, uniqueByIndex(b, short("pk_"+t.Name), "PRIMARY KEY")...)
		}
	}
	return steps(files...)
}
