// Package shrink cuts a run that violates an invariant down to a scenario in which every fault and every operation is
// needed: whoever reads its story reads what matters, and nothing else.
//
// It knows no protocol, and of a run only whether an invariant is violated in it. It takes something away, has the
// run carried out, and keeps the shorter config if the same invariant is violated still. That works well because causal
// ids, and so all chance, depend on what an event is: what is taken away leaves as it was what it did not cause. Where
// too much is left, it is begun anew with other seeds. The order in which things are tried depends on the config alone,
// so the same run always shrinks to the same scenario.
//
// Read on in this order: shrink.go (how one thing is tried), ways.go (the plan), parts.go (faults, operations, links),
// settings.go (sizes, settings, time), begins.go (when operations begin), chance.go (rates), scenario.go (what is
// written).
package shrink

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/traces/words"
)

// DefaultRuns is how many runs are made at most when nobody says otherwise.
const DefaultRuns = 20_000

// Options are how to shrink. The zero Options will do.
type Options struct {
	World    World                     // where runs take place; the zero World is that of package cluster
	Runs     int                       // how many runs are made at most; 0 is DefaultRuns
	Progress func(runs int, size Size) // told after every run how many there were, and what is left; may be nil
}

// World carries out runs.
type World struct {
	// Run is what a config's run violates, nil if nothing or if the program panicked in it. An error ends the shrinking.
	Run func(context.Context, *config.Config) (*check.Violation, error)

	// Messages are those of a config's run that were lost, late or doubled by a rate or on request, in the order in
	// which their spans end.
	Messages func(context.Context, *config.Config) ([]Message, error)

	// Begins are when the operations of a config's run begin, by what spans call them, as client-2/3. Those that never
	// do are not among them.
	Begins func(context.Context, *config.Config) (map[string]time.Duration, error)
}

// Size is how much there is to read.
type Size struct {
	Faults     int // each [[fault]], and each rate of the network or of a link that is not zero
	Operations int
	Times      int // operations that begin at a time of their own
	Links      int
	Servers    int
	Clients    int
	Kind       string // what a server is called
}

// SizeOf is how much there is to read in a config.
func SizeOf(c *config.Config) Size {
	s := Size{
		Faults: len(c.Faults), Operations: c.TotalOperations(), Links: len(c.Links),
		Servers: c.Counts.Total(), Clients: c.NumClients, Kind: "server",
	}
	if len(c.Counts) == 1 {
		s.Kind = c.Counts[0].Group.String()
	}
	for _, o := range c.Operations {
		if o.At > 0 {
			s.Times++
		}
	}
	rates := []float64{c.Network.Loss, c.Network.Duplicate, c.Network.Late}
	for _, l := range c.Links {
		rates = append(rates, l.Loss, l.Duplicate, l.Late)
	}
	for _, r := range rates {
		if r > 0 {
			s.Faults++
		}
	}
	return s
}

// String is the size as a person says it.
func (s Size) String() string {
	links := ""
	if s.Links > 0 {
		links = ", " + words.Counted(s.Links, "link")
	}
	return fmt.Sprintf("%s%s and %s on %s", words.Counted(s.Faults, "fault"), links,
		words.Counted(s.Operations, "operation"), words.Counted(s.Servers, s.Kind))
}

// small says whether a person can still read it.
func (s Size) small() bool { return s.Faults <= smallFaults && s.Operations <= smallOperations }

// less says whether there is less to read than elsewhere.
func (s Size) less(other Size) bool {
	if s.small() != other.small() {
		return s.small()
	}
	if s.total() != other.total() {
		return s.total() < other.total()
	}
	return s.Times < other.Times
}

func (s Size) total() int { return s.Faults + s.Links + s.Operations + s.Servers }

// Result is what a run was cut down to.
type Result struct {
	Config    *config.Config
	Violation *check.Violation // as it is in the run of Config
	Before    Size
	After     Size
	Runs      int // that were made
	// none of the faults, operations and links can be taken away: each was tried on Config itself. False when the runs
	// were used up before
	Minimal bool

	messages []Message // what happened to the messages that Config names
}

// ErrHolds is what Shrink returns for a run that violates nothing.
var ErrHolds = errors.New("the run violates no invariant: there is nothing to shrink")

