package erd

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ariga.io/atlas/sql/schema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plinth-go/plinth/internal/requirement"
	"github.com/plinth-go/plinth/internal/schemagraph"
	"github.com/plinth-go/plinth/internal/schemagraph/graphtest"
)

func example(t *testing.T, name string) *schemagraph.Graph {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../examples", name, "requirements.yaml"))
	require.NoError(t, err)
	doc, err := requirement.Parse(name, data)
	require.NoError(t, err)
	d, err := requirement.New(doc)
	require.NoError(t, err)
	return d.Graph()
}

// Every format of the shop is as it was reviewed; UPDATE=1 rewrites.
func TestGolden(t *testing.T) {
	g := example(t, "shop")
	for _, f := range Names {
		var b bytes.Buffer
		require.NoError(t, Formats[f](&b, g))
		file := filepath.Join("testdata", "shop."+f)
		if os.Getenv("UPDATE") != "" {
			require.NoError(t, os.MkdirAll("testdata", 0o755))
			require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(want, b.Bytes()), "%s differs; UPDATE=1 go test ./internal/erd rewrites it", file)
	}
}

func TestTextFitsATerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b bytes.Buffer
		if err := Text(&b, graphtest.Graph(t)); err != nil {
			t.Fatal(err)
		}
		for _, l := range bytes.Split(b.Bytes(), []byte("\n")) {
			if width(string(l)) > lineWidth {
				t.Fatalf("%d characters: %s", width(string(l)), l)
			}
		}
	})
}

func TestSVGIsXMLAndBoxesDoNotOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b bytes.Buffer
		if err := SVG(&b, graphtest.Graph(t)); err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(&b)
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		n := rapid.IntRange(1, 40).Draw(t, "boxes")
		boxes := make([]box, n)
		for i := range boxes {
			boxes[i] = box{w: rapid.Float64Range(10, 300).Draw(t, "w"), h: rapid.Float64Range(10, 500).Draw(t, "h")}
		}
		links := make([]link, rapid.IntRange(0, 60).Draw(t, "links"))
		for i := range links {
			links[i] = link{from: rapid.IntRange(0, n-1).Draw(t, "from"), to: rapid.IntRange(0, n-1).Draw(t, "to")}
		}
		w, h := arrange(boxes, links)
		for i, a := range boxes {
			if a.x < 0 || a.y < 0 || a.x+a.w > w || a.y+a.h > h {
				t.Fatalf("box %d lies outside %v × %v: %+v", i, w, h, a)
			}
			for j, o := range boxes[:i] {
				if a.x < o.x+o.w && o.x < a.x+a.w && a.y < o.y+o.h-0.001 && o.y < a.y+a.h-0.001 {
					t.Fatalf("boxes %d and %d overlap: %+v %+v", i, j, a, o)
				}
			}
		}
		for i, l := range links {
			if len(l.path) < 2 {
				t.Fatalf("link %d has no path", i)
			}
		}
	})
}

// wide is a graph of n tables, each of which refers to up to three before it.
func wide(n int) *schemagraph.Graph {
	s := &schema.Schema{Name: "public"}
	for i := range n {
		t := &schema.Table{Name: fmt.Sprintf("table_%d", i), Schema: s}
		id := &schema.Column{Name: "id", Type: &schema.ColumnType{Type: &schema.UUIDType{T: "uuid"}}}
		t.Columns = append(t.Columns, id)
		t.PrimaryKey = &schema.Index{Parts: []*schema.IndexPart{{C: id}}}
		for k := 0; k < 3 && i > 0; k++ {
			to := s.Tables[(i*7919+k*104729)%i]
			c := &schema.Column{Name: fmt.Sprintf("ref_%d", k), Type: id.Type}
			t.Columns = append(t.Columns, c)
			t.ForeignKeys = append(t.ForeignKeys, &schema.ForeignKey{Table: t, Columns: []*schema.Column{c}, RefTable: to, RefColumns: []*schema.Column{to.Columns[0]}})
		}
		s.Tables = append(s.Tables, t)
	}
	return &schemagraph.Graph{Dialect: schemagraph.Postgres, Realm: &schema.Realm{Schemas: []*schema.Schema{s}}}
}

func TestAThousandTablesEnd(t *testing.T) {
	start := time.Now()
	for _, f := range Names {
		require.NoError(t, Formats[f](io.Discard, wide(1000)), f)
	}
	assert.Less(t, time.Since(start), 20*time.Second)
}
