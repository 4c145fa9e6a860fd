package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"ariga.io/atlas/sql/schema"
)

// inspected is what the templates of 'schema inspect' see.
type inspected struct {
	Realm  *schema.Realm `json:"Schema,omitempty"`
	ctx    context.Context
	client *atlasClient
}

// MarshalHCL is the schema in Atlas's language.
func (i *inspected) MarshalHCL() (string, error) {
	if i.client == nil {
		return "", errNoDevURL
	}
	b, err := i.client.MarshalSpec(i.Realm)
	return string(b), err
}

// MarshalSQL is the schema as statements.
func (i *inspected) MarshalSQL(indent ...string) (string, error) {
	if i.client == nil {
		return "", errNoDevURL
	}
	var changes schema.Changes
	for _, s := range i.Realm.Schemas {
		if i.client.URL.Schema == "" {
			changes = append(changes, &schema.AddSchema{S: s})
		}
		for _, o := range s.Objects {
			changes = append(changes, &schema.AddObject{O: o})
		}
		for _, t := range s.Tables {
			changes = append(changes, &schema.AddTable{T: t})
		}
	}
	return planText(i.ctx, i.client, changes, indent)
}

// The JSON of 'schema inspect'.
type (
	attrsJSON struct {
		Comment string `json:"comment,omitempty"`
		Charset string `json:"charset,omitempty"`
		Collate string `json:"collate,omitempty"`
	}
	columnJSON struct {
		Name string `json:"name"`
		Type string `json:"type,omitempty"`
		Null bool   `json:"null,omitempty"`
		attrsJSON
	}
	partJSON struct {
		Desc   bool   `json:"desc,omitempty"`
		Column string `json:"column,omitempty"`
		Expr   string `json:"expr,omitempty"`
	}
	indexJSON struct {
		Name   string     `json:"name,omitempty"`
		Unique bool       `json:"unique,omitempty"`
		Parts  []partJSON `json:"parts,omitempty"`
	}
	fkJSON struct {
		Name       string   `json:"name"`
		Columns    []string `json:"columns,omitempty"`
		References struct {
			Table   string   `json:"table"`
			Columns []string `json:"columns,omitempty"`
		} `json:"references"`
	}
	tableJSON struct {
		Name        string       `json:"name"`
		Columns     []columnJSON `json:"columns,omitempty"`
		Indexes     []indexJSON  `json:"indexes,omitempty"`
		PrimaryKey  *indexJSON   `json:"primary_key,omitempty"`
		ForeignKeys []fkJSON     `json:"foreign_keys,omitempty"`
		attrsJSON
	}
	schemaJSON struct {
		Name   string      `json:"name"`
		Tables []tableJSON `json:"tables,omitempty"`
		attrsJSON
	}
)

func attrsOf(attrs []schema.Attr) (out attrsJSON) {
	for _, a := range attrs {
		switch a := a.(type) {
		case *schema.Comment:
			out.Comment = a.Text
		case *schema.Charset:
			out.Charset = a.V
		case *schema.Collation:
			out.Collate = a.V
		}
	}
	return out
}

func partsOf(idx *schema.Index) (out []partJSON) {
	for _, p := range idx.Parts {
		j := partJSON{Desc: p.Desc}
		if p.C != nil {
			j.Column = p.C.Name
		}
		switch x := p.X.(type) {
		case *schema.Literal:
			j.Expr = x.V
		case *schema.RawExpr:
			j.Expr = x.X
		}
		out = append(out, j)
	}
	return out
}

// MarshalJSON implements json.Marshaler.
func (i *inspected) MarshalJSON() ([]byte, error) {
	var out struct {
		Schemas []schemaJSON `json:"schemas,omitempty"`
	}
	for _, s := range i.Realm.Schemas {
		sj := schemaJSON{Name: s.Name, attrsJSON: attrsOf(s.Attrs)}
		for _, t := range s.Tables {
			sj.Tables = append(sj.Tables, tableOf(t))
		}
		out.Schemas = append(out.Schemas, sj)
	}
	return json.Marshal(out)
}

