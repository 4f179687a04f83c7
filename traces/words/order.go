package words

import (
	"cmp"
	"strings"
)

// InOrder compares names with numbers in them as people count: client-2/10 comes after client-2/9.
func InOrder(a, b string) int {
	for a != "" && b != "" {
		x, y := leadingDigits(a), leadingDigits(b)
		if x > 0 && y > 0 {
			if order := cmp.Or(cmp.Compare(x, y), strings.Compare(a[:x], b[:y])); order != 0 {
				return order
			}
			a, b = a[x:], b[y:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

// leadingDigits returns with how many digits a text begins.
func leadingDigits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }
