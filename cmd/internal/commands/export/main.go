// Package export is the command that writes a run in the formats of other people's programs: Jaeger's own JSON,
// Perfetto's and Chrome's trace events, a log for ShiViz.
package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/draft"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/nearest"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/words"
)

// format is one that a run can be written in.
type format struct {
	name, file string // the file is written beside the run
	help       string // for the usage
	next       string // what a person does with the file
	write      func(io.Writer, *index.Trace) error
	reads      int // how often each span is read again
	takes      runs.Takes
}

var formats = []format{
	{
		"jaeger", runs.JaegerFile, "Jaeger's own JSON: its page loads it, with no server behind",
		"open the search page of any Jaeger, choose Upload, and give it the file", export.WriteJaeger,
		1,
		runs.Takes{What: "export", Span: 170},
	},
	{
		"perfetto", runs.PerfettoFile, "the trace event format: a track for each process, arrows for messages",
		"open https://ui.perfetto.dev, or chrome://tracing, and give it the file", export.WritePerfetto,
		1,
		runs.Takes{What: "export", Span: 220},
	},
	{
		"shiviz", runs.ShiVizFile, "a log with vector clocks, and the regular expression that reads it",
		"open https://bestchai.bitbucket.io/shiviz/, choose Try out ShiViz, and upload the file", writeShiViz,
		2,
		runs.Takes{What: "export", Span: 190},
	},
}

func writeShiViz(w io.Writer, all *index.Trace) error {
	return export.WriteShiViz(w, all, protocols.OfTrace(all).Export)
}

// options are what the command line asks for.
type options struct {
	to     string
	output string // a file, or - for standard output; empty for one beside the run
	run    string
}

// Main is the command: what it was called with, where it writes, and the status it exits with.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseFlags(args)
	if err != nil {
		return flags.Failed(err, usage, stdout, stderr)
	}
	f, _ := formatNamed(o.to)
	path, spans, err := runs.ReadTrace(ctx, stderr, o.run, f.takes)
	if err != nil {
		return command.Failed(stderr, err)
	}
	defer func() { _ = spans.Close() }() // was only read
	content := func(w io.Writer) error { return written(ctx, f, w, spans, stderr) }
	if o.output == "-" {
		return command.Printed(content(stdout), stderr)
	}
	file := cmp.Or(o.output, filepath.Join(folderOf(path), f.file))
	if err := draft.Write(file, content); err != nil {
		return command.Failed(stderr, fmt.Errorf("cannot write %s: %w", file, err))
	}
	_, err = fmt.Fprintf(stdout, "wrote %s, %s\n%sshow  %s\n", file, words.Counted(spans.Len(), "span"),
		terminal.Paragraph("next  ", "      ", f.next, terminal.Width(stdout)), command.Line("view", o.run))
	return command.Printed(err, stderr)
}

// written writes spans in a format. Who waits sees a bar.
func written(ctx context.Context, f format, w io.Writer, spans *index.Trace, stderr io.Writer) error {
	bar := terminal.NewProgress(stderr, "spans", f.reads*spans.Len())
	defer bar.Done()
	done := 0
	spans.Watch(ctx, func(more int) {
		done += more
		bar.Set(min(done, f.reads*spans.Len())) // one with events may be read once more
	})
	return f.write(w, spans)
}

func formatNamed(name string) (format, error) {
	var names []string
	for _, f := range formats {
		if f.name == name {
			return f, nil
		}
		names = append(names, f.name)
	}
	if name == "" {
		return format{}, errors.New("-to says which format: " + strings.Join(names, ", "))
	}
	return format{}, fmt.Errorf("there is no format %q; the nearest is %s, and -h shows all", name,
		nearest.Name(name, names))
}

// folderOf is the folder in which a run's trace is.
func folderOf(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return path
	}
	return filepath.Dir(path)
}

// parseFlags reads the command line. The error is flags.ErrHelp, or all that is wrong.
func parseFlags(args []string) (options, error) {
	var o options
	arguments, wrong := flags.Parse(args, &o, flagGroups(), func(string) bool { return false })
	if errors.Is(wrong, flags.ErrHelp) {
		return options{}, wrong
	}
	_, unknown := formatNamed(o.to)
	all := []error{wrong, unknown}
	switch len(arguments) {
	case 0:
		all = append(all,
			errors.New(command.Said("which run? its name, its folder or its trace file: "+
				"go run ./cmd/export -to jaeger default-1")))
	case 1:
		o.run = arguments[0]
	default:
		all = append(all, fmt.Errorf("one run at a time, and not %d: %s", len(arguments), strings.Join(arguments, ", ")))
	}
	return o, errors.Join(all...)
}

func flagGroups() []flags.Group[options] {
	g := flags.Group[options]{Title: "Flags", Flags: []flags.Flag[options]{
		{Name: "to", Takes: "FORMAT", Help: "which of the formats below", Set: func(o *options, v string) []error {
			o.to = v
			return nil
		}},
		{
			Name: "o", Takes: "FILE", Help: "write there, and not beside the run; - is standard output",
			Set: func(o *options, v string) []error {
				o.output = v
				return nil
			},
		},
		{Name: "h", Help: "show this"},
	}}
	all := flags.Group[options]{Title: "Formats, and what the file beside the run is called"}
	for _, f := range formats {
		all.Values = append(all.Values, [2]string{f.name, f.help + " (" + f.file + ")"})
	}
	return []flags.Group[options]{g, all}
}

const usageBefore = `usage: go run ./cmd/export -to FORMAT [flags] RUN

Writes a run in a format of other people's programs, beside its trace. RUN is
the name of a run in traces/runs, its folder, or a trace file: OTLP/JSON in any
layout that a Collector or Jaeger writes, or Jaeger's own JSON.
`

const usageAfter = `
What is lost on the way
  jaeger    times are cut to microseconds; links have no attributes; lists are
            texts
  perfetto  links are ids among the arguments; nothing reads the file back
  shiviz    all but ids, times, and what each event says of itself; faults reach
            nobody

Examples
  go run ./cmd/run -quiet && go run ./cmd/export -to perfetto default-1
      writes traces/runs/default-1/trace.perfetto.json
  go run ./cmd/export -to jaeger -o default.json traces/runs/default-1
      writes default.json, which Jaeger's search page uploads
  go run ./cmd/export -to shiviz -o - default-1 | head
      shows what ShiViz would read

Exit status of the built program; under go run every failure is 1
  0  it is written
  2  it could not be: a wrong flag, no such run, a trace that cannot be read
`

// usage prints how the command is called.
func usage(w io.Writer) error { return flags.Usage(w, usageBefore, flagGroups(), usageAfter) }
