package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/plinth-go/plinth/docs/rules"
	"github.com/plinth-go/plinth/internal/lint"
)

func newRules(s streams) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "rules [CODE]",
		Short: "Show a rule's page, or the list of all rules",
		Example: `  plinth rules
  plinth rules S301
  plinth rules index-not-concurrent`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return usagef("--format %q is none of text and json", format)
			}
			list := knownRules()
			if len(args) > 0 {
				if list = lint.Lookup(list, args[0]); len(list) == 0 || strings.EqualFold(args[0], "all") {
					return usagef("%q is no rule; see the list with: plinth rules", args[0])
				}
			}
			switch {
			case format == "json":
				return rulesJSON(s, list)
			case len(list) == 1:
				return rulePage(s, list[0])
			}
			return rulesTable(s, list)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}

func rulePage(s streams, r *lint.Rule) error {
	text, err := rules.Pages.ReadFile(r.Code + ".md")
	if err != nil {
		return fmt.Errorf("reading the page of %s: %w", r.Code, err)
	}
	_, page, _ := strings.Cut(string(text), "-->\n\n")
	_, err = fmt.Fprint(s.out, page)
	return err
}

func rulesTable(s streams, list []*lint.Rule) error {
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, r := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Code, r.Severity, r.Fix, r.Slug, r.Title)
	}
	return w.Flush()
}

func rulesJSON(s streams, list []*lint.Rule) error {
	type option struct {
		Name    string `json:"name"`
		Default string `json:"default"`
		Doc     string `json:"doc"`
	}
	type rule struct {
		Code      string   `json:"code"`
		Slug      string   `json:"slug"`
		Title     string   `json:"title"`
		Severity  string   `json:"severity"`
		Fix       string   `json:"fix"`
		FixText   string   `json:"fix_text"`
		Rationale string   `json:"rationale"`
		Source    string   `json:"source"`
		Since     string   `json:"since"`
		Aliases   []string `json:"aliases"`
		Options   []option `json:"options"`
		DocsURL   string   `json:"docs_url"`
	}
	out := []rule{}
	for _, r := range list {
		e := rule{r.Code, r.Slug, r.Title, r.Severity.String(), string(r.Fix), r.FixText, r.Rationale, r.Source, r.Since, append([]string{}, r.Aliases...), []option{}, r.DocsURL()}
		for _, o := range r.Options {
			e.Options = append(e.Options, option(o))
		}
		out = append(out, e)
	}
	enc := json.NewEncoder(s.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}
