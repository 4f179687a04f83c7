package read

import (
	"strconv"
	"strings"
	"testing"
)

// Whole numbers, in quotes and bare, are what strconv makes of them, wherever they stand, and whatever strconv refuses
// is refused.
func TestWholeNumbers(t *testing.T) {
	var texts []string
	for digits := range 22 {
		texts = append(texts, strings.Repeat("9", digits), "1"+strings.Repeat("0", digits), strings.Repeat("0", digits)+"7",
			strings.Repeat("1", digits)+"x", strings.Repeat("1", digits)+"/"+strings.Repeat("1", digits))
	}
	texts = append(texts, "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
		"18446744073709551615", "18446744073709551616", "-0", "+1", " 1", "1 ", "1.0", "١")
	for _, text := range texts {
		for _, bits := range []int{32, 64} {
			want, err := strconv.ParseUint(text, 10, bits)
			numberAsWanted(t, text, want, err == nil, func(s *scanner) uint64 { return s.uint(bits) })
		}
		want, err := strconv.ParseInt(text, 10, 64)
		numberAsWanted(t, text, want, err == nil && text[0] != '+', func(s *scanner) int64 { return s.int() })
	}
}

func numberAsWanted[T int64 | uint64](t *testing.T, text string, want T, fine bool, read func(*scanner) T) {
	t.Helper()
	for _, behind := range []string{"", ",", `,"more":"12345678"`} {
		s := scanner{}
		s.reset([]byte(`"` + text + `"` + behind))
		got := read(&s)
		switch {
		case (s.err == nil) != fine:
			t.Errorf("%q, with %q behind it, gives the fault %v; that it is a number is %t", text, behind, s.err, fine)
		case fine && (got != want || s.pos != len(text)+2):
			t.Errorf("%q, with %q behind it, gives %d and goes on at byte %d", text, behind, got, s.pos)
		}
	}
	s := scanner{}
	s.reset([]byte(`"` + text))
	if read(&s); s.err == nil {
		t.Errorf("%q without a quote behind it is taken for a number", text)
	}
}
