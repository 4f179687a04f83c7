package keys

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/raftkv/world"
)

// longest is the longest duration that a config can hold. It is far more than any run needs, and keeps every sum of
// times within what 64 bits hold.
const longest = 365 * 24 * time.Hour

// FormatDuration writes a duration in the largest unit that needs no fraction: 60s, 1500ms, 50us, 0s.
func FormatDuration(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "us"}} {
		if d%unit.size == 0 {
			return strconv.FormatInt(int64(d/unit.size), 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(d), 10) + "ns"
}

// FormatRange writes a range, or the one duration that it holds.
func FormatRange(r world.Range) string {
	if r.Min == r.Max {
		return FormatDuration(r.Min)
	}
	return FormatDuration(r.Min) + ".." + FormatDuration(r.Max)
}

// ParseDuration reads a Go duration, and says what is wrong with one that is none or that no config can hold.
func ParseDuration(s string) (d time.Duration, problem string) {
	d, err := time.ParseDuration(s)
	switch {
	case err == nil && d < 0:
		return 0, fmt.Sprintf("must not be negative, as %q is", s)
	case err == nil && d > longest:
		return 0, fmt.Sprintf("must be at most %q, a year, not %q", FormatDuration(longest), s)
	case err == nil:
		return d, ""
	}
	s = positions.Short(s)
	number := strings.TrimLeft(s, "+-")
	unit := strings.TrimLeft(number, "0123456789. ")
	switch {
	case number != "" && unit == "" && strings.Trim(number, ".") != "":
		return 0, fmt.Sprintf("must be a duration such as \"100ms\", and %q has no unit", s)
	case number != unit && !knownUnit(unit):
		return 0, fmt.Sprintf("must be a duration such as \"100ms\", and %q has the unit %q: "+
			"there are h, m, s, ms, us and ns", s, unit)
	default:
		return 0, fmt.Sprintf("must be a duration such as \"100ms\", not %q", s)
	}
}

// knownUnit says whether a text that follows digits begins with a unit that Go knows, so that it is something else
// that is wrong.
func knownUnit(s string) bool {
	end := strings.IndexAny(s, "0123456789.+-")
	if end < 0 {
		end = len(s)
	}
	_, err := time.ParseDuration("1" + s[:end])
	return err == nil
}

// parseRange reads "1ms..5ms", or a duration as a range that holds nothing else.
func parseRange(s string) (r world.Range, problem string) {
	low, high, ok := strings.Cut(s, "..")
	if !ok {
		d, problem := ParseDuration(s)
		return world.Range{Min: d, Max: d}, problem
	}
	low, high = strings.TrimSpace(low), strings.TrimSpace(high)
	if low == "" || high == "" {
		return world.Range{}, fmt.Sprintf("must be a range such as \"1ms..5ms\", not %q", positions.Short(s))
	}
	if r.Min, problem = ParseDuration(low); problem != "" {
		return world.Range{}, problem
	}
	if r.Max, problem = ParseDuration(high); problem != "" {
		return world.Range{}, problem
	}
	if r.Min > r.Max {
		return world.Range{}, fmt.Sprintf("is a range that runs backwards: write \"%s..%s\"",
			FormatDuration(r.Max), FormatDuration(r.Min))
	}
	return r, ""
}

// Duration is a fixed time. It says why it cannot be zero, or is empty when it can.
func Duration(positive string) Kind[time.Duration] {
	return Text(`a duration such as "100ms"`, func(s string) (time.Duration, string) {
		d, problem := ParseDuration(s)
		switch {
		case problem != "" && strings.Contains(s, ".."):
			return 0, "must be one duration such as \"100ms\", not a range"
		case problem == "" && d == 0 && positive != "":
			return 0, "must be more than \"0s\": " + positive
		default:
			return d, problem
		}
	}, FormatDuration)
}

// Uniform is a time out of a range. It says why that cannot begin at zero, or is empty when it can.
func Uniform(positive string) Kind[world.Range] {
	return uniformUnless(func(r world.Range) bool { return positive != "" && r.Min == 0 }, positive)
}

// UniformOrNone is a time out of a range that does not begin at zero, or "0s" alone for none.
func UniformOrNone(positive string) Kind[world.Range] {
	return uniformUnless(func(r world.Range) bool { return r.Min == 0 && r.Max != 0 }, positive)
}

func uniformUnless(zero func(world.Range) bool, positive string) Kind[world.Range] {
	shape := `a duration such as "100ms" or a range such as "1ms..5ms"`
	return Text(shape, func(s string) (world.Range, string) {
		r, problem := parseRange(s)
		if problem == "" && zero(r) {
			return r, "must be more than \"0s\": " + positive
		}
		return r, problem
	}, FormatRange)
}
