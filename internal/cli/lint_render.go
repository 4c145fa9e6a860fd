package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/plinth-go/plinth/internal/lint"
)

const lintFormats = "text or json"

func checkFormat(format string) error {
	if format != "text" && format != "json" {
		return usagef("--format %q is none of %s", format, lintFormats)
	}
	return nil
}

// renderLint prints a result. Text shows the findings of severity at and above; the other formats show all.
func renderLint(w io.Writer, format string, res lint.Result, at lint.Severity) error {
	if format == "json" {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(res)
	}
	hidden := 0
	for _, f := range res.Findings {
		if f.Severity < at {
			hidden++
			continue
		}
		fmt.Fprintf(w, "%-5s %s  %s: %s\n", f.Severity, f.Code, f.Object, f.Message)
	}
	if hidden > 0 {
		fmt.Fprintf(w, "%d more below %s; see them with --severity info\n", hidden, at)
	}
	_, err := fmt.Fprintln(w, res.Coverage)
	return err
}
