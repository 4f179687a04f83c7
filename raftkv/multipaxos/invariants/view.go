package invariants

import (
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/history"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Event is what happened to a process.
type Event uint8

// The events there are.
const (
	Handled   Event = iota // a process handled a message or a timer
	Crashed                // a process crashed
	Restarted              // a process started again with what its disk kept
	Answered               // a client got an answer
	Ended                  // the run is over
)

// View is what one event shows.
type View struct {
	At      time.Duration
	Event   Event
	Process protocol.Process // whose event it is; of number 0 when it is none's

	State    *protocol.State     // the process's, after the event
	Durable  *Durable            // what its disk holds after the event
	Received protocol.Message    // what it handled, if it was a message of another process
	From     protocol.Process    // who sent that
	Learnt   []protocol.Decision // what the event made durable of what is chosen, in order
	Sent     []Sent              // what it sent other processes, in order; with a crash, in the step that it died in
	Answers  []kv.Message        // what it answered clients, likewise
	Chosen   []protocol.Choose   // what it took for chosen, in order
	Applied  []Applied           // what it handed to its state machine, in order

	Operation *history.Operation // what a client was answered
	Finished  bool               // when the run is over: nothing was left to be done
}

// Sent is a message that left a process for another, with what its disk held at that moment.
type Sent struct {
	To      protocol.Process
	Message protocol.Message

	Promised protocol.Ballot
	Round    protocol.Round
	Accepted protocol.Proposal // in the slot that an Accepted is about
}

// Applied is a value that a state machine took, and what it answered.
type Applied struct {
	Slot   protocol.Slot
	Value  protocol.Value
	Result kv.Result
}

// Durable is what a process's disk holds.
type Durable struct {
	Promised protocol.Ballot
	Round    protocol.Round
	Accepted map[protocol.Slot]protocol.Proposal
	Chosen   map[protocol.Slot]protocol.Value
}

func newDurable() *Durable {
	return &Durable{Accepted: map[protocol.Slot]protocol.Proposal{}, Chosen: map[protocol.Slot]protocol.Value{}}
}

// write makes a record durable, and returns what it says to be chosen.
func (d *Durable) write(record protocol.Effect) []protocol.Decision {
	if e, is := record.(protocol.PersistPromise); is {
		d.Promised = e.Promised
		for _, p := range e.Accepted {
			d.Accepted[p.Slot] = p
		}
	}
	if e, is := record.(protocol.PersistRound); is {
		d.Round = e.Round
	}
	e, is := record.(protocol.PersistChosen)
	if !is {
		return nil
	}
	for _, decision := range e.Chosen {
		d.Chosen[decision.Slot] = decision.Value
	}
	return e.Chosen
}

// below says whether a ballot is lower than another (PMMC §2).
func below(a, b protocol.Ballot) bool {
	if a.Round != b.Round {
		return a.Round < b.Round
	}
	return a.Leader < b.Leader
}

// All are the invariants of MultiPaxos, in the spec's order.
func All() []check.Invariant {
	var all []check.Invariant
	for _, i := range protocol.AllInvariants() {
		all = append(all, check.Invariant{Name: string(i.Name), ID: i.ID, Section: i.Section, Doc: i.Doc})
	}
	return all
}

// The groups of the processes, which a world knows by their names.
var groups = map[protocol.Kind]world.Group{
	protocol.KindAcceptor: world.NewGroup(protocol.KindAcceptor.String()),
	protocol.KindLeader:   world.NewGroup(protocol.KindLeader.String()),
	protocol.KindReplica:  world.NewGroup(protocol.KindReplica.String()),
}

// processID is the process in a world; none for no process.
func processID(p protocol.Process) world.ProcessID {
	if p.Number == 0 {
		return 0
	}
	return world.NewProcessID(groups[p.Kind], p.Number)
}

// processOf is the process of the protocol; none for a client.
func processOf(id world.ProcessID) protocol.Process {
	for _, kind := range protocol.KindValues() {
		if groups[kind] == id.Group() {
			return protocol.Process{Kind: kind, Number: id.Number()}
		}
	}
	return protocol.Process{}
}

// placeOf is where the event takes place that is looked at.
func placeOf(v *View) check.Place { return check.Place{At: v.At, Server: processID(v.Process)} }

// violation names what clashes.
func violation(name protocol.InvariantName, err error, v *View) *check.Violation {
	var violated check.Invariant
	for _, i := range All() {
		if i.Name == string(name) {
			violated = i
		}
	}
	return check.Violated(violated, placeOf(v), err)
}
