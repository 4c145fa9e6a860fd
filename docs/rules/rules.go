// Package rules holds the rules' pages, so that the command shows them without a network. They are written by
// internal/ruledoc.
package rules

import "embed"

// Pages are README.md, the list, and CODE.md for each rule.
//
//go:embed *.md
var Pages embed.FS
