package entwrite

import (
	"fmt"
	"strconv"
	"strings"
)

// width is the length of line that the written source keeps to, where it can; a tab counts as four.
const width = 124

// chain writes a builder, breaking it before a call where the line would become too long.
func chain(head string, calls ...string) string {
	const first, next = 8, 12
	var b strings.Builder
	b.WriteString(head)
	at := first + len(head)
	for _, c := range calls {
		if c == "" {
			continue
		}
		line, _, _ := strings.Cut(c, "\n")
		if at+1+len(line) > width && at > next {
			b.WriteString(".\n" + c)
			at = next
		} else {
			b.WriteString("." + c)
			at++
		}
		if i := strings.LastIndexByte(c, '\n'); i >= 0 {
			at = next + len(c) - i
		} else {
			at += len(c)
		}
	}
	return b.String()
}

// list writes name(args…) or name{args…}, breaking between the arguments where the line would become too long.
func list(open string, args []string, end string, indent int) string {
	var b strings.Builder
	b.WriteString(open)
	at := indent + len(open)
	for i, a := range args {
		line, _, more := strings.Cut(a, "\n")
		switch {
		case i == 0:
		case at+2+len(line) > width:
			b.WriteString(",\n")
			at = indent + 4
		default:
			b.WriteString(", ")
			at += 2
		}
		b.WriteString(a)
		at += len(line)
		if more {
			at = indent + 8
		}
	}
	return b.String() + end
}

// annotations is the call .Annotations(…), each on a line of its own where they do not fit one.
func annotations(items []string) string {
	if len(items) == 0 {
		return ""
	}
	one := "Annotations(" + strings.Join(items, ", ") + ")"
	if len(one) < width-12 && !strings.Contains(one, "\n") || len(items) == 1 {
		return one
	}
	return "Annotations(\n" + strings.Join(items, ",\n") + ",\n)"
}

// quote is a Go string literal.
func quote(s string) string { return strconv.Quote(s) }

func quotes(ss []string) string {
	out := make([]string, len(ss))
	for i, s := range ss {
		out[i] = quote(s)
	}
	return strings.Join(out, ", ")
}

// number writes an integer with underscores from five digits on.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	if len(s) < 4 {
		return sign + s
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "_" + s[i:]
	}
	return sign + s
}

// literal is annotation.X{…} with the keys that are set.
type literal struct {
	parts []string
}

func (l *literal) str(key, v string) {
	if v != "" {
		l.parts = append(l.parts, key+": "+quote(v))
	}
}

func (l *literal) strs(key string, v []string) {
	if len(v) > 0 {
		l.parts = append(l.parts, key+": []string{"+quotes(v)+"}")
	}
}

func (l *literal) num(key string, v int64) {
	if v != 0 {
		l.parts = append(l.parts, key+": "+number(v))
	}
}

func (l *literal) yes(key string, v bool) {
	if v {
		l.parts = append(l.parts, key+": true")
	}
}

func (l *literal) raw(key, v string) {
	if v != "" {
		l.parts = append(l.parts, fmt.Sprintf("%s: %s", key, v))
	}
}

func (l *literal) of(typ string, indent int) string { return list(typ+"{", l.parts, "}", indent) }
