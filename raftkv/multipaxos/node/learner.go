package node

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// learner is what leaders and replicas have in common: a store, what they apply to it, and how they ask for what they
// miss.
type learner struct {
	process

	store        *kv.Store
	calls        calls
	catchUpTimer world.TimerHandle
	catchUps     map[protocol.Slot]uint64   // how often each slot was asked for. It outlives a crash
	asked        map[protocol.Slot]span.Ref // by whom last
	learnt       step                       // the last one that told of what is chosen
}

func newLearner(p process) learner {
	return learner{
		process: p, store: kv.New(), catchUps: map[protocol.Slot]uint64{}, asked: map[protocol.Slot]span.Ref{},
	}
}

// The kinds of timers of a learner. The last three are a leader's.
const (
	timerRPC uint8 = iota + 1
	timerCatchUp
	timerSuspicion
	timerHeartbeat
	timerRequest
)

// Store is the state machine, to be read between two events.
func (l *learner) Store() *kv.Store { return l.store }

// asLearner is this process as spans tell it.
func (l *learner) asLearner() spans.Learner {
	return spans.Learner{Process: l.id.String(), ChosenSlot: l.State().Applied}
}

// noteLearnt remembers the step of a message that told of what is chosen.
func (l *learner) noteLearnt(message protocol.Message) {
	switch message.(type) {
	case protocol.Commit, protocol.CaughtUp:
		l.learnt = l.step
	case protocol.Prepare, protocol.Promise, protocol.PrepareRejected, protocol.Accept, protocol.Accepted,
		protocol.AcceptRejected, protocol.Heartbeat, protocol.CatchUp:
		// These tell nothing of it.
	}
}

// catchUpStep is the step in which the catch-up timer ran out. What is applied in it, as only a bug has it, comes of
// the last step that told of what is chosen, and goes on with that one's count.
func (l *learner) catchUpStep() step {
	return step{cause: l.learnt.cause, chosen: l.learnt.chosen, applied: l.learnt.applied}
}

// traceOneWay opens and ends the span of a message that nobody answers, before those of what comes of it.
func (l *learner) traceOneWay(message protocol.Message) {
	if !l.tracer.On() {
		return
	}
	e := &l.step.envelope
	producer := span.Ref{Root: uint64(e.Root), ID: uint64(e.ID)}
	begin := l.beginReceived()
	begin.Links = []span.Link{worldspans.LinkTo(producer, worldspans.LinkProducer)}
	if m, is := message.(protocol.Commit); is {
		span := l.tracer.StartCommitConsumer(begin, l.asLearner(), e.From.String(), m.Ballot, m.Slot, m.Value.Command)
		if l.persistedNow() {
			span.PersistChosen(l.State().Applied)
		}
		l.tellCopy(span)
		span.End()
	}
	if m, is := message.(protocol.Heartbeat); is {
		span := l.tracer.StartHeartbeatConsumer(begin, l.asLearner(), e.From.String(), m.Ballot)
		l.tellCopy(span)
		span.End()
	}
}

// traceReply ends the span of the call that a reply answers, or tells of one that came too late.
func (l *learner) traceReply(reply protocol.Message) {
	e := &l.step.envelope
	open := l.calls.take(uint64(e.InReplyTo))
	if open == nil {
		l.lateReply(reply)
		return
	}
	l.step.cause = open.ref
	l.world.StopTimer(open.timer)
	if open.catchUp.On() && l.persistedNow() {
		open.catchUp.PersistChosen(l.State().Applied)
	}
	open.answered(e, reply)
}

// giveUp ends a call that got no reply in time, and returns what the algorithm is told of it; false when there is none.
func (l *learner) giveUp(id uint64) (input protocol.Input, is bool) {
	open := l.calls.take(id)
	if open == nil {
		return nil, false
	}
	l.step.cause = open.ref
	if span := open.span(); span.On() {
		span.Fail(worldspans.ErrorTypeTimeout, "no reply in time")
	}
	return protocol.RPCTimeout{To: open.peer, Request: open.request}, true
}

// carryOut does an effect that learners have in common.
func (l *learner) carryOut(effect protocol.Effect) (result kv.Result) {
	switch e := effect.(type) {
	case protocol.Send:
		if m, is := e.Message.(protocol.CatchUp); is {
			l.catchUp(e.To, m)
		}
	case protocol.Apply:
		return l.apply(e)
	case protocol.SetTimer:
		if e.Timer == protocol.TimerCatchUp {
			id := world.RootID(l.id, nameCatchUp, uint64(l.State().Applied)+1, l.catchUps[l.State().Applied+1])
			l.catchUpTimer = l.world.SetTimer(l.catchUpTimer, world.Timer{Kind: timerCatchUp, ID: id}, l.config.CatchUpDelay)
		}
	case protocol.StopTimer:
		if e.Timer == protocol.TimerCatchUp {
			l.world.StopTimer(l.catchUpTimer)
			l.catchUpTimer = 0
		}
	case protocol.PersistPromise, protocol.PersistRound, protocol.PersistChosen, protocol.Reply, protocol.Answer,
		protocol.Propose, protocol.Choose, protocol.RoleChange:
		// These are done, or a leader's own.
	}
	return nil
}

// catchUp asks a leader for what is missing: a trace of its own, which nothing that arrived caused alone.
func (l *learner) catchUp(to protocol.Process, m protocol.CatchUp) {
	attempt := l.catchUps[m.FirstSlot]
	l.catchUps[m.FirstSlot]++
	c := &call{ref: l.root(nameCatchUp, uint64(m.FirstSlot), attempt), peer: to, request: m}
	if l.tracer.On() {
		begin := span.Begin{Self: c.ref, Links: previous(attempt, l.asked[m.FirstSlot])}
		c.catchUp = l.tracer.StartCatchUpClient(begin, l.asLearner(), to.String(), int64(attempt)+1, m.FirstSlot)
	}
	l.asked[m.FirstSlot] = c.ref
	world.NoteFate(c.catchUp, l.dispatch(c))
}

// apply hands a value to the state machine.
func (l *learner) apply(e protocol.Apply) kv.Result {
	result := l.execute(e.Value)
	if l.config.Observer != nil {
		l.config.Observer.Applied(l.self, e, result)
	}
	parent := l.step.chosen
	if parent.ID == 0 {
		parent = l.step.cause
	}
	if l.tracer.On() {
		ref := l.child(parent, nameApply, 0, l.step.applied, 0)
		who := spans.Learner{Process: l.id.String(), ChosenSlot: e.Slot}
		begin := span.Begin{Self: ref, Parent: parent.ID}
		span := l.tracer.StartApply(begin, who, e.Slot, e.Value.Command, result.String())
		if e.Value.Request.Client != 0 {
			span.SetRequestID(e.Value.Request)
		}
		span.End()
	}
	l.step.applied++
	return result
}
