package inspect

import (
	"context"
	"database/sql"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

func companions(ctx context.Context, tx *sql.Tx, g *schemagraph.Graph) ([]schemagraph.Companion, error) {
	return nil, nil
}

func sqliteCompanions(ctx context.Context, db *sql.DB, g *schemagraph.Graph) ([]schemagraph.Companion, error) {
	return nil, nil
}
