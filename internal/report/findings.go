package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/plinth-go/plinth/internal/lint"
)

// FindingsInput is what a rendering of findings needs besides the findings.
type FindingsInput struct {
	Result lint.Result
	// Rules are the rules that could have been reported, for formats that list them.
	Rules []*lint.Rule
	// Source gives a file's text for the code frame; nil, or false, for no frame.
	Source func(file string) (string, bool)
	// Color adds terminal colours to text. Command is what repairs a fixable finding, "plinth lint --fix".
	Color   bool
	Command string
	// Version is the tool's version, for formats that name it.
	Version string
	// Extra is added to the JSON object under its keys.
	Extra map[string]any
}

// formats are the renderings of findings by name.
var formats = map[string]func(io.Writer, FindingsInput) error{
	"text": findingsText, "json": findingsJSON, "sarif": findingsSARIF, "github": findingsGitHub, "gitlab": findingsGitLab, "markdown": findingsMarkdown,
}

// FormatNames are the names that Findings takes, as they are written in a help text.
const FormatNames = "text, json, sarif, github, gitlab, markdown"

// KnownFormat says whether Findings takes a format's name.
func KnownFormat(name string) bool { return formats[name] != nil }

// Findings writes findings in a format.
func Findings(w io.Writer, format string, in FindingsInput) error {
	f, ok := formats[format]
	if !ok {
		return fmt.Errorf("unknown format %q; use %s", format, FormatNames)
	}
	return f(w, in)
}

// findingJSON is a finding with every field present, so that a program need not ask which are.
type findingJSON struct {
	Code      string   `json:"code"`
	Slug      string   `json:"slug"`
	Title     string   `json:"title"`
	Aliases   []string `json:"aliases"`
	Severity  string   `json:"severity"`
	File      string   `json:"file"`
	Line      int      `json:"line"`
	Column    int      `json:"column"`
	EndLine   int      `json:"end_line,omitempty"`
	EndColumn int      `json:"end_column,omitempty"`
	Object    string   `json:"object"`
	Statement string   `json:"statement"`
	Message   string   `json:"message"`
	Fix       string   `json:"fix"`
	Fixable   bool     `json:"fixable,omitempty"`
	Sources   []string `json:"sources"`
	DocsURL   string   `json:"docs_url,omitempty"`
	// Fingerprint identifies the finding across edits.
	Fingerprint string `json:"fingerprint"`
}

