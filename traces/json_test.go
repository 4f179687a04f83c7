package traces

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
)

// Whole numbers, in quotes and bare, are what strconv makes of them, wherever they stand, and whatever strconv refuses is refused.
func TestWholeNumbers(t *testing.T) {
	var texts []string
	for digits := range 22 {
		texts = append(texts, strings.Repeat("9", digits), "1"+strings.Repeat("0", digits), strings.Repeat("0", digits)+"7", strings.Repeat("1", digits)+"x", strings.Repeat("1", digits)+"/"+strings.Repeat("1", digits))
	}
	texts = append(texts, "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "-0", "+1", " 1", "1 ", "1.0", "١")
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

// Two texts have in common what they begin with, wherever in it the first byte stands that differs, and however much is behind it.
func TestCommon(t *testing.T) {
	const most = 70 // bytes: twice what is compared at once, and a rest
	text := []byte(strings.Repeat("0123456789", most/10))
	for long := range most + 1 {
		for short := range long + 1 {
			if got := common(text[:long], text[:short]); got != short {
				t.Errorf("%d bytes and the first %d of them have %d in common", long, short, got)
			}
			if got := common(text[:short], text[:long]); got != short {
				t.Errorf("the first %d of %d bytes and all of them have %d in common", short, long, got)
			}
			if short == long {
				continue
			}
			for _, flip := range []byte{0x01, 0x80} {
				other := bytes.Clone(text[:long])
				other[short] ^= flip
				if got := common(text[:long], other); got != short {
					t.Errorf("%d bytes that differ at %d by %#x have %d in common", long, short, flip, got)
				}
			}
		}
	}
}

// Ids are what strconv makes of their digits, whichever byte stands in whichever place; no digit that strconv refuses is taken for one.
func TestHex(t *testing.T) {
	for at := range 16 {
		for c := range 256 {
			digits := []byte("fedcba9876543210")
			digits[at] = byte(c)
			want, err := strconv.ParseUint(string(digits), 16, 64)
			if got, ok := Hex(digits); ok != (err == nil) || ok && got != want {
				t.Errorf("%q gives %x, %t; want %x, %v", digits, got, ok, want, err)
			}
		}
	}
	for long := range 16 {
		digits := "fedcba9876543210"[:long]
		want, _ := strconv.ParseUint("0"+digits, 16, 64)
		if got, ok := Hex([]byte(digits)); !ok || got != want {
			t.Errorf("%q gives %x, %t; want %x", digits, got, ok, want)
		}
	}
}
