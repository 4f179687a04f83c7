package pages

import (
	"context"
	"os"
	"path/filepath"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/view"
)

// one is a run that a page shows.
type one struct {
	name  string
	two   bool // it is one of two
	path  string
	trace *index.Trace
	of    *whole.Protocol
	diff  *diff.Trace // the same, ready to be compared; nil if it cannot be
	apart string      // why it cannot be
	cut   error       // what is wrong with a trace that is cut off, of which there is the beginning
}

// read reads a run: all of it, or what is there of a file that is cut off.
func (x *one) read(ctx context.Context, run runs.Run) error {
	x.path = run.Path
	err := x.readFrom(ctx, index.File(run.Path), run.Progress)
	if err == nil || ctx.Err() != nil {
		return err
	}
	input, cut := mend(run.Path)
	if !cut || x.readFrom(ctx, input, nil) != nil {
		return err
	}
	x.cut = err
	return nil
}

// readFrom reads a run; one of two is made ready to be compared. What has ids that clash, or is two runs in one file,
// cannot be compared, and is shown all the same.
func (x *one) readFrom(ctx context.Context, from index.Source, progress func(int)) error {
	if x.two {
		reader, file, err := from(ctx, progress)
		if err != nil {
			return err
		}
		x.of = protocols.OfBeginning(reader.Head())
		again := func(context.Context, func(int)) (*read.Reader, read.File, error) { return reader, file, nil }
		if x.diff, err = diff.ReadFrom(ctx, again, x.of.Diff, diff.ReadOptions{}); err == nil {
			x.trace = x.diff.Trace
			return nil
		}
		x.diff, x.apart = nil, err.Error()
		progress = nil
	}
	trace, err := index.Read(ctx, from,
		index.Options{Progress: progress, Lists: protocols.Lists(), Replies: protocols.Replies()})
	if err != nil {
		return err
	}
	x.trace, x.of = trace, protocols.OfTrace(trace)
	return nil
}

// shown is the run as the page shows it.
func (x *one) shown(part Part) *view.Run {
	return &view.Run{
		Name: x.name, Trace: x.trace, Protocol: protocolOf(x.of), Notes: x.notes(part), Commands: x.commands(),
	}
}

// commands say how a person calls the commands on the run; those that run it again only if its config is there.
func (x *one) commands() view.Commands {
	c := view.Commands{Explain: command.Line("explain", x.name, "ID"), Show: command.Line("view", x.name)}
	folder := x.path
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		folder = filepath.Dir(folder)
	}
	again := filepath.Join(folder, "run.toml")
	if _, err := os.Stat(again); err != nil {
		return c
	}
	again = filepath.ToSlash(again)
	c.Run, c.Drop = command.Line("run", again), command.Line("run", "-drop", "ID", again)
	c.Delay, c.Duplicate = command.Line("run", "-delay", "ID=40ms", again), command.Line("run", "-duplicate", "ID", again)
	return c
}