func findingsJSON(w io.Writer, in FindingsInput) error {
	list := []findingJSON{}
	for i := range in.Result.Findings {
		f := &in.Result.Findings[i]
		list = append(list, findingJSON{Code: f.Code, Slug: f.Slug, Title: f.Title, Aliases: orEmpty(f.Aliases), Severity: f.Severity.String(), File: f.File,
			Line: f.Line, Column: f.Column, EndLine: f.EndLine, EndColumn: f.EndColumn, Object: f.Object, Statement: f.Statement, Message: f.Message,
			Fix: f.Fix, Fixable: f.Fixable, Sources: orEmpty(f.Sources), DocsURL: f.DocsURL, Fingerprint: f.Fingerprint()})
	}
	doc := map[string]any{"findings": list, "coverage": in.Result.Coverage}
	for k, v := range in.Extra {
		doc[k] = v
	}
	return encode(w, doc)
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// githubLevel are GitHub's words for severities.
var githubLevel = map[lint.Severity]string{lint.Error: "error", lint.Warn: "warning", lint.Info: "notice"}

func findingsGitHub(w io.Writer, in FindingsInput) error {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for i := range in.Result.Findings {
		f := &in.Result.Findings[i]
		var at []string
		add := func(key, value string) { at = append(at, key+"="+property.Replace(value)) }
		if f.File != "" {
			add("file", f.File)
		}
		if f.Line > 0 {
			add("line", fmt.Sprint(f.Line))
			if f.EndLine > f.Line {
				add("endLine", fmt.Sprint(f.EndLine))
			}
			if f.Column > 0 {
				add("col", fmt.Sprint(f.Column))
			}
		}
		add("title", f.Code+" "+f.Title)
		message := f.Message
		if f.Fix != "" {
			message += "\nfix: " + f.Fix
		}
		if _, err := fmt.Fprintf(w, "::%s %s::%s\n", githubLevel[f.Severity], strings.Join(at, ","), data.Replace(message)); err != nil {
			return err
		}
	}
	return nil
}

// gitlabSeverity are GitLab's words for severities.
var gitlabSeverity = map[lint.Severity]string{lint.Error: "critical", lint.Warn: "major", lint.Info: "info"}

type gitlabIssue struct {
	Description string   `json:"description"`
	CheckName   string   `json:"check_name"`
	Fingerprint string   `json:"fingerprint"`
	Severity    string   `json:"severity"`
	Location    gitlabAt `json:"location"`
}

type gitlabAt struct {
	Path  string      `json:"path"`
	Lines gitlabLines `json:"lines"`
}

type gitlabLines struct {
	Begin int `json:"begin"`
}

func findingsGitLab(w io.Writer, in FindingsInput) error {
	list := []gitlabIssue{}
	seen := map[string]int{}
	for i := range in.Result.Findings {
		f := &in.Result.Findings[i]
		fp := f.Fingerprint()
		if seen[fp]++; seen[fp] > 1 { // GitLab drops what has the same fingerprint
			fp = fmt.Sprintf("%s-%d", fp, seen[fp])
		}
		path := f.File
		if path == "" {
			path = "."
		}
		list = append(list, gitlabIssue{Description: f.Code + " " + f.Title + ": " + f.Message, CheckName: f.Code + "-" + f.Slug, Fingerprint: fp,
			Severity: gitlabSeverity[f.Severity], Location: gitlabAt{Path: path, Lines: gitlabLines{Begin: max(1, f.Line)}}})
	}
	return encode(w, list)
}

func findingsMarkdown(w io.Writer, in FindingsInput) error {
	var b strings.Builder
	fs := in.Result.Findings
	if len(fs) == 0 {
		fmt.Fprintf(&b, "No findings. %s.\n", in.Result.Coverage)
		_, err := io.WriteString(w, b.String())
		return err
	}
	cell := strings.NewReplacer("|", `\|`, "\n", " ")
	b.WriteString("| severity | rule | place | object | finding |\n| --- | --- | --- | --- | --- |\n")
	for i := range fs {
		f := &fs[i]
		code := f.Code
		if f.DocsURL != "" {
			code = "[" + f.Code + "](" + f.DocsURL + ")"
		}
		fmt.Fprintf(&b, "| %s | %s %s | %s | %s | %s |\n", f.Severity, code, cell.Replace(f.Title), place(f), codeSpan(f.Object), cell.Replace(f.Message))
	}
	for i := range fs {
		f := &fs[i]
		if f.Fix == "" {
			continue
		}
		fmt.Fprintf(&b, "\n<details><summary>%s %s: fix</summary>\n\n%s\n\n</details>\n", f.Code, place(f), fenced(f.Fix, language(f)))
	}
	fmt.Fprintf(&b, "\n%s. %s.\n", count(fs), in.Result.Coverage)
	_, err := io.WriteString(w, b.String())
	return err
}

// place is file:line of a finding, or a dash.
func place(f *lint.Finding) string {
	switch {
	case f.File == "":
		return "-"
	case f.Line == 0:
		return f.File
	}
	return fmt.Sprintf("%s:%d", f.File, f.Line)
}

func codeSpan(s string) string {
	if s == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(s, "`", "'") + "`"
}

// fenced is a code block whose fence is longer than any in the text.
func fenced(text, lang string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + lang + "\n" + text + "\n" + fence
}

func language(f *lint.Finding) string {
	if strings.HasSuffix(f.File, ".go") {
		return "go"
	}
	return "sql"
}

// count says how many findings of each severity there are: "2 errors, 1 warning".
func count(fs []lint.Finding) string {
	n := map[lint.Severity]int{}
	for i := range fs {
		n[fs[i].Severity]++
	}
	var parts []string
	for _, s := range []struct {
		sev  lint.Severity
		word string
	}{{lint.Error, "error"}, {lint.Warn, "warning"}, {lint.Info, "information"}} {
		if k := n[s.sev]; k > 0 {
			word := s.word
			if k > 1 && s.sev != lint.Info {
				word += "s"
			}
			parts = append(parts, fmt.Sprintf("%d %s", k, word))
		}
	}
	if len(parts) == 0 {
		return "no findings"
	}
	return strings.Join(parts, ", ")
}
