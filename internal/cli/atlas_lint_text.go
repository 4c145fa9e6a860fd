package cli

import (
	"strings"
	"text/template"
)

func lintFuncs(g *atlasGlobal) template.FuncMap {
	funcs := templateFuncs(g.out)
	funcs["sub"] = func(a, b int) int { return a - b }
	funcs["repeat"], funcs["join"] = strings.Repeat, strings.Join
	funcs["underline"] = colours(g.out)("4;90")
	funcs["maxWidth"] = func(s string, n int) []string {
		words := strings.Fields(s)
		var lines []string
		from, width := 0, 0
		for i, w := range words {
			if width+len(w) > n {
				lines = append(lines, strings.Join(words[from:i], " "))
				from, width = i, 0
			}
			width += len(w)
		}
		return append(lines, strings.Join(words[from:], " "))
	}
	return funcs
}

// lintText is the default text of 'migrate lint'.
const lintText = `
{{- if .Files }}
{{- $n := len .Files }}{{ with .TotalFiles }}{{ $n = . }}{{ end }}
{{- $s := "s" }}{{ if eq $n 1 }}{{ $s = "" }}{{ end -}}
Analyzing changes{{ if and .FromV .ToV }} from version {{ cyan .FromV }} to {{ cyan .ToV }}{{ else if .ToV }} until version {{ cyan .ToV }}{{ end }} ({{ $n }} migration{{ $s }} in total):

{{ range $i, $f := .Files }}
{{- if and $f.Error (eq $f.File nil) (eq $i (sub (len $.Files) 1)) }}  {{ redBgWhiteFg (printf "Error: %s" $f.Error) }}

{{ break }}{{ end }}
{{- yellow "  --" }} analyzing version {{ cyan $f.Version }}
{{ range $r := $f.Reports }}
{{- if $r.Text }}    {{ yellow "--" }} {{ $r.Text }}:
{{ else if $r.Diagnostics }}    {{ yellow "--" }} Unnamed diagnostics detected:
{{ end }}
{{- range $d := $r.Diagnostics }}
{{- $prefix := printf "      %s L%d: " (cyan "--") ($f.Line $d.Pos) }}
{{- $prefix }}
{{- range $j, $line := maxWidth (printf "%s %s" $d.Text (underline (print "https://atlasgo.io/lint/analyzers#" $d.Code))) (sub 85 (len $prefix)) }}
{{- if $j }}         {{ end }}{{ $line }}
{{ end }}{{ end }}
{{- else }}    {{ cyan "--" }} no diagnostics found
{{ end }}
{{- with $f.SuggestedFixes }}    {{ yellow "--" }} suggested fix{{ if gt (len .) 1 }}es{{ end }}:
{{ range . }}
{{- $prefix := printf "      %s " (cyan "->") }}
{{- $prefix }}
{{- range $j, $line := maxWidth .Message (sub 85 (len $prefix)) }}
{{- if $j }}         {{ end }}{{ $line }}
{{ end }}{{ end }}{{ end }}
{{- if or (not $f.Error) $f.Reports }}  {{ yellow "--" }} ok ({{ yellow (.End.Sub .Start).String }})
{{ end }}
{{ end }}
{{- cyan "  -------------------------" }}
  {{ yellow "--" }} {{ (.End.Sub .Start).String }}
{{ with .VersionStatuses }}  {{ yellow "--" }} {{ . }}
{{ end }}
{{- with .TotalChanges }}  {{ yellow "--" }} {{ . }} schema change{{ if ne . 1 }}s{{ end }}
{{ end }}
{{- with .DiagnosticsCount }}  {{ yellow "--" }} {{ . }} diagnostic{{ if ne . 1 }}s{{ end }}
{{ end }}
{{- end }}`
