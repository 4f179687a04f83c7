package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/raftkv/raft"
	"github.com/raftkv/raftkv/raftkv/world"
)

// kind is a kind of value: how it is read, and how it is written in TOML.
type kind[V any] struct {
	parse func(given) (v V, ok bool) // complains, and is not ok, when the value cannot be taken over
	write func(V) string
}

// take reads a value into a field, which stays as it is when the value cannot be taken over.
func (k kind[V]) take(g given, field *V) {
	if v, ok := k.parse(g); ok {
		*field = v
	}
}

// text is a kind that TOML has as a string. The shape names it for whoever gives something else, and parse says what is
// wrong with a string.
func text[V any](shape string, parse func(string) (v V, problem string), write func(V) string) kind[V] {
	return kind[V]{
		parse: func(g given) (v V, ok bool) {
			s, ok := g.value.(string)
			if !ok {
				g.complain("must be %s, not %s", shape, positions.Describe(g.value))
				return v, false
			}
			v, problem := parse(s)
			if problem != "" {
				g.complain("%s", problem)
			}
			return v, problem == ""
		},
		write: func(v V) string { return positions.Quote(write(v)) },
	}
}

// checked is a string that is taken as it is, unless a check finds something wrong with it.
func checked(check func(string) (problem string)) kind[string] {
	return text("a string", func(s string) (string, string) { return s, check(s) }, itself)
}

func itself(s string) string { return s }

// naming is a kind whose values name a process, which the run must have.
func naming[V any](k kind[V], process func(V) world.ProcessID) kind[V] {
	return kind[V]{
		parse: func(g given) (V, bool) {
			v, ok := k.parse(g)
			if id := process(v); id != 0 {
				g.reader.named = append(g.reader.named, named{id, g.reader.origin(g.place.Value)})
			}
			return v, ok
		},
		write: k.write,
	}
}

// whole is a whole number in bounds.
func whole[N int | uint64](least, most int64) kind[N] {
	return kind[N]{
		parse: func(g given) (N, bool) {
			n, ok := g.value.(int64)
			switch {
			case !ok:
				g.complain("must be a whole number, not %s", positions.Describe(g.value))
			case n < least:
				g.complain("must be at least %d, not %d", least, n)
			case n > most:
				g.complain("must be at most %d, not %d", most, n)
			default:
				return N(n), true
			}
			return 0, false
		},
		write: func(n N) string { return fmt.Sprint(n) },
	}
}

// numbers is a list of whole numbers from 1. A nil list says nothing, which is not the same as that there are none.
var numbers = kind[[]int]{
	parse: func(g given) ([]int, bool) {
		list, ok := g.value.([]any)
		if !ok {
			g.complain("must be an array of whole numbers, not %s", positions.Describe(g.value))
			return nil, false
		}
		read := make([]int, 0, len(list))
		for i, v := range list {
			if n, ok := whole[int](1, math.MaxInt32).parse(g.item(i, v)); ok {
				read = append(read, n)
			}
		}
		return read, true
	},
	write: func(list []int) string {
		if list == nil {
			return ""
		}
		return array(list, strconv.Itoa)
	},
}

// float is the number that a value is, also when it is written as a whole one.
func float(v any) (f float64, ok bool) {
	if n, isWhole := v.(int64); isWhole {
		return float64(n), true
	}
	f, ok = v.(float64)
	return f, ok
}

// probability is a number from 0 to 1.
var probability = kind[float64]{
	parse: func(g given) (float64, bool) {
		f, ok := float(g.value)
		switch {
		case !ok:
			g.complain("must be a number from 0 to 1, not %s", positions.Describe(g.value))
		case !(f >= 0 && f <= 1):
			g.complain("must be from 0 to 1, not %s", positions.FormatFloat(f))
		default:
			return math.Abs(f), true
		}
		return 0, false
	},
	write: positions.FormatFloat,
}

// truth is true or false.
var truth = kind[bool]{
	parse: func(g given) (bool, bool) {
		b, ok := g.value.(bool)
		if !ok {
			g.complain("must be true or false, not %s", positions.Describe(g.value))
		}
		return b, ok
	},
	write: strconv.FormatBool,
}

// bug is a bug by its name, or none.
var bug = text("a string", func(s string) (raft.Bug, string) {
	bug, known := raft.BugNamed(s)
	if !known {
		return bug, fmt.Sprintf("cannot be %s; the nearest is %q, and -h shows all",
			quoted(s), Nearest(s, bugs()))
	}
	return bug, ""
}, raft.Bug.String)

