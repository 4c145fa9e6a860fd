package lint

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"

	"github.com/plinth-go/plinth/internal/migration/lint/catalog"
	"github.com/plinth-go/plinth/internal/migration/lint/effect"
	"github.com/plinth-go/plinth/internal/sqlparse"
)

// nextFile separates the files of a fix.
const nextFile = "-- next file"

// noTx heads a file that does not run in a transaction.
const noTx = "-- atlas:txmode none\n\n"

// steps joins the files of a fix.
func steps(files ...string) string { return strings.Join(files, "\n"+nextFile+"\n") }

// deployed joins files of which the later ones go out once the earlier ones are deployed.
func deployed(files ...string) string {
	return strings.Join(files, "\n"+nextFile+", after this one is deployed\n")
}

// online is a file of its own without a transaction.
func online(lines ...string) string { return noTx + strings.Join(lines, "\n") }

// lines is a file of statements.
func lines(l ...string) string { return strings.Join(l, "\n") }

// ident quotes a name where needed.
func ident(s string) string { return catalog.Display("", s) }

// idents quotes names and joins them.
func idents(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = ident(s)
	}
	return strings.Join(out, ", ")
}

// short cuts a name so that it fits PostgreSQL's 63 bytes.
func short(name string) string {
	const most = 63
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "")
}

// addConstraintSQL writes ALTER TABLE … ADD CONSTRAINT for a constraint, changed by edit.
func addConstraintSQL(a *effect.Action, edit func(*pg.Constraint)) string {
	con := proto.Clone(a.Con).(*pg.Constraint)
	if con.Conname == "" {
		con.Conname = short(a.Name)
	}
	edit(con)
	return sqlparse.Deparse(&pg.Node{Node: &pg.Node_AlterTableStmt{AlterTableStmt: &pg.AlterTableStmt{
		Relation: relation(a.Table), Objtype: pg.ObjectType_OBJECT_TABLE,
		Cmds: []*pg.Node{{Node: &pg.Node_AlterTableCmd{AlterTableCmd: &pg.AlterTableCmd{
			Subtype: pg.AlterTableType_AT_AddConstraint, Behavior: pg.DropBehavior_DROP_RESTRICT,
			Def: &pg.Node{Node: &pg.Node_Constraint{Constraint: con}},
		}}}},
	}}}) + ";"
}

// notValid turns a constraint into one that is not checked against the rows there are.
func notValid(con *pg.Constraint) { con.SkipValidation, con.InitiallyValid = true, false }

func relation(t *catalog.Table) *pg.RangeVar {
	schema := t.Schema
	if schema == "public" {
		schema = ""
	}
	return &pg.RangeVar{Schemaname: schema, Relname: t.Name, Inh: true, Relpersistence: "p"}
}

// typeSQL writes a type as the statement has it.
func typeSQL(def *pg.ColumnDef, to catalog.TypeRef) string {
	if def.GetTypeName() != nil && !to.Serial {
		sql := sqlparse.Deparse(&pg.Node{Node: &pg.Node_AlterTableStmt{AlterTableStmt: &pg.AlterTableStmt{
			Relation: &pg.RangeVar{Relname: "t", Inh: true}, Objtype: pg.ObjectType_OBJECT_TABLE,
			Cmds: []*pg.Node{{Node: &pg.Node_AlterTableCmd{AlterTableCmd: &pg.AlterTableCmd{Subtype: pg.AlterTableType_AT_AddColumn, Behavior: pg.DropBehavior_DROP_RESTRICT,
				Def: &pg.Node{Node: &pg.Node_ColumnDef{ColumnDef: &pg.ColumnDef{Colname: "c", TypeName: def.GetTypeName(), IsLocal: true}}}}}}},
		}}})
		if i := strings.Index(sql, "COLUMN c "); i > 0 {
			return sql[i+len("COLUMN c "):]
		}
	}
	return to.String()
}

// exprSQL writes an expression.
func exprSQL(n *pg.Node) string {
	sql := sqlparse.Deparse(&pg.Node{Node: &pg.Node_SelectStmt{SelectStmt: &pg.SelectStmt{
		TargetList:  []*pg.Node{{Node: &pg.Node_ResTarget{ResTarget: &pg.ResTarget{Val: n}}}},
		LimitOption: pg.LimitOption_LIMIT_OPTION_DEFAULT, Op: pg.SetOperation_SETOP_NONE,
	}}})
	return strings.TrimPrefix(sql, "SELECT ")
}

// indexSQL writes CREATE INDEX for a statement, changed by edit.
func indexSQL(s *pg.IndexStmt, edit func(*pg.IndexStmt)) string {
	cp := proto.Clone(s).(*pg.IndexStmt)
	edit(cp)
	sql := sqlparse.Deparse(&pg.Node{Node: &pg.Node_IndexStmt{IndexStmt: cp}})
	return strings.Replace(sql, " USING btree (", " (", 1) + ";"
}

// batches is how to change many rows a few at a time.
func batches(t *catalog.Table, set, where string) string {
	return "UPDATE " + t.String() + " SET " + set + "\n WHERE id IN (SELECT id FROM " + t.String() + " WHERE " + where + " LIMIT 1000);"
}

// notNullSteps makes a column NOT NULL without a long lock, as the server's version allows.
func notNullSteps(t *catalog.Table, col string, version int) []string {
	table, name := t.String(), ident(short("ck_"+t.Name+"_"+col+"_not_null"))
	if version >= 18 {
		return []string{
			"ALTER TABLE " + table + " ADD CONSTRAINT " + name + " NOT NULL " + ident(col) + " NOT VALID;",
			"ALTER TABLE " + table + " VALIDATE CONSTRAINT " + name + ";",
		}
	}
	return []string{
		"ALTER TABLE " + table + " ADD CONSTRAINT " + name + " CHECK (" + ident(col) + " IS NOT NULL) NOT VALID;",
		"ALTER TABLE " + table + " VALIDATE CONSTRAINT " + name + ";",
		"ALTER TABLE " + table + " ALTER COLUMN " + ident(col) + " SET NOT NULL;\nALTER TABLE " + table + " DROP CONSTRAINT " + name + ";",
	}
}
