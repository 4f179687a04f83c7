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

	"github.com/raftkv/raftkv/cmd/internal/protocols"
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
	Messages            float64
	Spans, Allocations  float64
	FirstTenth          float64 // seconds of processor time that the first tenth of the operations took
	LastTenth           float64
	PeakMiB             float64 // of resident memory; 0 where the system does not tell
	FileMiB             float64

	Recorded, SDK perSpan // of handing on a span

	Collector, Diff, Seeds, Check cost // of reading traces
}

// share tells what some command took, as a share of what the Collector's decoder takes for as many traces.
func (f *figures) share(c cost, traces float64) string {
	return fmt.Sprintf("%.2f of that for as many traces, %.2f s, %.0f MiB at most", c.Seconds/f.Collector.Seconds/traces,
		c.Seconds, c.PeakMiB)
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

// results are the figures of all rounds, by what was measured.
type results map[string][]figures

// each returns one figure of all rounds.
func (r results) each(what string, of func(figures) float64) []float64 {
	values := make([]float64, 0, rounds)
	for _, f := range r[what] {
		values = append(values, of(f))
	}
	return values
}

// middle returns the middle one of a figure of all rounds.
func (r results) middle(what string, of func(figures) float64) float64 {
	return slices.Sorted(slices.Values(r.each(what, of)))[rounds/2]
}

func all() error {
	byWhat := results{}
	for range rounds {
		for _, what := range []string{"loop", "untraced", "checked", "traced", "million"} {
			f, err := measure(what)
			if err != nil {
				return err
			}
			byWhat[what] = append(byWhat[what], f)
		}
	}
	once := map[string]figures{}
	for _, what := range []string{"long", "span", "read"} {
		f, err := measure(what)
		if err != nil {
			return err
		}
		once[what] = f
	}
	beside, err := byWhat.protocolRows()
	if err != nil {
		return err
	}
	span, long, reading := once["span"], once["long"], once["read"]
	fmt.Print(terminal.Table(slices.Concat(byWhat.speedRows(), beside, spanRows(&span), byWhat.longRows(&long),
		readingRows(&reading))))
	return nil
}

// speedRows tell how fast runs are, with and without a trace.
func (r results) speedRows() [][]string {
	deliveries := func(f figures) float64 { return f.Deliveries / f.Seconds }
	commits := func(f figures) float64 { return f.Commits / f.Seconds }
	perCommit := func(f figures) float64 { return f.Seconds / f.Commits }
	loop := r.middle("loop", func(f figures) float64 { return f.Rate })
	untraced, traced := r["untraced"][0], r["traced"][0]
	perSpan := (r.middle("traced", perCommit) - r.middle("untraced", perCommit)) * traced.Commits / traced.Spans
	allocations := (traced.Allocations - untraced.Allocations*traced.Commits/untraced.Commits) / traced.Spans
	return [][]string{
		{"bare container/heap loop", fmt.Sprintf("%.0f turns/s", loop)},
		{
			"untraced, 5 nodes, 3 clients",
			fmt.Sprintf("%.0f commits/s, %.0f deliveries/s", r.middle("untraced", commits), r.middle("untraced", deliveries)),
		},
		{
			"  deliveries, of the loop's turns",
			fmt.Sprintf("%.2f (wanted: at least 0.33)", r.middle("untraced", deliveries)/loop),
		},
		{"checked after every event, untraced", fmt.Sprintf("%.0f commits/s", r.middle("checked", commits))},
		{
			"  as many times slower",
			fmt.Sprintf("%.2f (wanted: at most 3)", r.middle("untraced", commits)/r.middle("checked", commits)),
		},
		{
			"traced, OTLP file",
			fmt.Sprintf("%.0f commits/s, %.0f deliveries/s", r.middle("traced", commits), r.middle("traced", deliveries)),
		},
		{"  a span", fmt.Sprintf("%.0f ns, %.1f allocations", perSpan*float64(time.Second), allocations)},
	}
}

// protocolRows tell of each protocol how fast it is, and what a commit costs in it.
func (r results) protocolRows() (rows [][]string, err error) {
	for _, p := range protocols.All {
		commits := r.middle("untraced", func(f figures) float64 { return f.Commits / f.Seconds })
		traced := r["traced"][0]
		if p != protocols.Usual() {
			untraced, err := measure("untraced " + p.Run.Name)
			if err != nil {
				return nil, err
			}
			commits = untraced.Commits / untraced.Seconds
			if traced, err = measure("traced " + p.Run.Name); err != nil {
				return nil, err
			}
		}
		rows = append(rows, []string{
			p.Name + ", untraced; traced, of a commit",
			fmt.Sprintf("%.0f commits/s; %.1f messages, %.1f spans", commits, traced.Messages/traced.Commits,
				traced.Spans/traced.Commits),
		})
	}
	return rows, nil
}

// longRows tell of the very long runs: how their memory and their speed hold.
func (r results) longRows(long *figures) [][]string {
	seconds := func(f figures) float64 { return f.Seconds }
	peak := func(f figures) float64 { return f.PeakMiB }
	tenths := func(f figures) float64 { return f.LastTenth / f.FirstTenth }
	return [][]string{
		{
			"1,000,000 commits, untraced",
			fmt.Sprintf("%.1f s, %.0f MiB at most (wanted: 1024)", r.middle("million", seconds),
				slices.Max(r.each("million", peak))),
		},
		{
			"  last tenth, of the first",
			fmt.Sprintf("%.2f of the processor time (%.2f in the rounds)", r.middle("million", tenths),
				r.each("million", tenths)),
		},
		{
			"100,000 commits, traced",
			fmt.Sprintf("%.1f s, %.0f spans, a file of %.0f MiB, %.0f MiB of memory at most (wanted: 300)", long.Seconds,
				long.Spans, long.FileMiB, long.PeakMiB),
		},
	}
}

// readingRows tell what reading traces costs.
func readingRows(reading *figures) [][]string {
	const wanted = " (wanted: 0.50 and 1536 MiB)"
	return [][]string{
		{
			"the Collector's decoder, for one trace",
			fmt.Sprintf("%.2f s, %.0f spans", reading.Collector.Seconds, reading.Spans),
		},
		{"  check of one", reading.share(reading.Check, 1) + wanted},
		{"  diff of two, a message lost in one", reading.share(reading.Diff, 2) + wanted},
		{"  diff of two, of two seeds", reading.share(reading.Seeds, 2)},
	}
}