// bugs are the names of the bugs that a run can have built in on purpose.
func bugs() []string {
	var names []string
	for _, bug := range raft.Bugs() {
		names = append(names, bug.Name)
	}
	return names
}

// paragraph is a text for people; how its lines are broken does not matter.
var paragraph = text("a string", func(s string) (string, string) {
	s = strings.Join(strings.Fields(s), " ")
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", "must not hold control characters, nor others that are not seen"
	}
	return s, ""
}, itself)

// choice is one of a few words.
func choice[T ~string](words ...T) kind[T] {
	plain := mapped(words, func(w T) string { return string(w) })
	shape := strings.Join(mapped(plain, positions.Quote), " or ")
	return text(shape, func(s string) (T, string) {
		if !slices.Contains(plain, s) {
			return "", fmt.Sprintf("must be %s, not %s; the nearest is %q", shape, positions.Describe(s), Nearest(s, plain))
		}
		return T(s), ""
	}, func(v T) string { return string(v) })
}

// nameOf is one of the names that there are of something.
func nameOf(all []string) kind[string] {
	return checked(func(s string) string {
		if slices.Contains(all, s) {
			return ""
		}
		return fmt.Sprintf("is the unknown %s; the nearest is %q", quoted(s), Nearest(s, all))
	})
}

// longestKey is the most bytes that a key or a value has.
const longestKey = 256

// word is a text without spaces, as keys and values are: a trace writes them as words.
var word = checked(func(s string) (problem string) {
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
})

func notPrinted(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
}

// keyPool is the keys that clients pick from.
var keyPool = kind[[]string]{
	parse: parseKeyPool,
	write: func(keys []string) string { return array(keys, positions.Quote) },
}

func parseKeyPool(g given) ([]string, bool) {
	list, ok := g.value.([]any)
	switch {
	case !ok:
		g.complain("must be an array of strings, not %s", positions.Describe(g.value))
		return nil, false
	case len(list) == 0:
		g.complain("must hold at least one key")
		return nil, false
	}
	keys, first := make([]string, len(list)), make(map[string]int)
	for i, v := range list {
		s, ok := v.(string)
		earlier, seen := first[s]
		complain := g.item(i, v).complain
		switch {
		case !ok:
			complain("must hold strings, not %s", positions.Describe(v))
			continue
		case s == "":
			complain("must not hold the empty string: a key needs a name")
		case len(s) > longestKey:
			complain("must hold keys of at most %d bytes; this one has %d", longestKey, len(s))
		case notPrinted(s):
			complain("must hold keys without spaces and control characters: a trace writes them as words, `put KEY VALUE`")
		case seen:
			complain("holds %s twice: it is number %d already", positions.Quote(s), earlier+1)
		}
		if !seen {
			first[s] = i
		}
		keys[i] = s
	}
	return keys, true
}

// now is what start_time can be instead of a time: a run then begins when it is read, and its config says when that
// was.
const now = "now"

// The bounds of instant: the nanoseconds since 1970 must fit 64 bits at the end of the longest run, too.
var (
	earliest = time.Date(1970, time.January, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2200, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// instant is a moment in the world's calendar.
var instant = kind[time.Time]{
	parse: func(g given) (time.Time, bool) {
		t, ok := g.value.(time.Time)
		if g.value == now {
			t, ok = g.reader.now, true
		}
		switch {
		case !ok:
			g.complain("must be a date and time such as 2000-01-01T00:00:00Z, or \"now\", not %s", positions.Describe(g.value))
		case strings.HasSuffix(t.Location().String(), "-local"): // so the TOML library calls the zone of what names none
			g.complain("must be a date, a time and a zone, such as 2000-01-01T00:00:00Z: " +
				"a run must not depend on the zone of the machine")
		case t.Before(earliest) || !t.Before(latest):
			g.complain("must be from the years 1970 to 2199, not %s", t.UTC().Format(time.RFC3339))
		default:
			return t.UTC(), true
		}
		return t, false
	},
	write: func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
}

// array writes a list in TOML.
func array[V any](list []V, write func(V) string) string {
	return "[" + strings.Join(mapped(list, write), ", ") + "]"
}

// quoted is a wrong string as a message quotes it.
func quoted(s string) string { return positions.Quote(positions.Short(s)) }

// mapped is what a function makes of each of a list.
func mapped[A, B any](list []A, f func(A) B) []B {
	all := make([]B, len(list))
	for i, one := range list {
		all[i] = f(one)
	}
	return all
}
