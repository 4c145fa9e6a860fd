package lint

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"

	"github.com/plinth-go/plinth/internal/sqlparse"
	"github.com/plinth-go/plinth/internal/trace"
)

// OnServer is a Tracer that runs the statements on databases somebody else makes and throws away.
type OnServer struct {
	// NewDB makes an empty database; done throws it away.
	NewDB func(context.Context) (db *sql.DB, done func(), err error)
	// Clone makes a database that holds what prepare made, which runs once for a key; nil for NewDB each time.
	Clone func(ctx context.Context, key string, prepare func(context.Context, *sql.DB) error) (db *sql.DB, done func(), err error)
	// Private says that the whole server is thrown away, so that roles may be made on it.
	Private bool
}

var _ Tracer = OnServer{}

// Trace implements Tracer. An error means that the deployed files could not be replayed or the server not be reached.
func (o OnServer) Trace(ctx context.Context, in Input) ([][]Traced, string, int, error) {
	db, done, err := o.deployed(ctx, in)
	if err != nil {
		return nil, "", 0, err
	}
	defer done()
	var (
		files  []trace.File
		places [][]int // of each traced statement among the file's
	)
	for _, f := range in.Files {
		tf, at := traceFile(f, in.TxNone)
		files, places = append(files, tf), append(places, at)
	}
	rep, err := trace.Run(ctx, db, files, trace.Options{Private: o.Private})
	if err != nil {
		return nil, "", 0, err
	}
	out := make([][]Traced, len(in.Files))
	for i, f := range in.Files {
		out[i] = make([]Traced, len(sqlparse.Parse(f.Name, UpOnly(f.Text)).Stmts))
		if i >= len(rep.Files) {
			continue
		}
		own := map[string]bool{} // what this file, or where it is not apart this batch, has made
		for n, s := range rep.Files[i].Statements {
			if n < len(places[i]) {
				out[i][places[i][n]] = traced(s, func(o trace.Object) bool { return own[o.String()] || o.New && !in.Apart })
			}
			for _, o := range s.Created {
				own[o.String()] = true
			}
		}
	}
	major := rep.Version / 10000
	return out, fmt.Sprintf("PostgreSQL %d", major), major, nil
}

// deployed makes a database in the state in which the batch begins.
func (o OnServer) deployed(ctx context.Context, in Input) (*sql.DB, func(), error) {
	sum := sha256.New()
	for _, group := range [][]File{in.Schema, in.Before} {
		for _, f := range group {
			fmt.Fprintf(sum, "%d\n%s", len(f.Text), f.Text)
		}
	}
	prepare := func(ctx context.Context, db *sql.DB) error {
		for _, group := range [][]File{in.Schema, in.Before} {
			for _, f := range group {
				if err := replayOn(ctx, db, f); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if o.Clone != nil {
		return o.Clone(ctx, "migrate-lint-"+hex.EncodeToString(sum.Sum(nil)), prepare)
	}
	db, done, err := o.NewDB(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := prepare(ctx, db); err != nil {
		done()
		return nil, nil, err
	}
	return db, done, nil
}

// replayOn runs a deployed file. What psql alone understands is passed over.
func replayOn(ctx context.Context, db *sql.DB, f File) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, s := range sqlparse.Parse(f.Name, UpOnly(f.Text)).Stmts {
		if s.Kind != sqlparse.SQL || s.CopyData || transaction(s.Node) != within {
			continue
		}
		if _, err := conn.ExecContext(ctx, s.Text); err != nil {
			return fmt.Errorf("replaying %s:%d: %w", f.Name, s.Line, err)
		}
	}
	_, err = conn.ExecContext(ctx, "RESET ALL")
	return err
}

// traceFile is a file as the tracer takes it, with the place of each of its statements among the parser's.
func traceFile(in File, plainNone bool) (trace.File, []int) {
	f := &file{File: in, parsed: sqlparse.Parse(in.Name, UpOnly(in.Text))}
	f.modes(plainNone)
	tf := trace.File{Name: in.Name, TxMode: trace.TxFile}
	if f.none {
		tf.TxMode = trace.TxNone
	}
	var at []int
	for i, s := range f.parsed.Stmts {
		if s.Kind == sqlparse.SQL && !s.CopyData && (s.Err == nil || s.Node != nil) {
			tf.Statements, at = append(tf.Statements, s.Text), append(at, i)
		}
	}
	return tf, at
}

// traced is what the tracer reports in this package's words. Locks on what is new, and on indexes, are left out.
func traced(s trace.Statement, isNew func(trace.Object) bool) Traced {
	t := Traced{Ran: s.Ran && s.Skipped == "", Millis: float64(s.Duration.Microseconds()) / 1000}
	if s.Error != nil && !s.Error.Environment {
		t.Err, t.Code = s.Error.Message, s.Error.SQLState
	}
	for _, l := range s.Locks {
		if isNew(l.Object) || l.Kind == "index" || l.Kind == "partitioned index" {
			continue
		}
		t.Locks = append(t.Locks, LockOn{l.String(), string(l.Mode)})
	}
	for _, o := range s.Rewrites {
		t.Rewritten = append(t.Rewritten, o.String())
	}
	for _, o := range s.Scans {
		t.Scanned = append(t.Scanned, o.String())
	}
	for _, b := range s.Builds {
		t.Built = append(t.Built, b.Table.String())
	}
	return t
}
