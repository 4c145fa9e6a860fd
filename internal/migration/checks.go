package migration

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// CheckError says that an assertion before a migration does not hold; the migration did not run.
type CheckError struct {
	File *File
	Name string
	Stmt string
	Text string
}

func (e *CheckError) Error() string {
	return fmt.Sprintf("%s: checks before migrating failed: %s: %s", e.File.Name(), e.Name, e.Text)
}

// checks runs the assertions of a file. They are asked only before its first statement: a file that is resumed
// has changed what they asked about.
func (r *run) checks(ctx context.Context, j *job) error {
	if j.start > 0 {
		return nil
	}
	groups, err := j.file.Checks(r.Dialect)
	if err != nil {
		return err
	}
	for _, g := range groups {
		out := &FileChecks{Name: g.Name, Start: time.Now()}
		j.out.Checks = append(j.out.Checks, out)
		passed := 0
		var first *CheckError
		for _, s := range g.Stmts {
			res := &CheckResult{Stmt: s.Text}
			out.Stmts = append(out.Stmts, res)
			text := r.assert(ctx, s.Text)
			if text == "" {
				passed++
				continue
			}
			res.Error = &text
			if first == nil {
				first = &CheckError{File: j.file, Name: g.Name, Stmt: s.Text, Text: text}
			}
			if !g.OneOf {
				break
			}
		}
		out.End = time.Now()
		if first != nil && (!g.OneOf || passed == 0) {
			out.Error = &StmtError{Stmt: first.Stmt, Text: first.Text}
			j.out.Error = &StmtError{Stmt: first.Stmt, Text: first.Text}
			return first
		}
	}
	return nil
}

// assert runs one assertion; the text says why it does not hold.
func (s *session) assert(ctx context.Context, query string) string {
	rows, err := s.conn.QueryContext(ctx, query)
	if err != nil {
		return fmt.Sprintf("executing %q: %v", shorten(query), err)
	}
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		return fmt.Sprintf("executing %q: %v", shorten(query), err)
	}
	if len(cols) != 1 || !rows.Next() {
		return fmt.Sprintf("assertion %q must return one row with one column", shorten(query))
	}
	var ok *bool
	if err := rows.Scan(&ok); err != nil {
		return fmt.Sprintf("assertion %q must return true or false: %v", shorten(query), err)
	}
	switch {
	case rows.Next():
		return fmt.Sprintf("assertion %q must return one row with one column", shorten(query))
	case ok == nil || !*ok:
		return fmt.Sprintf("assertion %q returned false", shorten(query))
	}
	return ""
}

func asStmt(err error, target **StmtExecError) bool { return errors.As(err, target) }
