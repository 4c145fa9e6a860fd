package report

import (
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/plinth-go/plinth/internal/lint"
)

// The parts of SARIF 2.1.0 that findings need, in the standard's words.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool     `json:"tool"`
		Invocations []sarifInvoke `json:"invocations"`
		Results     []sarifResult `json:"results"`
		ColumnKind  string        `json:"columnKind"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string       `json:"id"`
		Name             string       `json:"name,omitempty"`
		ShortDescription *sarifText   `json:"shortDescription,omitempty"`
		FullDescription  *sarifText   `json:"fullDescription,omitempty"`
		Help             *sarifText   `json:"help,omitempty"`
		HelpURI          string       `json:"helpUri,omitempty"`
		Default          *sarifConfig `json:"defaultConfiguration,omitempty"`
	}
	sarifConfig struct {
		Enabled bool   `json:"enabled"`
		Level   string `json:"level"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifInvoke struct {
		ExecutionSuccessful bool `json:"executionSuccessful"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Properties   map[string]any    `json:"properties,omitempty"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
	sarifLogical struct {
		FullyQualifiedName string `json:"fullyQualifiedName"`
	}
)

var sarifLevel = map[lint.Severity]string{lint.Error: "error", lint.Warn: "warning", lint.Info: "note", lint.Off: "none"}

func findingsSARIF(w io.Writer, in FindingsInput) error {
	driver := sarifDriver{Name: "plinth", Version: in.Version, InformationURI: "https://github.com/plinth-go/plinth", Rules: []sarifRule{}}
	index := map[string]int{}
	var rules []*lint.Rule
	for _, r := range append(slices.Clone(in.Rules), lint.Own()...) {
		if _, ok := index[r.Code]; !ok {
			index[r.Code] = len(rules)
			rules = append(rules, r)
			driver.Rules = append(driver.Rules, sarifRuleOf(r))
		}
	}
	results := []sarifResult{}
	for i := range in.Result.Findings {
		f := &in.Result.Findings[i]
		n, ok := index[f.Code]
		if !ok { // another analyzer's code
			n = len(driver.Rules)
			index[f.Code] = n
			driver.Rules = append(driver.Rules, sarifRule{ID: f.Code, Name: f.Slug})
		}
		results = append(results, sarifResultOf(f, n))
	}
	return encode(w, sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{{
		Tool: sarifTool{driver}, Invocations: []sarifInvoke{{true}}, Results: results, ColumnKind: "unicodeCodePoints"}}})
}

func sarifRuleOf(r *lint.Rule) sarifRule {
	s := sarifRule{ID: r.Code, Name: r.Slug, HelpURI: r.DocsURL(), ShortDescription: &sarifText{Text: r.Title},
		Default: &sarifConfig{Enabled: r.Severity != lint.Off, Level: sarifLevel[r.Severity]}}
	if r.Rationale != "" {
		s.FullDescription = &sarifText{Text: r.Rationale}
	}
	if r.FixText != "" {
		s.Help = &sarifText{Text: r.FixText}
	}
	return s
}

func sarifResultOf(f *lint.Finding, rule int) sarifResult {
	res := sarifResult{RuleID: f.Code, RuleIndex: rule, Level: sarifLevel[f.Severity], Message: sarifText{Text: f.Message}, Locations: []sarifLocation{},
		Fingerprints: map[string]string{"plinth/v1": f.Fingerprint()}, Properties: map[string]any{}}
	var at sarifLocation
	if f.File != "" {
		at.Physical = &sarifPhysical{Artifact: sarifArtifact{URI: uri(f.File)}}
		if f.Line > 0 {
			at.Physical.Region = &sarifRegion{StartLine: f.Line, StartColumn: f.Column, EndLine: f.EndLine}
			if f.EndColumn > f.Column || f.EndLine > f.Line && f.EndColumn > 0 {
				at.Physical.Region.EndColumn = f.EndColumn
			}
		}
	}
	if f.Object != "" {
		at.Logical = []sarifLogical{{f.Object}}
	}
	if at.Physical != nil || at.Logical != nil {
		res.Locations = append(res.Locations, at)
	}
	for k, v := range map[string]any{"fix": f.Fix, "statement": f.Statement} {
		if v != "" {
			res.Properties[k] = v
		}
	}
	if len(f.Sources) > 0 {
		res.Properties["sources"] = f.Sources
	}
	if len(f.Aliases) > 0 {
		res.Properties["aliases"] = f.Aliases
	}
	return res
}

// uri writes a path as a relative URI.
func uri(path string) string {
	path = strings.TrimPrefix(filepath.ToSlash(path), "./")
	return strings.NewReplacer("%", "%25", " ", "%20", "#", "%23", "?", "%3F", "[", "%5B", "]", "%5D").Replace(path)
}
