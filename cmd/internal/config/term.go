package config

import "strconv"

// mostStartTerm leaves room for elections: a trace holds a term as a number of 64 bits with a sign.
const mostStartTerm = 1 << 62

// startTerm is a term that servers can begin in.
type startTerm struct{ field *uint64 }

func (s startTerm) read(v any, complain complainer) {
	if n, ok := readWhole(v, 0, mostStartTerm, complain); ok {
		*s.field = uint64(n)
	}
}

func (s startTerm) write() string { return strconv.FormatUint(*s.field, 10) }
