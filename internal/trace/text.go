package trace

import (
	"regexp"
	"strings"
)

// verb returns the leading words of a statement in upper case, without comments, at most n of them.
func verb(text string, n int) string {
	var words []string
	for rest := text; len(words) < n; {
		rest = skipBlank(rest)
		end := 0
		for end < len(rest) && (rest[end] == '_' || rest[end] >= '0' && rest[end] <= '9' || rest[end]|0x20 >= 'a' && rest[end]|0x20 <= 'z') {
			end++
		}
		if end == 0 {
			if rest != "" && rest[0] == '(' {
				words = append(words, "(")
			}
			break
		}
		words = append(words, strings.ToUpper(rest[:end]))
		rest = rest[end:]
	}
	return strings.Join(words, " ")
}

// skipBlank drops leading white space, comments (the bracketed ones nest) and semicolons.
func skipBlank(s string) string {
	for {
		s = strings.TrimLeft(s, " \t\r\n\f\v;\ufeff")
		switch {
		case strings.HasPrefix(s, "--"):
			_, rest, found := strings.Cut(s, "\n")
			if !found {
				return ""
			}
			s = rest
		case strings.HasPrefix(s, "/*"):
			depth, i := 0, 0
			for i < len(s) {
				switch {
				case strings.HasPrefix(s[i:], "/*"):
					depth++
					i += 2
				case strings.HasPrefix(s[i:], "*/"):
					depth--
					i += 2
				default:
					i++
				}
				if depth == 0 {
					break
				}
			}
			s = s[i:]
		default:
			return s
		}
	}
}

// control tells what a statement does to the transaction: begin, end, other (savepoints), or "".
func control(text string) string {
	switch v := verb(text, 2); {
	case v == "BEGIN" || strings.HasPrefix(v, "BEGIN "), v == "START TRANSACTION":
		return "begin"
	case v == "PREPARE TRANSACTION", v == "COMMIT PREPARED", v == "ROLLBACK PREPARED":
		return "other"
	case v == "ROLLBACK TO":
		return "other"
	}
	switch verb(text, 1) {
	case "COMMIT", "END", "ROLLBACK", "ABORT":
		return "end"
	case "SAVEPOINT", "RELEASE":
		return "other"
	}
	return ""
}

var copyOutside = regexp.MustCompile(`(?is)\b(FROM\s+STDIN|TO\s+STDOUT|PROGRAM)\b`)

// refused says why a statement is not run here, "" when it is. On a private server roles may be made.
func refused(text string, private bool) string {
	switch control(text) {
	case "begin", "end", "other":
		return "transaction control"
	}
	switch v := verb(text, 2); v {
	case "CREATE DATABASE", "DROP DATABASE", "ALTER DATABASE", "CREATE TABLESPACE", "DROP TABLESPACE", "ALTER TABLESPACE",
		"ALTER SYSTEM", "CREATE SUBSCRIPTION", "DROP SUBSCRIPTION", "ALTER SUBSCRIPTION":
		return "acts on the whole server"
	case "REASSIGN OWNED", "DROP OWNED", "DROP ROLE", "DROP USER", "DROP GROUP":
		return "acts on roles of the whole server"
	case "CREATE ROLE", "CREATE USER", "CREATE GROUP", "ALTER ROLE", "ALTER USER", "ALTER GROUP":
		if !private && verb(text, 3) != v+" MAPPING" {
			return "acts on roles of the whole server"
		}
	}
	switch first := verb(text, 1); {
	case first == "":
		return "empty"
	case first == "COPY" && copyOutside.MatchString(text):
		return "copies from or to the client"
	case first == "CHECKPOINT", first == "LOAD":
		return "acts on the whole server"
	}
	return ""
}

// isLocal is whether a statement sets something for its transaction only, which the statements after it see.
func isLocal(text string) bool {
	switch verb(text, 2) {
	case "SET LOCAL", "SET CONSTRAINTS", "SET TRANSACTION":
		return true
	}
	return verb(text, 1) == "SELECT" && strings.Contains(strings.ToLower(text), "set_config(")
}

// schemaChange is whether the statement is a change of the schema, as opposed to one of data: only there does reading
// a whole small table mean that it must be read whole.
func schemaChange(text string) bool {
	switch verb(text, 1) {
	case "ALTER", "CREATE", "DROP", "COMMENT", "SECURITY", "GRANT", "REVOKE", "REINDEX", "CLUSTER":
		return !strings.HasPrefix(verb(text, 3), "CREATE MATERIALIZED VIEW") && !createsAs.MatchString(text)
	}
	return false
}

var createsAs = regexp.MustCompile(`(?is)^\s*CREATE\s+(TEMP\w*\s+|UNLOGGED\s+)?TABLE\s[^;(]*\sAS\s`)

// empties is whether a changed file node means that the relation was emptied or its index rebuilt, not rewritten.
func empties(text string) bool {
	switch verb(text, 1) {
	case "TRUNCATE", "REINDEX":
		return true
	case "DO", "CALL", "SELECT", "WITH":
		lower := strings.ToLower(text)
		return strings.Contains(lower, "truncate") || strings.Contains(lower, "reindex")
	}
	return false
}
