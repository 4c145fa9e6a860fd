package lint

import (
	"fmt"
	"strings"
)

// Result is what a run found, and what it looked at.
type Result struct {
	Findings []Finding `json:"findings"`
	Coverage Coverage  `json:"coverage"`
	// Allowed and Known are the findings that a suppression or the baseline took out.
	Allowed []Finding `json:"-"`
	Known   []Finding `json:"-"`
}

// Coverage says which rules ran. A rule that is in neither list is switched off by configuration or by default; it is
// in Off.
type Coverage struct {
	Ran      []string `json:"ran"`
	Skipped  []Skip   `json:"skipped"`
	Off      []string `json:"off,omitempty"`
	Allowed  int      `json:"allowed"`   // findings taken out by suppressions
	Baseline int      `json:"baselined"` // findings taken out by the baseline
	// Gaps is what could not be judged at all, such as a statement that only dynamic SQL knows.
	Gaps []string `json:"gaps,omitempty"`
}

// Skip is a rule that did not run.
type Skip struct {
	Rule string `json:"rule"`
	Why  string `json:"why"`
}

// String says it in one line: "38 rules ran, 4 skipped: no declared queries (3), not a live database (1)".
func (c Coverage) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d rules ran", len(c.Ran))
	if len(c.Ran) == 1 {
		b.Reset()
		b.WriteString("1 rule ran")
	}
	if len(c.Skipped) > 0 {
		var order []string
		count := make(map[string]int)
		for _, s := range c.Skipped {
			if count[s.Why] == 0 {
				order = append(order, s.Why)
			}
			count[s.Why]++
		}
		fmt.Fprintf(&b, ", %d skipped: ", len(c.Skipped))
		for i, why := range order {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(why)
			if len(order) > 1 {
				fmt.Fprintf(&b, " (%d)", count[why])
			}
		}
	}
	if c.Allowed > 0 {
		fmt.Fprintf(&b, "; %d allowed, with reasons", c.Allowed)
	}
	if c.Baseline > 0 {
		fmt.Fprintf(&b, "; %d in the baseline", c.Baseline)
	}
	return b.String()
}

// AtLeast counts the findings of severity s or above.
func (r *Result) AtLeast(s Severity) int {
	n := 0
	for i := range r.Findings {
		if r.Findings[i].Severity >= s {
			n++
		}
	}
	return n
}

// Finishing is what Finish needs besides the findings.
type Finishing struct {
	// Rules are the rules of the family that was run.
	Rules []*Rule
	// Known are all rules a suppression may name without being called unknown; Rules where it is empty.
	Known        []*Rule
	Config       Config
	Suppressions []Suppression
	Baseline     *Baseline
	// Skipped are the rules that could not run. The others ran, unless the configuration switches them off.
	Skipped []Skip
	Gaps    []string
}

// Finish completes raw findings into a result: it fills in from the rule what a finding leaves empty (slug, aliases,
// title, docs link, and the severity where that is Off), applies configured severities, suppressions and the
// baseline, and sorts. A finding may carry a severity of its own, which a configured one overrides.
func Finish(raw []Finding, in Finishing) Result {
	var (
		res   = Result{Findings: []Finding{}, Coverage: Coverage{Ran: []string{}, Skipped: []Skip{}, Gaps: in.Gaps}}
		rules = make(map[string]*Rule)
		ran   = make(map[string]bool)
		skip  = make(map[string]bool)
	)
	for _, s := range in.Skipped {
		skip[s.Rule] = true
	}
	for _, r := range in.Rules {
		rules[r.Code] = r
		switch {
		case in.Config.Severity(r) == Off:
			res.Coverage.Off = append(res.Coverage.Off, r.Code)
		case !skip[r.Code]:
			res.Coverage.Ran = append(res.Coverage.Ran, r.Code)
			ran[r.Code] = true
		}
	}
	for _, s := range in.Skipped {
		if r := rules[s.Rule]; r == nil || in.Config.Severity(r) != Off {
			res.Coverage.Skipped = append(res.Coverage.Skipped, s)
		}
	}
	known := in.Known
	if known == nil {
		known = in.Rules
	}
	left, gone, about := suppress(raw, in.Suppressions, rules, known, ran)
	for _, r := range Own() {
		rules[r.Code] = r
	}
	left = complete(append(left, about...), rules, in.Config)
	fresh, old := in.Baseline.Split(left)
	Sort(fresh)
	res.Findings = append(res.Findings, fresh...)
	res.Known, res.Allowed = old, complete(gone, rules, in.Config)
	res.Coverage.Allowed, res.Coverage.Baseline = len(res.Allowed), len(old)
	return res
}

// complete fills findings from their rules and drops those switched off.
func complete(fs []Finding, rules map[string]*Rule, cfg Config) []Finding {
	kept := fs[:0:0]
	for _, f := range fs {
		r, ok := rules[f.Code]
		if !ok { // a foreign analyzer's finding carries everything itself
			kept = append(kept, f)
			continue
		}
		set := cfg.Severity(r)
		if set == Off {
			continue
		}
		if f.Severity == Off || set != r.Severity {
			f.Severity = set
		}
		if f.Slug == "" {
			f.Slug = r.Slug
		}
		if f.Aliases == nil {
			f.Aliases = r.Aliases
		}
		if f.DocsURL == "" {
			f.DocsURL = r.DocsURL()
		}
		if f.Title == "" {
			f.Title = r.Title
		}
		kept = append(kept, f)
	}
	return kept
}
