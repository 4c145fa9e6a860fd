package schemagraph

import (
	"fmt"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
)

func encodeSchema(s *schema.Schema) (*wireSchema, error) {
	w := &wireSchema{Name: s.Name, Tables: []*wireTable{}}
	for _, a := range s.Attrs {
		switch a := a.(type) {
		case *schema.Comment:
			w.Comment = &a.Text
		case *schema.Collation:
			w.Collation = a.V
		case *schema.Charset:
			w.Charset = a.V
		case *schema.Pos, *postgres.OID, *sqlite.File:
		default:
			return nil, fmt.Errorf("attribute %T has no form in a snapshot", a)
		}
	}
	for _, o := range s.Objects {
		t, ok := o.(schema.Type)
		if !ok {
			return nil, fmt.Errorf("object %T has no form in a snapshot", o)
		}
		wt, err := encodeType(t, s, true)
		if err != nil {
			return nil, err
		}
		w.Types = append(w.Types, wt)
	}
	for _, t := range s.Tables {
		wt, err := encodeTable(t)
		if err != nil {
			return nil, fmt.Errorf("table %q: %w", t.Name, err)
		}
		w.Tables = append(w.Tables, wt)
	}
	for _, v := range s.Views {
		wv := &wireView{Name: v.Name, Def: v.Def}
		for _, a := range v.Attrs {
			if c, ok := a.(*schema.Comment); ok {
				wv.Comment = &c.Text
			}
		}
		for _, c := range v.Columns {
			wc, err := encodeColumn(c, s)
			if err != nil {
				return nil, fmt.Errorf("view %q: %w", v.Name, err)
			}
			wv.Columns = append(wv.Columns, wc)
		}
		w.Views = append(w.Views, wv)
	}
	return w, nil
}

func encodeTable(t *schema.Table) (*wireTable, error) {
	w := &wireTable{Name: t.Name}
	opts := &wireOptions{}
	for _, a := range t.Attrs {
		switch a := a.(type) {
		case *schema.Comment:
			w.Comment = &a.Text
		case *schema.Check:
			w.Checks = append(w.Checks, encodeCheck(a))
		case *schema.Collation:
			opts.Collation, w.Options = a.V, opts
		case *schema.Charset:
			opts.Charset, w.Options = a.V, opts
		case *postgres.Identity:
			opts.Identity, w.Options = encodeIdentity(a), opts
		case *sqlite.WithoutRowID:
			opts.WithoutRowID, w.Options = true, opts
		case *sqlite.Strict:
			opts.Strict, w.Options = true, opts
		case *sqlite.AutoIncrement:
			opts.AutoIncrement, w.Options = &a.Seq, opts
		case *postgres.Partition:
			w.Partition = &wirePartition{Type: a.T}
			for _, p := range a.Parts {
				wp, err := encodePart(&schema.IndexPart{C: p.C, X: p.X, Attrs: p.Attrs})
				if err != nil {
					return nil, fmt.Errorf("partition key: %w", err)
				}
				w.Partition.Parts = append(w.Partition.Parts, wp)
			}
		case *schema.Pos, *postgres.OID, *sqlite.CreateStmt:
		default:
			return nil, fmt.Errorf("attribute %T has no form in a snapshot", a)
		}
	}
	for _, c := range t.Columns {
		wc, err := encodeColumn(c, t.Schema)
		if err != nil {
			return nil, err
		}
		w.Columns = append(w.Columns, wc)
	}
	if t.PrimaryKey != nil {
		pk, err := encodeIndex(t.PrimaryKey)
		if err != nil {
			return nil, fmt.Errorf("primary key: %w", err)
		}
		w.PrimaryKey = pk
	}
	for _, idx := range t.Indexes {
		wi, err := encodeIndex(idx)
		if err != nil {
			return nil, fmt.Errorf("index %q: %w", idx.Name, err)
		}
		w.Indexes = append(w.Indexes, wi)
	}
	for _, fk := range t.ForeignKeys {
		wf, err := encodeFK(t, fk)
		if err != nil {
			return nil, fmt.Errorf("foreign key %q: %w", fk.Symbol, err)
		}
		w.ForeignKeys = append(w.ForeignKeys, wf)
	}
	return w, nil
}

func encodeColumn(c *schema.Column, in *schema.Schema) (*wireColumn, error) {
	w := &wireColumn{Name: c.Name}
	var err error
	if c.Type != nil {
		w.Raw, w.Null = c.Type.Raw, c.Type.Null
		if c.Type.Type != nil {
			wt, err := encodeType(c.Type.Type, in, false)
			if err != nil {
				return nil, fmt.Errorf("column %q: %w", c.Name, err)
			}
			w.wireType = *wt
		}
	}
	if w.Default, err = encodeExpr(c.Default); err != nil {
		return nil, fmt.Errorf("column %q: default: %w", c.Name, err)
	}
	for _, a := range c.Attrs {
		switch a := a.(type) {
		case *schema.Comment:
			w.Comment = &a.Text
		case *schema.Collation:
			w.Collation = a.V
		case *schema.Charset:
			w.Charset = a.V
		case *schema.GeneratedExpr:
			w.Generated = &wireGenerated{Expr: a.Expr, Type: a.Type}
		case *schema.Check:
			w.Checks = append(w.Checks, encodeCheck(a))
		case *postgres.Identity:
			w.Identity = encodeIdentity(a)
		case *sqlite.AutoIncrement:
			w.AutoIncrement = &a.Seq
		case *schema.Pos, *postgres.OID:
		default:
			return nil, fmt.Errorf("column %q: attribute %T has no form in a snapshot", c.Name, a)
		}
	}
	return w, nil
}

