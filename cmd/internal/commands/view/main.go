// Package view is the command that writes one HTML page that shows a run, or two.
package view

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
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/view"
	"github.com/raftkv/raftkv/traces/words"
)

// takes is what is held of a trace.
var takes = runs.Takes{What: "show", Span: 600}

// Main is the command: what it was called with, where it writes, and the status it exits with.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseFlags(args)
	if err != nil {
		return flags.Failed(err, usage, stdout, stderr)
	}
	paths, all, err := read(ctx, stderr, o.runs)
	if err != nil {
		return command.Failed(stderr, err)
	}
	defer func() {
		for _, x := range all {
			_ = x.Close() // was only read
		}
	}()
	page := view.Page{Title: "raftkv: " + strings.Join(o.runs, " and ")}
	for i, x := range all {
		page.Runs = append(page.Runs, runOf(o.runs[i], x, protocols.OfTrace(x)))
	}
	write := page.Write
	if o.data {
		write = page.Runs[0].Write
	}
	if o.out == "-" {
		return command.Printed(write(stdout), stderr)
	}
	file := cmp.Or(o.out, filepath.Join(folderOf(paths[0]), runs.PageFile))
	done := terminal.Wait(stderr, "making the page")
	err = draft.Write(file, write)
	done()
	if err != nil {
		return command.Failed(stderr, fmt.Errorf("cannot write %s: %w", file, err))
	}
	spans := 0
	for _, x := range all {
		spans += x.Len()
	}
	_, err = fmt.Fprintf(stdout, "wrote %s, %s\nnext  open it in a browser\n", file, words.Counted(spans, "span"))
	return command.Printed(err, stderr)
}

// read reads the traces of the runs.
func read(ctx context.Context, stderr io.Writer, names []string) (paths []string, all []*index.Trace, err error) {
	paths, all = make([]string, len(names)), make([]*index.Trace, len(names))
	err = runs.Read(ctx, stderr, names, takes, func(ctx context.Context, i int, run runs.Run) (err error) {
		paths[i] = run.Path
		all[i], err = index.Read(ctx, index.File(run.Path),
			index.Options{Progress: run.Progress, Lists: protocols.Lists(), Replies: protocols.Replies()})
		return err
	})
	if err == nil {
		return paths, all, nil
	}
	for _, x := range all {
		if x != nil {
			_ = x.Close() // was only read
		}
	}
	return nil, nil, err
}

// runOf is a run as the page shows it.
func runOf(name string, x *index.Trace, p *whole.Protocol) *view.Run {
	again := filepath.ToSlash(filepath.Join(runs.Folder, filepath.Base(name), "run.toml"))
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		again = filepath.ToSlash(filepath.Join(name, "run.toml"))
	}
	return &view.Run{
		Name: name, Trace: x,
		Protocol: view.Protocol{Name: p.Name, Specs: p.Specs, Landmarks: p.Landmarks, Shown: p.Shown, Story: p.Story},
		Commands: view.Commands{
			Run: command.Line("run", again), Drop: command.Line("run", "-drop", "ID", again),
			Delay: command.Line("run", "-delay", "ID=40ms", again), Duplicate: command.Line("run", "-duplicate", "ID", again),
			Explain: command.Line("explain", name, "ID"), Show: command.Line("view", name),
		},
	}
}

func folderOf(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return path
	}
	return filepath.Dir(path)
}

// options are what the command line asks for.
type options struct {
	runs []string
	out  string // a file, or - for standard output; empty for one beside the run
	data bool   // only what the page holds of the run, without the page
}

// parseFlags reads the command line. The error is flags.ErrHelp, or all that is wrong.
func parseFlags(args []string) (options, error) {
	var o options
	arguments, err := flags.Parse(args, &o, flagGroups(), func(string) bool { return false })
	if err != nil {
		return options{}, err
	}
	if len(arguments) == 0 || len(arguments) > 2 {
		return options{}, errors.New("one run can be shown, or two: " + command.Line("view", "RUN", "[RUN]") +
			", and -h shows all")
	}
	o.runs = arguments
	return o, nil
}

func flagGroups() []flags.Group[options] {
	return []flags.Group[options]{{Title: "Flags", Flags: []flags.Flag[options]{
		{
			Name: "out", Takes: "FILE", Help: "write the page there; - is standard output; by default it lies beside the run, as " +
				runs.PageFile,
			Set: func(o *options, v string) []error {
				o.out = v
				return nil
			},
		},
		{
			Name: "data", Help: "write only what the page holds of the run: for who puts it into a page of their own",
			Set: func(o *options, v string) []error { return flags.SetBool("-data", &o.data, v) },
		},
		{Name: "h", Help: "show this"},
	}}}
}

const usageBefore = `usage: go run ./cmd/view [flags] RUN [RUN]

Writes one HTML page that shows a run, or two and where they part: it needs no
server and no network, and can be mailed. RUN is the name of a run in
traces/runs, its folder, or a trace file: OTLP/JSON in any layout that
a Collector or Jaeger writes, or Jaeger's own JSON.
`

const usageAfter = `
Examples
  go run ./cmd/run -quiet && go run ./cmd/view default-1
      makes the run default-1, and the page that shows it
`

// usage prints how the command is called.
func usage(w io.Writer) error { return flags.Usage(w, usageBefore, flagGroups(), usageAfter) }
