package sqlparse

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Inner are the SQL statements inside of a DO block, with their places as near as PL/pgSQL tells them. dynamic says
// that the block also runs SQL put together at run time, which nobody can read beforehand. Blocks in other languages
// give nothing, and dynamic.
func Inner(s *Stmt) (list []*Stmt, dynamic bool) {
	do := s.Node.GetDoStmt()
	if do == nil {
		return nil, false
	}
	first := s.Line
	for _, a := range do.GetArgs() {
		switch d := a.GetDefElem(); d.GetDefname() {
		case "language":
			if !strings.EqualFold(d.GetArg().GetString_().GetSval(), "plpgsql") {
				return nil, true
			}
		case "as":
			if i := strings.IndexByte(s.Text, '$'); i >= 0 {
				first = s.Line + strings.Count(s.Text[:i], "\n")
			}
		}
	}
	out, err := safePLpgSQL(s.Text)
	if err != nil {
		return nil, true
	}
	var tree any
	if json.Unmarshal([]byte(out), &tree) != nil {
		return nil, true
	}
	walkJSON(tree, func(kind string, node map[string]any) {
		switch kind {
		case "PLpgSQL_stmt_dynfors":
			dynamic = true
		case "PLpgSQL_stmt_execsql", "PLpgSQL_stmt_dynexecute":
			line, _ := node["lineno"].(float64)
			query := queryOf(node, "sqlstmt")
			if kind == "PLpgSQL_stmt_dynexecute" {
				if query = literal(queryOf(node, "query")); query == "" {
					dynamic = true
				}
			}
			if query == "" {
				return
			}
			in := &Stmt{Kind: SQL, Text: query, Start: s.Start, End: s.End, Line: min(first+max(0, int(line)-1), s.EndLine), Column: 1, base: 1 << 30}
			in.EndLine = min(in.Line+strings.Count(query, "\n"), s.EndLine)
			if parseInner(in); in.Node != nil {
				list = append(list, in)
			}
		}
	})
	return list, dynamic
}

func queryOf(node map[string]any, key string) string {
	stmt, _ := node[key].(map[string]any)
	expr, _ := stmt["PLpgSQL_expr"].(map[string]any)
	query, _ := expr["query"].(string)
	return query
}

// literal is the text of an expression that is one string constant; empty for any other.
func literal(expr string) string {
	tree, err := safeParse("SELECT " + expr)
	if err != nil || len(tree.GetStmts()) != 1 {
		return ""
	}
	targets := tree.GetStmts()[0].GetStmt().GetSelectStmt().GetTargetList()
	if len(targets) != 1 {
		return ""
	}
	return targets[0].GetResTarget().GetVal().GetAConst().GetSval().GetSval()
}

func parseInner(in *Stmt) {
	if guard(in.Text) != "" {
		return
	}
	if tree, err := safeParse(in.Text); err == nil && len(tree.GetStmts()) == 1 {
		in.Node = tree.GetStmts()[0].GetStmt()
	}
}

func safePLpgSQL(text string) (out string, err error) {
	if why := guard(text); why != "" {
		return "", &rawError{Message: why}
	}
	return plpgsqlRaw(text)
}

// walkJSON visits every object of a tree with the key it stands under, in the order of the text where that is a list.
func walkJSON(v any, visit func(kind string, node map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			walkJSON(e, visit)
		}
	case map[string]any:
		for _, k := range sortedKeys(v) {
			if m, ok := v[k].(map[string]any); ok {
				visit(k, m)
			}
			walkJSON(v[k], visit)
		}
	}
}

// sortedKeys gives the keys in an order that is the same each time; what runs first in a block comes first.
func sortedKeys(m map[string]any) []string {
	keys := slices.Collect(maps.Keys(m))
	slices.Sort(keys)
	return keys
}
