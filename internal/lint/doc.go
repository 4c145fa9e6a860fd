// Package lint judges a design. It holds the engine that every rule shares — findings, severities, suppressions with
// reasons, baselines, coverage — and the design rules (family S), one file a rule.
//
// In: a schemagraph.Graph, whatever its source (an Ent project, a live database, an SQL or HCL file), a Config, and,
// for a live database, the facts only its catalogue knows (Live). Out: a Result: findings in a stable order, and a
// coverage that says which rules ran and which did not, and why. A rule that needs what a source cannot have (declared
// queries, for instance) is skipped and named there; it never guesses.
//
// The migration rules (family M) live in internal/migration/lint. They make their own findings and hand them to
// Finish, so that both families are suppressed, baselined, sorted and counted alike.
//
// Values in, values out: the package opens no file and no connection, and never changes the graph it is given.
package lint
