package sqlparse

import "strings"

// maxDepth is the deepest tree that is handed to the C parser, whose later steps recurse on a stack of fixed size.
const maxDepth = 6000

// depth is an upper bound of how deep the tree of a statement can be: each level takes a token, and a comma ends what
// the tokens before it can nest in. Set operations nest to the left across commas.
func depth(text string) int {
	type level struct{ tokens, sets int }
	var (
		code  = Blank(text)
		stack = []level{{}}
		sum   int // of tokens and sets over the stack
		most  int
	)
	add := func(set bool) {
		top := &stack[len(stack)-1]
		if set {
			top.sets++
		} else {
			top.tokens++
		}
		sum++
		most = max(most, sum)
	}
	for i := 0; i < len(code); {
		switch c := code[i]; {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			i++
		case c == '(' || c == '[':
			add(false)
			stack = append(stack, level{})
			i++
		case c == ')' || c == ']':
			if n := len(stack); n > 1 {
				sum -= stack[n-1].tokens + stack[n-1].sets
				stack = stack[:n-1]
			}
			i++
		case c == ',':
			top := &stack[len(stack)-1]
			sum -= top.tokens
			top.tokens = 0
			i++
		case isWord(c):
			end := i + 1
			for end < len(code) && isWord(code[end]) {
				end++
			}
			w := strings.ToLower(code[i:end])
			add(w == "union" || w == "except" || w == "intersect" || w == "join")
			i = end
		default:
			add(false)
			i++
		}
	}
	return most
}
