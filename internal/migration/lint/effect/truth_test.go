package effect

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinth-go/plinth/internal/migration/lint/catalog"
	"github.com/plinth-go/plinth/internal/sqlparse"
)

// truth is one case of the tracer's table: what a server did.
type truth struct {
	line   int
	before []string
	text   string
	want   string // on the major version the table was written on
	other  map[int]string
}

const truthVersion = 15

func readTruth(t *testing.T) []truth {
	t.Helper()
	b, err := os.ReadFile("../../../trace/testdata/truth.txt")
	require.NoError(t, err)
	var list []truth
	var before []string
	n := 0
	for line := range strings.Lines(string(b)) {
		n++
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "+ "):
			before = append(before, line[2:])
		case strings.HasPrefix(line, "> "):
			list = append(list, truth{line: n, before: before, text: line[2:]})
			before = nil
		case strings.HasPrefix(line, "= ") || line == "=":
			list[len(list)-1].want = strings.TrimSpace(line[1:])
		default:
			var major int
			if _, err := fmt.Sscanf(line, "%d=", &major); err == nil {
				_, facts, _ := strings.Cut(line, "=")
				c := &list[len(list)-1]
				if c.other == nil {
					c.other = map[int]string{}
				}
				c.other[major] = strings.TrimSpace(facts)
			}
		}
	}
	return list
}

// short are the lock modes in the table's words.
var shortModes = map[string]Mode{"SUX": ShareUpdateExclusive, "S": Share, "SRX": ShareRowExclusive, "X": Exclusive, "AX": AccessExclusive}

func modeName(m Mode) string {
	for n, v := range shortModes {
		if v == m {
			return n
		}
	}
	return ""
}

// seen is a case's facts in a form that both sides can be written in.
type seen struct {
	locks               map[string]string
	rewrites, scans     []string
	builds, noTx, fails bool
}

func parseTruth(want string) seen {
	s := seen{locks: map[string]string{}}
	for _, part := range strings.Split(want, "; ") {
		word, rest, _ := strings.Cut(part, " ")
		switch word {
		case "locks":
			for _, l := range strings.Split(rest, ", ") {
				f := strings.Fields(l)
				if _, ok := shortModes[f[1]]; ok {
					s.locks[f[0]] = f[1]
				}
			}
		case "rewrites":
			s.rewrites = strings.Split(rest, ", ")
		case "scans":
			s.scans = strings.Split(rest, ", ")
		case "builds":
			s.builds = true
		case "not":
			s.noTx = true
		case "fails":
			s.fails = true
		}
	}
	return s
}

func judgeTruth(c truth, schema string, version int) seen {
	z := &Analyzer{Catalog: catalog.New(), Version: version}
	run := func(text string) []*Action {
		var list []*Action
		for _, s := range sqlparse.Parse("t.sql", text).Stmts {
			if s.Node != nil {
				list = append(list, z.Apply(s.Node, s.Newer)...)
			}
			inner, _ := sqlparse.Inner(s)
			for _, in := range inner {
				list = append(list, z.Apply(in.Node, in.Newer)...)
			}
		}
		return list
	}
	run(schema)
	for _, b := range c.before {
		run(b)
	}
	s := seen{locks: map[string]string{}}
	for _, a := range run(c.text) {
		for _, l := range a.Locks {
			if l.Mode >= ShareUpdateExclusive && l.Table != nil {
				if old := shortModes[s.locks[l.Table.String()]]; l.Mode > old {
					s.locks[l.Table.String()] = modeName(l.Mode)
				}
			}
		}
		if a.Rewrite && a.Table != nil {
			s.rewrites = append(s.rewrites, a.Table.String())
		}
		for _, t := range a.Scan {
			s.scans = append(s.scans, t.String())
		}
		s.builds, s.noTx, s.fails = s.builds || a.Build, s.noTx || a.NoTx, s.fails || a.Refused != ""
	}
	return s
}

