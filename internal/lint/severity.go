package lint

import "fmt"

// Severity is how much a finding weighs. The zero value is Off: a rule of that severity does not run.
type Severity int

// The severities, in rising order.
const (
	Off Severity = iota
	Info
	Warn
	Error
)

var severityNames = [...]string{Off: "off", Info: "info", Warn: "warn", Error: "error"}

// String gives the name used in configuration and output: off, info, warn or error.
func (s Severity) String() string {
	if s < Off || s > Error {
		return fmt.Sprintf("Severity(%d)", int(s))
	}
	return severityNames[s]
}

// ParseSeverity reads a severity's name. "warning" is accepted for warn.
func ParseSeverity(name string) (Severity, error) {
	if name == "warning" {
		return Warn, nil
	}
	for s, n := range severityNames {
		if n == name {
			return Severity(s), nil
		}
	}
	return Off, fmt.Errorf("unknown severity %q; use off, info, warn or error", name)
}

// MarshalText implements encoding.TextMarshaler.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Severity) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSeverity(string(text))
	return err
}
