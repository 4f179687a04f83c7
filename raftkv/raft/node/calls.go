package node

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// call is a request to another server that is not answered yet. One of its two spans is on.
type call struct {
	ref     span.Ref
	peer    kv.NodeID
	request protocol.Message
	caller  spans.Who // when it opened the call
	timer   world.TimerHandle

	requestVote   spans.RequestVoteClientSpan
	appendEntries spans.AppendEntriesClientSpan
}

// callSpan is the span of a call: the two kinds have it in common.
type callSpan interface {
	openSpan
	persister
	On() bool
	SetAnsweredCopy(int64)
	SetEndTerm(protocol.Term)
	SetEndRole(protocol.Role)
	End(reply string, term protocol.Term)
}

// answered ends the call's span with what the reply says, which is to this copy of the request, and with what came of
// it.
func (n *Node) answered(
	c *call, reply protocol.Message, copyNumber int64, round protocol.Round, effects []protocol.Effect,
) {
	if !n.tracer.On() {
		return
	}
	span := c.span()
	n.persistedIn(span)
	if copyNumber > 0 {
		span.SetAnsweredCopy(copyNumber)
	}
	if m, is := reply.(protocol.AppendEntriesOk); is {
		c.appendEntries.SetMatchIndex(m.MatchIndex)
	}
	if m, is := reply.(protocol.AppendEntriesRejected); is {
		c.appendEntries.SetConflictIndex(m.ConflictIndex)
		c.appendEntries.SetConflictTerm(m.ConflictTerm)
	}
	n.cameOf(c, round, effects)
	term, _ := protocol.TermOf(reply)
	span.End(reply.Name(), term)
}

// cameOf says on a call's span what came of the answer, or of there being none: where the leader goes on if it went
// back in its log, and who the caller is by now.
func (n *Node) cameOf(c *call, round protocol.Round, effects []protocol.Effect) {
	if next := n.wentBackTo(c.peer, round, effects); next > 0 && c.appendEntries.On() {
		c.appendEntries.SetNextIndex(next)
	}
	span, who := c.span(), n.who()
	if who.Term != c.caller.Term {
		span.SetEndTerm(who.Term)
	}
	if who.Role != c.caller.Role {
		span.SetEndRole(who.Role)
	}
}

// wentBackTo is where a leader goes on that went back in its log for a follower, since its round with it was another
// one: what it sends first then begins there. It is 0 where the leader did not go back.
func (n *Node) wentBackTo(peer kv.NodeID, round protocol.Round, effects []protocol.Effect) protocol.LogIndex {
	if n.raft.State().Round[peer] == round {
		return 0
	}
	for _, effect := range effects {
		send, is := effect.(protocol.Send)
		if m, entries := send.Message.(protocol.AppendEntries); is && entries && send.To == peer && len(m.Entries) > 0 {
			return m.PrevLogIndex + 1
		}
	}
	return 0
}

// copyAnswered is the number of the copy of the call's request that was answered by this reply: the network makes two
// at most, and a reply is named by what it answers.
func (c *call) copyAnswered(reply *world.Envelope) int64 {
	second := world.CausalID(c.ref.ID).Child(nameOfMessage(c.request), process(c.peer), reply.To, 0, 1)
	if reply.ID == second {
		return 1
	}
	return 0
}

func (c *call) span() callSpan {
	if c.requestVote.On() {
		return c.requestVote
	}
	return c.appendEntries
}

// calls are the open calls in the order in which they were opened: few enough that a look through them beats a map,
// whose order would reach the trace.
type calls struct {
	open []*call
	pool []*call
}

func (cs *calls) add() *call {
	var c *call
	if last := len(cs.pool) - 1; last >= 0 {
		c, cs.pool = cs.pool[last], cs.pool[:last]
	} else {
		c = new(call)
	}
	cs.open = append(cs.open, c)
	return c
}

// take removes the call that the id names from the open ones; nil when there is none.
func (cs *calls) take(id uint64) *call {
	for i, c := range cs.open {
		if c.ref.ID == id {
			cs.open = slices.Delete(cs.open, i, i+1)
			return c
		}
	}
	return nil
}

// find is the open call that the id names; nil when there is none.
func (cs *calls) find(id uint64) *call {
	for _, c := range cs.open {
		if c.ref.ID == id {
			return c
		}
	}
	return nil
}

// free hands a call that was taken back for another use.
func (cs *calls) free(c *call) {
	*c = call{}
	cs.pool = append(cs.pool, c)
}

func (cs *calls) endAll(end func(openSpan)) {
	for _, c := range cs.open {
		end(c.span())
	}
	cs.open = nil
}

// callRequestVote asks a server for its vote (§5.2). The message comes boxed as well: boxing it again would cost an
// allocation.
func (n *Node) callRequestVote(to kv.NodeID, m protocol.RequestVote, boxed protocol.Message) {
	ordinal := n.election.nextVoteRequest(to)
	election := n.election.ref
	ref := n.child(election, nameRequestVote, process(to), ordinal, 0)
	c := n.calls.add()
	c.ref, c.peer, c.request, c.caller = ref, to, boxed, n.who()
	if n.tracer.On() {
		begin := span.Begin{Self: ref, Parent: election.ID}
		if ordinal > 0 {
			previous := n.child(election, nameRequestVote, process(to), ordinal-1, 0)
			begin.Links = []span.Link{worldspans.LinkTo(previous, worldspans.LinkPrevious)}
		}
		c.requestVote = n.tracer.StartRequestVoteClient(begin, n.who(), to.String(), int64(ordinal)+1,
			m.LastLogIndex, m.LastLogTerm)
	}
	world.NoteFate(c.requestVote, n.dispatch(c, election.Root))
}

