package keys

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/raftkv/raftkv/cmd/internal/positions"
)

// longestKey is the most bytes that a key or a value has.
const longestKey = 256

// Word is a text without spaces, as keys and values are: a trace writes them as words.
var Word = Checked(func(s string) (problem string) {
	switch {
	case s == "":
		return "must not be the empty string"
	case len(s) > longestKey:
		return fmt.Sprintf("must have at most %d bytes, not %d", longestKey, len(s))
	case notPrinted(s):
		return "must be without spaces and control characters: a trace writes it as a word, `put KEY VALUE`"
	default:
		return ""
	}
})

func notPrinted(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
}

// Pool is some keys of the store, each once: those that clients pick from.
var Pool = Kind[[]string]{
	Parse: parsePool,
	Write: func(pool []string) string { return Array(pool, positions.Quote) },
}

func parsePool(g Given) ([]string, bool) {
	list, ok := g.Value.([]any)
	switch {
	case !ok:
		g.Complain("must be an array of strings, not %s", positions.Describe(g.Value))
		return nil, false
	case len(list) == 0:
		g.Complain("must hold at least one key")
		return nil, false
	}
	pool, first := make([]string, len(list)), make(map[string]int)
	for i, v := range list {
		s, ok := v.(string)
		earlier, seen := first[s]
		complain := g.Item(i, v).Complain
		switch {
		case !ok:
			complain("must hold strings, not %s", positions.Describe(v))
			continue
		case s == "":
			complain("must not hold the empty string: a key needs a name")
		case len(s) > longestKey:
			complain("must hold keys of at most %d bytes; this one has %d", longestKey, len(s))
		case notPrinted(s):
			complain("must hold keys without spaces and control characters: a trace writes them as words, `put KEY VALUE`")
		case seen:
			complain("holds %s twice: it is number %d already", positions.Quote(s), earlier+1)
		}
		if !seen {
			first[s] = i
		}
		pool[i] = s
	}
	return pool, true
}
