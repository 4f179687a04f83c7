package view

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/pages"
	"github.com/raftkv/raftkv/cmd/internal/runs"
)

// options are what the command line asks for.
type options struct {
	runs   []string
	out    string // a file, or - for standard output; empty for one beside the run
	data   bool   // only what the page holds, without the page
	part   pages.Part
	serves bool
	lab    bool // the laboratory, instead of runs
	port   int  // to serve at; 0 for one that is free
}

// parseFlags reads the command line. The error is flags.ErrHelp, or all that is wrong.
func parseFlags(args []string) (options, error) {
	var o options
	arguments, wrong := flags.Parse(args, &o, flagGroups(), func(string) bool { return false })
	if errors.Is(wrong, flags.ErrHelp) {
		return options{}, wrong
	}
	o.runs = arguments
	return o, errors.Join(wrong, o.wrong())
}

// wrong says what cannot be done together.
func (o *options) wrong() error {
	var wrong error
	add := func(format string, args ...any) { wrong = errors.Join(wrong, fmt.Errorf(format, args...)) }
	switch {
	case o.lab && (len(o.runs) > 0 || o.data || o.part.Chosen()):
		add("-lab makes a page without runs: it goes with -out, -serve and -port")
	case o.lab:
	case len(o.runs) == 0 || len(o.runs) > 2:
		add("one run can be shown, or two: %s, and -h shows all", command.Line("view", "RUN")+" [RUN]")
	case len(o.runs) == 2 && same(o.runs[0], o.runs[1]):
		add("%s and %s are one run: name it once, or another one to see where they part", o.runs[0], o.runs[1])
	case len(o.runs) == 2 && o.part.Chosen():
		add("-from and -to show a part of one run: two are compared as a whole")
	}
	if o.part.To > 0 && o.part.To < o.part.From {
		add("-to %s is before -from %s", o.part.To, o.part.From)
	}
	if o.serves && (o.out != "" || o.data) {
		add("-serve shows the page at once: it goes with neither -out nor -data")
	}
	return wrong
}

// same says whether two arguments name one run.
func same(a, b string) bool {
	pathA, errA := runs.Find(a)
	pathB, errB := runs.Find(b)
	if errA != nil || errB != nil {
		return false // that is said when they are read
	}
	infoA, errA := os.Stat(pathA)
	infoB, errB := os.Stat(pathB)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

func flagGroups() []flags.Group[options] {
	return []flags.Group[options]{{Title: "Flags", Flags: []flags.Flag[options]{
		{
			Name: "out", Takes: "FILE", Help: "write the page there; - is standard output; by default it lies beside the run, " +
				"of two beside the second, as " + runs.PageFile,
			Set: func(o *options, v string) []error {
				if v == "" {
					return flags.Wrong("-out must not be empty; - is standard output")
				}
				o.out = v
				return nil
			},
		},
		{
			Name: "serve", Help: "show the page at an address of this machine, http://127.0.0.1:PORT/, until Ctrl-C, and " +
				"write no file",
			Set: func(o *options, v string) []error { return flags.SetBool("-serve", &o.serves, v) },
		},
		{Name: "port", Takes: "PORT", Help: "show it at this one, with -serve; by default at one that is free", Set: setPort},
		{
			Name: "from", Takes: "TIME", Help: "show what happens from this virtual time on, as in -from 250ms: a part of a " +
				"run that is too large for a browser",
			Set: func(o *options, v string) []error { return setTime("-from", &o.part.From, v) },
		},
		{
			Name: "to", Takes: "TIME", Help: "and what happens until then",
			Set: func(o *options, v string) []error { return setTime("-to", &o.part.To, v) },
		},
		{
			Name: "lab", Help: "write the laboratory instead, as lab.html: a page that makes runs by itself, with this very " +
				"program. It takes the go command, in the folder of the module",
			Set: func(o *options, v string) []error { return flags.SetBool("-lab", &o.lab, v) },
		},
		{
			Name: "data", Help: "write only what the page holds of the run, or of two how they compare, on standard output or " +
				"with -out: for who puts it into a page of their own",
			Set: func(o *options, v string) []error { return flags.SetBool("-data", &o.data, v) },
		},
		{Name: "h", Help: "show this"},
	}}}
}

func setPort(o *options, value string) []error {
	port, err := strconv.ParseUint(value, 10, 16)
	if err != nil || port == 0 {
		return flags.Wrong("-port wants a number from 1 to 65535, not %q", value)
	}
	o.port, o.serves = int(port), true
	return nil
}

func setTime(flag string, field *time.Duration, value string) []error {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 || flag == "-to" && d == 0 {
		return flags.Wrong("%s wants a time such as 250ms, as a line of the story has it, not %q", flag, value)
	}
	*field = d
	return nil
}

// usage prints how the command is called.
func usage(w io.Writer) error { return flags.Usage(w, usageBefore, flagGroups(), usageAfter) }

// serve shows the page until ctx ends.
func (o *options) serve(ctx context.Context, r *pages.Runs, stdout, stderr io.Writer) int {
	if err := r.Serve(ctx, stdout, stderr, o.port); err != nil {
		return command.Failed(stderr, err)
	}
	return command.Fine
}

const usageBefore = `usage: go run ./cmd/view [flags] RUN [RUN]
       go run ./cmd/view -lab

Writes one HTML page that shows a run, or two and where they part: it needs no
server and no network, and can be mailed. RUN is the name of a run in
traces/runs, its folder, or a trace file: OTLP/JSON in any layout that
a Collector or Jaeger writes, or Jaeger's own JSON.

Of a run it shows each process, each message and each state, at any moment,
forwards and back; of two runs of one protocol where they part, what made them,
and what followed; of two protocols on one workload what each operation took.
A run that a violation stopped opens there, with what led to it. Of what
cmd/sweep -json wrote, the page has the distributions.
`

const usageAfter = `
Examples
  go run ./cmd/run -quiet && go run ./cmd/view default-1
      makes the run default-1, and the page that shows it
  go run ./cmd/run -quiet -seed 2 && go run ./cmd/view default-1 default-2
      two runs, and where they part
  go run ./cmd/run -quiet multipaxos && go run ./cmd/view default-1 multipaxos-1
      two protocols, side by side by what clients asked
  go run ./cmd/view -from 60ms -to 120ms -out part.html default-1
      a part of a run
  go run ./cmd/sweep -json >sweep.json && go run ./cmd/view sweep.json
      what the runs of a sweep came to: sweep.html
  go run ./cmd/view -lab
      the laboratory: runs, faults and differences in a page

Exit status of the built program; under go run every failure is 1
  0  the page is written
  1  the trace is cut off: the page shows what is there
  2  it could not be done: no such run, a trace that cannot be read, or one that
     is too large, a file that cannot be written
`
