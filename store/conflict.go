package store

import (
	"errors"
	"reflect"
	"regexp"
	"strings"
)

// Constraint is what a repository knows of one of its table's constraints.
type Constraint struct {
	// Kind is the sort of the constraint.
	Kind ConflictKind
	// Entity is the Ent type the constraint belongs to.
	Entity string
	// Fields are the Ent names of the fields it is about.
	Fields []string
}

// Constraints maps constraint and unique index names to what they are about. A key may also be "table.column" or
// "table.column, table.column", the way SQLite names the columns of a refused row.
type Constraints map[string]Constraint

// Wrap turns a driver's error into the error a service branches on: a *ConflictError where a constraint refused the
// row. Every other error, a cancelled context among them, is given back unchanged.
func (cs Constraints) Wrap(err error) error {
	if err == nil {
		return nil
	}
	var done *ConflictError
	if errors.As(err, &done) {
		return err
	}
	found, ok := conflictOf(err)
	if !ok {
		return err
	}
	e := &ConflictError{Kind: found.kind, Constraint: found.constraint, Err: err}
	for _, key := range []string{found.constraint, found.columns} {
		if c, ok := cs[key]; ok && key != "" {
			e.Entity, e.Fields = c.Entity, c.Fields
			if e.Kind == "" {
				e.Kind = c.Kind
			}
			return e
		}
	}
	e.Entity = found.table
	if found.columns != "" {
		for _, c := range strings.Split(found.columns, ", ") {
			e.Fields = append(e.Fields, c[strings.LastIndexByte(c, '.')+1:])
		}
	}
	return e
}

// Conflict turns a driver's error into a *ConflictError without knowledge of the entities: Entity is the table's
// name and Fields are columns, as far as the database says. Repositories use Constraints.Wrap.
func Conflict(err error) error { return Constraints(nil).Wrap(err) }

// refusal is what a driver's error says about the constraint.
type refusal struct {
	kind       ConflictKind
	constraint string
	table      string
	columns    string
}

// postgresKinds maps SQLSTATE class 23 to the kind of constraint.
// Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
var postgresKinds = map[string]ConflictKind{
	"23502": NotNull,
	"23503": ForeignKey,
	"23505": Unique,
	"23514": Check,
	"23P01": Exclusion,
}

// sqliteConflict finds SQLite's own words, whichever driver wraps them.
// Source: sqlite3 "vdbeaux.c" and "build.c", which make these messages.
var sqliteConflict = regexp.MustCompile(`(UNIQUE|CHECK|NOT NULL|FOREIGN KEY|PRIMARY KEY) constraint failed(?:: ([^()]+?))?(?: \(\d+\))?$`)

func conflictOf(err error) (refusal, bool) {
	if pg, ok := postgresError(err); ok {
		kind, ok := postgresKinds[pg.state]
		if !ok {
			return refusal{}, false
		}
		r := refusal{kind: kind, constraint: pg.field("ConstraintName", "Constraint"), table: pg.field("TableName", "Table")}
		if c := pg.field("ColumnName", "Column"); c != "" {
			r.columns = r.table + "." + c
		}
		return r, true
	}
	m := sqliteConflict.FindStringSubmatch(err.Error())
	if m == nil {
		return refusal{}, false
	}
	r := refusal{}
	switch m[1] {
	case "UNIQUE", "PRIMARY KEY":
		r.kind, r.columns = Unique, m[2]
		if name, ok := strings.CutPrefix(m[2], "index '"); ok {
			r.columns, r.constraint = "", strings.TrimSuffix(name, "'")
		}
	case "CHECK":
		r.kind, r.constraint = Check, m[2]
	case "NOT NULL":
		r.kind, r.columns = NotNull, m[2]
	case "FOREIGN KEY":
		r.kind = ForeignKey
	}
	if table, _, ok := strings.Cut(r.columns, "."); ok {
		r.table = table
	}
	return r, true
}

// pgError is an error of a PostgreSQL driver: lib/pq's *pq.Error and pgx's *pgconn.PgError both say SQLState, and
// keep the rest in exported fields under names of their own.
type pgError struct {
	err   error
	state string
}

func postgresError(err error) (pgError, bool) {
	var s interface {
		error
		SQLState() string
	}
	if errors.As(err, &s) {
		return pgError{err: s, state: s.SQLState()}, true
	}
	return pgError{}, false
}

// field reads the first of the named string fields that the driver's error has.
func (p pgError) field(names ...string) string {
	v := reflect.Indirect(reflect.ValueOf(p.err))
	if v.Kind() != reflect.Struct {
		return ""
	}
	for _, name := range names {
		if f := v.FieldByName(name); f.IsValid() && f.Kind() == reflect.String {
			return f.String()
		}
	}
	return ""
}

// Retryable says whether the same unit of work may succeed when it is run again: a serialisation failure, a
// deadlock, a busy SQLite database, or a statement whose prepared plan was outdated by a migration.
func Retryable(err error) bool {
	if err == nil {
		return false
	}
	if pg, ok := postgresError(err); ok {
		return pg.state == "40001" || pg.state == "40P01" || stalePlan(err)
	}
	msg := err.Error()
	return strings.Contains(msg, "SQLITE_BUSY") || strings.Contains(msg, "database is locked") ||
		strings.Contains(msg, "database table is locked")
}

// stalePlan says whether a prepared statement cannot be used any more: its result changed by a migration, or the
// server does not know it, for instance behind a pooler that gives each transaction another server connection.
func stalePlan(err error) bool {
	pg, ok := postgresError(err)
	if !ok {
		return false
	}
	return pg.state == "26000" || pg.state == "0A000" && strings.Contains(err.Error(), "cached plan must not change result type")
}
