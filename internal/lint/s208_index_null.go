package lint

import "strings"

var s208 = &schemaRule{
	Rule: Rule{
		Code: "S208", Slug: "index-nullable", Severity: Off, Fix: FixNone, Since: "0.1",
		Title: "index on a nullable column without IS NOT NULL",
		Rationale: "Where most rows are NULL and no query asks for those, a predicate keeps them out of the index. Off by default: unique indexes, foreign keys, and queries for NULL need them, " +
			"and only the data says whether it pays.",
		FixText: `entsql.IndexWhere("{column} IS NOT NULL")`,
		Source:  "PostgreSQL manual, 11.8 Partial Indexes",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, i := range t.indexes {
				if i.Unique || i.constraint || i.predicate != "" || len(i.keys) == 0 || t.fkOn(i.keys[0]) {
					continue
				}
				if c, ok := t.Column(i.keys[0]); ok && c.Type != nil && c.Type.Null {
					p.report(p.onIndex(t, i), p.pick(`entsql.IndexWhere("`+c.Name+` IS NOT NULL")`, "CREATE INDEX … WHERE "+c.Name+" IS NOT NULL;"),
						"%s holds the rows of %s whose %s is null as well", i.Name, t.name, c.Name)
				}
			}
		}
	},
}

var s209 = &schemaRule{
	Rule: Rule{
		Code: "S209", Slug: "index-useless-predicate", Severity: Warn, Fix: FixAuto, Since: "0.1",
		Title:     "partial index whose predicate every row meets",
		Rationale: "IS NOT NULL on a column that cannot be null leaves no row out, but keeps the planner from using the index wherever it cannot prove the condition, and a foreign key's check from counting it.",
		FixText:   "remove the predicate",
		Source:    "PostgreSQL manual, 11.8 Partial Indexes",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, i := range t.indexes {
				if i.predicate == "" {
					continue
				}
				for _, cond := range conjuncts(i.predicate) {
					name, ok := strings.CutSuffix(cond, " is not null")
					if !ok {
						continue
					}
					for _, c := range t.Columns {
						if strings.EqualFold(c.Name, name) && c.Type != nil && !c.Type.Null {
							p.report(p.onIndex(t, i), p.pick("remove IndexWhere", "recreate "+i.Name+" without the predicate"),
								"%s keeps only rows whose %s is not null, and it never is", i.Name, c.Name)
						}
					}
				}
			}
		}
	},
}
