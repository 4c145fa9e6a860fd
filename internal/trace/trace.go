// Package trace runs the statements of migration files on a throwaway database and reports what the server really did
// for each: the locks it took, the tables it rewrote or scanned, the indexes it built, how long it took, and whether
// it may run in a transaction.
//
// In: a pool of connections (lib/pq) to a throwaway database that holds the schema the files start from, and the
// files, split into statements. Out: a [Report] of plain values. The database holds the files' result afterwards.
//
// Every transaction of the files is rehearsed as a whole first and rolled back: that shows what fails only because of
// what came before it in the transaction. Then each statement is run in a transaction of its own, so that its locks
// are its own. What cannot run in a transaction is run outside and watched from other sessions, which hold it up at
// each of its phases to look at its locks.
//
// Tables that existed at the start get a row or two before a statement that touches them, as far as their constraints
// let that be guessed, so that failures that depend on data show ([Statement.DataError]); the statement is then run
// again without them. Locks, rewrites and messages are the same on an empty table.
//
// The package never opens a connection of its own, and never touches another database. Statements that would act on
// the whole server (databases, tablespaces, server settings) or reach outside it are not run.
package trace

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// TxMode says how the runner executes a file, in the words of the atlas CLI.
type TxMode string

const (
	TxFile TxMode = "file" // one transaction for the file; the default
	TxAll  TxMode = "all"  // one transaction for this file and its neighbours that say so too
	TxNone TxMode = "none" // no transaction but those the file begins itself
)

// File is a migration file.
type File struct {
	Name       string   `json:"name"`
	TxMode     TxMode   `json:"tx_mode"`
	Statements []string `json:"statements"`
}

// Options are the choices of a run.
type Options struct {
	// Private says that the whole server is thrown away after the run: a role that a statement names and the server
	// lacks is created, because on the real server it exists.
	Private bool
	// NoRows leaves the tables empty: DataError is then never set.
	NoRows bool
}

// Report is what a run found, in the order of the files.
type Report struct {
	// Version is the server's server_version_num, such as 150014.
	Version int          `json:"version"`
	Files   []FileReport `json:"files"`
}

// FileReport is the report on one file.
type FileReport struct {
	Name       string      `json:"name"`
	TxMode     TxMode      `json:"tx_mode"`
	Statements []Statement `json:"statements"`
}

// Statement is what the server did for one statement.
type Statement struct {
	// Text is the statement as given.
	Text string `json:"text"`
	// Ran is false when the statement was not run, or failed so that nothing more than Error is known.
	Ran bool `json:"ran"`
	// Skipped says why the statement was not run, "" when it was.
	Skipped string `json:"skipped,omitempty"`
	// InTx is whether the statement may run inside a transaction.
	InTx bool `json:"in_tx"`
	// Locks are those of RowShare and stronger on relations that existed before the statement, strongest first.
	Locks []Lock `json:"locks,omitempty"`
	// Rewrites are the tables and materialized views whose contents were written anew. Emptying a table is none.
	Rewrites []Object `json:"rewrites,omitempty"`
	// Scans are the tables that were read whole to verify something, without a rewrite or an index build.
	Scans []Object `json:"scans,omitempty"`
	// Builds are the indexes that were built or rebuilt.
	Builds []Build `json:"builds,omitempty"`
	// Created are the relations that the statement made.
	Created []Object `json:"created,omitempty"`
	// Remarks are the server's words about work it could spare, such as a constraint that is implied by others.
	Remarks []string `json:"remarks,omitempty"`
	// Duration is the statement's time on the (nearly empty) throwaway database.
	Duration time.Duration `json:"duration"`
	// Error is the failure of the statement as its file would run it, nil if it does not fail.
	Error *Error `json:"error,omitempty"`
	// DataError is a failure on rows that the schema allows, where Error is nil: whether it happens depends on the data.
	DataError *Error `json:"data_error,omitempty"`
}

// Object is a relation.
type Object struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
	// Kind is table, partitioned table, index, partitioned index, view, materialized view, sequence, foreign table or
	// type.
	Kind string `json:"kind"`
	// Table is the table of an index, written as String writes it.
	Table string `json:"table,omitempty"`
	// New is set on what the files of this run made: nobody else uses it yet.
	New bool `json:"new,omitempty"`
}

// String is the object's name, with its schema unless that is public.
func (o Object) String() string {
	if o.Schema == "public" || o.Schema == "" {
		return o.Name
	}
	return o.Schema + "." + o.Name
}

// IsTable is whether the object is a table of any kind.
func (o Object) IsTable() bool {
	return o.Kind == "table" || o.Kind == "partitioned table" || o.Kind == "foreign table"
}

// Lock is one lock mode taken on one object.
type Lock struct {
	Object
	Mode Mode `json:"mode"`
}

// Build is one index build.
type Build struct {
	Index Object `json:"index"`
	Table Object `json:"table"`
}

// Error is the server's error.
type Error struct {
	// SQLState is the five-character code, such as 25001.
	SQLState string `json:"sqlstate"`
	Message  string `json:"message"`
	Detail   string `json:"detail,omitempty"`
	Hint     string `json:"hint,omitempty"`
	// Position is the 1-based character in the statement, 0 if the server gave none.
	Position int `json:"position,omitempty"`
	// Constraint is the constraint's name, if one was violated.
	Constraint string `json:"constraint,omitempty"`
	// Environment is set when the throwaway server lacks something that the real one may have: an extension, a
	// procedural language, a role, a tablespace.
	Environment bool `json:"environment,omitempty"`
}

// Error is the message with its code.
func (e *Error) Error() string { return fmt.Sprintf("%s (SQLSTATE %s)", e.Message, e.SQLState) }

// Lock returns the strongest mode taken on the relation of that name (as [Object.String] writes it), or "".
func (s *Statement) Lock(name string) Mode {
	var strongest Mode
	for _, l := range s.Locks {
		if l.String() == name && l.Mode.Level() > strongest.Level() {
			strongest = l.Mode
		}
	}
	return strongest
}

// Brief is whether the statement held its locks only for a change of the catalogue: no rewrite, scan or build of
// anything that existed before the run.
func (s *Statement) Brief() bool {
	for _, o := range append(append([]Object(nil), s.Rewrites...), s.Scans...) {
		if !o.New {
			return false
		}
	}
	for _, b := range s.Builds {
		if !b.Table.New {
			return false
		}
	}
	return true
}

// Run runs the files and reports. An error means that the tracer itself could not work; the statements' own failures
// are in the report. The pool must allow four connections.
func Run(ctx context.Context, db *sql.DB, files []File, o Options) (*Report, error) {
	r, err := newRun(ctx, db, o)
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	defer r.close()
	report := &Report{Version: r.version, Files: make([]FileReport, len(files))}
	for i, f := range files {
		if f.TxMode == "" {
			f.TxMode = TxFile
		}
		report.Files[i] = FileReport{Name: f.Name, TxMode: f.TxMode, Statements: make([]Statement, len(f.Statements))}
		for j, text := range f.Statements {
			report.Files[i].Statements[j] = Statement{Text: text, InTx: true}
		}
	}
	for _, g := range groups(report, o.Private) {
		if err := r.group(ctx, g); err != nil {
			return nil, fmt.Errorf("tracing %s: %w", g.file, err)
		}
	}
	return report, nil
}
