package words

import (
	"fmt"
	"strings"
)

// Counted is a number of things as a person reads it: 1 vote, 2 votes, 1,234 tries. It takes the word for one of them.
func Counted[Number ~int | ~int64 | ~uint64](n Number, one string) string {
	return Grouped(n) + " " + Plural(n, one)
}

// Plural is the word for so many things, given the word for one of them.
func Plural[Number ~int | ~int64 | ~uint64](n Number, one string) string {
	stem, isY := strings.CutSuffix(one, "y")
	switch {
	case n == 1:
		return one
	case isY && stem != "" && !strings.ContainsAny(stem[len(stem)-1:], "aeiou"):
		return stem + "ies"
	case strings.HasSuffix(one, "s"), strings.HasSuffix(one, "x"):
		return one + "es"
	default:
		return one + "s"
	}
}

// Grouped is a number as people write it: 1,234,567.
func Grouped[Number ~int | ~int64 | ~uint64](n Number) string {
	digits, sign := fmt.Sprint(n), ""
	if n < 0 {
		digits, sign = digits[1:], "-"
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Agree is the word that goes with so many things: holds of one, hold of several.
func Agree[Number ~int | ~int64 | ~uint64](n Number, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}
