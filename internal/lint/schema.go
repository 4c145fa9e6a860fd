package lint

import (
	"fmt"

	"github.com/plinth-go/plinth/internal/schemagraph"
)

// need says what a design rule reads beyond tables, columns, indexes and constraints.
type need int

const (
	needEnt      need = 1 << iota // an Ent schema
	needQueries                   // declared queries
	needDepends                   // declared functional dependencies
	needTenancy                   // a tenant column: a field with that role, or the configured one
	needCatalog                   // a PostgreSQL catalogue
	needServing                   // a database in use
	needPostgres                  // PostgreSQL's types or indexes
	needSetting                   // an option of the rule that has no useful default
)

// schemaRule is a design rule: what there is to say about it, and its check.
type schemaRule struct {
	Rule
	needs need
	check func(*pass)
}

// Options are what Run needs besides the graph.
type Options struct {
	Config   Config
	Baseline *Baseline
	// Live is the catalogue's side of an inspected PostgreSQL database; nil for other sources.
	Live *Live
	// Suppressions are those written outside the graph, in an SQL file. The graph's own are always read.
	Suppressions []Suppression
	// Only limits the run to rules with these codes, where it is not empty.
	Only []string
	// Known are the rules of other families that a suppression may name.
	Known []*Rule
	// Locate finds the place of an object in a source that the graph has no places for; may be nil. The object is
	// named as in findings.
	Locate func(object string) schemagraph.Pos
	// Stated are the foreign keys ("orders.fk_orders_users") whose source text states ON DELETE NO ACTION, which
	// an inspection cannot tell from stating nothing.
	Stated map[string]bool
}

// Rules are the design rules, in the order of their codes.
func Rules() []*Rule {
	rs := make([]*Rule, len(registry))
	for i, r := range registry {
		rs[i] = &r.Rule
	}
	return rs
}

// Run judges a design by every rule the source can answer.
func Run(g *schemagraph.Graph, o Options) Result {
	m := newModel(g, o.Live)
	var (
		raw     []Finding
		skipped []Skip
		rules   []*Rule
	)
	m.tenancy = tenancy(m, o.Config)
	for _, r := range registry {
		if !selected(r, o.Only) {
			continue
		}
		rules = append(rules, &r.Rule)
		if o.Config.Severity(&r.Rule) == Off {
			continue
		}
		if why := m.lacks(r, o.Config); why != "" {
			skipped = append(skipped, Skip{Rule: r.Code, Why: why})
			continue
		}
		p := &pass{model: m, rule: r, options: o}
		r.check(p)
		raw = append(raw, p.found...)
	}
	return Finish(raw, Finishing{
		Rules: rules, Known: append(append(Rules(), Own()...), o.Known...), Config: o.Config, Baseline: o.Baseline,
		Suppressions: append(allowed(m), o.Suppressions...), Skipped: skipped,
	})
}

func selected(r *schemaRule, only []string) bool {
	if len(only) == 0 {
		return true
	}
	for _, name := range only {
		if r.Named(name) {
			return true
		}
	}
	return false
}

// tenancy is the tenant column: of a field with that role, or as the rules on tenants are configured.
func tenancy(m *model, cfg Config) string {
	if c := cfg.Option(&s703.Rule, "column"); c != "" {
		return c
	}
	return m.tenancy
}

// lacks says why a rule cannot run on this source, or nothing where it can.
func (m *model) lacks(r *schemaRule, cfg Config) string {
	has := func(n need) bool { return r.needs&n != 0 }
	switch {
	case has(needPostgres) && m.graph.Dialect != schemagraph.Postgres:
		return "PostgreSQL only"
	case has(needEnt) && len(m.graph.Entities) == 0:
		return "not an Ent schema"
	case has(needQueries) && !m.declares(func(e *schemagraph.Entity) bool { return len(e.Facts.Queries) > 0 }):
		return "no declared queries"
	case has(needDepends) && !m.declares(func(e *schemagraph.Entity) bool { return len(e.Facts.Determines) > 0 }):
		return "no declared dependencies"
	case has(needTenancy) && m.tenancy == "":
		return "no declared tenancy"
	case has(needCatalog) && m.live == nil:
		return "no database catalogue"
	case has(needServing) && (m.live == nil || !m.live.Serving):
		return "not a live database"
	case has(needSetting) && unset(r, cfg):
		return "not configured"
	}
	return ""
}

func unset(r *schemaRule, cfg Config) bool {
	for _, o := range r.Options {
		if cfg.Option(&r.Rule, o.Name) != "" {
			return false
		}
	}
	return true
}

func (m *model) declares(what func(*schemagraph.Entity) bool) bool {
	for _, e := range m.graph.Entities {
		if what(e) {
			return true
		}
	}
	return false
}

// pass is one rule's run over a design.
type pass struct {
	*model
	rule    *schemaRule
	options Options
	found   []Finding
}

func (p *pass) int(option string) int       { return p.options.Config.Int(&p.rule.Rule, option) }
func (p *pass) list(option string) []string { return p.options.Config.List(&p.rule.Rule, option) }

// ent says that the design is written in Ent, so that fixes are Go.
func (p *pass) ent() bool { return len(p.graph.Entities) > 0 }

// postgres says that the design is PostgreSQL's.
func (p *pass) postgres() bool { return p.graph.Dialect == schemagraph.Postgres }

// report adds a finding at a place. It gives the finding, for what else there is to set.
func (p *pass) report(at place, fix, format string, args ...any) *Finding {
	f := Finding{
		Code: p.rule.Code, Object: at.object, Within: at.within, Fix: fix, Message: fmt.Sprintf(format, args...),
		Sources: []string{State}, File: at.pos.File, Line: at.pos.Line, Column: at.pos.Column,
	}
	if f.File == "" && p.options.Locate != nil {
		pos := p.options.Locate(at.object)
		f.File, f.Line, f.Column = pos.File, pos.Line, pos.Column
	}
	if p.rule.needs&needServing != 0 {
		f.Sources = []string{LiveSource}
	}
	p.found = append(p.found, f)
	return &p.found[len(p.found)-1]
}
