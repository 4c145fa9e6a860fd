package repository

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/store/storetest"
)

// mutated says that this process runs the tests of a mutation.
const mutated = "PLINTH_TEST_MUTATED"

// TestMutations breaks the schema in one place at a time and expects the generated tests to notice.
func TestMutations(t *testing.T) {
	if os.Getenv(mutated) != "" {
		return // the tests of a mutation do not mutate again
	}
	t.Parallel()
	for name, m := range map[string]struct{ sql, tests string }{
		"nothing changed":        {"SELECT 1", "^TestOrderModel$"},
		"index dropped":          {`DROP INDEX "ix_orders_tenant_id_placed_at"`, "^TestOrderModel$"},
		"unique index dropped":   {`DROP INDEX "uq_users_tenant_id_email"`, "^TestUserModel$"},
		"unique for deleted too": {`DROP INDEX "uq_users_tenant_id_email"; CREATE UNIQUE INDEX "uq_users_tenant_id_email" ON users (tenant_id, email)`, "^TestUserModel$"},
		"enum's check dropped":   {`ALTER TABLE orders DROP CONSTRAINT "ck_orders_status"`, "^TestOrderModel$"},
		"number's check dropped": {`ALTER TABLE order_items DROP CONSTRAINT "ck_order_items_quantity"`, "^TestOrderItemModel$"},
		"text's check dropped":   {`ALTER TABLE products DROP CONSTRAINT "ck_products_sku"`, "^TestProductModel$"},
		"default dropped":        {`ALTER TABLE orders ALTER COLUMN status DROP DEFAULT`, "^TestOrderModel$"},
		"default changed":        {`ALTER TABLE users ALTER COLUMN active SET DEFAULT false`, "^TestUserModel$"},
		"NOT NULL dropped":       {`ALTER TABLE categories ALTER COLUMN name DROP NOT NULL`, "^TestCategoryModel$"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run="+m.tests, "-test.parallel=2")
			cmd.Env = append(os.Environ(), mutated+"=1", storetest.AfterVariable+"="+m.sql)
			out, err := cmd.CombinedOutput()
			if name == "nothing changed" {
				require.NoError(t, err, "%s", out)
				return
			}
			assert.Error(t, err, "no test noticed")
			assert.Contains(t, string(out), "--- FAIL", "%s", out)
		})
	}
}

// TestSoftDeleteFilterMutation takes the filter of deleted rows out of a repository and expects its tests to notice.
func TestSoftDeleteFilterMutation(t *testing.T) {
	if os.Getenv(mutated) != "" {
		return
	}
	t.Parallel()
	file, err := filepath.Abs("product_gen.go")
	require.NoError(t, err)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	broken := bytes.ReplaceAll(text, []byte(` AND "deleted_at" IS NULL`), nil)
	require.NotEqual(t, text, broken)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "product_gen.go"), broken, 0o644))
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{file: filepath.Join(dir, "product_gen.go")}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o644))
	cmd := exec.Command("go", "test", "-overlay", filepath.Join(dir, "overlay.json"), "-run", "^TestProductRepository$", ".")
	cmd.Env = append(os.Environ(), mutated+"=1")
	out, err := cmd.CombinedOutput()
	require.Error(t, err, "no test noticed")
	assert.Contains(t, string(out), "soft_delete", "%s", out)
	assert.Contains(t, string(out), "query_BySKU", "%s", out)
}
