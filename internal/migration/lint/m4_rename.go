package lint

import (
	"fmt"

	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/migration/lint/effect"
)

var m401 = rule{
	Rule: lint.Rule{
		Code: "M401", Slug: "rename-table", Title: "table renamed or moved", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "Clients of the release before name a table that is not there. A view with the old name keeps them running. Not reported for a table made in the same batch, and only information where the batch makes such a view.",
		FixText:   "ALTER TABLE {table} RENAME TO {new}; CREATE VIEW {table} AS SELECT * FROM {new}; in one transaction",
		Source:    "Atlas BC101", Aliases: []string{"BC101"}, Class: "incompatible",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.RenameTable || !used(a.Table) {
			return
		}
		old, short := a.Object, a.Node.GetRenameStmt().GetRelation().GetRelname()
		if short == "" {
			short = a.Node.GetAlterObjectSchemaStmt().GetRelation().GetRelname()
		}
		f := finding{object: old, state: a.Table.Known, message: fmt.Sprintf("Whoever still names %s fails.", old),
			fix: s.Text + ";\nCREATE VIEW " + old + " AS SELECT * FROM " + a.Name + ";"}
		if p.madeAgain(s, &effect.Action{Kind: "view", Name: short}) {
			f.severity, f.message = lint.Info, fmt.Sprintf("A view keeps the name %s for the clients of the release before; drop it once they are gone.", old)
		}
		p.report(s, f)
	},
}

var m402 = rule{
	Rule: lint.Rule{
		Code: "M402", Slug: "rename-column", Title: "column renamed", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "Clients of the release before name a column that is not there. Add the new column, keep both alike with a trigger, switch the readers, drop the old one. In an Ent schema the field can be renamed and the column kept: StorageKey. Not reported for a column or table made in the same batch.",
		FixText:   "a new column, a trigger that keeps both alike, a backfill, the switch; or StorageKey in the Ent schema",
		Source:    "Atlas BC102", Aliases: []string{"BC102"}, Class: "incompatible",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.RenameColumn || !used(a.Table) || a.Column != nil && a.Column.New {
			return
		}
		typ := "…"
		if a.Column != nil && a.Column.Type.Name != "" {
			typ = a.Column.Type.String()
		}
		p.report(s, finding{object: a.Object, state: a.Column != nil, message: fmt.Sprintf("Whoever still names %s fails.", a.Object),
			fix: "-- keep the column's name: field.…(\"" + a.Name + "\").StorageKey(\"" + a.Columns[0] + "\"); or\n" +
				"ALTER TABLE " + a.Table.String() + " ADD COLUMN " + ident(a.Name) + " " + typ + ";\n-- then a trigger that keeps both alike, a backfill, and the switch"})
	},
}

var m403 = rule{
	Rule: lint.Rule{
		Code: "M403", Slug: "rename-object", Title: "schema, type, view, enum value or function renamed", Severity: lint.Error, Fix: lint.FixNone, Since: "0.1",
		Rationale: "Clients of the release before still use the old name. Names of indexes, constraints, triggers and policies matter to no client and are not reported; nor is what is made in the same batch.",
		FixText:   "make it under the new name beside the old one, switch, drop the old one",
		Source:    "house rule",
	},
	action: func(p *pass, s *stmt, a *effect.Action) {
		if a.Op != effect.RenameOther || a.Table != nil && a.Table.New {
			return
		}
		switch a.Kind {
		case "type", "domain", "attribute":
			if t := p.cat.Type("", a.Name); t != nil && t.New {
				return
			}
		case "schema":
			if p.cat.SchemaMade(a.Object) {
				return
			}
		case "function", "procedure", "routine":
			if p.cat.Made("function", a.Object) {
				return
			}
		case "view", "materialized view", "sequence", "enum value", "aggregate":
		default:
			return
		}
		p.report(s, finding{object: a.Object, message: fmt.Sprintf("Whoever still uses the %s %s fails.", a.Kind, a.Object), fix: "-- make it under the new name beside the old one, switch, drop the old one"})
	},
}
