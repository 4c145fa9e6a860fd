package lint

import (
	"regexp"
	"slices"
	"strings"
)

var s801 = &schemaRule{
	Rule: Rule{
		Code: "S801", Slug: "rls", Severity: Warn, Fix: FixNone, Since: "0.1",
		Title: "row-level security that does not do what it looks like",
		Rationale: "A policy on a table whose row security is off does nothing. Row security without a policy hides every row. A policy that is always true protects nothing. A policy that calls a function for each row, " +
			"instead of once in a sub-select, makes each scan slow. And a tenant's table without row security, in a database that uses it elsewhere, is probably forgotten. " +
			"A database that does not use row security at all is not judged: one with a single role needs none.",
		FixText: "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; CREATE POLICY …",
		Source:  "PostgreSQL manual, 5.8 Row Security Policies",
	},
	needs: needPostgres,
	check: func(p *pass) {
		enabled, policies := p.security()
		if len(enabled)+len(policies) == 0 {
			return
		}
		for _, t := range p.tables {
			on, ps := enabled[t.full], policies[t.full]
			switch {
			case len(ps) > 0 && !on:
				p.report(p.onTable(t), "ALTER TABLE "+t.name+" ENABLE ROW LEVEL SECURITY;", "%s has policies, but its row-level security is off", t.name)
			case on && len(ps) == 0:
				p.report(p.onTable(t), "CREATE POLICY … ON "+t.name+" USING (…);", "%s has row-level security and no policy: nobody but the owner sees a row", t.name)
			case !on && p.tenancy != "" && p.tenant(t):
				p.report(p.onTable(t), "ALTER TABLE "+t.name+" ENABLE ROW LEVEL SECURITY; and a policy", "%s holds rows of tenants and has no row-level security, unlike other tables", t.name)
			}
			for _, l := range ps {
				for _, expr := range []string{l.Using, l.Check} {
					e := unwrap(bare(expr))
					switch {
					case e == "true" && l.Permissive:
						p.report(p.onLive(t.full, l.Name), "USING (…) with a condition", "policy %s of %s is always true", l.Name, t.name)
					case perRow(e):
						p.report(p.onLive(t.full, l.Name), "(SELECT …) around the call", "policy %s of %s calls a function for each row; a sub-select calls it once", l.Name, t.name)
					default:
						continue
					}
					break
				}
			}
		}
	},
}

// security is which tables have row-level security, and their policies: of the catalogue, or of companion objects.
func (p *pass) security() (map[string]bool, map[string][]LivePolicy) {
	enabled, policies := make(map[string]bool), make(map[string][]LivePolicy)
	if p.live != nil {
		for _, s := range p.live.Security {
			if s.Enabled {
				enabled[s.Table] = true
			}
		}
		for _, l := range p.live.Policies {
			policies[l.Table] = append(policies[l.Table], l)
		}
		return enabled, policies
	}
	for _, c := range p.graph.Companions {
		t := p.tableNamed(c.Table)
		if t == nil {
			continue
		}
		switch c.Kind {
		case "rls":
			enabled[t.full] = true
			if strings.Contains(strings.ToUpper(c.Create), "CREATE POLICY") {
				policies[t.full] = append(policies[t.full], LivePolicy{Table: t.full, Name: c.Name, Permissive: true})
			}
		case "policy":
			policies[t.full] = append(policies[t.full], LivePolicy{Table: t.full, Name: c.Name, Permissive: true, Using: using(c.Create)})
		}
	}
	return enabled, policies
}

var usingPattern = regexp.MustCompile(`(?is)\busing\s*(\(.*?\))\s*(?:with\s+check\b.*)?;?\s*$`)

func using(create string) string {
	if m := usingPattern.FindStringSubmatch(create); m != nil {
		return m[1]
	}
	return ""
}

var sessionCall = regexp.MustCompile(`(select\s+)?\b(current_setting|auth\.[a-z_]+|current_user_id|get_current_[a-z_]+)\s*\(`)

// perRow says that a policy reads the session outside of a sub-select.
func perRow(expr string) bool {
	return slices.ContainsFunc(sessionCall.FindAllStringSubmatchIndex(expr, -1), func(m []int) bool {
		before := expr[:m[0]]
		open := strings.LastIndex(before, "(select ")
		return m[2] < 0 && (open < 0 || strings.Count(before[open:], ")") >= strings.Count(before[open:], "("))
	})
}

