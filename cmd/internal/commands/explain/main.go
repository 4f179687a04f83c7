// Package explain is the command that says why something in a run is as it is: why a server led, where the time of an
// operation went, why an entry is in a log.
package explain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/nearest"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// takes is what is held of a trace.
var takes = runs.Takes{What: "explain", Span: 190}

// widest is how long a line is at most, on whatever terminal.
const widest = 120

// mostEntries is how many questions about entries a wrong question is compared with.
const mostEntries = 1000

// Main is the command: what it was called with, where it writes, and the status it exits with.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	options, err := parseFlags(args)
	if err != nil {
		return flags.Failed(err, usage, stdout, stderr)
	}
	name, question := options.run, options.question
	_, spans, err := runs.ReadTrace(ctx, stderr, name, takes)
	if err != nil {
		return command.Failed(stderr, err)
	}
	defer func() { _ = spans.Close() }() // was only read
	done := terminal.Wait(stderr, "explaining")
	defer done()
	spans.Watch(ctx, func(int) {})
	e := explain.New(spans, protocols.OfTrace(spans).Explain)
	x, err := e.Explain(question)
	done()
	if err := spans.Err(); err != nil {
		return command.Failed(stderr, err)
	}
	if err != nil {
		return command.Failed(stderr, withNearest(err, e, name, question))
	}
	if options.json {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return command.Printed(encoder.Encode(x), stderr)
	}
	style := words.Plain
	if terminal.StyleOf(stdout).Colour {
		style = words.ANSI
	}
	if err := x.Write(stdout, style, min(widest, terminal.Width(stdout))); err != nil {
		return command.Printed(err, stderr)
	}
	_, err = fmt.Fprintf(stdout, "\nnext  %s\nshow  %s\n", next(name, x), command.Line("view", name))
	return command.Printed(err, stderr)
}

// next is the command to go on with: another question, or where there is none, what is wrong with the trace.
func next(name string, x *explain.Explanation) string {
	if x.Next == "" {
		return command.Line("check", name)
	}
	return command.Line("explain", name) + " " + x.Next
}

// withNearest says what can be asked where a question has no answer.
func withNearest(wrong error, e *explain.Explainer, name, question string) error {
	var q *explain.QuestionError
	if errors.As(wrong, &q) && q.Nearest != "" {
		return instead(wrong, name, q.Nearest)
	}
	if q != nil && q.Alone {
		return wrong
	}
	questions := e.Questions(mostEntries)
	if len(questions) == 0 {
		return fmt.Errorf("%w; and there is nothing in this trace to be explained but its spans, by their ids", wrong)
	}
	return instead(wrong, name, nearest.Name(strings.ReplaceAll(question, "/", " "), questions))
}

// instead has, in a line of its own, the question that has an answer.
func instead(wrong error, name, question string) error {
	return fmt.Errorf("%w; the nearest question that has an answer is\n  %s %s", wrong,
		command.Line("explain", name), question)
}

// options are what the command line asks for.
type options struct {
	run, question string
	json          bool
}

// parseFlags reads the command line: the run, and the words of the question. The error is flags.ErrHelp, or all that
// is wrong.
func parseFlags(args []string) (options, error) {
	var o options
	arguments, err := flags.Parse(args, &o, flagGroups(), func(string) bool { return false })
	if err != nil {
		return options{}, err
	}
	switch len(arguments) {
	case 0:
		return options{}, errors.New(command.Said("which run, and what of it? go run ./cmd/explain default-1 leader term 1"))
	case 1:
		return options{}, fmt.Errorf("what of %s? a span's id; or, %s", arguments[0], questions())
	}
	o.run, o.question = arguments[0], strings.Join(arguments[1:], " ")
	return o, nil
}

// questions are what can be asked of the runs of each protocol.
func questions() string {
	var all []string
	for _, p := range protocols.All {
		all = append(all, "of "+p.Name+": "+strings.TrimPrefix(p.Explain.Questions, "or "))
	}
	return strings.Join(all, "; ")
}

func flagGroups() []flags.Group[options] {
	return []flags.Group[options]{{Title: "Flags", Flags: []flags.Flag[options]{
		{
			Name: "json", Help: "print the same as JSON, see below",
			Set: func(o *options, v string) []error { return flags.SetBool("-json", &o.json, v) },
		},
		{Name: "h", Help: "show this"},
	}}}
}

const usageBefore = `usage: go run ./cmd/explain [-json] RUN WHAT

Says why something in a run is as it is, from its trace alone: what led to it,
what did not arrive, which rule of the algorithm held something back, and which
one was broken. RUN is the name of a run in traces/runs, its folder, or
a trace file: OTLP/JSON in any layout that a Collector or Jaeger writes, or
Jaeger's own JSON. WHAT is one of

  leader term 4     why a server won the election of that term, or nobody did
  client-2 3        where the time of a client's request went, and why it was
                    answered as it was
  index 7 node-3    why a server's log has what it has there, or has nothing
  leader ballot 2.1 why a leader of MultiPaxos leads in that ballot, or does not
  slot 7 replica-2  why a process of MultiPaxos applied what it applied
                    there, or what it waits for
  46174201b02135d1  what a span is, and its causes; six digits may do

Each sentence rests on spans, whose ids stand behind it. What the trace does not
tell is said to be so; a span that the spec does not declare is told by its name
and attributes, and nothing is concluded from it.
`

const usageAfter = `
Examples
  go run ./cmd/run -quiet leader-crash
  go run ./cmd/explain leader-crash-1 leader term 2
      why node 2 stood for election, and who voted for it
  go run ./cmd/explain leader-crash-1 client-1 2
      why this put took a quarter of a second
  go run ./cmd/explain leader-crash-1 index 3 node-1
      how a server that had crashed got what it missed

JSON
  {"question", "answer", "parts", "why_not", "next"}
  answer    {"text", "rests_on"}: the moments that bear it out, each
            {"span", "what", "at_ns"}; what is begin, end, or an event's name
  parts     [{"title", "why_not", "steps"}]; a step has text and rests_on as the
            answer has, the span that tells it, at_ns (took_ns in a part that
            says where the time went), and what of these there is: the rule that
            held something back, its section, "broken" if it was broken, and the
            event that kept something from arriving
  why_not   the steps that name a rule or an event, of the parts that say why
            something did not happen, and each rule that was broken
  next      the question to ask next; empty if there is no other
  Times are nanoseconds since the run began. Rules are RULES.
  Events are EVENTS.

Exit status of the built program; under go run every failure is 1
  0  it is explained
  2  it could not be: no such run, a trace that cannot be read, a question
     without an answer
`

// usage prints how the command is called.
func usage(w io.Writer) error {
	var rules, events []string
	for _, r := range protocols.ExplainRules() {
		rules = append(rules, r.Name+" ("+r.Section+")")
	}
	for _, o := range explain.Occurrences() {
		events = append(events, string(o))
	}
	after := usageAfter
	for _, list := range []struct{ line, names string }{{"  Times are nanoseconds since the run began. Rules are " +
		"RULES.\n", strings.Join(rules, ", ")}, {"  Events are EVENTS.\n", strings.Join(events, ", ")}} {
		name := list.line[strings.LastIndexByte(list.line, ' ')+1 : len(list.line)-2]
		after = strings.Replace(after, list.line, terminal.Paragraph("  ", "  ",
			strings.TrimSpace(strings.Replace(list.line, name, list.names, 1)), usageWidth), 1)
	}
	return flags.Usage(w, usageBefore, flagGroups(), after)
}

// usageWidth is how long a line of the usage is at most.
const usageWidth = 80
