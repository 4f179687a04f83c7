// Command bugs switches on each bug that can be built in on purpose, one after the other, and prints what catches it: the scenarios, and how many seeds of the profile
// "mixed" it takes until an invariant that the bug is known to break is the first not to hold. It is what `make bugs` runs.
package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/shrink"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/raft"
)

func main() { command.Main(run) }

func run(ctx context.Context, _ []string, stdout, stderr io.Writer) int {
	bar := terminal.NewProgress(stderr, "bugs", len(raft.Bugs()))
	rows := [][]string{{"bug", "caught in the scenarios", "seeds of mixed", "by", "in", "shrunk to"}}
	status := command.Fine
	for i, bug := range raft.Bugs() {
		row, caught, err := hunt(ctx, bug)
		if err != nil {
			bar.Done()
			return command.Failed(stderr, err)
		}
		if !caught {
			status = command.Violation
		}
		rows = append(rows, row)
		bar.Set(i + 1)
	}
	bar.Done()
	text := terminal.Table(rows, terminal.Left, terminal.Left, terminal.Right, terminal.Left, terminal.Right, terminal.Left) +
		"\nTo see one: go run ./cmd/run -faults mixed -seed SEED -bug BUG -shrink\n"
	_, err := io.WriteString(stdout, text)
	return max(status, command.Printed(err, stderr))
}

// hunt is the row of a bug, and whether it was caught.
func hunt(ctx context.Context, bug raft.BugDescription) (row []string, caught bool, err error) {
	var in []string
	scenarios, err := convicting(ctx, bug)
	if err != nil {
		return nil, false, err
	}
	in = append(in, scenarios[:min(len(scenarios), mostNamed)]...)
	if more := len(scenarios) - len(in); more > 0 {
		in = append(in, fmt.Sprintf("%d more", more))
	}
	row = []string{bug.Name, strings.Join(in, ", ")}
	began := time.Now()
	found, err := search(ctx, bug, mostSeeds)
	if err != nil {
		return nil, false, err
	}
	if found == nil {
		return append(row, fmt.Sprintf("not within %d", mostSeeds)), false, nil
	}
	took := time.Since(began)
	small, err := shrink.Shrink(ctx, found.config, shrink.Options{})
	if err != nil {
		return nil, false, err
	}
	return append(row, fmt.Sprint(found.seed), string(found.violation.Invariant.Name), took.Round(time.Millisecond).String(),
		fmt.Sprintf("%s, %s", counted(small.After.Faults, "fault"), counted(small.After.Operations, "operation"))), true, nil
}

const (
	mostSeeds = 2000 // that are tried
	mostNamed = 3    // scenarios in a row
)

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
