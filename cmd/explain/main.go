// Command explain says why something in a run is as it is: why a server led, where the time of an operation went, why an entry is in a log. See -h.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/traces"
)

func main() { command.Main(run) }

// takes is what is held of a trace.
var takes = runs.Takes{What: "explain", Span: 170}

// widest is how long a line is at most: longer ones are hard to read.
const widest = 80

// mostEntries is how many questions about entries a wrong question is compared with.
const mostEntries = 1000

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	name, question, err := parseFlags(args)
	if err != nil {
		return flags.Failed(err, usage, stdout, stderr)
	}
	_, spans, err := runs.ReadSpans(ctx, stderr, name, takes)
	if err != nil {
		return command.Failed(stderr, err)
	}
	defer func() { _ = spans.Close() }() // was only read
	done := terminal.Wait(stderr, "explaining")
	defer done()
	spans.Watch(ctx, func(int) {})
	e := traces.NewExplainer(spans)
	x, err := e.Explain(question)
	done()
	if err := spans.Err(); err != nil {
		return command.Failed(stderr, err)
	}
	if err != nil {
		return command.Failed(stderr, nearest(err, e, name, question))
	}
	columns := min(widest, terminal.Width(stdout))
	if err := x.Write(stdout, columns); err != nil {
		return command.Printed(err, stderr)
	}
	_, err = fmt.Fprintf(stdout, "\nnext  go run ./cmd/explain %s %s\n", command.ShellWord(name), x.Next)
	return command.Printed(err, stderr)
}

// nearest says what can be asked where a question has no answer.
func nearest(wrong error, e *traces.Explainer, name, question string) error {
	var q *traces.QuestionError
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
	return instead(wrong, name, config.Nearest(strings.ReplaceAll(question, "/", " "), questions))
}

// instead has, in a line of its own, the question that has an answer.
func instead(wrong error, name, question string) error {
	return fmt.Errorf("%w; the nearest question that has an answer is\n  go run ./cmd/explain %s %s", wrong, command.ShellWord(name), question)
}

// parseFlags reads the command line: the run, and the words of the question. The error is flags.ErrHelp, or all that is wrong.
func parseFlags(args []string) (run, question string, err error) {
	arguments, err := flags.Parse(args, &struct{}{}, flagGroups(), func(string) bool { return false })
	if err != nil {
		return "", "", err
	}
	switch len(arguments) {
	case 0:
		return "", "", errors.New("which run, and what of it? go run ./cmd/explain default-1 leader term 1")
	case 1:
		return "", "", fmt.Errorf("what of %s? a span's id, leader term 1, client-1 1, or index 1 node-1", arguments[0])
	}
	return arguments[0], strings.Join(arguments[1:], " "), nil
}

func flagGroups() []flags.Group[struct{}] {
	return []flags.Group[struct{}]{{Title: "Flags", Flags: []flags.Flag[struct{}]{{Name: "h", Help: "show this"}}}}
}

const usageBefore = `usage: go run ./cmd/explain RUN WHAT

Says why something in a run is as it is, from its trace alone: what led to it,
and what did not arrive. RUN is the name of a run in traces/runs, its folder, or
a trace file: OTLP/JSON in any layout that a Collector or Jaeger writes, or
Jaeger's own JSON. WHAT is one of

  leader term 4     why a server won the election of that term, or nobody did
  client-2 3        where the time of a client's request went, and why it was
                    answered as it was
  index 7 node-3    why a server's log has what it has there, or has nothing
  46174201b02135d1  what a span is, and its causes; six digits may do
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

Exit status of the built program; under go run every failure is 1
  0  it is explained
  2  it could not be: no such run, a trace that cannot be read, a question
     without an answer
`

// usage prints how the command is called.
func usage(w io.Writer) error { return flags.Usage(w, usageBefore, flagGroups(), usageAfter) }
