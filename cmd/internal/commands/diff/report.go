package diff

import (
	"fmt"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/words"
)

// report is a difference as a person reads it.
type report struct {
	d       *diff.Difference
	style   terminal.Style
	width   int
	options *options
	b       strings.Builder
}

// How wide a report is.
const (
	narrowest = 70
	widest    = 120
	indent    = "  "
	missing   = "-" // what a run does not have
)

// String is the whole report.
func (r *report) String() string {
	r.verdict()
	if r.d.First != nil {
		r.first()
		r.before()
		r.followed()
		r.elsewhere()
	}
	r.independent()
	r.users()
	r.next()
	return r.b.String()
}

func (r *report) printf(format string, args ...any) { fmt.Fprintf(&r.b, format, args...) }

// paragraph prints a text, broken into lines that each begin with an indent.
func (r *report) paragraph(before, text string) {
	for _, line := range terminal.Wrap(text, r.width-len(before)) {
		r.printf("%s%s\n", before, line)
	}
}

func (r *report) title(text string) { r.printf("\n%s\n", r.style.Bold(text)) }

func (r *report) verdict() {
	colour := r.style.Yellow
	switch r.d.Verdict {
	case diff.Same:
		colour = r.style.Green
	case diff.DifferentOutcome:
		colour = r.style.Red
	case diff.SameButTime, diff.SameOutcome, diff.UnknownOutcome:
	}
	lines := terminal.Wrap(string(r.d.Verdict)+": "+r.d.Why, r.width)
	r.printf("%s\n", strings.Replace(strings.Join(lines, "\n"), string(r.d.Verdict), colour(string(r.d.Verdict)), 1))
	for _, side := range []struct {
		name string
		run  *diff.About
	}{{"A", &r.d.A}, {"B", &r.d.B}} {
		r.printf("%s  %s (%s, %s)\n", side.name, side.run.Name, words.Counted(side.run.Spans, "span"),
			milliseconds(side.run.End))
	}
	r.lookedAt()
	if r.d.Resolution > 0 {
		r.paragraph("", "Times are compared to the microsecond: a trace that Jaeger wrote has no finer ones.")
	}
	if r.d.AlignedBy != diff.AlignedByIDs {
		r.paragraph("", "The ids of the two are made of something else: spans are taken for the same by what they are, "+
			"client and operation, term, index, peer and attempt.")
	}
}

// lookedAt says what of the runs is not compared.
func (r *report) lookedAt() {
	var not []string
	for _, name := range r.d.Ignored {
		if name == diff.IgnoreTime {
			name = "times"
		}
		not = append(not, name)
	}
	if r.d.Tolerance > 0 {
		not = append(not, "differences in time of at most "+r.d.Tolerance.String())
	}
	text := ""
	if r.d.Only != "" {
		text = "Only a part is compared: " + r.d.Only + ". "
	}
	if len(not) > 0 {
		text += "Not looked at: " + strings.Join(not, ", ") + "."
	}
	if text != "" {
		r.paragraph("", strings.TrimSpace(text))
	}
}

// first tells where the runs part, and why.
func (r *report) first() {
	first := r.d.First
	r.title("The first divergence, at " + milliseconds(first.At))
	r.event(" ", &first.Span, "", "", "")
	if first.Origin != nil {
		comes := "comes"
		if !first.Rule.Seen() {
			comes = "may come"
		}
		r.printf("%swhich %s of something that is not compared here:\n", indent, comes)
		r.event(" ", first.Origin, "", "", "")
	}
	colon := ""
	if len(first.Reason.Keys) > 0 {
		colon = ":"
	}
	r.paragraph(indent, "made by "+first.Reason.Text+colon)
	for i := range first.Reason.Keys {
		key := &first.Reason.Keys[i]
		if i == mostKeys {
			r.printf("%s  and %d more\n", indent, len(first.Reason.Keys)-i)
			break
		}
		r.change(key.Key, key.A, key.B)
	}
	rows := [][3]string{{"", "A", "B"}}
	if len(first.Fields) == 0 {
		rows = nil
	}
	for _, f := range first.Fields {
		rows = append(rows, [3]string{f.Name, orMissing(f.A), orMissing(f.B)})
	}
	r.columns(rows)
}

const mostKeys = 6

