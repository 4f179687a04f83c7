// Command bench measures the world: how fast a run is with and without its trace, what a span costs, and how that
// compares with a bare event loop in the same minutes on the same machine. Speed is told in ratios where it can be:
// machines differ, and so do their afternoons. It is run by `make bench`.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/terminal"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "-one" {
		if err := one(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(2)
		}
		return
	}
	if len(os.Args) == 3 && readers[os.Args[1]] != nil {
		if err := readers[os.Args[1]](os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(2)
		}
		return
	}
	if err := all(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
}

// figures are what one measurement in a process of its own came to.
type figures struct {
	Seconds             float64
	Rate                float64 // of a bare loop: turns in a second
	Commits, Deliveries float64
	Spans, Allocations  float64
	FirstTenth          float64 // seconds of processor time that the first tenth of the operations took
	LastTenth           float64
	PeakMiB             float64 // of resident memory; 0 where the system does not tell
	FileMiB             float64

	Recorded, SDK perSpan // of handing on a span

	Lines, LinesApart, Collector, Diff, Seeds, Check cost // of reading traces
}

// timesLines is how many times reading the lines of so many traces some cost is, by both ways of reading them.
func (f *figures) timesLines(c cost, traces float64) string {
	return fmt.Sprintf("%.2f s, %.1f and %.1f times reading the lines", c.Seconds, c.Seconds/f.Lines.Seconds/traces,
		c.Seconds/f.LinesApart.Seconds/traces)
}

// measure has a measurement made in a process of its own, so that none inherits another's memory.
func measure(what string) (figures, error) {
	self, err := os.Executable()
	if err != nil {
		return figures{}, err
	}
	fmt.Fprintf(os.Stderr, "measuring %s…\n", what)
	command := exec.Command(self, "-one", what)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return figures{}, fmt.Errorf("%s: %w", what, err)
	}
	var f figures
	return f, json.Unmarshal(out, &f)
}

// rounds is how often the loop and the untraced, the checked, the traced and the very long run take turns; the middle
// of each is told.
const rounds = 3

func all() error {
	byWhat := map[string][]figures{}
	for range rounds {
		for _, what := range []string{"loop", "untraced", "checked", "traced", "million"} {
			f, err := measure(what)
			if err != nil {
				return err
			}
			byWhat[what] = append(byWhat[what], f)
		}
	}
	inRounds := func(what string, of func(figures) float64) []float64 {
		values := make([]float64, 0, rounds)
		for _, f := range byWhat[what] {
			values = append(values, of(f))
		}
		return values
	}
	middle := func(what string, of func(figures) float64) float64 {
		return slices.Sorted(slices.Values(inRounds(what, of)))[rounds/2]
	}
	long, err := measure("long")
	if err != nil {
		return err
	}
	span, err := measure("span")
	if err != nil {
		return err
	}
	reading, err := measure("read")
	if err != nil {
		return err
	}
	deliveries := func(f figures) float64 { return f.Deliveries / f.Seconds }
	commits := func(f figures) float64 { return f.Commits / f.Seconds }
	seconds := func(f figures) float64 { return f.Seconds }
	peak := func(f figures) float64 { return f.PeakMiB }
	tenths := func(f figures) float64 { return f.LastTenth / f.FirstTenth }
	loop := middle("loop", func(f figures) float64 { return f.Rate })
	untraced, traced := byWhat["untraced"][0], byWhat["traced"][0]
	perSpan := (middle("traced", func(f figures) float64 { return f.Seconds / f.Commits }) - middle("untraced",
		func(f figures) float64 { return f.Seconds / f.Commits })) *
		traced.Commits / traced.Spans
	allocations := (traced.Allocations - untraced.Allocations*traced.Commits/untraced.Commits) / traced.Spans
	fmt.Print(terminal.Table(slices.Concat([][]string{
		{"bare container/heap loop", fmt.Sprintf("%.0f turns/s", loop)},
		{
			"untraced, 5 nodes, 3 clients",
			fmt.Sprintf("%.0f commits/s, %.0f deliveries/s", middle("untraced", commits), middle("untraced", deliveries)),
		},
		{
			"  deliveries, of the loop's turns",
			fmt.Sprintf("%.2f (wanted: at least 0.33)", middle("untraced", deliveries)/loop),
		},
		{"checked after every event, untraced", fmt.Sprintf("%.0f commits/s", middle("checked", commits))},
		{
			"  as many times slower",
			fmt.Sprintf("%.2f (wanted: at most 3)", middle("untraced", commits)/middle("checked", commits)),
		},
		{
			"traced, OTLP file",
			fmt.Sprintf("%.0f commits/s, %.0f deliveries/s", middle("traced", commits), middle("traced", deliveries)),
		},
		{"  a span", fmt.Sprintf("%.0f ns, %.1f allocations", perSpan*float64(time.Second), allocations)},
	}, spanRows(&span), [][]string{
		{
			"1,000,000 commits, untraced",
			fmt.Sprintf("%.1f s, %.0f MiB at most (wanted: 1024)", middle("million", seconds),
				slices.Max(inRounds("million", peak))),
		},
		{
			"  last tenth, of the first",
			fmt.Sprintf("%.2f of the processor time (%.2f in the rounds)", middle("million", tenths),
				inRounds("million", tenths)),
		},
		{
			"100,000 commits, traced",
			fmt.Sprintf("%.1f s, %.0f spans, a file of %.0f MiB, %.0f MiB of memory at most (wanted: 300)", long.Seconds,
				long.Spans, long.FileMiB, long.PeakMiB),
		},
		{
			"reading the lines of a trace",
			fmt.Sprintf("%.2f s with bufio.Scanner, %.2f s with bufio.Reader, %.0f spans", reading.Lines.Seconds,
				reading.LinesApart.Seconds, reading.Spans),
		},
		{"  decoding as the Collector does", reading.timesLines(reading.Collector, 1)},
		{
			"diff of two, a message lost in one",
			fmt.Sprintf("%s (wanted: at most 4), %.0f MiB at most (wanted: 1536)", reading.timesLines(reading.Diff, 2),
				reading.Diff.PeakMiB),
		},
		{
			"diff of two, of two seeds",
			fmt.Sprintf("%s, %.0f MiB at most", reading.timesLines(reading.Seeds, 2), reading.Seeds.PeakMiB),
		},
		{"check of one", fmt.Sprintf("%s (wanted: at most 4), %.0f MiB at most (wanted: 1536)",
			reading.timesLines(reading.Check, 1), reading.Check.PeakMiB)},
	})))
	return nil
}