func tableOf(t *schema.Table) tableJSON {
	tj := tableJSON{Name: t.Name, attrsJSON: attrsOf(t.Attrs)}
	for _, c := range t.Columns {
		tj.Columns = append(tj.Columns, columnJSON{Name: c.Name, Type: c.Type.Raw, Null: c.Type.Null, attrsJSON: attrsOf(c.Attrs)})
	}
	for _, idx := range t.Indexes {
		tj.Indexes = append(tj.Indexes, indexJSON{Name: idx.Name, Unique: idx.Unique, Parts: partsOf(idx)})
	}
	if t.PrimaryKey != nil {
		tj.PrimaryKey = &indexJSON{Parts: partsOf(t.PrimaryKey)}
	}
	for _, fk := range t.ForeignKeys {
		f := fkJSON{Name: fk.Symbol}
		for _, c := range fk.Columns {
			f.Columns = append(f.Columns, c.Name)
		}
		f.References.Table = fk.RefTable.Name
		for _, c := range fk.RefColumns {
			f.References.Columns = append(f.References.Columns, c.Name)
		}
		tj.ForeignKeys = append(tj.ForeignKeys, f)
	}
	return tj
}

// mermaid draws the tables as an entity-relationship diagram.
func (i *inspected) mermaid() (string, error) {
	if i.client == nil {
		return "", errNoDevURL
	}
	ft, ok := i.client.Driver.(interface {
		FormatType(schema.Type) (string, error)
	})
	if !ok {
		return "", errors.New("mermaid: driver does not support FormatType")
	}
	qualify := len(i.Realm.Schemas) > 1
	ident := func(t *schema.Table) string {
		if qualify {
			return t.Schema.Name + "_" + t.Name
		}
		return t.Name
	}
	nospace := func(s string) string { return strings.ReplaceAll(s, " ", "_") }
	var b strings.Builder
	b.WriteString("erDiagram\n")
	for _, s := range i.Realm.Schemas {
		for _, t := range s.Tables {
			title := t.Name
			if qualify {
				title = fmt.Sprintf("%s_%s[\"%s.%s\"]", s.Name, t.Name, s.Name, t.Name)
			}
			fmt.Fprintf(&b, "    %s {\n", title)
			for _, c := range t.Columns {
				typ, err := ft.FormatType(c.Type.Type)
				if err != nil {
					return "", err
				}
				var marks []string
				if isPK(t, c) {
					marks = append(marks, "PK")
				}
				if c.ForeignKeys != nil {
					marks = append(marks, "FK")
				}
				fmt.Fprintf(&b, "      %s %s", nospace(typ), nospace(c.Name))
				if len(marks) > 0 {
					b.WriteString(" " + strings.Join(marks, ","))
				}
				b.WriteString("\n")
			}
			b.WriteString("    }\n")
			for _, fk := range t.ForeignKeys {
				from, to := "}", "{"
				if isUnique(fk.Table, fk.Columns) {
					from = "|"
				}
				if isUnique(fk.RefTable, fk.RefColumns) {
					to = "|"
				}
				fmt.Fprintf(&b, "    %s %so--o%s %s : %s\n", ident(t), from, to, ident(fk.RefTable), fk.Symbol)
			}
		}
	}
	return b.String(), nil
}

func isPK(t *schema.Table, c *schema.Column) bool {
	if t.PrimaryKey == nil {
		return false
	}
	for _, p := range t.PrimaryKey.Parts {
		if p.C == c {
			return true
		}
	}
	return false
}

func isUnique(t *schema.Table, cols []*schema.Column) bool {
	idxs := t.Indexes
	if t.PrimaryKey != nil {
		idxs = append([]*schema.Index{{Unique: true, Parts: t.PrimaryKey.Parts}}, idxs...)
	}
	for _, idx := range idxs {
		if !idx.Unique || len(idx.Parts) != len(cols) {
			continue
		}
		same := true
		for i, p := range idx.Parts {
			same = same && p.C != nil && p.C.Name == cols[i].Name
		}
		if same {
			return true
		}
	}
	return false
}
