package migration

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/sqlclient"
)

// The reports have the fields of the atlas CLI's, under the same names, so that one --format template works with
// both tools and the JSON reads back into the same types.
type (
	// Env says what a report is about.
	Env struct {
		Driver string         `json:"Driver,omitempty"`
		URL    *sqlclient.URL `json:"URL,omitempty"`
		Dir    string         `json:"Dir,omitempty"`
	}
	// Files marshals as names, versions and descriptions.
	Files []*File
	// StmtError is a statement and why it failed.
	StmtError struct {
		Stmt string `json:"Stmt,omitempty"`
		Text string `json:"Text,omitempty"`
	}
	// CheckResult is one assertion and, when it did not hold, why.
	CheckResult struct {
		Stmt  string  `json:"Stmt,omitempty"`
		Error *string `json:"Error,omitempty"`
	}
	// FileChecks is a group of assertions that ran before a file.
	FileChecks struct {
		Name  string         `json:"Name,omitempty"`
		Stmts []*CheckResult `json:"Stmts,omitempty"`
		Error *StmtError     `json:"Error,omitempty"`
		Start time.Time      `json:"Start,omitempty"`
		End   time.Time      `json:"End,omitempty"`
	}
	// AppliedFile is a file of an apply.
	AppliedFile struct {
		*File
		Start   time.Time
		End     time.Time
		Skipped int      // statements that an earlier attempt ran
		Applied []string // statements that ran, the failed one included
		Checks  []*FileChecks
		Error   *StmtError
	}
	// ApplyReport is the report of an apply.
	ApplyReport struct {
		Env
		Pending Files          `json:"Pending,omitempty"`
		Applied []*AppliedFile `json:"Applied,omitempty"`
		Current string         `json:"Current,omitempty"`
		Target  string         `json:"Target,omitempty"`
		Start   time.Time
		End     time.Time
		Error   string `json:"Error,omitempty"`
		DryRun  bool   `json:"-"`
	}
	// StatusReport is the report of a status.
	StatusReport struct {
		Env        `json:"Env"`
		Available  Files       `json:"Available,omitempty"`
		OutOfOrder Files       `json:"OutOfOrder,omitempty"`
		Pending    Files       `json:"Pending,omitempty"`
		Applied    []*Revision `json:"Applied,omitempty"`
		Current    string      `json:"Current,omitempty"`
		Next       string      `json:"Next,omitempty"`
		Count      int         `json:"Count,omitempty"`
		Total      int         `json:"Total,omitempty"`
		Status     string      `json:"Status,omitempty"`
		Error      string      `json:"Error,omitempty"`
		SQL        string      `json:"SQL,omitempty"`
	}
	// RevertedFile is a file of a down.
	RevertedFile struct {
		*File
		Start   time.Time
		End     time.Time
		Skipped int
		Applied []string
		Scope   string // "transaction" or "statement": what was recorded at once
		Error   *StmtError
	}
	// DownReport is the report of a down.
	DownReport struct {
		Env
		Planned  Files           `json:"Planned,omitempty"`
		Reverted []*RevertedFile `json:"Reverted,omitempty"`
		Current  string          `json:"Current,omitempty"`
		Target   string          `json:"Target,omitempty"`
		Total    int             `json:"Total,omitempty"`
		Start    time.Time
		End      time.Time
		Status   string `json:"Status,omitempty"`
		Error    string `json:"Error,omitempty"`
		DryRun   bool   `json:"-"`
	}
)

