package terminal

import (
	"fmt"
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

// PrintErrors prints an error, or each of those that it joins, as a person reads it: a line for each, and below it the line that it is about. What cannot be
// printed is lost: there is nowhere else to say it.
func PrintErrors(w io.Writer, err error) {
	var b strings.Builder
	writeErrors(&b, StyleOf(w), err)
	_, _ = io.WriteString(w, b.String())
}

func writeErrors(b *strings.Builder, style Style, err error) {
	switch err := err.(type) { //nolint:errorlint // an error that wraps one with a place says more than that one: it is printed as it is
	case interface{ Unwrap() []error }:
		for _, each := range err.Unwrap() {
			writeErrors(b, style, each)
		}
	case Located:
		fmt.Fprintf(b, "%s %s\n", style.Bold(err.Where()+":"), err.What())
		if line, marks := err.Excerpt(); line != "" || marks != "" {
			const indent = "    "
			bare := strings.TrimLeft(marks, " \t")
			blank := strings.TrimSuffix(marks, bare)
			b.WriteString(indent + line + "\n" + indent + blank + style.Red(bare) + "\n")
		}
	default:
		fmt.Fprintf(b, "%s %s\n", style.Red("error:"), err)
	}
}
