package inspect

import (
	"fmt"

	"github.com/plinth-go/plinth/internal/plan"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Difference is one thing that two states do not share.
type Difference struct {
	// Object is what differs: "table orders", "column orders.total", "index ix_orders_status".
	Object string `json:"object"`
	// Text says how, as seen from the first state.
	Text string `json:"text"`
}

func (d Difference) String() string { return d.Object + ": " + d.Text }

// Compare says how two states in normal form differ.
func Compare(a, b *schemagraph.Graph) ([]Difference, error) {
	p, err := plan.Diff(a, b, plan.Options{Direct: true})
	if err != nil {
		return nil, err
	}
	var out []Difference
	for _, s := range p.Statements() {
		out = append(out, Difference{Object: "x", Text: fmt.Sprint(s)})
	}
	return out, nil
}
