package diff

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/nearest"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/diff"
)

// options are what the command line asks for.
type options struct {
	runs [2]string
	diff diff.Options
	json bool
	html bool // write the page that shows both, too
}

// defaultMax is how many lines of what followed, and of each list, a person reads.
const defaultMax = 20

// flagGroups are all the flags.
func flagGroups() []flags.Group[options] {
	return []flags.Group[options]{
		{Title: "What is compared", Flags: []flags.Flag[options]{
			{Name: "only", Takes: "PART", Help: "compare a part: a process such as node-3 or leader-1, all that a client such " +
				"as client-2 asked for, kv for all clients, or elections", Set: setOnly},
			{
				Name: "ignore", Takes: "NAME",
				Help: "do not look at an attribute, as in -ignore raft.term, or at times: -ignore time; may be repeated",
				Set:  setIgnore,
			},
			{
				Name: "tolerance", Takes: "DURATION", Help: "times that differ by no more are the same, as in -tolerance 2ms",
				Set: setTolerance,
			},
		}},
		{Title: "What comes out", Flags: []flags.Flag[options]{
			{
				Name: "max", Takes: "N",
				Help: fmt.Sprintf("tell at most N spans of what followed, and N of each list; by default %d, and 0 tells all",
					defaultMax), Set: setMax,
			},
			{
				Name: "json", Help: "print the same as JSON, lists in full; its fields are those of `go doc ./traces/diff " +
					"Difference`, and of the types that this names",
				Set: func(o *options, v string) []error { return flags.SetBool("-json", &o.json, v) },
			},
			{
				Name: "html", Help: "write the page that shows both runs, too, all of them: beside the second one, as " +
					runs.PageFile,
				Set: func(o *options, v string) []error { return flags.SetBool("-html", &o.html, v) },
			},
			{Name: "h", Help: "show this"},
		}},
	}
}

// parseFlags reads the command line. The error is flags.ErrHelp, or all that is wrong.
func parseFlags(args []string) (options, error) {
	o := options{diff: diff.Options{Max: defaultMax}}
	arguments, wrong := flags.Parse(args, &o, flagGroups(), func(string) bool { return false })
	if errors.Is(wrong, flags.ErrHelp) {
		return options{}, wrong
	}
	if len(arguments) != 2 {
		wrong = errors.Join(wrong,
			fmt.Errorf("two runs can be compared, and %s given: %s, and -h shows all", given(arguments),
				command.Line("diff", "RUN", "RUN")))
	} else {
		o.runs = [2]string(arguments)
	}
	return o, wrong
}

func given(arguments []string) string {
	switch len(arguments) {
	case 0:
		return "none are"
	case 1:
		return "one is"
	}
	return strconv.Itoa(len(arguments)) + " are"
}

func setOnly(o *options, value string) []error {
	_, err := world.ParseProcessID(value)
	parts := []string{diff.OnlyKV, diff.OnlyElections}
	switch {
	case value == diff.OnlyKV, value == diff.OnlyElections, value == worldspans.ServiceWorld:
	case err == nil:
	case strings.Contains(value, "-"):
		return flags.Wrong("-only wants a process such as node-3 or client-2, kv or elections, not %q", value)
	default:
		return flags.Wrong("-only wants a process such as node-3 or client-2, kv or elections, not %q; the nearest is %s",
			value, nearest.Name(value, parts))
	}
	o.diff.Only = value
	return nil
}

func setIgnore(o *options, value string) []error {
	if value == "" {
		return flags.Wrong("-ignore wants the name of an attribute, or time")
	}
	o.diff.Ignore = append(o.diff.Ignore, value)
	return nil
}

func setTolerance(o *options, value string) []error {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		return flags.Wrong("-tolerance wants a duration from 0 such as 2ms, not %q", value)
	}
	o.diff.Tolerance = d
	return nil
}

func setMax(o *options, value string) []error {
	n, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return flags.Wrong("-max wants a number from 0, not %q", value)
	}
	o.diff.Max = int(n)
	return nil
}

const usageBefore = `usage: go run ./cmd/diff [flags] RUN RUN

Says what differs between two runs, and why: where they part, what made them
part, what followed from it, and what users saw. RUN is the name of a run in
traces/runs, its folder, or a trace file: OTLP/JSON in any layout that a
Collector or Jaeger writes, or Jaeger's own JSON. Runs of two protocols are
put side by side, operation by operation: answers, latencies, tries, messages.
`

const usageAfter = `
Examples
  go run ./cmd/run -quiet && go run ./cmd/run -quiet -seed 2
      makes the runs default-1 and default-2
  go run ./cmd/diff default-1 default-2
      what another seed changes
  go run ./cmd/diff -only client-2 -tolerance 1ms default-1 default-2
      what client-2 saw of that, but for times that differ by little
  go run ./cmd/diff -json traces/runs/default-1 traces/runs/default-2
      the folders, for a program that reads JSON
  go run ./cmd/run -quiet multipaxos; go run ./cmd/diff default-1 multipaxos-1
      what the same clients get of Raft and of MultiPaxos, and in how many
      messages

Exit status of the built program, as of diff(1); under go run every failure is 1
  0  the runs are the same
  1  they differ
  2  it could not be done: a wrong flag, no such run, an unreadable trace
`

// usage prints how the command is called.
func usage(w io.Writer) error { return flags.Usage(w, usageBefore, flagGroups(), usageAfter) }
