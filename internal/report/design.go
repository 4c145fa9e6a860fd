// Package report turns what was found or designed into documents: text for a terminal, Markdown and JSON. Values come
// in and an io.Writer takes the document; nothing else is read or written.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"ariga.io/atlas/sql/schema"

	"github.com/plinth-go/plinth/internal/erd"
	"github.com/plinth-go/plinth/internal/requirement"
	"github.com/plinth-go/plinth/internal/schemagraph"
)

// Design is the document of a design, in the order it is read: what is open, whether it is normalised, the diagram,
// the tables, the indexes and what each is for.
type Design struct {
	Name      string     `json:"name"`
	Questions []Question `json:"questions"`
	// Findings are what the design rules say, above information.
	Findings []string      `json:"findings"`
	Forms    []Form        `json:"normal_forms"`
	Diagram  string        `json:"diagram"` // Mermaid
	Tables   []Table       `json:"tables"`
	Indexes  []IndexReason `json:"indexes"`
	// Changes are the additions to the Ent schema, and Manual those a person has to make.
	Changes []string `json:"changes"`
	Manual  []string `json:"manual,omitempty"`

	graph *schemagraph.Graph
}

// Question is something that only a person can answer.
type Question struct {
	About   string `json:"about"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Text    string `json:"question"`
	Assumed string `json:"assumed,omitempty"`
}

// Form is the normal form of one entity.
type Form struct {
	Entity     string          `json:"entity"`
	Form       string          `json:"form"`
	Keys       [][]string      `json:"candidate_keys"`
	Violations []FormViolation `json:"violations,omitempty"`
	Proposal   []FormProposal  `json:"proposal,omitempty"`
	Repeating  []string        `json:"repeating,omitempty"`
	Justified  []FormJustified `json:"justified,omitempty"`
}

// FormViolation is a dependency that violates a normal form.
type FormViolation struct {
	Form    string   `json:"form"`
	From    []string `json:"from"`
	To      []string `json:"to"`
	Explain string   `json:"explanation"`
	Why     string   `json:"why,omitempty"`
}

// FormProposal is a table of the proposed decomposition.
type FormProposal struct {
	Entity string   `json:"entity"`
	New    bool     `json:"new"`
	Key    []string `json:"key"`
	Fields []string `json:"fields"`
}

// FormJustified is a denormalisation with its reason.
type FormJustified struct {
	Field  string `json:"field"`
	From   string `json:"from"`
	KeptBy string `json:"kept_by"`
	Why    string `json:"why"`
	Query  string `json:"query,omitempty"`
}

// Table is the document of one table.
type Table struct {
	Name        string       `json:"name"`
	Entity      string       `json:"entity,omitempty"`
	Comment     string       `json:"comment,omitempty"`
	Columns     []Column     `json:"columns"`
	Constraints []Constraint `json:"constraints"`
	Indexes     []string     `json:"indexes"`
}

// Column is a row of a table's document.
type Column struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Null    bool   `json:"null"`
	Default string `json:"default,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// Constraint is a key or check by its name.
type Constraint struct {
	Name string `json:"name"`
	Text string `json:"definition"`
}

// IndexReason says what an index is, what it serves and why its columns stand in their order.
type IndexReason struct {
	Name    string   `json:"name"`
	Table   string   `json:"table"`
	Kind    string   `json:"kind"`
	Columns []string `json:"columns"`
	Where   string   `json:"where,omitempty"`
	Serves  []string `json:"serves"`
	Order   string   `json:"order,omitempty"`
}

// NewDesign makes the document of a design.
func NewDesign(d *requirement.Design) *Design {
	g := d.Graph()
	out := &Design{Name: d.Name, graph: g, Questions: []Question{}, Indexes: []IndexReason{}, Changes: []string{}, Findings: []string{}}
	for _, q := range d.Questions {
		out.Questions = append(out.Questions, Question{About: q.About, File: q.Pos.File, Line: q.Pos.Line, Text: q.Text, Assumed: q.Assumed})
	}
	for _, r := range d.Forms {
		out.Forms = append(out.Forms, formOf(r))
	}
	var b strings.Builder
	_ = erd.Mermaid(&b, g) // a strings.Builder does not fail
	out.Diagram = b.String()
	for _, t := range g.Tables() {
		out.Tables = append(out.Tables, tableOf(g, t))
	}
	for _, t := range d.Types {
		for _, ix := range t.Indexes {
			if ix.Columns[0].Name == "id" && ix.Unique && len(ix.Columns) == 1 {
				continue
			}
			x := IndexReason{Name: ix.Name, Table: t.Table, Kind: kind(ix), Where: ix.Where, Serves: ix.Serving(), Order: ix.Order}
			for _, p := range ix.Columns {
				c := p.Name
				if p.Desc {
					c += " desc"
				}
				x.Columns = append(x.Columns, c)
			}
			out.Indexes = append(out.Indexes, x)
		}
	}
	for _, t := range g.Tables() {
		if _, ok := g.EntityOf(t.Name); ok {
			continue
		}
		for _, ix := range t.Indexes {
			out.Indexes = append(out.Indexes, IndexReason{Name: ix.Name, Table: t.Name, Kind: "B-tree", Columns: partNames(ix),
				Serves: []string{"foreign key " + partNames(ix)[0]}})
		}
	}
	return out
}

func formOf(r *requirement.Report) Form {
	f := Form{Entity: r.Type, Form: r.Form, Keys: r.Keys, Repeating: r.Repeating}
	for _, v := range r.Violations {
		f.Violations = append(f.Violations, FormViolation{Form: v.Form, From: v.From, To: v.To, Explain: v.Explain(), Why: v.Why})
	}
	for _, p := range r.Proposal {
		f.Proposal = append(f.Proposal, FormProposal{Entity: p.Entity, New: p.New, Key: p.Key, Fields: p.Fields})
	}
	for _, j := range r.Justified {
		f.Justified = append(f.Justified, FormJustified{Field: j.Field, From: j.From, KeptBy: j.KeptBy, Why: j.Why, Query: j.Query})
	}
	return f
}

// kind names an index as a guide to indexes would.
func kind(ix *requirement.Index) string {
	var words []string
	if ix.Unique {
		words = append(words, "unique")
	}
	if ix.Where != "" {
		words = append(words, "partial")
	}
	switch class := ix.OpClass[ix.Columns[0].Name]; {
	case class == "gin_trgm_ops":
		words = append(words, "GIN trigram")
	case ix.Method == "gin":
		words = append(words, "GIN JSON")
	case ix.Method != "btree":
		words = append(words, strings.ToUpper(ix.Method))
	case len(ix.Columns) > 1:
		words = append(words, "composite B-tree")
	default:
		words = append(words, "B-tree")
	}
	return strings.Join(words, " ")
}

func partNames(ix *schema.Index) []string {
	var out []string
	for _, p := range ix.Parts {
		if p.C != nil {
			out = append(out, p.C.Name)
		}
	}
	return out
}

func tableOf(g *schemagraph.Graph, t *schema.Table) Table {
	out := Table{Name: t.Name, Constraints: []Constraint{}, Indexes: []string{}}
	if e, ok := g.EntityOf(t.Name); ok {
		out.Entity = e.Name
	}
	for _, c := range t.Columns {
		col := Column{Name: c.Name, Type: c.Type.Raw, Null: c.Type.Null}
		switch x := c.Default.(type) {
		case *schema.Literal:
			col.Default = x.V
		case *schema.RawExpr:
			col.Default = x.X
		}
		for _, a := range c.Attrs {
			if cm, ok := a.(*schema.Comment); ok {
				col.Comment = cm.Text
			}
		}
		out.Columns = append(out.Columns, col)
	}
	add := func(name, text string) { out.Constraints = append(out.Constraints, Constraint{Name: name, Text: text}) }
	if t.PrimaryKey != nil {
		add(t.PrimaryKey.Name, "PRIMARY KEY ("+strings.Join(partNames(t.PrimaryKey), ", ")+")")
	}
	for _, fk := range t.ForeignKeys {
		add(fk.Symbol, fmt.Sprintf("FOREIGN KEY (%s) REFERENCES %s (%s) ON DELETE %s", fk.Columns[0].Name, fk.RefTable.Name, fk.RefColumns[0].Name, fk.OnDelete))
	}
	for _, a := range t.Attrs {
		switch x := a.(type) {
		case *schema.Comment:
			out.Comment = x.Text
		case *schema.Check:
			add(x.Name, "CHECK ("+x.Expr+")")
		}
	}
	for _, ix := range t.Indexes {
		out.Indexes = append(out.Indexes, ix.Name)
	}
	slices.Sort(out.Indexes)
	return out
}

// JSON writes the document as one object.
func (d *Design) JSON(w io.Writer) error { return JSON(w, d) }

// JSON writes v, indented, as every command prints JSON.
func JSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
