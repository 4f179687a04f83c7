package positions

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Source is a text that values come from: a file, or what was given with a flag.
type Source struct {
	Name   string
	Text   string // as TOML
	Order  int    // later sources win over earlier ones
	Flag   bool
	Hidden int    // how much of the beginning of Text was not given but put before it
	Given  string // what was given, when not the rest of Text
}

// visible is the text as it was given, and by how much its bytes are shifted from Text. With a flag it is the whole
// argument, as in -nodes 3.
func (s *Source) visible() (text string, shift int) {
	text = s.Text[s.Hidden:]
	if s.Given != "" {
		text = s.Given
	}
	if !s.Flag {
		return text, -s.Hidden
	}
	return s.Name + " " + text, len(s.Name) + 1 - s.Hidden
}

// Span is a part of a source's text, in bytes.
type Span struct{ Start, End int }

// Origin is where a value was given.
type Origin struct {
	Source *Source
	Span   Span
}

// Compare orders origins by their sources, and within one by their places.
func (o Origin) Compare(other Origin) int {
	return cmp.Or(cmp.Compare(o.Source.Order, other.Source.Order), cmp.Compare(o.Span.Start, other.Span.Start))
}

// Where names the place for a message about another one.
func (o Origin) Where() string { return o.Diagnostic("").Where() }

// Diagnostic says what is wrong at a place.
func (o Origin) Diagnostic(message string) Diagnostic {
	text, shift := o.Source.visible()
	start := min(max(o.Span.Start+shift, 0), len(text))
	end := min(max(o.Span.End+shift, start), len(text))
	first := strings.LastIndexByte(text[:start], '\n') + 1
	line, _, _ := strings.Cut(text[first:], "\n")
	line = strings.TrimSuffix(line, "\r")
	start, end = min(start-first, len(line)), min(end-first, len(line))
	return Diagnostic{
		File:    o.Source.Name,
		Line:    strings.Count(text[:first], "\n") + 1,
		Column:  utf8.RuneCountInString(line[:start]) + 1,
		Message: message,
		Text:    line,
		Width:   max(1, utf8.RuneCountInString(line[start:end])),
		Flag:    o.Source.Flag,
	}
}

// Problem is what is wrong with a value, and where that was given.
type Problem struct {
	Origin  Origin
	Message string
}

// Sorted are the problems in the order of their places, each once.
func Sorted(problems []Problem) Diagnostics {
	sorted := slices.Clone(problems)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		return cmp.Or(a.Origin.Compare(b.Origin), cmp.Compare(a.Message, b.Message))
	})
	sorted = slices.Compact(sorted)
	diagnostics := make(Diagnostics, len(sorted))
	for i, p := range sorted {
		diagnostics[i] = p.Origin.Diagnostic(p.Message)
	}
	return diagnostics
}
