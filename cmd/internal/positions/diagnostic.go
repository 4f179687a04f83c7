package positions

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Diagnostic is one thing that is wrong, and where.
type Diagnostic struct {
	File    string // or the flag, such as -set
	Line    int    // from 1
	Column  int    // from 1, counted in characters
	Message string
	Text    string // the whole line
	Width   int    // how many characters of the line are wrong, at least 1
	Flag    bool   // whether File is a flag, and Text the flag and what was given with it
}

// Where is the position as people and editors read it.
func (d Diagnostic) Where() string {
	if d.Flag {
		return d.File
	}
	return fmt.Sprintf("%s:%d:%d", d.File, d.Line, d.Column)
}

// What is the message alone.
func (d Diagnostic) What() string { return d.Message }

// Error is the position, the message, and below them the line with what is wrong underlined.
func (d Diagnostic) Error() string {
	line, marks := d.Excerpt()
	return fmt.Sprintf("%s: %s\n    %s\n    %s", d.Where(), d.Message, line, marks)
}

// Excerpt is the line, cut to what fits on a screen, and the marks that go under it.
func (d Diagnostic) Excerpt() (line, marks string) {
	const widest, before = 120, 40
	characters := []rune(d.Text)
	at, width := min(d.Column-1, len(characters)), max(d.Width, 1)
	var cutLeft, cutRight string
	if len(characters) > widest {
		from := max(0, min(at-before, len(characters)-widest))
		if from > 0 {
			cutLeft = "…"
		}
		if from+widest < len(characters) {
			cutRight = "…"
		}
		characters, at = characters[from:min(len(characters), from+widest)], at-from
		width = max(1, min(width, len(characters)-at))
	}
	var text, under strings.Builder
	text.WriteString(cutLeft)
	under.WriteString(strings.Repeat(" ", utf8.RuneCountInString(cutLeft)))
	for i, r := range characters {
		blank := ' '
		switch {
		case r == '\t':
			blank = '\t'
		case !unicode.IsPrint(r):
			r = '\uFFFD'
		}
		text.WriteRune(r)
		if i < at {
			under.WriteRune(blank)
		}
	}
	return text.String() + cutRight, under.String() + strings.Repeat("^", width)
}

// Diagnostics are all the things that are wrong, in the order of their places.
type Diagnostics []Diagnostic

// Error is all of them.
func (ds Diagnostics) Error() string {
	texts := make([]string, len(ds))
	for i, d := range ds {
		texts[i] = d.Error()
	}
	return strings.Join(texts, "\n")
}

// Unwrap is each by itself.
func (ds Diagnostics) Unwrap() []error {
	errs := make([]error, len(ds))
	for i, d := range ds {
		errs[i] = d
	}
	return errs
}