// Shrink cuts the run of a config down, and returns ctx's error as soon as it sees one.
func Shrink(ctx context.Context, c *config.Config, options Options) (*Result, error) {
	s := newShrinker(ctx, options)
	if !s.begin(c) {
		return nil, s.err
	}
	s.reduce()
	if s.err != nil {
		return nil, s.err
	}
	return s.finish(c)
}

// shrinker is a shrinking under way.
type shrinker struct {
	ctx       context.Context
	options   Options
	invariant string // that has to be violated

	state

	way     uint64          // that is gone
	known   map[uint64]bool // whether the run of a config, by its hash, violates the invariant
	runs    int
	wayEnds int  // after so many runs the way is given up; 0 for never
	spent   bool // the runs were used up
	minimal bool // the way that led furthest was gone to its end
	err     error
}

// state is how far a way has led.
type state struct {
	config    *config.Config   // the shortest so far, in its canonical form
	hash      uint64           // of config
	violation *check.Violation // of its run
}

func newShrinker(ctx context.Context, options Options) *shrinker {
	if options.Runs == 0 {
		options.Runs = DefaultRuns
	}
	if options.World.Run == nil {
		options.World.Run = run
	}
	if options.World.Messages == nil {
		options.World.Messages = messages
	}
	if options.World.Begins == nil {
		options.World.Begins = begins
	}
	return &shrinker{ctx: ctx, options: options, known: map[uint64]bool{}}
}

// begin finds the invariant, in the run with its operations written out: those that chance draws could not be taken
// away one by one.
func (s *shrinker) begin(c *config.Config) bool {
	start := written(c)
	if s.config, s.err = start.Canonical(); s.err != nil {
		return false
	}
	if s.violation = s.run(s.config); s.violation == nil {
		if s.err == nil {
			s.err = ErrHolds
		}
		return false
	}
	s.invariant = s.violation.Invariant.Name
	s.hash = s.config.Hash()
	s.known[s.hash] = true
	return true
}

// over says whether there is no use in trying anything else, at least not on this way.
func (s *shrinker) over() bool {
	return s.spent || s.err != nil || s.wayEnds > 0 && s.runs >= s.wayEnds
}

// try makes a config the shortest one so far if its run still violates the invariant.
func (s *shrinker) try(c *config.Config) bool {
	if s.over() {
		return false
	}
	given := c.Hash()
	if violates, known := s.known[given]; given == s.hash || known && !violates {
		return false // nothing was taken away, or too much
	}
	canonical, err := c.Canonical()
	if err != nil { // it makes no sense any more: a fault waits for an operation that is gone, or the like
		s.known[given] = false
		return false
	}
	hash := canonical.Hash()
	if violates, known := s.known[hash]; hash == s.hash || known && !violates {
		return false
	}
	v := s.run(canonical)
	if s.over() && v == nil {
		return false
	}
	violates := v != nil && v.Invariant.Name == s.invariant
	s.known[given], s.known[hash] = violates, violates
	if !violates {
		return false
	}
	s.state = state{canonical, hash, v}
	return true
}

// run carries out one run, as long as there are any left.
func (s *shrinker) run(c *config.Config) *check.Violation {
	if s.runs >= s.options.Runs {
		s.spent = true
		return nil
	}
	if s.err = s.ctx.Err(); s.err != nil {
		return nil
	}
	s.runs++
	var v *check.Violation
	if v, s.err = s.options.World.Run(s.ctx, c); s.err != nil {
		return nil
	}
	if s.options.Progress != nil {
		s.options.Progress(s.runs, SizeOf(s.config))
	}
	return v
}

// finish makes the scenario out of what is left.
func (s *shrinker) finish(original *config.Config) (*Result, error) {
	r := &Result{
		Config: s.config, Violation: s.violation, Before: SizeOf(original), After: SizeOf(s.config), Runs: s.runs,
		Minimal: s.minimal,
	}
	var err error
	if r.messages, err = s.options.World.Messages(s.ctx, s.config); err != nil {
		return nil, err
	}
	r.describe(original)
	r.Config, err = r.Config.Canonical()
	return r, err
}
