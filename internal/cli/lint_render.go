package cli

import (
	"fmt"
	"os"

	"github.com/plinth-go/plinth/internal/lint"
	documents "github.com/plinth-go/plinth/internal/report"
)

// printFindings prints a result. Text shows the findings at or above a severity; the other formats show all.
func printFindings(s streams, format string, in documents.FindingsInput, at lint.Severity) error {
	if format != "text" {
		return documents.Findings(s.out, format, in)
	}
	if _, ok := s.out.(*os.File); ok {
		in.Color = colours(s.out)("1")("x") != "x"
	}
	hidden, all := 0, in.Result.Findings
	in.Result.Findings = nil
	for _, fd := range all {
		if fd.Severity < at {
			hidden++
			continue
		}
		in.Result.Findings = append(in.Result.Findings, fd)
	}
	if err := documents.Findings(s.out, "text", in); err != nil {
		return err
	}
	for _, gap := range in.Result.Coverage.Gaps {
		fmt.Fprintln(s.err, gap)
	}
	if hidden > 0 {
		fmt.Fprintf(s.err, "%d more below %s; see them with --severity info\n", hidden, at)
	}
	return nil
}

// sourceFile gives the text of a source file for a code frame.
func sourceFile(name string) (string, bool) {
	b, err := os.ReadFile(name)
	return string(b), err == nil
}
