package keys

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/raftkv/raftkv/cmd/internal/nearest"
	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Kind is a kind of value: how it is read, and how it is written in TOML.
type Kind[V any] struct {
	Parse func(Given) (v V, ok bool) // complains, and is not ok, when the value cannot be taken over
	Write func(V) string
}

// Take reads a value into a field, which stays as it is when the value cannot be taken over.
func (k Kind[V]) Take(g Given, field *V) {
	if v, ok := k.Parse(g); ok {
		*field = v
	}
}

// Text is a kind that TOML has as a string. The shape names it for whoever gives something else, and parse says what is
// wrong with a string.
func Text[V any](shape string, parse func(string) (v V, problem string), write func(V) string) Kind[V] {
	return Kind[V]{
		Parse: func(g Given) (v V, ok bool) {
			s, ok := g.Value.(string)
			if !ok {
				g.Complain("must be %s, not %s", shape, positions.Describe(g.Value))
				return v, false
			}
			v, problem := parse(s)
			if problem != "" {
				g.Complain("%s", problem)
			}
			return v, problem == ""
		},
		Write: func(v V) string { return positions.Quote(write(v)) },
	}
}

// Checked is a string that is taken as it is, unless a check finds something wrong with it.
func Checked(check func(string) (problem string)) Kind[string] {
	return Text("a string", func(s string) (string, string) { return s, check(s) }, itself)
}

func itself(s string) string { return s }

// Naming is a kind whose values name a process, which the run must have.
func Naming[V any](k Kind[V], process func(V) world.ProcessID) Kind[V] {
	return Kind[V]{
		Parse: func(g Given) (V, bool) {
			v, ok := k.Parse(g)
			if id := process(v); id != 0 {
				g.Reader.Named = append(g.Reader.Named, Named{id, g.Reader.Origin(g.Place.Value)})
			}
			return v, ok
		},
		Write: k.Write,
	}
}

// Whole is a whole number in bounds.
func Whole[N int | uint64](least, most int64) Kind[N] {
	return Kind[N]{
		Parse: func(g Given) (N, bool) {
			n, ok := g.Value.(int64)
			switch {
			case !ok:
				g.Complain("must be a whole number, not %s", positions.Describe(g.Value))
			case n < least:
				g.Complain("must be at least %d, not %d", least, n)
			case n > most:
				g.Complain("must be at most %d, not %d", most, n)
			default:
				return N(n), true
			}
			return 0, false
		},
		Write: func(n N) string { return fmt.Sprint(n) },
	}
}

// Numbers is a list of whole numbers from 1. A nil list says nothing, which is not the same as that there are none.
var Numbers = Kind[[]int]{
	Parse: func(g Given) ([]int, bool) {
		list, ok := g.Value.([]any)
		if !ok {
			g.Complain("must be an array of whole numbers, not %s", positions.Describe(g.Value))
			return nil, false
		}
		read := make([]int, 0, len(list))
		for i, v := range list {
			if n, ok := Whole[int](1, math.MaxInt32).Parse(g.Item(i, v)); ok {
				read = append(read, n)
			}
		}
		return read, true
	},
	Write: func(list []int) string {
		if list == nil {
			return ""
		}
		return Array(list, strconv.Itoa)
	},
}

// Float is the number that a value is, also when it is written as a whole one.
func Float(v any) (f float64, ok bool) {
	if n, isWhole := v.(int64); isWhole {
		return float64(n), true
	}
	f, ok = v.(float64)
	return f, ok
}

// Probability is a number from 0 to 1.
var Probability = Kind[float64]{
	Parse: func(g Given) (float64, bool) {
		f, ok := Float(g.Value)
		switch {
		case !ok:
			g.Complain("must be a number from 0 to 1, not %s", positions.Describe(g.Value))
		case !(f >= 0 && f <= 1):
			g.Complain("must be from 0 to 1, not %s", positions.FormatFloat(f))
		default:
			return math.Abs(f), true
		}
		return 0, false
	},
	Write: positions.FormatFloat,
}

// Truth is true or false.
var Truth = Kind[bool]{
	Parse: func(g Given) (bool, bool) {
		b, ok := g.Value.(bool)
		if !ok {
			g.Complain("must be true or false, not %s", positions.Describe(g.Value))
		}
		return b, ok
	},
	Write: strconv.FormatBool,
}

// Paragraph is a text for people; how its lines are broken does not matter.
var Paragraph = Text("a string", func(s string) (string, string) {
	s = strings.Join(strings.Fields(s), " ")
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", "must not hold control characters, nor others that are not seen"
	}
	return s, ""
}, itself)

// Choice is one of a few words.
func Choice[T ~string](words ...T) Kind[T] {
	plain := Mapped(words, func(w T) string { return string(w) })
	shape := strings.Join(Mapped(plain, positions.Quote), " or ")
	return Text(shape, func(s string) (T, string) {
		if !slices.Contains(plain, s) {
			return "", fmt.Sprintf("must be %s, not %s; the nearest is %q", shape, positions.Describe(s),
				nearest.Name(s, plain))
		}
		return T(s), ""
	}, func(v T) string { return string(v) })
}

// NameOf is one of the names that there are of something.
func NameOf(all []string) Kind[string] {
	return Checked(func(s string) string {
		if slices.Contains(all, s) {
			return ""
		}
		return fmt.Sprintf("is the unknown %s; the nearest is %q", Quoted(s), nearest.Name(s, all))
	})
}

// now is what start_time can be instead of a time: a run then begins when it is read, and its config says when that
// was.
const now = "now"

// The bounds of instant: the nanoseconds since 1970 must fit 64 bits at the end of the longest run, too.
var (
	earliest = time.Date(1970, time.January, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2200, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// Instant is a moment in the world's calendar.
var Instant = Kind[time.Time]{
	Parse: func(g Given) (time.Time, bool) {
		t, ok := g.Value.(time.Time)
		if g.Value == now {
			t, ok = g.Reader.Now, true
		}
		switch {
		case !ok:
			g.Complain("must be a date and time such as 2000-01-01T00:00:00Z, or \"now\", not %s",
				positions.Describe(g.Value))
		case strings.HasSuffix(t.Location().String(),
			"-local"): // so the TOML library calls the zone of what names none
			g.Complain("must be a date, a time and a zone, such as 2000-01-01T00:00:00Z: " +
				"a run must not depend on the zone of the machine")
		case t.Before(earliest) || !t.Before(latest):
			g.Complain("must be from the years 1970 to 2199, not %s", t.UTC().Format(time.RFC3339))
		default:
			return t.UTC(), true
		}
		return t, false
	},
	Write: func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
}

// Array writes a list in TOML.
func Array[V any](list []V, write func(V) string) string {
	return "[" + strings.Join(Mapped(list, write), ", ") + "]"
}

// Quoted is a wrong string as a message quotes it.
func Quoted(s string) string { return positions.Quote(positions.Short(s)) }

// Mapped is what a function makes of each of a list.
func Mapped[A, B any](list []A, f func(A) B) []B {
	all := make([]B, len(list))
	for i, one := range list {
		all[i] = f(one)
	}
	return all
}