// change prints a thing with both its values.
func (r *report) change(name, a, b string) {
	line := fmt.Sprintf("%s  %s: %s -> %s", indent, name, orNone(a), orNone(b))
	if terminal.Length(line) <= r.width {
		r.printf("%s\n", line)
		return
	}
	r.printf("%s  %s:\n", indent, name)
	for _, value := range []string{"A  " + orNone(a), "B  " + orNone(b)} {
		for i, part := range pieces(value, r.width-6) {
			r.printf("%s    %s%s\n", indent, strings.Repeat("   ", min(i, 1)), part)
		}
	}
}

// columns prints rows of a name and two values, side by side.
func (r *report) columns(rows [][3]string) {
	const most = 28
	name := 0
	for _, row := range rows {
		name = min(max(name, terminal.Length(row[0])), most)
	}
	each := (r.width - len(indent) - name - 4) / 2
	for _, row := range rows {
		cells := [3][]string{pieces(row[0], name), pieces(row[1], each), pieces(row[2], each)}
		for i := range max(len(cells[0]), len(cells[1]), len(cells[2])) {
			line := fmt.Sprintf("%s%-*s  %-*s  %s", indent, name, at(cells[0], i), each, at(cells[1], i), at(cells[2], i))
			r.printf("%s\n", strings.TrimRight(line, " "))
		}
	}
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// pieces breaks a text into lines of so many characters, between words where there are any.
func pieces(text string, most int) []string {
	var lines []string
	for _, line := range terminal.Wrap(text, most) {
		for letters := []rune(line); ; letters = letters[most:] {
			if len(letters) <= most {
				lines = append(lines, string(letters))
				break
			}
			lines = append(lines, string(letters[:most]))
		}
	}
	return lines
}

func orMissing(value string) string {
	if value == "" {
		return missing
	}
	return value
}

// orNone is a value within a sentence.
func orNone(value string) string {
	if value == "" {
		return "none"
	}
	return value
}

// before tells of what both runs share.
func (r *report) before() {
	if len(r.d.First.Before) == 0 {
		return
	}
	r.title("What came before it, the same in both")
	for i := range r.d.First.Before {
		r.event(" ", &r.d.First.Before[i], "", "", "")
	}
}

// event prints a span as a line: its mark, when it begins, whose it is, its id, and what it is; the last in as many
// lines as it takes, behind what leads to it from above.
func (r *report) event(mark string, e *diff.Event, first, rest, more string) {
	left := fmt.Sprintf("%s %9s %-8s %s  ", mark, milliseconds(e.At), e.Process, e.ID)
	text := e.Text
	if more != "" {
		text += ": " + more
	}
	for i, line := range pieces(text, r.width-terminal.Length(left)-max(terminal.Length(first), terminal.Length(rest))) {
		if i == 0 {
			r.printf("%s%s%s\n", r.marked(mark, left), first, line)
			left = strings.Repeat(" ", terminal.Length(left))
		} else {
			r.printf("%s%s%s\n", left, rest, line)
		}
	}
}

// marked has what is only in one run stand out.
func (r *report) marked(mark, text string) string {
	switch mark[:1] {
	case marks[diff.OnlyA]:
		return r.style.Red(text)
	case marks[diff.OnlyB]:
		return r.style.Green(text)
	}
	return text
}

func (r *report) independent() {
	in := &r.d.Independent
	if r.d.First == nil {
		r.title("What is the same")
		how := ", ids and times included"
		if o := &r.options.diff; o.Tolerance > 0 || len(o.Ignore) > 0 {
			how = ", but for what is not looked at"
		}
		r.paragraph("", words.Counted(in.Before+in.After, "span")+" "+words.Agree(in.Before+in.After, "is",
			"are")+" the same in both runs"+how+".")
		return
	}
	r.title("What is independent of it")
	r.paragraph("", fmt.Sprintf("%s before it and %s after it %s the same in both runs.",
		words.Counted(in.Before, "span"), words.Grouped(in.After), words.Agree(in.Before+in.After, "is", "are")))
}

// apart is how far a time is from another, as their texts have it: each is cut to microseconds by itself.
func apart(from, to time.Duration) time.Duration {
	return to.Truncate(time.Microsecond) - from.Truncate(time.Microsecond)
}

// milliseconds is a duration as stories have it.
func milliseconds(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	return fmt.Sprintf("%s%d.%03dms", sign, d/time.Millisecond, d%time.Millisecond/time.Microsecond)
}
