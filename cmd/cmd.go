// Package cmd is all commands in one program, for whoever has a protocol of their own in a module of their own.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/commands/check"
	"github.com/raftkv/raftkv/cmd/internal/commands/diff"
	"github.com/raftkv/raftkv/cmd/internal/commands/explain"
	"github.com/raftkv/raftkv/cmd/internal/commands/export"
	"github.com/raftkv/raftkv/cmd/internal/commands/run"
	"github.com/raftkv/raftkv/cmd/internal/commands/story"
	"github.com/raftkv/raftkv/cmd/internal/commands/sweep"
	"github.com/raftkv/raftkv/cmd/internal/commands/view"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/nearest"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/traces/words"
)

// Main carries out the command that the first argument names, with the arguments that follow, and exits with its
// status: what the commands of this project do can be done with these protocols, too. The first of them is the one that
// run and sweep mean where neither the command line nor a config names one. A config that names none is of Raft, here
// as anywhere: that of another protocol says protocol = "NAME".
func Main(added ...*whole.Protocol) {
	if _, err := add(added); err != nil {
		os.Exit(command.Failed(os.Stderr, err))
	}
	command.Main(dispatch)
}

// commands are those that there are.
var commands = []struct {
	name, sentence string
	main           func(ctx context.Context, args []string, stdout, stderr io.Writer) int
}{
	{"run", "runs a scenario, tells its story, and writes its trace", run.Main},
	{"diff", "says what differs between two runs, and why", diff.Main},
	{"check", "says what is wrong with runs, from their traces alone", check.Main},
	{"explain", "says why something in a run is as it is", explain.Main},
	{"export", "writes a run for Jaeger, Perfetto or ShiViz", export.Main},
	{"story", "tells the story of a run from its trace, or a part of it", story.Main},
	{"view", "writes one HTML page that shows a run, or two", view.Main},
	{"sweep", "runs thousands of seeds in which everything goes wrong, and checks each", sweep.Main},
}

// add puts protocols before those of the project, and has the commands be called as this program's. What it returns
// takes that back. The error is all that keeps them from being told apart.
func add(added []*whole.Protocol) (undo func(), err error) {
	before := protocols.All
	taken := protocols.Names()
	for _, s := range library.BuiltIn() {
		taken = append(taken, s.Name)
	}
	var all []*whole.Protocol
	var wrong []error
	for i, p := range added {
		switch {
		case p == nil:
			wrong = append(wrong, fmt.Errorf("protocol %d that cmd.Main is given is nil", i+1))
		case p.Run.Name == "" || p.Name == "":
			wrong = append(wrong, fmt.Errorf("protocol %d that cmd.Main is given lacks a name: it has the Name %q, "+
				"for people, and the Run.Name %q, for configs", i+1, p.Name, p.Run.Name))
		case slices.Contains(taken, p.Run.Name):
			wrong = append(wrong, fmt.Errorf("protocol %d that cmd.Main is given needs another Run.Name: a protocol or a "+
				"scenario is called %q already", i+1, p.Run.Name))
		case p.Run.Servers == nil || p.Run.NewSettings == nil || p.Run.Answering() == nil:
			wrong = append(wrong, fmt.Errorf("the protocol %s cannot be run: it needs Run.Servers, Run.NewSettings, and one "+
				"of Run.Parties that Answers", p.Run.Name))
		default:
			taken = append(taken, p.Run.Name)
			all = append(all, whole.New(*p)) // a tool of which the protocol says nothing has what it needs, too
		}
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	usual := library.Default
	if len(added) > 0 {
		usual = added[0].Run.Name
	}
	protocols.All = append(all, before...)
	called := command.InOneProgram(usual)
	return func() {
		protocols.All = before
		called()
	}, nil
}

// dispatch carries out the command that the first argument names.
func dispatch(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 || slices.Contains([]string{"-h", "--h", "-help", "--help", "help"}, args[0]) {
		return command.Printed(list(stdout), stderr)
	}
	var names []string
	for _, c := range commands {
		if c.name == args[0] {
			return c.main(ctx, args[1:], stdout, stderr)
		}
		names = append(names, c.name)
	}
	switch name := args[0]; {
	case words.Printable(name) != name:
	case strings.HasPrefix(name, "-"):
		return command.Failed(stderr, fmt.Errorf("%q is a flag, and a command stands before its flags, as in\n  %s", name,
			command.Line("run", args...)))
	case nearest.Near(name, names) == "" && library.Is(name):
		return command.Failed(stderr, fmt.Errorf("there is no command %q; it is run by\n  %s", name,
			command.Line("run", args...)))
	}
	return command.Failed(stderr, fmt.Errorf("there is no command %q; the nearest is %q, and -h shows all", args[0],
		nearest.Name(args[0], names)))
}

// list prints the commands, with a sentence each, and the protocols.
func list(w io.Writer) error {
	style, left := terminal.StyleOf(w), 0
	var rows [][2]string
	for _, c := range commands {
		rows = append(rows, [2]string{"  " + style.Bold(c.name), c.sentence})
		left = max(left, len("  "+c.name))
	}
	names := protocols.Names()
	of := "the protocols are " + strings.Join(names, ", ") + "; where none is named, " + names[0] + " is run"
	_, err := fmt.Fprintf(w, "usage: %s [flags]...\n\nCommands; each has -h, with examples\n%s\n%s\n%s  %s\n",
		command.Line("COMMAND"), terminal.LayOut(rows, left, terminal.Width(w)), terminal.Paragraph("", "", of,
			terminal.Width(w)), style.Bold("next"), command.Line("run"))
	return err
}
