package diff

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/diff/across"
	"github.com/raftkv/raftkv/traces/words"
)

// acrossProtocols compares runs of two protocols: by what clients asked, since nothing else of them is the same.
func acrossProtocols(both [2]*diff.Trace, of [2]*whole.Protocol, o *options, stdout, stderr io.Writer) int {
	done := terminal.Wait(stderr, "comparing")
	c, err := across.Compare(both[0].Trace, both[1].Trace)
	done()
	if err != nil {
		return command.Failed(stderr, err)
	}
	for i, run := range []*across.Run{&c.A, &c.B} {
		run.Name, run.Protocol = o.runs[i], of[i].Name
	}
	if o.json {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(c)
	} else {
		p := page{c: c, style: terminal.StyleOf(stdout), width: min(max(terminal.Width(stdout), narrowest), widest)}
		_, err = io.WriteString(stdout, p.text(o.diff.Max))
	}
	return max(statusDiffer, command.Printed(err, stderr))
}

// page is a comparison of two protocols as a person reads it.
type page struct {
	c     *across.Comparison
	style terminal.Style
	width int
	b     strings.Builder
}

func (p *page) paragraph(text string) {
	for _, line := range terminal.Wrap(text, p.width) {
		fmt.Fprintln(&p.b, line)
	}
}

func (p *page) table(rows [][]string, sides ...terminal.Side) {
	for line := range strings.Lines(terminal.Table(rows, sides...)) {
		p.b.WriteString(indent + line)
	}
}

// text is the whole page, with at most so many operations; 0 is all.
func (p *page) text(most int) string {
	asked, answered := p.c.Workload()
	verdict, rest := "two protocols", ""
	switch {
	case asked == 0:
		rest = "no operation is the same in both runs"
	case answered == asked && asked == len(p.c.Operations):
		rest = "every operation has the same answer"
	default:
		rest = fmt.Sprintf("%s of %s are the same in both runs, and %s of these have the same answer",
			words.Grouped(asked), words.Counted(len(p.c.Operations), "operation"), words.Grouped(answered))
	}
	p.paragraph(p.style.Yellow(verdict) + ": " + rest)
	for _, side := range p.sides() {
		fmt.Fprintf(&p.b, "%s  %s (%s: %s; %s)\n", side.name, side.run.Name, side.run.Protocol,
			strings.Join(side.run.Processes, ", "), words.Counted(side.run.Spans, "span"))
	}
	p.operations(most)
	p.took()
	p.exchanges()
	fmt.Fprintf(&p.b, "\n%s\n%s%s\n%s%s\n", p.style.Bold("next"), indent, command.Line("story", p.c.B.Name), indent,
		command.Line("view", p.c.A.Name, p.c.B.Name))
	return p.b.String()
}

// side is one of the two runs, and what the page calls it.
type side struct {
	name string
	run  *across.Run
}

func (p *page) sides() []side { return []side{{"A", &p.c.A}, {"B", &p.c.B}} }

// operations is two tables with a line for each operation: what the client got, and what it took.
func (p *page) operations(most int) {
	if len(p.c.Operations) == 0 {
		return
	}
	shown := p.c.Operations
	if most > 0 && most < len(shown) {
		shown = shown[:most]
	}
	more := len(p.c.Operations) - len(shown)
	saw := [][]string{{"", "", "answer", "latency", "", "tries", ""}, {"", "", "", "A", "B", "A", "B"}}
	took := [][]string{{"", "messages", "", "bytes", "", "delays", ""}, {"", "A", "B", "A", "B", "A", "B"}}
	for i := range shown {
		o := &shown[i]
		command, result := asked(o)
		saw = append(saw, append([]string{o.Request, command, result}, values(o,
			func(d *across.Done) string { return milliseconds(d.Latency) },
			func(d *across.Done) string { return strconv.Itoa(d.Tries) })...))
		took = append(took, append([]string{o.Request}, values(o,
			func(d *across.Done) string { return words.Grouped(d.Messages) },
			func(d *across.Done) string { return counted(d.Bytes, 1) },
			func(d *across.Done) string { return counted(d.Delays, 0) })...))
	}
	fmt.Fprintf(&p.b, "\n%s\n", p.style.Bold("What users saw"))
	p.lines(saw, 3, more)
	fmt.Fprintf(&p.b, "\n%s\n", p.style.Bold("What each operation took"))
	p.lines(took, 1, more)
	p.paragraph("messages: all that the operation caused, from the client's asking on. A message that carries entries " +
		"of several operations counts for the first of them alone.")
	p.paragraph("bytes: of these messages, in the binary encoding that is generated from the spec, without headers. " +
		missing + " where the trace does not tell.")
	p.paragraph("delays: how many messages had to arrive, one after the other, until the client had its answer. " +
		missing + " where one of them waited for a timer, or where the trace does not tell.")
}

