package lint

import (
	"fmt"
	"strings"
)

// Suppression is a person's word that a finding is meant to be, and why.
type Suppression struct {
	// Rule is a code, slug, alias, class or "all".
	Rule string
	Why  string
	// Object limits it to an object and what is in it. Empty: no limit by object.
	Object string
	// File, FromLine and ToLine limit it to a file and to lines of it; ToLine 0 means to the end. An empty File: no
	// limit by place.
	File             string
	FromLine, ToLine int
	// WrittenFile, WrittenLine and WrittenColumn are where it is written.
	WrittenFile                string
	WrittenLine, WrittenColumn int
	// Foreign marks a directive of another tool that has no place for a reason ("-- atlas:nolint"): neither a
	// missing reason nor an unknown name is then a finding.
	Foreign bool
}

// covers says whether s is about f, a finding of rule r.
func (s *Suppression) covers(r *Rule, f *Finding) bool {
	named := r.Named(s.Rule)
	for _, a := range f.Aliases {
		named = named || strings.EqualFold(a, s.Rule)
	}
	if !named || s.Object == "" && s.File == "" {
		return false
	}
	if s.Object != "" && !f.within(s.Object) {
		return false
	}
	if s.File != "" {
		end := max(f.EndLine, f.Line)
		if f.File != s.File || end < s.FromLine || s.ToLine > 0 && f.Line > s.ToLine {
			return false
		}
	}
	return true
}

// written is s as its author wrote it: without the object it was read for, where its place is known.
func (s Suppression) written() Suppression {
	if s.WrittenFile != "" && s.WrittenLine > 0 {
		s.Object = ""
	}
	return s
}

// The engine's own rules, on suppressions. They are in Own, documented like any other, and cannot be suppressed.
var (
	unjustified = Rule{
		Code: "L001", Slug: "suppression-without-reason", Severity: Warn, Fix: FixNone, Since: "0.1",
		Title:     "suppression without a reason",
		Rationale: "Whoever reads a suppression a year later needs to know what was weighed. One without a reason cannot be reviewed, and is never removed.",
		FixText:   "write the reason: annotation.Allow{Rule: \"{rule}\", Why: \"…\"} in a schema, -- plinth:allow {rule} because … in SQL",
		Source:    "house rule",
	}
	unused = Rule{
		Code: "L002", Slug: "suppression-unused", Severity: Warn, Fix: FixNone, Since: "0.1",
		Title:     "suppression that suppresses nothing",
		Rationale: "The finding it was written for is gone. Left standing, it would hide the next one silently. It is not reported when its rule did not run.",
		FixText:   "remove it",
		Source:    "house rule",
	}
	unknown = Rule{
		Code: "L003", Slug: "suppression-unknown", Severity: Warn, Fix: FixNone, Since: "0.1",
		Title:     "suppression of a rule that does not exist",
		Rationale: "A misspelt code suppresses nothing, and whoever wrote it believes it does.",
		FixText:   "correct the code; `plinth rules` lists them all",
		Source:    "house rule",
	}
)

// Own are the engine's own rules.
func Own() []*Rule { return []*Rule{&unjustified, &unused, &unknown} }

// suppress takes the covered findings out of fs. It gives those left, the ones suppressed, and the findings about the
// suppressions themselves. ran says which rules ran; known are all rules there are, of either family.
func suppress(fs []Finding, by []Suppression, rules map[string]*Rule, known []*Rule, ran map[string]bool) (left, gone, about []Finding) {
	used := make([]bool, len(by))
	for _, f := range fs {
		r, covered := rules[f.Code], false
		for i := range by {
			if r != nil && by[i].covers(r, &f) {
				used[i], covered = true, true
			}
		}
		if covered {
			gone = append(gone, f)
		} else {
			left = append(left, f)
		}
	}
	report := func(r *Rule, s Suppression, format string, args ...any) {
		about = append(about, Finding{
			Code: r.Code, File: s.WrittenFile, Line: s.WrittenLine, Column: s.WrittenColumn, Object: s.Object,
			Message: fmt.Sprintf(format, args...), Fix: strings.ReplaceAll(r.FixText, "{rule}", s.Rule),
		})
	}
	// What one annotation of a mixin says reaches every entity that has the mixin: it is used if one of them uses it,
	// and judged once.
	at, judged := make(map[Suppression]bool), make(map[Suppression]bool)
	for i, s := range by {
		at[s.written()] = at[s.written()] || used[i]
	}
	for _, s := range by {
		if s.Foreign || judged[s.written()] {
			continue
		}
		judged[s.written()] = true
		named := Lookup(known, s.Rule)
		switch {
		case s.Rule == "" || len(named) == 0:
			report(&unknown, s, "%q is no rule, so nothing is suppressed", s.Rule)
			continue
		case strings.TrimSpace(s.Why) == "":
			report(&unjustified, s, "%s is suppressed without a reason", s.Rule)
		}
		if at[s.written()] {
			continue
		}
		for _, r := range named {
			if ran[r.Code] {
				report(&unused, s, "%s is suppressed here, but finds nothing", s.Rule)
				break
			}
		}
	}
	return left, gone, about
}
