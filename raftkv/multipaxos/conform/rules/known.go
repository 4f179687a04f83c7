package rules

import (
	"cmp"
	"slices"

	"github.com/raftkv/raftkv/raftkv/multipaxos/conform/kept"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	check "github.com/raftkv/raftkv/traces/conform"
)

// cluster is what is known of the processes when they have come so far.
type cluster struct {
	*check.Facts
	*check.Findings

	processes map[string]*process
	order     []string // of the processes, as they appear

	acceptors, quorum uint64
	quorumBy          *Span                     // nil while it is not known
	ballots           map[protocol.Ballot]*Span // of each, the phase 1 that began it first
	leaders           map[uint32]bool           // by their numbers, those that began a ballot
	proposals         map[numbered]proposed     // of each slot and ballot, what was asked for first
	votes             map[numbered][]vote       // of each slot and ballot, who accepted what
	chosen            map[uint64]choice         // of each slot, the value that a majority accepted first
	applied           []applied                 // of each slot from 1 on, what was applied first
	liars             map[string][]int64        // processes whose disks were made to lose something, and when
	furthest          map[string][]distance     // of each leader, the Accepts that it sent
	held              map[string]distance       // of each leader, the nearest slot that it held back
}

// numbered names a proposal by its slot and its ballot.
type numbered struct {
	slot   uint64
	ballot protocol.Ballot
}

// proposed is what a leader asked for to be accepted, and the span that does.
type proposed struct {
	kept.Value
	by *Span
}

// vote is that an acceptor accepted a value.
type vote struct {
	process string
	kept.Value
	by *Span
}

// choice is a value that is chosen, and the vote that made it so.
type choice struct {
	kept.Value
	ballot protocol.Ballot
	by     *Span
}

// applied is a value that a state machine took.
type applied struct {
	*kept.Apply
	by *Span // nil where none did
}

// distance is how far a slot is beyond what its leader knows to be chosen without a gap.
type distance struct {
	slots, slot, upto uint64
	by                *Span
}

// process is what is known of one process: all that its kind of process may have. The spans are those that say so.
type process struct {
	name   string
	at     int64 // of the step that is being looked at
	step   uint32
	starts int
	lost   bool // its disk lost what it had said that it keeps, and what it knows is not known for sure

	disk      kept.Durable
	diskBy    *Span // nil before anything is known of it
	persisted bool  // in this step
	started   *Span // in this step
	uptos     []told

	acceptor
	leader
	learner
}

// told is a number that a span tells.
type told struct {
	slot uint64
	by   *Span
}

// acceptor is what an acceptor has promised and accepted.
type acceptor struct {
	promised   protocol.Ballot
	promisedBy *Span
	accepted   map[uint64]kept.Proposal
}

// leader is what a leader does in its ballot.
type leader struct {
	role    string // empty when it is not known
	roleBy  *Span
	restart *Span // started again in this step, and has not said as what

	ballot, highest protocol.Ballot // that it began last, since it started; of which it heard
	ballotBy        *Span           // nil before the first since it started
	highestBy       *Span
	begun           protocol.Ballot // that it ever began
	begunBy         *Span
	beat            uint64
	phase           *phase
}

// phase is what a leader knows in a ballot.
type phase struct {
	first    uint64
	promises map[string]*Span // by acceptors, those that arrived while it prepared
	reported map[uint64]reported
	last     uint64 // the slot that it gave last
	pending  map[uint64]*pending
	dueLeads bool // a majority promised in this step
}

// reported is a proposal that a promise told of.
type reported struct {
	kept.Proposal
	by *Span
}

// pending is what a leader gave a slot to.
type pending struct {
	kept.Value
	by       *Span
	request  *Span // of the client that waits; nil for none
	sent     bool
	accepted map[string]*Span // by acceptors, the replies that said so
	chosen   *Span
}

// learner is what a learner knows to be chosen.
type learner struct {
	knows   map[uint64]learnt
	upto    uint64 // it knows all slots up to there
	fresh   *Span  // told something new in this step
	applied uint64
	results map[uint64]applied // of this life, by slots
}

// learnt is what a learner knows of a slot. Who asked for it, not all spans tell.
type learnt struct {
	command string
	by      *Span
}

func newCluster(f *check.Facts, found *check.Findings) *cluster {
	c := &cluster{
		Facts: f, Findings: found, processes: map[string]*process{}, ballots: map[protocol.Ballot]*Span{},
		leaders: map[uint32]bool{}, proposals: map[numbered]proposed{}, votes: map[numbered][]vote{},
		chosen: map[uint64]choice{}, liars: map[string][]int64{}, furthest: map[string][]distance{},
		held: map[string]distance{},
	}
	for _, s := range f.Spans {
		fault, is := s.Facts.(*check.Fault)
		if is && (fault.Kind == worldspans.FaultSkipSync || fault.Kind == worldspans.FaultRollback) {
			c.liars[fault.Target] = append(c.liars[fault.Target], s.Start)
		}
	}
	return c
}

func (c *cluster) process(name string) *process {
	p := c.processes[name]
	if p == nil {
		p = &process{name: name}
		p.accepted, p.knows, p.results = map[uint64]kept.Proposal{}, map[uint64]learnt{}, map[uint64]applied{}
		c.processes[name] = p
		c.order = append(c.order, name)
	}
	return p
}

// highestSlot is how high a slot may be of which something is kept: far higher than one that a run reaches whose spans
// tell of every slot, and a bound on what a wrong number can make us ask for.
func (c *cluster) highestSlot() uint64 { return 1<<16 + 64*uint64(len(c.Spans)) }

// lies says whether a process's disk was made to lose what it had said that it keeps, by now.
func (c *cluster) lies(p *process) bool {
	return slices.ContainsFunc(c.liars[p.name], func(at int64) bool { return at <= p.at+check.OneMoment })
}

// firstApplied returns what was applied first in a slot, which may be this.
func (c *cluster) firstApplied(of *Span, a *kept.Apply) applied {
	for uint64(len(c.applied)) < a.Slot {
		c.applied = append(c.applied, applied{})
	}
	if first := &c.applied[a.Slot-1]; first.by == nil {
		*first = applied{a, of}
	}
	return c.applied[a.Slot-1]
}

// holds returns what is durable of a process, as its spans tell.
func (p *process) holds() kept.Durable {
	d := p.disk
	d.Accepted, d.Chosen = uint64(len(p.accepted)), p.upto
	return d
}

// acceptedFrom returns what an acceptor accepted from a slot on, in the order of slots.
func (p *process) acceptedFrom(first uint64) []kept.Proposal {
	var all []kept.Proposal
	for slot, proposal := range p.accepted {
		if slot >= first {
			all = append(all, proposal)
		}
	}
	slices.SortFunc(all, func(a, b kept.Proposal) int { return cmp.Compare(a.Slot, b.Slot) })
	return all
}

// valuesOf returns the values that a CaughtUp told: they are listed in the call that it answers, and of one that came
// late it is only said how many there were, all of which its leader knew.
func (c *cluster) valuesOf(told *Span, f *kept.CatchUp) []kept.Proposal {
	if told.Kind.Sends {
		return f.Values
	}
	var values []kept.Proposal
	leader := c.process(told.Process)
	for slot := f.First; slot < f.First+f.Count && slot <= leader.upto; slot++ {
		if known, is := leader.knows[slot]; is {
			values = append(values, kept.Proposal{Slot: slot, Value: kept.Value{Command: known.command}})
		}
	}
	return values
}

// leads says whether a leader leads, as far as known.
func (p *process) leads() bool { return p.role == kept.Leading && p.phase != nil }
