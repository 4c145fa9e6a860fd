package lint

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Where a finding's judgement comes from. A design rule reads the schema's state; a migration rule may have up to
// three sources, and a traced one beats a parsed one where both speak.
const (
	Parsed     = "parsed" // read from the statement's text by the database's own parser
	State      = "state"  // read from the schema, before or after a statement
	Traced     = "traced" // seen when the statement ran on a throwaway database
	LiveSource = "live"   // read from a live database's catalogue or statistics
)

// Finding is one place where a rule is broken. The JSON names are a stable contract.
type Finding struct {
	Code     string   `json:"code"`
	Slug     string   `json:"slug,omitempty"`
	Aliases  []string `json:"aliases,omitempty"` // the codes other tools have for it, "PG101"
	Severity Severity `json:"severity"`
	// File, Line and Column are the place in the source, from 1; zero where it is not known. EndLine is zero when
	// the place ends on its first line, EndColumn when its end is not known. EndColumn is the one after the last.
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
	Column    int    `json:"column,omitempty"`
	EndLine   int    `json:"end_line,omitempty"`
	EndColumn int    `json:"end_column,omitempty"`
	// Object is what the finding is about: "users", "users.email", "orders.ix_orders_status". A schema other than
	// the default one stands before it.
	Object string `json:"object,omitempty"`
	// Statement is the SQL statement it is about, for a migration's finding.
	Statement string `json:"statement,omitempty"`
	Message   string `json:"message"`
	// Fix says what to do, in SQL or Go where that is possible. Fixable says that --fix can do it.
	Fix     string   `json:"fix,omitempty"`
	Fixable bool     `json:"fixable,omitempty"`
	Sources []string `json:"sources,omitempty"`
	DocsURL string   `json:"docs_url,omitempty"`

	// Within lists the objects, beyond Object and what contains it, on which a suppression covers this finding: the
	// columns of an index, the edge of a foreign key.
	Within []string `json:"-"`
	// Edits are the steps of the mechanical repair, where there is one.
	Edits []Edit `json:"-"`
	// Title is the rule's title, for renderers; Finish fills it.
	Title string `json:"-"`
}

// Fingerprint identifies a finding across edits that move it: the code, the object, and for a migration its file and
// statement. White space does not count.
func (f *Finding) Fingerprint() string {
	parts := []string{f.Code, f.Object}
	if f.Statement != "" || strings.HasPrefix(f.Code, "M") {
		parts = append(parts, f.File, strings.Join(strings.Fields(f.Statement), " "))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:12])
}

// within says whether f is about object, or about something in it.
func (f *Finding) within(object string) bool {
	if object == "" {
		return false
	}
	match := func(o string) bool { return o == object || strings.HasPrefix(o, object+".") }
	return match(f.Object) || slices.ContainsFunc(f.Within, match)
}

// Sort puts findings in their stable order: by place, object, code and message. Findings without a place come last.
func Sort(fs []Finding) {
	slices.SortStableFunc(fs, func(a, b Finding) int {
		if (a.File == "") != (b.File == "") {
			if a.File == "" {
				return 1
			}
			return -1
		}
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		if c := a.Line - b.Line; c != 0 {
			return c
		}
		if c := a.Column - b.Column; c != 0 {
			return c
		}
		if c := strings.Compare(a.Object, b.Object); c != 0 {
			return c
		}
		if c := strings.Compare(a.Code, b.Code); c != 0 {
			return c
		}
		return strings.Compare(a.Message, b.Message)
	})
}
