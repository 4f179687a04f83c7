package words

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
)

// Printable is a text as it is shown to people: as it is, or quoted as Go quotes it where it holds a character that is
// not seen. Such a one may break the line, be a command to the terminal, or turn the order of what is read around. This
// is the one rule for all names and values, wherever they are shown.
func Printable(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return s
	}
	return strconv.Quote(s)
}

// Text is an attribute's value as a line shows it.
func Text(v attribute.Value) string {
	switch v.Type() {
	case attribute.STRING:
		return Printable(v.AsString())
	case attribute.INT64:
		return strconv.FormatInt(v.AsInt64(), 10)
	case attribute.STRINGSLICE:
		parts := v.AsStringSlice()
		for i, p := range parts {
			parts[i] = Printable(p)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case attribute.EMPTY, attribute.BOOL, attribute.FLOAT64, attribute.BOOLSLICE, attribute.INT64SLICE,
		attribute.FLOAT64SLICE, attribute.BYTESLICE, attribute.SLICE, attribute.MAP:
	}
	return Printable(v.String())
}

// Spaced returns a name with spaces in place of its underscores.
func Spaced(s string) string { return strings.ReplaceAll(s, "_", " ") }

// Milliseconds returns a duration as AppendMilliseconds writes it.
func Milliseconds(d time.Duration) string { return string(AppendMilliseconds(nil, d)) }

// Unspaced quotes a value whose end would be in doubt.
func Unspaced(s string) string {
	if s == "" || strings.Contains(s, " ") && s[0] != '"' && s[0] != '[' {
		return strconv.Quote(s)
	}
	return s
}

// AndList is a, b and c.
func AndList(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// AppendMilliseconds appends a duration as 53.412ms.
func AppendMilliseconds(b []byte, d time.Duration) []byte {
	size := uint64(d)
	if d < 0 {
		b, size = append(b, '-'), -size // the shortest duration has no positive one
	}
	return fmt.Appendf(b, "%d.%03dms", size/uint64(time.Millisecond),
		size%uint64(time.Millisecond)/uint64(time.Microsecond))
}

// Broken yields the parts of a text that each fit into so many columns, broken between words; the whole where there is
// no room to speak of.
func Broken(text string, columns int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for columns >= leastText && utf8.RuneCountInString(text) > columns {
			head := string([]rune(text)[:columns+1])
			at := strings.LastIndexByte(head, ' ')
			if at <= 0 {
				break // one long word
			}
			if !yield(text[:at]) {
				return
			}
			text = text[at+1:]
		}
		yield(text)
	}
}

// leastText is how many columns of text there must be: on a screen that has no room for them, lines are not broken.
const leastText = 20

// LastPart is the last part of a name: Put of raftkv.KV/Put.
func LastPart(name string) string {
	name = Printable(name)
	return name[strings.LastIndexByte(name, '/')+1:]
}
