// Package lint judges migrations: the rules of family M, each on what a statement does to a running PostgreSQL.
//
// In go migration files (or plain SQL files, or standard input) in the order they run, the files before them or a
// starting schema, and Options. Out comes a Result: findings in a stable order, coverage, and for every statement the
// locks, rewrites, scans and builds the findings rest on.
//
// A judgement has up to three sources. Every statement is parsed by PostgreSQL's own parser; the state before it is
// replayed in memory (package catalog), so that a type change is judged by the type the column has and a table made in
// the same batch is left alone; and where a Tracer is given, the statement was run on a throwaway server, and what
// was seen there beats what was read. Without one no server is needed.
//
// A batch is what is not deployed yet: all files under judgement together. What was made before the batch exists, has
// rows and is in use, wherever in history it was made.
package lint

import (
	"context"

	"github.com/plinth-go/plinth/internal/lint"
)

// File is one file to judge.
type File struct {
	// Name is its path as findings show it.
	Name string
	Text string
	// Migration says that it is a file of a migrations directory: a runner executes it, in one transaction unless the
	// file says otherwise. Any other file is taken as somebody would hand it to psql.
	Migration bool
	// Version is its version in the directory.
	Version string
	// HasDown says that there is a down migration for it, Down its text where it is in a file of its own.
	HasDown bool
	Down    string
}

// Input is what to judge.
type Input struct {
	// Schema is the starting schema, SQL files applied before everything else. It is deployed.
	Schema []File
	// Before are the deployed files, in order; Files the batch.
	Before []File
	Files  []File
	// Apart says that each of the files is a batch of its own: those before it are deployed. So a whole directory is
	// judged, of which nobody said what is deployed.
	Apart bool
	// Open says that no starting schema was given, so that what was never seen may well exist.
	Open bool
	// TxNone says that plain files are run statement by statement, as psql does, and not in one transaction as a
	// migration runner does.
	TxNone bool
	// Directory is what is known of the migrations directory as a whole; nil for plain files.
	Directory *Directory
}

// Directory is what rules about the directory itself need.
type Directory struct {
	// SumError says what is wrong with atlas.sum; empty for nothing.
	SumError string
	SumFile  string
	// OutOfOrder are files of the batch whose version is before that of a deployed file; Edited are deployed files
	// whose text has changed since.
	OutOfOrder, Edited []string
	// BadNames maps files to what is wrong with their names.
	BadNames map[string]string
	// Drift is how the schema the files lead to differs from the declared one; Compared says that this was looked at.
	Drift    []Difference
	Compared bool
	// Reversible says that the directory keeps down migrations.
	Reversible bool
}

// Difference is one difference between two schemas.
type Difference struct{ Object, Message string }

// RoundTrip is what is wrong with a file's down migration.
type RoundTrip struct {
	File    string
	Line    int
	Message string
}

// Options adjust a run. The zero value judges for PostgreSQL 15 without a server.
type Options struct {
	// Version is the server's major version, 11 to 18; 0 for 15.
	Version  int
	Config   lint.Config
	Baseline *lint.Baseline
	// Known are rules of other families that a suppression may name.
	Known []*lint.Rule
	// Rows is the declared number of rows of tables, by name; Small those declared to stay small.
	Rows  map[string]int64
	Small map[string]bool
	// LockTimeout and StatementTimeout say that the role or the runner sets them, so files need not.
	LockTimeout, StatementTimeout bool
	// Tracer runs the statements on a throwaway server; nil for none.
	Tracer Tracer
	// Extra are findings of other analyzers over the same files, with their own codes.
	Extra []lint.Finding
}

// DefaultVersion is the server's major version where none is given.
const DefaultVersion = 15

// Result is what a run found.
type Result struct {
	lint.Result
	Files []*Judged
	// Traced says which server ran the statements; empty for none.
	Traced string
}

// Judged is a file with what its statements do.
type Judged struct {
	Name       string
	Statements []*Statement
}

// Statement is what one statement does.
type Statement struct {
	Line, EndLine int
	Text          string
	Locks         []LockOn
	Rewrite       bool
	Scan          bool
	Build         bool
	// InTx says that it runs in a transaction here; NoTx that the server refuses that.
	InTx, NoTx bool
	Traced     bool
	// Codes are the findings on it.
	Codes []string
}

// LockOn is a lock on an object by name.
type LockOn struct{ Object, Mode string }

// Run judges files.
func Run(ctx context.Context, in Input, opt Options) (*Result, error) {
	if opt.Version == 0 {
		opt.Version = DefaultVersion
	}
	p := newPass(in, opt)
	if err := p.trace(ctx); err != nil {
		return nil, err
	}
	p.replayDeployed()
	p.judgeDirectory()
	for i := range in.Files {
		p.readFile(i)
		if in.Apart || i == len(in.Files)-1 {
			p.judge()
			p.cat.Deploy()
			p.done, p.files = append(p.done, p.files...), nil
		}
	}
	if err := p.foreign(ctx); err != nil {
		return nil, err
	}
	return p.result(), nil
}

// Rules are the rules of family M, by code.
func Rules() []*lint.Rule {
	list := make([]*lint.Rule, len(registry))
	for i := range registry {
		list[i] = &registry[i].Rule
	}
	return list
}
