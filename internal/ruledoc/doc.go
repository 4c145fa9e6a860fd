// Package ruledoc writes docs/rules, a page for each rule: what it says of itself, its examples, and what running it on
// them printed. In: the registries and the folders of examples. Out: Markdown, the same for the same rules. Its test
// fails when a page, an example or a fix is missing, or when a page is not what would be written now.
package ruledoc
