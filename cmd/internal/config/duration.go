package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
)

// longest is the longest duration that a config can hold. It is far more than any run needs, and keeps every sum of times within what 64 bits hold.
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

// parseDuration reads a Go duration, and says what is wrong with one that is none or that no config can hold.
func parseDuration(s string) (d time.Duration, problem string) {
	d, err := time.ParseDuration(s)
	switch {
	case err == nil && d < 0:
		return 0, fmt.Sprintf("must not be negative, as %q is", s)
	case err == nil && d > longest:
		return 0, fmt.Sprintf("must be at most %q, a year, not %q", FormatDuration(longest), s)
	case err == nil:
		return d, ""
	}
	s = short(s)
	number := strings.TrimLeft(s, "+-")
	unit := strings.TrimLeft(number, "0123456789. ")
	switch {
	case number != "" && unit == "" && strings.Trim(number, ".") != "":
		return 0, fmt.Sprintf("must be a duration such as \"100ms\", and %q has no unit", s)
	case number != unit && !knownUnit(unit):
		return 0, fmt.Sprintf("must be a duration such as \"100ms\", and %q has the unit %q: there are h, m, s, ms, us and ns", s, unit)
	default:
		return 0, fmt.Sprintf("must be a duration such as \"100ms\", not %q", s)
	}
}

// knownUnit says whether a text that follows digits begins with a unit that Go knows, so that it is something else that is wrong.
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
		d, problem := parseDuration(s)
		return world.Range{Min: d, Max: d}, problem
	}
	low, high = strings.TrimSpace(low), strings.TrimSpace(high)
	if low == "" || high == "" {
		return world.Range{}, fmt.Sprintf("must be a range such as \"1ms..5ms\", not %q", short(s))
	}
	if r.Min, problem = parseDuration(low); problem != "" {
		return world.Range{}, problem
	}
	if r.Max, problem = parseDuration(high); problem != "" {
		return world.Range{}, problem
	}
	if r.Min > r.Max {
		return world.Range{}, fmt.Sprintf("is a range that runs backwards: write \"%s..%s\"", FormatDuration(r.Max), FormatDuration(r.Min))
	}
	return r, ""
}
