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
		fmt.Fprintf(&p.b, "%s  %s (%s, %s)\n", side.name, side.run.Name, side.run.Protocol,
			words.Counted(side.run.Spans, "span"))
	}
	p.operations(most)
	p.took()
	p.exchanges()
	fmt.Fprintf(&p.b, "\n%s\n%s%s\n", p.style.Bold("next"), indent, command.Line("story", p.c.B.Name))
	return p.b.String()
}

// side is one of the two runs, and what the page calls it.
type side struct {
	name string
	run  *across.Run
}

func (p *page) sides() []side { return []side{{"A", &p.c.A}, {"B", &p.c.B}} }

// operations is a line for each operation: what the client got, after how long, and what it took.
func (p *page) operations(most int) {
	if len(p.c.Operations) == 0 {
		return
	}
	fmt.Fprintf(&p.b, "\n%s\n", p.style.Bold("What users saw"))
	rows := [][]string{
		{"", "", "answer", "latency", "", "tries", "", "messages", "", "delays", ""},
		{"", "", "", "A", "B", "A", "B", "A", "B", "A", "B"},
	}
	for i := range p.c.Operations {
		if most > 0 && i == most {
			break
		}
		rows = append(rows, row(&p.c.Operations[i]))
	}
	p.table(rows, slices.Concat(slices.Repeat([]terminal.Side{terminal.Left}, 3),
		slices.Repeat([]terminal.Side{terminal.Right}, 8))...)
	if more := len(p.c.Operations) - most; most > 0 && more > 0 {
		fmt.Fprintf(&p.b, "%sand %s more\n", indent, words.Grouped(more))
	}
	p.paragraph("messages: those in the operation's trace; one that carries the entries of several operations counts " +
		"for the first of them")
	p.paragraph("delays: how many messages came one after the other from the client's asking to its answer; " +
		missing + " where it waited for a timer, or where the trace does not tell")
}

// row is the line of an operation.
func row(o *across.Operation) []string {
	command, result := "", ""
	switch {
	case o.Answered():
		command, result = o.A.Command, o.A.Result
	case o.Asked():
		command, result = o.A.Command, o.A.Result+" / "+o.B.Result
	case o.A != nil && o.B != nil:
		command, result = o.A.Command+" / "+o.B.Command, o.A.Result+" / "+o.B.Result
	case o.A != nil:
		command, result = o.A.Command, o.A.Result+" / "+missing
	default:
		command, result = o.B.Command, missing+" / "+o.B.Result
	}
	cells := []string{o.Request, command, result}
	for _, value := range []func(*across.Done) string{
		func(d *across.Done) string { return milliseconds(d.Latency) },
		func(d *across.Done) string { return strconv.Itoa(d.Tries) },
		func(d *across.Done) string { return strconv.Itoa(d.Messages) },
		func(d *across.Done) string {
			if d.Delays < 0 {
				return missing
			}
			return strconv.Itoa(d.Delays)
		},
	} {
		for _, d := range []*across.Done{o.A, o.B} {
			if d == nil {
				cells = append(cells, missing)
				continue
			}
			cells = append(cells, value(d))
		}
	}
	return cells
}

// took is what the runs took in all.
func (p *page) took() {
	fmt.Fprintf(&p.b, "\n%s\n", p.style.Bold("What it took"))
	rows := [][]string{{"", "A", "B"}}
	for _, line := range []struct {
		what string
		of   func(*across.Run) int
	}{
		{"messages", func(r *across.Run) int { return r.Messages }},
		{"of clients' operations", func(r *across.Run) int { return r.OfClients }},
		{"of the rest: who leads, and what is told again", func(r *across.Run) int { return r.Messages - r.OfClients }},
	} {
		rows = append(rows, []string{line.what, words.Grouped(line.of(&p.c.A)), words.Grouped(line.of(&p.c.B))})
	}
	p.table(rows, terminal.Left, terminal.Right, terminal.Right)
}

// exchanges is what was sent by each method.
func (p *page) exchanges() {
	for _, side := range p.sides() {
		fmt.Fprintf(&p.b, "\n%s\n", p.style.Bold("Messages of "+side.name+", "+side.run.Protocol))
		rows := [][]string{{"", "requests", "replies"}}
		for _, e := range side.run.Exchanges {
			rows = append(rows, []string{e.Method, words.Grouped(e.Requests), words.Grouped(e.Replies)})
		}
		p.table(rows, terminal.Left, terminal.Right, terminal.Right)
	}
}