// beyond are the cases where the model says less than the server does, and why that is so.
var beyond = map[string]string{
	"REINDEX SCHEMA public":                                             "judged as a whole: it names no table",
	"ALTER INDEX t_n_idx RENAME TO x":                                   indexLock,
	"ALTER INDEX t_n_idx SET (fillfactor = 70)":                         indexLock,
	"ALTER INDEX i ATTACH PARTITION i24":                                indexLock,
	"COMMENT ON INDEX t_n_idx IS 'x'":                                   indexLock,
	"ALTER TABLE t ADD COLUMN c int NOT NULL":                           "the scan only finds the first row and fails: M501",
	"ALTER TABLE lonely ADD COLUMN c int PRIMARY KEY":                   "the scan only finds the first row and fails: M501",
	"ALTER TABLE numbered ALTER id DROP IDENTITY":                       otherLock,
	"ALTER TABLE numbered ALTER id SET GENERATED ALWAYS":                otherLock,
	"DROP TABLE parents CASCADE":                                        otherLock,
	"ALTER TYPE pair ADD ATTRIBUTE c int":                               otherLock,
	"CREATE OR REPLACE VIEW seen AS SELECT id, name, code FROM parents": otherLock,
	"ALTER SEQUENCE counter RESTART WITH 5":                             otherLock,
	"ALTER SEQUENCE counter OWNED BY t.id":                              otherLock,
	"CREATE STATISTICS made ON n, big FROM t":                           otherLock,
	"DROP STATISTICS t_stats":                                           otherLock,
	"DROP SCHEMA public CASCADE":                                        otherLock,
	"DROP TABLE IF EXISTS nothing":                                      "a table never seen is taken to exist",
	"ALTER TABLE t RENAME TO renamed":                                   "the lock is on the table, which has another name afterwards",
	"ALTER TABLE t SET SCHEMA elsewhere":                                "the lock is on the table, which has another name afterwards",
	"ALTER VIEW seen RENAME TO x":                                       "the lock is on the view, which has another name afterwards",
	"DO $$ BEGIN UPDATE t SET n = 2; COMMIT; END $$":                    "only running it shows that the block commits",
}

const (
	indexLock = "locks on indexes alone are not modelled: no rule needs them"
	otherLock = "locks on views, sequences, types and statistics are not modelled: no rule needs them"
)

// What the model says of each statement of the tracer's table is what the server did.
func TestTruth(t *testing.T) {
	b, err := os.ReadFile("../../../trace/testdata/truth_schema.sql")
	require.NoError(t, err)
	var wrong []string
	cases := readTruth(t)
	for _, c := range cases {
		facts := map[int]string{truthVersion: c.want}
		maps.Copy(facts, c.other)
		for version, text := range facts {
			want, got := parseTruth(text), judgeTruth(c, string(b), version)
			if want.fails || beyond[c.text] != "" {
				continue
			}
			if d := difference(want, got); d != "" {
				wrong = append(wrong, fmt.Sprintf("%d: %s %s\n    server %d: %s\n    model:  %s", c.line, strings.Join(c.before, "; "), c.text, version, text, d))
			}
		}
	}
	if len(wrong) > 0 {
		t.Errorf("%d of %d\n%s", len(wrong), len(cases), strings.Join(wrong, "\n"))
	}
}

func difference(want, got seen) string {
	var d []string
	for o, m := range want.locks {
		if got.locks[o] != m {
			d = append(d, fmt.Sprintf("%s %q not %s", o, got.locks[o], m))
		}
	}
	for o, m := range got.locks {
		if want.locks[o] == "" {
			d = append(d, fmt.Sprintf("%s %s", o, m))
		}
	}
	has := func(list []string) bool { return len(list) > 0 }
	if has(want.rewrites) != has(got.rewrites) {
		d = append(d, fmt.Sprint("rewrites ", got.rewrites))
	}
	if has(want.scans) != has(got.scans) && !has(want.rewrites) {
		d = append(d, fmt.Sprint("scans ", got.scans))
	}
	if want.builds != got.builds && !has(want.rewrites) {
		d = append(d, fmt.Sprint("builds ", got.builds))
	}
	if want.noTx != got.noTx {
		d = append(d, fmt.Sprint("no tx ", got.noTx))
	}
	slices.Sort(d)
	return strings.Join(d, "; ")
}
