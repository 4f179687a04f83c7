package kept

import (
	"fmt"

	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// Span is what is kept of a span.
type Span = check.Span

// Requests are the ids of the spans in which leaders handle clients' requests.
var Requests = []string{spans.PutServerID, spans.GetServerID, spans.DeleteServerID}

// Below says whether a ballot is lower than another: its round is, or else its leader (PMMC §2).
func Below(a, b protocol.Ballot) bool {
	return a.Round < b.Round || a.Round == b.Round && a.Leader < b.Leader
}

// Value is what is proposed, or chosen, in a slot. It has no request in a no-op, and where no span tells.
type Value struct{ Command, Request string }

// String is the value, as spans tell it.
func (v Value) String() string {
	if v.Request == "" {
		return words.Printable(v.Command)
	}
	return words.Printable(v.Request) + " " + words.Printable(v.Command)
}

// Proposal is a value in a slot, with its ballot where it has one.
type Proposal struct {
	Slot   uint64
	Ballot protocol.Ballot
	Value
}

// String is the proposal, as spans tell it.
func (p Proposal) String() string {
	if p.Ballot == (protocol.Ballot{}) {
		return fmt.Sprintf("%d %s", p.Slot, p.Value)
	}
	return fmt.Sprintf("%d@%s %s", p.Slot, p.Ballot, p.Value)
}

// Texts are the first few of some proposals, as spans tell them.
func Texts(all []Proposal) []string {
	var texts []string
	for i, p := range all {
		if i == 3 {
			return append(texts, "…")
		}
		texts = append(texts, p.String())
	}
	return texts
}

// Durable is what a process made durable, or read back: what its kind of process keeps.
type Durable struct {
	Promised protocol.Ballot // of an acceptor
	Accepted uint64          // in how many slots it accepted something
	Round    uint64          // of a leader
	Chosen   uint64          // of a leader and a replica: up to where it knows every value
}

// Start is what a process that starts knows.
type Start struct {
	Durable
	Before string // the role that a leader had when it crashed; empty for none
}

// Proposed is a value that a leader gave a slot.
type Proposed struct {
	Slot            uint64
	Command, Source string
}

// Request is a client's request at a leader.
type Request struct {
	clients.Request
	Ballot   protocol.Ballot
	Proposed []Proposed // one at most
}

// Slot is the one that it was given; 0 for none.
func (r *Request) Slot() uint64 {
	if len(r.Proposed) == 0 {
		return 0
	}
	return r.Proposed[0].Slot
}

// Phase1 is the first phase of a ballot.
type Phase1 struct {
	Ballot                             protocol.Ballot
	First, Acceptors, Quorum, Promises uint64
	Outcome                            string
}

// RoleChange is a change of a leader's role.
type RoleChange struct {
	Ballot      protocol.Ballot
	From, Event string // empty if there is none such
	Proposed    []Proposed
}

// Prepare is what a Prepare says, and its reply.
type Prepare struct {
	Ballot         protocol.Ballot
	First, Attempt uint64
	Promised       protocol.Ballot // in the acceptor's span after handling; in the leader's as a refusal says
	Accepted       []Proposal
}

// Accept is what an Accept says, and its reply.
type Accept struct {
	Ballot protocol.Ballot
	Slot   uint64
	Value
	Attempt  uint64
	Promised protocol.Ballot // see Prepare
}

// Late is what a reply says that came late: what is promised, if it is a refusal.
type Late struct{ Promised protocol.Ballot }

// Chosen is a value of which a leader takes for known that it is chosen.
type Chosen struct {
	Ballot protocol.Ballot
	Slot   uint64
	Value
	By     []string
	Quorum uint64
}

// Processes returns who accepted it.
func (c *Chosen) Processes() []string { return c.By }

// Commit tells what is chosen in a slot.
type Commit struct {
	Ballot  protocol.Ballot
	Slot    uint64
	Command string
	Upto    uint64 // of the receiver: up to where it knows every value after handling
}

// Apply is a value that a state machine took.
type Apply struct {
	Slot, Upto uint64
	Value
	Result string
}

// Beat is a heartbeat round, or a heartbeat.
type Beat struct {
	Ballot protocol.Ballot
	Number uint64
	Upto   uint64 // in the leader's spans, what it tells; in the receiver's, what that knows
}

// CatchUp is what a CatchUp says, and its reply.
type CatchUp struct {
	First, Attempt, Count uint64
	Upto                  uint64 // as its process knows by itself
	Values                []Proposal
}

// BallotOf returns the ballot that a leader says of itself in a span; false where it says none.
func BallotOf(s *Span) (ballot protocol.Ballot, says bool) {
	switch f := s.Facts.(type) {
	case *Request:
		return f.Ballot, true
	case *Phase1:
		return f.Ballot, true
	case *RoleChange:
		return f.Ballot, true
	case *Prepare:
		return f.Ballot, s.Kind.Sends
	case *Accept:
		return f.Ballot, s.Kind.Sends
	case *Chosen:
		return f.Ballot, true
	case *Commit:
		return f.Ballot, s.Kind.Sends
	case *Beat:
		return f.Ballot, !s.Kind.Receives
	}
	return ballot, false
}
