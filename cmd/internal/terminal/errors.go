package terminal

import (
	"io"
	"strings"
)

// Located is an error that says where it is and shows the line.
type Located interface {
	error

	// Where is the place, such as file:line:column.
	Where() string

	// What is what is wrong there.
	What() string

	// Excerpt is the line, and marks to stand under what is wrong in it; both empty when there is no line to show.
	Excerpt() (line, marks string)
}

// PrintErrors prints an error, or each of those that it joins, as a person reads it: a line for each, and below it the
// line that it is about. A terminal has it broken into lines; in a file it is one, which programs find. What cannot be
// printed is lost: there is nowhere else to say it.
func PrintErrors(w io.Writer, err error) {
	var b strings.Builder
	writeErrors(&b, StyleOf(w), Columns(w), err)
	_, _ = io.WriteString(w, b.String())
}

// writeErrors breaks lines at so many columns; 0 is never.
func writeErrors(b *strings.Builder, style Style, columns int, err error) {
	// An error that wraps one with a place says more than that one: it is printed as it is.
	switch err := err.(type) { //nolint:errorlint // see above
	case interface{ Unwrap() []error }:
		for _, each := range err.Unwrap() {
			writeErrors(b, style, columns, each)
		}
	case Located:
		b.WriteString(broken(style.Bold(err.Where()+":")+" "+err.What(), columns))
		if line, marks := err.Excerpt(); line != "" || marks != "" {
			const indent = "    "
			bare := strings.TrimLeft(marks, " \t")
			blank := strings.TrimSuffix(marks, bare)
			b.WriteString(indent + line + "\n" + indent + blank + style.Red(bare) + "\n")
		}
	default:
		b.WriteString(broken(style.Red("error:")+" "+err.Error(), columns))
	}
}

// broken is a message whose lines are broken at so many columns, but for those that are further in: they are to be
// copied, or are laid out already.
func broken(message string, columns int) string {
	var b strings.Builder
	for line := range strings.Lines(message + "\n") {
		if columns == 0 || Length(strings.TrimSuffix(line, "\n")) <= columns || strings.HasPrefix(line, " ") {
			b.WriteString(line)
		} else {
			b.WriteString(Paragraph("", "  ", line, columns))
		}
	}
	return b.String()
}