// lines is a table whose first columns are texts, and how many lines more there would be.
func (p *page) lines(rows [][]string, texts, more int) {
	p.table(rows, slices.Concat(slices.Repeat([]terminal.Side{terminal.Left}, texts),
		slices.Repeat([]terminal.Side{terminal.Right}, len(rows[0])-texts))...)
	if more > 0 {
		fmt.Fprintf(&p.b, "%sand %s more\n", indent, words.Grouped(more))
	}
}

// asked is what was asked in an operation, and what was answered, in both runs.
func asked(o *across.Operation) (command, result string) {
	switch {
	case o.Answered():
		return o.A.Command, o.A.Result
	case o.Asked():
		return o.A.Command, o.A.Result + " / " + o.B.Result
	case o.A != nil && o.B != nil:
		return o.A.Command + " / " + o.B.Command, o.A.Result + " / " + o.B.Result
	case o.A != nil:
		return o.A.Command, o.A.Result + " / " + missing
	}
	return o.B.Command, missing + " / " + o.B.Result
}

// values are some figures of an operation, each of both runs.
func values(o *across.Operation, figures ...func(*across.Done) string) (cells []string) {
	for _, figure := range figures {
		for _, d := range []*across.Done{o.A, o.B} {
			if d == nil {
				cells = append(cells, missing)
				continue
			}
			cells = append(cells, figure(d))
		}
	}
	return cells
}

// counted is a number; what is below the least one that can be is not known.
func counted(n, least int) string {
	if n < least {
		return missing
	}
	return words.Grouped(n)
}

// took is what the runs took in all.
func (p *page) took() {
	fmt.Fprintf(&p.b, "\n%s\n", p.style.Bold("What the runs took"))
	rows := [][]string{{"", "messages", "", "bytes", ""}, {"", "A", "B", "A", "B"}}
	add := func(what string, messages, bytes func(*across.Run) string) {
		a, b := &p.c.A, &p.c.B
		rows = append(rows, []string{what, messages(a), messages(b), bytes(a), bytes(b)})
	}
	whole := func(of func(*across.Run) int) func(*across.Run) string {
		return func(r *across.Run) string {
			if r.Bytes == 0 && r.Messages > 0 && of(r) == 0 {
				return missing
			}
			return words.Grouped(of(r))
		}
	}
	average := func(of func(*across.Run) int) func(*across.Run) string {
		return func(r *across.Run) string {
			if r.Operations == 0 || of(r) == 0 {
				return missing
			}
			return fmt.Sprintf("%.1f", float64(of(r))/float64(r.Operations))
		}
	}
	messages, bytes := func(r *across.Run) int { return r.OfClients }, func(r *across.Run) int { return r.BytesOfClients }
	add("for the operations", whole(messages), whole(bytes))
	add("for each of them, on average", average(messages), average(bytes))
	add("for the rest: who leads, and what is told again",
		whole(func(r *across.Run) int { return r.Messages - r.OfClients }),
		whole(func(r *across.Run) int { return r.Bytes - r.BytesOfClients }))
	add("in all", whole(func(r *across.Run) int { return r.Messages }), whole(func(r *across.Run) int { return r.Bytes }))
	p.lines(rows, 1, 0)
}

// exchanges is what was sent by each method.
func (p *page) exchanges() {
	for _, side := range p.sides() {
		fmt.Fprintf(&p.b, "\n%s\n", p.style.Bold("Messages of "+side.name+", "+side.run.Protocol))
		rows := [][]string{{"", "requests", "bytes", "replies", "bytes"}}
		for _, e := range side.run.Exchanges {
			rows = append(rows, []string{
				e.Method, words.Grouped(e.Requests), counted(e.RequestBytes, min(1, e.Requests)),
				words.Grouped(e.Replies), counted(e.ReplyBytes, min(1, e.Replies)),
			})
		}
		p.lines(rows, 1, 0)
	}
}
