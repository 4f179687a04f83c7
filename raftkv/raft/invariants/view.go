package invariants

import (
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/history"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Event is what happened to a process.
type Event uint8

// The events there are.
const (
	Handled   Event = iota // a server handled a message or a timer
	Crashed                // a server crashed
	Restarted              // a server started again with what its disk kept
	Answered               // a client got an answer
	Ended                  // the run is over
)

// View is what one event shows.
type View struct {
	At     time.Duration
	Event  Event
	Server kv.NodeID // none when it is no server's event

	State    *protocol.State    // the server's, after the event
	Durable  *Durable           // what its disk holds after the event
	DiskLost bool               // as it started again its disk held something else than it had said that it keeps
	Received protocol.Message   // what it handled, if it was a message of another server
	From     kv.NodeID          // who sent that
	Wrote    []protocol.Persist // what the event made durable, in order
	Sent     []Sent             // what it sent other servers, in order; with a crash, in the step that it died in
	Answers  []kv.Message       // what it answered clients, likewise
	Commits  []protocol.Commit  // what it announced to be committed, in order
	Applied  []Applied          // what it handed to its state machine, in order

	Operation *history.Operation // what a client was answered
	Finished  bool               // when the run is over: nothing was left to be done
}

// entryAt is the entry at an index that the server's log has.
func (v *View) entryAt(index protocol.LogIndex) protocol.LogEntry {
	return v.State.Log.At(int(index - 1))
}

// Sent is a message that left a server for another, with what its disk held at that moment.
type Sent struct {
	To      kv.NodeID
	Message protocol.Message

	Term     protocol.Term
	VotedFor kv.NodeID
	Last     protocol.LogIndex
}

// Applied is an entry that a state machine took, and what it answered.
type Applied struct {
	Index  protocol.LogIndex
	Entry  protocol.LogEntry
	Result kv.Result
}

// Durable is what a server's disk holds of Figure 2's persistent state: the log as a chain of hashes.
type Durable struct {
	CurrentTerm protocol.Term
	VotedFor    kv.NodeID

	log chain
}

// Write makes a record durable.
func (d *Durable) Write(p *protocol.Persist) {
	d.CurrentTerm, d.VotedFor = p.CurrentTerm, p.VotedFor
	if p.FirstIndex > 0 {
		d.log.write(p.FirstIndex, p.Entries)
	}
}

// LastIndex is the index of the last entry on the disk.
func (d *Durable) LastIndex() protocol.LogIndex { return d.log.last() }

// All are the invariants of Raft, in the spec's order.
func All() []check.Invariant {
	var all []check.Invariant
	for _, i := range protocol.AllInvariants() {
		all = append(all, check.Invariant{Name: string(i.Name), ID: i.ID, Section: i.Section, Doc: i.Doc})
	}
	return all
}

// process is the process that a server is; none for no server.
func process(id kv.NodeID) world.ProcessID {
	if id == 0 {
		return 0
	}
	return world.NewProcessID(world.NodeGroup, uint32(id))
}

// placeOf is where the event takes place that is looked at.
func placeOf(v *View) check.Place { return check.Place{At: v.At, Server: process(v.Server)} }

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
