package invariants

import (
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/history"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Options are what a checker has to know of a run.
type Options struct {
	Acceptors, Leaders, Replicas int // how many there are of each
	Window                       int // slots in phase 2 at once

	Now func() time.Duration // the time of the run, whatever the processes' clocks say
	// told of the first violation, at once; after it nothing is checked any more. May be nil
	Violated func(*check.Violation)
	Timing   Timing // what Progress is judged by

	Stopped func() bool // see history.New. May be nil
}

// Checker checks a run. It is not safe for concurrent use.
type Checker struct {
	options   Options
	events    uint64
	violation *check.Violation
	sometimes Sometimes
	figures   check.Figures
	progress  progress

	members map[protocol.Process]*member
	order   []*member // all of them, in a fixed order

	proposed map[numbered]proposed
	votes    map[numbered][]vote
	chosen   []chosen      // by slot
	known    protocol.Slot // the highest slot whose value any learner knows to be chosen
	expected protocol.Slot // up to here it is known what each slot should answer
	begun    []ballotOf    // by LeaderID: the last that each began
	counted  map[protocol.Ballot]map[protocol.Process]protocol.Promise
	demanded map[protocol.Ballot]map[protocol.Slot]protocol.Proposal

	model   history.Model
	history *history.History

	owed      protocol.Slot // what a run that finishes must have applied everywhere
	settled   bool          // owed is known
	troubled  bool          // something lasts that was done to the run
	disturbed time.Duration // when something was last done to the run: what the network does by chance is none
}

// member is what is remembered of a process.
type member struct {
	id            protocol.Process
	watched, down bool
	told          protocol.Ballot // the highest that an acceptor promised or accepted, as it said
	toldAt        check.Place
	was, now      snapshot
	applied       protocol.Slot // by its applies in this life
}

// snapshot is what of a process's state is compared from event to event.
type snapshot struct {
	role     protocol.Role
	ballot   protocol.Ballot
	promised protocol.Ballot
	applied  protocol.Slot
	known    int // how long its list of what is chosen is
}

// numbered is where a proposal belongs: PMS's number, and the slot.
type numbered struct {
	slot   protocol.Slot
	ballot protocol.Ballot
}

// proposed is a value that was proposed there, and where that was first.
type proposed struct {
	value protocol.Value
	at    check.Place
}

// vote is an acceptor's that accepted a value.
type vote struct {
	by    protocol.Process
	value protocol.Value
}

// chosen is what is chosen in a slot; a value without a command where nothing is.
type chosen struct {
	value  protocol.Value
	ballot protocol.Ballot
	at     check.Place
	clash  error     // that another value was chosen there, too
	wanted kv.Result // what it should answer; nil as long as that is not known
	result kv.Result // what who applied it first got; nil as long as nobody did
	by     check.Place
}

type ballotOf struct {
	ballot protocol.Ballot
	at     check.Place
}

var _ protocol.Invariants[*View] = (*Checker)(nil)

// New makes a checker of a run that has not begun.
func New(options Options) *Checker {
	c := &Checker{
		options: options, members: map[protocol.Process]*member{}, proposed: map[numbered]proposed{},
		votes: map[numbered][]vote{}, begun: make([]ballotOf, options.Leaders+1),
		counted:  map[protocol.Ballot]map[protocol.Process]protocol.Promise{},
		demanded: map[protocol.Ballot]map[protocol.Slot]protocol.Proposal{},
		model:    history.NewModel(), history: history.New(options.Stopped),
	}
	c.progress.bounds = boundsOf(options.Timing, options.Acceptors+options.Leaders+options.Replicas)
	add := func(kind protocol.Kind, count int) {
		for i := range count {
			m := &member{id: protocol.Process{Kind: kind, Number: uint32(i + 1)}}
			c.members[m.id] = m
			c.order = append(c.order, m)
		}
	}
	add(protocol.KindAcceptor, options.Acceptors)
	add(protocol.KindLeader, options.Leaders)
	add(protocol.KindReplica, options.Replicas)
	return c
}

// Events is how many events were checked.
func (c *Checker) Events() uint64 { return c.events }

// Violation is what did not hold; nil as long as everything does.
func (c *Checker) Violation() *check.Violation { return c.violation }

// Figures are those up to now.
func (c *Checker) Figures() *check.Figures { return &c.figures }

// Counts are how often each happened of what should happen in some runs at least.
func (c *Checker) Counts() check.Counts { return c.sometimes.Counts() }

// Disturbed says that something was done to the run that lasts until some time: Progress is promised only a while after
// it.
func (c *Checker) Disturbed(until time.Duration) { c.disturbed = max(c.disturbed, until) }

// Troubled says whether something lasts that was done to the run, such as a partition: as long as it does, Progress is
// not promised.
func (c *Checker) Troubled(on bool) { c.troubled = on }

// Client is the process that the world is to run in a client's place: what it asks for and is answered is noted.
func (c *Checker) Client(client world.Process) world.Process { return history.Watch(client, c) }

// Asked says that a client asked for something.
func (c *Checker) Asked(request kv.RequestID, command kv.Command) {
	c.history.Asked(request, command, c.options.Now())
}

// Answered says that a client got an answer.
func (c *Checker) Answered(request kv.RequestID, result kv.Result) {
	if op := c.history.Answered(request, result, c.options.Now()); op != nil {
		c.Check(&View{At: op.Ended, Event: Answered, Operation: op})
	}
}

// Settled says that the run is about to finish: what any learner knows to be chosen by now, every live one must have
// applied. What is still in flight may have more be chosen.
func (c *Checker) Settled() { c.owed, c.settled = c.known, true }

// End says that the run is over.
func (c *Checker) End(finished bool) {
	c.Check(&View{At: c.options.Now(), Event: Ended, Finished: finished})
}

// Check asks for every invariant after an event.
func (c *Checker) Check(v *View) {
	if c.violation != nil {
		return
	}
	if v.Event != Ended {
		c.events++
	}
	c.learn(v)
	for name, err := range protocol.CheckInvariants(c, v) {
		if err != nil {
			c.violation = violation(name, err, v)
			break
		}
	}
	c.remember(v)
	if c.violation != nil && c.options.Violated != nil {
		c.options.Violated(c.violation)
	}
}

// of is what is remembered of the process whose event it is; nil when it is none's, or one of a crash, which changes
// nothing that is looked at but what the process sent before.
func (c *Checker) of(v *View) *member {
	if v.Process.Number == 0 || v.State == nil || v.Event == Crashed {
		return nil
	}
	return c.members[v.Process]
}

// learn notes what the event changed, before anything is checked.
func (c *Checker) learn(v *View) {
	if m := c.of(v); m != nil {
		c.notePromise(m, v) // before anything asks what the ballot demands
	}
	c.note(v)
	if v.Process.Number == 0 {
		return
	}
	m := c.members[v.Process]
	if v.Event == Crashed {
		m.down = true
		c.Disturbed(v.At)
		c.noteLeaders(v.At)
	}
	c.noteVotes(m, v)
	for _, d := range v.Learnt {
		c.known = max(c.known, d.Slot)
	}
	if m = c.of(v); m == nil {
		return
	}
	if v.Event == Restarted {
		m.was, m.applied = snapshot{}, 0
		c.Disturbed(v.At)
	}
	changed := !m.watched || m.down || v.State.Role != m.now.role || v.State.Ballot != m.now.ballot
	m.watched, m.down = true, false
	m.now = snapshot{
		role: v.State.Role, ballot: v.State.Ballot, promised: v.State.Promised, applied: v.State.Applied,
		known: len(v.State.Chosen),
	}
	if changed {
		c.noteLeaders(v.At)
	}
}

// remember makes what this event left what the next one is compared with.
func (c *Checker) remember(v *View) {
	m := c.of(v)
	if m == nil {
		return
	}
	c.rememberBallot(m, v)
	m.was = m.now
}

// quorum is how many acceptors make a majority.
func (c *Checker) quorum() int { return c.options.Acceptors/2 + 1 }

// at is what is chosen in a slot; nil when nothing is.
func (c *Checker) at(slot protocol.Slot) *chosen {
	if int(slot) >= len(c.chosen) || c.chosen[slot].value.Command == nil {
		return nil
	}
	return &c.chosen[slot]
}
