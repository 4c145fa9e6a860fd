package lint

import (
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"
)

var s703 = &schemaRule{
	Rule: Rule{
		Code: "S703", Slug: "tenant-missing", Severity: Error, Fix: FixAuto, Since: "0.1", Intent: true,
		Title: "table without a tenant in a multi-tenant design",
		Rationale: "A table that does not say whose its rows are cannot be filtered, exported, deleted or protected by tenant. Tables that all tenants share are listed in the option `global`, or allowed one by one with the reason; " +
			"the table of tenants itself and the join tables that Ent makes are not judged.\n\nA design is multi-tenant when a field has the role of a tenant (mixin.Tenant), or the option `column` names the column.",
		FixText: "mixin.Tenant{}",
		Source:  "house rule",
		Options: []Option{
			{Name: "column", Doc: "the tenant's column, for a source that does not declare it"},
			{Name: "global", Doc: "tables that all tenants share"},
		},
	},
	needs: needTenancy,
	check: func(p *pass) {
		global := p.list("global")
		for _, t := range p.tables {
			if p.tenant(t) || p.isTenants(t) || slices.Contains(global, t.name) || slices.Contains(global, entityName(t)) || t.entity == nil && p.ent() {
				continue
			}
			p.report(p.onTable(t), p.pick("mixin.Tenant{}", "ALTER TABLE "+t.name+" ADD COLUMN "+p.tenancy+" uuid NOT NULL;"), "%s has no %s", t.name, p.tenancy).fix(p.tenantMixin(t)...)
		}
	},
}

func (p *pass) tenantMixin(t *table) []Edit {
	if t.entity == nil || !p.graph.Conventions || p.tenancy != "tenant_id" {
		return nil
	}
	return []Edit{{Entity: t.entity.Name, Mixin: "mixin.Tenant{}", Name: "mixin.Tenant"}}
}

// tenant says that the table has the tenant's column.
func (p *pass) tenant(t *table) bool {
	_, ok := t.Column(p.tenancy)
	return ok && p.tenancy != ""
}

// isTenants says that the table is the one of tenants: the tenant column refers to it, or is named after it.
func (p *pass) isTenants(t *table) bool {
	for _, fk := range t.refs {
		if len(fk.Columns) == 1 && fk.Columns[0].Name == p.tenancy {
			return true
		}
	}
	w := words(t.Table.Name)
	return len(w) > 0 && strings.TrimSuffix(p.tenancy, "_id") == singular(strings.Join(w, "_"))
}

var s704 = &schemaRule{
	Rule: Rule{
		Code: "S704", Slug: "tenant-not-leading", Severity: Error, Fix: FixAuto, Since: "0.1", Intent: true,
		Title: "unique index or index that does not begin with the tenant",
		Rationale: "Each query asks for one tenant, so an index that begins with it reads that tenant's rows only. A unique key without it lets one tenant find out, by a failed insert, what another has. " +
			"Not judged: values that are unique in the world by their making (a UUID, a token), and the index that a foreign key needs with its own column first (S201).",
		FixText: `index.Fields("tenant_id", …)`,
		Source:  "house rule; PostgreSQL manual, 11.3",
	},
	needs: needTenancy,
	check: func(p *pass) {
		for _, t := range p.tables {
			if !p.tenant(t) {
				continue
			}
			for _, i := range t.indexes {
				if i.pk || len(i.keys) > 0 && i.keys[0] == p.tenancy || i.method != "btree" {
					continue
				}
				if i.Unique && (p.madeUp(t, i) || p.isTarget(t, i)) || p.coversFK(t, i) || !i.Unique && p.servesForeign(t, i) {
					continue
				}
				p.report(p.onIndex(t, i), p.pick(`index.Fields("`+p.tenancy+`", …)`, "CREATE INDEX … ON "+t.name+" ("+quoteAll(append([]string{p.tenancy}, i.keys...))+");"),
					"%s (%s) of %s does not begin with %s", i.label(), quoteAll(i.parts), t.name, p.tenancy)
			}
		}
	},
}

// servesForeign says that the index begins with a foreign key's column.
func (p *pass) servesForeign(t *table, i *index) bool {
	return len(i.keys) == 1 && t.fkOn(i.keys[0])
}

var s705 = &schemaRule{
	Rule: Rule{
		Code: "S705", Slug: "tenant-fk", Severity: Warn, Fix: FixProposed, Since: "0.1", Intent: true,
		Title: "foreign key that can lead to another tenant's row",
		Rationale: "The check looks at the identifier only, and it passes row-level security by. A key of (tenant_id, x_id) to (tenant_id, id) makes the database refuse a reference across tenants; " +
			"the parent needs a unique constraint on the two.",
		FixText: "FOREIGN KEY ({tenant}, {column}) REFERENCES {parent} ({tenant}, id), and UNIQUE ({tenant}, id) on the parent",
		Source:  "PostgreSQL manual, 5.8 Row Security Policies: referential integrity checks always bypass row security",
	},
	needs: needTenancy,
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, fk := range t.ForeignKeys {
				parent := p.byTable[fk.RefTable]
				cols := columnNames(fk.Columns)
				if parent == nil || !p.tenant(t) || !p.tenant(parent) || p.isTenants(parent) || slices.Contains(cols, p.tenancy) || p.guarded(t, fk) {
					continue
				}
				fix := "FOREIGN KEY (" + p.tenancy + ", " + quoteAll(cols) + ") REFERENCES " + parent.name + " (" + p.tenancy + ", " + quoteAll(columnNames(fk.RefColumns)) + ")"
				if !parent.unique(append([]string{p.tenancy}, columnNames(fk.RefColumns)...)) || !parent.exact(append([]string{p.tenancy}, columnNames(fk.RefColumns)...)) {
					fix += ", and UNIQUE (" + p.tenancy + ", " + quoteAll(columnNames(fk.RefColumns)) + ") on " + parent.name
				}
				p.report(p.onFK(t, fk), fix, "%s (%s) may refer to a row of %s that belongs to another tenant", t.name, quoteAll(cols), parent.name)
			}
		}
	},
}

// guarded says that another foreign key checks the tenant along with these columns.
func (p *pass) guarded(t *table, fk *schema.ForeignKey) bool {
	for _, o := range t.ForeignKeys {
		cols := columnNames(o.Columns)
		if o != fk && o.RefTable == fk.RefTable && slices.Contains(cols, p.tenancy) && subset(columnNames(fk.Columns), cols) {
			return true
		}
	}
	for _, c := range p.graph.Companions {
		if c.Table == t.Table.Name && strings.Contains(toLower(c.Create), "foreign key ("+p.tenancy) && strings.Contains(c.Create, fk.RefTable.Name) {
			return true
		}
	}
	return false
}

func (t *table) exact(cols []string) bool {
	return slices.ContainsFunc(t.indexes, func(i *index) bool { return (i.Unique || i.pk) && sameSet(i.keys, cols) })
}
