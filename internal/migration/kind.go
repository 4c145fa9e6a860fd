package migration

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// stmtKind says how a statement behaves towards transactions.
type stmtKind int

const (
	// kindOther has to run as it stands: alone, on the session.
	kindOther stmtKind = iota
	// kindAtomic can share a transaction with the record that it ran.
	kindAtomic
	kindBegin
	kindCommit
	kindRollback
)

// words gives up to n words of a statement in upper case, without comments, quoted text and punctuation.
func words(text string, n int) []string {
	var out []string
	for len(text) > 0 && len(out) < n {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case strings.HasPrefix(text, "--"):
			i := strings.IndexByte(text, '\n')
			if i < 0 {
				return out
			}
			text = text[i:]
		case strings.HasPrefix(text, "/*"):
			i := strings.Index(text, "*/")
			if i < 0 {
				return out
			}
			text = text[i+2:]
		case r == '\'' || r == '"' || r == '`':
			i := strings.IndexRune(text[size:], r)
			if i < 0 {
				return out
			}
			text = text[size+i+1:]
		case r == '$':
			// A dollar-quoted body: whatever it says is not a word of the statement.
			if i := strings.IndexByte(text[1:], '$'); i >= 0 && !strings.ContainsAny(text[1:i+1], " \t\n;,()") {
				tag := text[:i+2]
				if j := strings.Index(text[len(tag):], tag); j >= 0 {
					text = text[len(tag)+j+len(tag):]
					continue
				}
			}
			text = text[1:]
		case unicode.IsLetter(r) || r == '_':
			i := strings.IndexFunc(text, func(r rune) bool {
				return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '$'
			})
			if i < 0 {
				i = len(text)
			}
			out = append(out, strings.ToUpper(text[:i]))
			text = text[i:]
		default:
			text = text[size:]
		}
	}
	return out
}

func hasWord(ws []string, list ...string) bool {
	for _, w := range ws {
		for _, l := range list {
			if w == l {
				return true
			}
		}
	}
	return false
}

// kindOf judges a statement by its first words. What it does not know for certain is kindOther.
func kindOf(text string) stmtKind {
	ws := words(text, 64)
	if len(ws) == 0 {
		return kindOther
	}
	second := ""
	if len(ws) > 1 {
		second = ws[1]
	}
	switch ws[0] {
	case "BEGIN":
		return kindBegin
	case "START":
		if second == "TRANSACTION" {
			return kindBegin
		}
	case "COMMIT", "END":
		return kindCommit
	case "ABORT":
		return kindRollback
	case "ROLLBACK":
		if !hasWord(ws, "TO") {
			return kindRollback
		}
	case "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "TRUNCATE", "COMMENT", "GRANT", "REVOKE":
		return kindAtomic
	case "CREATE", "ALTER", "DROP":
		if hasWord(ws, "CONCURRENTLY") || hasWord(ws[1:min(len(ws), 3)], "DATABASE", "TABLESPACE", "SUBSCRIPTION", "SYSTEM") {
			return kindOther
		}
		return kindAtomic
	}
	return kindOther
}

// ownsTransaction says whether the statements begin or end transactions themselves.
func ownsTransaction(texts []string) bool {
	for _, t := range texts {
		switch kindOf(t) {
		case kindBegin, kindCommit, kindRollback:
			return true
		}
	}
	return false
}

// setsSession says whether one of the statements may change settings beyond its transaction.
func setsSession(texts []string) bool {
	for _, t := range texts {
		if ws := words(t, 2); len(ws) > 0 && ws[0] == "SET" && (len(ws) < 2 || ws[1] != "LOCAL") {
			return true
		}
		if strings.Contains(t, "set_config") {
			return true
		}
	}
	return false
}

// setsLockTimeout says whether one of the statements chooses its own lock_timeout.
func setsLockTimeout(texts []string) bool {
	for _, t := range texts {
		if ws := words(t, 4); len(ws) > 1 && ws[0] == "SET" && hasWord(ws, "LOCK_TIMEOUT") {
			return true
		}
		if strings.Contains(t, "set_config('lock_timeout'") {
			return true
		}
	}
	return false
}
