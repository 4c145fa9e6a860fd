package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/lib/pq"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/plinth-go/plinth/internal/lint"
	migrationlint "github.com/plinth-go/plinth/internal/migration/lint"
	"github.com/plinth-go/plinth/internal/project"
)

// ruleSettings are the rule blocks of a project file as lint reads them. Names of rules and options are checked.
func ruleSettings(rules map[string]project.Rule) (lint.Config, error) {
	cfg := lint.Config{Rules: make(map[string]lint.Setting, len(rules))}
	for name, r := range rules {
		set := lint.Setting{Options: make(map[string]string, len(r.Options))}
		if r.Severity != "" {
			sev, err := lint.ParseSeverity(r.Severity)
			if err != nil {
				return cfg, fmt.Errorf("lint rule %s: %w", name, err)
			}
			set.Severity = &sev
		}
		for opt, v := range r.Options {
			text, err := optionText(v)
			if err != nil {
				return cfg, fmt.Errorf("option %q of lint rule %s: %w", opt, name, err)
			}
			set.Options[opt] = text
		}
		cfg.Rules[name] = set
	}
	return cfg, cfg.Check(knownRules())
}

// optionText is an option's value as text; a list is joined with commas.
func optionText(v cty.Value) (string, error) {
	if v.IsNull() || !v.IsWhollyKnown() {
		return "", errors.New("has no value")
	}
	if t := v.Type(); t.IsTupleType() || t.IsListType() || t.IsSetType() {
		var parts []string
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			s, err := optionText(e)
			if err != nil {
				return "", err
			}
			parts = append(parts, s)
		}
		return strings.Join(parts, ", "), nil
	}
	s, err := convert.Convert(v, cty.String)
	if err != nil {
		return "", errors.New("must be a string, a number, a truth value or a list of them")
	}
	return s.AsString(), nil
}

// errorPosition is the character that a server's error points at, or nothing.
func errorPosition(err error) string {
	var e *pq.Error
	if errors.As(err, &e) {
		return e.Position
	}
	return ""
}

// knownRules are the rules of all families.
func knownRules() []*lint.Rule {
	return append(append(lint.Rules(), migrationlint.Rules()...), lint.Own()...)
}
