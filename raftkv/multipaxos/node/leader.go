package node

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// Leader is a leader as a process of a world.
type Leader struct {
	learner

	ballot     ballot
	requests   requests
	roleChange spans.RoleChangeSpan // that of a new leader, until it has proposed what phase 1 demands
	round      span.Ref             // the heartbeat round that this step opened, if any

	suspicionTimer, heartbeatTimer world.TimerHandle

	begun     map[protocol.Round]uint64 // ballots begun in each round. It outlives a crash: a leader may forget its round
	rounds    map[protocol.Round]uint64 // heartbeat rounds in each
	crashedAs protocol.Role             // the role that was lost in the last crash
}

var (
	_ world.Process = (*Leader)(nil)
	_ world.Writer  = (*Leader)(nil)
)

// NewLeader makes a leader. A nil tracer opens no spans, and changes nothing else.
func NewLeader(id protocol.LeaderID, config Config, tracer spans.Tracer) *Leader {
	self := protocol.Process{Kind: protocol.KindLeader, Number: uint32(id)}
	return &Leader{
		learner: newLearner(newProcess(self, config, multipaxos.NewLeader(id, config.algorithm()), tracer)),
		begun:   map[protocol.Round]uint64{}, rounds: map[protocol.Round]uint64{},
	}
}

// asProposer is this leader as spans tell it.
func (l *Leader) asProposer() spans.Proposer {
	s := l.State()
	return spans.Proposer{Process: l.id.String(), Ballot: s.Ballot, Role: s.Role}
}

// Start implements world.Process.
func (l *Leader) Start(w world.World) {
	l.begin(w)
	l.startLeader()
	l.take(protocol.Start{})
	l.learnt = l.step
}

func (l *Leader) startLeader() {
	again := l.incarnation > 0
	l.step.cause = l.start(func(s spans.StartSpan) {
		s.SetRound(l.State().Round)
		s.SetChosenSlot(l.State().Applied)
		if again {
			s.SetRoleBefore(l.crashedAs)
		}
	})
}

// take hands an input to the algorithm and does what it wants done.
func (l *Leader) take(input protocol.Input) {
	if effects, ok := l.stepWith(input); ok {
		l.carryOutAll(effects)
	}
}

// stepWith remembers the role that a leader had before its disk failed: the step came to nothing.
func (l *Leader) stepWith(input protocol.Input) (effects []protocol.Effect, ok bool) {
	role := l.State().Role
	if effects, ok = l.learner.stepWith(input); !ok {
		l.crashedAs = role
	}
	return effects, ok
}

// Receive implements world.Process.
func (l *Leader) Receive(e world.Envelope) {
	if l.failed {
		return
	}
	l.beginStep(step{envelope: e})
	switch payload := e.Payload.(type) {
	case protocol.Lead:
		l.take(payload)
	case kv.Message:
		l.step.cause = l.child(span.Ref{Root: uint64(e.Root), ID: uint64(e.ID)}, nameOfRequest(payload), e.From, 0, e.Copy)
		l.take(protocol.Request{Message: payload})
	default:
		l.receive(l.received(e))
	}
}

func (l *Leader) beginStep(s step) { l.step, l.round = s, span.Ref{} }

// receive hands a message of another process to the algorithm. Its span begins before those of what comes of it.
func (l *Leader) receive(input protocol.Receive) {
	effects, ok := l.stepWith(input)
	if !ok {
		return
	}
	l.ballot.promises = max(l.ballot.promises, l.promises())
	switch m := input.Message.(type) {
	case protocol.CatchUp:
		l.answerCatchUp(m, replyIn(effects))
	case protocol.Commit, protocol.Heartbeat:
		l.traceOneWay(m)
	case protocol.Promise, protocol.PrepareRejected, protocol.Accepted, protocol.AcceptRejected, protocol.CaughtUp:
		l.traceReply(m)
	case protocol.Prepare, protocol.Accept:
		// These are for acceptors.
	}
	l.carryOutAll(effects)
	l.noteLearnt(input.Message)
}

// promises is how many acceptors promised in this ballot.
func (l *Leader) promises() (count int64) {
	for _, promised := range l.State().PromisedBy {
		if promised {
			count++
		}
	}
	return count
}

// answerCatchUp tells a learner what it misses.
func (l *Leader) answerCatchUp(m protocol.CatchUp, reply protocol.Message) {
	caughtUp, is := reply.(protocol.CaughtUp)
	if !is {
		return
	}
	var span spans.CatchUpServerSpan
	if l.tracer.On() {
		from := l.step.envelope.From.String()
		span = l.tracer.StartCatchUpServer(l.beginReceived(), l.asLearner(), from, m.FirstSlot)
		l.tellCopy(span)
	}
	world.NoteFate(span, l.world.Send(l.replyWith(reply)))
	span.End(reply.Name(), int64(len(caughtUp.Values)))
}

// carryOutAll does what the algorithm wants done, in its order.
func (l *Leader) carryOutAll(effects []protocol.Effect) {
	for _, effect := range effects {
		if _, is := effect.(protocol.Propose); !is {
			l.endRoleChange()
		}
		l.carryOutOne(effect)
	}
	l.endRoleChange()
	l.requests.letGo(l.State().Applied)
}

// endRoleChange ends the span of a role change: at once, but for that of a new leader, which tells what it proposes.
func (l *Leader) endRoleChange() {
	l.roleChange.End()
	l.roleChange = spans.RoleChangeSpan{}
}

