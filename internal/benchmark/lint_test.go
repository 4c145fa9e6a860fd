package benchmark

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	migrationlint "github.com/plinth-go/plinth/internal/migration/lint"
	"github.com/plinth-go/plinth/internal/report"
)

// squawkVersion is the peer's version on npm.
const squawkVersion = "2.66.0"

// squawk installs the peer through npm into the user's cache, once, and gives its program.
func squawk(b *testing.B) string {
	b.Helper()
	cache, err := os.UserCacheDir()
	check(b, err)
	dir := filepath.Join(cache, "plinth", "bench", "squawk-"+squawkVersion)
	bin := filepath.Join(dir, "node_modules", ".bin", "squawk")
	if _, err := os.Stat(bin); err == nil {
		return bin
	}
	check(b, os.MkdirAll(dir, 0o755))
	cmd := exec.Command("npm", "install", "--prefix", dir, "--no-audit", "--no-fund", "squawk-cli@"+squawkVersion)
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("installing squawk-cli: %v\n%s", err, out)
	}
	return bin
}

// statements writes a file of n statements of the kinds that migrations are made of.
func statements(n int) string {
	var b strings.Builder
	for i := range n / 4 {
		fmt.Fprintf(&b, "CREATE TABLE t%d (id bigint PRIMARY KEY, name text NOT NULL, email varchar(200), created_at timestamptz NOT NULL DEFAULT now());\n", i)
		fmt.Fprintf(&b, "CREATE INDEX ix_old%d_name ON old%d (name);\n", i, i)
		fmt.Fprintf(&b, "ALTER TABLE old%d ADD COLUMN c%d integer NOT NULL DEFAULT 0, ALTER COLUMN name SET NOT NULL;\n", i%300, i)
		fmt.Fprintf(&b, "ALTER TABLE old%d ADD CONSTRAINT fk_old%d_t FOREIGN KEY (a) REFERENCES t%d (id);\n", i, i, i)
	}
	return b.String()
}

// BenchmarkMigrateLint judges 10,000 statements without a trace, from the file to the JSON report, beside squawk-cli
// on the same file. peer-ratio is our time over the peer's: at most 2 is the goal.
func BenchmarkMigrateLint(b *testing.B) {
	bin := squawk(b)
	file := filepath.Join(b.TempDir(), "change.sql")
	check(b, os.WriteFile(file, []byte(statements(10_000)), 0o644))
	var ours, theirs time.Duration
	for b.Loop() {
		began := time.Now()
		text, err := os.ReadFile(file)
		check(b, err)
		res, err := migrationlint.Run(context.Background(), migrationlint.Input{Files: []migrationlint.File{{Name: file, Text: string(text)}}, Open: true}, migrationlint.Options{})
		check(b, err)
		check(b, report.Findings(io.Discard, "json", report.FindingsInput{Result: res.Result, Rules: migrationlint.Rules()}))
		ours += time.Since(began)
		if len(res.Findings) == 0 {
			b.Fatal("nothing found")
		}

		began = time.Now()
		cmd := exec.Command(bin, "--reporter=json", file)
		var out bytes.Buffer
		cmd.Stdout = &out
		var exit *exec.ExitError
		if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
			b.Fatal(err)
		}
		theirs += time.Since(began)
		if out.Len() == 0 {
			b.Fatal("squawk-cli printed nothing")
		}
	}
	b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "ours-ms/op")
	b.ReportMetric(float64(theirs.Milliseconds())/float64(b.N), "squawk-ms/op")
	b.ReportMetric(float64(ours)/float64(theirs), "peer-ratio")
}
