package node

import (
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// receive hands a message of another server to the algorithm. Its span begins before those of what comes of it.
func (n *Node) receive(m protocol.Message) {
	e := &n.step.envelope
	input := protocol.Receive{From: serverOf(e.From), Message: m}
	if e.InReplyTo != 0 {
		n.receiveReply(input)
		return
	}
	n.step.cause = n.child(span.Ref{Root: uint64(e.Root), ID: uint64(e.ID)}, nameOfMessage(m), e.From, 0, e.Copy)
	effects, ok := n.stepWith(input)
	if !ok {
		return
	}
	n.traceReceived(m, effects)
	n.carryOut(effects)
}

// traceReceived opens the span of a message of another server, before those of what comes of it: a cause begins first.
// That of a request ends when it is answered.
func (n *Node) traceReceived(m protocol.Message, effects []protocol.Effect) {
	switch m := m.(type) {
	case protocol.RequestVote:
		if reply, answered := replyAmong(effects); answered {
			n.step.requestVote = n.traceRequestVote(m, reply)
		}
	case protocol.AppendEntries:
		if reply, answered := replyAmong(effects); answered {
			n.step.appendEntries = n.traceAppendEntries(m, reply)
		}
	case protocol.CommitNotification:
		n.traceNotification(m)
	case protocol.VoteGranted, protocol.VoteDenied, protocol.AppendEntriesOk, protocol.AppendEntriesRejected:
		// a reply is told by the span of its call
	}
}

// replyAmong finds the reply among the effects of a step.
func replyAmong(effects []protocol.Effect) (reply protocol.Reply, answered bool) {
	for _, effect := range effects {
		if reply, answered = effect.(protocol.Reply); answered {
			return reply, true
		}
	}
	return protocol.Reply{}, false
}

func (n *Node) traceRequestVote(m protocol.RequestVote, e protocol.Reply) (started spans.RequestVoteServerSpan) {
	if !n.tracer.On() {
		return started
	}
	request := &n.step.envelope
	begin := span.Begin{Self: n.step.cause, Parent: uint64(request.ID)}
	started = n.tracer.StartRequestVoteServer(begin, n.who(), request.From.String(),
		m.Term, m.LastLogIndex, m.LastLogTerm, n.raft.State().VotedFor)
	n.persistedIn(started)
	if e.Reason != protocol.ReasonNone {
		started.SetReason(e.Reason)
	}
	if request.Copy > 0 {
		started.SetCopy(int64(request.Copy))
	}
	return started
}

func (n *Node) traceAppendEntries(m protocol.AppendEntries, e protocol.Reply) (started spans.AppendEntriesServerSpan) {
	if !n.tracer.On() {
		return started
	}
	request := &n.step.envelope
	begin := span.Begin{Self: n.step.cause, Parent: uint64(request.ID)}
	last := protocol.LogIndex(n.raft.State().Log.Len())
	started = n.tracer.StartAppendEntriesServer(begin, n.who(), request.From.String(),
		m.Term, m.PrevLogIndex, m.PrevLogTerm, int64(len(m.Entries)), m.LeaderCommit, last)
	n.persistedIn(started)
	if len(m.Entries) > 0 {
		started.SetEntries(describe(m.PrevLogIndex+1, m.Entries))
	}
	if ok, is := e.Message.(protocol.AppendEntriesOk); is {
		started.SetMatchIndex(ok.MatchIndex)
	}
	if rejected, is := e.Message.(protocol.AppendEntriesRejected); is {
		started.SetConflictIndex(rejected.ConflictIndex)
		started.SetConflictTerm(rejected.ConflictTerm)
		started.SetReason(e.Reason)
	}
	if request.Copy > 0 {
		started.SetCopy(int64(request.Copy))
	}
	return started
}

func (n *Node) traceNotification(m protocol.CommitNotification) {
	if !n.tracer.On() {
		return
	}
	e := &n.step.envelope
	producer := span.Ref{Root: uint64(e.Root), ID: uint64(e.ID)}
	links := []span.Link{worldspans.LinkTo(producer, worldspans.LinkProducer)}
	begin := span.Begin{Self: n.step.cause, Parent: producer.ID, Links: links}
	span := n.tracer.StartCommitNotificationConsumer(begin, n.who(), e.From.String(), m.Term, m.LeaderCommit)
	n.persistedIn(span)
	if e.Copy > 0 {
		span.SetCopy(int64(e.Copy))
	}
	span.End()
}

// reply answers the server's request that is being handled, and so ends its span.
func (n *Node) reply(e protocol.Reply) {
	answer := n.replyWith(e.Message)
	switch m := n.step.envelope.Payload.(protocol.Message); m.(type) {
	case protocol.RequestVote:
		world.NoteFate(n.step.requestVote, n.world.Send(answer))
		n.step.requestVote.End(e.Message.Name())
	case protocol.AppendEntries:
		world.NoteFate(n.step.appendEntries, n.world.Send(answer))
		n.step.appendEntries.End(e.Message.Name())
	case protocol.CommitNotification, protocol.VoteGranted, protocol.VoteDenied, protocol.AppendEntriesOk,
		protocol.AppendEntriesRejected:
		panic(unanswerable(m))
	}
}
