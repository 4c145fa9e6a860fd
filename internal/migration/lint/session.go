package lint

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"github.com/plinth-go/plinth/internal/lint"
	"github.com/plinth-go/plinth/internal/migration/lint/catalog"
	"github.com/plinth-go/plinth/internal/migration/lint/effect"
	"github.com/plinth-go/plinth/internal/sqlparse"
)

// boundary is what a statement does to the transaction.
type boundary int

const (
	within boundary = iota
	begins
	ends
)

func transaction(n *pg.Node) boundary {
	t := n.GetTransactionStmt()
	if t == nil {
		return within
	}
	switch t.GetKind() {
	case pg.TransactionStmtKind_TRANS_STMT_BEGIN, pg.TransactionStmtKind_TRANS_STMT_START:
		return begins
	case pg.TransactionStmtKind_TRANS_STMT_COMMIT, pg.TransactionStmtKind_TRANS_STMT_ROLLBACK, pg.TransactionStmtKind_TRANS_STMT_PREPARE:
		return ends
	}
	return within
}

// refusesTx says whether the server refuses a statement in a transaction, by its text alone.
func refusesTx(s *sqlparse.Stmt) bool {
	z := &effect.Analyzer{Catalog: catalog.New(), Version: DefaultVersion}
	switch s.Node.GetNode().(type) {
	case *pg.Node_IndexStmt:
		return s.Node.GetIndexStmt().GetConcurrent()
	case *pg.Node_AlterTableStmt, *pg.Node_DropStmt, *pg.Node_ReindexStmt, *pg.Node_VacuumStmt, *pg.Node_ClusterStmt, *pg.Node_DropdbStmt,
		*pg.Node_CreatedbStmt, *pg.Node_CreateTableSpaceStmt, *pg.Node_DropTableSpaceStmt, *pg.Node_AlterSystemStmt, *pg.Node_CreateSubscriptionStmt:
		for _, a := range z.Apply(s.Node, s.Newer) {
			if a.NoTx {
				return true
			}
		}
	}
	return false
}

// timeouts are those that a session has set.
type timeouts struct{ lock, statement, idle bool }

func (t timeouts) or(o timeouts) timeouts {
	return timeouts{t.lock || o.lock, t.statement || o.statement, t.idle || o.idle}
}

func (t *timeouts) set(name, value string) {
	on := value != "" && value != "0"
	switch strings.ToLower(name) {
	case "lock_timeout":
		t.lock = on
	case "statement_timeout":
		t.statement = on
	case "idle_in_transaction_session_timeout", "transaction_timeout":
		t.idle = on
	}
}

// setTimeouts follows SET, RESET and set_config.
func setTimeouts(n *pg.Node, session, local *timeouts) {
	if s := n.GetVariableSetStmt(); s != nil {
		value := ""
		for _, a := range s.GetArgs() {
			c := a.GetAConst()
			switch {
			case c.GetSval() != nil:
				value = c.GetSval().GetSval()
			case c.GetIval().GetIval() != 0:
				value = "on"
			}
		}
		if s.GetIsLocal() {
			local.set(s.GetName(), value)
		} else {
			session.set(s.GetName(), value)
		}
		return
	}
	for _, t := range n.GetSelectStmt().GetTargetList() {
		call := t.GetResTarget().GetVal().GetFuncCall()
		if _, name := catalog.Split(catalog.Strings(call.GetFuncname())); name == "set_config" && len(call.GetArgs()) >= 2 {
			session.set(catalog.StringOf(call.GetArgs()[0]), catalog.StringOf(call.GetArgs()[1]))
		}
	}
}

// suppressions reads the directives of a file: ours with a reason, and Atlas's.
func (p *pass) suppressions(f *file) {
	for i, s := range f.parsed.Stmts {
		for j, c := range s.Leading {
			next := s.Start
			if j+1 < len(s.Leading) {
				next = s.Leading[j+1].Start
			}
			whole := i == 0 && c.Start < s.Start && next > c.End && strings.Count(f.parsed.Text[c.End:next], "\n") > 1
			p.directive(f, c, s, whole)
		}
	}
	if len(f.parsed.Stmts) == 0 {
		for _, c := range f.parsed.Comments {
			p.directive(f, c, nil, true)
		}
	}
}

func (p *pass) directive(f *file, c sqlparse.Comment, s *sqlparse.Stmt, whole bool) {
	base := lint.Suppression{File: f.Name, WrittenFile: f.Name, WrittenLine: c.Line, WrittenColumn: c.Column}
	if !whole && s != nil {
		base.FromLine, base.ToLine = s.Line, s.EndLine
	}
	for _, prefix := range []string{"plinth:allow", "lint:allow"} {
		rest, ok := strings.CutPrefix(c.Text, prefix)
		if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
			continue
		}
		names, why := reason(strings.TrimSpace(rest))
		for _, name := range names {
			sup := base
			sup.Rule, sup.Why = name, why
			p.sups = append(p.sups, sup)
		}
		return
	}
	rest, ok := strings.CutPrefix(c.Text, "atlas:nolint")
	if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		return
	}
	names := strings.Fields(rest)
	if len(names) == 0 {
		names = []string{"all"}
	}
	for _, name := range names {
		sup := base
		sup.Rule, sup.Foreign = name, true
		p.sups = append(p.sups, sup)
	}
}

// reason takes "M101, M102 because the table is empty" apart. "reason=…" and a colon or dash are read as well.
func reason(text string) (names []string, why string) {
	fields := strings.Fields(text)
	for i, w := range fields {
		bare := strings.TrimRight(w, ",:;")
		switch {
		case strings.EqualFold(bare, "because"), bare == "-", bare == "--", bare == "–", bare == "—", bare == "":
			return names, strings.Join(fields[i+1:], " ")
		case strings.HasPrefix(w, "reason="):
			return names, strings.TrimPrefix(strings.Join(fields[i:], " "), "reason=")
		case len(names) > 0 && !isName(bare):
			return names, strings.Join(fields[i:], " ")
		}
		for n := range strings.SplitSeq(bare, ",") {
			if n != "" {
				names = append(names, n)
			}
		}
		if strings.HasSuffix(w, ":") {
			return names, strings.Join(fields[i+1:], " ")
		}
	}
	if len(names) == 0 {
		names = []string{""}
	}
	return names, ""
}

// isName says whether a word looks like a rule's code.
func isName(w string) bool {
	if len(w) < 4 || len(w) > 6 {
		return strings.Contains(w, "-") && strings.ToLower(w) == w
	}
	for i, r := range w {
		if i > 1 && (r < '0' || r > '9') {
			return false
		}
	}
	return w[0] >= 'A' && w[0] <= 'Z' || w[0] >= 'a' && w[0] <= 'z'
}
