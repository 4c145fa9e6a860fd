package lint

import (
	"slices"
	"strings"
)

// DocsBase is where the rules' pages are published; a finding links to its rule's page there.
const DocsBase = "https://github.com/plinth-go/plinth/blob/main/docs/rules/"

// FixKind says who repairs what a rule finds.
type FixKind string

// The kinds of fix.
const (
	FixAuto     FixKind = "A" // a mechanical edit of the source, done by --fix
	FixProposed FixKind = "P" // text proposed to a person
	FixNone     FixKind = "-" // a person's decision
)

// Rule is what there is to say about a rule, whichever family it is of: help texts, pages and configuration derive
// from it. Its check lives beside it, in the family's own registry.
type Rule struct {
	Code      string   // "S301"; stable, never reused
	Slug      string   // "string-no-length"
	Title     string   // one line, lower case: "string column without a length"
	Rationale string   // a paragraph or more of Markdown: why it matters, and what it does not fire on
	Severity  Severity // unless configured otherwise
	Fix       FixKind
	FixText   string   // how to repair it, in general; {braces} name what depends on the finding
	Since     string   // the first version that has it, "0.1"
	Source    string   // where the rule comes from: a manual's chapter, a book, a measurement
	Aliases   []string // codes that other tools have for it: "DS102", "CD101"
	Class     string   // the name of Atlas's analyzer that covers it, "destructive"; or empty
	Options   []Option // what can be configured besides the severity

	// Intent says that it needs what only an Ent schema's annotations tell, LiveOnly that it reads a live
	// database's catalogue.
	Intent   bool
	LiveOnly bool
}

// Option is one setting of a rule.
type Option struct {
	Name    string
	Default string // as written in configuration
	Doc     string
}

// DocsURL is the address of the rule's page.
func (r *Rule) DocsURL() string { return DocsBase + r.Code + ".md" }

// Family is the letter the code begins with: "S", "M" or "L".
func (r *Rule) Family() string { return r.Code[:1] }

// Named says whether name means this rule: its code, slug, an alias, its class, or "all". Case does not matter.
func (r *Rule) Named(name string) bool {
	name = strings.ToLower(name)
	same := func(s string) bool { return s != "" && strings.ToLower(s) == name }
	return name == "all" || same(r.Code) || same(r.Slug) || same(r.Class) || slices.ContainsFunc(r.Aliases, same)
}

// Lookup finds rules by code, slug, alias or class.
func Lookup(rules []*Rule, name string) []*Rule {
	var found []*Rule
	for _, r := range rules {
		if r.Named(name) {
			found = append(found, r)
		}
	}
	return found
}