// callAppendEntries replicates entries to a follower, or tells it that the leader is alive (§5.3, §5.2).
func (n *Node) callAppendEntries(to kv.NodeID, m protocol.AppendEntries, boxed protocol.Message) {
	parent, ordinal, attempt, previous := n.causeOfAppendEntries(to, m)
	ref := n.child(parent, nameAppendEntries, process(to), ordinal, 0)
	if len(m.Entries) > 0 {
		n.election.remember(to, m.PrevLogIndex+1, attempt, ref)
	}
	c := n.calls.add()
	c.ref, c.peer, c.request, c.caller = ref, to, boxed, n.who()
	if n.tracer.On() {
		last := m.PrevLogIndex + protocol.LogIndex(len(m.Entries))
		links := n.requests.links(m.PrevLogIndex+1, last, parent, n.election.ref)
		if attempt > 1 {
			links = append(links, worldspans.LinkTo(previous, worldspans.LinkPrevious))
		}
		begin := span.Begin{Self: ref, Parent: parent.ID, Links: links}
		c.appendEntries = n.tracer.StartAppendEntriesClient(begin, n.who(), to.String(), int64(attempt),
			m.PrevLogIndex, m.PrevLogTerm, int64(len(m.Entries)), m.LeaderCommit)
		if len(m.Entries) > 0 {
			c.appendEntries.SetEntries(describe(m.PrevLogIndex+1, m.Entries))
		}
	}
	world.NoteFate(c.appendEntries, n.dispatch(c, parent.Root))
}

// causeOfAppendEntries is the request whose entry comes first; the election for what the leader inherited, for its
// no-op, and for what the follower had acknowledged and now lacks; the heartbeat round for an AppendEntries without
// entries. With it come the ordinal among its parent's, the attempt, and the attempt before.
func (n *Node) causeOfAppendEntries(to kv.NodeID, m protocol.AppendEntries) (
	parent span.Ref, ordinal uint64, attempt int, previous span.Ref,
) {
	if len(m.Entries) == 0 {
		return n.heartbeatRound(), 0, 1, span.Ref{}
	}
	first := m.PrevLogIndex + 1
	attempt, previous = n.election.attempt(to, first, n.raft.State().MatchIndex[to])
	parent = n.requests.cause(first, n.election.ref)
	if first <= n.election.acknowledged[to] {
		parent = n.election.ref
	}
	if parent == n.election.ref {
		return parent, n.election.nextAppend(to), attempt, previous
	}
	return parent, uint64(attempt - 1), attempt, previous
}

// dispatch sends a call's request and has it given up in time.
func (n *Node) dispatch(c *call, root uint64) world.Fate {
	id := world.CausalID(c.ref.ID)
	c.timer = n.world.SetTimer(0, world.Timer{Kind: timerRPC, ID: id}, n.config.RPCTimeout)
	return n.world.Send(world.Envelope{
		ID: id, Root: world.CausalID(root), From: n.id, To: process(c.peer), Payload: c.request,
	})
}

// notify tells a follower what is committed. Nobody answers, so the span ends here.
func (n *Node) notify(to kv.NodeID, m protocol.CommitNotification, boxed protocol.Message) {
	parent := n.step.commitParent
	ref := n.child(parent, nameNotification, process(to), n.step.ordinal, 0)
	var producer spans.CommitNotificationProducerSpan
	if n.tracer.On() {
		begin := span.Begin{Self: ref, Parent: parent.ID}
		producer = n.tracer.StartCommitNotificationProducer(begin, n.who(), to.String(), m.LeaderCommit)
	}
	fate := n.world.Send(world.Envelope{
		ID: world.CausalID(ref.ID), Root: world.CausalID(ref.Root), From: n.id, To: process(to), Payload: boxed,
	})
	world.NoteFate(producer, fate)
	if fate.Drop != "" && fate.Duplicate == "" {
		producer.Fail(worldspans.ErrorTypeLost, "the message was lost")
		return
	}
	producer.End()
}

// describe is entries as spans tell them: index@term request command.
func describe(first protocol.LogIndex, entries []protocol.LogEntry) []string {
	s := make([]string, len(entries))
	for i, e := range entries {
		place := strconv.FormatUint(uint64(first)+uint64(i), 10) + "@" + strconv.FormatUint(uint64(e.Term), 10)
		if e.Request != (kv.RequestID{}) {
			place += " " + e.Request.String()
		}
		s[i] = place + " " + e.Command.String()
	}
	return s
}

// unanswerable says that the algorithm sent what no server can take: a mistake in package raft.
func unanswerable(m protocol.Message) string {
	return fmt.Sprintf("node: %s is no request of one server to another", m.Name())
}