func encodeIndex(idx *schema.Index) (*wireIndex, error) {
	w := &wireIndex{Name: idx.Name, Unique: idx.Unique}
	for _, p := range idx.Parts {
		wp, err := encodePart(p)
		if err != nil {
			return nil, err
		}
		w.Parts = append(w.Parts, wp)
	}
	for _, a := range idx.Attrs {
		switch a := a.(type) {
		case *schema.Comment:
			w.Comment = &a.Text
		case *postgres.IndexType:
			w.Using = &a.T
		case *postgres.IndexPredicate:
			w.Where = &a.P
		case *sqlite.IndexPredicate:
			w.Where = &a.P
		case *postgres.IndexInclude:
			for _, c := range a.Columns {
				w.Include = append(w.Include, c.Name)
			}
		case *postgres.IndexNullsDistinct:
			w.NullsDistinct = &a.V
		case *postgres.IndexStorageParams:
			w.Storage = &wireStorage{AutoSummarize: a.AutoSummarize, PagesPerRange: a.PagesPerRange}
		case *postgres.Constraint:
			w.Constraints = append(w.Constraints, wireConstraint{Name: a.N, Type: a.T})
		case *sqlite.IndexOrigin:
			w.Origin = a.O
		case *schema.Pos, *postgres.OID, *sqlite.CreateStmt:
		default:
			return nil, fmt.Errorf("attribute %T has no form in a snapshot", a)
		}
	}
	return w, nil
}

func encodePart(p *schema.IndexPart) (*wirePart, error) {
	w := &wirePart{Desc: p.Desc}
	if p.C != nil {
		w.Column = p.C.Name
	}
	var err error
	if w.Expr, err = encodeExpr(p.X); err != nil {
		return nil, err
	}
	for _, a := range p.Attrs {
		switch a := a.(type) {
		case *postgres.IndexOpClass:
			w.OpClass = &wireOpClass{Name: a.Name, Default: a.Default}
			for _, kv := range a.Params {
				w.OpClass.Params = append(w.OpClass.Params, [2]string{kv.N, kv.V})
			}
		case *postgres.IndexColumnProperty:
			w.Nulls = &wireNulls{First: a.NullsFirst, Last: a.NullsLast}
		case *schema.Collation:
			w.Collation = a.V
		case *postgres.Operator:
			w.Operator = &wireOperator{Name: a.Name}
			if a.Schema != nil {
				w.Operator.Schema = a.Schema.Name
			}
		case *schema.Pos:
		default:
			return nil, fmt.Errorf("attribute %T has no form in a snapshot", a)
		}
	}
	return w, nil
}

func encodeFK(t *schema.Table, fk *schema.ForeignKey) (*wireFK, error) {
	if fk.RefTable == nil {
		return nil, fmt.Errorf("the referenced table is missing")
	}
	w := &wireFK{
		Symbol:   fk.Symbol,
		RefTable: fk.RefTable.Name,
		OnUpdate: string(fk.OnUpdate),
		OnDelete: string(fk.OnDelete),
	}
	if rs := fk.RefTable.Schema; rs != nil && (t.Schema == nil || rs.Name != t.Schema.Name) {
		w.RefSchema = rs.Name
	}
	for _, c := range fk.Columns {
		w.Columns = append(w.Columns, c.Name)
	}
	for _, c := range fk.RefColumns {
		w.RefColumns = append(w.RefColumns, c.Name)
	}
	for _, a := range fk.Attrs {
		switch a := a.(type) {
		case *schema.Comment:
			w.Comment = &a.Text
		case *schema.Pos, *postgres.OID:
		default:
			return nil, fmt.Errorf("attribute %T has no form in a snapshot", a)
		}
	}
	return w, nil
}

func encodeCheck(c *schema.Check) *wireCheck {
	w := &wireCheck{Name: c.Name, Expr: c.Expr}
	for _, a := range c.Attrs {
		switch a := a.(type) {
		case *postgres.NoInherit:
			w.NoInherit = true
		case *postgres.CheckColumns:
			w.Columns = a.Columns
		case *schema.Comment:
			w.Comment = &a.Text
		}
	}
	return w
}

func encodeIdentity(i *postgres.Identity) *wireIdentity {
	w := &wireIdentity{Generation: i.Generation}
	if s := i.Sequence; s != nil {
		w.Sequence = &wireSequence{Start: s.Start, Increment: s.Increment, Last: s.Last}
	}
	return w
}

func encodeExpr(x schema.Expr) (*wireExpr, error) {
	switch x := x.(type) {
	case nil:
		return nil, nil
	case *schema.Literal:
		return &wireExpr{Literal: &x.V}, nil
	case *schema.RawExpr:
		return &wireExpr{Raw: &x.X}, nil
	}
	return nil, fmt.Errorf("expression %T has no form in a snapshot", x)
}
