// Package sim is the deterministic world: processes in virtual time, with a network, disks and faults, in one
// goroutine. It knows no protocol: it moves envelopes between processes, and never looks inside.
//
// A run is a function of its Config and its processes. Two properties make it comparable with another run that differs
// in one thing:
//
//   - What happens to an event is drawn by its causal id, never from a shared stream, so that one event more or less
//     shifts what chance does to nobody.
//   - Events take place in an order that depends on what they are (time, process, kind, causal id, copy), never on when
//     they were scheduled.
//
// A process has a mailbox, and is busy for a while with each message and each timer, one after the other in the order
// of their arrival. It handles them at the end of that while. So a crash kills a step that is under way without a trace
// of it, and whatever a step does takes place at one moment.
//
// Faults are methods that take effect at once (faults.go): Crash, Restart, Rollback, Pause, Slow, Stall, Skew, Rate,
// SkipSync, LoseUnsynced, Cut, and Heal, which undoes what lasts. They are called before Run, at a time (At), or from
// within Config.After and Config.Sent when something has come true. A fault draws nothing from a stream that another
// draw could shift, and undoes nothing that happened: so one fault more at a time leaves all that was before it as it
// was.
//
// What a message meets is decided in one place, when it is sent (see decide); what a process is spared, when it arrives
// (see arrive). What is on its way when a link is cut arrives.
package sim

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
)

// Config is what a run depends on, besides its processes.
type Config struct {
	Seed        uint64
	Latency     world.Range   // of each copy of a message, each way
	StepTime    world.Range   // how long a process is busy with a message or a timer
	Loss        float64       // the probability that a copy is lost
	Duplicate   float64       // the probability that there is a second copy
	Late        float64       // the probability that a copy is late, lost or not
	LateBy      world.Range   // by how much it is then
	MaxDuration time.Duration // virtual; the run ends then in any case. Zero is no limit
	Rollbacks   bool          // whether disks remember what they held when, for Rollback

	// Links are directed links with rates of their own. What is drawn about a message is the same as on any other link,
	// and compared with other rates.
	Links []Link

	// Counterfactuals, by the id of the message. They are done to its first copy, and go before what the seed would have
	// had happen: Duplicated adds a second copy, which arrives even if the first is dropped.
	Drop       []world.CausalID
	Duplicated []world.CausalID
	Delay      map[world.CausalID]time.Duration

	// Latencies, if not nil, is what the latency of every message that is not lost is drawn from, in their order: a shared
	// stream, which is what this world exists to do without. It is for tests, which plant one and see what that breaks.
	Latencies func() uint64

	// After, if not nil, is called after every event that a process handled, and once more after those that it caused
	// itself: here conditions are watched, and faults done when they have come true.
	After func()

	// Sent, if not nil, is told of every message as soon as it is on its way, and what the network does to it. Of one
	// with the fate Drop the first copy is lost, and nothing more is told of it. The process that sent it is still
	// within its handler: a fault that kills it here has it send and set nothing more, and its Crash is called when the
	// handler returns.
	Sent func(e *world.Envelope, fate world.Fate)

	// Handled, if not nil, is told of every copy of a message that a process has handled.
	Handled func(e *world.Envelope)

	// Lost, if not nil, is told of every copy of a message that arrived and is lost: its receiver is down, or crashed
	// before it had handled it.
	Lost func(e *world.Envelope)

	// Finished is asked after every event that a process handled, when After has returned. Once it is true, timers stop,
	// those that wait in a mailbox too; what is in flight is handled to the end, but for what waits for a process that is
	// paused; then the run ends, and waits for nothing that is still to come from outside. Nil is never.
	Finished func() bool
}

// Outcome is what a run came to.
type Outcome struct {
	End time.Duration // the time of the last event, or MaxDuration
	// Config.Finished was met, and all that was in flight then was handled. If not, nothing was left to happen, or
	// MaxDuration was reached
	Finished   bool
	Deliveries uint64 // messages and timers handled, words from outside included
	Messages   uint64 // sent, each counted once however many copies there were
	Duplicated uint64 // second copies
	// copies that no process handled: dropped on the way, sent to or by a process that was down, or with one when it
	// crashed
	Lost  uint64
	Unmet []world.CausalID // the counterfactuals' ids that no message had, in order
}

// Sim is one run: made by New, given its processes and what happens to them, and run once.
type Sim struct {
	config Config
	dice   dice
	asked  map[world.CausalID]*counterfactual
	limit  time.Duration

	rates   rates           // of every link but those
	links   map[link]*rates // with rates of their own
	cuts    map[link]bool
	fragile bool // something may happen to a message besides its latency, even if no link is cut
	meddles bool // something may happen to a message besides its latency

	actors []*actor
	groups []group // those that there are processes of: a few
	plans  []plan
	early  []func() // faults of before the run
	words  []world.Envelope
	calls  []func() // what At was told to do
	wrong  []error

	now      time.Duration
	moments  moments // of what is done to the world
	queue    queue
	flights  flights
	open     int // messages in flight, in a mailbox or being handled, and timers being handled
	running  bool
	unseen   bool // a process handled something that Config.After was not called for
	draining bool // Config.Finished was met
	stopped  bool // by Stop
	over     bool
	outcome  Outcome
}

// group are the processes of one group.
type group struct {
	id     world.Group
	actors []*actor // by number
}

// plan is something that was scheduled before the processes were all known.
type plan struct {
	at   time.Duration
	kind kind
	to   world.ProcessID
	id   world.CausalID
	ref  uint32
}

