package main

import (
	"io"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/raft"
)

const usageBefore = `usage: go run ./cmd/run [flags] [SCENARIO | FILE.toml]

Runs Raft in a deterministic world, tells what happens, and writes the run to
traces/runs/NAME/: trace.otlp.jsonl, the OpenTelemetry trace, which Jaeger opens;
spans.json, the same spans in the stdout exporter's format; story.txt; and
run.toml, the config that runs the same again.

Without a scenario it runs the default, cmd/run/config.toml, which shows all keys.
`

const usageAfter = `
Examples
  go run ./cmd/run
      the default: 5 nodes, 3 clients, 5 requests each
  go run ./cmd/run -seed 7 -nodes 7 reference
      another scenario, with other luck and more nodes
  go run ./cmd/run -set network.loss=0.1 -name lossy
      a tenth of the messages is lost; the folder is traces/runs/lossy
  go run ./cmd/run traces/runs/lossy/run.toml
      the same run again, to the byte
  go run ./cmd/run -drop 00f067aa0ba902b7
      the default without one message: a span's id, from a trace or a story

Exit status of the built program; under go run every failure is 1
  0  the run went as it should
  1  what the scenario expects did not come true, or an invariant was violated
  2  it could not be done: a wrong flag or config, a file that cannot be read or written
`

// usage prints how the command is called.
func usage(w io.Writer) error {
	const widest = 140
	style := terminal.StyleOf(w)
	groups := flagGroups()
	left := 0
	for _, group := range groups {
		for _, f := range group.flags {
			left = max(left, terminal.Length(f.usage()))
		}
	}
	var b strings.Builder
	b.WriteString(usageBefore)
	for _, group := range groups {
		var rows [][2]string
		for _, f := range group.flags {
			rows = append(rows, [2]string{f.usage(), f.help})
		}
		b.WriteString("\n" + style.Bold(group.title) + "\n" + layOut(rows, left, min(widest, terminal.Width(w))))
	}
	b.WriteString("\n" + style.Bold("Bugs to build in, each known from implementations") + "\n" + layOut(bugRows(), left, min(widest, terminal.Width(w))))
	b.WriteString(usageAfter)
	_, err := io.WriteString(w, b.String())
	return err
}

// bugRows are the bugs that -bug can build in.
func bugRows() [][2]string {
	var rows [][2]string
	for _, bug := range raft.Bugs() {
		rows = append(rows, [2]string{"  " + bug.Name, bug.Doc + " Caught by " + caughtBy(bug) + "."})
	}
	return rows
}

// caughtBy are the invariants that catch a bug, by name.
func caughtBy(bug raft.BugDescription) string {
	names := make([]string, len(bug.CaughtBy))
	for i, name := range bug.CaughtBy {
		names[i] = string(name)
	}
	return strings.Join(names, ", ")
}

// usage is the flag as it is called.
func (f commandFlag) usage() string { return strings.TrimRight("  -"+f.name+" "+f.takes, " ") }

// layOut sets two columns, the left one this wide, and the right one broken into lines of its own.
func layOut(rows [][2]string, left, width int) string {
	const gap, narrowest = 2, 30
	var cells [][]string
	for _, row := range rows {
		name := row[0] + strings.Repeat(" ", max(0, left-terminal.Length(row[0])))
		for _, line := range terminal.Wrap(row[1], max(narrowest, width-left-gap)) {
			cells = append(cells, []string{name, line})
			name = strings.Repeat(" ", left)
		}
	}
	return terminal.Table(cells)
}
