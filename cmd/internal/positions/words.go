package positions

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Describe names a wrong value as a person would.
func Describe(v any) string {
	switch v := v.(type) {
	case int64:
		return fmt.Sprintf("the whole number %d", v)
	case float64:
		return "the number " + FormatFloat(v)
	case bool:
		return strconv.FormatBool(v)
	case string:
		return "the string " + Quote(Short(v))
	case time.Time:
		return "a date or a time"
	case []any:
		return "an array"
	case []map[string]any:
		return "an array of tables"
	default:
		return "a table"
	}
}

// FormatFloat writes a number in TOML, never as a whole number.
func FormatFloat(f float64) string {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(s, ".eIN") {
		s += ".0"
	}
	return s
}

// Short is a text cut to what a message has room for.
func Short(s string) string {
	const most = 60
	if r := []rune(s[:min(len(s), 4*most+4)]); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// Quote writes a string in TOML.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xFFFF:
			fmt.Fprintf(&b, "\\u%04X", r)
		default:
			fmt.Fprintf(&b, "\\U%08X", r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
