package check

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
)

// options are what the command line asks for.
type options struct {
	runs []string
	json bool
	max  int
}

// defaultMax is how many findings of each kind a person reads.
const defaultMax = 3

// flagGroups are all the flags.
func flagGroups() []flags.Group[options] {
	return []flags.Group[options]{
		{Title: "What comes out", Flags: []flags.Flag[options]{
			{Name: "max", Takes: "N", Help: fmt.Sprintf("tell at most N findings of each rule and invariant, the first in "+
				"time; by default %d, and 0 tells the first hundred", defaultMax), Set: setMax},
			{Name: "json", Help: "print JSON for programs: a list with what was found of each run, up to a hundred findings " +
				"of each rule, and how many there are", Set: func(o *options,
				v string,
			) []error {
				return flags.SetBool("-json", &o.json, v)
			}},
			{Name: "h", Help: "show this"},
		}},
	}
}

// parseFlags reads the command line. The error is flags.ErrHelp, or all that is wrong.
func parseFlags(args []string) (options, error) {
	o := options{max: defaultMax}
	arguments, wrong := flags.Parse(args, &o, flagGroups(), func(string) bool { return false })
	if errors.Is(wrong, flags.ErrHelp) {
		return options{}, wrong
	}
	if o.runs = arguments; len(arguments) == 0 {
		wrong = errors.Join(wrong, fmt.Errorf("a run is needed: %s, and -h shows all", command.Line("check", "RUN")))
	}
	return o, wrong
}

func setMax(o *options, value string) []error {
	n, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return flags.Wrong("-max wants a number from 0, not %q", value)
	}
	o.max = int(n)
	return nil
}

const head = `usage: go run ./cmd/check [flags] RUN...

Checks runs from their traces alone: whether each span is as the spec declares
it, whether the invariants hold as far as spans tell, and whether the clients'
history is linearizable. What a trace says of itself, in raftkv.config and in
raftkv.violation, does not count. What a trace does not tell, such as whether a
message arrived at a server that crashed, is told as not known, and is nothing
wrong. RUN is the name of a run in traces/runs, its folder, or a trace file:
OTLP/JSON in any layout that a Collector or Jaeger writes, or Jaeger's own JSON.

Of a history that is not linearizable, a picture is written beside the trace.
`

const tail = `Examples
  go run ./cmd/run -quiet && go run ./cmd/check default-1
      the run that the first command writes to traces/runs/default-1
  go run ./cmd/check traces/runs/default-*
      all runs of the default scenario
  go run ./cmd/check -max 0 traces/runs/default-1/trace.otlp.jsonl
      a file, such as one that came back from a Jaeger, with all findings

Exit status of the built program; under go run every failure is 1
  0  nothing is wrong
  1  something is wrong with what a trace tells
  2  it could not be done: a wrong flag, no such run, an unreadable trace
`

// usage prints what the command does, and its flags.
func usage(w io.Writer) error {
	return flags.Usage(w, head, flagGroups(), rules(min(widest, terminal.Width(w)))+tail)
}

// widest is how long a line gets in which people still find the next one.
const widest = 140

// rules lists what a trace has to conform to.
func rules(width int) string {
	text := "\nRules that a trace has to conform to; the invariants are in the pages of spec\n"
	told := map[string]bool{} // many are of all protocols
	for _, p := range protocols.All {
		var rows [][2]string
		left := 0
		for _, r := range p.Rules {
			if !told[r.ID] {
				told[r.ID] = true
				rows = append(rows, [2]string{"  " + r.ID, r.Says})
				left = max(left, terminal.Length("  "+r.ID))
			}
		}
		if p != protocols.Usual() && len(rows) > 0 {
			text += "More of them for " + p.Name + "\n"
		}
		text += terminal.LayOut(rows, left, width) + "\n"
	}
	return text
}
