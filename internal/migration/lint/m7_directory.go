package lint

import (
	"maps"
	"slices"
	"strings"

	"github.com/plinth-go/plinth/internal/lint"
)

var m701 = rule{
	Rule: lint.Rule{
		Code: "M701", Slug: "checksum", Title: "atlas.sum does not match the directory", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "The sum file says which files there are and what is in them. Where it does not match, a file was edited, added or removed by hand, or two branches were merged.",
		FixText:   "look at what changed, then: plinth migrate hash",
		Source:    "Atlas, Migration Directory Integrity",
	},
	directory: true,
	dir: func(p *pass) {
		if d := p.in.Directory; d.SumError != "" {
			p.reportFile(d.SumFile, 1, "", d.SumError, "plinth migrate hash")
		}
	},
}

var m702 = rule{
	Rule: lint.Rule{
		Code: "M702", Slug: "non-linear", Title: "file comes before one that is deployed", Severity: lint.Warn, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "Versions compare as text. A file whose version is before the last deployed one was made on another branch: databases that are past it have run the files in another order, or skip it.",
		FixText:   "plinth migrate rebase {file}",
		Source:    "Atlas, execution order",
	},
	directory: true,
	dir: func(p *pass) {
		for _, name := range p.in.Directory.OutOfOrder {
			p.reportFile(name, 1, "", "The file's version is before that of a file which is deployed.", "plinth migrate rebase")
		}
	},
}

var m703 = rule{
	Rule: lint.Rule{
		Code: "M703", Slug: "file-name", Title: "name of a migration file is not as the directory's tools need it", Severity: lint.Warn, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "Versions compare as text, so they all need the same number of digits; a version used twice is run once, or refused.",
		FixText:   "VERSION_NAME.up.sql, with a version of as many digits as the others",
		Source:    "golang-migrate, Atlas",
	},
	directory: true,
	dir: func(p *pass) {
		names := p.in.Directory.BadNames
		for _, name := range slices.Sorted(maps.Keys(names)) {
			p.reportFile(name, 1, "", names[name], "-- rename the file, then: plinth migrate hash")
		}
	},
}

var m704 = rule{
	Rule: lint.Rule{
		Code: "M704", Slug: "no-down", Title: "no down migration", Severity: lint.Warn, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "The directory keeps down migrations, and this file has none, or an empty one: the release cannot be taken back. Not reported for a directory that keeps none.",
		FixText:   "write NAME.down.sql; plinth migrate diff writes it",
		Source:    "house rule",
	},
	directory: true,
	file: func(p *pass, f *file) {
		if p.in.Directory.Reversible && f.Migration && !f.HasDown && len(f.stmts) > 0 {
			p.reportFile(f.Name, 1, "", "Nothing says how to take this file back.", "-- "+strings.TrimSuffix(f.Name, ".up.sql")+".down.sql")
		}
	},
}

var m705 = rule{
	Rule: lint.Rule{
		Code: "M705", Slug: "down-differs", Title: "down does not restore the schema", Severity: lint.Error, Fix: lint.FixNone, Since: "0.1",
		Rationale: "Run up, down and up again on a throwaway server, the file has to come back to the same schema both times. Whatever the down forgets or makes differently stays in the database after a release was taken back.",
		FixText:   "complete the down file",
		Source:    "house rule; measured by running it",
	},
	traced: true, directory: true,
	dir: func(p *pass) {
		for _, d := range p.roundTrips {
			p.reportFile(d.File, max(1, d.Line), "", d.Message, "-- complete the down file")
		}
	},
}

var m706 = rule{
	Rule: lint.Rule{
		Code: "M706", Slug: "drift", Title: "migrations do not lead to the declared schema", Severity: lint.Error, Fix: lint.FixProposed, Since: "0.1",
		Rationale: "What the files make, run one after the other, and what the Ent schema declares have to be the same; otherwise the application runs on a schema nobody wrote down.",
		FixText:   "plinth migrate diff",
		Source:    "house rule; measured by running it",
	},
	directory: true, compared: true,
	dir: func(p *pass) {
		for _, d := range p.in.Directory.Drift {
			p.reportFile(p.lastFile(), 1, d.Object, d.Message, "plinth migrate diff NAME")
		}
	},
}

// lastFile is the name of the last file judged.
func (p *pass) lastFile() string {
	if n := len(p.in.Files); n > 0 {
		return p.in.Files[n-1].Name
	}
	return ""
}

var m707 = rule{
	Rule: lint.Rule{
		Code: "M707", Slug: "empty", Title: "migration file without a statement", Severity: lint.Warn, Fix: lint.FixNone, Since: "0.1",
		Rationale: "An empty file takes a version and does nothing: something that was meant is missing, or the planner could not express it.",
		FixText:   "write the statements, or remove the file and run plinth migrate hash",
		Source:    "house rule",
	},
	directory: true,
	file: func(p *pass, f *file) {
		if f.Migration && len(f.stmts) == 0 {
			p.reportFile(f.Name, 1, "", "The file has no statement.", "-- remove the file, then: plinth migrate hash")
		}
	},
}

var m708 = rule{
	Rule: lint.Rule{
		Code: "M708", Slug: "edited-after-release", Title: "applied file was edited", Severity: lint.Error, Fix: lint.FixNone, Since: "0.1",
		Rationale: "Databases that ran the file ran another text than new ones will. Put the change in a new file.",
		FixText:   "restore the file, and write a new one",
		Source:    "house rule",
	},
	directory: true,
	dir: func(p *pass) {
		for _, name := range p.in.Directory.Edited {
			p.reportFile(name, 1, "", "The file was applied with another text.", "-- restore the file, and put the change in a new one")
		}
	},
}
