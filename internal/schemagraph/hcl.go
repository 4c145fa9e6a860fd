package schemagraph

import (
	"bytes"
	"fmt"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
)

// HCL writes a graph in Atlas's schema language. What the language cannot say in its open version — companion
// objects — is named in a comment at the head.
func HCL(g *Graph) ([]byte, error) {
	c := g.Clone()
	if c.Realm == nil {
		c.Realm = &schema.Realm{}
	}
	for _, s := range c.Realm.Schemas {
		if s.Name == "" {
			s.Name = "public"
			if g.Dialect == SQLite {
				s.Name = "main"
			}
		}
		for _, t := range s.Tables {
			for _, col := range t.Columns {
				writable(col)
			}
		}
	}
	marshal := postgres.MarshalHCL.MarshalSpec
	if g.Dialect == SQLite {
		marshal = sqlite.MarshalHCL.MarshalSpec
	}
	data, err := marshal(c.Realm)
	if err != nil {
		return nil, fmt.Errorf("writing HCL: %w", err)
	}
	if len(g.Companions) == 0 {
		return data, nil
	}
	var b bytes.Buffer
	b.WriteString("# Not expressible here:\n")
	for _, o := range g.Companions {
		name := o.Name
		if o.Table != "" && o.Table != o.Name {
			name += " on " + o.Table
		}
		b.WriteString("#   " + strings.ReplaceAll(o.Kind+" "+name, "\n", " ") + "\n")
	}
	b.WriteByte('\n')
	b.Write(data)
	return b.Bytes(), nil
}

// writable completes what the language requires to be said.
func writable(c *schema.Column) {
	for i, a := range c.Attrs {
		if id, ok := a.(*postgres.Identity); ok && id.Generation == "" {
			n := *id
			n.Generation = "BY DEFAULT"
			c.Attrs[i] = &n
		}
	}
}
