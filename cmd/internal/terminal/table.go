package terminal

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Side is where the cells of a column are flush.
type Side bool

// The sides there are.
const (
	Left  Side = false
	Right Side = true
)

// Table lays out rows in columns, two spaces apart, a line for each row. The columns that sides says nothing of are
// flush left.
func Table(rows [][]string, sides ...Side) string {
	const gap = "  "
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], Length(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString(gap)
			}
			padding := strings.Repeat(" ", widths[i]-Length(cell))
			if i < len(sides) && sides[i] == Right {
				line.WriteString(padding + cell)
			} else {
				line.WriteString(cell + padding)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

// NoBreak is a space at which no line is broken. Wrap and Paragraph make it a space like any other.
const NoBreak = "\u00a0"

// Wrap breaks a text into lines of at most so many characters, where it has spaces. A line that ends within a style
// ends that, and the next one takes it up: what shows one line by itself shows it as it is meant.
func Wrap(text string, most int) []string { return styled(fill(text, most)) }

// fill is the lines of a text with the spaces at which none is broken.
func fill(text string, most int) []string {
	var lines []string
	for _, word := range strings.FieldsFunc(text,
		func(r rune) bool { return unicode.IsSpace(r) && string(r) != NoBreak }) {
		last := len(lines) - 1
		if last >= 0 && Length(lines[last])+1+Length(word) <= most {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// styled are lines as they are printed, each with its own style.
func styled(lines []string) []string {
	style := ""
	for i, line := range lines {
		lines[i] = style + strings.ReplaceAll(line, NoBreak, " ")
		if codes := styling.FindAllString(line, -1); len(codes) > 0 {
			style = strings.TrimPrefix(codes[len(codes)-1], plain)
		}
		if style != "" {
			lines[i] += plain
		}
	}
	return lines
}

// Paragraph is a text broken into lines of a width, of which the first begins with one text, and the others with
// another.
func Paragraph(first, others, text string, width int) string {
	lines := fill(text, width-Length(first))
	if len(lines) == 0 {
		return ""
	}
	lines = styled(append(lines[:1:1], fill(strings.Join(lines[1:], " "), width-Length(others))...))
	b := first + lines[0] + "\n"
	for _, line := range lines[1:] {
		b += others + line + "\n"
	}
	return b
}

var styling = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Length is how many characters a person sees of a text.
func Length(text string) int {
	return utf8.RuneCountInString(styling.ReplaceAllString(text, ""))
}

// LayOut sets two columns, the left one this wide, and the right one broken into lines of its own within a width.
func LayOut(rows [][2]string, left, width int) string {
	const gap, narrowest = 2, 30
	var cells [][]string
	for _, row := range rows {
		name := row[0] + strings.Repeat(" ", max(0, left-Length(row[0])))
		for _, line := range Wrap(row[1], max(narrowest, width-left-gap)) {
			cells = append(cells, []string{name, line})
			name = strings.Repeat(" ", left)
		}
	}
	return Table(cells)
}
