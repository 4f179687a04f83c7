package sweep

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/terminal"
)

// TestWidth has no line wider than 80 columns in what a sweep says to people, in any form of it; only a command is
// copied whole, and has a line of its own.
func TestWidth(t *testing.T) {
	for _, args := range []string{
		"-seeds 1-50",
		"-seeds 1-100 -bug commit-old-term",
		"-seeds 1-20 -bug no-dedup -keep-going -set network.loss=0.1 -set network.duplicate=0.1 -set requests_per_client=10",
		"-seeds 1-20 -faults crashes default",
		"-seeds 1-3 -demand default",
		"-seeds 1-20 -shard 2/3",
		"-seeds 100000000000001-100000000000020 -shard 2/3 -faults partitions -set network.duplicate=0.1 majority-partition",
		"-seeds 1-3 -shard 5/5",
		"-seeds 1-20 -set max_duration=300ms",
		"-list",
		"-h",
	} {
		_, stdout, stderr := call(t, strings.Fields(args)...)
		narrow(t, args, stdout+stderr)
	}
	_, part, _ := call(t, "-json", "-seeds", "1-20", "-bug", "forget-vote", "-keep-going")
	file := write(t, t.TempDir(), "part.json", part)
	_, stdout, stderr := call(t, "-merge", file)
	narrow(t, "-merge "+filepath.Base(file), stdout+stderr)
}

// TestTotalsStayWhole breaks the totals into lines of any width: a number stays with what it is of.
func TestTotalsStayWhole(t *testing.T) {
	r := &report{}
	r.Figures.Operations, r.Figures.Commits, r.Figures.Messages, r.Figures.Lost, r.Figures.Duplicated = 15880, 21470,
		460477, 60352, 52706
	for width := 20; width <= widest; width++ {
		said := (&table{report: r, width: width}).totals()
		for _, want := range []string{
			"15,880 operations", "21,470 entries", "460,477 messages", "60,352 lost",
			"52,706 duplicated",
		} {
			if !strings.Contains(said, want) {
				t.Errorf("in %d columns the totals have no %q:\n%s", width, want, said)
			}
		}
	}
}

func narrow(t *testing.T, args, said string) {
	t.Helper()
	if said == "" {
		t.Errorf("go run ./cmd/sweep %s says nothing", args)
	}
	for line := range strings.Lines(said) {
		line = strings.TrimSuffix(line, "\n")
		command := strings.HasPrefix(strings.TrimPrefix(line, "next"), "  go run ") && !strings.Contains(line, "#")
		if columns := terminal.Length(line); columns > widest && !command {
			t.Errorf("go run ./cmd/sweep %s has a line of %d columns, want at most %d:\n%s", args, columns, widest, line)
		}
	}
}