type fileJSON struct {
	Name        string     `json:"Name,omitempty"`
	Version     string     `json:"Version,omitempty"`
	Description string     `json:"Description,omitempty"`
	Content     string     `json:"Content,omitempty"`
	Start       *time.Time `json:"Start,omitempty"`
	End         *time.Time `json:"End,omitempty"`
	Skipped     int        `json:"Skipped,omitempty"`
	Stmts       []string   `json:"Applied,omitempty"`
	Checks      any        `json:"Checks,omitempty"`
	Error       *StmtError `json:"Error,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (f *File) MarshalJSON() ([]byte, error) {
	return json.Marshal(fileJSON{Name: f.Name(), Version: f.Version(), Description: f.Desc()})
}

// MarshalJSON implements json.Marshaler.
func (f *AppliedFile) MarshalJSON() ([]byte, error) {
	j := fileJSON{Name: f.Name(), Version: f.Version(), Description: f.Desc(), Start: &f.Start, End: &f.End,
		Skipped: f.Skipped, Stmts: f.Applied, Error: f.Error}
	if len(f.Checks) > 0 {
		j.Checks = f.Checks
	}
	return json.Marshal(j)
}

// MarshalJSON implements json.Marshaler.
func (f *RevertedFile) MarshalJSON() ([]byte, error) {
	return json.Marshal(fileJSON{Name: f.Name(), Version: f.Version(), Description: f.Desc(), Start: &f.Start, End: &f.End,
		Skipped: f.Skipped, Stmts: f.Applied, Error: f.Error})
}

// MarshalJSON implements json.Marshaler.
func (a *ApplyReport) MarshalJSON() ([]byte, error) {
	type plain ApplyReport
	v := struct {
		*plain
		Message string `json:"Message,omitempty"`
	}{plain: (*plain)(a)}
	switch {
	case a.Error != "":
	case len(a.Applied) == 0:
		v.Message = "No migration files to execute"
	default:
		v.Message = fmt.Sprintf("Migrated to version %s from %s (%d migrations in total)", a.Target, a.Current, len(a.Pending))
	}
	return json.Marshal(v)
}

// Left is the number of statements of a partly applied file that have not run.
func (r *StatusReport) Left() int { return r.Total - r.Count }

// FromCheckpoint says whether the first file to run is a checkpoint.
func (r *StatusReport) FromCheckpoint() bool {
	return len(r.Applied) == 0 && len(r.Pending) > 0 && r.Pending[0].Version() == r.Next && r.Pending[0].IsCheckpoint()
}

// Summary counts what ran, one line for files, checks and statements each, the lines after the first indented.
// mark is put before each line.
func (a *ApplyReport) Summary(indent string, mark ...string) string {
	var files, badFiles, checks, badChecks, stmts, badStmts int
	for _, f := range a.Applied {
		failedCheck := false
		for _, c := range f.Checks {
			for _, s := range c.Stmts {
				if s.Error != nil {
					badChecks++
				} else {
					checks++
				}
			}
			failedCheck = c.Error != nil
		}
		stmts += len(f.Applied)
		if f.Error == nil {
			files++
			continue
		}
		badFiles++
		if !failedCheck && len(f.Applied) > 0 {
			stmts--
			badStmts++
		}
	}
	lines := []string{a.End.Sub(a.Start).String()}
	switch {
	case files > 0 && badFiles > 0:
		lines = append(lines, fmt.Sprintf("%d migration%s ok, %d with errors", files, plural(files), badFiles))
	case files > 0:
		lines = append(lines, fmt.Sprintf("%d migration%s", files, plural(files)))
	case badFiles > 0:
		lines = append(lines, fmt.Sprintf("%d migration%s with errors", badFiles, plural(badFiles)))
	}
	switch {
	case checks > 0 && badChecks > 0:
		lines = append(lines, fmt.Sprintf("%d check%s ok, %d failure%s", checks, plural(checks), badChecks, plural(badChecks)))
	case checks > 0:
		lines = append(lines, fmt.Sprintf("%d check%s", checks, plural(checks)))
	case badChecks > 0:
		lines = append(lines, fmt.Sprintf("%d check error%s", badChecks, plural(badChecks)))
	}
	switch {
	case stmts > 0 && badStmts > 0:
		lines = append(lines, fmt.Sprintf("%d sql statement%s ok, %d with errors", stmts, plural(stmts), badStmts))
	case stmts > 0:
		lines = append(lines, fmt.Sprintf("%d sql statement%s", stmts, plural(stmts)))
	case badStmts > 0:
		lines = append(lines, fmt.Sprintf("%d sql statement%s with errors", badStmts, plural(badStmts)))
	}
	m := "--"
	if len(mark) > 0 {
		m = mark[0]
	}
	for i := range lines {
		lines[i] = m + " " + lines[i]
	}
	return strings.Join(lines, "\n"+indent)
}

func plural(n int) string {
	if n > 1 {
		return "s"
	}
	return ""
}

var _ migrate.CheckpointFile = (*File)(nil)
