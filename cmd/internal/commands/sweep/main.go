// Package sweep is the command that runs many seeds of a scenario or of a profile of faults, checks every invariant in
// each, and tells in a table what they were like.
package sweep

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/traces/record"
)

// Main is the command: what it was called with, where it writes, and the status it exits with.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	options, err := parseFlags(args)
	switch {
	case err != nil:
		return flags.Failed(err, usage, stdout, stderr)
	case options.list:
		next := command.Line("sweep", "-seeds", "1-1000", "-faults", "crashes", "default")
		return command.Printed(library.List(stdout, next), stderr)
	case options.merge:
		r, err := mergeFiles(options.files)
		if err != nil {
			return command.Failed(stderr, err)
		}
		return conclude(r, options, stdout, stderr)
	}
	if err := record.ClearEnvironment(); err != nil {
		return command.Failed(stderr, err)
	}
	s, err := newSweep(options)
	if err != nil {
		return command.Failed(stderr, err)
	}
	if len(options.find) > 0 {
		return find(ctx, s, options, stdout, stderr)
	}
	bar := terminal.NewProgress(stderr, "seeds", int(s.report.Shard.count(s.report.Seeds)))
	s.progress = func(done uint64) { bar.Set(int(done)) }
	err = s.do(ctx)
	bar.Done()
	if err != nil && !s.report.Broken {
		return command.Failed(stderr, err)
	}
	status := conclude(&s.report, options, stdout, stderr)
	if err != nil {
		status = command.Failed(stderr, err)
	}
	return status
}

// newSweep makes ready to run seeds. What is wrong with the config is wrong with that of the first seed already.
func newSweep(o options) (*sweep, error) {
	configOf, err := configs(o)
	if err != nil {
		return nil, err
	}
	first, err := configOf(o.seeds.First)
	if err != nil {
		return nil, err
	}
	_, impossible := first.Expecting("-find", o.find)
	if impossible != nil && o.scenario != "" {
		return nil, impossible // a profile that draws the cluster may draw one for another seed that has what is asked for
	}
	return &sweep{
		workers: processors(), impossible: impossible,
		report: report{
			Format: format, Build: cluster.Build(&first.Row().Run), Protocol: named(first.Row()), Run: o.run(),
			Config: fmt.Sprintf("%016x",
				first.Hash()), Seeds: o.seeds, Shard: o.shard,
			Keep: o.keepGoing || o.shard.Of > 1 ||
				len(o.find) > 0, Checked: o.check, Figures: newFigures(), Violations: []violation{},
		},
		run: func(ctx context.Context, seed uint64) (ran, error) {
			c, err := configOf(seed)
			switch {
			case err != nil:
				return ran{}, err
			case o.check:
				return checked(ctx, c)
			}
			if len(o.find) > 0 {
				return meeting(ctx, c, o.find)
			}
			result, err := cluster.New(c, cluster.Options{Tuned: true}).Run(ctx)
			return ran{Result: result}, err
		},
	}, nil
}

// named is the name of a protocol; empty for that of a config that names none.
func named(p *whole.Protocol) string {
	if p == protocols.Unnamed() {
		return ""
	}
	return p.Run.Name
}

// configs returns the config of each seed.
func configs(o options) (func(seed uint64) (*config.Config, error), error) {
	if _, err := library.Request(o.scenario, o.faults, nil); err != nil {
		return nil, err
	}
	return func(seed uint64) (*config.Config, error) {
		overrides := append(o.overrides[:len(o.overrides):len(o.overrides)],
			config.SetKey("-seeds", "seed", strconv.FormatUint(seed, 10)))
		request, err := library.Request(o.scenario, o.faults, overrides)
		if err != nil {
			return nil, err
		}
		resolved, err := config.Resolve(request)
		if err != nil {
			return nil, err
		}
		return resolved.Config, nil
	}, nil
}

// run is what of a command line of cmd/run makes one of the runs, but for its seed.
func (o *options) run() string {
	var words []string
	if o.faults != "" {
		words = append(words, "-faults", o.faults)
	}
	words = append(words, o.words...)
	if o.scenario != "" {
		words = append(words, o.scenario)
	}
	for i, word := range words {
		words[i] = command.ShellWord(word)
	}
	return strings.Join(words, " ")
}

// conclude prints what was asked for, tells what is wrong, and says how the sweep ended.
func conclude(r *report, o options, stdout, stderr io.Writer) int {
	var err error
	switch {
	case o.quiet:
	case o.json:
		err = json.NewEncoder(stdout).Encode(r)
	default:
		t := table{
			report: r, style: terminal.StyleOf(stdout), plots: terminal.PlotsFor(stdout),
			width: min(widest, terminal.Width(stdout)),
		}
		_, err = io.WriteString(stdout, t.String())
	}
	status := command.Printed(err, stderr)
	if never := r.never(); o.demand && len(never) > 0 {
		status = max(status, command.Violation)
		text := fmt.Sprintf("%s in %s: %s", terminal.StyleOf(stderr).Red("never happened"), r.Seeds,
			strings.Join(never, ", "))
		_, _ = io.WriteString(stderr, terminal.Paragraph("", "  ", text, min(widest, terminal.Width(stderr))))
	}
	if !r.wrong() {
		return status
	}
	if !o.json { // which has them all
		style, width := terminal.StyleOf(stderr), min(widest, terminal.Width(stderr))
		// the exit status tells those who cannot be told
		_, _ = io.WriteString(stderr, r.panics(style, width)+r.violations(style, width)+r.findings(style, width))
	}
	return max(status, command.Violation)
}

// again is the command that shows one of the runs.
func (r *report) again(seed uint64) string {
	return strings.TrimRight(command.Line("run", "-seed", strconv.FormatUint(seed, 10))+" "+r.Run, " ")
}

// panics tells all of them, each with the calls that led to it and the command that shows it again.
func (r *report) panics(style terminal.Style, width int) string {
	var b strings.Builder
	for _, p := range r.Panics {
		b.WriteString(terminal.Paragraph("", "    ",
			fmt.Sprintf("%s with seed %d at %s: %s", style.Red("panic"), p.Seed, p.At, p.Reason), width))
		for _, call := range p.Stack {
			b.WriteString("    " + call + "\n")
		}
		b.WriteString("  " + r.again(p.Seed) + "\n")
	}
	return b.String()
}

// violations tells all of them in lines of a width, each with the command that shows it again.
func (r *report) violations(style terminal.Style, width int) string {
	var b strings.Builder
	for _, v := range r.Violations {
		text := fmt.Sprintf("%s with seed %d at %s: %s (%s, %s): %s, but %s", style.Red("violation"), v.Seed, v.At,
			v.Invariant, v.ID, v.Section, v.Facts[0], v.Facts[1])
		if v.LyingDisk {
			text += fmt.Sprintf(" (a disk lied before, and %s relies on that none does)", r.protocol().Name)
		}
		b.WriteString(terminal.Paragraph("", "    ", text, width) + "  " + r.again(v.Seed) + "\n")
	}
	return b.String()
}
