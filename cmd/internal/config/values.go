package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/raftkv/raftkv/raftkv/raft"
	"github.com/raftkv/raftkv/raftkv/world"
)

// value is a field of a Config as TOML sees it.
type value interface {
	// read takes over what a file says, and complains when that cannot be. The complaint goes on from the key's name: "must be …".
	read(v any, complain complainer)

	// write is the value in TOML, always the same for the same value.
	write() string
}

// complainer is told what is wrong with a value, or with the item of it that has this index; whole is no item.
type complainer func(item int, format string, args ...any)

const whole = -1

// wholeNumber is a number of things.
type wholeNumber struct {
	field    *int
	min, max int64
}

func (w wholeNumber) read(v any, complain complainer) {
	if n, ok := readWhole(v, w.min, w.max, complain); ok {
		*w.field = int(n)
	}
}

func (w wholeNumber) write() string { return strconv.Itoa(*w.field) }

func readWhole(v any, least, most int64, complain complainer) (n int64, ok bool) {
	n, ok = v.(int64)
	switch {
	case !ok:
		complain(whole, "must be a whole number, not %s", describe(v))
	case n < least:
		complain(whole, "must be at least %d, not %d", least, n)
	case n > most:
		complain(whole, "must be at most %d, not %d", most, n)
	default:
		return n, true
	}
	return 0, false
}

// seed is any number that a TOML integer can hold and that is not negative.
type seed struct{ field *uint64 }

func (s seed) read(v any, complain complainer) {
	if n, ok := readWhole(v, 0, math.MaxInt64, complain); ok {
		*s.field = uint64(n)
	}
}

func (s seed) write() string { return strconv.FormatUint(*s.field, 10) }

// probability is a number from 0 to 1.
type probability struct{ field *float64 }

func (p probability) read(v any, complain complainer) {
	f, ok := v.(float64)
	if n, isWhole := v.(int64); isWhole {
		f, ok = float64(n), true
	}
	switch {
	case !ok:
		complain(whole, "must be a number from 0 to 1, not %s", describe(v))
	case !(f >= 0 && f <= 1):
		complain(whole, "must be from 0 to 1, not %s", formatFloat(f))
	default:
		*p.field = math.Abs(f)
	}
}

func (p probability) write() string {
	return formatFloat(*p.field)
}

func formatFloat(f float64) string {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(s, ".eIN") {
		s += ".0"
	}
	return s
}

// truth is true or false.
type truth struct{ field *bool }

func (t truth) read(v any, complain complainer) {
	b, ok := v.(bool)
	if !ok {
		complain(whole, "must be true or false, not %s", describe(v))
		return
	}
	*t.field = b
}

func (t truth) write() string { return strconv.FormatBool(*t.field) }

// name is one word that files and folders can be called by.
type name struct {
	field *string
	check func(string) (problem string)
}

func (n name) read(v any, complain complainer) {
	s, ok := v.(string)
	if !ok {
		complain(whole, "must be a string, not %s", describe(v))
		return
	}
	if problem := n.check(s); problem != "" {
		complain(whole, "%s", problem)
		return
	}
	*n.field = s
}

func (n name) write() string { return quote(*n.field) }

// builtInBug is a bug by its name, or none.
type builtInBug struct{ field *raft.Bug }

func (b builtInBug) read(v any, complain complainer) {
	s, ok := v.(string)
	if !ok {
		complain(whole, "must be a string, not %s", describe(v))
		return
	}
	bug, known := raft.BugNamed(s)
	if !known {
		complain(whole, "cannot be %s; the nearest is %q, and -h shows all", quote(short(s)), Nearest(s, bugs()))
		return
	}
	*b.field = bug
}

func (b builtInBug) write() string { return quote(b.field.String()) }

// paragraph is a text for people; how its lines are broken does not matter.
type paragraph struct{ field *string }

func (p paragraph) read(v any, complain complainer) {
	s, ok := v.(string)
	if !ok {
		complain(whole, "must be a string, not %s", describe(v))
		return
	}
	s = strings.Join(strings.Fields(s), " ")
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		complain(whole, "must not hold control characters, nor others that are not seen")
		return
	}
	*p.field = s
}

func (p paragraph) write() string { return quote(*p.field) }

// choice is one of a few words.
type choice[T ~string] struct {
	field *T
	words []T
}

func (c choice[T]) read(v any, complain complainer) {
	words := make([]string, len(c.words))
	quoted := make([]string, len(c.words))
	for i, w := range c.words {
		words[i], quoted[i] = string(w), quote(string(w))
	}
	s, ok := v.(string)
	switch {
	case !ok:
		complain(whole, "must be %s, not %s", strings.Join(quoted, " or "), describe(v))
	case !slices.Contains(words, s):
		complain(whole, "must be %s, not %s; the nearest is %q", strings.Join(quoted, " or "), describe(v), Nearest(s, words))
	default:
		*c.field = T(s)
	}
}

func (c choice[T]) write() string { return quote(string(*c.field)) }

