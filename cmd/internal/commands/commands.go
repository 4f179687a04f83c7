// Package commands is all commands, by their names: each is a package below.
package commands

import (
	"context"
	"fmt"
	"io"
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
	"github.com/raftkv/raftkv/traces/words"
)

// Command is one of them.
type Command struct {
	Name, Sentence string
	// Main carries it out with the arguments behind its name, and returns its status.
	Main func(ctx context.Context, args []string, stdout, stderr io.Writer) int
}

// All are the commands that there are.
var All = []Command{
	{"run", "runs a scenario, tells its story, and writes its trace", run.Main},
	{"diff", "says what differs between two runs, and why", diff.Main},
	{"check", "says what is wrong with runs, from their traces alone", check.Main},
	{"explain", "says why something in a run is as it is", explain.Main},
	{"export", "writes a run for Jaeger, Perfetto or ShiViz", export.Main},
	{"story", "tells the story of a run from its trace, or a part of it", story.Main},
	{"view", "writes one HTML page that shows a run, or two", view.Main},
	{"sweep", "runs thousands of seeds in which everything goes wrong, and checks each", sweep.Main},
}

// Main carries out the command that the first argument names, and returns its status.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 || slices.Contains([]string{"-h", "--h", "-help", "--help", "help"}, args[0]) {
		return command.Printed(list(stdout), stderr)
	}
	var names []string
	for _, c := range All {
		if c.Name == args[0] {
			return c.Main(ctx, args[1:], stdout, stderr)
		}
		names = append(names, c.Name)
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
	for _, c := range All {
		rows = append(rows, [2]string{"  " + style.Bold(c.Name), c.Sentence})
		left = max(left, len("  "+c.Name))
	}
	names := protocols.Names()
	of := "the protocols are " + strings.Join(names, ", ") + "; where none is named, " + names[0] + " is run"
	_, err := fmt.Fprintf(w, "usage: %s [flags]...\n\nCommands; each has -h, with examples\n%s\n%s\n%s  %s\n",
		command.Line("COMMAND"), terminal.LayOut(rows, left, terminal.Width(w)), terminal.Paragraph("", "", of,
			terminal.Width(w)), style.Bold("next"), command.Line("run"))
	return err
}