var s802 = &schemaRule{
	Rule: Rule{
		Code: "S802", Slug: "definer", Severity: Warn, Fix: FixAuto, Since: "0.1", LiveOnly: true,
		Title: "function or view with its owner's rights that can be misled",
		Rationale: "A SECURITY DEFINER function looks up names by the caller's search_path unless it has its own, so the caller decides which table or operator it runs with the owner's rights. " +
			"A view reads with its owner's rights, past the row-level security of the tables behind it, unless it is made WITH (security_invoker).",
		FixText: "ALTER FUNCTION {function} SET search_path = ''; ALTER VIEW {view} SET (security_invoker = true)",
		Source:  "PostgreSQL manual, CREATE FUNCTION: Writing SECURITY DEFINER Functions Safely; CREATE VIEW: security_invoker",
	},
	needs: needCatalog | needPostgres,
	check: func(p *pass) {
		for _, f := range p.live.Functions {
			if f.Definer && !f.SearchPath {
				p.report(place{object: short(f.Name)}, "ALTER FUNCTION "+f.Name+" SET search_path = pg_catalog, public;", "%s runs with its owner's rights and its caller's search_path", short(f.Name))
			}
		}
		enabled, _ := p.security()
		for _, v := range p.live.Views {
			if v.Invoker {
				continue
			}
			for _, t := range v.Reads {
				if enabled[t] {
					p.report(place{object: short(v.Name)}, "ALTER VIEW "+short(v.Name)+" SET (security_invoker = true);", "view %s reads %s past its row-level security", short(v.Name), short(t))
					break
				}
			}
		}
	},
}

var s803 = &schemaRule{
	Rule: Rule{
		Code: "S803", Slug: "sensitive", Severity: Info, Fix: FixNone, Since: "0.1",
		Title: "secret or personal number kept as plain text",
		Rationale: "A dump, a log of statements or a support login shows it. Passwords are stored as hashes, card and social-security numbers encrypted or not at all. " +
			"It is found by name; hashes, digests and encrypted columns are not judged, nor are fields that Ent's Sensitive() or annotation.Sensitive marks.",
		FixText: "a hash, bytea with encryption, or annotation.Sensitive{Kind: \"…\"} with what protects it",
		Source:  "OWASP Cryptographic Storage Cheat Sheet; PCI DSS 4.0, requirement 3",
	},
	check: func(p *pass) {
		for _, t := range p.tables {
			for _, c := range t.Columns {
				if p.typeOf(c).fam != famText {
					continue
				}
				if f := t.field(c.Name); f != nil && (f.Sensitive || f.Facts.Sensitive != nil) {
					continue
				}
				if kind := sensitive(c.Name); kind != "" {
					p.report(p.onColumn(t, c.Name), p.pick(`Sensitive(), and annotation.Sensitive{Kind: "`+kind+`"}`, "a hash or an encrypted bytea"), "%s.%s looks like a plain %s", t.name, c.Name, kind)
				}
			}
		}
	},
}

func sensitive(name string) string {
	w := words(name)
	if hasAny(w, "hash", "hashed", "digest", "encrypted", "cipher", "ciphertext", "salt", "type", "name", "url", "hint", "policy", "reset", "changed", "expires", "id", "last4", "last", "masked", "bin", "brand", "arn", "ref", "path", "length") {
		return ""
	}
	s := strings.Join(w, "_")
	switch {
	case hasAny(w, "password", "passwd", "pwd", "passphrase", "secret", "pin") || s == "pass":
		return "secret"
	case strings.HasSuffix(s, "api_key") || strings.HasSuffix(s, "private_key") || strings.HasSuffix(s, "access_token") || strings.HasSuffix(s, "refresh_token") || strings.HasSuffix(s, "secret_key") || s == "auth_token" || s == "apikey":
		return "secret"
	case hasAny(w, "ssn", "nin", "iban", "cvv", "cvc") || strings.Contains(s, "social_security") || strings.Contains(s, "passport_n") || strings.Contains(s, "tax_number") || strings.Contains(s, "national_id"):
		return "personal number"
	case strings.Contains(s, "card_number") || strings.Contains(s, "credit_card") || s == "pan":
		return "card number"
	}
	return ""
}
