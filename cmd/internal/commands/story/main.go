// Package story is the command that tells the story of a run from its trace, or a part of it.
package story

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	"github.com/raftkv/raftkv/cmd/internal/telling"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/words"
)

// takes is what is held of a trace.
var takes = runs.Takes{What: "tell", Span: 600}

// options are what the command line asks for.
type options struct {
	part telling.Part
	run  string
}

// Main is the command: what it was called with, where it writes, and the status it exits with.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseFlags(args)
	if err != nil {
		return flags.Failed(err, usage, stdout, stderr)
	}
	_, spans, err := runs.ReadTrace(ctx, stderr, o.run, takes)
	if err != nil {
		return command.Failed(stderr, err)
	}
	defer func() { _ = spans.Close() }() // was only read
	story, err := storyOf(ctx, spans, o.run, stderr)
	if err == nil {
		err = o.part.Check(story.Processes())
	}
	if err != nil {
		return command.Failed(stderr, err)
	}
	w := bufio.NewWriterSize(stdout, 1<<16)
	told, err := story.WriteSelected(w, telling.Style(stdout), terminal.Columns(stdout), o.part.Selection)
	if err = errors.Join(err, w.Flush()); err != nil {
		return command.Printed(err, stderr)
	}
	conclude(stderr, o, story, told)
	return command.Fine
}

// storyOf makes the story of spans. Who waits sees a bar.
func storyOf(ctx context.Context, spans *index.Trace, name string, stderr io.Writer) (*story.Story, error) {
	bar := terminal.NewProgress(stderr, "spans", spans.Len())
	defer bar.Done()
	done := 0
	spans.Watch(ctx, func(more int) {
		done += more
		bar.Set(done)
	})
	story, runs := story.TellSpans(protocols.OfTrace(spans).Story, spans)
	if err := spans.Err(); err != nil {
		return nil, err
	}
	if runs > 1 {
		return nil, fmt.Errorf("%s holds the traces of %s, and a story is of one: give each a file of its own", name,
			words.Counted(runs, "run"))
	}
	return story, nil
}

// conclude says how much was told, and what to do next. It is no part of the story, which may go into a file.
func conclude(stderr io.Writer, o options, story *story.Story, told story.Told) {
	style := terminal.StyleOf(stderr)
	next := command.Line("check", o.run)
	if term := story.LastTerm(); term != "" {
		next = command.Line("explain", o.run, "leader") + " " + term
	}
	said := ""
	if o.part.Chosen() {
		said = terminal.Paragraph(style.Bold("told")+"  ", "      ", o.part.Said(told), terminal.Width(stderr))
	}
	// the story is told; there is nowhere else to say this
	_, _ = fmt.Fprintf(stderr, "\n%s%s  %s\n%s  %s\n", said, style.Bold("next"), next, style.Bold("show"),
		command.Line("view", o.run))
}

// parseFlags reads the command line. The error is flags.ErrHelp, or all that is wrong.
func parseFlags(args []string) (options, error) {
	var o options
	arguments, wrong := flags.Parse(args, &o, flagGroups(), func(string) bool { return false })
	if errors.Is(wrong, flags.ErrHelp) {
		return options{}, wrong
	}
	all := []error{wrong, o.part.Wrong()}
	switch len(arguments) {
	case 0:
		all = append(all, errors.New(command.Said("which run? its name, its folder or its trace file: "+
			"go run ./cmd/story default-1")))
	case 1:
		o.run = arguments[0]
	default:
		all = append(all, fmt.Errorf("one run at a time, and not %d: %s", len(arguments), strings.Join(arguments, ", ")))
	}
	return o, errors.Join(all...)
}

func flagGroups() []flags.Group[options] {
	part := telling.Flags(func(o *options) *telling.Part { return &o.part })
	return []flags.Group[options]{{
		Title: "What is told",
		Flags: append(part, flags.Flag[options]{Name: "h", Help: "show this"}),
	}}
}

const usageBefore = `usage: go run ./cmd/story [flags] RUN

Tells the story of a run from its trace alone, a line for each event: virtual
time, process, id of the span, and what happened. A heading (──) begins each
phase: an election, replication by a new leader, a fault, a recovery. RUN is the
name of a run in traces/runs, its folder, or a trace file: OTLP/JSON in any
layout that a Collector or Jaeger writes, or Jaeger's own JSON. In a file, the
story is what story.txt has; how much of it was told, and what to do next, go to
standard error.
` + telling.Legend

const usageAfter = `
Examples
  go run ./cmd/run -quiet leader-crash
  go run ./cmd/story leader-crash-1
      all of it
  go run ./cmd/story -only node-3,world -from 60ms -to 300ms leader-crash-1
      what node-3 does around the crash, and the fault itself
  go run ./cmd/story leader-crash-1 | grep ──
      the headings alone

Exit status of the built program; under go run every failure is 1
  0  it is told
  2  it could not be: a wrong flag, no such run, no such process, a trace that
     cannot be read
`

// usage prints how the command is called.
func usage(w io.Writer) error { return flags.Usage(w, usageBefore, flagGroups(), usageAfter) }
