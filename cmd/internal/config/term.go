package config

import (
	"math"
	"strconv"
)

// term is a number of 64 bits, which is more than a TOML integer holds: the greater half is written in quotes.
type term struct{ field *uint64 }

func (t term) read(v any, complain complainer) {
	s, isString := v.(string)
	if !isString {
		if n, ok := readWhole(v, 0, math.MaxInt64, complain); ok {
			*t.field = uint64(n)
		}
		return
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != s {
		complain(whole, "must be a whole number from 0 to %d, in quotes or not, and not %s", uint64(math.MaxUint64), describe(v))
		return
	}
	*t.field = n
}

func (t term) write() string {
	s := strconv.FormatUint(*t.field, 10)
	if *t.field > math.MaxInt64 {
		return quote(s)
	}
	return s
}

// isTerm says whether a key holds a term.
func isTerm(key string) bool {
	s, known := settingOf(key)
	if !known {
		return false
	}
	_, is := s.value(Default()).(term)
	return is
}
