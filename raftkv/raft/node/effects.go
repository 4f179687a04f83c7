package node

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
)

// stepWith hands an input to the algorithm and makes durable what it wants durable, which is its first effect: then
// what follows may leave. It returns that. If the disk fails, the step has no other effect: the world has the server
// crash.
func (n *Node) stepWith(input protocol.Input) (effects []protocol.Effect, ok bool) {
	role := n.raft.State().Role
	effects = n.raft.Step(input)
	if len(effects) == 0 {
		return nil, true
	}
	e, persists := effects[0].(protocol.Persist)
	if !persists {
		return effects, true
	}
	if err := n.persist(e); err != nil {
		n.failed, n.crashedAs = true, role
		return nil, false
	}
	n.step.persisted = true
	return effects[1:], true
}

// persister is a span in which something was made durable.
type persister interface {
	Persist(term protocol.Term, votedFor kv.NodeID, lastLogIndex protocol.LogIndex)
}

// persistedIn notes what is durable now on the first span of the step that did it.
func (n *Node) persistedIn(span persister) {
	if n.step.persisted {
		n.step.persisted = false
		span.Persist(n.durable.term, n.durable.votedFor, n.durable.lastIndex)
	}
}

// carryOut does what the algorithm wants done, in its order.
func (n *Node) carryOut(effects []protocol.Effect) {
	for _, effect := range effects {
		switch e := effect.(type) {
		case protocol.Persist: // is done: see stepWith
		case protocol.Send:
			n.send(e)
		case protocol.Reply:
			n.reply(e)
		case protocol.Answer:
			n.answerRequest(e.Message)
		case protocol.Append:
			n.appended(e)
		case protocol.Commit:
			n.committed(e)
		case protocol.Apply:
			n.apply(e)
		case protocol.SetTimer:
			n.setTimer(e.Timer)
		case protocol.StopTimer:
			n.stopTimer(e.Timer)
		case protocol.RoleChange:
			n.roleChanged(e)
		}
	}
	if n.step.commit.ID != 0 && n.raft.State().Role == protocol.RoleLeader {
		n.requests.letGo(n.matchedByAll())
	}
}

// matchedByAll is the highest index up to which every server is known to hold the leader's log.
func (n *Node) matchedByAll() protocol.LogIndex {
	state := n.raft.State()
	lowest := state.CommitIndex
	for id, match := range state.MatchIndex {
		if id != 0 && kv.NodeID(id) != n.config.ID {
			lowest = min(lowest, match)
		}
	}
	return lowest
}

func (n *Node) send(e protocol.Send) {
	switch m := e.Message.(type) {
	case protocol.RequestVote:
		n.callRequestVote(e.To, m, e.Message)
	case protocol.AppendEntries:
		n.callAppendEntries(e.To, m, e.Message)
	case protocol.CommitNotification:
		n.notify(e.To, m, e.Message)
	case protocol.VoteGranted, protocol.VoteDenied, protocol.AppendEntriesOk, protocol.AppendEntriesRejected:
		panic(unanswerable(m))
	}
}

// answerRequest answers the client's request that is being handled, whose span begins and ends with that.
func (n *Node) answerRequest(m kv.Message) {
	request := n.step.envelope.Payload
	answer := n.replyWith(n.readNow(request, m))
	n.answer(n.startRequestSpan(request), answer)
}

// replyWith is a reply to the message that is being handled.
func (n *Node) replyWith(payload any) world.Envelope {
	e := &n.step.envelope
	return world.Envelope{
		ID: world.CausalID(n.step.cause.ID), Root: e.Root, From: n.id, To: e.From, InReplyTo: e.ID, Payload: payload,
	}
}

// appended has the client whose command was appended wait until it is applied. A no-op is the election's own.
func (n *Node) appended(e protocol.Append) {
	if _, noop := e.Entry.Command.(kv.Noop); noop {
		n.step.roleChange.Append(e.Index, e.Entry.Term, e.Entry.Command)
		n.endRoleChange()
		n.requests.add(e.Index, request{ref: n.election.ref})
		return
	}
	span := n.startRequestSpan(n.step.envelope.Payload)
	if span != nil {
		n.persistedIn(span)
		span.Append(e.Index, e.Entry.Term, e.Entry.Command)
	}
	n.requests.add(e.Index, n.wait(e.Entry.Request, span))
}

// committed opens the span of a commit: caused, at the leader, by the first request whose entry it commits, and at a
// follower by what told of it.
func (n *Node) committed(e protocol.Commit) {
	if n.config.Observer != nil {
		n.config.Observer.Committed(e)
	}
	parent, ordinal := n.step.cause, uint64(0)
	leading := n.raft.State().Role == protocol.RoleLeader
	if leading {
		parent = n.requests.cause(e.From+1, n.election.ref)
		if parent == n.election.ref {
			ordinal = n.election.nextCommit()
		}
	}
	n.step.commitParent, n.step.ordinal, n.step.applied = parent, ordinal, 0
	n.step.commit = n.child(parent, nameCommit, 0, ordinal, 0)
	if n.tracer.On() {
		begin := span.Begin{Self: n.step.commit, Parent: parent.ID}
		if leading {
			begin.Links = n.requests.links(e.From+1, e.To, parent, n.election.ref)
		}
		span := n.tracer.StartCommit(begin, n.who(), e.From, e.To)
		if leading {
			span.SetCommitAcknowledgedBy(names(e.AcknowledgedBy))
			span.SetQuorum(int64(n.raft.Quorum()))
		}
		span.End()
	}
}

