// Package terminal is how the commands talk to a person: colours where they are wanted, tables, a progress bar for what
// takes long, and what is wrong with the line that it is wrong in.
package terminal

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Interactive says whether a person sees what is written while it is written.
func Interactive(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Columns is how many characters a line of the terminal has; 0 where there is none, and a line is as long as it is.
func Columns(w io.Writer) int {
	if !Interactive(w) {
		return 0
	}
	return Width(w)
}

// Width is how many characters a line has room for: 80 where there is no terminal that says it.
func Width(w io.Writer) int {
	const usual = 80
	f, ok := w.(*os.File)
	if !ok {
		return usual
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return usual
	}
	return width
}

// Style makes texts stand out. Not everybody sees it, so that it never says anything by itself.
type Style struct {
	Colour bool // without it every text stays as it is
}

// plain ends every style.
const plain = "\x1b[0m"

// StyleOf is the style for what is written there: colour is for terminals that have it, and for people who did not ask
// for none (see no-color.org).
func StyleOf(w io.Writer) Style {
	return Style{Colour: Interactive(w) && wantsColour(os.Getenv)}
}

// wantsColour says whether the environment lets a terminal be coloured.
func wantsColour(getenv func(string) string) bool {
	return getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
}

// Bold is for titles and names.
func (s Style) Bold(text string) string { return s.in("1", text) }

// Dim is for what few will read.
func (s Style) Dim(text string) string { return s.in("2", text) }

// Red is for what is wrong.
func (s Style) Red(text string) string { return s.in("31", text) }

// Green is for what is right.
func (s Style) Green(text string) string { return s.in("32", text) }

// Yellow is for what deserves a second look.
func (s Style) Yellow(text string) string { return s.in("33", text) }

func (s Style) in(code, text string) string {
	if !s.Colour || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + plain
}
