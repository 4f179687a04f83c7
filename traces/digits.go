package traces

import (
	"encoding/binary"
	"math/bits"

	"github.com/raftkv/raftkv/traces/record"
)

// common is how many bytes two texts begin with that are the same.
func common(a, b []byte) int {
	n := min(len(a), len(b))
	a, b = a[:n], b[:n]
	i := 0
	for ; i+32 <= n; i += 32 {
		x, y := a[i:i+32], b[i:i+32]
		if (word(x)^word(y))|(word(x[8:])^word(y[8:]))|(word(x[16:])^word(y[16:]))|(word(x[24:])^word(y[24:])) != 0 {
			break
		}
	}
	for ; i+8 <= n; i += 8 {
		if differ := word(a[i:]) ^ word(b[i:]); differ != 0 {
			return i + bits.TrailingZeros64(differ)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

func word(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// eightDigits reads eight digits at once: neighbours are joined to numbers of two digits, those to numbers of four, and those to one of eight.
func eightDigits(text uint64) (n uint64, ok bool) {
	const highs, sixes, zeros = 0xf0f0f0f0f0f0f0f0, 0x0606060606060606, 0x3030303030303030
	if text&highs != zeros || (text+sixes)&highs != zeros {
		return 0, false
	}
	text = (text & 0x0f0f0f0f0f0f0f0f) * (1 + 10<<8) >> 8
	text = (text & 0x00ff00ff00ff00ff) * (1 + 100<<16) >> 16
	return (text & 0x0000ffff0000ffff) * (1 + 10_000<<32) >> 32, true
}

// Hex reads up to 16 hex digits.
func Hex(digits []byte) (n uint64, ok bool) {
	if len(digits) == 16 {
		high, ok := eightHexDigits(word(digits))
		low, okToo := eightHexDigits(word(digits[8:]))
		if ok && okToo {
			return high<<32 | low, true
		}
	}
	bad := byte(0)
	for _, c := range digits {
		v := unhex[c]
		bad |= v
		n = n<<4 | uint64(v&0xf)
	}
	return n, bad <= 0xf
}

// eightHexDigits reads eight hex digits at once, the letters of which are small, and says whether they are such.
func eightHexDigits(text uint64) (n uint64, ok bool) {
	const ones = 0x0101010101010101
	letters := text >> 6 & ones // which have a bit that digits have not
	n = text&(0x0f*ones) + letters*9
	again := n + '0'*ones + letters*('a'-'0'-10)
	tooMuch := (n + 6*ones) >> 4 & ones // more than nine
	if again != text || tooMuch != letters || n&(0xf0*ones) != 0 {
		return 0, false
	}
	n = (n<<4 | n>>8) & 0x00ff00ff00ff00ff
	n = (n<<8 | n>>16) & 0x0000ffff0000ffff
	return (n<<16 | n>>32) & 0xffffffff, true
}

// unhex is what a hex digit stands for; 0xff for what is none.
var unhex = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i := range byte(16) {
		t[record.HexDigits[i]] = i
		t["0123456789ABCDEF"[i]] = i
	}
	return t
}()
