// Package node is one process of the cluster: it takes an input, opens its span, steps the algorithm and carries out
// the effects. It is the only caller of raft.Node.Step, and with package client the only hand-written room that opens
// spans for the protocol.
//
// Where a message's path crosses this room:
//
//	node.go       the life of the process, its steps, its timeouts, and the replies that it gets
//	received.go   what other servers ask or tell: its span, and the reply to it
//	effects.go    what the algorithm wants done, one method for each effect
//	calls.go      what was asked of other servers and is not answered yet
//	requests.go   what clients asked and is not answered yet
//	election.go   the election and the leadership that this server stands in
//	journal.go    what is durable
//	bugs.go       the mistakes that can be built in here
//	identity.go   how spans are named: see design of causal ids in package world
package node

import (
	"fmt"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// Config says how a node behaves.
type Config struct {
	ID                kv.NodeID
	ElectionTimeout   world.Range   // zero: elections start only when a StartElection says so
	HeartbeatInterval time.Duration // zero: none
	RPCTimeout        time.Duration // then a call of another server is given up
	RequestTimeout    time.Duration // then a client whose command is not committed is told that the outcome is unknown
	MaxEntries        int           // in one AppendEntries, at least 1
	MaxInFlight       int           // AppendEntries with entries on the way to one follower, at least 1
	NoopOnElection    bool          // a new leader appends a no-op (§8)
	StartTerm         protocol.Term // that the disk holds from the beginning: see FirstRecord
	Bug               raft.Bug      // built in on purpose; raft.BugNone for Raft as it should be
	Observer          Observer      // told of what the state alone does not show; may be nil
}

// Observer is told what a node announces, just as its spans tell it.
type Observer interface {
	Committed(e protocol.Commit)
	Applied(e protocol.Apply, result kv.Result)
}

// Node is a server of the cluster as a process of a world.
type Node struct {
	config Config
	id     world.ProcessID
	world  world.World
	tracer spans.Tracer

	raft  *raft.Node
	store *kv.Store

	step     step
	election election
	calls    calls
	requests requests

	electionTimer, heartbeatTimer world.TimerHandle

	incarnation uint64 // how often the process started, this time included
	identity    identity
	durable     durable       // what the disk holds
	record      []byte        // room for one record of the journal
	crashedAs   protocol.Role // the role that was lost in the last crash
	failed      bool          // the disk failed: the node is as good as crashed until it is restarted
}

var (
	_ world.Process = (*Node)(nil)
	_ world.Writer  = (*Node)(nil)
)

// step is the handling of one input.
type step struct {
	cause     span.Ref       // the span of what arrived; zero when a timer ran out
	envelope  world.Envelope // what arrived; zero when a timer ran out
	persisted bool           // something was made durable, and no span says so yet

	requestVote   spans.RequestVoteServerSpan // that of what arrived, until it is answered
	appendEntries spans.AppendEntriesServerSpan

	roleChange   spans.RoleChangeSpan // that of a new leader, until its no-op is appended
	heartbeat    span.Ref             // the heartbeat round that this step opened, if any
	commit       span.Ref             // the commit that this step opened, if any
	commitParent span.Ref             // its parent, and that of its notifications
	ordinal      uint64               // tells the commit from others of the same parent
	applied      uint64               // entries applied under the commit
}

// New makes a node. A nil tracer opens no spans, and changes nothing else.
func New(config Config, tracer spans.Tracer) *Node {
	return &Node{
		config: config,
		id:     world.NewProcessID(world.NodeGroup, uint32(config.ID)),
		tracer: tracer,
		store:  kv.New(),
		raft: raft.New(raft.Config{
			ID: config.ID, MaxEntries: config.MaxEntries, MaxInFlight: config.MaxInFlight, StartTerm: config.StartTerm,
			NoopOnElection: config.NoopOnElection, Heartbeats: config.HeartbeatInterval > 0, Bug: config.Bug,
		}),
		identity: newIdentity(),
	}
}

// ID names the process: node-1 is the server 1.
func (n *Node) ID() world.ProcessID { return n.id }

// State is the state of Figure 2, to be read between two events.
func (n *Node) State() *protocol.State { return n.raft.State() }

// KnowsCluster says whether the node was ever told its peers. It knows them for good: a crash does not change the
// cluster (§6 is not part of this).
func (n *Node) KnowsCluster() bool { return len(n.raft.State().NextIndex) > 0 }

// Store is the state machine, to be read between two events.
func (n *Node) Store() *kv.Store { return n.store }

// Start implements world.Process.
func (n *Node) Start(w world.World) {
	n.world = w
	n.tracer.Follow(w)
	n.start(n.raft.State().Role)
}

// start opens and ends the incarnation's span, with what the disk held, and returns what names it.
func (n *Node) start(before protocol.Role) span.Ref {
	n.incarnation++
	ref := n.root(nameStart, n.incarnation, 0)
	if !n.tracer.On() {
		return ref
	}
	s := n.raft.State()
	last, lastTerm := protocol.LogIndex(s.Log.Len()), protocol.Term(0)
	if last > 0 {
		lastTerm = s.Log.At(int(last - 1)).Term
	}
	span := n.tracer.StartStart(span.Begin{Self: ref}, n.who(), s.VotedFor, last, lastTerm)
	if n.incarnation > 1 {
		span.SetRoleBefore(before)
	}
	span.End()
	return ref
}

// Receive implements world.Process.
func (n *Node) Receive(e world.Envelope) {
	if n.failed {
		return
	}
	n.step = step{envelope: e}
	switch payload := e.Payload.(type) {
	case protocol.SetPeers:
		n.setPeers(payload)
	case protocol.StartElection:
		n.take(payload)
	case protocol.Message:
		n.receive(payload)
	case kv.Message:
		n.receiveRequest(payload)
	default:
		panic(fmt.Sprintf("node: %s got a %T, which is no message of the protocol", n.id, payload))
	}
}

func (n *Node) setPeers(input protocol.SetPeers) {
	ref := n.root(nameSetPeers, n.incarnation, 0)
	n.take(input)
	if n.tracer.On() {
		n.tracer.StartSetPeers(span.Begin{Self: ref}, n.who(), names(input.Peers), int64(n.raft.Quorum())).End()
	}
}

// take hands an input to the algorithm and does what it wants done.
func (n *Node) take(input protocol.Input) {
	if effects, ok := n.stepWith(input); ok {
		n.carryOut(effects)
	}
}

// receiveRequest hands a message of a client to the algorithm.
func (n *Node) receiveRequest(m kv.Message) {
	e := &n.step.envelope
	n.step.cause = n.child(span.Ref{Root: uint64(e.Root), ID: uint64(e.ID)}, nameOfRequest(m), e.From, 0, e.Copy)
	n.take(protocol.Request{Message: m})
}

// receiveReply handles the answer to a call, or one that came after its call was given up.
func (n *Node) receiveReply(input protocol.Receive) {
	e := &n.step.envelope
	round := n.raft.State().Round[input.From]
	effects, ok := n.stepWith(input)
	if !ok {
		return
	}
	if open := n.calls.take(uint64(e.InReplyTo)); open != nil {
		n.step.cause = open.ref
		n.world.StopTimer(open.timer)
		n.answered(open, input.Message, open.copyAnswered(e), round, effects)
		n.calls.free(open)
	} else {
		n.traceLateReply(input, n.wentBackTo(input.From, round, effects))
	}
	if n.election.open {
		n.election.votes = n.votes()
	}
	n.carryOut(effects)
}

// traceLateReply opens and ends the span of a reply whose call is over, which may make a leader go back in its log all
// the same.
func (n *Node) traceLateReply(input protocol.Receive, next protocol.LogIndex) {
	e := &n.step.envelope
	n.step.cause = n.child(span.Ref{Root: uint64(e.Root), ID: uint64(e.ID)}, nameLateReply, e.From, 0, e.Copy)
	if !n.tracer.On() {
		return
	}
	term, _ := protocol.TermOf(input.Message)
	begin := span.Begin{Self: n.step.cause, Parent: uint64(e.ID)}
	span := n.tracer.StartLateReply(begin, n.who(), input.From.String(), input.Message.Name(), term)
	n.persistedIn(span)
	if next > 0 {
		span.SetNextIndex(next)
	}
	if e.Copy > 0 {
		span.SetCopy(int64(e.Copy))
	}
	span.End()
}

// The kinds of timers of a node.
const (
	timerElection uint8 = iota + 1
	timerHeartbeat
	timerRPC
	timerRequest
)

// Timeout implements world.Process.
func (n *Node) Timeout(t world.Timer) {
	if n.failed {
		return
	}
	n.step = step{}
	switch t.Kind {
	case timerElection:
		n.take(protocol.ElectionTimeout{})
	case timerHeartbeat:
		n.take(protocol.HeartbeatTimeout{})
	case timerRPC:
		n.giveUp(uint64(t.ID))
	case timerRequest:
		n.requests.outcomeUnknown(n, uint64(t.ID))
	}
}

// giveUp ends a call that got no reply in time.
func (n *Node) giveUp(call uint64) {
	open := n.calls.take(call)
	if open == nil {
		return
	}
	n.step.cause = open.ref
	round := n.raft.State().Round[open.peer]
	effects := n.raft.Step(protocol.RPCTimeout{Peer: open.peer, Request: open.request}) // persists nothing
	if n.tracer.On() {
		n.cameOf(open, round, effects)
		open.span().Fail(worldspans.ErrorTypeTimeout, "no reply in time")
	}
	n.calls.free(open)
	n.carryOut(effects)
}

// Crash implements world.Process. The algorithm's state is kept until Restart replaces it, so that the trace can say
// which role was lost.
func (n *Node) Crash() {
	if !n.failed { // or it is what the server was before the step in which its disk failed, and that came to nothing
		n.crashedAs = n.raft.State().Role
	}
	n.endOpen(func(s openSpan) { s.Fail(worldspans.ErrorTypeCrash, "the process crashed") })
	n.electionTimer, n.heartbeatTimer = 0, 0
}

// Restart implements world.Process. A node whose disk failed works again if its journal can be read.
func (n *Node) Restart() {
	input, err := n.replay()
	if n.failed = err != nil; n.failed {
		return
	}
	n.store = kv.New()
	n.step = step{}
	n.durable = durable{input.CurrentTerm, input.VotedFor, protocol.LogIndex(len(input.Log))}
	effects := n.raft.Step(input) // which makes nothing durable
	for i, effect := range effects {
		if change, is := effect.(protocol.RoleChange); is {
			change.From = n.crashedAs
			effects[i] = change
		}
	}
	n.step.cause = n.start(n.crashedAs)
	n.carryOut(effects)
}

// Finish implements world.Process.
func (n *Node) Finish() {
	n.endOpen(openSpan.Unfinished)
}

// openSpan is a span that something else than its own end has to end.
type openSpan interface {
	Fail(errorType, description string)
	Unfinished()
}

// endOpen ends all that is open, oldest calls first, and forgets it.
func (n *Node) endOpen(end func(openSpan)) {
	n.calls.endAll(end)
	n.requests.endAll(end)
	if n.election.open {
		end(n.election.span)
	}
	n.election = election{}
}
