package schemagraph

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/plinth-go/plinth/annotation"
)

// settingName is a setting of PostgreSQL's own making: two words with a dot between.
var settingName = regexp.MustCompile(`^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$`)

// tenantTypes are the database types that a setting, which is a text, is read as.
var tenantTypes = map[string]string{"uuid": "uuid", "string": "text"}

// RowSecurity gives the companions of an entity that annotation.RowSecurity is on: row-level security, binding the
// table's owner too, and a policy that shows and takes rows of the setting's tenant only. The setting is read once for
// a statement, so that an index on the tenant's column serves it; where it is not set, no row is seen.
func RowSecurity(e *Entity) []Companion {
	tenant, ok := e.FieldWith(annotation.Tenant)
	if e.Facts.RowSecurity == nil || !ok {
		return nil
	}
	setting := e.Facts.RowSecurity.Setting
	if setting == "" {
		setting = annotation.DefaultSetting
	}
	typ := tenantTypes[tenant.Type]
	if typ == "" {
		typ = "bigint"
	}
	table := quote(e.Table)
	if e.Schema != "" {
		table = quote(e.Schema) + "." + table
	}
	return []Companion{
		{
			Kind: "rls", Name: e.Table, Table: e.Table,
			Create: "ALTER TABLE " + table + " ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
			Drop:   "ALTER TABLE " + table + " DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY",
		},
		{
			Kind: "policy", Name: "tenant", Table: e.Table,
			Create: fmt.Sprintf("CREATE POLICY tenant ON %s USING (%s = (SELECT NULLIF(current_setting('%s', true), '')::%s))",
				table, quote(tenant.Column), strings.ReplaceAll(setting, "'", "''"), typ),
			Drop: "DROP POLICY tenant ON " + table,
		},
	}
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (c *checker) rowSecurity(o object, e *Entity, r *annotation.RowSecurity) {
	if _, ok := e.FieldWith(annotation.Tenant); !ok {
		c.add(o, "give it mixin.Tenant, or drop the annotation", "annotation.RowSecurity needs a tenant, and %s has none", e.Name)
	}
	if r.Setting != "" && !settingName.MatchString(r.Setting) {
		c.add(o, `write two words with a dot between, like "plinth.tenant"`, "annotation.RowSecurity: %q is no name of a setting", r.Setting)
	}
}
