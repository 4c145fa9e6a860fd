package inspect

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/plinth-go/plinth/internal/plan"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Normalize gives a graph in the form the server itself writes: it creates the graph in db, an empty throwaway
// database that is left as it becomes, and reads it back. The intent of the original is kept.
func Normalize(ctx context.Context, db *sql.DB, g *schemagraph.Graph) (*schemagraph.Graph, error) {
	stmts, err := plan.DDL(g)
	if err != nil {
		return nil, err
	}
	if err := Execute(ctx, db, stmts); err != nil {
		return nil, fmt.Errorf("normalising the schema: %w", err)
	}
	n, err := Database(ctx, db, Options{
		Dialect:      g.Dialect,
		NoCompanions: len(g.Companions) == 0, // then there are none to find
	})
	if err != nil {
		return nil, err
	}
	n.Entities, n.Conventions = g.Entities, g.Conventions
	return n, nil
}

// Execute runs statements one by one on a single connection. The error names the statement.
func Execute(ctx context.Context, db *sql.DB, stmts []string) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, s := range stmts {
		if _, err := conn.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("executing %q: %w", s, err)
		}
	}
	return nil
}