// apply hands an entry to the state machine, and its result to the client that waits for it here.
func (n *Node) apply(e protocol.Apply) {
	result := n.execute(e.Entry)
	if n.config.Observer != nil {
		n.config.Observer.Applied(e, result)
	}
	if n.tracer.On() {
		ref := n.child(n.step.commit, nameApply, 0, n.step.applied, 0)
		begin := span.Begin{Self: ref, Parent: n.step.commit.ID}
		span := n.tracer.StartApply(begin, n.who(), e.Index, e.Entry.Term, e.Entry.Command, result.String())
		if e.Entry.Request != (kv.RequestID{}) {
			span.SetRequestID(e.Entry.Request)
		}
		span.End()
	}
	n.step.applied++
	n.requests.applied(n, e.Index, result)
}

func (n *Node) setTimer(timer protocol.Timer) {
	term := n.raft.State().CurrentTerm
	switch timer {
	case protocol.TimerElection:
		if n.config.ElectionTimeout.Max == 0 {
			return
		}
		attempt := n.identity.elections[term]
		draw := n.world.Random(drawElectionTimeout, world.RootID(n.id, drawElectionTimeout, uint64(term), attempt))
		id := world.RootID(n.id, nameElection, uint64(term)+1, n.identity.elections[term+1])
		timer := world.Timer{Kind: timerElection, ID: id}
		n.electionTimer = n.world.SetTimer(n.electionTimer, timer, n.config.ElectionTimeout.Pick(draw))
	case protocol.TimerHeartbeat:
		id := world.RootID(n.id, nameHeartbeat, uint64(term), n.identity.heartbeats[term]+1)
		timer := world.Timer{Kind: timerHeartbeat, ID: id}
		n.heartbeatTimer = n.world.SetTimer(n.heartbeatTimer, timer, n.config.HeartbeatInterval)
	}
}

func (n *Node) stopTimer(timer protocol.Timer) {
	switch timer {
	case protocol.TimerElection:
		n.world.StopTimer(n.electionTimer)
		n.electionTimer = 0
	case protocol.TimerHeartbeat:
		n.world.StopTimer(n.heartbeatTimer)
		n.heartbeatTimer = 0
	}
}

// roleChanged notes a change of the role (Figure 4) and what it means for the election and for the clients that wait.
func (n *Node) roleChanged(e protocol.RoleChange) {
	if e.From == protocol.RoleLeader {
		n.requests.leadershipLost(n)
	}
	if e.From == protocol.RoleCandidate {
		n.election.end(outcome(e.To))
	}
	if e.To == protocol.RoleCandidate {
		n.openElection()
	}
	parent, ordinal := n.step.cause, uint64(0)
	if e.To != protocol.RoleFollower {
		parent, ordinal = n.election.ref, n.election.nextRoleChange()
	}
	if n.tracer.On() {
		who := n.who()
		who.Role = e.To
		self := n.child(parent, nameRoleChange, 0, ordinal, 0)
		n.endRoleChange()
		n.step.roleChange = n.tracer.StartRoleChange(span.Begin{Self: self, Parent: parent.ID}, who, e.From, e.Event)
		n.persistedIn(n.step.roleChange)
	}
	if !e.Appends {
		n.endRoleChange()
	}
}

// endRoleChange ends the span of the role change: at once, but for a new leader's, which waits for its no-op.
func (n *Node) endRoleChange() {
	n.step.roleChange.End()
	n.step.roleChange = spans.RoleChangeSpan{}
}

func outcome(to protocol.Role) string {
	switch to {
	case protocol.RoleLeader:
		return spans.OutcomeWon
	case protocol.RoleFollower:
		return spans.OutcomeLost
	case protocol.RoleCandidate:
		return spans.OutcomeNoWinner
	}
	return ""
}

// heartbeatRound is the round that this step's AppendEntries without entries belong to: its own trace, linked to the
// election.
func (n *Node) heartbeatRound() span.Ref {
	if n.step.heartbeat.ID != 0 {
		return n.step.heartbeat
	}
	term := n.raft.State().CurrentTerm
	n.identity.heartbeats[term]++
	round := n.identity.heartbeats[term]
	n.step.heartbeat = n.root(nameHeartbeat, uint64(term), round)
	if n.tracer.On() {
		begin := span.Begin{Self: n.step.heartbeat, Links: []span.Link{n.leaderLink()}}
		n.tracer.StartHeartbeat(begin, n.who(), int64(round)).End()
	}
	return n.step.heartbeat
}
