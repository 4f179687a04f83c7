package node

import (
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// ballot is the last one that this leader began. Its phase 1 causes what the leader does in it beyond the clients'
// requests: the values that it adopts, and the no-ops.
type ballot struct {
	ref      span.Ref
	span     spans.Phase1Span
	open     bool
	promises int64

	roleChanges, chosen        uint64                        // children so far
	prepares, accepts, commits map[protocol.Process]uint64   // children so far, by whom they went to
	prepared                   map[protocol.Process]span.Ref // the last Prepare that was sent there
	attempts                   map[place]uint64              // how often an Accept was sent
	accepted                   map[place]span.Ref            // the last of them
	heartbeats                 uint64                        // rounds so far
}

// place is a slot at an acceptor.
type place struct {
	slot protocol.Slot
	at   protocol.Process
}

func next(counts map[protocol.Process]uint64, of protocol.Process) uint64 {
	counts[of]++
	return counts[of] - 1
}

// openBallot opens the span of phase 1, which lasts until the leader leads or is preempted.
func (l *Leader) openBallot() {
	s := l.State()
	ordinal := l.begun[s.Ballot.Round]
	l.begun[s.Ballot.Round]++
	l.ballot = ballot{
		ref: l.root(namePhase1, uint64(s.Ballot.Round), ordinal), open: true,
		prepares: map[protocol.Process]uint64{}, accepts: map[protocol.Process]uint64{},
		commits: map[protocol.Process]uint64{}, prepared: map[protocol.Process]span.Ref{},
		attempts: map[place]uint64{}, accepted: map[place]span.Ref{},
	}
	who := l.asProposer()
	who.Role = protocol.RolePreparing
	l.ballot.span = l.tracer.StartPhase1(span.Begin{Self: l.ballot.ref}, who, s.FirstSlot,
		int64(l.config.Acceptors), int64(l.config.algorithm().Quorum()))
	if l.persistedNow() {
		l.ballot.span.PersistRound(s.Round)
	}
}

// end ends the span of phase 1; what it caused afterwards still names it.
func (b *ballot) end(outcome string) {
	if b.open {
		b.span.End(outcome, b.promises)
	}
	b.open = false
}

// roleChanged notes a change of the role, and what it means for the ballot and for the clients that wait.
func (l *Leader) roleChanged(e protocol.RoleChange) {
	if e.From == protocol.RoleLeading {
		l.requests.leadershipLost(l)
	}
	if e.From == protocol.RolePreparing {
		outcome := spans.OutcomePreempted
		if e.To == protocol.RoleLeading {
			outcome = spans.OutcomeLeads
		}
		l.ballot.end(outcome)
	}
	if e.To == protocol.RolePreparing {
		l.openBallot()
	}
	parent, ordinal := l.step.cause, uint64(0)
	if e.To != protocol.RoleStandby {
		parent, ordinal = l.ballot.ref, l.ballot.roleChanges
		l.ballot.roleChanges++
	}
	if l.tracer.On() {
		who := l.asProposer()
		who.Role = e.To
		self := l.child(parent, nameRoleChange, 0, ordinal, 0)
		l.roleChange = l.tracer.StartRoleChange(span.Begin{Self: self, Parent: parent.ID}, who, e.From, e.Event)
	}
}

// callPrepare asks an acceptor for its promise (PMS §2.2).
func (l *Leader) callPrepare(to protocol.Process, m protocol.Prepare) {
	attempt := next(l.ballot.prepares, to)
	c := &call{ref: l.child(l.ballot.ref, namePrepare, ProcessID(to), attempt, 0), peer: to, request: m}
	if l.tracer.On() {
		begin := span.Begin{
			Self: c.ref, Parent: l.ballot.ref.ID, Links: previous(attempt, l.ballot.prepared[to]),
		}
		c.prepare = l.tracer.StartPrepareClient(begin, l.asProposer(), to.String(), int64(attempt)+1, m.FirstSlot)
	}
	l.ballot.prepared[to] = c.ref
	world.NoteFate(c.prepare, l.dispatch(c))
}

// callAccept asks an acceptor to accept a proposal (PMS §2.2): because of the request that its value came from, or of
// phase 1 when it was adopted or is a no-op.
func (l *Leader) callAccept(to protocol.Process, m protocol.Accept) {
	at := place{m.Slot, to}
	attempt := l.ballot.attempts[at]
	l.ballot.attempts[at]++
	parent, ordinal := l.requests.cause(m.Slot, l.ballot.ref), attempt
	if parent == l.ballot.ref {
		ordinal = next(l.ballot.accepts, to)
	}
	c := &call{ref: l.child(parent, nameAccept, ProcessID(to), ordinal, 0), peer: to, request: m}
	if l.tracer.On() {
		begin := span.Begin{Self: c.ref, Parent: parent.ID, Links: previous(attempt, l.ballot.accepted[at])}
		c.accept = l.tracer.StartAcceptClient(begin, l.asProposer(), to.String(), int64(attempt)+1, m.Slot,
			m.Value.Command)
		if m.Value.Request.Client != 0 {
			c.accept.SetRequestID(m.Value.Request)
		}
	}
	l.ballot.accepted[at] = c.ref
	world.NoteFate(c.accept, l.dispatch(c))
}

// chose opens and ends the span of a value that is chosen, below what it came from.
func (l *Leader) chose(e protocol.Choose) {
	if l.config.Observer != nil {
		l.config.Observer.Chosen(protocol.LeaderID(l.self.Number), e)
	}
	parent, ordinal := l.requests.cause(e.Slot, l.ballot.ref), uint64(0)
	if parent == l.ballot.ref {
		ordinal = l.ballot.chosen
		l.ballot.chosen++
	}
	l.step.chosen, l.step.applied = l.child(parent, nameChosen, 0, ordinal, 0), 0
	if item := l.requests.at(e.Slot); item != nil {
		item.chosen = l.step.chosen
	}
	if !l.tracer.On() {
		return
	}
	begin := span.Begin{Self: l.step.chosen, Parent: parent.ID}
	span := l.tracer.StartChosen(begin, l.asProposer(), e.Slot, e.Value.Command, names(e.AcceptedBy),
		int64(l.config.algorithm().Quorum()))
	if e.Value.Request.Client != 0 {
		span.SetRequestID(e.Value.Request)
	}
	if l.persistedNow() {
		span.PersistChosen(l.State().Applied)
	}
	span.End()
}

// commit tells a learner what is chosen. Nobody answers, so the span ends here.
func (l *Leader) commit(to protocol.Process, m protocol.Commit) {
	parent, ordinal := l.requests.cause(m.Slot, l.ballot.ref), uint64(0)
	if parent == l.ballot.ref {
		ordinal = next(l.ballot.commits, to)
	}
	ref := l.child(parent, nameCommit, ProcessID(to), ordinal, 0)
	var producer spans.CommitProducerSpan
	if l.tracer.On() {
		begin := span.Begin{Self: ref, Parent: parent.ID}
		producer = l.tracer.StartCommitProducer(begin, l.asProposer(), to.String(), m.Slot, m.Value.Command)
	}
	tell(l, producer, ref, to, m)
}

// heartbeat tells a learner who leads: below the heartbeat round of this step, which is a trace of its own.
func (l *Leader) heartbeat(to protocol.Process, m protocol.Heartbeat) {
	round := uint64(m.Ballot.Round)
	if l.round.ID == 0 {
		l.ballot.heartbeats++
		l.rounds[m.Ballot.Round]++
		l.round = l.root(nameHeartbeat, round, l.rounds[m.Ballot.Round])
		if l.tracer.On() {
			begin := span.Begin{Self: l.round, Links: []span.Link{l.leaderLink()}}
			l.tracer.StartHeartbeat(begin, l.asProposer(), int64(l.ballot.heartbeats), m.Chosen).End()
		}
	}
	ref := l.child(l.round, nameHeartbeat, ProcessID(to), 0, 0)
	var producer spans.HeartbeatProducerSpan
	if l.tracer.On() {
		begin := span.Begin{Self: ref, Parent: l.round.ID}
		producer = l.tracer.StartHeartbeatProducer(begin, l.asProposer(), to.String(), m.Chosen)
	}
	tell(l, producer, ref, to, m)
}

// producer is the span of a message that nobody answers.
type producer interface {
	world.Sent
	Fail(errorType, description string)
	End()
}

// tell sends a message that nobody answers, and ends its span.
func tell[P producer](l *Leader, span P, ref span.Ref, to protocol.Process, m protocol.Message) {
	fate := l.world.Send(world.Envelope{
		ID: world.CausalID(ref.ID), Root: world.CausalID(ref.Root), From: l.id, To: ProcessID(to), Payload: m,
	})
	world.NoteFate(span, fate)
	if fate.Drop != "" && fate.Duplicate == "" {
		span.Fail(worldspans.ErrorTypeLost, "the message was lost")
		return
	}
	span.End()
}

// leaderLink says of what a leader does which phase 1 made it lead.
func (l *Leader) leaderLink() span.Link {
	return worldspans.LinkTo(l.ballot.ref, worldspans.LinkLeader)
}
