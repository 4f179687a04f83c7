package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/traces"
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
			{Name: "max", Takes: "N", Help: fmt.Sprintf("tell at most N findings of each rule; by default %d, and 0 tells the first hundred", defaultMax), Set: setMax},
			{Name: "json", Help: "print all of it as JSON", Set: func(o *options, v string) []error { return flags.SetBool("-json", &o.json, v) }},
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
		wrong = errors.Join(wrong, errors.New("a run is needed: go run ./cmd/check RUN, and -h shows all"))
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

Checks runs from their traces alone: whether each span is as the spec declares it,
whether the invariants hold of what the spans tell, and whether the clients'
history is linearizable. What a trace says of itself, in raftkv.config and in
raftkv.violation, is not listened to. RUN is the folder of a run, its name in
traces/runs, or a trace: OTLP as anybody writes it, or Jaeger's own JSON.

`

const tail = `Examples
  go run ./cmd/check default-1
      the run in traces/runs/default-1
  go run ./cmd/check traces/runs/*
      all of them
  go run ./cmd/check downloaded.json
      a trace that came back from a Jaeger

Exit status of the built program; under go run every failure is 1
  0  nothing is wrong
  1  something is wrong with what a trace tells
  2  it could not be done: a wrong flag, a file that cannot be read
`

// usage prints what the command does, and its flags.
func usage(w io.Writer) error {
	return flags.Usage(w, head, flagGroups(), rules()+tail)
}

// rules lists what a trace has to conform to.
func rules() string {
	text := "Rules that a trace has to conform to, besides the invariants of spec/PROTOCOL.md\n"
	for _, r := range traces.Rules() {
		text += fmt.Sprintf("  %-30s  %s\n", r[0], r[1])
	}
	return text + "\n"
}
