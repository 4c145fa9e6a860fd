package cli

import (
	"io"
	"text/template"

	"github.com/plinth-go/plinth/internal/migration"
)

// The default texts of the atlas CLI, which scripts read.

func reportTemplate(out io.Writer, text string) *template.Template {
	funcs := templateFuncs(out)
	delete(funcs, "default")
	return template.Must(template.New("report").Funcs(funcs).Parse(text))
}

// atlasStatus is the text of 'migrate status'.
func atlasStatus(out io.Writer) *template.Template {
	c := colours(out)
	return template.Must(template.New("status").Funcs(template.FuncMap{
		"cyan": c("36"), "green": c("92"), "red": c("91"), "yellow": c("33"),
		"add": func(a, b int) int { return a + b },
	}).Parse(`Migration Status:
{{- if eq .Status "OK" }} {{ green .Status }}{{ else }} {{ yellow .Status }}{{ end }}
  {{ yellow "--" }} Current Version: {{ cyan .Current }}
{{- if gt .Total 0 }}{{ printf " (%s statements applied)" (yellow "%d" .Count) }}{{ end }}
  {{ yellow "--" }} Next Version:    {{ if .Next }}{{ cyan .Next }}{{ if .FromCheckpoint }} (checkpoint){{ end }}{{ else }}UNKNOWN{{ end }}
{{- if gt .Total 0 }}{{ printf " (%s statements left)" (yellow "%d" .Left) }}{{ end }}
  {{ yellow "--" }} Executed Files:  {{ len .Applied }}{{ if gt .Total 0 }} (last one partially){{ end }}
  {{ yellow "--" }} Pending Files:   {{ add (len .Pending) (len .OutOfOrder) }}
{{- if .OutOfOrder }} ({{ if .Pending }}{{ len .OutOfOrder }} {{ end }}out of order){{ end }}
{{- if gt .Total 0 }}

Last migration attempt had errors:
  {{ yellow "--" }} SQL:   {{ .SQL }}
  {{ yellow "--" }} {{ red "ERROR:" }} {{ .Error }}
{{- else if and .OutOfOrder .Error }}

  {{ red "ERROR:" }} {{ .Error }}
{{- end }}
`))
}

// atlasApply is the text of 'migrate apply'.
func atlasApply(out io.Writer) *template.Template {
	return reportTemplate(out, `{{- if not .Pending }}No migration files to execute
{{ else }}Migrating to version {{ cyan .Target }}{{ with .Current }} from {{ cyan . }}{{ end }} ({{ len .Pending }} migrations in total):
{{ range $f := .Applied }}
{{- $failed := false }}
{{- range $group := $f.Checks }}
  {{ yellow "--" }} checks before migrating version {{ cyan $f.File.Version }}
{{- range $s := $group.Stmts }}
    {{ if $s.Error }}{{ red "->" }}{{ else }}{{ cyan "->" }}{{ end }} {{ indent_ln $s.Stmt 7 }}
{{- end }}
{{- with $group.Error }}{{ $failed = true }}
    {{ redBgWhiteFg .Text }}
{{ else }}
  {{ yellow "--" }} ok ({{ yellow ($group.End.Sub $group.Start).String }})
{{ end }}
{{- end }}
{{- if not $failed }}
  {{ yellow "--" }} migrating version {{ cyan $f.File.Version }}
{{- range $f.Applied }}
    {{ cyan "->" }} {{ indent_ln . 7 }}
{{- end }}
{{- with .Error }}
    {{ redBgWhiteFg .Text }}
{{ else }}
  {{ yellow "--" }} ok ({{ yellow (.End.Sub .Start).String }})
{{ end }}
{{- end }}
{{- end }}
  {{ cyan "-------------------------" }}
  {{ summary . "  " }}
{{ end }}`)
}

// atlasDown is the text of 'migrate down'.
func atlasDown(out io.Writer) *template.Template {
	return reportTemplate(out, `{{- if not .Planned }}No migration files to revert
{{ else }}Migrating down from version {{ cyan .Current }}{{ with .Target }} to {{ cyan . }}{{ end }} ({{ len .Planned }} migration{{ if gt (len .Planned) 1 }}s{{ end }} in total):
{{ range $f := .Reverted }}
  {{ yellow "--" }} reverting version {{ cyan $f.File.Version }}
{{- range $f.Applied }}
    {{ cyan "->" }} {{ indent_ln . 7 }}
{{- end }}
{{- with .Error }}
    {{ redBgWhiteFg .Text }}
{{ else }}
  {{ yellow "--" }} ok ({{ yellow (.End.Sub .Start).String }})
{{ end }}
{{- end }}
  {{ cyan "-------------------------" }}
  {{ yellow "--" }} {{ (.End.Sub .Start).String }}
  {{ yellow "--" }} {{ len .Reverted }} migration{{ if gt (len .Reverted) 1 }}s{{ end }}
{{ end }}`)
}

// atlasSet writes the text of 'migrate set'.
func atlasSet(out io.Writer, rep *migration.SetReport) error {
	c := colours(out)
	return template.Must(template.New("set").Funcs(template.FuncMap{
		"cyan": c("36"), "plus": func() string { return c("92")("+") }, "minus": func() string { return c("91")("-") },
	}).Parse(`{{- if and (not .Current) .Revisions -}}
All revisions deleted ({{ len .Revisions }} in total):

{{ else if and .Current .Revisions -}}
Current version is {{ cyan .Current.Version }} ({{ .Summary }}):

{{ end }}
{{- range .Revisions }}  {{ if eq .Op "set" }}{{ plus }}{{ else }}{{ minus }}{{ end }} {{ .Version }}{{ with .Description }} ({{ . }}){{ end }}
{{ end }}
{{- if .Revisions }}
{{ end }}`)).Execute(out, rep)
}