func (l *Leader) carryOutOne(effect protocol.Effect) {
	switch e := effect.(type) {
	case protocol.Send:
		l.send(e)
	case protocol.Answer:
		l.answer(l.startRequestSpan(l.step.envelope.Payload), l.replyWith(e.Message))
	case protocol.Propose:
		l.proposed(e)
	case protocol.Choose:
		l.chose(e)
	case protocol.Apply:
		l.requests.applied(l, e, l.carryOut(e))
	case protocol.RoleChange:
		l.roleChanged(e)
	case protocol.SetTimer:
		l.setTimer(e)
	case protocol.StopTimer:
		l.stopTimer(e)
	case protocol.Reply, protocol.PersistPromise, protocol.PersistRound, protocol.PersistChosen:
		// These are done: see receive and stepWith.
	}
}

func (l *Leader) send(e protocol.Send) {
	switch m := e.Message.(type) {
	case protocol.Prepare:
		l.callPrepare(e.To, m)
	case protocol.Accept:
		l.callAccept(e.To, m)
	case protocol.Commit:
		l.commit(e.To, m)
	case protocol.Heartbeat:
		l.heartbeat(e.To, m)
	case protocol.CatchUp:
		l.carryOut(e)
	case protocol.Promise, protocol.PrepareRejected, protocol.Accepted, protocol.AcceptRejected, protocol.CaughtUp:
		panic("node: " + m.Name() + " is no request of a leader")
	}
}

// MostDoublings is how often the wait of a leader that is preempted again and again is doubled at most.
const MostDoublings = 4

func (l *Leader) setTimer(e protocol.SetTimer) {
	s := l.State()
	switch e.Timer {
	case protocol.TimerSuspicion:
		if l.config.SuspicionTimeout.Max == 0 {
			return
		}
		key := world.RootID(l.id, drawSuspicion, uint64(s.Highest.Round), l.begun[s.Highest.Round])
		draw := l.world.Random(drawSuspicion, key)
		wait := l.config.SuspicionTimeout.Pick(draw)
		if e.Preemptions > 0 {
			wait += l.config.Backoff.Pick(draw) << min(e.Preemptions-1, MostDoublings)
		}
		id := world.RootID(l.id, namePhase1, uint64(s.Highest.Round)+1, l.begun[s.Highest.Round+1])
		l.suspicionTimer = l.world.SetTimer(l.suspicionTimer, world.Timer{Kind: timerSuspicion, ID: id}, wait)
	case protocol.TimerHeartbeat:
		id := world.RootID(l.id, nameHeartbeat, uint64(s.Ballot.Round), l.rounds[s.Ballot.Round]+1)
		timer := world.Timer{Kind: timerHeartbeat, ID: id}
		l.heartbeatTimer = l.world.SetTimer(l.heartbeatTimer, timer, l.config.HeartbeatInterval)
	case protocol.TimerCatchUp:
		l.carryOut(e)
	}
}

func (l *Leader) stopTimer(e protocol.StopTimer) {
	switch e.Timer {
	case protocol.TimerSuspicion:
		l.world.StopTimer(l.suspicionTimer)
		l.suspicionTimer = 0
	case protocol.TimerHeartbeat:
		l.world.StopTimer(l.heartbeatTimer)
		l.heartbeatTimer = 0
	case protocol.TimerCatchUp:
		l.carryOut(e)
	}
}

// Timeout implements world.Process.
func (l *Leader) Timeout(t world.Timer) {
	if l.failed {
		return
	}
	l.beginStep(step{})
	switch t.Kind {
	case timerSuspicion:
		l.take(protocol.SuspicionTimeout{})
	case timerHeartbeat:
		l.take(protocol.HeartbeatTimeout{})
	case timerCatchUp:
		l.beginStep(l.catchUpStep())
		l.take(protocol.CatchUpTimeout{})
		l.learnt = l.step
	case timerRequest:
		l.requests.outcomeUnknown(l, uint64(t.ID))
	case timerRPC:
		if input, is := l.giveUp(uint64(t.ID)); is {
			l.take(input)
		}
	}
}

// Crash implements world.Process. The algorithm's state is kept until Restart replaces it, so that the trace can say
// which role was lost.
func (l *Leader) Crash() {
	if !l.failed { // or it is what the leader was before the step in which its disk failed
		l.crashedAs = l.State().Role
	}
	l.endOpen(func(s openSpan) { s.Fail(worldspans.ErrorTypeCrash, "the process crashed") })
	l.suspicionTimer, l.heartbeatTimer, l.catchUpTimer = 0, 0, 0
}

// Restart implements world.Process. The store is new, and is told everything again that the disk kept.
func (l *Leader) Restart() {
	disk, err := l.replay()
	if l.failed = err != nil; l.failed {
		return
	}
	l.store = kv.New()
	l.beginStep(step{})
	effects := l.algorithm.Step(protocol.RestartLeader{Round: disk.round, Chosen: disk.chosen})
	for i, effect := range effects {
		if change, is := effect.(protocol.RoleChange); is {
			change.From = l.crashedAs
			effects[i] = change
		}
	}
	l.startLeader()
	l.carryOutAll(effects)
	l.learnt = l.step
}

// Finish implements world.Process.
func (l *Leader) Finish() { l.endOpen(openSpan.Unfinished) }

// endOpen ends all that is open, oldest calls first, and forgets it.
func (l *Leader) endOpen(end func(openSpan)) {
	l.calls.endAll(end)
	l.requests.endAll(end)
	if l.ballot.open && l.tracer.On() {
		end(l.ballot.span)
	}
	l.ballot = ballot{}
}
