package erd

import (
	"io"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// DBML writes the tables, indexes and references in the database markup language of dbdiagram.io.
func DBML(w io.Writer, g *schemagraph.Graph) error {
	d := diagramOf(g)
	e := &errWriter{w: w}
	kind := "PostgreSQL"
	if g.Dialect == schemagraph.SQLite {
		kind = "SQLite"
	}
	e.printf("Project design {\n  database_type: '%s'\n}\n", kind)
	if g.Realm != nil {
		for _, s := range g.Realm.Schemas {
			for _, o := range s.Objects {
				if en, ok := o.(*schema.EnumType); ok {
					e.printf("\nEnum %s {\n", dbmlName(en.T))
					for _, v := range en.Values {
						e.printf("  %s\n", quoted(v))
					}
					e.printf("}\n")
				}
			}
		}
	}
	for _, t := range d.tables {
		e.printf("\nTable %s {\n", dbmlTable(t.name))
		for _, c := range t.columns {
			var set []string
			if c.pk && len(t.t.PrimaryKey.Parts) == 1 {
				set = append(set, "pk")
			}
			if !c.null && !c.pk {
				set = append(set, "not null")
			}
			switch x := c.c.Default.(type) {
			case *schema.Literal:
				set = append(set, "default: "+dbmlDefault(x.V))
			case *schema.RawExpr:
				set = append(set, "default: `"+strings.ReplaceAll(x.X, "`", "")+"`")
			}
			if c.comment != "" {
				set = append(set, "note: "+dbmlText(c.comment))
			}
			e.printf("  %s %s", dbmlName(c.name), dbmlType(c.typ))
			if len(set) > 0 {
				e.printf(" [%s]", strings.Join(set, ", "))
			}
			e.printf("\n")
		}
		dbmlIndexes(e, t)
		if t.comment != "" {
			e.printf("\n  Note: %s\n", dbmlText(t.comment))
		}
		e.printf("}\n")
	}
	if len(d.relations) > 0 {
		e.printf("\n")
	}
	for _, r := range d.relations {
		sign := ">"
		if r.unique {
			sign = "-"
		}
		e.printf("Ref %s: %s.%s %s %s.%s", dbmlName(r.symbol), dbmlTable(r.child.name), dbmlColumns(r.columns), sign, dbmlTable(r.parent.name), dbmlColumns(r.refs))
		if r.onDelete != "" {
			e.printf(" [delete: %s]", r.onDelete)
		}
		e.printf("\n")
	}
	return e.err
}

func dbmlIndexes(e *errWriter, t *table) {
	var lines []string
	if pk := t.t.PrimaryKey; pk != nil && len(pk.Parts) > 1 {
		lines = append(lines, dbmlParts(pk)+" [pk]")
	}
	for _, ix := range t.t.Indexes {
		set := []string{}
		if ix.Unique {
			set = append(set, "unique")
		}
		set = append(set, "name: "+dbmlText(ix.Name))
		for _, a := range ix.Attrs {
			switch x := a.(type) {
			case *postgres.IndexType:
				if m := strings.ToLower(x.T); m == "btree" || m == "hash" {
					set = append(set, "type: "+m)
				}
			case *postgres.IndexPredicate:
				set = append(set, "note: "+dbmlText("where "+x.P))
			}
		}
		lines = append(lines, dbmlParts(ix)+" ["+strings.Join(set, ", ")+"]")
	}
	if len(lines) == 0 {
		return
	}
	e.printf("\n  indexes {\n")
	for _, l := range lines {
		e.printf("    %s\n", l)
	}
	e.printf("  }\n")
}

func dbmlParts(ix *schema.Index) string {
	var cols []string
	for _, p := range ix.Parts {
		switch x := p.X.(type) {
		case *schema.RawExpr:
			cols = append(cols, "`"+strings.ReplaceAll(x.X, "`", "")+"`")
		default:
			if p.C != nil {
				cols = append(cols, dbmlName(p.C.Name))
			}
		}
	}
	return "(" + strings.Join(cols, ", ") + ")"
}

func dbmlName(s string) string {
	if simpleName.MatchString(s) {
		return s
	}
	return quoted(s)
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`"`, "'", "\n", " ").Replace(s) + `"`
}

// dbmlTable writes "schema.table" as two names.
func dbmlTable(s string) string {
	a, b, ok := strings.Cut(s, ".")
	if ok && a != "" && b != "" && !strings.Contains(b, ".") {
		return dbmlName(a) + "." + dbmlName(b)
	}
	return dbmlName(s)
}

func dbmlColumns(cols []string) string {
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = dbmlName(c)
	}
	if len(out) == 1 {
		return out[0]
	}
	return "(" + strings.Join(out, ", ") + ")"
}

func dbmlType(s string) string {
	base, args, ok := strings.Cut(s, "(")
	if simpleName.MatchString(base) && (!ok || strings.HasSuffix(args, ")") && strings.Trim(args, "0123456789, )") == "") {
		return strings.ReplaceAll(s, " ", "")
	}
	return quoted(s)
}

func dbmlDefault(v string) string {
	switch {
	case v == "true", v == "false", v == "null":
		return v
	case v != "" && strings.Trim(v, "0123456789.-") == "":
		return v
	}
	v = strings.TrimSuffix(strings.TrimPrefix(v, "'"), "'")
	return dbmlText(strings.ReplaceAll(v, "''", "'"))
}

func dbmlText(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", " ").Replace(s) + "'"
}
