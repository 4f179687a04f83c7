// Command bugs switches on each bug that can be built in on purpose, one after the other, and prints what catches it:
// the scenarios, and how many seeds of the profile "mixed" it takes until an invariant that the bug is known to break
// is the first not to hold. It is what `make bugs` runs; it exits with 1 if one is not caught, or not shrunk to little.
package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/nearest"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/traces/words"
)

func main() { command.Main(run) }

// options are what the command line asks for.
type options struct{ protocol *whole.Protocol }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o := options{protocol: protocols.Usual()}
	groups := []flags.Group[options]{{Title: "Flags", Flags: []flags.Flag[options]{
		{Name: "protocol", Takes: "NAME", Help: "whose bugs; by default those of " + o.protocol.Run.Name, Set: setProtocol},
		{Name: "h", Help: "show this"},
	}}}
	arguments, err := flags.Parse(args, &o, groups, func(string) bool { return false })
	switch {
	case err != nil:
		usage := func(w io.Writer) error { return flags.Usage(w, usageBefore, groups, "") }
		return flags.Failed(err, usage, stdout, stderr)
	case len(arguments) > 0:
		return command.Failed(stderr, fmt.Errorf("it takes flags alone, not %s", strings.Join(arguments, " ")))
	}
	return huntAll(ctx, o.protocol, stdout, stderr)
}

const usageBefore = `usage: go run ./cmd/internal/bugs [flags]

Switches on each bug of a protocol, one after the other, and prints what catches
it. The exit status is 1 if the first 2,000 seeds do not catch one, or if what
does is shrunk to more than 8 faults or 8 operations.
`

func setProtocol(o *options, name string) []error {
	p, known := protocols.Named(name)
	if !known {
		return flags.Wrong("-protocol: there is no %q; the nearest is %q", name, nearest.Name(name, protocols.Names()))
	}
	o.protocol = p
	return nil
}

// huntAll hunts all bugs of a protocol, and prints what became of them.
func huntAll(ctx context.Context, of *whole.Protocol, stdout, stderr io.Writer) int {
	bar := terminal.NewProgress(stderr, "bugs", len(of.Run.Bugs))
	var hunted []prey
	status := command.Fine
	for i, bug := range of.Run.Bugs {
		one, err := hunt(ctx, of, bug)
		if err != nil {
			bar.Done()
			return command.Failed(stderr, err)
		}
		if !one.fine() {
			status = command.Violation
		}
		hunted = append(hunted, one)
		bar.Set(i + 1)
	}
	bar.Done()
	_, err := io.WriteString(stdout, table(of, hunted, min(widest, terminal.Width(stdout))))
	return max(status, command.Printed(err, stderr))
}

// widest is how long a line is at most.
const widest = 80

// table tells of each bug in two rows: what became of it in the seeds, and below that the scenarios that catch it,
// broken into lines of a width.
func table(of *whole.Protocol, hunted []prey, width int) string {
	rows := [][]string{{"bug", "seed", "in", "violates", "shrunk to"}}
	left := 0
	for _, one := range hunted {
		rows = append(rows, one.row())
		left = max(left, terminal.Length(one.bug))
	}
	lines := strings.SplitAfter(terminal.Table(rows, terminal.Left, terminal.Right, terminal.Right), "\n")
	var b strings.Builder
	b.WriteString(lines[0])
	indent := strings.Repeat(" ", left+len("  "))
	for i, one := range hunted {
		b.WriteString(lines[i+1])
		if len(one.scenarios) > 0 {
			b.WriteString(terminal.Paragraph(indent, indent+"  ", "scenarios: "+one.named(), width))
		}
	}
	whose := ""
	if of != protocols.Usual() {
		whose = " -protocol " + of.Run.Name
	}
	for _, text := range []string{
		fmt.Sprintf("Seed is the first of %s that catches the bug, found in that time by what it violates, and shrunk to "+
			"so much. The scenarios catch it, too, with seeds of their own.", profileOfHunts),
		"To see one: " + command.Line("run", "-faults", profileOfHunts) + whose + " -seed SEED -bug BUG -shrink",
	} {
		b.WriteString("\n" + terminal.Paragraph("", "", text, width))
	}
	return b.String()
}

const (
	mostSeeds = 2000 // that are tried
	mostNamed = 3    // scenarios in a row
)

// row is what became of a bug in the seeds.
func (p *prey) row() []string {
	if p.found == nil {
		return []string{p.bug, "none", "", fmt.Sprintf("nothing up to %d", mostSeeds)}
	}
	return []string{
		p.bug, fmt.Sprint(p.found.seed), duration(p.took), p.found.violation.Invariant.Name,
		fmt.Sprintf("%s, %s", words.Counted(p.small.After.Faults, "fault"),
			words.Counted(p.small.After.Operations, "operation")),
	}
}

// named are the scenarios that catch a bug, or a few of many.
func (p *prey) named() string {
	named := slices.Clone(p.scenarios[:min(len(p.scenarios), mostNamed)])
	if more := len(p.scenarios) - len(named); more > 0 {
		named = append(named, fmt.Sprintf("%d more", more))
	}
	return strings.Join(named, ", ")
}

// duration is a time as short as a column of a few characters needs it.
func duration(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return fmt.Sprintf("%.1fs", d.Seconds())
}
