package catalog

import (
	_ "embed"
	"strings"
	"sync"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/reflect/protoreflect"
)

//go:embed volatility.txt
var volatilityText string

// builtin is the volatility of the server's own functions: 'v', 's' or 'i'.
var builtin = sync.OnceValue(func() map[string]byte {
	m := make(map[string]byte, 3000)
	var kind byte
	for line := range strings.Lines(volatilityText) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			kind = line[1]
		default:
			for name := range strings.FieldsSeq(line) {
				m[name] = kind
			}
		}
	}
	return m
})

// Volatile names the first volatile function an expression calls; empty for none. A function of which nothing is known
// is taken to be volatile, as the server takes one that does not say; certain is then false.
func (c *Catalog) Volatile(expr *pg.Node) (function string, certain bool) {
	certain = true
	Walk(expr, func(n *pg.Node) bool {
		call := n.GetFuncCall()
		if call == nil {
			return true
		}
		schema, name := Split(Strings(call.GetFuncname()))
		v, known := c.volatility(schema, name)
		if v == 'v' && (function == "" || known) {
			function, certain = name, known
		}
		return true
	})
	return function, certain
}

func (c *Catalog) volatility(schema, name string) (v byte, known bool) {
	if schema != "pg_catalog" {
		if v, ok := lookup(c, c.funcs, schema, name); ok {
			return v, true
		}
	}
	if v, ok := builtin()[name]; ok {
		return v, true
	}
	return 'v', false
}

// Walk calls visit for every node of a tree, parents first; where visit says false the node's children are passed over.
func Walk(n *pg.Node, visit func(*pg.Node) bool) {
	if n == nil || !visit(n) {
		return
	}
	walkMessage(n.ProtoReflect(), visit)
}

func walkMessage(m protoreflect.Message, visit func(*pg.Node) bool) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if fd.Kind() != protoreflect.MessageKind {
			return true
		}
		if fd.IsList() {
			for i := range v.List().Len() {
				walkOne(v.List().Get(i).Message(), visit)
			}
			return true
		}
		walkOne(v.Message(), visit)
		return true
	})
}

func walkOne(m protoreflect.Message, visit func(*pg.Node) bool) {
	if n, ok := m.Interface().(*pg.Node); ok {
		Walk(n, visit)
		return
	}
	walkMessage(m, visit)
}
