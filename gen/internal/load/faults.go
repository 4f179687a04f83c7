// Package load reads a spec: YAML in, a Spec with the position of every word out, and all that is wrong with its shape.
// What the words mean is package model's.
package load

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Pos is a place in one of the files that are read; lines and columns begin at 1, and a column counts characters.
// The zero Pos is no place.
type Pos struct {
	File         int // among those that are read, the root first
	Line, Column int
}

// Compare orders places as they are read.
func (p Pos) Compare(other Pos) int {
	return cmp.Or(cmp.Compare(p.File, other.File), cmp.Compare(p.Line, other.Line), cmp.Compare(p.Column, other.Column))
}

// Fault is one thing that is wrong with a spec.
type Fault struct {
	Pos     Pos
	Message string
}

// Faults is all that is wrong with a spec and the files that it includes.
type Faults struct {
	files []source
	found []Fault
	noted map[Fault]bool
	at    map[Pos]bool
}

// source is a file that was read.
type source struct {
	name  string
	lines []string
}

func newFaults() *Faults { return &Faults{noted: map[Fault]bool{}, at: map[Pos]bool{}} }

// open makes a file known, and returns its number, which its positions have.
func (f *Faults) open(name string, content []byte) int {
	f.files = append(f.files, source{name: name, lines: strings.Split(string(content), "\n")})
	return len(f.files) - 1
}

// Place is a place as another file names it: the line alone within one file.
func (f *Faults) Place(pos, from Pos) string {
	if pos.File == from.File {
		return fmt.Sprintf("line %d", pos.Line)
	}
	return fmt.Sprintf("%s, line %d", f.files[pos.File].name, pos.Line)
}

// Add notes a fault. One that is noted already is not noted again.
func (f *Faults) Add(pos Pos, format string, arguments ...any) {
	fault := Fault{Pos: pos, Message: fmt.Sprintf(format, arguments...)}
	if !f.noted[fault] {
		f.noted[fault], f.at[pos] = true, true
		f.found = append(f.found, fault)
	}
}

// Undefined notes a name that does not exist, with the nearest that does.
func (f *Faults) Undefined(pos Pos, what, name string, defined []string) {
	if nearest := Nearest(name, defined); nearest != "" {
		f.Add(pos, "undefined %s %q (nearest: %q)", what, name, nearest)
		return
	}
	f.Add(pos, "undefined %s %q", what, name)
}

// At says whether something is wrong at a place.
func (f *Faults) At(pos Pos) bool { return f.at[pos] }

// Count is how much is wrong so far.
func (f *Faults) Count() int { return len(f.found) }

// Any says whether something is wrong.
func (f *Faults) Any() bool { return len(f.found) > 0 }

// All is what is wrong, in the order of the files.
func (f *Faults) All() []Fault {
	sorted := slices.Clone(f.found)
	slices.SortStableFunc(sorted, func(a, b Fault) int { return a.Pos.Compare(b.Pos) })
	return sorted
}

// Err is an error that shows all faults; nil when there is none.
func (f *Faults) Err() error {
	if !f.Any() {
		return nil
	}
	return f
}

// Error shows each fault as file:line:column and what is wrong, with the line quoted under it.
func (f *Faults) Error() string {
	var out strings.Builder
	var line []rune // that of the last fault, which is often that of the next
	last := Pos{}
	for i, fault := range f.All() {
		if i > 0 {
			out.WriteByte('\n')
		}
		at := fault.Pos
		fmt.Fprintf(&out, "%s:%d:%d: %s", f.files[at.File].name, at.Line, at.Column, fault.Message)
		if at.File != last.File || at.Line != last.Line {
			line, last = f.line(at), at
		}
		out.WriteString(quote(line, fault.Pos))
	}
	return out.String()
}

// line is a line as it can be printed.
func (f *Faults) line(pos Pos) []rune {
	lines := f.files[pos.File].lines
	if pos.Line < 1 || pos.Line > len(lines) {
		return nil
	}
	line := []rune(strings.TrimRight(lines[pos.Line-1], "\r"))
	for i, r := range line {
		if !unicode.IsPrint(r) {
			line[i] = ' '
		}
	}
	return line
}

// tab is the column of the first tab in what a line is indented by; 0 if there is none.
func (f *Faults) tab(pos Pos) int {
	lines := f.files[pos.File].lines
	if pos.Line < 1 || pos.Line > len(lines) {
		return 0
	}
	line := lines[pos.Line-1]
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	return 1 + strings.IndexByte(indent, '\t')
}

// shown is how many characters of a long line are quoted.
const shown = 110

// quote is the part of a line around a place, with a mark under the place.
func quote(line []rune, pos Pos) string {
	column := min(max(pos.Column-1, 0), len(line))
	from, before, after := 0, "", ""
	if len(line) > shown {
		from = min(max(column-shown/2, 0), len(line)-shown)
		if from > 0 {
			before = "…"
		}
		if from+shown < len(line) {
			after = "…"
		}
		line = line[from : from+shown]
	}
	number := fmt.Sprintf("%6d", pos.Line)
	return fmt.Sprintf("\n%s | %s%s%s\n%s | %s^", number, before, string(line), after,
		strings.Repeat(" ", len(number)), strings.Repeat(" ", utf8.RuneCountInString(before)+column-from))
}

// Nearest is the defined name that takes the fewest changes to become name; empty when none is near.
func Nearest(name string, defined []string) string {
	nearest, fewest := "", 1+max(2, utf8.RuneCountInString(name)/3)
	for _, other := range defined {
		if changes := distance(strings.ToLower(name), strings.ToLower(other)); changes < fewest {
			nearest, fewest = other, changes
		}
	}
	return nearest
}

// distance counts the insertions, deletions, replacements and swaps of neighbours that turn one word into another.
func distance(from, to string) int {
	a, b := []rune(from), []rune(to)
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(replace, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