// New makes a world without processes.
func New(c Config) *Sim {
	s := &Sim{
		config: c, moments: noMoments, dice: diceFor(c.Seed), asked: counterfactuals(&c), limit: math.MaxInt64,
		rates: rates{loss: c.Loss, duplicate: c.Duplicate, late: c.Late, latency: c.Latency, lateBy: c.LateBy},
		cuts:  map[link]bool{},
	}
	s.addLinks()
	s.fragile = c.Loss > 0 || c.Duplicate > 0 || c.Late > 0 || len(s.asked) > 0 || len(s.links) > 0
	s.meddles = s.fragile
	if c.MaxDuration > 0 {
		s.limit = c.MaxDuration
	}
	return s
}

// Add puts a process into the world, before Run. Processes start in the order of the calls, and nothing
// else depends on it.
func (s *Sim) Add(p world.Process) {
	id := p.ID()
	if id.Number() >= maxProcesses || len(s.actors) == maxProcesses {
		s.fail("process %#x: a number must be below %d", uint64(id), maxProcesses) // it is that of a table
		return
	}
	if s.find(id) != nil {
		s.fail("there are two processes %s", id)
		return
	}
	a := &actor{sim: s, process: p, id: id, inside: true, rate: trueRate, moments: noMoments}
	a.disk.owner = a
	s.actors = append(s.actors, a)
	g := s.group(id.Group())
	if g == nil {
		s.groups = append(s.groups, group{id: id.Group()})
		g = &s.groups[len(s.groups)-1]
	}
	for uint32(len(g.actors)) <= id.Number() {
		g.actors = append(g.actors, nil)
	}
	g.actors[id.Number()] = a
}

// group is that of a number, nil if no process is of it.
func (s *Sim) group(id world.Group) *group {
	for i := range s.groups {
		if s.groups[i].id == id {
			return &s.groups[i]
		}
	}
	return nil
}

// find is the process with an id, nil if there is none.
func (s *Sim) find(id world.ProcessID) *actor {
	if g := s.group(id.Group()); g != nil && id.Number() < uint32(len(g.actors)) {
		return g.actors[id.Number()]
	}
	return nil
}

// Tell has a word from outside come to a process, with no sender and no network between: it takes the process's time
// like a message. Words that agree in time, process and id come in the order of the calls.
func (s *Sim) Tell(at time.Duration, to world.ProcessID, id world.CausalID, payload any) {
	s.words = append(s.words, world.Envelope{ID: id, Root: id, To: to, Payload: payload})
	s.schedule(plan{at: at, kind: kindWord, to: to, id: id, ref: uint32(len(s.words) - 1)})
}

// At has something done at a virtual time: a fault, as a rule. It takes place before anything that happens to a process
// at that time, and with others of the same time in the order of their ids, then of the calls. What is yet to be done
// does not keep a run from finishing. A time that has passed is now.
func (s *Sim) At(at time.Duration, id world.CausalID, do func()) {
	s.calls = append(s.calls, do)
	s.queue.push(calledFor(max(at, s.now), id, uint32(len(s.calls)-1)))
}

// schedule takes a plan before the run and, for what depends on the run itself, within a handler; what would have been
// earlier takes place now.
func (s *Sim) schedule(p plan) {
	if !s.running {
		s.plans = append(s.plans, p)
		return
	}
	to := s.find(p.to)
	if to == nil {
		s.fail("there is no process %s to do anything to at %s", p.to, p.at)
		return
	}
	s.queue.push(event{at: max(p.at, s.now), id: p.id, rank: to.rank(p.kind), ref: p.ref})
}

func (s *Sim) fail(format string, args ...any) {
	s.wrong = append(s.wrong, fmt.Errorf("sim: "+format, args...))
}

// Now is the time of the event that is taking place, for the functions of Config to look at.
func (s *Sim) Now() time.Duration { return s.now }

// Stop has the run end as soon as the event that is taking place did: what is in flight stays unhandled.
func (s *Sim) Stop() { s.stopped = true }

// Run has everything happen, and tells what it came to. It returns ctx's error as soon as it sees one, and an error if
// the world was set up wrongly; in both cases the processes are in no state to be looked at.
func (s *Sim) Run(ctx context.Context) (Outcome, error) {
	if s.running || s.over {
		return Outcome{}, errors.New("sim: a world runs once")
	}
	s.begin()
	if err := s.loop(ctx); err != nil {
		return Outcome{}, err
	}
	s.over, s.draining = true, true
	for _, a := range s.actors {
		a.enter()
		a.process.Finish()
	}
	s.outcome.End = s.now
	s.outcome.Unmet = s.unmet()
	return s.outcome, nil
}

// Abandon ends a run that a panic in a process stopped: each process is told that it is over, as far as it can take
// that in.
func (s *Sim) Abandon() {
	if s.over {
		return
	}
	s.over = true
	for _, a := range s.actors {
		a.abandon()
	}
}

// abandon tells a process that the run is over. One whose state the panic left in pieces may panic again.
func (a *actor) abandon() {
	defer func() { _ = recover() }()
	a.process.Finish()
}

// begin starts the processes, in the order in which they were added.
func (s *Sim) begin() {
	s.running = true
	added := slices.Clone(s.actors)
	slices.SortFunc(s.actors, func(a, b *actor) int {
		if a.id < b.id {
			return -1
		}
		return 1
	})
	for i, a := range s.actors {
		a.index = uint32(i)
	}
	for _, p := range s.plans {
		s.schedule(p)
	}
	s.checkLinks()
	for _, do := range s.early {
		do()
	}
	if len(s.wrong) > 0 {
		return
	}
	for _, a := range added {
		a.enter()
		a.process.Start(a)
		a.catchUp()
	}
	if s.unseen {
		s.settle()
	}
}

// after is the time a while after another, within what a duration can hold.
func after(at, d time.Duration) time.Duration {
	if d <= 0 {
		return at
	}
	if at > math.MaxInt64-d {
		return math.MaxInt64
	}
	return at + d
}
