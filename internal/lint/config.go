package lint

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Config adjusts the rules. The zero value leaves every rule as it is. The caller reads it from the project file.
type Config struct {
	// Rules holds a setting by the rule's code, slug, alias or class. Where several apply, the code wins over the
	// slug, that over an alias, that over the class, and that over "all".
	Rules map[string]Setting
}

// Setting adjusts one rule.
type Setting struct {
	// Severity replaces the rule's own where it is not nil; Off switches the rule off.
	Severity *Severity
	// Options are the rule's options as written: numbers, booleans, and lists separated by commas.
	Options map[string]string
}

// settings are the settings that apply to r, the strongest first.
func (c Config) settings(r *Rule) []Setting {
	var found []Setting
	names := append([]string{r.Code, r.Slug}, r.Aliases...)
	for _, name := range append(names, r.Class, "all") {
		if name == "" {
			continue
		}
		for key, s := range c.Rules {
			if strings.EqualFold(key, name) {
				found = append(found, s)
			}
		}
	}
	return found
}

// Severity is the severity of r under this configuration.
func (c Config) Severity(r *Rule) Severity {
	for _, s := range c.settings(r) {
		if s.Severity != nil {
			return *s.Severity
		}
	}
	return r.Severity
}

// Option is a rule's option as written, or its default.
func (c Config) Option(r *Rule, name string) string {
	for _, s := range c.settings(r) {
		if v, ok := s.Options[name]; ok {
			return v
		}
	}
	for _, o := range r.Options {
		if o.Name == name {
			return o.Default
		}
	}
	return ""
}

// Int is a rule's option as a number; its default where it is not one (Check reports that).
func (c Config) Int(r *Rule, name string) int {
	if n, err := strconv.Atoi(strings.TrimSpace(c.Option(r, name))); err == nil {
		return n
	}
	n, _ := strconv.Atoi(Config{}.Option(r, name))
	return n
}

// Bool is a rule's option as a truth value.
func (c Config) Bool(r *Rule, name string) bool {
	b, _ := strconv.ParseBool(strings.TrimSpace(c.Option(r, name)))
	return b
}

// List is a rule's option as a list.
func (c Config) List(r *Rule, name string) []string {
	var list []string
	for v := range strings.SplitSeq(c.Option(r, name), ",") {
		if v = strings.TrimSpace(v); v != "" {
			list = append(list, v)
		}
	}
	return list
}

// Check says what is wrong with the configuration: names of no rule, options no rule has, values of the wrong kind.
func (c Config) Check(rules []*Rule) error {
	keys := make([]string, 0, len(c.Rules))
	for k := range c.Rules {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, key := range keys {
		found := Lookup(rules, key)
		if len(found) == 0 {
			return fmt.Errorf("lint configuration names %q, which is no rule; see: plinth rules", key)
		}
		for name, value := range c.Rules[key].Options {
			if err := checkOption(found, key, name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkOption(rules []*Rule, key, name, value string) error {
	var known []string
	for _, r := range rules {
		for _, o := range r.Options {
			if known = append(known, o.Name); o.Name != name {
				continue
			}
			if _, err := strconv.Atoi(o.Default); err == nil {
				if _, err := strconv.Atoi(strings.TrimSpace(value)); err != nil {
					return fmt.Errorf("option %q of lint rule %s must be a number, not %q", name, key, value)
				}
			} else if _, err := strconv.ParseBool(o.Default); err == nil {
				if _, err := strconv.ParseBool(strings.TrimSpace(value)); err != nil {
					return fmt.Errorf("option %q of lint rule %s must be true or false, not %q", name, key, value)
				}
			}
			return nil
		}
	}
	if len(known) == 0 {
		return fmt.Errorf("lint rule %s has no options, but %q is set", key, name)
	}
	return fmt.Errorf("lint rule %s has no option %q; it has %s", key, name, strings.Join(known, ", "))
}