// keyPool is the keys that clients pick from.
type keyPool struct{ field *[]string }

// longestKey is the most bytes that a key or a value has.
const longestKey = 256

// badWord says what is wrong with a key or a value.
func badWord(s string) (problem string) {
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
}

func notPrinted(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
}

func (k keyPool) read(v any, complain complainer) {
	list, ok := v.([]any)
	switch {
	case !ok:
		complain(whole, "must be an array of strings, not %s", describe(v))
		return
	case len(list) == 0:
		complain(whole, "must hold at least one key")
		return
	}
	keys, first := make([]string, len(list)), make(map[string]int)
	for i, v := range list {
		s, ok := v.(string)
		earlier, seen := first[s]
		switch {
		case !ok:
			complain(i, "must hold strings, not %s", describe(v))
			continue
		case s == "":
			complain(i, "must not hold the empty string: a key needs a name")
		case len(s) > longestKey:
			complain(i, "must hold keys of at most %d bytes; this one has %d", longestKey, len(s))
		case notPrinted(s):
			complain(i, "must hold keys without spaces and control characters: a trace writes them as words, `put KEY VALUE`")
		case seen:
			complain(i, "holds %s twice: it is number %d already", quote(s), earlier+1)
		}
		if !seen {
			first[s] = i
		}
		keys[i] = s
	}
	*k.field = keys
}

func (k keyPool) write() string {
	quoted := make([]string, len(*k.field))
	for i, s := range *k.field {
		quoted[i] = quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// instant is a moment in the world's calendar.
type instant struct {
	field *time.Time
	now   time.Time // what "now" means
}

// now is what start_time can be instead of a time: a run then begins when it is read, and its config says when that
// was.
const now = "now"

// The bounds of instant: the nanoseconds since 1970 must fit 64 bits at the end of the longest run, too.
var (
	earliest = time.Date(1970, time.January, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2200, time.January, 1, 0, 0, 0, 0, time.UTC)
)

func (i instant) read(v any, complain complainer) {
	t, ok := v.(time.Time)
	if v == now {
		t, ok = i.now, true
	}
	switch {
	case !ok:
		complain(whole, "must be a date and time such as 2000-01-01T00:00:00Z, or \"now\", not %s", describe(v))
	case strings.HasSuffix(t.Location().String(), "-local"): // so the TOML library calls the zone of what names none
		complain(whole, "must be a date, a time and a zone, such as 2000-01-01T00:00:00Z: a run must not depend on the zone of the machine")
	case t.Before(earliest) || !t.Before(latest):
		complain(whole, "must be from the years 1970 to 2199, not %s", t.UTC().Format(time.RFC3339))
	default:
		*i.field = t.UTC()
	}
}

func (i instant) write() string { return i.field.UTC().Format(time.RFC3339Nano) }

// duration is a fixed time.
type duration struct {
	field    *time.Duration
	positive string // why it cannot be zero; empty when it can
}

func (d duration) read(v any, complain complainer) {
	s, ok := v.(string)
	if !ok {
		complain(whole, "must be a duration such as \"100ms\", not %s", describe(v))
		return
	}
	parsed, problem := parseDuration(s)
	switch {
	case problem != "" && strings.Contains(s, ".."):
		complain(whole, "must be one duration such as \"100ms\", not a range")
	case problem != "":
		complain(whole, "%s", problem)
	case parsed == 0 && d.positive != "":
		complain(whole, "must be more than \"0s\": %s", d.positive)
	default:
		*d.field = parsed
	}
}

func (d duration) write() string { return quote(FormatDuration(*d.field)) }

// uniform is a time out of a range.
type uniform struct {
	field    *world.Range
	positive string // why it cannot begin at zero; empty when it can
	orZero   bool   // whether "0s" alone stands for none all the same
}

func (u uniform) read(v any, complain complainer) {
	s, ok := v.(string)
	if !ok {
		complain(whole, "must be a duration such as \"100ms\" or a range such as \"1ms..5ms\", not %s", describe(v))
		return
	}
	parsed, problem := parseRange(s)
	switch {
	case problem != "":
		complain(whole, "%s", problem)
	case parsed.Min == 0 && u.positive != "" && (!u.orZero || parsed.Max != 0):
		complain(whole, "must be more than \"0s\": %s", u.positive)
	default:
		*u.field = parsed
	}
}

func (u uniform) write() string { return quote(FormatRange(*u.field)) }

// describe names a wrong value as a person would.
func describe(v any) string {
	switch v := v.(type) {
	case int64:
		return fmt.Sprintf("the whole number %d", v)
	case float64:
		return "the number " + formatFloat(v)
	case bool:
		return strconv.FormatBool(v)
	case string:
		return "the string " + quote(short(v))
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

// short is a text cut to what a message has room for.
func short(s string) string {
	const most = 60
	if r := []rune(s[:min(len(s), 4*most+4)]); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// quote writes a string in TOML.
func quote(s string) string {
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
