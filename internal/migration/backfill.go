package migration

import (
	"fmt"
	"strings"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Backfill describes a change of data, to be written as a migration of its own that works in batches, commits each,
// and can be stopped and run again.
type Backfill struct {
	Dialect string
	Table   string
	// Set is what to set, "column = expression"; Where says which rows still need it, so that a second run goes on
	// where the first stopped.
	Set, Where string
	// Key is the primary key; Size the rows of a batch.
	Key  string
	Size int
}

// File makes the migration. Without a table it is a pattern in comments, to be completed by hand.
func (b Backfill) File(name string) (NewFile, error) {
	if given := b.Table != "" || b.Set != "" || b.Where != ""; given && (b.Table == "" || b.Set == "" || b.Where == "") {
		return NewFile{}, fmt.Errorf("a change of data needs --table, --set and --where")
	}
	if b.Size < 1 {
		return NewFile{}, fmt.Errorf("a batch needs at least one row, got %d", b.Size)
	}
	pattern := b.Table == ""
	if pattern {
		b.Table, b.Set, b.Where = "orders", "total_cents = 0", "total_cents IS NULL"
	}
	body := b.postgres()
	if b.Dialect == schemagraph.SQLite {
		body = fmt.Sprintf("UPDATE %s SET %s WHERE %s;\n", b.Table, b.Set, b.Where)
	}
	head := "-- A change of data, apart from every change of the schema. It works in batches and commits each; stopped in\n" +
		"-- between, it goes on with the rows that still need it.\n"
	if pattern {
		head += "-- Complete the pattern and remove the comment marks.\n"
		body = "-- " + strings.ReplaceAll(strings.TrimSuffix(body, "\n"), "\n", "\n-- ") + "\n"
	}
	f := NewFile{Name: name, Up: head + body, Down: "-- The change of data stays: what was there before is not known any more.\n"}
	if b.Dialect != schemagraph.SQLite {
		f.TxMode = TxNone
	}
	return f, nil
}

func (b Backfill) postgres() string {
	return fmt.Sprintf(`SET lock_timeout = '2s';
SET statement_timeout = 0;

DO $batch$
DECLARE
	changed bigint;
BEGIN
	LOOP
		UPDATE %[1]s SET %[2]s
		WHERE %[4]s IN (SELECT %[4]s FROM %[1]s WHERE %[3]s ORDER BY %[4]s LIMIT %[5]d FOR UPDATE);
		GET DIAGNOSTICS changed = ROW_COUNT;
		EXIT WHEN changed = 0;
		COMMIT;
		PERFORM pg_sleep(0.01);
	END LOOP;
END
$batch$;
`, b.Table, b.Set, b.Where, b.Key, b.Size)
}
